import { describe, it } from '@jest/globals';
import { bareContext, ERRNO, limits, Mutex, VirtualClock } from '@cephts/common';
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
  | { kind: 'promise'; delay: number }
  /** `delay` above 0: it returns a promise after. */
  | { kind: 'ends'; how: Ending; delay: number };

type Ending = 'shutdown' | 'close' | 'destroy' | 'waitForEmpty';

type Command =
  | { op: 'after'; ms: number; behaviour: Behaviour; signal: boolean }
  | { op: 'at'; ms: number }
  | { op: 'every'; ms: number; behaviour: Behaviour; signal: boolean }
  | { op: 'cancel' | 'abort' | 'has'; which: number }
  | { op: 'cancelAll' | 'pause' | 'resume' | 'lock' | 'unlock' | Ending }
  | { op: 'step'; ms: number }
  | { op: 'advance'; ms: number };

interface Event {
  id: number;
  at: number;
  every: number;
  start: number;
  behaviour: Behaviour;
}

type Overflow = 'throw' | 'drop-newest';

/** Who may hold the lock: whoever uses the timer, or the timer for its callbacks. */
type Owner = 'user' | 'timer';

/** What a SafeTimer promises, in the plainest code: a list, searched for the earliest event. */
class Model {
  readonly log: string[] = [];
  pending: Event[] = [];
  now = 0;
  nextId = 0;
  closed = false;
  paused = false;
  /** Its thread has ended: what it is still given it gives back without a turn. */
  stopped = false;
  verdict = 0;
  /** When the promise of a callback settles. */
  busyUntil: number | undefined;
  busyWith: Event | undefined;
  holder: Owner | undefined;
  /** Who waits for the lock. */
  queue: Owner[] = [];
  /** The promises given out, and which of them have not resolved. */
  readonly ends: { done: boolean }[] = [];
  waiters: { done: boolean; closes: boolean }[] = [];

  /** @param locks its callbacks run with the lock held */
  constructor(
    readonly capacity: number,
    readonly overflow: Overflow,
    readonly locks: boolean,
  ) {}

  get length(): number {
    return this.pending.length + (this.recurringRuns() ? 1 : 0);
  }

  add(at: number, behaviour: Behaviour, every = 0): Event | undefined {
    const id = this.nextId++;
    if (this.closed) return undefined;
    if (this.length >= this.capacity) {
      this.log.push(this.overflow === 'throw' ? `${id} refused` : `${id}=${-EAGAIN}`);
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
    const count = this.length;
    this.pending = [];
    this.busyWith = undefined;
    return count;
  }

  end(how: Ending): void {
    if (how === 'shutdown') {
      this.closed = this.stopped = true;
      this.cancelAll();
      return;
    }
    if (how === 'destroy') {
      this.verdict = -ECANCELED;
      // the callback that runs has the lock as long as its promise is pending
      if (!this.locks) this.busyUntil = undefined;
    }
    if (how !== 'waitForEmpty') {
      this.closed = true;
      this.paused = false;
      // destroy tells those that wait, too, but ends the one that runs
      for (const event of [...this.pending]) if (event.every > 0 && this.verdict === 0) this.cancel(event);
      if (this.recurringRuns()) this.busyWith = undefined;
    }
    const waiter = { done: false, closes: how !== 'waitForEmpty' };
    this.ends.push(waiter);
    this.waiters.push(waiter);
  }

  lock(): void {
    if (this.holder) this.queue.push('user');
    else this.holder = 'user';
  }

  unlock(): void {
    this.holder = this.queue.shift();
  }

  /** Whoever waits for empty is told, also while the timer waits for the lock. */
  rest(): void {
    if (this.busyUntil !== undefined) return;
    if (this.length === 0) {
      for (const waiter of this.waiters.splice(0)) {
        waiter.done = true;
        this.stopped ||= waiter.closes;
      }
    }
    if (this.stopped && this.holder === 'timer') this.unlock();
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
      // whoever waits for it comes before the next event
      if (this.locks) this.unlock();
    }
    this.runDue();
    if (this.busyUntil === undefined && this.holder === 'timer') this.unlock();
    this.rest();
  }

  runDue(): void {
    while (!this.paused && this.busyUntil === undefined && !this.queue.includes('timer')) {
      let next: Event | undefined;
      // the earliest, and of equal ones the first: the list is in order of insertion
      for (const event of this.pending) if (!next || event.at < next.at) next = event;
      if (!next || (next.at > this.now && this.verdict === 0)) return;
      if (this.locks && this.holder !== 'timer') {
        if (this.holder) {
          this.queue.push('timer');
          return;
        }
        this.holder = 'timer';
      }
      this.pending = this.pending.filter((other) => other !== next);
      this.run(next);
    }
  }

  run(event: Event): void {
    this.log.push(`${event.id}@${this.now}${this.verdict === 0 ? '' : `=${this.verdict}`}`);
    this.busyWith = event;
    this.behave(event);
    if (this.busyUntil !== undefined) return;
    if (this.busyWith && event.every > 0) this.again(event);
    this.busyWith = undefined;
  }

  behave({ behaviour }: Event): void {
    if (this.verdict !== 0) return;
    if (behaviour.kind === 'throws') this.log.push('error');
    if (behaviour.kind === 'pauses' && !this.closed) this.paused = true;
    if (behaviour.kind === 'adds') this.add(this.now + behaviour.ms, { kind: 'plain' });
    if (behaviour.kind === 'cancels') this.log.push(`cancel ${this.cancel(this.events[behaviour.which])}`);
    if (behaviour.kind === 'ends') this.end(behaviour.how);
    // a promise that began before destroy is waited for where it holds the lock only
    if ('delay' in behaviour && behaviour.delay > 0 && (this.verdict === 0 || this.locks))
      this.busyUntil = this.now + behaviour.delay;
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
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('ends' as const),
      how: fc.constantFrom<Ending>('shutdown', 'close', 'destroy', 'waitForEmpty'),
      delay: fc.constantFrom(0, 0, 2.5),
    }),
  },
);
const delay = fc.constantFrom(-3, 0, 0.25, 0.5, 1, 1.5, 2, 3, 63, 64, 65, 4095, 4096, 262_144, 2 ** 31, 2 ** 40);

const command = fc.oneof(
  { weight: 12, arbitrary: fc.record({ op: fc.constant('after' as const), ms: delay, behaviour, signal: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('at' as const), ms: delay }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('every' as const),
      ms: fc.constantFrom(0.5, 1, 7, 100),
      behaviour,
      signal: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constantFrom('cancel' as const, 'abort' as const, 'has' as const), which: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Command>({ op: 'cancelAll' }, { op: 'shutdown' }, { op: 'close' }, { op: 'destroy' }) },
  { weight: 3, arbitrary: fc.constantFrom<Command>({ op: 'pause' }, { op: 'resume' }, { op: 'waitForEmpty' }) },
  { weight: 3, arbitrary: fc.constantFrom<Command>({ op: 'lock' }, { op: 'unlock' }) },
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

const options = fc.record({
  capacity: fc.constantFrom(Infinity, Infinity, 3),
  overflow: fc.constantFrom<Overflow>('throw', 'drop-newest'),
  safeCallbacks: fc.constantFrom(true, true, false),
  hasLock: fc.boolean(),
});
type Options = typeof options extends fc.Arbitrary<infer T> ? T : never;

function told(ends: readonly { done: boolean }[]): string {
  return ends.map(({ done }) => (done ? '+' : '-')).join('');
}

async function runSequence(commands: readonly Command[], { capacity, overflow, safeCallbacks, hasLock }: Options): Promise<void> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const cct: PrimitiveContext = { ...bareContext(clock), reportError: () => void log.push('error') };
  const lock = new Mutex();
  const timer = new SafeTimer(cct, {
    safeCallbacks,
    ...(hasLock ? { lock } : {}),
    ...(capacity < Infinity ? { limits: limits({ capacity, overflow }) } : {}),
  });
  const model = new Model(capacity, overflow, hasLock && safeCallbacks);
  const added: number[] = [];
  const aborts: (AbortController | undefined)[] = [];
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
      if (how.kind === 'adds') add((then) => timer.addEventAfter(how.ms, then), { kind: 'plain' });
      if (how.kind === 'cancels') log.push(`cancel ${timer.cancelEvent(added[how.which] ?? 0)}`);
      if (how.kind === 'ends') end(how.how);
      if ('delay' in how && how.delay > 0) return new Promise<void>((resolve) => clock.setTimeout(resolve, how.delay));
      return undefined;
    };
  };
  const add = (call: (then: (r: number) => unknown) => number, how: Behaviour): number => {
    const id = nextId;
    try {
      return call(callback(how));
    } catch (error) {
      log.push(`${id} refused`);
      same('what it throws', (error as { code?: string }).code, 'ERR_CEPH_FULL');
      return 0;
    }
  };
  const end = (how: Ending): void => {
    const promise = timer[how]();
    if (!promise) return;
    const waiter = { done: false };
    ends.push(waiter);
    void promise.then(() => (waiter.done = true));
  };
  const unlock = (): void => {
    if (model.holder !== 'user') return;
    lock.unlock();
    model.unlock();
  };
  /** Time moves from one thing that happens to the next, in both worlds. */
  const advance = async (until: number): Promise<void> => {
    for (;;) {
      for (let quiet = 0; quiet < 2; quiet++) {
        await microtasks();
        clock.advance(0);
      }
      model.turn();
      same('lock.locked after a turn', lock.locked, model.holder !== undefined);
      same('who has been told of an end by a turn', told(ends), told(model.ends));
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
        const controller = step.signal ? new AbortController() : undefined;
        const given = controller && { signal: controller.signal };
        const call = step.op === 'after' ? 'addEventAfter' : 'addEventEvery';
        added.push(add((then) => timer[call](step.ms, then, given), step.behaviour));
        model.events.push(model.add(model.now + step.ms, step.behaviour, step.op === 'every' ? step.ms : 0));
        aborts.push(controller);
        same('added', (added.at(-1) ?? 0) > 0, model.events.at(-1) !== undefined);
        break;
      }
      case 'at':
        added.push(add((then) => timer.addEventAt(clock.now() + step.ms, then), { kind: 'plain' }));
        model.events.push(model.add(model.now + step.ms, { kind: 'plain' }));
        aborts.push(undefined);
        break;
      case 'cancel':
        same('cancelEvent', timer.cancelEvent(added[step.which] ?? 0), model.cancel(model.events[step.which]));
        break;
      case 'has':
        same('hasEvent', timer.hasEvent(added[step.which] ?? 0), model.has(model.events[step.which]));
        break;
      case 'abort': {
        const controller = aborts[step.which];
        if (!controller) break;
        controller.abort();
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
      case 'close':
      case 'destroy':
      case 'waitForEmpty':
        end(step.op);
        model.end(step.op);
        break;
      case 'lock':
        // one at a time, as a critical section is
        if (model.holder === 'user' || model.queue.includes('user')) break;
        void lock.lock();
        model.lock();
        break;
      case 'unlock':
        unlock();
        // the timer may have it now
        await advance(clock.monotonicNow());
        break;
      case 'step':
        clock.stepWallClock(step.ms);
        break;
      case 'advance':
        // a beat of half a millisecond over 2^31 of them would never end
        await advance(clock.monotonicNow() + (model.recurs() ? Math.min(step.ms, 8) : step.ms));
        break;
    }
    if (ends.length > 0) await microtasks();
    model.rest();
    same('length', timer.length, model.length);
    same('closed', timer.closed, model.closed);
    same('lock.locked', lock.locked, model.holder !== undefined);
    same('who has been told of an end', told(ends), told(model.ends));
  }

  // the end: nothing stays pending for ever
  end('close');
  model.end('close');
  await advance(clock.monotonicNow() + 2 ** 41);
  for (let i = 0; i < 3; i++) {
    unlock();
    await advance(clock.monotonicNow() + 100);
  }
  same('log', log.join(), model.log.join());
  same('length', timer.length, 0);
  same('promises that stayed pending', ends.filter((end) => !end.done).length, 0);
  same('lock.locked', lock.locked, false);
  same('timers of the platform', clock.pending, 0);
}

describe('SafeTimer, any sequence of calls', () => {
  it('does what a plain list would, and leaves nothing pending', async () => {
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 14 }), options, runSequence), {
      numRuns: RUNS,
      seed: 20_261_124,
    });
  }, 300_000);
});
