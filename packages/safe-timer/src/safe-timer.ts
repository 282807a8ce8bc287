import {
  AbortHub,
  Bounds,
  captureAsyncContext,
  checkOptionTypes,
  CephError,
  complete,
  CooperativeThread,
  EAGAIN,
  ECANCELED,
  invalidOption,
  isCephError,
  Pacer,
  primitiveContext,
  publish,
} from '@cephts/common';
import type { Completion, OverflowPolicy, PrimitiveContext, QueueCounters } from '@cephts/common';
import { Alarm } from './alarm.js';
import { SAMPLES } from './options.js';
import type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';
import { TimerWheel } from './timer-wheel.js';

/** Due a microsecond early is due: sums of fractions round, and an alarm must not ring again and again for the last bit. */
const TOLERANCE = 0.001;

/** What an event has beside time and callback. */
interface Extra {
  /** Recurs every so many ms, counted from `start`. */
  every: number;
  start: number;
  cost: number;
  forget: (() => void) | undefined;
}

/**
 * Timed events on a thread of their own which, once cancelled, never run.
 *
 * Guarantees: after {@link cancelEvent} said true, the callback never runs; with safe callbacks, whoever holds the lock (where there is
 * none: everybody, since the isolate is the lock) may also take false as "has returned". Callbacks run in order of time, equal times in
 * order of insertion, one at a time; one that returns a promise holds the next ones up until it settles. Nothing runs early, nor inside
 * the call that adds it. However many events wait, the platform sees one timer.
 *
 * Delays are in milliseconds, of any length, on the monotonic clock.
 *
 * @see src/common/Timer.cc (16.2.15)
 */
export class SafeTimer {
  readonly #cct: PrimitiveContext;
  readonly #options: SafeTimerOptions;
  readonly #thread: CooperativeThread;
  readonly #bounds: Bounds | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #alarm: Alarm;
  readonly #pacer: Pacer;
  readonly #wheel = new TimerWheel();
  readonly #extras = new Map<TimerEvent, Extra>();
  readonly #hub = new AbortHub();

  #stopping = false;
  #paused = false;
  /** The promise of the callback that runs; what follows waits for it. */
  #awaiting: PromiseLike<unknown> | undefined;
  /** Is the lock ours, or asked for? */
  #lock: 'free' | 'asked' | 'held' = 'free';
  /** Given to all that is pending, instead of 0, once {@link destroy} was called. */
  #verdict: number | undefined;
  #waiters: (() => void)[] = [];

  /**
   * @param cct clock, thread table, perf counters; a bare one (no table, no counters) where not given
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext = primitiveContext(), options: SafeTimerOptions = {}) {
    checkOptionTypes('SafeTimer', SAMPLES, options);
    // a timer has no line with an oldest entry in front
    if ((options.overflow as OverflowPolicy) === 'drop-oldest')
      throw invalidOption('overflow', 'throw or drop-newest', options.overflow);
    this.#cct = cct;
    this.#options = options;
    this.#pacer = new Pacer(cct.clock, options.sliceMs);
    this.#bounds = Bounds.from(options, (error) => this.#report(error));
    this.#counters =
      options.name === undefined ? undefined : cct.queueCounters?.(`timer-${options.name}`, 'lateness', options.latencyHistogram);
    this.#thread = new CooperativeThread(cct, {
      name: options.threadName ?? 'safe_timer',
      owner: options.owner ?? 'SafeTimer',
      purpose: options.purpose ?? 'Runs events when they are due.',
      entry: (deadline) => this.#timerThread(deadline),
    });
    this.#alarm = new Alarm(cct.clock, options.ref ?? false, () => this.#thread.turn());
  }

  /** Enters the thread table. The first event added does it too. */
  init(): void {
    if (!this.#stopping) this.#thread.start();
  }

  /** Events that are pending; one that runs is not among them. */
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
   * @param ms of any length; 0 or less: as soon as the event loop comes round, in order of time
   * @returns the event; 0 where the timer has been shut down, or where it is full (policy `drop-newest`, the callback told -EAGAIN), or
   *   where the signal has aborted
   * @throws CephError `ERR_CEPH_FULL`, `ERR_CEPH_INVALID_OPTION`
   */
  addEventAfter(ms: number, callback: Completion, options?: EventOptions): TimerEvent {
    return this.#add(this.#cct.clock.monotonicNow() + ms, callback, options);
  }

  /**
   * As {@link addEventAfter}, at a time of the wall clock: ms since 1970, or a Date. How long that is from now is reckoned once, here;
   * stepping the wall clock later does not move the event (upstream waits on the wall clock, and moves).
   */
  addEventAt(when: number | Date, callback: Completion, options?: EventOptions): TimerEvent {
    return this.addEventAfter(Number(when) - this.#cct.clock.now(), callback, options);
  }

  /**
   * Completes `callback` with 0 every `ms` milliseconds until it is cancelled. The beats are counted from now, so they do not drift; a
   * beat that falls due while the callback still runs, or while the event loop is held up, is left out, so they neither overlap nor pile up.
   */
  addEventEvery(ms: number, callback: Completion, options: EventOptions = {}): TimerEvent {
    if (!(ms > 0)) throw invalidOption('ms', 'a number above 0', ms);
    const start = this.#cct.clock.monotonicNow();
    return this.#add(start + ms, callback, options, { every: ms, start });
  }

  /** Is the event pending? */
  hasEvent(event: TimerEvent): boolean {
    const slot = this.#wheel.slotOf(event);
    return slot !== 0 && this.#wheel.isPending(slot);
  }

  /**
   * True: the event was pending and its callback never runs (a recurring one: not again). False: it was never there, has run, or is
   * running now.
   */
  cancelEvent(event: TimerEvent): boolean {
    const slot = this.#wheel.slotOf(event);
    if (slot === 0) return false;
    this.#wheel.remove(slot);
    this.#left(event);
    return true;
  }

  /** Cancels every event. @returns how many were pending */
  cancelAllEvents(): number {
    return this.#wheel.clear((event) => this.#left(event));
  }

  /** Lets the running callback end; no more follow until {@link resume}. Time goes on: what falls due meanwhile runs then. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#thread.wake();
  }

  /** Resolves when nothing is pending and nothing runs; at once where that is so. A recurring event is always pending. */
  waitForEmpty(): Promise<void> {
    if (this.length === 0 && !this.#awaiting && !this.#thread.isCurrent) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Cancels every event, takes no more, and leaves the thread table, all at once; final. From within a callback it does the same (where
   * upstream would wait for itself).
   */
  shutdown(): void {
    this.#stopping = true;
    this.cancelAllEvents();
    this.#end();
  }

  /** Takes no more, ends recurring events, lets the others run at their time (lifting a pause), then shuts down. */
  async close(): Promise<void> {
    this.#stopping = true;
    for (const [event, extra] of this.#extras) {
      if (this.#verdict !== undefined) extra.every = 0;
      else if (extra.every > 0) this.cancelEvent(event);
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
    this.#verdict ??= -((isCephError(error) ? error.errno : undefined) ?? ECANCELED);
    this.#awaiting = undefined;
    await this.close();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(time: number, callback: Completion, options?: EventOptions, recurrence?: Pick<Extra, 'every' | 'start'>): TimerEvent {
    if (this.#stopping || options?.signal?.aborted) return 0;
    if (!Number.isFinite(time))
      throw new CephError('ERR_CEPH_INVALID_OPTION', 'Expected the time of an event to be a finite number of ms');
    if (callback === null || callback === undefined) throw new TypeError('Expected a Context or a function');
    const cost = options?.cost ?? 1;
    if (this.#bounds && !this.#admit(callback, cost)) return 0;
    const run = this.#options.keepAsyncContext ? captureAsyncContext() : undefined;
    const event = this.#wheel.add(time, run ? (r) => run(() => complete(callback, r)) : callback);
    if (options ?? recurrence) {
      const forget = options?.signal && this.#hub.add(options.signal, () => this.cancelEvent(event));
      this.#extras.set(event, { every: 0, start: 0, ...recurrence, cost, forget });
    }
    this.#counters?.length(this.length);
    if (!this.#thread.started) this.#thread.start();
    // the thread sets the alarm itself when it goes to sleep
    if (time < this.#alarm.at && !this.#thread.isCurrent) this.#alarm.set(time);
    return event;
  }

  /** Applies the overflow policy. @returns true when the event may come in */
  #admit(callback: Completion, cost: number): boolean {
    const bounds = this.#bounds as Bounds;
    if (!(cost >= 0)) throw invalidOption('cost', 'a number of at least 0', cost);
    if (!bounds.isFull(cost)) {
      bounds.add(cost);
      return true;
    }
    this.#emit('overflow');
    if (bounds.overflow === 'throw') {
      throw new CephError(
        'ERR_CEPH_FULL',
        `timer ${this.#thread.name} is full: ${bounds.items} events of cost ${bounds.cost} are pending`,
        { errno: EAGAIN },
      );
    }
    try {
      complete(callback, -EAGAIN);
    } catch (error) {
      this.#report(error);
    }
    return false;
  }

  #timerThread(deadline: number): boolean {
    if (this.#paused || this.#awaiting) return false;
    let now = this.#pacer.begin(deadline);
    while (this.#isDue(now)) {
      if (!this.#acquire()) return false;
      for (let slot = this.#wheel.takeDue(this.#due(now)); slot !== 0; slot = this.#wheel.takeDue(this.#due(now))) {
        this.#run(slot, now);
        if (this.#awaiting) return false;
        const over = this.#pacer.isOver();
        if (!over && !this.#paused) continue;
        this.#release();
        return over && !this.#paused;
      }
      now = this.#cct.clock.monotonicNow();
    }
    this.#release();
    this.#alarm.set(this.#wheel.earliest());
    if (this.length === 0) this.#tellEmpty();
    return false;
  }

  #due(now: number): number {
    return this.#verdict === undefined ? now + TOLERANCE : Infinity;
  }

  #isDue(now: number): boolean {
    return this.length > 0 && this.#wheel.earliest() <= this.#due(now);
  }

  #run(slot: number, now: number): void {
    const callback = this.#wheel.callbackOf(slot) as Completion;
    const event = this.#wheel.eventOf(slot);
    this.#counters?.latency(now - this.#wheel.timeOf(slot));
    const extra = this.#extras.get(event);
    const recurs = extra !== undefined && extra.every > 0;
    if (!recurs) {
      this.#wheel.release(slot);
      this.#left(event);
    }
    const r = this.#verdict ?? 0;
    try {
      const result: unknown = typeof callback === 'function' ? callback(r) : callback.complete(r);
      if (typeof result === 'object' && result !== null && 'then' in result) {
        this.#await(result as PromiseLike<unknown>, recurs ? () => this.#again(slot, event, extra) : undefined);
        return;
      }
    } catch (error) {
      this.#report(error);
    }
    if (recurs) this.#again(slot, event, extra);
  }

  /** A recurring event has run: its next beat, unless it was cancelled meanwhile. */
  #again(slot: number, event: TimerEvent, extra: Extra): void {
    if (this.#wheel.callbackOf(slot) === undefined) {
      this.#wheel.release(slot);
    } else if (extra.every === 0) {
      this.#wheel.release(slot);
      this.#left(event);
    } else {
      const { start, every } = extra;
      const beats = Math.floor((this.#cct.clock.monotonicNow() + TOLERANCE - start) / every);
      this.#wheel.put(slot, start + (beats + 1) * every);
    }
  }

  #await(promise: PromiseLike<unknown>, then: (() => void) | undefined): void {
    this.#awaiting = promise;
    const done = (): void => {
      then?.();
      if (this.#awaiting !== promise) return;
      this.#awaiting = undefined;
      this.#release();
      if (this.#thread.started) this.#thread.wake();
      else this.#tellEmpty();
    };
    promise.then(done, (error: unknown) => {
      this.#report(error);
      done();
    });
  }

  /** The lock for safe callbacks. @returns false when it has to be waited for; a turn follows then */
  #acquire(): boolean {
    const { lock, safeCallbacks = true } = this.#options;
    if (!lock || !safeCallbacks || this.#lock === 'held') return true;
    if (this.#lock === 'free' && lock.tryLock()) {
      this.#lock = 'held';
      return true;
    }
    if (this.#lock === 'free') {
      this.#lock = 'asked';
      void lock.lock().then(() => {
        this.#lock = 'held';
        this.#thread.turn();
        if (!this.#awaiting) this.#release();
      });
    }
    return false;
  }

  #release(): void {
    if (this.#lock !== 'held') return;
    this.#lock = 'free';
    this.#options.lock?.unlock();
  }

  /** An event is pending no more. */
  #left(event: TimerEvent): void {
    const extra = this.#extras.get(event);
    if (extra) {
      this.#extras.delete(event);
      extra.forget?.();
    }
    this.#bounds?.remove(extra?.cost ?? 1);
    this.#counters?.length(this.length);
    if (this.length > 0) return;
    if (this.#options.ref) this.#alarm.clear();
    if (!this.#awaiting && !this.#thread.isCurrent) this.#tellEmpty();
  }

  #end(): void {
    if (this.#thread.started) this.#emit('stop');
    this.#alarm.clear();
    this.#thread.stop();
    this.#counters?.remove();
  }

  #tellEmpty(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #report(error: unknown): void {
    this.#emit('error', error);
    try {
      if (!this.#options.onError) throw error;
      this.#options.onError(error);
    } catch (unheard) {
      this.#cct.reportError(unheard, this.#thread.name);
    }
  }

  #emit(event: 'stop' | 'overflow' | 'error', error?: unknown): void {
    publish(`cephts:safe-timer:${event}`, { timer: this, error });
  }
}
