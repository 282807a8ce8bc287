import {
  AbortHub,
  bindAsyncContext,
  Bounds,
  CephError,
  checkOptionTypes,
  completeReporting,
  EAGAIN,
  ECANCELED,
  invalidOption,
  Pacer,
  primitiveContext,
  publish,
} from '@cephts/common';
import type { Clock, Completion, LoopThread, Mutex, PrimitiveContext, QueueCounters, TimerHandle } from '@cephts/common';
import { TYPES } from './options.js';
import type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';
import { MAX_TIME, TimerWheel } from './timer-wheel.js';

/** Due a microsecond early is due: sums of fractions round, and an alarm must not ring again and again for the last bit. */
const TOLERANCE = 0.001;
/** The longest delay a platform's timer takes; a longer one would fire after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/** An event that has more than a time and a callback; a plain one is its callback. */
class SpecialEvent {
  readonly callback: Completion;
  readonly cost: number;
  /** Recurs every so many ms, counted from `first`; 0: it does not. */
  readonly every: number;
  readonly first: number;
  /** Stops listening to its signal. */
  forget: (() => void) | undefined;

  constructor(callback: Completion, cost: number, every: number, first: number) {
    this.callback = callback;
    this.cost = cost;
    this.every = every;
    this.first = first;
  }
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
  readonly #bounds: Bounds | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #wheel = new TimerWheel<Completion | SpecialEvent>();
  readonly #hub = new AbortHub();
  /** The lock that safe callbacks run under. */
  readonly #lock: Mutex | undefined;
  #locked = false;

  /** The one timer of the platform, and when it rings. Moved ahead at once, never back: a ring too early finds nothing due. */
  #alarm: TimerHandle;
  #alarmAt = Infinity;

  #stopping = false;
  /** Events need nothing but to be added: started, open, no bounds, no counters, no asynchronous context. */
  #plain = false;
  #paused = false;
  /** The promise of the callback that runs; what follows waits for it. */
  #awaiting: PromiseLike<unknown> | undefined;
  /** What all that is pending is given: an error's number once {@link destroy} was called. */
  #verdict = 0;
  readonly #waiters: (() => void)[] = [];
  /** Who has to know when an event is over: special events, waiters, the option `ref`. */
  #watchers: number;

  /**
   * @param cct clock, thread table, perf counters; a bare one (no table, no counters) where not given
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext = primitiveContext(), options: SafeTimerOptions = {}) {
    checkOptionTypes('SafeTimer', TYPES, options);
    const { name, threadName = 'safe_timer', owner = 'SafeTimer', purpose = 'Runs events when they are due.' } = options;
    this.#cct = cct;
    this.#clock = cct.clock;
    this.#options = options;
    this.#lock = options.safeCallbacks === false ? undefined : options.lock;
    this.#pacer = new Pacer(cct.clock, options.sliceMs);
    this.#bounds = Bounds.from(options, this.#report);
    this.#counters = name === undefined ? name : cct.queueCounters?.(`timer-${name}`, 'lateness', options.latencyHistogram);
    this.#watchers = options.ref ? 1 : 0;
    this.#thread = cct.newThread({
      name: threadName,
      owner,
      purpose,
      entry: (deadline) => {
        const more = this.#timerThread(deadline);
        if (!this.#awaiting) this.#release();
        return more;
      },
    });
  }

  /** Enters the thread table. The first event added does it too. */
  init(): void {
    if (this.#stopping) return;
    this.#thread.startAsleep();
    this.#plain = !this.#bounds && !this.#counters && !this.#options.keepAsyncContext;
  }

  /** Events that are pending; one that runs is not among them, unless it recurs. */
  get length(): number {
    return this.#wheel.length;
  }

  /** Cost of the pending events; the same as `length` where no limit asks for costs. */
  get cost(): number {
    return this.#bounds?.cost ?? this.length;
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
    return this.#add(ms, callback, 0, options);
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
    return this.#add(ms, callback, ms, options);
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
    if (slot === 0) return false;
    this.#cancel(slot);
    return true;
  }

  /** Cancels every event. @returns how many were pending */
  cancelAllEvents(): number {
    const slots = this.#wheel.slots();
    for (const slot of slots) this.#cancel(slot);
    return slots.length;
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
      this.#watchers++;
      this.#waiters.push(resolve);
      if (!this.#thread.isCurrent) this.#tellIfEmpty();
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
  }

  /** Takes no more, ends recurring events, lets the others run at their time (lifting a pause), then shuts down. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#plain = false;
    for (const slot of this.#wheel.slots()) {
      const event = this.#wheel.items[slot];
      // the one that runs has no time
      const ends = this.#verdict === 0 || this.#wheel.timeOf(slot) === Infinity;
      if (ends && event instanceof SpecialEvent && event.every > 0) this.#cancel(slot);
    }
    this.resume();
    await this.waitForEmpty();
    this.shutdown();
  }

  /**
   * Completes everything pending with the error's errno (-ECANCELED where it has none), in order and on the timer's thread, then shuts
   * down. Waits for no promise that a callback returned before.
   */
  async destroy(error?: unknown): Promise<void> {
    this.#verdict ||= -Math.abs((error as { errno?: number } | undefined)?.errno || ECANCELED);
    // a lock that was asked for will be given, and has to be taken
    if (this.#locked || !this.#lock) this.#awaiting = undefined;
    this.#pacer.end();
    await this.close();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(ms: number, callback: Completion, every: number, options?: EventOptions): TimerEvent {
    const now = this.#clock.monotonicNow();
    const time = now + Math.max(ms, 0);
    if (!(time < MAX_TIME)) throw invalidOption('ms', 'a number below 2^46', ms);
    if (!callback) throw invalidOption('callback', 'a Context or a function', callback);
    if (!this.#plain || options || every > 0) return this.#addChecked(now, time, callback, every, options);
    const event = this.#wheel.add(time, callback, now);
    // the thread itself sets the alarm when it goes to sleep
    if (time < this.#alarmAt && !this.#thread.isCurrent) this.#arm(time);
    return event;
  }

  /** As `#add`, where there is anything to see to. */
  #addChecked(now: number, time: number, callback: Completion, every: number, { signal, cost = 1 }: EventOptions = {}): TimerEvent {
    const bounds = this.#bounds;
    if (this.#stopping || signal?.aborted) return 0;
    if (bounds?.isFull(cost)) {
      this.#publish('overflow');
      if (this.#options.overflow !== 'drop-newest')
        throw new CephError('ERR_CEPH_FULL', `${bounds.items} events are pending`, { errno: EAGAIN });
      completeReporting(callback, -EAGAIN, this.#report);
      return 0;
    }
    bounds?.add(cost);
    if (this.#options.keepAsyncContext) callback = bindAsyncContext(callback);
    const special = new SpecialEvent(callback, cost, every, time);
    this.#watchers++;
    const event = this.#wheel.add(time, special, now);
    if (signal) special.forget = this.#hub.add(signal, () => this.cancelEvent(event));
    this.#counters?.length(this.length);
    this.init();
    if (time < this.#alarmAt && !this.#thread.isCurrent) this.#arm(time);
    return event;
  }

  #cancel(slot: number): void {
    const event = this.#wheel.items[slot]!;
    this.#wheel.remove(slot);
    if (this.#watchers > 0) this.#left(event);
  }

  #arm(at: number): void {
    const clock = this.#clock;
    this.#disarm();
    this.#alarmAt = at;
    this.#alarm = clock.setTimeout(this.#ring, Math.min(Math.max(0, at - clock.monotonicNow()), MAX_DELAY));
    if (!this.#options.ref) clock.unref(this.#alarm);
  }

  #disarm(): void {
    this.#clock.clearTimeout(this.#alarm);
    this.#alarmAt = Infinity;
  }

  readonly #ring = (): void => {
    this.#alarmAt = Infinity;
    this.#thread.turn();
  };

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
        this.#run(slot, due);
        if (this.#pacer.isOver()) return true;
      }
    }
    if (wheel.earliest() < this.#alarmAt) this.#arm(wheel.earliest());
    this.#tellIfEmpty();
    return false;
  }

  #run(slot: number, due: number): void {
    const wheel = this.#wheel;
    const event = wheel.items[slot]!;
    // a function is none: seen at a glance
    const special = typeof event !== 'function' && event instanceof SpecialEvent ? event : undefined;
    if (this.#verdict === 0) this.#counters?.latency(due - TOLERANCE - wheel.timeOf(slot));
    let again;
    if (special?.every && this.#verdict === 0) {
      const { every, first } = special;
      wheel.move(slot, Infinity);
      // its next beat, unless it was cancelled meanwhile
      again = (): void => {
        if (wheel.items[slot] === event) wheel.move(slot, first + Math.floor((this.#due() - first) / every + 1) * every);
      };
    } else this.#cancel(slot);
    const promise = completeReporting(special?.callback ?? (event as Completion), this.#verdict, this.#report);
    if (promise) this.#await(promise, again);
    else again?.();
  }

  #await(promise: PromiseLike<unknown>, then: (() => void) | undefined): void {
    this.#awaiting = promise;
    this.#pacer.end();
    const done = (): void => {
      // whoever waits for the lock comes before the next event
      this.#release();
      then?.();
      if (this.#awaiting !== promise) return;
      this.#awaiting = undefined;
      this.#thread.wake();
      if (this.#thread.started) return;
      this.#release();
      this.#tellIfEmpty();
    };
    promise.then(done, (error: unknown) => {
      this.#report(error);
      done();
    });
  }

  /** Takes the lock. @returns false when it has to be waited for; a turn follows then */
  #acquire(): boolean {
    const lock = this.#lock;
    if (!lock || this.#locked) return true;
    this.#locked = lock.tryLock();
    if (!this.#locked) this.#await(lock.lock(), () => (this.#locked = true));
    return this.#locked;
  }

  #release(): void {
    if (this.#locked) this.#lock?.unlock();
    this.#locked = false;
  }

  /** An event is pending no more. */
  #left(event: Completion | SpecialEvent): void {
    if (event instanceof SpecialEvent) {
      this.#watchers--;
      event.forget?.();
      this.#bounds?.remove(event.cost);
    }
    this.#counters?.length(this.length);
    if (!this.#thread.isCurrent) this.#tellIfEmpty();
    if (this.#options.ref && this.length === 0) this.#disarm();
  }

  #tellIfEmpty(): void {
    if (this.length > 0 || this.#awaiting) return;
    for (const resolve of this.#waiters.splice(0)) {
      this.#watchers--;
      resolve();
    }
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
