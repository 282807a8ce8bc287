import {
  AbortHub,
  bindAsyncContext,
  CephError,
  complete,
  checkOptionTypes,
  completeReporting,
  ECANCELED,
  invalidOption,
  isPromise,
  Pacer,
  primitiveContext,
  publish,
  resultOf,
} from '@cephts/common';
import type { AbortSignalLike, Completion, LoopThread, PrimitiveContext, QueueCounters, QueueLimits } from '@cephts/common';
import { FinisherQueues } from './finisher-queues.js';
import { TYPES } from './options.js';
import type { FinisherOptions, QueueOptions } from './options.js';
import { RemoteFinisher } from './remote-finisher.js';
import type { RemoteOptions } from './remote-finisher.js';

/**
 * Completes contexts in the order they were queued, on a thread of its own, so that a completion never runs on the stack (nor under the
 * locks) of whoever made it complete.
 *
 * The two containers it keeps them in are drawn at `FinisherQueues`.
 *
 * Guarantees: first in, first out; each completion is told once; an error of one never stops the next; what was queued before
 * {@link stop} runs (C++ Ceph may leave it, see there).
 *
 * @see src/common/Finisher.cc (16.2.15); the two containers are those of releases before it
 */
export class Finisher {
  readonly #cct: PrimitiveContext;
  readonly #options: FinisherOptions;
  readonly #thread: LoopThread;
  readonly #pacer: Pacer;
  readonly #limits: QueueLimits | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #hub = new AbortHub();
  readonly #queues = new FinisherQueues();
  /** Where other threads queue. */
  readonly #remotes: RemoteFinisher[] = [];
  #turn = 0;
  /** An entry needs nothing but to be pushed: open, no limits, no counters, no asynchronous context. */
  #plain: boolean;
  /** The thread has run out of entries and has no turn coming. */
  #asleep = true;
  /** Places in the queue whose entries were withdrawn; never more than entries that wait. */
  readonly #withdrawn = new Set<Completion>();

  #paused = false;
  /** The promise of the context that runs; what follows waits for it. */
  #awaiting: PromiseLike<unknown> | undefined;
  #stopping = false;
  #closing = false;
  /** Given to all that waits, instead of its own result, once {@link destroy} was called. */
  #verdict: number | undefined;
  /** Those who wait for empty, or for the end. */
  readonly #waiters: (() => void)[] = [];

  /**
   * @param cct clock, thread table, perf counters; a bare one (no table, no counters) where not given
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext = primitiveContext(), options: FinisherOptions = {}) {
    checkOptionTypes('Finisher', TYPES, options);
    const { name, threadName = 'fn_anonymous', owner = 'Finisher', purpose = 'Completes contexts in order.' } = options;
    this.#cct = cct;
    this.#options = options;
    this.#pacer = new Pacer(cct.clock, options.sliceMs);
    this.#limits = options.limits?.(this.#report);
    this.#counters =
      name === undefined ? name : cct.queueCounters?.(`finisher-${name}`, 'complete_latency', options.latencyHistogram);
    this.#plain = !this.#limits && !this.#counters && !options.keepAsyncContext;
    this.#thread = cct.newThread({
      name: threadName,
      owner,
      purpose,
      entry: (deadline) => this.#finisherThreadEntry(deadline),
    });
  }

  /** Entries that wait; the one that runs is not among them. */
  get length(): number {
    return this.#queues.length - this.#withdrawn.size;
  }

  /** Cost of the entries that wait; the same as `length` where no limit asks for costs. */
  get cost(): number {
    return this.#limits?.cost ?? this.length;
  }

  /** True between {@link start} and the end of {@link stop}. */
  get started(): boolean {
    return this.#thread.started;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** True once {@link close} or {@link destroy} was called. */
  get closed(): boolean {
    return this.#closing;
  }

  /** False where {@link queue} would throw `ERR_CEPH_CLOSED`. */
  get accepts(): boolean {
    return !this.#closing || (this.#verdict === undefined && (this.#thread.isCurrent || this.#awaiting !== undefined));
  }

  /**
   * Queues one completion with its result, or takes a whole list over (each with result 0) and empties it. O(1) an entry at any depth.
   * Entries may be queued before {@link start}; they wait for it.
   *
   * @param r 0 or positive for success, a negative errno for failure. @defaultValue 0
   * @returns false when an entry was dropped for want of room (its completion was told -EAGAIN), or its signal had aborted (-ECANCELED)
   * @throws CephError `ERR_CEPH_CLOSED` after close or destroy; `ERR_CEPH_FULL` under the overflow policy `throw`, with the list holding
   *   what was not taken
   */
  queue(context: Completion, r?: number, options?: QueueOptions): boolean;
  queue(list: Completion[]): boolean;
  queue(context: Completion | Completion[], r = 0, options?: QueueOptions): boolean {
    if (Array.isArray(context)) return this.#queueList(context);
    if (!context) throw invalidOption('context', 'a Context or a function', context);
    if (!this.#plain || options !== undefined) return this.#queueChecked(context, r, options);
    this.#push(context, r);
    return true;
  }

  /**
   * Starts the thread; what was queued before runs now. A {@link stop} that is under way is taken back: it resolves when nothing waits and
   * nothing runs.
   * @throws CephError `ERR_CEPH_CLOSED`
   */
  start(): void {
    this.#checkOpen();
    this.#stopping = false;
    if (!this.started) this.#publish('start');
    this.#thread.startAsleep();
    this.#thread.wake();
  }

  /**
   * Resolves when nothing waits, also of what other threads have queued, and nothing runs: at once where that is so, else after the entries
   * there are now, those they queue, and the promises they return. While paused or not started, entries wait, and so does this.
   */
  waitForEmpty(): Promise<void> {
    if (!this.#thread.isCurrent && this.#isEmpty()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Runs everything queued so far (lifting a pause), then leaves the thread table; resolves when that is done. {@link start} may follow.
   * Upstream may leave what was queued just before stop to a sleeping worker; here it always runs.
   */
  stop(): Promise<void> {
    if (!this.started) return Promise.resolve();
    this.#stopping = true;
    this.resume();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Lets the running completion end; no more follow until {@link resume}. Entries queue on. */
  pause(): void {
    if (this.#stopping) return;
    this.#paused = true;
    this.#pacer.end();
  }

  resume(): void {
    this.#paused = false;
    this.#thread.wake();
  }

  /**
   * Takes nothing more (but what is queued while one of the remaining completions runs, or its promise is pending), completes everything (also where it was paused or never
   * started), then ends for good.
   */
  async close(): Promise<void> {
    this.#closing = true;
    this.#plain = false;
    for (const remote of this.#remotes) remote.close();
    if (this.length > 0 || this.#remotes.length > 0) this.#thread.startAsleep();
    await this.stop();
    // all is told: closed once more, it need not start for them
    this.#remotes.splice(0);
    this.#counters?.remove();
  }

  /**
   * Completes all that waits with the error's errno (-ECANCELED where it has none) instead of its result, in order and on the finisher's
   * thread, then ends for good. Waits for no promise of a context that began before; so one may await it.
   */
  destroy(error?: unknown): Promise<void> {
    this.#verdict ??= resultOf(error);
    this.#awaiting = undefined;
    this.#pacer.end();
    return this.close();
  }

  /**
   * A place for other threads to queue completions in, through shared memory.
   * @throws CephError `ERR_CEPH_INVALID_OPTION`; `ERR_CEPH_CLOSED`
   */
  remote(options: RemoteOptions = {}): RemoteFinisher {
    this.#checkOpen();
    const wake = (): void => this.#thread.wake();
    const remote = new RemoteFinisher(options, this.#limits?.overflow, this.#options.keepAsyncContext, wake);
    this.#remotes.push(remote);
    wake();
    return remote;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(open = !this.#closing): void {
    if (!open) throw new CephError('ERR_CEPH_CLOSED', 'The finisher is closed');
  }

  #queueList(list: Completion[]): boolean {
    // at once: what is dropped is told meanwhile, and may queue the list again
    const contexts = list.splice(0);
    let taken = 0;
    let all = true;
    try {
      for (const context of contexts) {
        all = this.queue(context) && all;
        taken++;
      }
    } finally {
      while (taken < contexts.length) list.push(contexts[taken++]!);
    }
    return all;
  }

  #queueChecked(context: Completion, r: number, options: QueueOptions = {}): boolean {
    const limits = this.#limits;
    const { signal, cost = 1, promised } = options;
    this.#checkOpen(this.accepts);
    if (signal?.aborted) return this.#settle(context, -ECANCELED);
    if (!promised && limits?.isFull(cost)) {
      this.#publish('overflow');
      // anew: what was dropped for it may have done anything
      return limits.makeRoom(context, cost, () => this.#queues.take()) && this.#queueChecked(context, r, options);
    }
    if (this.#options.keepAsyncContext) context = bindAsyncContext(context);
    this.#admit(context, r, cost, signal);
    this.#counters?.length(this.length);
    return true;
  }

  /** There is room for it. */
  #admit(context: Completion, r: number, cost: number, signal?: AbortSignalLike): void {
    this.#push(this.#limits || signal ? this.#track(context, cost, signal) : context, r);
    this.#limits?.add(cost);
  }

  #push(context: Completion, r: number): void {
    this.#queues.push(context, r);
    if (!this.#asleep) return;
    // where the turn may get lost, the next entry asks for another
    this.#asleep = !!this.#cct.clock.forgets?.();
    this.#thread.wake();
  }

  /** Stands in the queue for a completion that has a cost or can be withdrawn. */
  #track(context: Completion | undefined, cost: number, signal: AbortSignalLike | undefined): Completion {
    let forget =
      signal &&
      this.#hub.add(signal, () => {
        const told = context!;
        // the place may stay for long, and is to hold nothing
        context = forget = undefined;
        this.#withdrawn.add(place);
        if (this.#withdrawn.size > this.length) this.#sweep();
        this.#limits?.remove(cost);
        this.#counters?.length(this.length);
        this.#settle(told, -ECANCELED);
        // a paused or unstarted thread would not notice that nothing is left to wait for
        if (!this.#stopping && !this.#thread.isCurrent && this.#isEmpty()) this.#tellEmpty();
      });
    const place = (r: number): unknown => {
      if (!context) return this.#withdrawn.delete(place);
      forget?.();
      this.#limits?.remove(cost);
      return complete(context, r);
    };
    return place;
  }

  /** Closes the gaps that withdrawn entries left: once there are more of them than entries, so that each has moved one at most. */
  #sweep(): void {
    const queues = this.#queues;
    for (let left = queues.length; left > 0; left--) {
      const context = queues.take() as Completion;
      if (!this.#withdrawn.delete(context)) queues.push(context, queues.result);
    }
  }

  /** Completes what was dropped or withdrawn at once, on the caller's stack. */
  #settle(context: Completion, r: number): false {
    completeReporting(context, r, this.#report);
    return false;
  }

  /** Does everything wait, for resume() or for a promise? */
  get #held(): boolean {
    return this.#paused || this.#awaiting !== undefined;
  }

  /** One turn. @returns true when another has to follow */
  #finisherThreadEntry(deadline: number): boolean {
    // onHighWater may pause
    if (!this.#held) this.#pull();
    const left = this.#held || this.#drain(deadline);
    if (!this.#held) return left || this.#idle();
    // who waits for empty waits for no resume() where nothing is left to run
    if (this.#waiters.length && this.#isEmpty()) this.#tellEmpty();
    return false;
  }

  /** Completes what waits, until nothing does (returns false) or the slice is over. */
  #drain(deadline: number): boolean {
    const queues = this.#queues;
    const pacer = this.#pacer;
    const begin = pacer.begin(deadline);
    let completed = 0;
    let context: Completion | undefined;
    do {
      context = queues.take();
      if (!context) {
        this.#pull();
        if (!this.#paused) context = queues.take();
      }
      if (!context) break;
      completed++;
      try {
        const verdict = this.#verdict;
        const result = complete(context, verdict ?? queues.result);
        if (isPromise(result)) void this.#await(result, verdict);
      } catch (error) {
        this.#report(error);
      }
    } while (!pacer.isOver());
    this.#thread.addItems(completed, this.length);
    this.#counters?.length(this.length);
    if (completed > 0) this.#counters?.latency(this.#cct.clock.monotonicNow() - begin);
    return context !== undefined;
  }

  /** @param verdict what held when the completion began: one that began before destroy() is not waited for, not even by what it called */
  async #await(promise: PromiseLike<unknown>, verdict: number | undefined): Promise<void> {
    if (verdict === this.#verdict) this.#awaiting = promise;
    this.#pacer.end();
    try {
      // bears with whatever a promise of strange make throws
      await promise;
    } catch (error) {
      this.#report(error);
    } finally {
      // also where what reports errors throws
      if (this.#awaiting === promise) {
        this.#awaiting = undefined;
        this.#thread.wake();
      }
    }
  }

  /**
   * Takes over what other threads have queued, from each place in its turn, while there is room; a thousand of each at most, since they may
   * queue as fast as it takes.
   */
  #pull(): void {
    const remotes = this.#remotes;
    for (let left = remotes.length; left > 0 && !this.#limits?.isFull(1); left--) {
      const remote = remotes[this.#turn++ % remotes.length]!;
      let context;
      for (let most = 1000; most-- && !this.#limits?.isFull(1) && (context = remote.take());)
        this.#admit(context, remote.result, 1);
    }
  }

  /** Nothing waits and nothing runs. @returns true when another thread has queued something by now */
  #idle(): boolean {
    for (const remote of this.#remotes) remote.sleep();
    this.#pull();
    if (this.#queues.length > 0) return true;
    this.#asleep = true;
    this.#queues.trim();
    if (this.#stopping) {
      this.#stopping = false;
      this.#thread.stop();
      this.#publish('stop');
    }
    this.#tellEmpty();
    return false;
  }

  #tellEmpty(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Does nothing wait, not in other threads' rings either, and no promise pend? */
  #isEmpty(): boolean {
    if (this.#awaiting) return false;
    if (!this.length) this.#pull();
    return !this.length;
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

  #publish(event: 'start' | 'stop' | 'overflow' | 'error', error?: unknown): void {
    publish(`cephts:finisher:${event}`, { finisher: this, error });
  }
}
