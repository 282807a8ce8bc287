import { describe, expect, it } from '@jest/globals';
import { DispatchQueue, limits, PRIORITY } from '../src/index.js';
import { makeKit, message, taken } from './kit.js';
import type { TestMessage } from './kit.js';

const { LOW, DEFAULT, HIGH, HIGHEST } = PRIORITY;

describe('DispatchQueue: order', () => {
  it('knows the priorities of Ceph', () => {
    expect(PRIORITY).toEqual({ LOW: 64, DEFAULT: 127, HIGH: 196, HIGHEST: 255 });
  });

  it('serves strictly by priority from 64 on, connections in turn, each first in, first out', () => {
    const kit = makeKit();
    kit.queue.start();
    for (const name of ['a1', 'a2', 'a3']) kit.queue.enqueue(message(name), DEFAULT, 1);
    for (const name of ['b1', 'b2']) kit.queue.enqueue(message(name), DEFAULT, 2);
    kit.queue.enqueue(message('low'), LOW, 3);
    kit.queue.enqueue(message('high'), HIGH, 1);
    kit.run();
    expect(kit.log).toEqual(['high', 'a1', 'b1', 'a2', 'b2', 'a3', 'low'].map((name) => `deliver ${name}`));
  });

  it('shares by token bucket below 64, where the cost of a message counts', () => {
    const kit = makeKit({ minCost: 1 });
    kit.queue.start();
    kit.queue.enqueue(message('high 1', { cost: 1000 }), 20, 1);
    kit.queue.enqueue(message('high 2', { cost: 1000 }), 20, 1);
    kit.queue.enqueue(message('cheap', { cost: 300 }), 10, 1);
    kit.queue.enqueue(message('strict'), 64, 1);
    kit.run();
    expect(kit.log).toEqual(['strict', 'high 1', 'cheap', 'high 2'].map((name) => `deliver ${name}`));
  });

  it('never delivers on the stack of who queues', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.enqueue(message('a'));
    expect(kit.log).toEqual([]);
  });

  it('reads priority and cost from the message, or through the accessors given', () => {
    const kit = makeKit({ accessors: { priority: (m) => (m.name === 'urgent' ? 200 : 100) } });
    kit.queue.start();
    kit.queue.enqueue(message('a', { priority: 250 }));
    kit.queue.enqueue(message('urgent'));
    kit.run();
    expect(kit.log).toEqual(['deliver urgent', 'deliver a']);
  });

  it('takes any value for a message, undefined and null too', () => {
    const { cct, clock } = makeKit();
    const seen: unknown[] = [];
    const queue = new DispatchQueue<unknown>(cct, { deliver: (m) => seen.push(m) });
    queue.start();
    for (const m of [undefined, null, 0, '', false]) queue.enqueue(m);
    clock.runDeferred();
    expect(seen).toEqual([undefined, null, 0, '', false]);
    expect(queue.idle).toBe(true);
  });

  it('gives connections the numbers 1, 2, …', () => {
    const { queue } = makeKit();
    expect([queue.getId(), queue.getId(), queue.getId()]).toEqual([1, 2, 3]);
  });

  it('delivers what is queued while it delivers in the same turn', () => {
    const kit = makeKit({}, { deliver: (m) => void (kit.log.push(m.name), m.name === 'a' && kit.queue.enqueue(message('b'))) });
    kit.queue.start();
    kit.queue.enqueue(message('a'));
    kit.run();
    expect(kit.log).toEqual(['a', 'b']);
  });
});

describe('DispatchQueue: codes', () => {
  it('delivers each code to its handler, before messages of any lower priority, in order', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.enqueue(message('a'), HIGH, 1);
    kit.queue.queueConnect('con');
    kit.queue.queueAccept('con');
    kit.queue.queueRemoteReset('con');
    kit.queue.queueReset('con');
    kit.queue.queueRefused('con');
    kit.run();
    expect(kit.log).toEqual(['connect con', 'accept con', 'remote reset con', 'reset con', 'refused con', 'deliver a']);
  });

  it('queues them as class 0 of priority 255, in turn with the connections that send at that priority', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.queueConnect('x');
    kit.queue.queueConnect('y');
    kit.queue.enqueue(message('a'), HIGHEST, 1);
    kit.run();
    expect(kit.log).toEqual(['connect x', 'deliver a', 'connect y']);
  });

  it('needs no handler for them', () => {
    const { cct, clock } = makeKit();
    const queue = new DispatchQueue<string, string>(cct, { deliver: () => undefined });
    queue.start();
    queue.queueConnect('con');
    queue.queueRefused('con');
    clock.runDeferred();
    expect(queue.length).toBe(0);
  });

  it('refuses them after shutdown', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.shutdown();
    expect(kit.queue.queueReset('con')).toBe(false);
    kit.run();
    expect(kit.log).toEqual([]);
  });
});

describe('DispatchQueue: fast dispatch and local delivery', () => {
  const fast = { canFastDispatch: (m: { name: string }) => m.name.startsWith('fast') };

  it('fast dispatches on the stack of the caller and gives the throttle bytes back', () => {
    const kit = makeKit({}, { ...fast, fastDispatch: (m) => void kit.log.push(`fast ${m.name}`) });
    const m = message('fast one', { dispatchThrottleSize: 10 });
    kit.throttle.take(10);
    expect(kit.queue.canFastDispatch(m)).toBe(true);
    expect(kit.queue.canFastDispatch(message('other'))).toBe(false);
    kit.queue.fastDispatch(m);
    expect(kit.log).toEqual(['fast fast one']);
    expect(kit.throttle.count).toBe(0);
    expect(m.dispatchThrottleSize).toBe(0);
  });

  it('cannot fast dispatch without a handler for it', () => {
    expect(makeKit().queue.canFastDispatch(message('fast'))).toBe(false);
  });

  it('shows a local message to fastPreprocess, then fast dispatches it on ms_local or queues it in class 0', () => {
    const kit = makeKit(
      {},
      {
        ...fast,
        fastPreprocess: (m) => void kit.log.push(`pre ${m.name}`),
        fastDispatch: (m) => void kit.log.push(`fast ${m.name}`),
      },
    );
    kit.queue.start();
    kit.run();
    kit.queue.localDelivery(message('slow'));
    kit.queue.localDelivery(message('fast'));
    expect([kit.log.length, kit.queue.localLength, kit.queue.length]).toEqual([0, 2, 0]);
    kit.run();
    expect(kit.log).toEqual(['pre slow', 'pre fast', 'fast fast', 'deliver slow']);
  });

  it('stamps a local message as received when it is handed over', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.clock.advance(500);
    const m = message('a', { recvStamp: 3 });
    kit.queue.localDelivery(m);
    expect(m.recvStamp).toBe(500);
  });

  it('queues local messages in turn with connections of the same priority, as class 0', () => {
    const kit = makeKit(
      {},
      { fastPreprocess: (m) => void (m.name === 'local 2' && kit.queue.enqueue(message('remote'), DEFAULT, 1)) },
    );
    kit.queue.start();
    kit.run();
    for (const name of ['local 1', 'local 2', 'local 3']) kit.queue.localDelivery(message(name), DEFAULT);
    kit.run();
    expect(kit.log).toEqual(['local 1', 'remote', 'local 2', 'local 3'].map((name) => `deliver ${name}`));
  });

  it('throws undelivered local messages away where asked', () => {
    const kit = makeKit();
    kit.queue.localDelivery(message('a'));
    kit.queue.localDelivery(message('b'));
    expect(kit.queue.discardLocal()).toBe(2);
    expect(kit.queue.discardLocal()).toBe(0);
    expect(kit.log).toEqual(['discard a ERR_CEPH_ABORTED', 'discard b ERR_CEPH_ABORTED']);
  });
});

describe('DispatchQueue: throttle', () => {
  it('needs none', () => {
    const { cct, clock } = makeKit();
    const queue = new DispatchQueue<TestMessage>(cct, { deliver: () => undefined });
    queue.start();
    const m = message('a', { dispatchThrottleSize: 10 });
    queue.enqueue(m);
    clock.runDeferred();
    expect([queue.dispatchThrottler, m.dispatchThrottleSize]).toEqual([undefined, 0]);
  });

  it('gives the bytes of a message back after its dispatch, not before', () => {
    const kit = makeKit({}, { deliver: (m) => void kit.log.push(`${m.name} ${kit.throttle.count} ${m.dispatchThrottleSize}`) });
    kit.queue.start();
    kit.throttle.take(30);
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }), DEFAULT, 1);
    kit.queue.enqueue(message('b', { dispatchThrottleSize: 20 }), DEFAULT, 1);
    kit.run();
    expect(kit.log).toEqual(['a 30 0', 'b 20 0']);
    expect(kit.throttle.count).toBe(0);
  });

  it('gives them back once, also when the message is queued again', () => {
    let again = true;
    const kit = makeKit({}, { deliver: (m) => void (again && ((again = false), kit.queue.enqueue(m))) });
    kit.queue.start();
    kit.throttle.take(15);
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }));
    kit.run();
    expect(kit.throttle.count).toBe(5);
    expect(kit.errors).toEqual([]);
  });

  it('lets a reader wait for room and admits it when a message has been dispatched', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.throttle.get(80, () => kit.queue.enqueue(message('a', { dispatchThrottleSize: 80 })));
    kit.throttle.get(50, () => kit.queue.enqueue(message('b', { dispatchThrottleSize: 50 })));
    expect(kit.queue.length).toBe(1);
    kit.run();
    expect(kit.log).toEqual(['deliver a', 'deliver b']);
  });

  it('reports bytes given back that were never taken, and goes on', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }));
    kit.queue.enqueue(message('b'));
    kit.run();
    expect(kit.log).toEqual(['deliver a', 'deliver b']);
    expect(kit.errors).toMatchObject([{ error: { code: 'ERR_CEPH_THROTTLE' } }]);
  });

  it('gives the bytes of a discarded message back before it tells of it', () => {
    const kit = makeKit({}, { discard: (m) => void kit.log.push(`${m.name} ${kit.throttle.count}`) });
    kit.throttle.take(10);
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }), DEFAULT, 4);
    expect(kit.queue.discardQueue(4)).toBe(1);
    expect(kit.log).toEqual(['a 0']);
  });

  it('tells who waits for room that none will come when the queue has ended', async () => {
    const kit = makeKit();
    kit.throttle.resetMax(10);
    kit.queue.start();
    kit.throttle.take(11);
    let r: number | undefined;
    kit.throttle.get(5, (result) => (r = result));
    kit.queue.shutdown();
    kit.run();
    await kit.queue.wait();
    expect(r).toBe(-125);
  });
});

describe('DispatchQueue: age and discarding', () => {
  it('says how long the oldest queued message has waited, by its receipt', () => {
    const kit = makeKit();
    expect(kit.queue.getMaxAge()).toBe(0);
    kit.clock.advance(1000);
    kit.queue.enqueue(message('a', { recvStamp: 400 }), DEFAULT, 1);
    kit.queue.enqueue(message('b', { recvStamp: 300 }), HIGH, 2);
    kit.queue.enqueue(message('c', { recvStamp: 900 }), LOW, 3);
    expect(kit.queue.getMaxAge()).toBe(700);
    expect(kit.queue.getMaxAge(2000)).toBe(1700);
    kit.queue.discardQueue(2);
    expect(kit.queue.getMaxAge()).toBe(600);
  });

  it('counts from when it was queued where a message has no stamp', () => {
    const kit = makeKit();
    kit.clock.advance(100);
    kit.queue.enqueue(message('a'));
    kit.clock.advance(25);
    expect(kit.queue.getMaxAge()).toBe(25);
  });

  it('does not count codes', () => {
    const kit = makeKit();
    kit.queue.queueConnect('con');
    kit.clock.advance(100);
    expect(kit.queue.getMaxAge()).toBe(0);
    kit.queue.enqueue(message('a'), HIGHEST, 0);
    kit.clock.advance(10);
    expect(kit.queue.getMaxAge()).toBe(10);
  });

  it('discards the messages of one connection at every priority', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.enqueue(message('a1'), DEFAULT, 1);
    kit.queue.enqueue(message('a2'), HIGH, 1);
    kit.queue.enqueue(message('a3'), 10, 1);
    kit.queue.enqueue(message('b'), DEFAULT, 2);
    expect(kit.queue.discardQueue(1)).toBe(3);
    expect(kit.queue.discardQueue(1)).toBe(0);
    expect(taken(kit)).toEqual(['a2', 'a1', 'a3'].map((name) => `discard ${name} ERR_CEPH_ABORTED`));
    kit.run();
    expect(kit.log).toEqual(['deliver b']);
  });

  it('keeps the codes when class 0 is discarded', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.queueConnect('con');
    kit.queue.enqueue(message('a'), DEFAULT, 0);
    expect(kit.queue.discardQueue(0)).toBe(1);
    kit.run();
    expect(kit.log).toEqual(['discard a ERR_CEPH_ABORTED', 'connect con']);
  });

  it('keeps the order of the codes, also where the handler queues one as it is told of what is discarded', () => {
    const kit = makeKit({}, { discard: () => void kit.queue.queueReset('con') });
    kit.queue.start();
    kit.queue.enqueue(message('a'), HIGHEST, 0);
    kit.queue.queueConnect('con');
    kit.queue.discardQueue(0);
    kit.run();
    expect(kit.log).toEqual(['connect con', 'reset con']);
  });

  it('discards each message once, also one whose signal aborts as another is discarded', () => {
    const controller = new AbortController();
    const discarded: string[] = [];
    const discard = (m: TestMessage): void => {
      discarded.push(m.name);
      controller.abort();
    };
    const kit = makeKit({ limits: limits({ capacity: 9 }) }, { discard });
    kit.queue.start();
    const { signal } = controller;
    for (const name of ['a', 'b', 'c']) kit.queue.enqueue(message(name), DEFAULT, 1, { signal });
    kit.queue.enqueue(message('other'), DEFAULT, 2, { signal });
    expect(kit.queue.discardQueue(1)).toBe(3);
    kit.run();
    expect(discarded.sort()).toEqual(['a', 'b', 'c', 'other']);
    expect([kit.queue.length, kit.queue.cost, kit.errors]).toEqual([0, 0, []]);
  });
});

describe('DispatchQueue: threads and ending', () => {
  it('runs on ms_dispatch and ms_local, which the thread table shows with what they are for', () => {
    const kit = makeKit();
    expect(kit.cct.threads.list()).toEqual([]);
    kit.queue.start();
    expect(kit.queue.started).toBe(true);
    kit.queue.enqueue(message('a'));
    kit.run();
    const [dispatch, local] = kit.cct.threads.list();
    expect(dispatch).toMatchObject({
      name: 'ms_dispatch',
      owner: 'DispatchQueue',
      kind: 'cooperative',
      state: 'waiting',
      items: 1,
      queued: 0,
    });
    expect(local).toMatchObject({ name: 'ms_local', owner: 'DispatchQueue', kind: 'cooperative', items: 0 });
    expect(dispatch!.purpose.length).toBeGreaterThan(20);
    kit.queue.shutdown();
    kit.run();
    expect(kit.cct.threads.list()).toEqual([]);
  });

  it('keeps what is queued before the start', () => {
    const kit = makeKit();
    kit.queue.enqueue(message('a'));
    kit.run();
    expect(kit.log).toEqual([]);
    kit.queue.start();
    kit.run();
    expect(kit.log).toEqual(['deliver a']);
  });

  it('starts once', () => {
    const kit = makeKit();
    kit.queue.start();
    expect(() => kit.queue.start()).toThrow(expect.objectContaining({ code: 'ERR_CEPH_STATE' }));
    kit.queue.shutdown();
    kit.run();
    expect(() => kit.queue.start()).toThrow(expect.objectContaining({ code: 'ERR_CEPH_STATE' }));
  });

  it('after shutdown discards the messages that wait, delivers the codes, gives the bytes back, and ends', async () => {
    const kit = makeKit();
    kit.queue.start();
    kit.throttle.take(10);
    kit.queue.enqueue(message('a', { dispatchThrottleSize: 10 }), HIGHEST, 1);
    kit.queue.queueReset('con');
    kit.queue.enqueue(message('b'), LOW, 2);
    kit.queue.localDelivery(message('local'));
    kit.queue.shutdown();
    let ended = false;
    void kit.queue.wait().then(() => (ended = true));
    await Promise.resolve();
    expect(ended).toBe(false);
    kit.run();
    await kit.queue.wait();
    expect(kit.log.sort()).toEqual([
      'discard a ERR_CEPH_ABORTED',
      'discard b ERR_CEPH_ABORTED',
      'discard local ERR_CEPH_ABORTED',
      'reset con',
    ]);
    expect(kit.throttle.count).toBe(0);
    expect(kit.queue.started).toBe(false);
  });

  it('gives the bytes of a message back that comes after shutdown, and says false', () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.shutdown();
    kit.throttle.take(10);
    expect(kit.queue.enqueue(message('late', { dispatchThrottleSize: 10 }))).toBe(false);
    expect(kit.queue.localDelivery(message('late local'))).toBe(false);
    expect(kit.throttle.count).toBe(0);
    expect(kit.log).toEqual(['discard late ERR_CEPH_ABORTED', 'discard late local ERR_CEPH_ABORTED']);
  });

  it('when closed takes nothing more, delivers all that waits, local ones too, then ends', async () => {
    const kit = makeKit();
    kit.queue.start();
    kit.queue.enqueue(message('a'));
    kit.queue.localDelivery(message('local'));
    const closed = kit.queue.close();
    expect(kit.queue.enqueue(message('late'))).toBe(false);
    kit.run();
    await closed;
    expect(kit.log).toEqual(['discard late ERR_CEPH_ABORTED', 'deliver a', 'deliver local']);
    expect(kit.cct.threads.list()).toEqual([]);
  });

  it('when closed delivers even what a queue holds that was never started, or that is paused', async () => {
    const kit = makeKit();
    kit.queue.enqueue(message('a'));
    kit.queue.pause();
    const closed = kit.queue.close();
    kit.run();
    await closed;
    expect(kit.log).toEqual(['deliver a']);
    expect(kit.queue.paused).toBe(false);
  });

  it('when destroyed discards every message with the cause, delivers the codes, then ends', async () => {
    const causes: unknown[] = [];
    const kit = makeKit({}, { discard: (m, error) => void (kit.log.push(m.name), causes.push(error.cause)) });
    kit.queue.start();
    kit.queue.enqueue(message('a'), LOW, 1);
    kit.queue.enqueue(message('b'), HIGH, 1);
    kit.queue.localDelivery(message('local'));
    kit.queue.queueReset('con');
    const why = new Error('disk on fire');
    const ended = kit.queue.destroy(why);
    expect(kit.queue.enqueue(message('late'))).toBe(false);
    kit.run();
    await ended;
    expect(kit.log).toEqual(['late', 'reset con', 'b', 'a', 'local']);
    expect(causes).toEqual([why, why, why, why]);
  });

  it('ends by close, shutdown and destroy, in any order and any number', async () => {
    const kit = makeKit();
    const ends = [kit.queue.close(), kit.queue.destroy(), kit.queue.close(), kit.queue[Symbol.asyncDispose](), kit.queue.wait()];
    kit.queue.shutdown();
    kit.run();
    await Promise.all(ends);
    expect(kit.queue.started).toBe(false);
  });

  it('is closed from close, shutdown or destroy on', () => {
    for (const end of ['close', 'shutdown', 'destroy'] as const) {
      const { queue } = makeKit();
      expect(queue.closed).toBe(false);
      void queue[end]();
      expect(queue.closed).toBe(true);
    }
  });

  it('disposes of itself gracefully', async () => {
    const kit = makeKit();
    const scope = async (): Promise<void> => {
      kit.queue.enqueue(message('a'));
      const disposed = kit.queue[Symbol.asyncDispose]();
      kit.run();
      await disposed;
    };
    await scope();
    expect(kit.log).toEqual(['deliver a']);
  });

  it('is destroyed by its signal, also by one that has aborted before', async () => {
    const controller = new AbortController();
    const kit = makeKit({ signal: controller.signal });
    kit.queue.enqueue(message('a'));
    controller.abort();
    kit.run();
    await kit.queue.wait();
    expect(kit.log).toEqual(['discard a ERR_CEPH_ABORTED']);
    const late = makeKit({ signal: AbortSignal.abort() });
    expect(late.queue.enqueue(message('b'))).toBe(false);
    late.run();
    await late.queue.wait();
  });

  it('just works in the default context', async () => {
    const seen: string[] = [];
    const queue = DispatchQueue.of<string>({ deliver: (m) => seen.push(m) });
    queue.start();
    queue.enqueue('can wait', LOW);
    queue.enqueue('urgent', HIGH);
    await queue.waitForEmpty();
    expect(seen).toEqual(['urgent', 'can wait']);
    await queue.close();
  });
});
