import { describe, expect, it } from '@jest/globals';
import {
  bareContext,
  CephContext,
  Cond,
  HeartbeatMap,
  LoopThread,
  Mutex,
  Pacer,
  SharedSlab,
  ThreadEntry,
  ThreadTable,
  VirtualClock,
} from '../src/index.js';
import type { ThreadInfo } from '../src/index.js';

const info = (name: string): ThreadInfo => ({ name, kind: 'cooperative', owner: 'Test', purpose: 'tests' });

describe('ThreadTable', () => {
  it('lists threads in order of creation, and forgets those that ended', () => {
    const table = new ThreadTable();
    const events: string[] = [];
    const stop = table.onChange((event, entry) => events.push(`${event} ${entry.info.name}`));
    const a = table.add(info('a'));
    table.add(info('b'));
    table.remove(a);
    table.remove(a);
    stop();
    table.add(info('c'));
    expect(table.list().map(({ id, name, state }) => [id, name, state])).toEqual([
      [2, 'b', 'created'],
      [3, 'c', 'created'],
    ]);
    expect(a.state).toBe('stopped');
    expect(events).toEqual(['add a', 'add b', 'remove a']);
  });

  it('keeps the numbers of a thread where another one reads and writes them', () => {
    const slab = new SharedSlab();
    const entry = new ThreadTable(slab).add(info('worker'));
    const there = ThreadEntry.attach(structuredClone(entry.describe()), slab.chunks);
    there.state = 'running';
    there.queued = 4;
    there.addItems(3);
    there.countWakeup();
    there.countSlice(2);
    there.countSlice(5);
    expect(entry.snapshot()).toEqual({
      ...info('worker'),
      id: 1,
      state: 'running',
      wakeups: 1,
      slices: 2,
      items: 3,
      busyMs: 7,
      maxSliceMs: 5,
      queued: 4,
    });
  });
});

describe('HeartbeatMap', () => {
  it('is healthy while everyone reports within the grace they promised', () => {
    const clock = new VirtualClock();
    const map = new HeartbeatMap(clock, new SharedSlab());
    const changes: number[] = [];
    map.onChange(() => changes.push(map.workers().length));
    const a = map.addWorker('a');
    const b = map.addWorker('b');
    expect(map.isHealthy()).toBe(true);
    clock.advance(1);
    map.resetTimeout(a, 100);
    map.resetTimeout(b, 1000);
    clock.advance(100);
    expect([map.isHealthy(), map.unhealthy()]).toEqual([true, []]);
    clock.advance(1);
    expect([map.isHealthy(), map.unhealthy()]).toEqual([false, ['a']]);
    map.resetTimeout(a, 10);
    expect(map.isHealthy()).toBe(true);
    clock.advance(50);
    map.clearTimeout(a);
    expect(map.isHealthy()).toBe(true);
    map.removeWorker(b);
    clock.advance(5000);
    expect(map.isHealthy()).toBe(true);
    expect(changes).toEqual([1, 2, 1]);
  });
});

describe('Mutex', () => {
  it('excludes, and hands over in order', async () => {
    const mutex = new Mutex();
    const log: string[] = [];
    const work = async (name: string): Promise<void> =>
      mutex.runExclusive(async () => {
        log.push(`${name} in`);
        await Promise.resolve();
        log.push(`${name} out`);
      });
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect([mutex.locked, mutex.tryLock(), mutex.tryLock()]).toEqual([false, true, false]);
  });

  it('gives the lock back when what ran under it throws', async () => {
    const mutex = new Mutex();
    await expect(mutex.runExclusive(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(mutex.locked).toBe(false);
  });

  it('refuses to be unlocked by nobody who holds it', () => {
    expect(() => new Mutex().unlock()).toThrow(expect.objectContaining({ code: 'ERR_CEPH_STATE' }));
  });
});

describe('Cond', () => {
  it('wakes one at a time in order, or all', async () => {
    const cond = new Cond();
    const log: string[] = [];
    const waits = ['a', 'b', 'c'].map((name) => cond.wait().then(() => log.push(name)));
    expect(cond.waiting).toBe(3);
    cond.notifyOne();
    await waits[0];
    expect(log).toEqual(['a']);
    cond.notifyAll();
    await Promise.all(waits);
    expect([log, cond.waiting]).toEqual([['a', 'b', 'c'], 0]);
    cond.notifyOne();
  });
});

describe('CephContext', () => {
  it('shares nothing with another one', () => {
    const [a, b] = [new CephContext(), new CephContext()];
    a.threads.add(info('a'));
    a.perf.create('a', []);
    expect([b.threads.list(), b.perf.list()]).toEqual([[], []]);
  });
});

describe('LoopThread', () => {
  const info = { name: 'loop', owner: 'Test', purpose: 'tests' };

  it('sleeps until it is woken, has one turn however often it is, and none when it was stopped', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const thread = new LoopThread(bareContext(clock), { ...info, entry: () => log.push('turn') > 100 });
    thread.wake();
    clock.advance(0);
    thread.startAsleep();
    clock.advance(0);
    expect(log).toEqual([]);
    thread.wake();
    thread.wake();
    clock.advance(0);
    expect(log).toEqual(['turn']);
    thread.wake();
    thread.stop();
    clock.advance(0);
    expect(log).toEqual(['turn']);
  });

  it.each(['a bare context', 'a CephContext'])('reports what its entry throws, once, and gives it another turn: %s', (kind) => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const onError = (error: unknown, thread: string): void => void log.push(`${thread}: ${String(error)}`);
    const cct = kind === 'a CephContext' ? new CephContext({ clock, onError }) : { ...bareContext(clock), reportError: onError };
    const entry = (): boolean => {
      log.push(`turn ${thread.isCurrent}`);
      if (log.length === 1) throw new Error('boom');
      return false;
    };
    const thread = cct instanceof CephContext ? cct.newThread({ ...info, entry }) : new LoopThread(cct, { ...info, entry });
    thread.startAsleep();
    thread.wake();
    clock.advance(1);
    expect([log, thread.isCurrent, thread.started]).toEqual([['turn true', 'loop: Error: boom', 'turn true'], false, true]);
  });

  it('keeps its turns when what reports errors throws as well', () => {
    const clock = new VirtualClock();
    let turns = 0;
    const reportError = (): void => {
      throw new Error('nobody listens');
    };
    const thread = new LoopThread(
      { ...bareContext(clock), reportError },
      {
        ...info,
        entry: () => {
          if (++turns < 3) throw new Error('boom');
          return false;
        },
      },
    );
    thread.startAsleep();
    thread.wake();
    for (let i = 0; i < 2; i++) expect(() => clock.advance(0)).toThrow('nobody listens');
    clock.advance(0);
    expect(turns).toBe(3);
  });
});

describe('Pacer', () => {
  it('says that the slice is over at its deadline, or with the item that asked for it', () => {
    const clock = new VirtualClock();
    const pacer = new Pacer(clock);
    pacer.begin(5);
    clock.advance(4);
    expect(pacer.isOver()).toBe(false);
    pacer.end();
    expect(pacer.isOver()).toBe(true);
    pacer.begin(5);
    expect(pacer.isOver()).toBe(false);
    clock.advance(1);
    expect([pacer.isOver(), pacer.isOver()]).toContain(true);
  });
});
