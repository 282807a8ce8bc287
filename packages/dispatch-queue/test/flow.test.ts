import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { CephContext, Throttle, VirtualClock } from '@cephts/common';
import type { AbortSignalLike } from '@cephts/common';
import { DispatchQueue, limits, PRIORITY } from '../src/index.js';
import { makeKit, message, taken } from './kit.js';
import type { Kit, TestMessage } from './kit.js';

const { LOW, DEFAULT, HIGH, HIGHEST } = PRIORITY;

describe('DispatchQueue: pause and idle', () => {
  it('delivers nothing while paused, neither codes nor local messages, and all of it after', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.pause();
    kit.queue.enqueue(message('a'));
    kit.queue.queueConnect('con');
    kit.queue.localDelivery(message('local'));
    kit.run();
    expect([kit.queue.paused, kit.queue.length, kit.queue.localLength, kit.log.length]).toEqual([true, 2, 1, 0]);
    kit.queue.resume();
    kit.run();
    expect(kit.log).toEqual(['connect con', 'deliver a', 'deliver local']);
  });

  it('can be paused by a delivery, the next one waiting', () => {
    const kit = makeKit({}, { deliver: (m) => void (kit.log.push(m.name), kit.queue.pause()) });
    kit.queue.start();
    kit.queue.enqueue(message('a'));
    kit.queue.enqueue(message('b'));
    kit.run();
    expect(taken(kit)).toEqual(['a']);
    kit.queue.resume();
    kit.run();
    expect(kit.log).toEqual(['b']);
  });

  it('is empty at once where nothing waits, and otherwise when the last delivery has returned', async () => {
    const kit = makeKit();
    await kit.queue.waitForEmpty();
    expect(kit.queue.idle).toBe(true);
    const seen: string[] = [];
    const busy = makeKit(
      {},
      {
        deliver(m) {
          if (m.name === 'a') busy.queue.enqueue(message('b'));
          void busy.queue.waitForEmpty().then(() => seen.push(`empty, asked in ${m.name}`));
          seen.push(`${m.name} ${busy.queue.idle}`);
        },
      },
    );
    busy.queue.start();
    busy.queue.enqueue(message('a'));
    const empty = busy.queue.waitForEmpty().then(() => seen.push('empty'));
    busy.run();
    await empty;
    await Promise.resolve();
    expect(seen).toEqual(['a false', 'b false', 'empty', 'empty, asked in a', 'empty, asked in b']);
  });

  it('becomes empty by withdrawal and discarding too', async () => {
    const kit = makeKit();
    const controller = new AbortController();
    kit.queue.enqueue(message('a'), DEFAULT, 1, { signal: controller.signal });
    kit.queue.enqueue(message('b'), DEFAULT, 2);
    const empty = kit.queue.waitForEmpty();
    controller.abort();
    kit.queue.discardQueue(2);
    await empty;
    expect(kit.queue.idle).toBe(true);
  });

  it('is not empty while paused with something queued', async () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.pause();
    await kit.queue.waitForEmpty();
    kit.queue.enqueue(message('a'));
    let empty = false;
    const waiting = kit.queue.waitForEmpty().then(() => (empty = true));
    kit.run();
    await Promise.resolve();
    expect(empty).toBe(false);
    kit.queue.resume();
    kit.run();
    await waiting;
  });

  it('works for one slice at a time, so that I/O has its turn under a flood', () => {
    const kit = makeKit({ sliceMs: 5 }, { deliver: () => kit.clock.advance(1) as undefined });
    kit.queue.start();
    kit.clock.runDeferred();
    for (let i = 0; i < 100; i++) kit.queue.enqueue(message('a'));
    kit.run();
    const [dispatch] = kit.cct.threads.list();
    expect(kit.queue.length).toBe(0);
    expect(dispatch!.slices).toBeGreaterThanOrEqual(20);
    expect(dispatch!.maxSliceMs).toBeLessThanOrEqual(6);
  });
});

describe('DispatchQueue: deliveries that take time', () => {
  it('waits for the promise of one delivery before the next, and gives the bytes back then', async () => {
    let finish!: () => void;
    const kit = makeKit(
      {},
      {
        deliver: (m) => {
          kit.log.push(m.name);
          return m.name === 'slow' ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
        },
      },
    );
    kit.queue.start();
    kit.throttle.take(10);
    kit.queue.enqueue(message('slow', { dispatchThrottleSize: 10 }));
    kit.queue.enqueue(message('next'));
    kit.run();
    expect([kit.log, kit.queue.idle, kit.throttle.count]).toEqual([['slow'], false, 10]);
    finish();
    await kit.clock.settle();
    expect([kit.log, kit.queue.idle, kit.throttle.count]).toEqual([['slow', 'next'], true, 0]);
  });

  it('goes on after a promise that cannot be listened to', () => {
    const strange = Promise.resolve();
    Object.defineProperty(strange, 'constructor', {
      get() {
        throw 'by constructor';
      },
    });
    const kit = makeKit({}, { deliver: (m) => (m.name === 'a' ? strange : kit.log.push(`deliver ${m.name}`)) });
    kit.throttle.take(10);
    kit.queue.start();
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }));
    kit.queue.enqueue(message('b'));
    kit.run();
    expect(taken(kit)).toEqual(['deliver b']);
    expect(kit.errors.map(({ error }) => error)).toEqual(['by constructor']);
    expect([kit.throttle.count, kit.queue.idle]).toEqual([0, true]);
  });

  it('waits for the promise of a code’s handler, too', async () => {
    let finish!: () => void;
    const kit = makeKit({}, { handleReset: () => new Promise<void>((resolve) => (finish = resolve)) });
    kit.queue.start();
    kit.queue.queueReset('con');
    kit.queue.enqueue(message('a'));
    kit.run();
    expect([taken(kit), kit.queue.idle]).toEqual([[], false]);
    finish();
    await kit.clock.settle();
    expect([taken(kit), kit.queue.idle]).toEqual([['deliver a'], true]);
  });

  /** A queue whose first delivery takes until `finish` is called; it has ended when `ended` says so. */
  const slowKit = (): Kit & { finish: () => void; ended: () => boolean } => {
    let finish!: () => void;
    let ended = false;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    const kit = makeKit(
      {},
      { deliver: () => slow, discard: (m, { cause }) => void kit.log.push(`discard ${m.name} ${String(cause)}`) },
    );
    kit.throttle.take(10);
    kit.queue.start();
    kit.queue.enqueue(message('slow', { dispatchThrottleSize: 10 }));
    kit.run();
    kit.queue.enqueue(message('a'));
    kit.queue.queueReset('con');
    kit.queue.localDelivery(message('local'));
    void kit.queue.wait().then(() => (ended = true));
    return { ...kit, finish, ended: () => ended };
  };

  it('on shutdown waits for it before it delivers the codes and ends', async () => {
    const kit = slowKit();
    kit.queue.shutdown();
    await kit.clock.settle();
    expect([taken(kit), kit.ended(), kit.queue.idle]).toEqual([['discard local undefined'], false, false]);
    kit.finish();
    await kit.clock.settle();
    expect([taken(kit), kit.ended()]).toEqual([['reset con', 'discard a undefined'], true]);
  });

  it('when destroyed waits for no promise: settles what is pending at once, and ends', async () => {
    for (const before of ['nothing', 'close', 'shutdown'] as const) {
      const kit = slowKit();
      const empty = kit.queue.waitForEmpty();
      if (before !== 'nothing') void kit.queue[before]();
      void kit.queue.destroy('why');
      kit.run();
      await empty;
      await kit.queue.wait();
      expect(taken(kit)).toEqual(['reset con', 'discard a why', 'discard local why']);
      expect([kit.queue.idle, kit.queue.started, kit.throttle.count]).toEqual([true, false, 10]);
      // what ran on still gives its bytes back
      kit.finish();
      await kit.clock.settle();
      expect([kit.throttle.count, kit.errors]).toEqual([0, []]);
    }
  });

  it('can be destroyed by a delivery that waits for the end', async () => {
    const kit = makeKit({}, { deliver: () => kit.queue.destroy() });
    kit.queue.enqueue(message('a'));
    kit.queue.enqueue(message('b'));
    kit.queue.start();
    await kit.clock.settle();
    await kit.queue.wait();
    expect(taken(kit)).toEqual(['discard b ERR_CEPH_ABORTED']);
  });
});

describe('DispatchQueue: errors', () => {
  it('reports what a handler throws or rejects with, once, with what it was handed, and goes on', async () => {
    const boom = new Error('boom');
    const bang = new Error('bang');
    const fail = (): never => {
      throw boom;
    };
    const kit = makeKit(
      {},
      {
        deliver: (m) => (m.name === 'rejects' ? Promise.reject(bang) : m.name === 'throws' ? fail() : void kit.log.push(m.name)),
        handleReset: fail,
        discard: fail,
      },
    );
    kit.queue.start();
    const [throws, rejects] = [message('throws'), message('rejects')];
    kit.queue.enqueue(throws);
    kit.queue.enqueue(rejects);
    kit.queue.queueReset('con');
    kit.queue.enqueue(message('fine'));
    const gone = message('gone');
    kit.queue.enqueue(gone, DEFAULT, 9);
    kit.queue.discardQueue(9);
    await kit.clock.settle();
    expect(kit.log).toEqual(['fine']);
    expect(kit.errors).toEqual([
      { error: boom, entry: gone },
      { error: boom, entry: 'con' },
      { error: boom, entry: throws },
      { error: bang, entry: rejects },
    ]);
  });

  it('refuses a message that cannot be queued at once, one to oneself too, and takes and drops nothing', () => {
    const invalid = expect.objectContaining({ code: 'ERR_CEPH_INVALID_ARGUMENT' });
    const refused: Partial<TestMessage>[] = [600, 512, 3.5, NaN, -1].map((priority) => ({ priority }));
    refused.push({ cost: NaN }, { cost: -1 }, { priority: 7 });
    const kit = makeKit({
      policy: 'weighted',
      weight: (p) => (p === 7 ? 0 : 1),
      limits: limits({ capacity: 1, overflow: 'drop-oldest' }),
    });
    kit.queue.start();
    kit.queue.enqueue(message('waits'));
    for (const bad of refused) {
      expect(() => kit.queue.localDelivery(message('bad', bad))).toThrow(invalid);
      expect(() => kit.queue.enqueue(message('bad', bad))).toThrow(invalid);
    }
    expect(kit.queue.localLength).toBe(0);
    kit.run();
    expect([kit.queue.localDelivery(message('b')), kit.queue.cost]).toEqual([true, 0]);
    kit.run();
    expect(kit.log).toEqual(['deliver waits', 'deliver b']);
    expect(kit.errors).toEqual([]);
  });

  it('dispatches a message whose throttle bytes cannot be read, past the queue too, and reports why', () => {
    const boom = new Error('boom');
    const takeThrottleSize = (): never => {
      throw boom;
    };
    const kit = makeKit(
      { limits: limits({ capacity: 1 }), accessors: { takeThrottleSize } },
      { canFastDispatch: (m) => m.name === 'fast', fastDispatch: (m) => void kit.log.push(`fast ${m.name}`) },
    );
    kit.queue.start();
    for (const name of ['fast', 'a', 'fast']) {
      kit.queue.localDelivery(message(name));
      kit.run();
    }
    kit.queue.fastDispatch(message('at once'));
    expect(kit.log).toEqual(['fast fast', 'deliver a', 'fast fast', 'fast at once']);
    expect(kit.errors.map(({ error }) => error)).toEqual([boom, boom, boom, boom]);
  });

  it('reports what any handler rejects with', async () => {
    const fail = (m: unknown): Promise<never> => Promise.reject(new Error(`bad ${(m as TestMessage).name ?? String(m)}`));
    const kit = makeKit({}, { handleConnect: fail, fastDispatch: fail, discard: fail });
    kit.queue.start();
    kit.queue.queueConnect('con');
    kit.queue.fastDispatch(message('fast'));
    kit.queue.enqueue(message('gone'), DEFAULT, 9);
    kit.queue.discardQueue(9);
    await kit.clock.settle();
    expect(kit.errors.map(({ error }) => (error as Error).message).sort()).toEqual(['bad con', 'bad fast', 'bad gone']);
  });

  it('goes on where the context throws what it is told of, and gives the bytes back', async () => {
    const uncaught: unknown[] = [];
    const clock = new VirtualClock();
    // what a deferred callback throws is uncaught, and ends no other
    const defer = (callback: () => void): void =>
      clock.defer(() => {
        try {
          callback();
        } catch (error) {
          uncaught.push(error);
        }
      });
    const cct = new CephContext({
      clock: Object.assign(Object.create(clock) as VirtualClock, {
        monotonicNow: () => clock.monotonicNow(),
        defer,
      }),
      onError: (error) => {
        throw error;
      },
    });
    const dispatchThrottler = new Throttle(cct, 'test', 100, false);
    dispatchThrottler.take(20);
    const delivered: string[] = [];
    const fail = (): never => {
      throw new Error('throws');
    };
    const queue = new DispatchQueue<TestMessage>(
      cct,
      {
        deliver({ name }) {
          delivered.push(name);
          if (name === 'throws') fail();
          return name === 'rejects' ? Promise.reject(new Error(name)) : undefined;
        },
      },
      { dispatchThrottler },
    );
    queue.start();
    for (const name of ['throws', 'rejects', 'fine'])
      queue.enqueue(message(name, { dispatchThrottleSize: name === 'fine' ? 0 : 10 }));
    await clock.settle();
    expect(delivered).toEqual(['throws', 'rejects', 'fine']);
    expect([queue.idle, dispatchThrottler.count]).toEqual([true, 0]);
    expect(uncaught.map((error) => (error as Error).message)).toEqual(['throws', 'rejects']);
  });

  it('does the same for the fast path', () => {
    const boom = new Error('boom');
    const fail = (): never => {
      throw boom;
    };
    const kit = makeKit(
      {},
      { fastPreprocess: fail, canFastDispatch: (m) => (m.name === 'cannot' ? fail() : true), fastDispatch: fail },
    );
    kit.queue.start();
    kit.queue.localDelivery(message('cannot'));
    kit.queue.localDelivery(message('can'));
    kit.run();
    expect(kit.log).toEqual(['deliver cannot']);
    expect(kit.errors.map(({ entry }) => (entry as { name: string }).name)).toEqual(['cannot', 'cannot', 'can', 'can']);
  });

  it('reports an accessor that throws while messages are discarded, and discards the others', () => {
    const boom = new Error('boom');
    const takeThrottleSize = ({ name }: { name: string }): number => {
      if (name === 'throws') throw boom;
      return 0;
    };
    const kit = makeKit({ accessors: { takeThrottleSize } }, { discard: (m) => void kit.log.push(m.name) });
    kit.queue.start();
    const throws = message('throws');
    kit.queue.enqueue(throws, DEFAULT, 9);
    kit.queue.enqueue(message('fine'), DEFAULT, 9);
    expect(kit.queue.discardQueue(9)).toBe(2);
    expect(kit.log).toEqual(['throws', 'fine']);
    expect(kit.errors).toEqual([{ error: boom, entry: throws }]);
  });

  it('without onError hands them to the context, which makes them uncaught exceptions', () => {
    const errors: unknown[] = [];
    const cct = new CephContext({ clock: new VirtualClock(), onError: (error, thread) => errors.push(error, thread) });
    const queue = new DispatchQueue<string>(cct, { deliver: (m) => void JSON.parse(m) });
    queue.start();
    queue.enqueue('{');
    (cct.clock as VirtualClock).runDeferred();
    expect(errors).toEqual([expect.any(SyntaxError), 'ms_dispatch']);
  });

  it('hands what onError throws to the context', () => {
    const kit = makeKit(
      {
        onError: () => {
          throw new Error('worse');
        },
      },
      {
        deliver: () => {
          throw new Error('bad');
        },
      },
    );
    kit.queue.start();
    kit.queue.enqueue(message('a'));
    kit.run();
    expect(kit.errors).toMatchObject([{ error: { message: 'worse' }, entry: 'uncaught' }]);
  });
});

describe('DispatchQueue: withdrawing', () => {
  it('withdraws one message at once when its signal aborts, and leaves the others', () => {
    const kit = makeKit();
    kit.queue.start();
    const controller = new AbortController();
    kit.queue.enqueue(message('a'), DEFAULT, 1);
    kit.queue.enqueue(message('b'), DEFAULT, 1, { signal: controller.signal });
    kit.queue.enqueue(message('c'), DEFAULT, 1);
    controller.abort();
    expect(kit.queue.length).toBe(2);
    expect(taken(kit)).toEqual(['discard b ERR_CEPH_ABORTED']);
    kit.run();
    expect(kit.log).toEqual(['deliver a', 'deliver c']);
  });

  it('withdraws a local message, before and after ms_local has passed it on', () => {
    const kit = makeKit();
    const [first, second] = [new AbortController(), new AbortController()];
    kit.queue.localDelivery(message('a'), LOW, { signal: first.signal });
    kit.queue.localDelivery(message('b'), LOW, { signal: second.signal });
    first.abort();
    kit.queue.start();
    kit.queue.enqueue(message('pause'), HIGH);
    kit.run();
    second.abort();
    expect(kit.log).toEqual(['discard a ERR_CEPH_ABORTED', 'deliver pause', 'deliver b']);
    const later = makeKit({}, { deliver: (m) => void (later.log.push(m.name), later.queue.localLength === 0 && second2.abort()) });
    const second2 = new AbortController();
    later.queue.localDelivery(message('c'), LOW, { signal: second2.signal });
    later.queue.enqueue(message('first'), HIGH);
    later.queue.start();
    later.queue.pause();
    later.queue.resume();
    later.run();
    expect(later.queue.idle).toBe(true);
  });

  it('does not take a message whose signal has aborted', () => {
    const kit = makeKit();
    expect(kit.queue.enqueue(message('a'), DEFAULT, 1, { signal: AbortSignal.abort() })).toBe(false);
    expect(kit.log).toEqual(['discard a ERR_CEPH_ABORTED']);
  });

  it('does nothing when a message was delivered before its signal aborts', () => {
    const kit = makeKit();
    const controller = new AbortController();
    kit.queue.start();
    kit.queue.enqueue(message('a'), DEFAULT, 1, { signal: controller.signal });
    kit.run();
    controller.abort();
    expect(kit.log).toEqual(['deliver a']);
  });

  it('tells why, where the signal does', () => {
    let cause: unknown;
    const kit = makeKit({}, { discard: (_m, error) => void (cause = error.cause) });
    const controller = new AbortController();
    kit.queue.enqueue(message('a'), DEFAULT, 1, { signal: controller.signal });
    controller.abort('user left');
    expect(cause).toBe('user left');
  });

  it('listens once to a signal that many messages share', () => {
    const kit = makeKit();
    const listeners = new Set<unknown>();
    const signal: AbortSignalLike = {
      aborted: false,
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    };
    kit.queue.start();
    for (let i = 0; i < 1000; i++) kit.queue.enqueue(message('a'), DEFAULT, i % 3, { signal });
    expect(listeners.size).toBe(1);
    kit.run();
    expect(listeners.size).toBe(0);
  });
});

describe('DispatchQueue: capacity', () => {
  it('throws where there is no room, and the message stays the caller’s', () => {
    const kit = makeKit({ limits: limits({ capacity: 2 }) });
    kit.queue.enqueue(message('a'));
    kit.queue.localDelivery(message('b'));
    const c = message('c', { dispatchThrottleSize: 5 });
    expect(() => kit.queue.enqueue(c)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL', errno: 11 }));
    expect(() => kit.queue.localDelivery(c)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
    expect(c.dispatchThrottleSize).toBe(5);
    kit.queue.start();
    kit.run();
    expect(kit.log).toEqual(['deliver a', 'deliver b']);
    expect(kit.queue.enqueue(c)).toBe(true);
  });

  it('drops the newest where asked', () => {
    const kit = makeKit({ limits: limits({ capacity: 1, overflow: 'drop-newest' }) });
    expect([kit.queue.enqueue(message('a')), kit.queue.enqueue(message('b'), HIGH)]).toEqual([true, false]);
    expect(kit.log).toEqual(['discard b ERR_CEPH_FULL']);
  });

  it('drops what has waited longest of the lowest priority where asked, but nothing for a lower one', () => {
    const kit = makeKit({ limits: limits({ capacity: 3, overflow: 'drop-oldest' }) });
    kit.queue.start();
    kit.queue.enqueue(message('high'), HIGH, 1);
    kit.queue.enqueue(message('low 1'), LOW, 1);
    kit.queue.enqueue(message('low 2'), LOW, 1);
    expect(kit.queue.enqueue(message('low 3'), LOW, 1)).toBe(true);
    expect(kit.queue.enqueue(message('token'), 10, 1)).toBe(false);
    expect(kit.queue.enqueue(message('high 2'), HIGH, 1)).toBe(true);
    expect(kit.queue.enqueue(message('high 3'), HIGH, 1)).toBe(true);
    expect(kit.queue.enqueue(message('low 4'), LOW, 1)).toBe(false);
    expect(taken(kit)).toEqual(['low 1', 'token', 'low 2', 'low 3', 'low 4'].map((name) => `discard ${name} ERR_CEPH_FULL`));
    kit.run();
    expect(kit.log).toEqual(['deliver high', 'deliver high 2', 'deliver high 3']);
  });

  it('never drops a code', () => {
    const kit = makeKit({ limits: limits({ capacity: 1, overflow: 'drop-oldest' }) });
    kit.queue.start();
    kit.queue.queueReset('con');
    expect(kit.queue.enqueue(message('a'), HIGHEST, 1)).toBe(true);
    expect(kit.queue.enqueue(message('b'), HIGHEST, 1)).toBe(false);
    kit.run();
    expect(taken(kit)).toEqual(['discard b ERR_CEPH_FULL', 'reset con', 'deliver a']);
  });

  it('takes no message that was withdrawn, or whose queue was closed, while room was made for it', () => {
    const controller = new AbortController();
    const withdrawn = makeKit({ limits: limits({ capacity: 1, overflow: 'drop-oldest' }) }, { discard: () => controller.abort() });
    withdrawn.queue.start();
    withdrawn.queue.enqueue(message('a'));
    expect(withdrawn.queue.enqueue(message('b'), DEFAULT, 0, { signal: controller.signal })).toBe(false);
    const closed: Kit = makeKit(
      { limits: limits({ capacity: 1, overflow: 'drop-oldest' }) },
      { discard: (m, error) => (closed.log.push(`discard ${m.name} ${error.code}`), void closed.queue.close()) },
    );
    closed.queue.enqueue(message('a'));
    expect(closed.queue.enqueue(message('b'))).toBe(false);
    expect(closed.log).toEqual(['discard a ERR_CEPH_FULL', 'discard b ERR_CEPH_ABORTED']);
    for (const kit of [withdrawn, closed]) {
      kit.run();
      expect([kit.queue.length, kit.queue.cost]).toEqual([0, 0]);
    }
  });

  it('under the weighted policy drops the oldest of the highest priority, too, while codes wait', () => {
    const kit = makeKit({ policy: 'weighted', limits: limits({ capacity: 1, overflow: 'drop-oldest' }) });
    kit.queue.queueReset('con');
    expect([kit.queue.enqueue(message('a'), HIGHEST, 1), kit.queue.enqueue(message('b'), HIGHEST, 1)]).toEqual([true, true]);
    expect(kit.log).toEqual(['discard a ERR_CEPH_FULL']);
  });

  it('counts in cost too, and takes one that is larger than all when nothing else waits', () => {
    const kit = makeKit({ limits: limits({ capacityCost: 100, overflow: 'drop-newest' }) });
    kit.queue.start();
    expect(kit.queue.enqueue(message('huge', { cost: 500 }))).toBe(true);
    expect(kit.queue.enqueue(message('a', { cost: 1 }))).toBe(false);
    kit.run();
    expect(kit.queue.enqueue(message('b', { cost: 60 }))).toBe(true);
    expect(kit.queue.enqueue(message('c', { cost: 40 }))).toBe(true);
    expect(kit.queue.enqueue(message('d', { cost: 1 }))).toBe(false);
  });

  it('does not count codes, nor what was withdrawn or discarded', () => {
    const kit = makeKit({ limits: limits({ capacity: 2, overflow: 'drop-newest' }) });
    const controller = new AbortController();
    for (let i = 0; i < 5; i++) kit.queue.queueConnect('con');
    kit.queue.enqueue(message('a'), DEFAULT, 1, { signal: controller.signal });
    kit.queue.enqueue(message('b'), DEFAULT, 2);
    expect(kit.queue.enqueue(message('c'))).toBe(false);
    controller.abort();
    kit.queue.discardQueue(2);
    expect([kit.queue.enqueue(message('d')), kit.queue.enqueue(message('e')), kit.queue.enqueue(message('f'))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('tells of the high and the low mark, once each time', () => {
    const marks: string[] = [];
    const kit = makeKit({
      limits: limits({
        highWater: 3,
        lowWater: 1,
        onHighWater: () => marks.push('high'),
        onLowWater: () => marks.push(`low ${kit.queue.length}`),
      }),
    });
    kit.queue.start();
    for (let i = 0; i < 5; i++) kit.queue.enqueue(message('a'));
    expect(marks).toEqual(['high']);
    kit.run();
    expect(marks).toEqual(['high', 'low 1']);
    for (let i = 0; i < 3; i++) kit.queue.enqueue(message('a'));
    expect(marks).toEqual(['high', 'low 1', 'high']);
  });

  it('tells of the marks in cost, too', () => {
    const marks: string[] = [];
    const kit = makeKit({
      limits: limits({
        highWaterCost: 100,
        lowWaterCost: 30,
        onHighWater: () => marks.push(`high ${kit.queue.length}`),
        onLowWater: () => marks.push(`low ${kit.queue.length}`),
      }),
    });
    kit.queue.start();
    for (let i = 0; i < 4; i++) kit.queue.enqueue(message('a', { cost: 30 }));
    expect([marks, kit.queue.cost]).toEqual([['high 4'], 120]);
    kit.run();
    expect([marks, kit.queue.cost]).toEqual([['high 4', 'low 1'], 0]);
    kit.queue.enqueue(message('a', { cost: 99 }));
    kit.queue.localDelivery(message('a', { cost: 1 }));
    expect([marks.length, kit.queue.cost]).toEqual([3, 100]);
  });

  it('says what waits costs; how many wait, where no limit asks for costs', () => {
    const kit = makeKit();
    kit.queue.enqueue(message('a', { cost: 30 }));
    kit.queue.localDelivery(message('b', { cost: 30 }));
    expect(kit.queue.cost).toBe(2);
  });

  it('refuses options it does not know or that make no sense', () => {
    const invalid =
      (options: object): (() => unknown) =>
      () =>
        makeKit(options);
    expect(invalid({ capacity: 1 })).toThrow('Expected `capacity` to be an option of DispatchQueue');
    expect(invalid({ policy: 'random' })).toThrow('Expected `policy` to be strict or weighted, got `random` (string)');

    expect(invalid({ priorities: 3 })).toThrow('Expected `priorities` to be an option of DispatchQueue');
    expect(invalid({ onError: 'log' })).toThrow('Expected `onError` to be a function, got `log` (string)');
    expect(invalid({ signal: 'now' })).toThrow('Expected `signal` to be an object, got `now` (string)');
  });

  it('refuses a cost that is no number of at least 0, and a weight that is not above 0', () => {
    const kit = makeKit({ limits: limits({ capacity: 5 }) });
    for (const cost of [-1, NaN, Infinity]) {
      expect(() => kit.queue.enqueue(message('a', { cost }))).toThrow(
        expect.objectContaining({ code: 'ERR_CEPH_INVALID_ARGUMENT' }),
      );
    }
    expect([kit.queue.length, kit.queue.cost]).toEqual([0, 0]);
    const weighted = makeKit({ policy: 'weighted', weight: () => 0 });
    expect(() => weighted.queue.enqueue(message('a'))).toThrow(/Expected a weight above 0, got 0/);
    expect(weighted.queue.length).toBe(0);
  });
});

describe('DispatchQueue: looking in', () => {
  it('delivers in the asynchronous context of the submitter where asked', () => {
    const storage = new AsyncLocalStorage<string>();
    for (const keepAsyncContext of [true, false]) {
      const seen: unknown[] = [];
      const kit = makeKit(
        { keepAsyncContext },
        {
          deliver: () => void seen.push(storage.getStore()),
          canFastDispatch: (m) => m.name === 'fast',
          fastDispatch: () => void seen.push(storage.getStore()),
          handleReset: () => void seen.push(storage.getStore()),
          discard: () => void seen.push(storage.getStore()),
        },
      );
      kit.queue.start();
      storage.run('zero', () => kit.queue.queueReset('con'));
      storage.run('none', () => kit.queue.enqueue(message('gone'), LOW, 9));
      storage.run('runner', () => kit.queue.discardQueue(9));
      storage.run('one', () => kit.queue.enqueue(message('a')));
      storage.run('two', () => kit.queue.localDelivery(message('b')));
      storage.run('three', () => kit.queue.localDelivery(message('fast')));
      storage.run('runner', () => kit.run());
      expect(seen).toEqual(keepAsyncContext ? ['none', 'zero', 'one', 'three', 'two'] : new Array<string>(5).fill('runner'));
    }
  });

  it('counts under the name it was given, and nothing without one', () => {
    const kit = makeKit({ name: 'mds' });
    kit.queue.start();
    kit.clock.advance(100);
    kit.queue.enqueue(message('a', { recvStamp: 90 }), DEFAULT, 1);
    kit.queue.enqueue(message('b'), DEFAULT, 2);
    kit.queue.discardQueue(2);
    const counters = kit.cct.perf.get('dispatch_queue-mds')!;
    expect(counters.dump()).toMatchObject({ queue_len: 1, dispatch_latency: { avgcount: 0 } });
    kit.run();
    expect(counters.dump()).toMatchObject({ queue_len: 0, dispatch_latency: { avgcount: 1, sum: 0.01 } });
    expect(counters.dump()).toMatchObject({ dispatch_latency_histogram: { count: 1, sum: 10 } });
    expect(kit.cct.perf.list().map(({ name }) => name)).toEqual(['dispatch_queue-mds']);
    kit.queue.shutdown();
    kit.run();
    expect(kit.cct.perf.list()).toEqual([]);
    expect(makeKit().cct.perf.list()).toEqual([]);
  });

  it('publishes what happens on diagnostics channels', () => {
    const events: string[] = [];
    const listeners = ['enqueue', 'dispatch', 'discard', 'error'].map((event) => {
      const listener = (data: unknown): void =>
        void events.push(`${event} ${(data as { message?: { name: string } }).message?.name ?? ''}`.trim());
      channel(`cephts:dispatch-queue:${event}`).subscribe(listener);
      return () => channel(`cephts:dispatch-queue:${event}`).unsubscribe(listener);
    });
    const kit = makeKit(
      {},
      {
        deliver: () => {
          throw new Error('boom');
        },
      },
    );
    kit.queue.start();
    kit.queue.enqueue(message('a'), DEFAULT, 1);
    kit.queue.enqueue(message('b'), DEFAULT, 2);
    kit.queue.discardQueue(2);
    kit.run();
    for (const stop of listeners) stop();
    kit.queue.enqueue(message('c'));
    expect(events).toEqual(['enqueue a', 'enqueue b', 'discard b', 'dispatch a', 'error']);
  });
});

describe('DispatchQueue: weighted policy', () => {
  it('gives each priority that waits its share of the deliveries, and none nothing', () => {
    const counts = new Map<number, number>();
    const kit = makeKit(
      { policy: 'weighted', weight: (priority) => priority },
      {
        deliver: (m) => {
          counts.set(m.priority!, (counts.get(m.priority!) ?? 0) + 1);
          kit.queue.enqueue(message('again', { priority: m.priority! }));
          if (++delivered === 1000) kit.queue.pause();
        },
      },
    );
    let delivered = 0;
    kit.queue.start();
    for (const priority of [10, 30, 60]) for (let i = 0; i < 5; i++) kit.queue.enqueue(message('m', { priority }));
    kit.run();
    expect([counts.get(10), counts.get(30), counts.get(60)]).toEqual([100, 300, 600]);
  });

  it('delivers codes before any message', () => {
    const kit = makeKit({ policy: 'weighted' });
    kit.queue.start();
    kit.queue.enqueue(message('a'), HIGHEST, 1);
    kit.queue.queueReset('con');
    kit.run();
    expect(kit.log).toEqual(['reset con', 'deliver a']);
  });
});
