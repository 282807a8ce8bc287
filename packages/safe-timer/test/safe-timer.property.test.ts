import { describe, it } from '@jest/globals';
import { bareContext, ERRNO, limits, VirtualClock } from '@cephts/common';
import type { PrimitiveContext } from '@cephts/common';
import fc from 'fast-check';
import { SafeTimer } from '../src/index.js';

// Random sequences of every call of the API, run against the SafeTimer and against the plain model below, on a virtual clock.

const RUNS = 20_000;
const { EAGAIN, ECANCELED } = ERRNO;

type Behaviour =
  | { kind: 'plain' }
  | { kind: 'throws' }
  | { kind: 'adds'; ms: number }
  | { kind: 'cancels'; which: number }
  | { kind: 'pauses' }
  | { kind: 'promise'; delay: number };

type Command =
  | { op: 'after'; ms: number; behaviour: Behaviour; signal: boolean }
  | { op: 'at'; ms: number }
  | { op: 'every'; ms: number; signal: boolean }
  | { op: 'cancel' | 'abort' | 'has'; which: number }
  | { op: 'cancelAll' | 'pause' | 'resume' | 'shutdown' | 'close' | 'destroy' | 'waitForEmpty' }
  | { op: 'step'; ms: number }
  | { op: 'advance'; ms: number };

interface Event {
  id: number;
  at: number;
  every: number;
  start: number;
  behaviour: Behaviour;
}

/** What a SafeTimer promises, in the plainest code: a list, searched for the earliest event. */
class Model {
  readonly log: string[] = [];
  pending: Event[] = [];
  now = 0;
  nextId = 0;
  closed = false;
  paused = false;
  ended = false;
  verdict = 0;
  busyUntil: number | undefined;
  busyWith: Event | undefined;

  constructor(readonly capacity: number) {}

  add(at: number, behaviour: Behaviour, every = 0): Event | undefined {
    const id = this.nextId++;
    if (this.closed) return undefined;
    if (this.pending.length + (this.recurringRuns() ? 1 : 0) >= this.capacity) {
      this.log.push(`${id}=${-EAGAIN}`);
      return undefined;
    }
    const event: Event = { id, at: Math.max(at, this.now), every, start: this.now, behaviour };
    this.pending.push(event);
    return event;
  }

  /** A recurring event keeps its place while it runs. */
  recurringRuns(): boolean {
    return this.busyWith !== undefined && this.busyWith.every > 0;
  }

  recurs(): boolean {
    return this.recurringRuns() || this.pending.some((event) => event.every > 0);
  }

  has(event: Event | undefined): boolean {
    return event !== undefined && (this.pending.includes(event) || (this.recurringRuns() && this.busyWith === event));
  }

  cancel(event: Event | undefined): boolean {
    if (!event || !this.has(event)) return false;
    if (this.busyWith === event) this.busyWith = undefined;
    this.pending = this.pending.filter((other) => other !== event);
    return true;
  }

  cancelAll(): number {
    const count = this.pending.length + (this.recurringRuns() ? 1 : 0);
    this.pending = [];
    this.busyWith = undefined;
    return count;
  }

  close(): void {
    this.closed = true;
    this.paused = false;
    for (const event of [...this.pending]) if (event.every > 0 && this.verdict === 0) this.cancel(event);
    if (this.verdict === 0 && this.recurringRuns()) this.busyWith = undefined;
  }

  again(event: Event): void {
    if (this.verdict !== 0) return;
    event.at = event.start + (Math.floor((this.now - event.start) / event.every) + 1) * event.every;
    this.pending.push(event);
  }

  turn(): void {
    if (this.busyUntil !== undefined && this.busyUntil <= this.now) {
      this.busyUntil = undefined;
      if (this.busyWith && this.busyWith.every > 0) this.again(this.busyWith);
      this.busyWith = undefined;
    }
    while (!this.paused && this.busyUntil === undefined) {
      let next: Event | undefined;
      // the earliest, and of equal ones the first: the list is in order of insertion
      for (const event of this.pending) if (!next || event.at < next.at) next = event;
      if (!next || (next.at > this.now && this.verdict === 0)) return;
      this.pending = this.pending.filter((other) => other !== next);
      this.run(next);
    }
  }

  run(event: Event): void {
    this.log.push(`${event.id}@${this.now}${this.verdict === 0 ? '' : `=${this.verdict}`}`);
    this.busyWith = event;
    const { behaviour } = event;
    if (this.verdict === 0) {
      if (behaviour.kind === 'throws') this.log.push('error');
      if (behaviour.kind === 'pauses' && !this.closed) this.paused = true;
      if (behaviour.kind === 'adds') this.add(this.now + behaviour.ms, { kind: 'plain' });
      if (behaviour.kind === 'cancels') this.log.push(`cancel ${this.cancel(this.events[behaviour.which])}`);
      if (behaviour.kind === 'promise') {
        this.busyUntil = this.now + behaviour.delay;
        return;
      }
    }
    if (this.busyWith && event.every > 0) this.again(event);
    this.busyWith = undefined;
  }

  /** Events by the order in which the sequence added them. */
  readonly events: (Event | undefined)[] = [];
}

const behaviour = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Behaviour>({ kind: 'plain' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'throws' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'pauses' }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0.25, 1, 3, 64, 5000).map((ms): Behaviour => ({ kind: 'adds', ms })) },
  { weight: 2, arbitrary: fc.nat(8).map((which): Behaviour => ({ kind: 'cancels', which })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2.5, 70).map((delay): Behaviour => ({ kind: 'promise', delay })) },
);
const delay = fc.constantFrom(-3, 0, 0.25, 0.5, 1, 1.5, 2, 3, 63, 64, 65, 4095, 4096, 262_144, 2 ** 31, 2 ** 40);

const command = fc.oneof(
  { weight: 12, arbitrary: fc.record({ op: fc.constant('after' as const), ms: delay, behaviour, signal: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('at' as const), ms: delay }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('every' as const), ms: fc.constantFrom(0.5, 1, 7, 100), signal: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constantFrom('cancel' as const, 'abort' as const, 'has' as const), which: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Command>({ op: 'cancelAll' }, { op: 'shutdown' }, { op: 'close' }, { op: 'destroy' }) },
  { weight: 3, arbitrary: fc.constantFrom<Command>({ op: 'pause' }, { op: 'resume' }, { op: 'waitForEmpty' }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('step' as const), ms: fc.integer({ min: -5000, max: 5000 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.constantFrom(0, 0.25, 1, 2, 10, 65, 5000, 2 ** 31) }),
  },
);

function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}

async function runSequence(commands: readonly Command[], capacity: number): Promise<void> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const cct: PrimitiveContext = { ...bareContext(clock), reportError: () => void log.push('error') };
  const timer = new SafeTimer(cct, capacity < Infinity ? { limits: limits({ capacity, overflow: 'drop-newest' }) } : {});
  const model = new Model(capacity);
  const added: number[] = [];
  const aborts: AbortController[] = [];
  const ends: { done: boolean }[] = [];
  let nextId = 0;

  const callback = (how: Behaviour): ((r: number) => unknown) => {
    const id = nextId++;
    return (r) => {
      if (r === -EAGAIN) {
        log.push(`${id}=${r}`);
        return undefined;
      }
      log.push(`${id}@${clock.monotonicNow()}${r === 0 ? '' : `=${r}`}`);
      if (r !== 0) return undefined;
      if (how.kind === 'throws') throw new Error('as asked');
      if (how.kind === 'pauses') timer.pause();
      if (how.kind === 'adds') timer.addEventAfter(how.ms, callback({ kind: 'plain' }));
      if (how.kind === 'cancels') log.push(`cancel ${timer.cancelEvent(added[how.which] ?? 0)}`);
      if (how.kind === 'promise') return new Promise<void>((resolve) => clock.setTimeout(resolve, how.delay));
      return undefined;
    };
  };
  const follow = (promise: Promise<void>): void => {
    const end = { done: false };
    ends.push(end);
    void promise.then(() => (end.done = true));
  };
  /** Time moves from one thing that happens to the next, in both worlds. */
  const advance = async (until: number): Promise<void> => {
    for (;;) {
      for (let quiet = 0; quiet < 2; quiet++) {
        await microtasks();
        clock.advance(0);
      }
      model.turn();
      const next = Math.min(clock.nextTimerAt ?? Infinity, until);
      if (model.now >= until) return;
      clock.advance(next - clock.monotonicNow());
      model.now = clock.monotonicNow();
    }
  };

  for (const step of commands) {
    switch (step.op) {
      case 'after':
      case 'every': {
        const controller = new AbortController();
        const given = step.signal ? { signal: controller.signal } : undefined;
        const how: Behaviour = step.op === 'after' ? step.behaviour : { kind: 'plain' };
        added.push(
          step.op === 'after'
            ? timer.addEventAfter(step.ms, callback(how), given)
            : timer.addEventEvery(step.ms, callback(how), given),
        );
        model.events.push(model.add(model.now + step.ms, how, step.op === 'every' ? step.ms : 0));
        aborts.push(controller);
        if (!step.signal) aborts[aborts.length - 1] = new AbortController();
        same('added', (added.at(-1) ?? 0) > 0, model.events.at(-1) !== undefined);
        break;
      }
      case 'at':
        added.push(timer.addEventAt(clock.now() + step.ms, callback({ kind: 'plain' })));
        model.events.push(model.add(model.now + step.ms, { kind: 'plain' }));
        aborts.push(new AbortController());
        break;
      case 'cancel':
        same('cancelEvent', timer.cancelEvent(added[step.which] ?? 0), model.cancel(model.events[step.which]));
        break;
      case 'has':
        same('hasEvent', timer.hasEvent(added[step.which] ?? 0), model.has(model.events[step.which]));
        break;
      case 'abort': {
        const command = commands.filter((other) => ['after', 'every', 'at'].includes(other.op))[step.which];
        if (step.which >= aborts.length || !command || command.op === 'at' || !('signal' in command) || !command.signal) break;
        aborts[step.which]?.abort();
        model.cancel(model.events[step.which]);
        break;
      }
      case 'cancelAll':
        same('cancelAllEvents', timer.cancelAllEvents(), model.cancelAll());
        break;
      case 'pause':
        timer.pause();
        if (!model.closed) model.paused = true;
        break;
      case 'resume':
        timer.resume();
        model.paused = false;
        break;
      case 'shutdown':
        timer.shutdown();
        model.closed = true;
        model.cancelAll();
        break;
      case 'close':
      case 'destroy':
        if (step.op === 'destroy') {
          model.verdict = -ECANCELED;
          model.busyUntil = undefined;
          if (model.recurringRuns()) return;
          model.busyWith = undefined;
        }
        follow(step.op === 'close' ? timer.close() : timer.destroy());
        model.close();
        break;
      case 'waitForEmpty':
        follow(timer.waitForEmpty());
        break;
      case 'step':
        clock.stepWallClock(step.ms);
        break;
      case 'advance':
        // a beat of half a millisecond over 2^31 of them would never end
        await advance(clock.monotonicNow() + (model.recurs() ? Math.min(step.ms, 20) : step.ms));
        break;
    }
    same('length', timer.length, model.pending.length);
    same('closed', timer.closed, model.closed);
  }

  // the end: nothing stays pending for ever
  follow(timer.close());
  model.close();
  await advance(clock.monotonicNow() + 2 ** 42);
  same('log', log.join(), model.log.join());
  same('length', timer.length, 0);
  same('promises that stayed pending', ends.filter((end) => !end.done).length, 0);
  same('timers of the platform', clock.pending, 0);
}

describe('SafeTimer, any sequence of calls', () => {
  it('does what a plain list would, and leaves nothing pending', async () => {
    const capacity = fc.constantFrom(Infinity, Infinity, 3);
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 14 }), capacity, runSequence), {
      numRuns: RUNS,
      seed: 20_261_124,
    });
  }, 300_000);
});
