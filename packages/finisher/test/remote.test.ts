// Both ends of the rings on one thread; remote.build.test.ts has them on several.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { CephContext, ERRNO, VirtualClock } from '@cephts/common';
import { Finisher, FinisherProducer, limits } from '../src/index.js';
import { LaneWriter } from '../src/lane-writer.js';
import type { FinisherOptions, RemoteFinisher, RemoteOptions } from '../src/index.js';

const { EAGAIN, ECANCELED } = ERRNO;
const closed = expect.objectContaining({ code: 'ERR_CEPH_CLOSED' });
const invalid = expect.objectContaining({ code: 'ERR_CEPH_INVALID_OPTION' });

interface AsyncAtomics {
  waitAsync(words: Int32Array, index: number, value: number): { value: Promise<unknown> };
}

function setup(options: FinisherOptions = {}, remoteOptions: RemoteOptions = {}) {
  const clock = new VirtualClock();
  const finisher = new Finisher(new CephContext({ clock }), options);
  const remote = finisher.remote(remoteOptions);
  const log: string[] = [];
  /** Tokens of contexts with these names. */
  const register = (...names: string[]): number[] => names.map((name) => remote.register((r) => void log.push(`${name}:${r}`)));
  return { clock, finisher, remote, log, register };
}

describe('Finisher.remote', () => {
  it('refuses options that are none', () => {
    const { finisher } = setup();
    const wrong: object[] = [
      { overflow: 'blokc' },
      { capacity: NaN },
      { capacity: 0 },
      { capacity: Infinity },
      { producers: 0 },
      { producers: 1.5 },
      { nope: 1 },
    ];
    for (const options of wrong) expect(() => finisher.remote(options)).toThrow(invalid);
  });

  it('has the policy of its finisher where it is given none', () => {
    expect(setup({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) }).remote.handle.overflow).toBe('drop-newest');
    expect(setup({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) }, { overflow: 'wait' }).remote.handle.overflow).toBe(
      'wait',
    );
  });

  it('is not made for a finisher that has closed, nor takes contexts then', async () => {
    const { clock, finisher, remote } = setup();
    const gone = finisher.close();
    expect(() => remote.register(() => undefined)).toThrow(closed);
    await clock.settle();
    await gone;
    expect(() => finisher.remote()).toThrow(closed);
    expect(() => new FinisherProducer(remote.handle)).toThrow(closed);
  });

  it('completes what is in the rings when its finisher closes, and tells the others -ECANCELED', async () => {
    const { clock, finisher, remote, log, register } = setup();
    const [a, b] = register('a', 'b', 'c') as [number, number];
    const producer = new FinisherProducer(remote.handle);
    producer.queue(b, 2);
    const gone = finisher.close();
    expect(() => producer.queue(a)).toThrow(closed);
    await clock.settle();
    await gone;
    expect(log).toEqual(['b:2', `a:-${ECANCELED}`, `c:-${ECANCELED}`]);
  });

  it('runs what a context queues that is told -ECANCELED by close', async () => {
    const { clock, finisher, remote, log } = setup();
    remote.register(() => void finisher.queue(() => void log.push('queued')));
    const gone = finisher.close();
    await clock.settle();
    await gone;
    expect(log).toEqual(['queued']);
    expect(finisher.length).toBe(0);
  });

  it('gives contexts nobody completed the errno that destroy was given', async () => {
    const { clock, finisher, log, register } = setup();
    register('a');
    const gone = finisher.destroy({ errno: 5 });
    await clock.settle();
    await gone;
    expect(log).toEqual(['a:-5']);
  });

  it('goes through the contexts that nobody completed once', async () => {
    const { clock, finisher, remote } = setup();
    let told = 0;
    for (let i = 0; i < 1000; i++) remote.register(() => void told++);
    // a new iterator steps over all that was deleted before
    let iterators = 0;
    const { entries, [Symbol.iterator]: iterator } = Map.prototype;
    const counted = function (this: Map<unknown, unknown>) {
      iterators++;
      return entries.call(this);
    };
    Object.assign(Map.prototype, { entries: counted, [Symbol.iterator]: counted });
    const gone = finisher.close();
    await clock.settle();
    Object.assign(Map.prototype, { entries, [Symbol.iterator]: iterator });
    await gone;
    expect(told).toBe(1000);
    expect(iterators).toBeLessThan(100);
  });

  it('refuses what is no completion', () => {
    const { remote } = setup();
    expect(() => remote.register(undefined as unknown as () => void)).toThrow(invalid);
  });

  it('is woken by a producer that rings late, and by the next', async () => {
    // waitAsync goes by the platform's tasks
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote();
    const words = new Int32Array(remote.handle.memory);
    const asleep = async () => {
      do await setImmediate();
      while (words[0] !== 1);
    };
    await asleep();
    // a producer has seen it asleep, and is about to ring
    Atomics.store(words, 0, 0);
    // meanwhile it is awake for something else, and sleeps again
    finisher.queue(() => undefined);
    await asleep();
    // the bell: whoever listens behind the finisher has heard it after the finisher
    const heard = (Atomics as AsyncAtomics).waitAsync(words, 0, 1).value;
    expect(Atomics.notify(words, 0)).toBeGreaterThan(1);
    await heard;
    await new Promise<void>((resolve) => finisher.queue(() => resolve()));
    await asleep();
    const done = new Promise((resolve) => new FinisherProducer(remote.handle).queue(remote.register(resolve), 7));
    expect(await done).toBe(7);
    await finisher.close();
  });

  it('takes a part of what is in the rings at a time, for more may come as fast as it is taken', () => {
    const { clock, finisher, remote } = setup();
    let waiting = -1;
    let told = 0;
    const token = remote.register(() => {
      if (told++ === 0) waiting = finisher.length;
    }, true);
    const producer = new FinisherProducer(remote.handle);
    for (let i = 0; i < 4096; i++) producer.queue(token);
    finisher.start();
    clock.runDeferred();
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(1024);
    expect(told).toBe(4096);
  });

  it('is not empty while entries wait in the rings', async () => {
    const { clock, finisher, remote, log, register } = setup();
    const [a, b, c] = register('a', 'b', 'c') as [number, number, number];
    const producer = new FinisherProducer(remote.handle);
    const note = (name: string) => void finisher.waitForEmpty().then(() => log.push(name));
    finisher.start();
    await clock.settle();
    // before it has heard the bell
    producer.queue(a);
    note('empty');
    await clock.settle();
    expect(log).toEqual(['a:0', 'empty']);
    // the last of its own entries is withdrawn
    const controller = new AbortController();
    finisher.pause();
    finisher.queue(() => void log.push('withdrawn'), 0, { signal: controller.signal });
    note('empty');
    producer.queue(b);
    controller.abort();
    await clock.settle();
    expect(log.splice(0)).toEqual(['a:0', 'empty', 'withdrawn']);
    finisher.resume();
    await clock.settle();
    expect(log.splice(0)).toEqual(['b:0', 'empty']);
    // the last of its own entries pauses
    finisher.queue(() => {
      producer.queue(c);
      finisher.pause();
    });
    note('empty');
    await clock.settle();
    expect(log).toEqual([]);
    finisher.resume();
    await clock.settle();
    expect(log).toEqual(['c:0', 'empty']);
  });

  it('tells the error of a destroy that is called while it takes entries over', async () => {
    const ends: (() => void)[] = [];
    const { clock, finisher, remote, log, register } = setup({
      limits: limits({ capacity: 9, highWater: 2, onHighWater: () => ends.pop()!() }),
    });
    const tokens = register('a', 'b', 'c');
    const producer = new FinisherProducer(remote.handle);
    ends.push(() => void finisher.destroy({ errno: 5 }));
    finisher.start();
    finisher.queue(() => tokens.forEach((token) => producer.queue(token)));
    await clock.settle();
    expect(log).toEqual(['a:-5', 'b:-5', 'c:-5']);
  });

  it('does not start again where its finisher is closed again', async () => {
    const { clock, finisher } = setup();
    const gone = finisher.close();
    await clock.settle();
    await gone;
    void finisher.close();
    expect(finisher.started).toBe(false);
  });

  it('leaves entries in the ring while the finisher is full', () => {
    const { clock, finisher, remote, log } = setup({ limits: limits({ capacity: 2, overflow: 'drop-newest' }) }, { capacity: 4 });
    const token = remote.register((r) => {
      log.push(`ran ${r}, ${finisher.length} wait`);
      finisher.pause();
    }, true);
    const producer = new FinisherProducer(remote.handle);
    finisher.start();
    for (let r = 1; r <= 4; r++) expect(producer.queue(token, r)).toBe(true);
    clock.runDeferred();
    expect(log).toEqual(['ran 1, 1 wait']);
    // two of the ring's places are free, no more
    expect([5, 6, 7].map((r) => producer.queue(token, r))).toEqual([true, true, false]);
    for (let r = 2; r <= 6; r++) {
      finisher.resume();
      clock.runDeferred();
    }
    expect(log.map((line) => line.slice(0, 5))).toEqual([1, 2, 3, 4, 5, 6].map((r) => `ran ${r}`));
  });

  it('gives each producer its turn, and each remote end, however little room there is', () => {
    const { clock, finisher, remote, log } = setup({ limits: limits({ capacity: 1 }) }, { capacity: 4 });
    const other = finisher.remote({ capacity: 4 });
    const named = (name: string) => () => void log.push(name);
    const enqueue = (end: RemoteFinisher, name: string): void => {
      const token = end.register(named(name), true);
      const producer = new FinisherProducer(end.handle);
      for (let i = 0; i < 4; i++) producer.queue(token);
    };
    enqueue(remote, 'a');
    enqueue(remote, 'b');
    enqueue(other, 'c');
    finisher.start();
    clock.runDeferred();
    expect(log).toHaveLength(12);
    expect(log.slice(0, 9)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(log.slice(0, 4)).toContain('c');
  });

  it('runs contexts in the asynchronous context that registered them, where the finisher keeps it', () => {
    const { clock, finisher, remote } = setup({ keepAsyncContext: true });
    const storage = new AsyncLocalStorage<string>();
    let seen: string | undefined;
    const token = storage.run('registered here', () => remote.register(() => void (seen = storage.getStore())));
    new FinisherProducer(remote.handle).queue(token);
    finisher.start();
    clock.runDeferred();
    expect(seen).toBe('registered here');
  });
});

describe('FinisherProducer', () => {
  it('under drop-oldest, loses nothing where its thread is ended as it writes', () => {
    const { clock, finisher, remote, log, register } = setup({}, { capacity: 2, overflow: 'drop-oldest' });
    const [a, b, c] = register('a', 'b', 'c') as [number, number, number];
    const producer = new FinisherProducer(remote.handle);
    producer.queue(a);
    producer.queue(b);
    const write = jest.spyOn(LaneWriter.prototype, 'write').mockImplementation(() => {
      throw 'the end of the thread';
    });
    expect(() => producer.queue(c)).toThrow('the end of the thread');
    write.mockRestore();
    finisher.start();
    clock.runDeferred();
    expect(log.sort()).toEqual([`a:-${EAGAIN}`, 'b:0']);
  });

  it('keeps its place where one that had it before is released, or closes after that', () => {
    const { clock, finisher, remote, log, register } = setup({}, { producers: 1 });
    const { handle } = remote;
    const [token] = register('a') as [number];
    const full = expect.objectContaining({ code: 'ERR_CEPH_FULL' });
    const first = new FinisherProducer(handle);
    FinisherProducer.release(handle, first.id);
    const second = new FinisherProducer(handle);
    FinisherProducer.release(handle, first.id);
    first.close();
    expect(() => new FinisherProducer(handle)).toThrow(full);
    second.close();
    const third = new FinisherProducer(handle);
    FinisherProducer.release(handle, second.id);
    expect(() => new FinisherProducer(handle)).toThrow(full);
    third.queue(token);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['a:0']);
  });

  it('takes nothing after it was closed, and leaves its place to the next', () => {
    const { clock, finisher, remote, log, register } = setup({}, { producers: 2 });
    const [a, b] = register('a', 'b') as [number, number];
    const first = new FinisherProducer(remote.handle);
    first.close();
    const second = new FinisherProducer(remote.handle);
    expect(() => first.queue(a)).toThrow(closed);
    second.queue(b, 2);
    first.close();
    expect(new FinisherProducer(remote.handle).id).not.toBe(second.id);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['b:2']);
  });

  it('refuses a result or a token that does not fit', () => {
    const { remote, register } = setup();
    const [token] = register('a') as [number];
    const producer = new FinisherProducer(remote.handle);
    for (const r of [2 ** 31, 1.5, NaN, Infinity]) expect(() => producer.queue(token, r)).toThrow(invalid);
    expect(() => producer.queue(undefined as unknown as number)).toThrow(invalid);
    expect(producer.queue(token, -(2 ** 31))).toBe(true);
  });

  it('under drop-oldest, leaves what it dropped to be told also when it has closed', () => {
    const { clock, finisher, remote, log, register } = setup({}, { capacity: 2, producers: 1, overflow: 'drop-oldest' });
    const tokens = register('a', 'b', 'c', 'd', 'e');
    const producer = new FinisherProducer(remote.handle);
    for (const token of tokens.slice(0, 4)) expect(producer.queue(token, 1)).toBe(true);
    // as many were dropped as there may be news of
    expect(producer.queue(tokens[4] as number, 1)).toBe(false);
    producer.close();
    const next = new FinisherProducer(remote.handle);
    finisher.start();
    clock.runDeferred();
    expect(log.sort()).toEqual([`a:-${EAGAIN}`, `b:-${EAGAIN}`, 'c:1', 'd:1']);
    expect(next.queue(tokens[4] as number, 1)).toBe(true);
    finisher.resume();
    clock.runDeferred();
    expect(log.at(-1)).toBe('e:1');
  });

  it('says how many producers there may be', () => {
    const { remote } = setup({}, { producers: 3, overflow: 'drop-oldest' });
    for (let i = 0; i < 3; i++) new FinisherProducer(remote.handle);
    expect(() => new FinisherProducer(remote.handle)).toThrow('All 3 producers');
  });
});
