import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { CephContext, CephError, Context, C_SaferCond, ERRNO, GatherBuilder, VirtualClock } from '@cephts/common';
import { C_OnFinisher, Finisher, limits } from '../src/index.js';
import type { FinisherOptions } from '../src/index.js';

const { ECANCELED, EAGAIN } = ERRNO;

/** A finisher on a virtual clock, what it completed, and what it reported. */
function setup(options: FinisherOptions = {}) {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const cct = new CephContext({ clock, onError: (error) => errors.push(error) });
  const finisher = new Finisher(cct, options);
  const log: (string | number)[] = [];
  const note =
    (name: string | number) =>
    (r: number): void => {
      log.push(r === 0 ? name : `${name}:${r}`);
    };
  return { clock, cct, finisher, log, note, errors };
}

describe('Finisher order', () => {
  it('completes mixed zero and non-zero results in the order they were queued', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(note('a'));
    finisher.queue(note('b'), -5);
    finisher.queue(note('c'), 0);
    finisher.queue(note('d'), 7);
    finisher.queue(note('e'), -2);
    clock.runDeferred();
    expect(log).toEqual(['a', 'b:-5', 'c', 'd:7', 'e:-2']);
  });

  it('never completes on the stack of whoever queues', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    clock.runDeferred();
    finisher.queue(note('a'));
    expect(log).toEqual([]);
    clock.runDeferred();
    expect(log).toEqual(['a']);
  });

  it('takes a list over, empties it, and completes each with 0', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    const list = [note('a'), note('b')];
    expect(finisher.queue(list)).toBe(true);
    expect(list).toEqual([]);
    finisher.queue(note('c'), 3);
    clock.runDeferred();
    expect(log).toEqual(['a', 'b', 'c:3']);
  });

  it('runs entries queued during a drain after all that waited before them', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue((r) => {
      note('a')(r);
      finisher.queue(note('late'), -1);
      finisher.queue(note('later'));
    });
    finisher.queue(note('b'), 2);
    clock.runDeferred();
    expect(log).toEqual(['a', 'b:2', 'late:-1', 'later']);
  });

  it('takes Contexts and calls their complete()', () => {
    const { clock, finisher, log } = setup();
    class Mine extends Context {
      override complete(r: number): void {
        log.push('complete');
        super.complete(r);
      }
      override finish(r: number): void {
        log.push(`finish:${r}`);
      }
    }
    finisher.start();
    finisher.queue(new Mine(), -4);
    clock.runDeferred();
    expect(log).toEqual(['complete', 'finish:-4']);
  });

  it('keeps order over many chunks', () => {
    const { clock, finisher } = setup();
    finisher.start();
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10_000; i++) finisher.queue((r) => seen.push(r), i);
      expect(finisher.length).toBe(10_000);
      clock.runDeferred();
      expect(finisher.length).toBe(0);
      expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
      seen.length = 0;
    }
  });

  it('refuses what is no completion', () => {
    const { finisher } = setup();
    expect(() => finisher.queue(null as unknown as () => void)).toThrow('to be a Context or a function');
    expect(() => finisher.queue(undefined as unknown as () => void, 3)).toThrow('to be a Context or a function');
    expect(finisher.length).toBe(0);
  });
});

describe('Finisher start and stop', () => {
  it('keeps what is queued before start until start', () => {
    const { clock, finisher, log, note } = setup();
    finisher.queue(note('a'));
    clock.advance(1000);
    expect(log).toEqual([]);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['a']);
  });

  it('stands in the thread table under its name while it is started', async () => {
    const { clock, cct, finisher } = setup({ threadName: 'MR_Finisher', owner: 'MDSRank' });
    expect(cct.threads.list()).toEqual([]);
    finisher.start();
    expect(cct.threads.list()).toMatchObject([{ name: 'MR_Finisher', owner: 'MDSRank', kind: 'cooperative' }]);
    const stopped = finisher.stop();
    clock.runDeferred();
    await stopped;
    expect(cct.threads.list()).toEqual([]);
    expect(new Finisher(cct).started).toBe(false);
  });

  it('is called fn_anonymous where it has no name, and has no counters then', () => {
    const { cct, finisher } = setup();
    finisher.start();
    expect(cct.threads.list()[0]?.name).toBe('fn_anonymous');
    expect(cct.perf.list()).toEqual([]);
  });

  it('runs entries queued just before stop to a sleeping thread', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    clock.runDeferred();
    finisher.queue(note('a'));
    finisher.queue(note('b'), -1);
    const stopped = finisher.stop();
    clock.runDeferred();
    await stopped;
    expect(log).toEqual(['a', 'b:-1']);
    expect(finisher.started).toBe(false);
  });

  it('can be started again after stop, and runs what was queued between', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    const stopped = finisher.stop();
    clock.runDeferred();
    await stopped;
    finisher.queue(note('a'));
    clock.runDeferred();
    expect(log).toEqual([]);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['a']);
  });

  it('runs what completions queue while it stops', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(() => void finisher.queue(note('second')));
    const stopped = finisher.stop();
    clock.runDeferred();
    await stopped;
    expect(log).toEqual(['second']);
  });

  it('stops at once where it was not started', async () => {
    const { finisher } = setup();
    await finisher.stop();
    expect(finisher.started).toBe(false);
  });
});

describe('Finisher start while it stops', () => {
  it('goes on, and stop resolves when nothing waits', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(note('a'));
    const stopped = finisher.stop().then(() => log.push('stopped'));
    finisher.start();
    clock.runDeferred();
    await stopped;
    expect(finisher.started).toBe(true);
    finisher.queue(note('b'));
    clock.runDeferred();
    expect(log).toEqual(['a', 'stopped', 'b']);
  });
});

describe('Finisher.waitForEmpty', () => {
  it('waits for no resume where the last completion paused and nothing is left', async () => {
    const { clock, finisher } = setup();
    finisher.start();
    finisher.queue(() => finisher.pause());
    const empty = finisher.waitForEmpty();
    await clock.settle();
    await empty;
    expect(finisher.paused).toBe(true);
  });

  it('waits for no resume where it was paused while the last promise was pending', async () => {
    const { clock, finisher } = setup();
    finisher.start();
    let settle!: () => void;
    finisher.queue(() => new Promise<void>((resolve) => (settle = resolve)));
    await clock.settle();
    let told = false;
    const empty = finisher.waitForEmpty().then(() => (told = true));
    finisher.pause();
    await clock.settle();
    expect(told).toBe(false);
    settle();
    await clock.settle();
    await empty;
  });

  it('resolves at once where nothing waits', async () => {
    const { finisher } = setup();
    await finisher.waitForEmpty();
  });

  it('waits for entries that entries queue', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(() => void finisher.queue(() => void finisher.queue(note('third'))));
    const empty = finisher.waitForEmpty().then(() => log.push('empty'));
    clock.runDeferred();
    await empty;
    expect(log).toEqual(['third', 'empty']);
  });

  it('waits for a paused finisher to be resumed', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.pause();
    finisher.queue(note('a'));
    const empty = finisher.waitForEmpty().then(() => log.push('empty'));
    await clock.advanceAsync(1000);
    expect(log).toEqual([]);
    finisher.resume();
    clock.runDeferred();
    await empty;
    expect(log).toEqual(['a', 'empty']);
  });

  it('asked from the last completion, waits until that has returned', async () => {
    const { clock, finisher, log } = setup();
    finisher.start();
    finisher.queue(() => {
      void finisher.waitForEmpty().then(() => log.push('empty'));
      log.push('running');
    });
    await clock.settle();
    expect(log).toEqual(['running', 'empty']);
  });

  it('resolves when the last entry is withdrawn', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.pause();
    const controller = new AbortController();
    finisher.queue(note('a'), 0, { signal: controller.signal });
    const empty = finisher.waitForEmpty().then(() => log.push('empty'));
    controller.abort();
    await clock.settle();
    await empty;
    expect(log).toEqual([`a:-${ECANCELED}`, 'empty']);
  });
});

describe('Finisher errors', () => {
  it('reports what a completion throws once and goes on', () => {
    const { clock, finisher, log, note, errors } = setup();
    finisher.start();
    const error = new Error('mine');
    finisher.queue(() => {
      throw error;
    });
    finisher.queue(note('b'));
    clock.runDeferred();
    expect(errors).toEqual([error]);
    expect(log).toEqual(['b']);
  });

  it('hands errors to onError where there is one', () => {
    const seen: unknown[] = [];
    const { clock, finisher, errors } = setup({ onError: (error) => seen.push(error) });
    finisher.start();
    finisher.queue(() => {
      throw 'first';
    });
    clock.runDeferred();
    expect(seen).toEqual(['first']);
    expect(errors).toEqual([]);
  });

  it('survives an onError that throws', () => {
    const { clock, finisher, log, note, errors } = setup({
      onError: () => {
        throw 'second';
      },
    });
    finisher.start();
    finisher.queue(() => {
      throw 'first';
    });
    finisher.queue(note('b'));
    clock.runDeferred();
    expect(errors).toEqual(['second']);
    expect(log).toEqual(['b']);
  });

  it('reports what completions reject with that are withdrawn or dropped', async () => {
    const { finisher, errors } = setup({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) });
    const controller = new AbortController();
    finisher.queue(() => Promise.reject('withdrawn'), 0, { signal: controller.signal });
    finisher.queue(() => Promise.reject('dropped'));
    controller.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual(['dropped', 'withdrawn']);
  });

  it('tells of overflows and errors on their channels', () => {
    const { clock, finisher } = setup({ onError: () => undefined, limits: limits({ capacity: 1, overflow: 'drop-newest' }) });
    const seen: unknown[] = [];
    const hear = (message: unknown, name: string | symbol): void => {
      const { finisher: which, error } = message as { finisher: Finisher; error: unknown };
      if (which === finisher) seen.push([name, error]);
    };
    const channels = ['overflow', 'error'].map((event) => `cephts:finisher:${event}`);
    for (const channel of channels) subscribe(channel, hear);
    finisher.queue(() => {
      throw 'thrown';
    });
    finisher.queue(() => undefined);
    finisher.start();
    clock.runDeferred();
    for (const channel of channels) unsubscribe(channel, hear);
    expect(seen).toEqual([
      ['cephts:finisher:overflow', undefined],
      ['cephts:finisher:error', 'thrown'],
    ]);
  });

  it('names a wrong option', () => {
    const { cct } = setup();
    expect(() => new Finisher(cct, { capacity: 1 } as object)).toThrow('Expected `capacity` to be an option of Finisher');
    expect(() => new Finisher(cct, { sliceMs: 'x' as unknown as number })).toThrow('Expected `sliceMs`');
    expect(() => new Finisher(cct, { nope: 1 } as object)).toThrow('Expected `nope` to be an option of Finisher');
  });
});

describe('Finisher with promises', () => {
  it('lets the next completion wait for the promise of the one before', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    let release!: () => void;
    finisher.queue(() => new Promise<void>((resolve) => (release = resolve)).then(() => void log.push('async done')));
    finisher.queue(note('b'));
    await clock.settle();
    expect(log).toEqual([]);
    release();
    await clock.settle();
    expect(log).toEqual(['async done', 'b']);
  });

  it('reports a rejection once and goes on', async () => {
    const { clock, finisher, log, note, errors } = setup();
    finisher.start();
    finisher.queue(async () => {
      await Promise.resolve();
      throw 'rejected';
    });
    finisher.queue(note('b'));
    await clock.settle();
    expect(errors).toEqual(['rejected']);
    expect(log).toEqual(['b']);
  });

  it('waits for no object whose then is no function', async () => {
    const { clock, finisher, log, note, errors } = setup();
    finisher.start();
    finisher.queue(() => ({ then: {} }));
    finisher.queue(note('b'));
    await clock.settle();
    expect([log, errors]).toEqual([['b'], []]);
  });

  it('goes on after a promise of strange make', async () => {
    const strange = (key: string, by: PropertyDescriptor): Promise<void> => Object.defineProperty(Promise.resolve(), key, by);
    const { clock, finisher, log, note, errors } = setup();
    finisher.start();
    finisher.queue(() =>
      strange('constructor', {
        get() {
          throw 'by constructor';
        },
      }),
    );
    finisher.queue(note('b'));
    finisher.queue(() => strange('then', { value: () => log.push('then') }));
    finisher.queue(note('c'));
    await clock.settle();
    expect(log.filter((entry) => entry !== 'then')).toEqual(['b', 'c']);
    expect(errors).toEqual(['by constructor']);
  });

  it('goes on after a then that throws', async () => {
    const { clock, finisher, log, note, errors } = setup();
    finisher.start();
    finisher.queue(() => ({
      then() {
        throw 'by then';
      },
    }));
    finisher.queue(note('b'));
    await clock.settle();
    expect([log, errors]).toEqual([['b'], ['by then']]);
  });

  it('waits for the promise of a Context whose finish is async', async () => {
    const { clock, finisher, log, note } = setup();
    class Slow extends Context {
      override async finish(): Promise<void> {
        await Promise.resolve();
        log.push('slow');
      }
    }
    finisher.start();
    finisher.queue(new Slow());
    finisher.queue(note('b'));
    const empty = finisher.waitForEmpty().then(() => log.push('empty'));
    await clock.settle();
    await empty;
    expect(log).toEqual(['slow', 'b', 'empty']);
  });
});

describe('Finisher pause', () => {
  it('stops after the running completion and goes on at resume', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue((r) => {
      note('a')(r);
      finisher.pause();
    });
    finisher.queue(note('b'));
    clock.runDeferred();
    expect(log).toEqual(['a']);
    expect(finisher.paused).toBe(true);
    finisher.resume();
    clock.runDeferred();
    expect(log).toEqual(['a', 'b']);
  });
});

describe('Finisher ends', () => {
  it('close completes everything, then takes nothing more', async () => {
    const { clock, cct, finisher, log, note } = setup({ name: 'x' });
    finisher.queue(note('a'), -3);
    finisher.pause();
    const closed = finisher.close();
    await clock.settle();
    await closed;
    expect(log).toEqual(['a:-3']);
    expect(finisher.closed).toBe(true);
    expect(() => finisher.queue(note('b'))).toThrow(expect.objectContaining({ code: 'ERR_CEPH_CLOSED' }));
    expect(() => finisher.start()).toThrow(expect.objectContaining({ code: 'ERR_CEPH_CLOSED' }));
    expect(cct.perf.list()).toEqual([]);
    await finisher.close();
  });

  it('close still takes what the remaining completions queue', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(() => void finisher.queue(note('chained')));
    const closed = finisher.close();
    await clock.settle();
    await closed;
    expect(log).toEqual(['chained']);
  });

  it('close takes what a completion queues after it awaited something', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(async () => {
      await Promise.resolve();
      finisher.queue(note('queued late'));
      new C_OnFinisher(note('handed over'), finisher).complete(-2);
    });
    clock.runDeferred();
    const closed = finisher.close();
    expect(finisher.accepts).toBe(true);
    await clock.settle();
    await closed;
    expect(finisher.accepts).toBe(false);
    expect(log).toEqual(['queued late', 'handed over:-2']);
  });

  it('destroy gives ECANCELED where the errno of the error is none', async () => {
    for (const error of [{ errno: 0 }, { errno: 'ENOTFOUND' }, { errno: NaN }, 5, null]) {
      const { clock, finisher, log, note } = setup();
      finisher.queue(note('a'));
      const gone = finisher.destroy(error);
      await clock.settle();
      await gone;
      expect(log).toEqual([`a:-${ECANCELED}`]);
    }
  });

  it('destroy completes all that waits with the errno of the error', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(note('a'));
    finisher.queue(note('b'), 5);
    const gone = finisher.destroy(new CephError('ERR_CEPH_ESHUTDOWN', 'over', { errno: ERRNO.ESHUTDOWN }));
    await clock.settle();
    await gone;
    expect(log).toEqual([`a:-${ERRNO.ESHUTDOWN}`, `b:-${ERRNO.ESHUTDOWN}`]);
  });

  it('destroy gives ECANCELED where the error has no errno, and waits for no promise', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(() => new Promise<void>(() => undefined));
    finisher.queue(note('b'));
    await clock.settle();
    const gone = finisher.destroy(new Error('over'));
    await clock.settle();
    await gone;
    expect(log).toEqual([`b:-${ECANCELED}`]);
  });

  it('destroy waits for no completion that calls it, and may be awaited there; for those it tells, it does', async () => {
    const { clock, finisher, log, errors } = setup();
    finisher.start();
    finisher.queue(async () => {
      await finisher.destroy();
      log.push('destroyed');
      throw 'rejected';
    });
    finisher.queue(async (r) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
      log.push(r);
    });
    await clock.settle();
    expect([log, finisher.length]).toEqual([[], 0]);
    await clock.advanceAsync(10);
    expect([log, errors, finisher.started]).toEqual([[-ECANCELED, 'destroyed'], ['rejected'], false]);
  });

  it('destroy hurries a close that is under way', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(() => new Promise<void>(() => undefined));
    finisher.queue(note('b'));
    const closed = finisher.close();
    await clock.settle();
    expect(log).toEqual([]);
    void finisher.destroy();
    await clock.settle();
    await closed;
    expect(log).toEqual([`b:-${ECANCELED}`]);
  });

  it('is disposed of by closing', async () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.queue(note('a'));
    const disposed = finisher[Symbol.asyncDispose]();
    await clock.settle();
    await disposed;
    expect(log).toEqual(['a']);
    expect(finisher.closed).toBe(true);
  });
});

describe('Finisher with signals', () => {
  it('withdraws one entry at once and tells its completion', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    const controller = new AbortController();
    finisher.queue(note('a'));
    finisher.queue(note('b'), 3, { signal: controller.signal });
    finisher.queue(note('c'));
    controller.abort();
    expect(log).toEqual([`b:-${ECANCELED}`]);
    expect(finisher.length).toBe(2);
    clock.runDeferred();
    expect(log).toEqual([`b:-${ECANCELED}`, 'a', 'c']);
    expect(finisher.length).toBe(0);
  });

  it('takes nothing with a signal that has aborted', () => {
    const { finisher, log, note } = setup();
    expect(finisher.queue(note('a'), 0, { signal: AbortSignal.abort() })).toBe(false);
    expect(log).toEqual([`a:-${ECANCELED}`]);
    expect(finisher.length).toBe(0);
  });

  it('ignores an abort after the entry ran', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    const controller = new AbortController();
    finisher.queue(note('a'), 0, { signal: controller.signal });
    clock.runDeferred();
    controller.abort();
    expect(log).toEqual(['a']);
  });

  it('hears a signal shared by many entries with one listener, and lets go of it', () => {
    const { clock, finisher } = setup();
    let listeners = 0;
    const signal = { aborted: false, addEventListener: () => void listeners++, removeEventListener: () => void listeners-- };
    finisher.start();
    for (let i = 0; i < 1000; i++) finisher.queue(() => undefined, 0, { signal });
    expect(listeners).toBe(1);
    clock.runDeferred();
    expect(listeners).toBe(0);
  });

  it('keeps nothing of what was withdrawn', async () => {
    const { clock, finisher, log, note } = setup();
    const kept: WeakRef<object>[] = [];
    const withdrawn = (): void => {
      const controller = new AbortController();
      const completion = (): void => undefined;
      kept.push(new WeakRef(completion), new WeakRef(controller.signal));
      finisher.queue(completion, 0, { signal: controller.signal });
      controller.abort();
    };
    finisher.queue(note('a'));
    finisher.queue(note('b'));
    // its place stays, since more entries wait than places are empty
    withdrawn();
    expect(finisher.length).toBe(2);
    await collectGarbage();
    expect(kept.map((one) => one.deref())).toEqual([undefined, undefined]);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['a', 'b']);
  });

  it('keeps the order of results when it closes the gaps of withdrawn entries', () => {
    const { clock, finisher, log, note } = setup();
    const controller = new AbortController();
    for (let i = 0; i < 9; i++) finisher.queue(note(i), i % 3, i % 4 === 0 ? {} : { signal: controller.signal });
    controller.abort();
    expect(finisher.length).toBe(3);
    log.length = 0;
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual([0, '4:1', '8:2']);
  });

  it('does not grow while paused by what comes and is withdrawn', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    finisher.pause();
    finisher.queue(note('first'), 9);
    for (let i = 0; i < 5000; i++) {
      const controller = new AbortController();
      finisher.queue(() => undefined, i % 2, { signal: controller.signal });
      controller.abort();
    }
    finisher.queue(note('last'));
    expect(finisher.length).toBe(2);
    finisher.resume();
    clock.runDeferred();
    expect(log).toEqual(['first:9', 'last']);
    expect(finisher.length).toBe(0);
  });
});

describe('Finisher with bounds', () => {
  it('throws ERR_CEPH_FULL under the policy throw', () => {
    const { finisher, log, note } = setup({ limits: limits({ capacity: 2 }) });
    finisher.queue(note('a'));
    finisher.queue(note('b'));
    expect(() => finisher.queue(note('c'))).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
    expect(finisher.length).toBe(2);
    expect(log).toEqual([]);
  });

  it('takes no entry of a list twice that one of them queues again when it is dropped', async () => {
    const { clock, finisher, log, note } = setup({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) });
    const list: ((r: number) => void)[] = [];
    const again = (r: number): void => {
      log.push(`again:${r}`);
      if (log.length === 1) {
        list.push(note('late'));
        finisher.queue(list);
      }
    };
    list.push(note('a'), again, note('c'));
    expect(finisher.queue(list)).toBe(false);
    finisher.start();
    await clock.settle();
    expect(log).toEqual([`again:-${EAGAIN}`, `late:-${EAGAIN}`, `c:-${EAGAIN}`, 'a']);
    expect(list).toEqual([]);
  });

  it('leaves in a list what it did not take', () => {
    const { clock, finisher, log, note } = setup({ limits: limits({ capacity: 2 }) });
    const list = [note('a'), note('b'), note('c'), note('d')];
    expect(() => finisher.queue(list)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
    expect(list).toHaveLength(2);
    finisher.start();
    clock.runDeferred();
    for (const context of list) context(0);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it('drops the newest with -EAGAIN under drop-newest', () => {
    const { clock, finisher, log, note } = setup({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) });
    expect(finisher.queue(note('a'))).toBe(true);
    expect(finisher.queue(note('b'))).toBe(false);
    expect(log).toEqual([`b:-${EAGAIN}`]);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual([`b:-${EAGAIN}`, 'a']);
  });

  it('drops the oldest with -EAGAIN under drop-oldest', () => {
    const { clock, finisher, log, note } = setup({ limits: limits({ capacity: 2, overflow: 'drop-oldest' }) });
    for (const name of ['a', 'b', 'c']) expect(finisher.queue(note(name), 1)).toBe(true);
    expect(log).toEqual([`a:-${EAGAIN}`]);
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual([`a:-${EAGAIN}`, 'b:1', 'c:1']);
  });

  it('counts costs, and takes what costs more than the capacity when nothing waits', () => {
    const { clock, finisher, log, note } = setup({ limits: limits({ capacityCost: 10, overflow: 'drop-newest' }) });
    finisher.start();
    expect(finisher.queue(note('huge'), 0, { cost: 50 })).toBe(true);
    expect(finisher.cost).toBe(50);
    expect(finisher.queue(note('no'))).toBe(false);
    clock.runDeferred();
    expect(finisher.cost).toBe(0);
    expect(finisher.queue(note('four'), 0, { cost: 4 })).toBe(true);
    expect(finisher.queue(note('six'), 0, { cost: 6 })).toBe(true);
    expect(finisher.queue(note('one'))).toBe(false);
    clock.runDeferred();
    expect(log).toEqual([`no:-${EAGAIN}`, 'huge', `one:-${EAGAIN}`, 'four', 'six']);
  });

  it('tells of the high mark once, and of the low one once it has sunk', () => {
    const marks: string[] = [];
    const { clock, finisher } = setup({
      limits: limits({
        highWater: 3,
        lowWater: 1,
        onHighWater: () => marks.push('high'),
        onLowWater: () => marks.push('low'),
      }),
    });
    finisher.start();
    for (let i = 0; i < 5; i++) finisher.queue(() => void marks.push('run'));
    expect(marks).toEqual(['high']);
    clock.runDeferred();
    expect(marks).toEqual(['high', 'run', 'run', 'run', 'low', 'run', 'run']);
  });

  it('tells of the marks in cost', () => {
    const marks: string[] = [];
    const { clock, finisher } = setup({
      limits: limits({
        highWaterCost: 10,
        lowWaterCost: 2,
        onHighWater: () => marks.push('high'),
        onLowWater: () => marks.push('low'),
      }),
    });
    finisher.start();
    for (const cost of [8, 4, 1]) finisher.queue(() => void marks.push(`run ${cost}`), 0, { cost });
    clock.runDeferred();
    expect(marks).toEqual(['high', 'run 8', 'low', 'run 4', 'run 1']);
  });

  it('has an entry in its place before it tells of the high mark, so that whoever hears of it may withdraw it, or queue more', () => {
    const controller = new AbortController();
    const { clock, finisher, log, note } = setup({
      limits: limits({
        highWater: 2,
        onHighWater: () => {
          log.push(`high ${finisher.length}`);
          finisher.queue(note('more'));
          controller.abort();
        },
      }),
    });
    finisher.queue(note('a'));
    finisher.queue(note('b'), 0, { signal: controller.signal });
    expect(log.splice(0)).toEqual(['high 2', `b:-${ECANCELED}`]);
    expect([finisher.length, finisher.cost]).toEqual([2, 2]);
    finisher.queue(note('c'));
    finisher.start();
    clock.runDeferred();
    expect(log).toEqual(['a', 'more', 'c']);
    expect(finisher.cost).toBe(0);
  });

  it('takes nothing that was withdrawn, or whose finisher was closed, by what was dropped for it', async () => {
    const bounds = { limits: limits({ capacity: 1, overflow: 'drop-oldest' }) };
    const controller = new AbortController();
    const aborted = setup(bounds);
    aborted.finisher.queue(() => controller.abort());
    expect(aborted.finisher.queue(aborted.note('b'), 0, { signal: controller.signal })).toBe(false);
    expect(aborted.log).toEqual([`b:-${ECANCELED}`]);
    expect([aborted.finisher.length, aborted.finisher.cost]).toEqual([0, 0]);
    const ended = setup(bounds);
    let gone: Promise<void> | undefined;
    ended.finisher.queue(() => void (gone = ended.finisher.close()));
    expect(() => ended.finisher.queue(ended.note('b'))).toThrow(expect.objectContaining({ code: 'ERR_CEPH_CLOSED' }));
    await ended.clock.settle();
    await gone;
    expect([ended.finisher.length, ended.finisher.cost, ended.log]).toEqual([0, 0, []]);
  });

  it('counts nothing of an entry whose signal is none', () => {
    const { finisher } = setup({ limits: limits({ capacity: 2 }) });
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => finisher.queue(() => undefined, 0, { signal })).toThrow(TypeError);
    expect([finisher.length, finisher.cost]).toEqual([0, 0]);
  });

  it('refuses a capacity of 0', () => {
    expect(() => setup({ limits: limits({ capacity: 0 }) })).toThrow(expect.objectContaining({ code: 'ERR_CEPH_INVALID_OPTION' }));
  });

  it('refuses a cost that is none before it drops anything for it', () => {
    for (const overflow of ['throw', 'drop-newest', 'drop-oldest'] as const) {
      const { finisher, log, note } = setup({ limits: limits({ capacity: 1, overflow }) });
      finisher.queue(note('a'));
      expect(() => finisher.queue(note('b'), 0, { cost: NaN })).toThrow('Expected `cost` to be a number of at least 0, got `NaN`');
      expect([log, finisher.length, finisher.cost]).toEqual([[], 1, 1]);
    }
  });

  it('gives the room of a withdrawn entry back', () => {
    const { finisher, note } = setup({ limits: limits({ capacity: 1 }) });
    const controller = new AbortController();
    finisher.queue(note('a'), 0, { signal: controller.signal });
    controller.abort();
    expect(finisher.queue(note('b'))).toBe(true);
    expect(finisher.length).toBe(1);
  });
});

describe('Finisher counters', () => {
  it('registers queue_len and complete_latency under its name', () => {
    const { clock, cct, finisher, note } = setup({ name: 'MDSRank', latencyHistogram: true });
    finisher.queue(note('a'));
    finisher.queue(note('b'));
    expect(cct.perf.dump()).toMatchObject({ 'finisher-MDSRank': { queue_len: 2, complete_latency: { avgcount: 0 } } });
    finisher.start();
    clock.runDeferred();
    expect(cct.perf.dump()).toMatchObject({
      'finisher-MDSRank': { queue_len: 0, complete_latency: { avgcount: 1 }, complete_latency_histogram: { count: 1 } },
    });
  });
});

describe('C_OnFinisher', () => {
  it('queues its context with the result', () => {
    const { clock, finisher, log, note } = setup();
    finisher.start();
    new C_OnFinisher(note('a'), finisher).complete(-7);
    expect(log).toEqual([]);
    clock.runDeferred();
    expect(log).toEqual(['a:-7']);
  });

  it('is taken where the finisher is full, whatever the policy', () => {
    for (const overflow of ['throw', 'drop-newest', 'drop-oldest'] as const) {
      const { clock, finisher, log, note } = setup({ limits: limits({ capacity: 1, overflow }) });
      finisher.queue(note('a'));
      new C_OnFinisher(note('b'), finisher).complete(5);
      finisher.start();
      clock.runDeferred();
      expect(log).toEqual(['a', 'b:5']);
    }
  });

  it('completes its context at once where the finisher is closed', async () => {
    const { finisher, log, note } = setup();
    await finisher.close();
    new C_OnFinisher(note('a'), finisher).complete(0);
    expect(log).toEqual([`a:-${ECANCELED}`]);
  });

  it('works with a gather and an awaitable condition', async () => {
    const { clock, finisher } = setup();
    finisher.start();
    const done = new C_SaferCond();
    const gather = new GatherBuilder(new C_OnFinisher(done, finisher));
    const subs = [gather.newSub(), gather.newSub()];
    gather.activate();
    finisher.queue(subs[0] as Context, -2);
    finisher.queue(subs[1] as Context);
    await clock.settle();
    expect(done.result).toBe(-2);
    await expect(done.wait()).resolves.toBe(-2);
  });
});

/** Collects garbage, though nobody started Node with --expose-gc. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // other tests run in this process
  setFlagsFromString('--no-expose-gc');
  // a WeakRef that was made or read holds on until the job is over
  await new Promise((resolve) => setImmediate(resolve));
  gc();
}
