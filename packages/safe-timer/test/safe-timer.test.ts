import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { bareContext, CephContext, CephError, Context, ERRNO, limits, Mutex, VirtualClock } from '@cephts/common';
import { SafeTimer } from '../src/index.js';
import type { SafeTimerOptions } from '../src/index.js';

const { ECANCELED, EAGAIN } = ERRNO;

/** A timer on a virtual clock, what ran (with its time), and what was reported. */
function setup(options: SafeTimerOptions = {}) {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const cct = new CephContext({ clock, onError: (error) => errors.push(error) });
  const timer = new SafeTimer(cct, options);
  const log: string[] = [];
  const note =
    (name: string) =>
    (r: number): void => {
      log.push(`${name}@${clock.monotonicNow()}${r === 0 ? '' : `:${r}`}`);
    };
  return { clock, cct, timer, log, note, errors };
}

describe('SafeTimer time', () => {
  it('runs an event after its delay and not before', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(100, note('a'));
    clock.advance(99.5);
    expect(log).toEqual([]);
    clock.advance(0.5);
    expect(log).toEqual(['a@100']);
    expect(timer.length).toBe(0);
  });

  it('never runs an event inside the call that adds it', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(0, note('now'));
    timer.addEventAfter(-5, note('past'));
    expect(log).toEqual([]);
    clock.advance(0);
    expect(log).toEqual(['now@0', 'past@0']);
  });

  it('runs events in order of time, equal times in order of insertion', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(20, note('c'));
    timer.addEventAfter(10, note('a'));
    timer.addEventAfter(20, note('d'));
    timer.addEventAfter(10, note('b'));
    timer.addEventAfter(10.5, note('b2'));
    timer.addEventAfter(10.25, note('b1'));
    clock.advance(30);
    expect(log).toEqual(['a@10', 'b@10', 'b1@10.25', 'b2@10.5', 'c@20', 'd@20']);
  });

  it('keeps times a quarter of a millisecond apart in order, and insertion order within one', () => {
    const { clock, timer } = setup();
    const delays = Array.from({ length: 1000 }, (_, i) => 10 + ((i * 7919) % 1009) / 32);
    const quarter = (ms: number): number => Math.floor(ms * 4);
    const ran: number[] = [];
    timer.pause();
    delays.forEach((ms, i) => timer.addEventAfter(ms, () => ran.push(i)));
    clock.advance(50);
    timer.resume();
    clock.advance(0);
    const inOrder = delays.map((_, i) => i).sort((a, b) => quarter(delays[a]!) - quarter(delays[b]!));
    expect(ran).toEqual(inOrder);
  });

  it('takes a callback for recurring only where it was added so, whatever fields it has', async () => {
    const { clock, timer, log } = setup();
    timer.init();
    timer.addEventAfter(
      10,
      Object.assign((r: number) => void log.push(`ran with ${r}`), { every: 5 }),
    );
    const closed = timer.close();
    clock.advance(10);
    await closed;
    expect(log).toEqual(['ran with 0']);
  });

  it('runs nothing early, whatever is added within one quarter of a millisecond', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10.1, note('a'));
    timer.addEventAfter(10.05, note('b'));
    clock.advance(10.05);
    expect(log).toEqual([]);
    clock.advance(0.05);
    expect(log).toEqual(['a@10.1', 'b@10.1']);
  });

  it('keeps insertion order for equal times reached by different delays', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(5000, note('first'));
    clock.advance(4000);
    timer.addEventAfter(1000, note('second'));
    clock.advance(999);
    timer.addEventAfter(1, note('third'));
    clock.advance(1);
    expect(log).toEqual(['first@5000', 'second@5000', 'third@5000']);
  });

  it('takes delays longer than a platform timer can', () => {
    const { clock, timer, log, note } = setup();
    const year = 365 * 86_400_000;
    timer.addEventAfter(2 ** 31, note('a'));
    timer.addEventAfter(3 * year, note('c'));
    timer.addEventAfter(year, note('b'));
    timer.addEventAfter(year, note('b2'));
    clock.advance(2 ** 31 - 1);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual([`a@${2 ** 31}`]);
    clock.advance(3 * year);
    expect(log.slice(1)).toEqual([`b@${year}`, `b2@${year}`, `c@${3 * year}`]);
  });

  it('uses one timer of the platform, whatever is pending', () => {
    const { clock, timer, note } = setup();
    for (let i = 0; i < 1000; i++) timer.addEventAfter(1000 - i, note('x'));
    clock.runDeferred();
    expect(clock.pending).toBe(1);
    expect(clock.nextTimerAt).toBe(1);
  });

  it('sets the platform timer to the very time of the next event', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(123_456.75, note('b'));
    timer.addEventAfter(77_000, note('a'));
    clock.runDeferred();
    expect(clock.nextTimerAt).toBe(77_000);
    clock.step();
    expect(log).toEqual(['a@77000']);
    expect(clock.nextTimerAt).toBe(123_456.75);
  });

  it('lets a callback add an event that is due in the same pass', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10, () => void timer.addEventAfter(0, note('same')));
    timer.addEventAfter(10, note('b'));
    timer.addEventAfter(11, note('c'));
    clock.advance(10);
    expect(log).toEqual(['b@10', 'same@10']);
  });

  it('puts late additions of the current tick in their place', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(5.25, note('a'));
    timer.addEventAfter(5.75, note('d'));
    clock.advance(5.25);
    timer.addEventAfter(0.25, note('b'));
    timer.addEventAfter(0.375, note('c'));
    timer.addEventAfter(0.5, note('d2'));
    clock.advance(1);
    expect(log).toEqual(['a@5.25', 'b@5.5', 'c@5.625', 'd@5.75', 'd2@5.75']);
  });

  it('reckons addEventAt once, so that a step of the wall clock does not move it', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAt(clock.now() + 100, note('a'));
    timer.addEventAt(new Date(clock.now() + 200), note('b'));
    clock.stepWallClock(3_600_000);
    clock.advance(99);
    expect(log).toEqual([]);
    clock.stepWallClock(-7_200_000);
    clock.advance(101);
    expect(log).toEqual(['a@100', 'b@200']);
  });

  it('refuses what is no time and no callback', () => {
    const { timer } = setup();
    expect(() => timer.addEventAfter(NaN, () => undefined)).toThrow(CephError);
    expect(() => timer.addEventAfter(Infinity, () => undefined)).toThrow(CephError);
    expect(() => timer.addEventEvery(0, () => undefined)).toThrow(CephError);
    expect(() => timer.addEventAfter(1, null as unknown as () => void)).toThrow('to be a Context or a function');
    expect(timer.length).toBe(0);
  });
});

describe('SafeTimer.cancelEvent', () => {
  it('says true for a pending event, which then never runs', () => {
    const { clock, timer, log, note } = setup();
    const event = timer.addEventAfter(10, note('a'));
    timer.addEventAfter(10, note('b'));
    expect(timer.hasEvent(event)).toBe(true);
    expect(timer.cancelEvent(event)).toBe(true);
    expect(timer.hasEvent(event)).toBe(false);
    expect(timer.cancelEvent(event)).toBe(false);
    clock.advance(100);
    expect(log).toEqual(['b@10']);
  });

  it('says false for an event that has run, that runs, or that never was', () => {
    const { clock, timer } = setup();
    const said: boolean[] = [];
    const event: number = timer.addEventAfter(10, () => void said.push(timer.cancelEvent(event)));
    clock.advance(10);
    said.push(timer.cancelEvent(event), timer.cancelEvent(0), timer.cancelEvent(12345), timer.cancelEvent(NaN));
    expect(said).toEqual([false, false, false, false, false]);
  });

  it('cancels from a callback what is due in the same pass', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10, () => void timer.cancelEvent(second));
    const second = timer.addEventAfter(10, note('second'));
    timer.addEventAfter(10, note('third'));
    clock.advance(20);
    expect(log).toEqual(['third@10']);
  });

  it('never takes an old name for a new event', () => {
    const { clock, timer, log, note } = setup();
    const old = timer.addEventAfter(10, note('old'));
    timer.cancelEvent(old);
    const fresh = timer.addEventAfter(10, note('new'));
    expect(fresh).not.toBe(old);
    expect(timer.cancelEvent(old)).toBe(false);
    clock.advance(10);
    expect(log).toEqual(['new@10']);
  });

  it('cancels all', () => {
    const { clock, timer, log, note } = setup();
    for (const ms of [1, 100, 10_000, 2 ** 35]) timer.addEventAfter(ms, note('x'));
    timer.addEventEvery(5, note('beat'));
    expect(timer.cancelAllEvents()).toBe(5);
    expect(timer.length).toBe(0);
    timer.addEventAfter(7, note('after'));
    clock.advance(100_000);
    expect(log).toEqual(['after@7']);
  });

  it('cancels all that was pending, whatever is called on the way', () => {
    const onLowWater = (): void => {
      timer.cancelEvent(third);
      timer.addEventAfter(1, note('later'));
    };
    const { clock, timer, log, note } = setup({ limits: limits({ highWater: 3, lowWater: 2, onLowWater }) });
    timer.addEventAfter(1, note('first'));
    timer.addEventAfter(2, note('second'));
    const third = timer.addEventAfter(3, note('third'));
    expect(timer.cancelAllEvents()).toBe(2);
    clock.advance(10);
    expect([log, timer.length, timer.cost]).toEqual([['later@1'], 0, 0]);
  });

  it('cancels by a signal', () => {
    const { clock, timer, log, note } = setup();
    const controller = new AbortController();
    const { signal } = controller;
    timer.addEventAfter(10, note('a'), { signal });
    timer.addEventEvery(10, note('b'), { signal });
    timer.addEventAfter(10, note('c'));
    controller.abort();
    expect(timer.length).toBe(1);
    expect(timer.addEventAfter(5, note('d'), { signal })).toBe(0);
    clock.advance(50);
    expect(log).toEqual(['c@10']);
  });
});

describe('SafeTimer.addEventEvery', () => {
  it('keeps its beat without drift', () => {
    const { clock, timer, log, note } = setup();
    const event = timer.addEventEvery(10, note('t'));
    clock.advance(35);
    expect(timer.cancelEvent(event)).toBe(true);
    clock.advance(100);
    expect(log).toEqual(['t@10', 't@20', 't@30']);
  });

  it('can be cancelled by its own callback', () => {
    const { clock, timer } = setup();
    let count = 0;
    const event: number = timer.addEventEvery(10, () => {
      if (++count === 2) expect(timer.cancelEvent(event)).toBe(true);
    });
    clock.advance(100);
    expect(count).toBe(2);
    expect(timer.length).toBe(0);
    expect(timer.cancelEvent(event)).toBe(false);
  });

  it('leaves out beats that fall due while its callback still runs', async () => {
    const { clock, timer, log, note } = setup();
    timer.addEventEvery(10, async (r) => {
      note('begin')(r);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 25));
      note('end')(r);
    });
    await clock.advanceAsync(70);
    expect(log).toEqual(['begin@10', 'end@35', 'begin@40', 'end@65', 'begin@70']);
  });

  it('goes on after a callback that throws', () => {
    const { clock, timer, errors } = setup();
    timer.addEventEvery(10, () => {
      throw 'mine';
    });
    clock.advance(30);
    expect(errors).toEqual(['mine', 'mine', 'mine']);
  });
});

describe('SafeTimer callbacks', () => {
  it('takes Contexts, completed with 0', () => {
    const { clock, timer, log } = setup();
    class Mine extends Context {
      override finish(r: number): void {
        log.push(`finish ${r}`);
      }
    }
    timer.addEventAfter(1, new Mine());
    clock.advance(1);
    expect(log).toEqual(['finish 0']);
  });

  it('reports what a callback throws or rejects with, once, and goes on', async () => {
    const { clock, timer, log, note, errors } = setup();
    timer.addEventAfter(1, () => {
      throw 'thrown';
    });
    timer.addEventAfter(1, () => Promise.reject(new Error('rejected')));
    timer.addEventAfter(1, note('c'));
    await clock.advanceAsync(1);
    expect(errors).toEqual(['thrown', new Error('rejected')]);
    expect(log).toEqual(['c@1']);
  });

  it('goes on where what is told of errors throws as well', async () => {
    const clock = new VirtualClock();
    const throwing = (): void => {
      throw new Error('not heard');
    };
    const timer = new SafeTimer(new CephContext({ clock, onError: throwing }));
    let ran = 0;
    timer.addEventAfter(1, () => Promise.reject(new Error('rejected')));
    timer.addEventEvery(1, () => {
      ran++;
      throw new Error('thrown');
    });
    for (let i = 0; i < 8; i++)
      await clock.advanceAsync(1).catch((error: unknown) => expect(error).toEqual(new Error('not heard')));
    expect(ran).toBeGreaterThan(2);
  });

  it('holds later events up until the promise of one settles', async () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10, () => new Promise<void>((resolve) => clock.setTimeout(resolve, 20)));
    timer.addEventAfter(15, note('b'));
    await clock.advanceAsync(100);
    expect(log).toEqual(['b@30']);
  });

  it('holds the lock while safe callbacks run, also across awaits', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note } = setup({ lock });
    timer.addEventAfter(10, async (r) => {
      log.push(`locked ${lock.locked}`);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
      note('a')(r);
    });
    const victim = timer.addEventAfter(12, note('victim'));
    await clock.advanceAsync(15);
    await Promise.all([
      lock.runExclusive(() => {
        log.push(`cancel ${timer.cancelEvent(victim)}`);
      }),
      clock.advanceAsync(100),
    ]);
    expect(log).toEqual(['locked true', 'a@20', 'cancel true']);
    expect(lock.locked).toBe(false);
  });

  it('waits for a lock that its owner holds', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note } = setup({ lock });
    await lock.lock();
    timer.addEventAfter(10, note('a'));
    await clock.advanceAsync(20);
    expect(log).toEqual([]);
    lock.unlock();
    await clock.advanceAsync(0);
    expect(log).toEqual(['a@20']);
    expect(lock.locked).toBe(false);
  });

  it('is empty, and ends, while it waits for the lock of whoever cancelled everything', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note } = setup({ lock });
    timer.addEventAfter(10, note('a'));
    await lock.lock();
    await clock.advanceAsync(10);
    timer.cancelAllEvents();
    void timer.waitForEmpty().then(() => log.push('empty'));
    void timer.close().then(() => log.push('closed'));
    await clock.settle();
    expect([log, lock.locked]).toEqual([['empty', 'closed'], true]);
    lock.unlock();
    await clock.settle();
    expect([lock.locked, clock.pending]).toEqual([false, 0]);
  });

  it('reports once that a callback has unlocked the mutex, and goes on', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note, errors } = setup({ lock });
    timer.addEventAfter(10, () => lock.unlock());
    timer.addEventAfter(20, note('b'));
    timer.addEventAfter(30, () => Promise.resolve().then(() => lock.unlock()));
    timer.addEventAfter(40, note('d'));
    await clock.advanceAsync(40);
    const unlocked = expect.objectContaining({ code: 'ERR_CEPH_STATE' });
    expect([log, errors, lock.locked]).toEqual([['b@20', 'd@40'], [unlocked, unlocked], false]);
  });

  it('runs unsafe callbacks without the lock', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note } = setup({ lock, safeCallbacks: false });
    await lock.lock();
    timer.addEventAfter(10, note('a'));
    clock.advance(10);
    expect(log).toEqual(['a@10']);
  });
});

describe('SafeTimer shutdown', () => {
  it('cancels everything, takes no more, and leaves the thread table', () => {
    const { clock, cct, timer, log, note } = setup({ owner: 'MDSDaemon' });
    timer.init();
    timer.addEventAfter(10, note('a'));
    expect(cct.threads.list()).toMatchObject([{ name: 'safe_timer', owner: 'MDSDaemon' }]);
    timer.shutdown();
    expect(cct.threads.list()).toEqual([]);
    expect(timer.addEventAfter(10, note('b'))).toBe(0);
    clock.advance(100);
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('works from within a callback', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10, () => timer.shutdown());
    timer.addEventAfter(10, note('b'));
    clock.advance(100);
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it.each<[string, SafeTimerOptions, (timer: SafeTimer) => void]>([
    ['when its slice is over', { sliceMs: 0 }, (timer) => timer.shutdown()],
    ['paused', {}, (timer) => (timer.pause(), timer.shutdown())],
    ['destroyed', {}, (timer) => (void timer.destroy(), timer.shutdown())],
    ['with an error that nobody takes', {}, (timer) => (timer.shutdown(), (null as unknown as () => void)())],
  ])('from within a callback resolves what waits for the end: %s', async (_when, options, act) => {
    const clock = new VirtualClock();
    const cct = {
      ...bareContext(clock),
      reportError: () => {
        throw new Error('nobody takes it');
      },
    };
    for (const wait of ['close', 'waitForEmpty', 'destroy'] as const) {
      const timer = new SafeTimer(cct, options);
      let ended = false;
      timer.addEventAfter(10, (r) => (r === 0 || wait === 'destroy') && act(timer));
      void timer[wait]().then(() => (ended = true));
      await clock.advanceAsync(20).catch(() => undefined);
      await clock.settle();
      expect([wait, ended, timer.length, timer.closed]).toEqual([wait, true, 0, true]);
    }
  });

  it('from within a callback resolves the destroy that the callback asked for before', async () => {
    const { clock, timer, log } = setup();
    timer.addEventAfter(10, () => {
      void timer.destroy().then(() => log.push('destroyed'));
      timer.shutdown();
    });
    await clock.advanceAsync(20);
    expect(log).toEqual(['destroyed']);
  });

  it('gives back a lock that it was given just before', async () => {
    const lock = new Mutex();
    const { clock, timer, log, note } = setup({ lock });
    await lock.lock();
    timer.addEventAfter(10, note('a'));
    clock.advance(10);
    lock.unlock();
    await Promise.resolve();
    await Promise.resolve();
    timer.shutdown();
    await clock.advanceAsync(10);
    expect([log, lock.locked]).toEqual([[], false]);
  });

  it('close lets pending events run at their time and ends recurring ones', async () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(50, note('a'));
    timer.addEventEvery(10, note('beat'));
    const closed = timer.close().then(() => log.push('closed'));
    expect(timer.addEventAfter(1, note('no'))).toBe(0);
    await clock.advanceAsync(100);
    await closed;
    expect(log).toEqual(['a@50', 'closed']);
  });

  it('destroy tells everything pending the errno of the error, in order', async () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(50, note('b'));
    timer.addEventAfter(2 ** 40, note('d'));
    timer.addEventAfter(20, note('a'));
    timer.addEventEvery(60, note('c'));
    const gone = timer.destroy();
    await clock.settle();
    await gone;
    expect(log).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name}@0:-${ECANCELED}`));
    expect(clock.pending).toBe(0);
  });

  it.each<[string, unknown, number]>([
    ['an errno of Ceph', { errno: 2 }, -2],
    ['an errno of the platform', { errno: -2 }, -2],
    ['success', { errno: 0 }, -ECANCELED],
    ['a word', { errno: 'ENOENT' }, -ECANCELED],
    ['no errno', new Error('none'), -ECANCELED],
    ['nothing', null, -ECANCELED],
  ])('destroy tells -ECANCELED where the error has no number that says why: %s', async (_what, error, told) => {
    const { clock, timer } = setup();
    let r: number | undefined;
    timer.addEventAfter(5, (result) => void (r = result));
    const gone = timer.destroy(error);
    await clock.settle();
    await gone;
    expect(r).toBe(told);
  });

  it('destroy waits for the callback that holds the lock, and for no other', async () => {
    for (const safeCallbacks of [true, false]) {
      const lock = new Mutex();
      const { clock, timer, log, note } = setup({ lock, safeCallbacks });
      timer.addEventAfter(10, async () => {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 20));
        log.push(`out, locked ${lock.locked}`);
      });
      timer.addEventAfter(11, note('next'));
      clock.advance(10);
      const gone = timer.destroy().then(() => log.push('destroyed'));
      await clock.advanceAsync(10);
      expect(lock.tryLock()).toBe(!safeCallbacks);
      await clock.advanceAsync(10);
      await gone;
      expect(log).toEqual(
        safeCallbacks
          ? ['out, locked true', `next@30:-${ECANCELED}`, 'destroyed']
          : [`next@10:-${ECANCELED}`, 'destroyed', 'out, locked true'],
      );
      expect(lock.locked).toBe(!safeCallbacks);
    }
  });

  it('destroy may be awaited by the callback that calls it', async () => {
    for (const add of ['addEventAfter', 'addEventEvery'] as const) {
      const { clock, timer, log, note } = setup();
      timer[add](10, async () => {
        await timer.destroy();
        log.push('destroyed');
      });
      timer.addEventAfter(20, note('next'));
      await clock.advanceAsync(10);
      expect(log).toEqual([`next@10:-${ECANCELED}`, 'destroyed']);
    }
  });

  it('is disposed of by closing', async () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(5, note('a'));
    const disposed = timer[Symbol.asyncDispose]();
    await clock.advanceAsync(5);
    await disposed;
    expect(log).toEqual(['a@5']);
    expect(timer.closed).toBe(true);
  });
});

describe('SafeTimer flow', () => {
  it('paused, runs nothing; resumed, what fell due meanwhile, in order', () => {
    const { clock, timer, log, note } = setup();
    timer.addEventAfter(10, note('a'));
    timer.addEventAfter(20, note('b'));
    timer.addEventAfter(40, note('c'));
    timer.pause();
    clock.advance(30);
    expect(log).toEqual([]);
    timer.resume();
    clock.advance(20);
    expect(log).toEqual(['a@30', 'b@30', 'c@40']);
  });

  it('waitForEmpty resolves when the last event has run or was cancelled', async () => {
    const { clock, timer, log, note } = setup();
    await timer.waitForEmpty();
    const far = timer.addEventAfter(1000, note('far'));
    timer.addEventAfter(10, note('a'));
    const empty = timer.waitForEmpty().then(() => log.push('empty'));
    await clock.advanceAsync(20);
    expect(log).toEqual(['a@10']);
    timer.cancelEvent(far);
    await empty;
    expect(log).toEqual(['a@10', 'empty']);
  });

  it('bounds what is pending', () => {
    const marks: string[] = [];
    const { clock, timer, log, note } = setup({
      limits: limits({
        capacity: 2,
        overflow: 'drop-newest',
        onHighWater: () => marks.push('high'),
        onLowWater: () => marks.push('low'),
      }),
    });
    const a = timer.addEventAfter(10, note('a'));
    timer.addEventAfter(20, note('b'));
    expect(marks).toEqual(['high']);
    expect(timer.addEventAfter(5, note('c'))).toBe(0);
    expect(log).toEqual([`c@0:-${EAGAIN}`]);
    timer.cancelEvent(a);
    expect(marks).toEqual(['high', 'low']);
    expect(timer.addEventAfter(5, note('d'))).toBeGreaterThan(0);
    clock.advance(100);
    expect(log.slice(1)).toEqual(['d@5', 'b@20']);
    expect(timer.length).toBe(0);
    expect(timer.cost).toBe(0);
    const strict = setup({ limits: limits({ capacityCost: 3 }) });
    strict.timer.addEventAfter(1, () => undefined, { cost: 2 });
    expect(() => strict.timer.addEventAfter(1, () => undefined, { cost: 2 })).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_FULL' }),
    );
    expect(strict.timer.cost).toBe(2);
    expect(() => strict.timer.addEventAfter(1, () => undefined, { cost: NaN })).toThrow('Expected `cost`');
    expect(strict.timer.length).toBe(1);
  });

  it('has an event in its place before it tells of the high mark, so that whoever hears of it may cancel it', async () => {
    const controller = new AbortController();
    const aborting = setup({ limits: limits({ highWater: 1, onHighWater: () => controller.abort() }) });
    const event = aborting.timer.addEventAfter(10, aborting.note('a'), { signal: controller.signal });
    expect([aborting.timer.hasEvent(event), aborting.timer.length, aborting.timer.cost]).toEqual([false, 0, 0]);
    await aborting.timer.waitForEmpty();
    const ending = setup({ limits: limits({ highWater: 1, onHighWater: () => ending.timer.shutdown() }) });
    ending.timer.addEventAfter(10, ending.note('b'));
    expect([ending.timer.length, ending.timer.cost]).toEqual([0, 0]);
    await ending.timer.waitForEmpty();
    for (const { clock, log } of [aborting, ending]) {
      clock.advance(100);
      expect(log).toEqual([]);
    }
  });

  it('counts nothing of an event whose signal is none', () => {
    const { timer } = setup({ limits: limits({ capacity: 2 }) });
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => timer.addEventAfter(10, () => undefined, { signal })).toThrow(TypeError);
    expect([timer.length, timer.cost]).toEqual([0, 0]);
  });

  it('tells of the marks in cost, whichever way events leave', () => {
    const marks: string[] = [];
    const { clock, timer, note } = setup({
      limits: limits({
        highWaterCost: 5,
        lowWaterCost: 2,
        onHighWater: () => marks.push(`high ${timer.cost}`),
        onLowWater: () => marks.push(`low ${timer.cost}`),
      }),
    });
    const controller = new AbortController();
    timer.addEventAfter(10, note('a'), { cost: 3 });
    timer.addEventEvery(1000, note('beat'), { cost: 1.5 });
    expect(marks).toEqual([]);
    timer.addEventAfter(20, note('b'), { cost: 0.5 });
    timer.addEventAfter(30, note('c'), { cost: 4, signal: controller.signal });
    expect(marks.splice(0)).toEqual(['high 5']);
    clock.advance(10);
    expect([marks, timer.cost]).toEqual([[], 6]);
    controller.abort();
    expect(marks.splice(0)).toEqual(['low 2']);
    clock.advance(990);
    expect([marks, timer.cost]).toEqual([[], 1.5]);
    const large = timer.addEventAfter(10, note('d'), { cost: 100 });
    timer.addEventAfter(10, note('e'), { cost: 0 });
    timer.cancelEvent(large);
    expect(marks.splice(0)).toEqual(['high 101.5', 'low 1.5']);
    timer.shutdown();
    expect(timer.cost).toBe(0);
  });

  it('takes limits that other timers have too, and counts its own events only', () => {
    const two = limits({ capacity: 1 });
    const one = setup({ limits: two });
    const other = setup({ limits: two });
    one.timer.addEventAfter(1, () => undefined);
    expect(other.timer.addEventAfter(1, () => undefined)).toBeGreaterThan(0);
    expect(() => other.timer.addEventAfter(1, () => undefined)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
  });

  it('reports what a mark throws, and what an event throws that is dropped', async () => {
    const seen: unknown[] = [];
    const throwing = (what: string) => () => {
      throw new Error(what);
    };
    const { timer } = setup({
      onError: (error) => seen.push((error as Error).message),
      limits: limits({ capacity: 1, overflow: 'drop-newest', onHighWater: throwing('high') }),
    });
    timer.addEventAfter(1, () => undefined);
    timer.addEventAfter(1, throwing('dropped'));
    await Promise.resolve();
    expect(seen).toEqual(['dropped', 'high']);
  });

  it('says which limits make no sense', () => {
    expect(() => limits({ capacity: -1 })).toThrow('Expected `capacity` to be a number of at least 0, got `-1` (number)');
    expect(() => limits({ overflow: 'drop-last' } as object)).toThrow(
      'Expected `overflow` to be throw or drop-newest or drop-oldest',
    );
    // events have a time, none is the oldest
    expect(() => setup({ limits: limits({ overflow: 'drop-oldest' }) })).toThrow('Expected `overflow` to be throw or drop-newest,');
    expect(() => limits({ size: 1 } as object)).toThrow('Expected `size` to be an option of limits');
    expect(() => setup({ capacity: 1 } as object)).toThrow('Expected `capacity` to be an option of SafeTimer');
  });

  it('counts what is pending and how late events run', () => {
    const { clock, cct, timer, note } = setup({ name: 'mds', latencyHistogram: true });
    timer.addEventAfter(10, note('a'));
    timer.addEventAfter(20, note('b'));
    expect(cct.perf.dump()).toMatchObject({ 'timer-mds': { queue_len: 2 } });
    timer.pause();
    clock.advance(15);
    timer.resume();
    clock.advance(15);
    expect(cct.perf.dump()).toMatchObject({
      'timer-mds': { queue_len: 0, lateness: { avgcount: 2, sum: 0.005 }, lateness_histogram: { count: 2, sum: 5 } },
    });
    timer.shutdown();
    expect(cct.perf.list()).toEqual([]);
  });

  it('survives 200,000 events, a thousand of them cancelled from the middle', () => {
    const { clock, timer } = setup();
    let ran = 0;
    let last = 0;
    const events: number[] = [];
    for (let i = 0; i < 200_000; i++) {
      events.push(
        timer.addEventAfter((i * 7919) % 100_003, () => {
          ran++;
          const now = clock.monotonicNow();
          if (now < last) throw new Error('out of order');
          last = now;
        }),
      );
    }
    for (let i = 0; i < 1000; i++) expect(timer.cancelEvent(events[i * 197] as number)).toBe(true);
    clock.advance(200_000);
    expect(ran).toBe(199_000);
    expect(timer.length).toBe(0);
  });
});

describe('SafeTimer and its surroundings', () => {
  it('runs callbacks in the asynchronous context of who added them, where asked', () => {
    const storage = new AsyncLocalStorage<string>();
    for (const keepAsyncContext of [true, false]) {
      const { clock, timer } = setup({ keepAsyncContext });
      const seen: unknown[] = [];
      const look = (): void => void seen.push(storage.getStore());
      class Look extends Context {
        override finish(): void {
          look();
        }
      }
      const beat = storage.run('every', () => timer.addEventEvery(10, look));
      storage.run('after', () => timer.addEventAfter(15, look));
      storage.run('at', () => timer.addEventAt(clock.now() + 16, new Look()));
      storage.run('outer', () => timer.addEventAfter(17, () => timer.addEventAfter(1, look)));
      storage.run('nobody', () => clock.advance(20));
      timer.cancelEvent(beat);
      const all = ['every', 'after', 'at', 'outer', 'every'];
      expect(seen).toEqual(keepAsyncContext ? all : all.map(() => 'nobody'));
    }
  });

  it.each([
    ['its own', { sliceMs: 2 }, [2, 4, 6, 7]],
    ['the one of bare loops', {}, [5, 7]],
  ])('lets the event loop in after each slice: %s', (_whose, options, slices) => {
    /** Time that callbacks take, which moves no timer. */
    let worked = 0;
    class BusyClock extends VirtualClock {
      override monotonicNow(): number {
        return super.monotonicNow() + worked;
      }
    }
    const clock = new BusyClock();
    const timer = new SafeTimer(bareContext(clock), options);
    let ran = 0;
    const seen: number[] = [];
    const io = (): void => {
      seen.push(ran);
      if (ran < 7) clock.defer(io);
    };
    const work = (): void => {
      worked++;
      if (++ran === 1) {
        clock.defer(() => expect(timer.cancelEvent(eighth)).toBe(true));
        clock.defer(io);
      }
    };
    const events = Array.from({ length: 8 }, () => timer.addEventAfter(10, work));
    const eighth = events[7]!;
    clock.advance(10);
    expect(seen.filter((count, i) => count !== seen[i - 1])).toEqual(slices);
    expect(timer.length).toBe(0);
  });

  it('tells of its end, of overflows and of errors on their channels', () => {
    const { clock, timer } = setup({ limits: limits({ capacity: 1 }), onError: () => undefined });
    const seen: unknown[] = [];
    const hear = (message: unknown, name: string | symbol): void => {
      const { timer: which, error } = message as { timer: SafeTimer; error: unknown };
      if (which === timer) seen.push([name, error]);
    };
    const channels = ['stop', 'overflow', 'error'].map((event) => `cephts:safe-timer:${event}`);
    for (const channel of channels) subscribe(channel, hear);
    timer.addEventAfter(1, () => {
      throw 'thrown';
    });
    expect(() => timer.addEventAfter(1, () => undefined)).toThrow('1 entries wait');
    clock.advance(1);
    timer.shutdown();
    timer.shutdown();
    for (const channel of channels) unsubscribe(channel, hear);
    expect(seen).toEqual([
      ['cephts:safe-timer:overflow', undefined],
      ['cephts:safe-timer:error', 'thrown'],
      ['cephts:safe-timer:stop', undefined],
    ]);
  });
});
