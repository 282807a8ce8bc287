import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { bareContext, ERRNO, VirtualClock } from '@cephts/common';
import type { Completion, OverflowPolicy, PrimitiveContext } from '@cephts/common';
import fc from 'fast-check';
import { Finisher, FinisherProducer, limits } from '../src/index.js';
import type { RemoteFinisher } from '../src/index.js';

// Random sequences of every call of the API, run against the Finisher and against the plain model below, on a virtual clock.

const RUNS = 20_000;
const { EAGAIN, ECANCELED } = ERRNO;

type Behaviour =
  | { kind: 'plain' }
  | { kind: 'throws' }
  | { kind: 'queues'; r: number }
  | { kind: 'pauses' }
  | { kind: 'promise'; delay: number; rejects: boolean }
  /** Where `returnsPromise`, one that never settles: nobody is to wait for it. */
  | { kind: 'destroys'; returnsPromise: boolean };

type Command =
  | { op: 'queue'; r: number; behaviour: Behaviour; cost: number; signal: boolean }
  | { op: 'list'; behaviours: Behaviour[] }
  | { op: 'remote'; r: number; behaviour: Behaviour }
  | { op: 'abort'; which: number }
  | { op: 'pause' | 'resume' | 'start' | 'stop' | 'close' | 'destroy' | 'waitForEmpty' }
  | { op: 'turn' }
  | { op: 'advance'; ms: number };

interface Entry {
  id: number;
  r: number;
  cost: number;
  behaviour: Behaviour;
  withdrawn: boolean;
}

/** The marks of those finishers that have any. */
const MARKS = { highWater: 3, lowWater: 1, highWaterCost: 5, lowWaterCost: 2 };
type Marks = typeof MARKS;
/** Does whoever is told of the high mark pause the finisher? */
type AtHighMark = 'nothing' | 'pauses';

/** What a Finisher promises, in the plainest code: a list, looked at once a turn. */
class Model {
  readonly log: string[] = [];
  waiting: Entry[] = [];
  started = false;
  paused = false;
  stopping = false;
  closing = false;
  verdict: number | undefined;
  /** Virtual time at which the promise of the running one settles; undefined where none runs. */
  busyUntil: number | undefined;
  /** What another thread has queued, and the finisher has had no room for. */
  ring: Entry[] = [];
  /** Those who wait for empty, or for the end. */
  waiters: { done: boolean }[] = [];
  aboveMarks = false;
  /** When promises reject that nobody but the error handler hears. */
  rejections: number[] = [];
  now = 0;
  nextId = 0;
  running = false;

  constructor(
    readonly capacity: number,
    readonly capacityCost: number,
    readonly overflow: OverflowPolicy,
    readonly marks: Marks | undefined,
    readonly atHighMark: AtHighMark,
    private hasProducer: boolean,
  ) {}

  get cost(): number {
    return this.waiting.reduce((sum, entry) => sum + entry.cost, 0);
  }

  queue(r: number, behaviour: Behaviour, cost: number): Entry | undefined {
    const entry: Entry = { id: this.nextId++, r, cost, behaviour, withdrawn: false };
    const busy = this.running || this.busyUntil !== undefined;
    if (this.closing && !(busy && this.verdict === undefined)) {
      this.log.push(`${entry.id} refused`);
      return undefined;
    }
    if (this.isFull(cost) && this.overflow === 'throw') {
      this.log.push(`${entry.id} refused`);
      return undefined;
    }
    if (this.isFull(cost) && this.overflow === 'drop-newest') {
      this.log.push(`${entry.id}=${-EAGAIN}`);
      return undefined;
    }
    while (this.isFull(cost)) {
      const oldest = this.waiting.shift();
      this.lookAtMarks();
      this.log.push(`${oldest?.id}=${-EAGAIN}`);
    }
    this.waiting.push(entry);
    this.lookAtMarks();
    return entry;
  }

  isFull(cost: number): boolean {
    return this.waiting.length >= this.capacity || (this.waiting.length > 0 && this.cost + cost > this.capacityCost);
  }

  lookAtMarks(): void {
    const { waiting, cost, marks } = this;
    if (!marks) return;
    const crossed = this.aboveMarks
      ? waiting.length <= marks.lowWater && cost <= marks.lowWaterCost
      : waiting.length >= marks.highWater || cost >= marks.highWaterCost;
    if (!crossed) return;
    this.aboveMarks = !this.aboveMarks;
    this.log.push(this.aboveMarks ? 'high' : 'low');
    if (this.aboveMarks && this.atHighMark === 'pauses' && !this.stopping) this.paused = true;
  }

  /** An entry of another thread. */
  remote(r: number, behaviour: Behaviour): void {
    const id = this.nextId++;
    if (this.closing) this.log.push(`${id} refused`);
    else this.ring.push({ id, r, cost: 1, behaviour, withdrawn: false });
  }

  pull(): void {
    for (let entry; !this.isFull(1) && (entry = this.ring.shift());) {
      this.waiting.push(entry);
      this.lookAtMarks();
    }
  }

  abort(entry: Entry): void {
    if (!this.waiting.includes(entry)) return;
    this.waiting = this.waiting.filter((other) => other !== entry);
    this.lookAtMarks();
    this.log.push(`${entry.id}=${-ECANCELED}`);
    if (!this.stopping && this.isEmpty()) this.tellEmpty();
  }

  /** What other threads have queued is looked for where nothing else waits. */
  isEmpty(): boolean {
    if (this.busyUntil !== undefined) return false;
    if (this.waiting.length === 0) this.pull();
    return this.waiting.length === 0;
  }

  /** @returns who is told when nothing waits; at once where `now` */
  wait(now: boolean): { done: boolean } {
    const waiter = { done: now };
    if (!now) this.waiters.push(waiter);
    return waiter;
  }

  tellEmpty(): void {
    for (const waiter of this.waiters.splice(0)) waiter.done = true;
  }

  stop(): { done: boolean } {
    if (!this.started) return this.wait(true);
    this.stopping = true;
    this.paused = false;
    return this.wait(false);
  }

  close(): { done: boolean } {
    this.closing = true;
    if (this.waiting.length > 0 || this.hasProducer) this.started = true;
    return this.stop();
  }

  destroy(): { done: boolean } {
    this.verdict ??= -ECANCELED;
    this.busyUntil = undefined;
    return this.close();
  }

  /** Runs everything that can run now. */
  turn(): void {
    while (this.rejections.length > 0 && this.rejections[0]! <= this.now) {
      this.rejections.shift();
      this.log.push('error');
    }
    if (this.busyUntil !== undefined && this.busyUntil <= this.now) this.busyUntil = undefined;
    const held = (): boolean => this.paused || this.busyUntil !== undefined;
    if (!this.started) return;
    if (!held()) this.pull();
    while (!held()) {
      if (this.waiting.length === 0) this.pull();
      if (held()) break;
      const entry = this.waiting.shift();
      if (!entry) {
        if (this.stopping) {
          this.started = this.stopping = false;
          // who has ended looks at no ring any more
          if (this.closing) this.hasProducer = false;
        }
        break;
      }
      this.lookAtMarks();
      const { verdict } = this;
      this.complete(entry);
      // to destroy ends the slice, and each begins with what other threads have queued
      if (this.verdict !== verdict) this.pull();
    }
    if (this.waiters.length > 0 && this.isEmpty()) this.tellEmpty();
  }

  complete({ id, r, behaviour }: Entry): void {
    this.log.push(`${id}=${this.verdict ?? r}`);
    // the completions of this test do nothing more when they are told of an end
    if (this.verdict !== undefined) return;
    this.running = true;
    if (behaviour.kind === 'throws') this.log.push('error');
    if (behaviour.kind === 'pauses' && !this.stopping) this.paused = true;
    if (behaviour.kind === 'queues') this.queue(behaviour.r, { kind: 'plain' }, 1);
    if (behaviour.kind === 'destroys') this.destroy();
    if (behaviour.kind === 'promise') {
      this.busyUntil = this.now + behaviour.delay;
      if (behaviour.rejects) this.rejections = [...this.rejections, this.busyUntil].sort((a, b) => a - b);
    }
    this.running = false;
  }
}

const behaviour = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Behaviour>({ kind: 'plain' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'throws' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'pauses' }) },
  { weight: 2, arbitrary: fc.integer({ min: -2, max: 2 }).map((r): Behaviour => ({ kind: 'queues', r })) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((returnsPromise): Behaviour => ({ kind: 'destroys', returnsPromise })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('promise' as const), delay: fc.integer({ min: 1, max: 5 }), rejects: fc.boolean() }),
  },
);

const command = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant('queue' as const),
      r: fc.integer({ min: -3, max: 3 }),
      behaviour,
      cost: fc.integer({ min: 1, max: 3 }),
      signal: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('list' as const), behaviours: fc.array(behaviour, { maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('remote' as const), r: fc.integer({ min: -3, max: 3 }), behaviour }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('abort' as const), which: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.constantFrom<Command>({ op: 'pause' }, { op: 'resume' }, { op: 'start' }, { op: 'start' }) },
  { weight: 1, arbitrary: fc.constantFrom<Command>({ op: 'stop' }, { op: 'close' }, { op: 'destroy' }) },
  { weight: 2, arbitrary: fc.constant<Command>({ op: 'waitForEmpty' }) },
  { weight: 4, arbitrary: fc.constant<Command>({ op: 'turn' }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 6 }) }) },
);

const options = fc.record({
  capacity: fc.constantFrom(Infinity, Infinity, 3),
  capacityCost: fc.constantFrom(Infinity, Infinity, 4),
  overflow: fc.constantFrom<OverflowPolicy>('throw', 'drop-newest', 'drop-oldest'),
  keepAsyncContext: fc.boolean(),
  marks: fc.constantFrom(undefined, undefined, MARKS),
  atHighMark: fc.constantFrom<AtHighMark>('nothing', 'pauses'),
  hasProducer: fc.boolean(),
});

/** Another thread's end of the rings, without the thread. */
class Producer {
  readonly #remote: RemoteFinisher;
  readonly #producer: FinisherProducer;

  constructor(finisher: Finisher) {
    this.#remote = finisher.remote({ capacity: 128, producers: 1 });
    this.#producer = new FinisherProducer(this.#remote.handle);
  }

  queue(completion: Completion, r: number): void {
    this.#producer.queue(this.#remote.register(completion), r);
  }
}

/** Has the doorbell ring between two steps, not when the platform comes round. */
function ringAtOnce(): void {
  const rings = new Map<unknown, () => void>();
  const atomics = Atomics as unknown as { waitAsync(words: Int32Array): { value: Promise<void> } };
  jest.spyOn(atomics, 'waitAsync').mockImplementation(({ buffer }) => ({
    value: new Promise<void>((resolve) => rings.set(buffer, resolve)),
  }));
  jest.spyOn(Atomics, 'notify').mockImplementation(({ buffer }) => {
    rings.get(buffer)?.();
    return Number(rings.delete(buffer));
  });
}

/** Promise callbacks run between the steps; more of them than any chain here is long. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}

function told(waiters: readonly { done: boolean }[]): string {
  return waiters.map(({ done }) => (done ? '+' : '-')).join('');
}

/** A million calls of expect() would take longer than what is tested. */
function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

type Options = typeof options extends fc.Arbitrary<infer T> ? T : never;

async function runSequence(
  commands: readonly Command[],
  { capacity, capacityCost, overflow, keepAsyncContext, marks, atHighMark, hasProducer }: Options,
): Promise<void> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const cct: PrimitiveContext = { ...bareContext(clock), reportError: () => void log.push('error') };
  const model = new Model(capacity, capacityCost, overflow, marks, atHighMark, hasProducer);
  const limited = capacity < Infinity || capacityCost < Infinity;
  const bounded = limited || marks !== undefined;
  const onHighWater = (): void => {
    log.push('high');
    if (atHighMark === 'pauses') finisher.pause();
  };
  const finisher = new Finisher(cct, {
    keepAsyncContext,
    ...(bounded
      ? {
          limits: limits({
            overflow,
            ...(limited ? { capacity, capacityCost } : {}),
            ...(marks ? { ...marks, onHighWater, onLowWater: () => log.push('low') } : {}),
          }),
        }
      : {}),
  });
  const producer = hasProducer ? new Producer(finisher) : undefined;
  const aborts: [AbortController, Entry][] = [];
  const ends: { done: boolean; model: { done: boolean } }[] = [];
  let nextId = 0;

  const make = (id: number, how: Behaviour): Completion => {
    const completion = (result: number): unknown => {
      log.push(`${id}=${result}`);
      // what was dropped or withdrawn is told, and does nothing more
      if (result === -EAGAIN || result === -ECANCELED) return undefined;
      if (how.kind === 'throws') throw new Error('as asked');
      if (how.kind === 'pauses') finisher.pause();
      if (how.kind === 'queues') queue(how.r, { kind: 'plain' });
      if (how.kind === 'destroys') {
        void finisher.destroy();
        if (how.returnsPromise) return new Promise(() => undefined);
      }
      if (how.kind === 'promise') {
        return new Promise<void>((resolve, reject) =>
          clock.setTimeout(() => (how.rejects ? reject(new Error('as asked')) : resolve()), how.delay),
        );
      }
      return undefined;
    };
    return completion;
  };
  const queue = (r: number, how: Behaviour, given?: { cost?: number; signal?: AbortSignal }): void => {
    const id = nextId++;
    try {
      finisher.queue(make(id, how), r, given);
    } catch {
      log.push(`${id} refused`);
    }
  };
  const follow = (promise: Promise<void>, waiter: { done: boolean }): void => {
    const end = { done: false, model: waiter };
    ends.push(end);
    void promise.then(() => (end.done = true));
  };

  for (const step of commands) {
    switch (step.op) {
      case 'queue': {
        const controller = new AbortController();
        queue(step.r, step.behaviour, { cost: step.cost, ...(step.signal ? { signal: controller.signal } : {}) });
        const entry = model.queue(step.r, step.behaviour, step.cost);
        if (step.signal && entry) aborts.push([controller, entry]);
        break;
      }
      case 'list':
        {
          const list = step.behaviours.map((how, i) => make(nextId + i, how));
          nextId += list.length;
          try {
            finisher.queue(list);
          } catch {
            log.push(`${nextId - list.length} refused`);
          }
          const first = model.nextId;
          for (const how of step.behaviours) {
            model.queue(0, how, 1);
            if (model.log.at(-1) === `${model.nextId - 1} refused`) break;
          }
          model.nextId = first + step.behaviours.length;
        }
        break;
      case 'remote':
        if (!producer) break;
        try {
          producer.queue(make(nextId, step.behaviour), step.r);
        } catch {
          log.push(`${nextId} refused`);
        }
        nextId++;
        model.remote(step.r, step.behaviour);
        break;
      case 'abort': {
        const pair = aborts[step.which];
        if (!pair) break;
        pair[0].abort();
        model.abort(pair[1]);
        break;
      }
      case 'pause':
        finisher.pause();
        if (!model.stopping) model.paused = true;
        break;
      case 'resume':
        finisher.resume();
        model.paused = false;
        break;
      case 'start':
        if (model.closing) expect(() => finisher.start()).toThrow('closed');
        else {
          finisher.start();
          model.started = true;
          model.stopping = false;
        }
        break;
      case 'stop':
        follow(finisher.stop(), model.stop());
        break;
      case 'close':
        follow(finisher.close(), model.close());
        break;
      case 'destroy':
        follow(finisher.destroy(), model.destroy());
        break;
      case 'waitForEmpty':
        follow(finisher.waitForEmpty(), model.wait(model.isEmpty()));
        break;
      case 'turn':
        await microtasks();
        clock.runDeferred();
        await microtasks();
        model.turn();
        break;
      case 'advance':
        for (let ms = 0; ms < step.ms; ms++) {
          await microtasks();
          clock.advance(1);
          await microtasks();
          clock.runDeferred();
          await microtasks();
          clock.runDeferred();
          model.turn();
          model.now++;
          model.turn();
        }
        break;
    }
    await microtasks();
    same('who has been told of an end', told(ends), told(ends.map((end) => end.model)));
    same('length', finisher.length, model.waiting.length);
    same('cost', finisher.cost, bounded ? model.cost : model.waiting.length);
    same('closed', finisher.closed, model.closing);
  }

  // the end: everything is settled, nothing stays pending for ever
  follow(finisher.close(), model.close());
  for (let ms = 0; ms < 60 && !(ends.every((end) => end.done) && model.waiting.length === 0); ms++) {
    await microtasks();
    clock.advance(1);
    await microtasks();
    model.turn();
    model.now++;
    model.turn();
  }
  same('log', log.join(), model.log.join());
  same('length', finisher.length, 0);
  same('started', finisher.started, false);
  same('promises that stayed pending', ends.filter((end) => !end.done).length, 0);
}

describe('Finisher, any sequence of calls', () => {
  beforeAll(ringAtOnce);
  afterAll(() => void jest.restoreAllMocks());

  it('does what a plain list would, and settles everything', async () => {
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 14 }), options, runSequence), {
      numRuns: RUNS,
      seed: 20_261_124,
    });
  }, 300_000);
});
