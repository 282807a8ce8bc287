import { describe, expect, it } from '@jest/globals';
import { CephContext, seededRandom, Throttle, VirtualClock } from '@cephts/common';
import { DispatchQueue, limits } from '../src/index.js';
import { isSlowCode, Model } from './model.js';
import type { ModelMessage } from './model.js';

const SEQUENCES = 20_000;
const STEPS = 30;
const PRIORITIES = [1, 40, 63, 64, 127, 255, 300];
/** Weights of the weighted policy; priority 7 has none. */
const weight = (priority: number): number => (priority === 7 ? 0 : 1 + (priority % 4));
const CODES = ['Connect', 'Accept', 'Reset', 'RemoteReset', 'Refused'] as const;

/** One random sequence of calls on the queue and on the model; throws where they differ. */
async function sequence(seed: number): Promise<Set<string>> {
  const random = seededRandom(seed);
  const pick = (n: number): number => Math.floor(random.next() * n);
  const clock = new VirtualClock();
  const bounded = pick(4) > 0;
  const bound = (...bounds: number[]): number => (bounded && pick(2) === 0 ? bounds[pick(bounds.length)]! : Infinity);
  const [highWater, highWaterCost] = [bound(2, 4), bound(600, 1500)];
  const model = new Model({
    limits: {
      capacity: bound(3, 6),
      capacityCost: bound(500, 1200),
      highWater,
      lowWater: [highWater / 2, highWater - 1, highWater][pick(3)]!,
      highWaterCost,
      lowWaterCost: [highWaterCost / 2, highWaterCost - 1, highWaterCost][pick(3)]!,
      overflow: (['throw', 'drop-newest', 'drop-oldest'] as const)[pick(3)]!,
    },
    weight: pick(3) === 0 ? weight : undefined,
  });
  const log: string[] = [];
  const marks = { onHighWater: () => log.push('high'), onLowWater: () => log.push('low') };
  const called = new Set<string>();
  let errors = 0;
  let told = 0;
  let nextId = 1;
  const signals = new Map<number, AbortController>();
  /** What settles the promises of deliveries that take time. */
  const unsettled: ((error?: Error) => void)[] = [];
  const slow = (): Promise<void> =>
    new Promise((resolve, reject) => unsettled.push((error) => (error ? reject(error) : resolve())));
  const codeHandler = (code: string) => (con: string) => {
    log.push(`${code} ${con}`);
    return isSlowCode(con) ? slow() : undefined;
  };

  /** Ends the queue. */
  const whole = new AbortController();
  const cct = new CephContext({ clock });
  const throttle = new Throttle(cct, 'test', 1e9, false);
  const queue = new DispatchQueue<ModelMessage, string>(
    cct,
    {
      deliver(m) {
        log.push(`deliver ${m.id}`);
        react(m, false);
        return m.act === 'slow' ? slow() : undefined;
      },
      canFastDispatch: (m) => m.fast,
      fastDispatch(m) {
        log.push(`fast ${m.id}`);
        if (m.act === 'throw') throw new Error('boom');
      },
      handleConnect: codeHandler('Connect'),
      handleAccept: codeHandler('Accept'),
      handleReset: codeHandler('Reset'),
      handleRemoteReset: codeHandler('RemoteReset'),
      handleRefused: codeHandler('Refused'),
      discard: (m) => void log.push(`discard ${m.id}`),
    },
    {
      ...(bounded ? { limits: limits({ ...model.options.limits, ...marks }) } : {}),
      signal: whole.signal,
      policy: model.options.weight ? 'weighted' : 'strict',
      weight,
      keepAsyncContext: pick(4) === 0,
      maxTokensPerPriority: 1000,
      minCost: 10,
      dispatchThrottler: throttle,
      onError: () => errors++,
    },
  );

  const agree = (what: string, ours: unknown, theirs: unknown): void => {
    if (!Object.is(ours, theirs))
      throw new Error(`seed ${seed}, ${[...called].at(-1)}: ${what} is ${String(ours)}, the model says ${String(theirs)}`);
  };
  const make = (): ModelMessage => {
    const act = (['nothing', 'nothing', 'nothing', 'throw', 'enqueue', 'pause', 'discard', 'slow', 'end'] as const)[pick(9)]!;
    const recvStamp = clock.monotonicNow() - pick(3) * pick(10);
    return {
      id: nextId++,
      priority: PRIORITIES[pick(PRIORITIES.length)]!,
      cost: pick(3) * 300,
      recvStamp,
      dispatchThrottleSize: pick(4) * 10,
      fast: pick(3) === 0,
      // seldom, since little follows an end
      act: act !== 'end' ? act : pick(4) > 0 ? 'nothing' : (['shutdown', 'close', 'destroy'] as const)[pick(3)]!,
    };
  };

  /** Hands one message to both. */
  const submit = (local: boolean, message: ModelMessage, cls: number, signal: AbortController | undefined): void => {
    const copy = { ...message };
    throttle.take(message.dispatchThrottleSize);
    model.bytes += message.dispatchThrottleSize;
    const verdict = model.admit(copy);
    if (local) copy.recvStamp = clock.monotonicNow();
    if (verdict === 'taken' && local) model.deliverLocally(copy);
    else if (verdict === 'taken') model.enqueue(copy, cls);
    let outcome: string;
    try {
      const options = signal && { signal: signal.signal };
      outcome = (
        local ? queue.localDelivery(message, message.priority, options) : queue.enqueue(message, message.priority, cls, options)
      )
        ? 'taken'
        : 'refused';
    } catch {
      outcome = 'full';
      throttle.put(message.dispatchThrottleSize);
      model.bytes -= message.dispatchThrottleSize;
    }
    agree('the outcome', outcome, verdict);
  };

  /** What deliveries do: to the queue when it delivers, to the model when it does. */
  const react = (m: ModelMessage, inModel: boolean): void => {
    if (m.act === 'pause' && inModel) model.paused = !model.stop && !model.closing;
    else if (m.act === 'pause') queue.pause();
    else if (m.act === 'discard' && inModel) model.discardQueue(1);
    else if (m.act === 'discard') queue.discardQueue(1);
    else if (m.act === 'shutdown' || m.act === 'close' || m.act === 'destroy') void (inModel ? model : queue)[m.act]();
    else if (m.act === 'throw' && inModel) model.errors++;
    else if (m.act === 'throw') throw new Error('boom');
    else if (m.act === 'enqueue') {
      const again: ModelMessage = { ...m, id: -m.id, act: 'nothing', dispatchThrottleSize: 0 };
      if (!inModel) {
        try {
          queue.enqueue(again, again.priority, 3);
        } catch {
          log.push('full');
        }
      } else {
        const verdict = model.admit(again);
        if (verdict === 'taken') model.enqueue(again, 3);
        else if (verdict === 'full') model.log.push('full');
      }
    }
  };

  const run = (): void => {
    clock.runDeferred();
    model.run((m) => react(m, true));
  };

  const calls: Record<string, () => void> = {
    enqueue: () => submit(false, make(), pick(4), undefined),
    'enqueue with a signal'() {
      const message = make();
      const controller = new AbortController();
      signals.set(message.id, controller);
      submit(pick(3) === 0, message, pick(4), controller);
    },
    'a signal that has aborted'() {
      const message = make();
      throttle.take(message.dispatchThrottleSize);
      const options = { signal: AbortSignal.abort() };
      const taken =
        pick(2) === 0 ? queue.enqueue(message, undefined, 1, options) : queue.localDelivery(message, undefined, options);
      agree('taken', taken, false);
      model.log.push(`discard ${message.id}`);
    },
    localDelivery: () => submit(true, make(), 0, undefined),
    'a bad message'() {
      const bad = [
        { priority: 512 },
        { priority: 600 },
        { priority: 3.5 },
        { priority: NaN },
        { priority: -1 },
        { cost: NaN },
        { cost: -1 },
      ];
      const weightless = model.options.weight ? [{ priority: 7 }] : [];
      const message = { ...make(), ...[...bad, ...weightless][pick(bad.length + weightless.length)] };
      let code: unknown;
      try {
        if (pick(2) === 0) queue.localDelivery(message);
        else queue.enqueue(message);
      } catch (error) {
        ({ code } = error as { code: unknown });
      }
      agree('the refusal', code, 'ERR_CEPH_INVALID_ARGUMENT');
    },
    finish() {
      if (unsettled.length === 0) return;
      const rejects = pick(3) === 0;
      unsettled.shift()!(rejects ? new Error('boom') : undefined);
      model.finish(rejects);
    },
    code() {
      const code = CODES[pick(CODES.length)]!;
      const con = String(nextId++);
      agree('queued', queue[`queue${code}`](con), model.code(`${code} ${con}`));
    },
    abort() {
      const ids = [...signals.keys()];
      const id = ids[pick(ids.length)];
      if (id === undefined) return;
      signals.get(id)!.abort();
      signals.delete(id);
      model.withdraw(id);
    },
    discardQueue() {
      const cls = pick(4);
      agree('discarded', queue.discardQueue(cls), model.discardQueue(cls));
    },
    discardLocal() {
      agree('discarded', queue.discardLocal(), model.discardLocal());
    },
    pause() {
      queue.pause();
      model.paused = !model.stop && !model.closing;
    },
    resume() {
      queue.resume();
      model.resume();
    },
    start() {
      const may = model.live.size === 0 && !model.stop && !model.closing;
      let did = true;
      try {
        queue.start();
      } catch {
        did = false;
      }
      agree('started', did, may);
      if (may) model.start();
    },
    advance: () => clock.advance(pick(50)),
    run,
    waitForEmpty() {
      model.waitForEmpty();
      void queue.waitForEmpty().then(() => told++);
    },
    fastDispatch() {
      const message = make();
      throttle.take(message.dispatchThrottleSize);
      queue.fastDispatch(message);
      model.log.push(`fast ${message.id}`);
      if (message.act === 'throw') model.errors++;
    },
    shutdown() {
      queue.shutdown();
      model.shutdown();
    },
    close() {
      void queue.close();
      model.close();
    },
    destroy() {
      void queue.destroy(new Error('over'));
      model.destroy();
    },
    'abort the queue'() {
      whole.abort();
      // once it ends it listens no more
      if (!model.stop) model.destroy();
    },
  };
  const often = [
    'enqueue',
    'enqueue',
    'enqueue',
    'enqueue with a signal',
    'a signal that has aborted',
    'localDelivery',
    'a bad message',
    'finish',
    'finish',
    'code',
    'abort',
    'discardQueue',
    'pause',
    'resume',
    'start',
    'advance',
    'run',
    'run',
    'waitForEmpty',
    'fastDispatch',
  ];
  const seldom = ['shutdown', 'close', 'destroy', 'abort the queue', 'discardLocal'];

  const step = async (call: string): Promise<void> => {
    called.add(call);
    calls[call]!();
    // time moves on as work is done
    if (call === 'advance') model.run((m) => react(m, true));
    // whoever waits is told in the next microtask, a promise that settled takes a few
    for (let i = call === 'finish' ? 5 : 1; i > 0; i--) await undefined;
    agree('told of empty', told, model.told);
    agree('length', queue.length, model.queue.length);
    agree('localLength', queue.localLength, model.local.length);
    agree('cost', queue.cost, bounded ? model.cost : model.queue.length + model.local.length);
    agree('bytes in use', throttle.count, model.bytes);
    agree('getMaxAge', queue.getMaxAge(), model.maxAge(clock.monotonicNow()));
    agree('idle', queue.idle, model.idle);
    agree('paused', queue.paused, model.paused);
    agree('closed', queue.closed, model.stop || model.closing);
    agree('started', queue.started, model.live.has('dispatch'));
    agree('errors', errors, model.errors);
    agree('what happened', log.join(), model.log.join());
  };
  for (let i = 0; i < STEPS; i++) await step(pick(25) === 0 ? seldom[pick(seldom.length)]! : often[pick(often.length)]!);

  // whatever happened, an end settles everything; all but destroy need handlers that settle
  await step((['shutdown', 'close', 'destroy'] as const)[pick(3)]!);
  await step('run');
  while (!model.destroyed && (!model.idle || model.live.size > 0)) for (const call of ['finish', 'resume', 'run']) await step(call);
  await queue.wait();
  agree('left', queue.length + queue.localLength, 0);
  agree('still waiting', model.waiters, 0);
  while (unsettled.length > 0) await step('finish');
  agree('bytes in use', throttle.count, 0);
  return called;
}

describe('DispatchQueue', () => {
  it(`does what a plain model does over ${SEQUENCES} random sequences of every call, and leaves nothing pending`, async () => {
    const called = new Set<string>();
    for (let seed = 1; seed <= SEQUENCES; seed++) for (const call of await sequence(seed)) called.add(call);
    expect([...called].sort()).toEqual([
      'a bad message',
      'a signal that has aborted',
      'abort',
      'abort the queue',
      'advance',
      'close',
      'code',
      'destroy',
      'discardLocal',
      'discardQueue',
      'enqueue',
      'enqueue with a signal',
      'fastDispatch',
      'finish',
      'localDelivery',
      'pause',
      'resume',
      'run',
      'shutdown',
      'start',
      'waitForEmpty',
    ]);
  }, 600_000);
});
