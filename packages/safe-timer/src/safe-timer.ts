import {
  AbortHub,
  bindAsyncContext,
  checkOptionTypes,
  completeReporting,
  invalidOption,
  Pacer,
  primitiveContext,
  publish,
  resultOf,
} from '@cephts/common';
import type {
  Clock,
  Completion,
  LoopThread,
  Mutex,
  PrimitiveContext,
  QueueCounters,
  QueueLimits,
  TimerHandle,
} from '@cephts/common';
import { TYPES } from './options.js';
import type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';
import { MAX_TIME, TimerWheel } from './timer-wheel.js';

/** Due a microsecond early is due: sums of fractions round, and an alarm must not ring again and again for the last bit. */
const TOLERANCE = 0.001;
/** The longest delay a platform's timer takes; a longer one would fire after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/** What an event may have beside a time and a callback. */
interface Special {
  readonly cost: number;
  /** Recurs every so many ms; 0: it does not. */
  readonly every: number;
  /** Stops listening to its signal. */
  readonly forget: (() => void) | undefined;
}

/** What is wrong with an event. */
function refusal(ms: number, callback: Completion): Error {
  return callback ? invalidOption('ms', 'a number below 2^46', ms) : invalidOption('callback', 'a Context or a function', callback);
}

/**
 * Timed events on a thread of their own which, once cancelled, never run.
 *
 * Guarantees: after {@link cancelEvent} said true, the callback never runs; with safe callbacks, whoever holds the lock (where there is
 * none: everybody, since the isolate is the lock) may also take false as "has returned". Callbacks run in order of time, equal times
 * (those within the same quarter of a millisecond) in order of insertion, one at a time; one that returns a promise holds the next ones up
 * until it settles. Nothing runs early, nor inside the call that adds it. However many events wait, the platform sees one timer.
 *
 * Delays are in milliseconds, of any length, on the monotonic clock.
 *
 * @see src/common/Timer.cc (16.2.15)
 */
export class SafeTimer {
  readonly #cct: PrimitiveContext;
  readonly #clock: Clock;
  readonly #options: SafeTimerOptions;
  readonly #thread: LoopThread;
  readonly #pacer: Pacer;
  readonly #limits: QueueLimits | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #wheel = new TimerWheel<Completion>();
  /** Of the events that have any, by slot. */
  readonly #specials = new Map<number, Special>();
  readonly #hub = new AbortHub();
  /** The lock that safe callbacks run under. */
  readonly #lock: Mutex | undefined;
  #locked = false;

  /** The one timer of the platform, and when it rings. Moved ahead at once, never back: a ring too early finds nothing due. */
  #alarm: TimerHandle;
  #alarmAt = Infinity;

  #stopping = false;
  /** Events need nothing but to be added: started, open, no limits, no counters, no asynchronous context. */
  #plain = false;
  #paused = false;
  /** Its turn is on the stack. */
  #running = false;
  /** The promise of the callback that runs; what follows waits for it. */
  #awaiting: PromiseLike<unknown> | undefined;
  /** What all that is pending is given: an error's number once {@link destroy} was called. */
  #verdict = 0;
  readonly #waiters: (() => void)[] = [];
  /** Somebody has to know when an event is over: special events, waiters, the option `ref`. True until nothing is pending. */
  #watched: boolean | undefined;

  /**
   * @param cct clock, thread table, perf counters; a bare one (no table, no counters) where not given
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext = primitiveContext(), options: SafeTimerOptions = {}) {
    checkOptionTypes('SafeTimer', TYPES, options);
    const { name, threadName = 'safe_timer', owner = 'SafeTimer', purpose = 'Runs timed events.' } = options;
    this.#cct = cct;
    this.#clock = cct.clock;
    this.#options = options;
    this.#lock = options.safeCallbacks === false ? undefined : options.lock;
    this.#pacer = new Pacer(cct.clock, options.sliceMs);
    this.#limits = options.limits?.(this.#report, false);
    this.#counters = name === undefined ? name : cct.queueCounters?.(`timer-${name}`, 'lateness', options.latencyHistogram);
    this.#watched = options.ref;
    this.#thread = cct.newThread({
      name: threadName,
      owner,
      purpose,
      entry: (deadline) => {
        this.#running = true;
        try {
          return this.#timerThread(deadline);
        } finally {
          this.#running = false;
          this.#rest();
        }
      },
    });
  }

  /** Enters the thread table. The first event added does it too. */
  init(): void {
    if (this.#stopping) return;
    this.#thread.startAsleep();
    this.#plain = !this.#limits && !this.#counters && !this.#options.keepAsyncContext;
  }

  /** Events that are pending; one that runs is not among them, unless it recurs. */
  get length(): number {
    return this.#wheel.length;
  }

  /** Cost of the pending events; the same as `length` where there are no limits. */
  get cost(): number {
    return this.#limits?.cost ?? this.length;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** True once {@link shutdown}, {@link close} or {@link destroy} was called: nothing more is added. */
  get closed(): boolean {
    return this.#stopping;
  }

  /**
   * Completes `callback` with 0 once `ms` milliseconds have passed. O(1) whatever is pending.
   *
   * @param ms of any length below 2^46; 0 or less: as soon as the event loop comes round
   * @returns the event; 0 where the timer has been shut down, or where it is full (policy `drop-newest`, the callback told -EAGAIN), or
   *   where the signal has aborted
   * @throws CephError `ERR_CEPH_FULL`, `ERR_CEPH_INVALID_OPTION`
   */
  addEventAfter(ms: number, callback: Completion, options?: EventOptions): TimerEvent {
    const time = this.#timeAfter(ms, callback);
    if (options || !this.#plain) return this.#addSpecial(time, callback, 0, options);
    const event = this.#wheel.add(time, callback);
    if (time < this.#alarmAt && !this.#running) this.#arm();
    return event;
  }

  /**
   * As {@link addEventAfter}, at a time of the wall clock: ms since 1970, or a Date. How long that is from now is reckoned once, here;
   * stepping the wall clock later does not move the event (upstream waits on the wall clock, and moves).
   */
  addEventAt(when: number | Date, callback: Completion, options?: EventOptions): TimerEvent {
    return this.addEventAfter(Number(when) - this.#clock.now(), callback, options);
  }

  /**
   * Completes `callback` with 0 every `ms` milliseconds until it is cancelled. The beats are counted from now, so they do not drift; a
   * beat that falls due while the callback still runs, or while the event loop is held up, is left out, so they neither overlap nor pile up.
   */
  addEventEvery(ms: number, callback: Completion, options?: EventOptions): TimerEvent {
    if (!(ms > 0)) throw invalidOption('ms', 'a number above 0', ms);
    return this.#addSpecial(this.#timeAfter(ms, callback), callback, ms, options);
  }

  /** Is the event pending? A recurring one is, also while it runs. */
  hasEvent(event: TimerEvent): boolean {
    return this.#wheel.slotOf(event) > 0;
  }

  /**
   * True: the event was pending and its callback never runs (a recurring one: not again). False: it was never there, has run, or is
   * running now.
   */
  cancelEvent(event: TimerEvent): boolean {
    const slot = this.#wheel.slotOf(event);
    return slot > 0 && this.#cancel(slot);
  }

  /** Cancels every event. @returns how many were pending */
  cancelAllEvents(): number {
    return this.#wheel.events().filter((event) => this.cancelEvent(event)).length;
  }

  /** Lets the running callback end; no more follow until {@link resume}. Time goes on: what falls due meanwhile runs then. */
  pause(): void {
    this.#paused = !this.#stopping;
    this.#pacer.end();
  }

  resume(): void {
    this.#paused = false;
    this.#thread.wake();
  }

  /** Resolves when nothing is pending and nothing runs; at once where that is so. A recurring event is always pending. */
  waitForEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#watched = true;
      this.#waiters.push(resolve);
      this.#rest();
    });
  }

  /**
   * Cancels every event, takes no more, and leaves the thread table, all at once; final. From within a callback it does the same (where
   * upstream would wait for itself).
   */
  shutdown(): void {
    this.#stopping = true;
    this.#plain = false;
    this.cancelAllEvents();
    if (this.#thread.started) this.#publish('stop');
    this.#disarm();
    this.#thread.stop();
    this.#counters?.remove();
    this.#rest();
  }

  /** Takes no more, ends recurring events, lets the others run at their time (lifting a pause), then shuts down. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#plain = false;
    for (const [slot, { every }] of this.#specials) {
      // destroy tells them, but for the one that runs, which has no time
      if (every > 0 && !(this.#verdict && this.#wheel.timeOf(slot) < MAX_TIME)) this.#cancel(slot);
    }
    this.resume();
    await this.waitForEmpty();
    this.shutdown();
  }

  /**
   * Completes everything pending with the error's errno (-ECANCELED where it has none), in order and on the timer's thread, then shuts
   * down. Waits for no promise that a callback returned before, unless the callback holds the `lock` until that settles.
   */
  destroy(error?: unknown): Promise<void> {
    this.#verdict ||= resultOf(error);
    // but for the lock: the callback that runs holds it, or it was asked for and will be given
    if (!this.#lock) this.#awaiting = undefined;
    this.#pacer.end();
    return this.close();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** When an event is due that is added now. */
  #timeAfter(ms: number, callback: Completion): number {
    const time = this.#clock.monotonicNow() + (ms < 0 ? 0 : +ms);
    if (time < MAX_TIME && callback) return time;
    throw refusal(ms, callback);
  }

  /** Adds an event where there is anything to see to. @returns 0 where it was not taken */
  #addSpecial(time: number, callback: Completion, every: number, { signal, cost = 1 }: EventOptions = {}): TimerEvent {
    const limits = this.#limits;
    if (this.#stopping || signal?.aborted) return 0;
    if (limits?.isFull(cost)) {
      this.#publish('overflow');
      limits.makeRoom(callback, cost);
      return 0;
    }
    this.init();
    if (this.#options.keepAsyncContext) callback = bindAsyncContext(callback);
    let event = 0;
    const forget = signal && this.#hub.add(signal, () => this.cancelEvent(event));
    event = this.#wheel.add(time, callback);
    this.#specials.set(this.#wheel.slotOf(event), { cost, every, forget });
    this.#watched = true;
    this.#counters?.length(this.length);
    if (time < this.#alarmAt && !this.#running) this.#arm();
    limits?.add(cost);
    return event;
  }

  #cancel(slot: number): true {
    this.#wheel.remove(slot);
    if (this.#watched) this.#left(slot);
    return true;
  }

  /** Sets the alarm to the first event; during a turn that comes last. */
  #arm(): void {
    const clock = this.#clock;
    const now = clock.monotonicNow();
    this.#disarm();
    this.#wheel.turnTo(now);
    const at = this.#wheel.earliest();
    // one that may get lost is set again with every event
    if (!clock.forgets?.()) this.#alarmAt = at;
    const ring = (): void => {
      this.#alarmAt = Infinity;
      this.#thread.turn();
    };
    this.#alarm = clock.setTimeout(ring, Math.min(Math.max(0, at - now), MAX_DELAY));
    if (!this.#options.ref) clock.unref(this.#alarm);
  }

  #disarm(): void {
    this.#clock.clearTimeout(this.#alarm);
    this.#alarmAt = Infinity;
  }

  /** What is due by now; everything, after destroy. */
  #due(): number {
    return this.#verdict < 0 ? MAX_TIME : this.#clock.monotonicNow() + TOLERANCE;
  }

  #timerThread(deadline: number): boolean {
    const wheel = this.#wheel;
    this.#pacer.begin(deadline);
    for (let due; wheel.earliest() <= (due = this.#due());) {
      if (this.#paused || this.#awaiting || !this.#acquire()) return false;
      // one look at the clock for all that is due, as upstream has it
      for (let slot; (slot = wheel.firstDue(due)) > 0;) {
        this.#run(slot);
        if (this.#pacer.isOver()) return true;
      }
    }
    if (wheel.earliest() < this.#alarmAt) this.#arm();
    return false;
  }

  #run(slot: number): void {
    const callback = this.#wheel.items[slot]!;
    let again;
    if (this.#watched) again = this.#take(slot);
    else this.#wheel.remove(slot);
    const verdict = this.#verdict;
    const promise = completeReporting(callback, verdict, this.#report);
    // what began before destroy() is not waited for, not even by what it called
    if (promise && (this.#lock || verdict === this.#verdict)) void this.#await(promise, again);
    else again?.();
  }

  /** Takes out an event that is going to run. @returns what to do when it has run, if it recurs */
  #take(slot: number): (() => void) | undefined {
    const wheel = this.#wheel;
    const special = this.#specials.get(slot);
    const time = wheel.timeOf(slot);
    if (this.#verdict === 0) this.#counters?.latency(this.#clock.monotonicNow() - time);
    if (!special?.every || this.#verdict < 0) return void this.#cancel(slot);
    const { every } = special;
    wheel.move(slot, Infinity);
    // its next beat, unless it was cancelled meanwhile
    return () => {
      if (this.#specials.get(slot) === special) wheel.move(slot, time + Math.floor((this.#due() - time) / every + 1) * every);
    };
  }

  async #await(promise: PromiseLike<unknown>, then: (() => void) | undefined): Promise<void> {
    this.#awaiting = promise;
    this.#pacer.end();
    try {
      await promise;
    } finally {
      // whoever waits for the lock comes before the next event
      this.#release();
      then?.();
      if (this.#awaiting === promise) this.#awaiting = undefined;
      this.#thread.wake();
      if (!this.#thread.started) this.#rest();
    }
  }

  /** Gives the lock back, and tells those who wait for empty, unless a callback runs. (Awaiting a lock that it has not, none does.) */
  #rest(): void {
    if (this.#running || (this.#awaiting && this.#locked === !!this.#lock)) return;
    this.#release();
    if (this.length > 0) return;
    this.#watched = this.#options.ref;
    if (this.#watched) this.#disarm();
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Takes the lock. @returns false when it has to be waited for; a turn follows then */
  #acquire(): boolean {
    const lock = this.#lock;
    if (!lock || this.#locked || (this.#locked = lock.tryLock())) return true;
    void this.#await(lock.lock(), () => (this.#locked = true));
    return false;
  }

  #release(): void {
    if (!this.#locked) return;
    this.#locked = false;
    // it throws where a callback has unlocked it
    completeReporting(() => this.#lock!.unlock(), 0, this.#report);
  }

  /** An event is pending no more. */
  #left(slot: number): void {
    const special = this.#specials.get(slot);
    if (special) {
      this.#specials.delete(slot);
      special.forget?.();
      this.#limits?.remove(special.cost);
    }
    this.#counters?.length(this.length);
    this.#rest();
  }

  readonly #report = (error: unknown): void => {
    this.#publish('error', error);
    try {
      if (!this.#options.onError) throw error;
      this.#options.onError(error);
    } catch (unheard) {
      this.#cct.reportError(unheard, this.#thread.name);
    }
  };

  #publish(event: 'stop' | 'overflow' | 'error', error?: unknown): void {
    publish(`cephts:safe-timer:${event}`, { timer: this, error });
  }
}
