import {
  AbortHub,
  Bounds,
  CephError,
  checkOptionTypes,
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
import type { AsyncContextRunner, Completion, PrimitiveContext, QueueCounters } from '@cephts/common';
import { FinisherQueues } from './finisher-queues.js';
import { SAMPLES } from './options.js';
import type { FinisherOptions, QueueOptions } from './options.js';
import { TrackedEntry } from './tracked-entry.js';
import type { EntryOwner } from './tracked-entry.js';

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
  readonly #thread: CooperativeThread;
  readonly #options: FinisherOptions;
  readonly #bounds: Bounds | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #owner: EntryOwner;

  readonly #pacer: Pacer;
  readonly #queues = new FinisherQueues();
  /** An entry needs nothing but to be pushed: open, no bounds, no counters, no asynchronous context. */
  #plain: boolean;

  #paused = false;
  /** The promise of the context that runs; what follows waits for it. */
  #awaiting: PromiseLike<unknown> | undefined;
  #stopping = false;
  #closing = false;
  /** Given to all that waits, instead of its own result, once {@link destroy} was called. */
  #verdict: number | undefined;
  #batchBegin = 0;
  #waiters: (() => void)[] = [];
  #stopped: { promise: Promise<void>; resolve: () => void } | undefined;

  /**
   * @param cct clock, thread table, perf counters; a bare one (no table, no counters) where not given
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext = primitiveContext(), options: FinisherOptions = {}) {
    checkOptionTypes('Finisher', SAMPLES, options);
    this.#cct = cct;
    this.#options = options;
    this.#pacer = new Pacer(cct.clock, options.sliceMs);
    this.#bounds = Bounds.from(options, (error) => this.#report(error));
    this.#counters =
      options.name === undefined
        ? undefined
        : cct.queueCounters?.(`finisher-${options.name}`, 'complete_latency', options.latencyHistogram);
    this.#plain = !this.#bounds && !this.#counters && !options.keepAsyncContext;
    this.#thread = new CooperativeThread(cct, {
      name: options.threadName ?? 'fn_anonymous',
      owner: options.owner ?? 'Finisher',
      purpose: options.purpose ?? 'Completes contexts in the order they were queued.',
      entry: (deadline) => this.#finisherThreadEntry(deadline),
    });
    this.#owner = {
      hub: new AbortHub(),
      settle: (completion, r, run) => this.#settle(completion, r, run),
      withdrawn: (entry) => this.#withdrawn(entry),
      passed: () => this.#queues.passed(),
    };
  }

  /** Entries that wait; the one that runs is not among them. */
  get length(): number {
    return this.#queues.length;
  }

  /** Cost of the entries that wait; the same as `length` where no limit asks for costs. */
  get cost(): number {
    return this.#bounds?.cost ?? this.length;
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
    return !this.#closing || (this.#thread.isCurrent && this.#verdict === undefined);
  }

  /**
   * Queues one completion with its result, or takes a whole list over (each with result 0) and empties it. O(1) an entry at any depth.
   * Entries may be queued before {@link start}; they wait for it.
   *
   * @param r 0 or positive for success, a negative errno for failure. @defaultValue 0
   * @returns false when an entry was dropped for want of room; its completion was told -EAGAIN
   * @throws CephError `ERR_CEPH_CLOSED` after close or destroy; `ERR_CEPH_FULL` under the overflow policy `throw`, with the list holding
   *   what was not taken
   */
  queue(context: Completion, r?: number, options?: QueueOptions): boolean;
  queue(list: Completion[]): boolean;
  queue(context: Completion | Completion[], r = 0, options?: QueueOptions): boolean {
    if (!this.#plain || options !== undefined || Array.isArray(context)) {
      return Array.isArray(context) ? this.#queueList(context) : this.#queueChecked(context, r, options);
    }
    this.#push(context, r);
    return true;
  }

  /**
   * Starts the thread; what was queued before runs now.
   * @throws CephError `ERR_CEPH_CLOSED`
   */
  start(): void {
    if (this.#closing) throw new CephError('ERR_CEPH_CLOSED', `finisher ${this.#thread.name} is closed`);
    if (!this.started) this.#emit('start');
    this.#thread.start();
  }

  /**
   * Resolves when nothing waits and nothing runs: at once where that is so, else after the entries there are now, those they queue, and
   * the promises they return. While paused or not started, entries wait, and so does this.
   */
  waitForEmpty(): Promise<void> {
    if (this.length === 0 && !this.#awaiting && !this.#thread.isCurrent) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Runs everything queued so far (lifting a pause), then leaves the thread table; resolves when that is done. {@link start} may follow.
   * Upstream may leave what was queued just before stop to a sleeping worker; here it always runs.
   */
  stop(): Promise<void> {
    if (!this.#thread.started) return Promise.resolve();
    if (!this.#stopped) {
      let resolve!: () => void;
      this.#stopped = { promise: new Promise<void>((done) => (resolve = done)), resolve };
      this.#stopping = true;
      this.resume();
      this.#thread.wake();
    }
    return this.#stopped.promise;
  }

  /** Lets the running completion end; no more follow until {@link resume}. Entries queue on. */
  pause(): void {
    if (!this.#stopping) this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#thread.wake();
  }

  /**
   * Takes nothing more (but what the remaining completions queue themselves), completes everything (also where it was paused or never
   * started), then ends for good.
   */
  async close(): Promise<void> {
    this.#closing = true;
    this.#plain = false;
    if (this.length > 0) this.#thread.start();
    await this.stop();
    this.#counters?.remove();
  }

  /**
   * Completes all that waits with the error's errno (-ECANCELED where it has none) instead of its result, in order and on the finisher's
   * thread, then ends for good. Waits for no promise that a context returned before.
   */
  destroy(error?: unknown): Promise<void> {
    this.#verdict ??= -((isCephError(error) ? error.errno : undefined) ?? ECANCELED);
    this.#awaiting = undefined;
    this.resume();
    return this.close();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #push(context: Completion, r: number): void {
    if (this.#queues.push(context, r) === 1) this.#thread.wake();
  }

  #queueList(list: Completion[]): boolean {
    let taken = 0;
    let all = true;
    try {
      for (; taken < list.length; taken++) {
        const context = list[taken] as Completion;
        if (this.#plain) this.#push(context, 0);
        else all = this.#queueChecked(context, 0) && all;
      }
    } finally {
      if (taken === list.length) list.length = 0;
      else list.splice(0, taken);
    }
    return all;
  }

  #queueChecked(context: Completion, r: number, options?: QueueOptions): boolean {
    if (!this.accepts) {
      throw new CephError('ERR_CEPH_CLOSED', `finisher ${this.#thread.name} is closed`);
    }
    if (options?.signal?.aborted) {
      this.#settle(context, -ECANCELED);
      return false;
    }
    const bounds = this.#bounds;
    if (bounds) {
      const cost = options?.cost ?? 1;
      if (!(cost >= 0)) throw invalidOption('cost', 'a number of at least 0', cost);
      if (bounds.isFull(cost) && !this.#makeRoom(context, cost)) return false;
      bounds.add(cost);
    }
    const tracked = options !== undefined || this.#options.keepAsyncContext === true;
    this.#push(
      tracked ? new TrackedEntry(this.#owner, context, options ?? {}, this.#options.keepAsyncContext === true) : context,
      r,
    );
    this.#counters?.length(this.length);
    return true;
  }

  /** Applies the overflow policy. @returns true when the new entry may come in */
  #makeRoom(context: Completion, cost: number): boolean {
    const bounds = this.#bounds as Bounds;
    const policy = bounds.overflow;
    this.#emit('overflow');
    if (policy === 'throw') {
      throw new CephError(
        'ERR_CEPH_FULL',
        `finisher ${this.#thread.name} is full: ${bounds.items} entries of cost ${bounds.cost} wait`,
        { errno: EAGAIN },
      );
    }
    if (policy === 'drop-newest') {
      this.#settle(context, -EAGAIN);
      return false;
    }
    while (bounds.isFull(cost)) {
      const oldest = this.#take();
      if (oldest === undefined) break;
      this.#settle(oldest, -EAGAIN);
    }
    return true;
  }

  /** The next entry, of this batch or the next; undefined when nothing waits. */
  #take(): Completion | undefined {
    let context = this.#queues.take();
    if (context === undefined) {
      if (this.#queues.batchSize > 0) this.#endBatch();
      if (!this.#queues.swap()) return undefined;
      if (this.#counters) this.#batchBegin = this.#cct.clock.monotonicNow();
      context = this.#queues.take() as Completion;
    }
    if (this.#bounds) this.#leave(context);
    return context;
  }

  #endBatch(): void {
    this.#thread.stats?.addItems(this.#queues.batchSize);
    this.#counters?.length(this.length);
    this.#counters?.latency(this.#cct.clock.monotonicNow() - this.#batchBegin);
  }

  #finisherThreadEntry(deadline: number): boolean {
    if (this.#paused || this.#awaiting) return false;
    this.#pacer.begin(deadline);
    for (let context = this.#take(); context !== undefined; context = this.#take()) {
      this.#complete(context, this.#verdict ?? this.#queues.result);
      if (this.#paused || this.#awaiting) return false;
      if (this.#pacer.isOver()) return true;
    }
    this.#idle();
    return false;
  }

  #complete(context: Completion, r: number): void {
    try {
      const result: unknown = typeof context === 'function' ? context(r) : context.complete(r);
      if (typeof result === 'object' && result !== null && 'then' in result) this.#await(result as PromiseLike<unknown>);
    } catch (error) {
      this.#report(error);
    }
  }

  #await(promise: PromiseLike<unknown>): void {
    const done = (): void => {
      if (this.#awaiting !== promise) return;
      this.#awaiting = undefined;
      this.#thread.wake();
    };
    this.#awaiting = promise;
    promise.then(done, (error: unknown) => {
      this.#report(error);
      done();
    });
  }

  /** Nothing waits and nothing runs. */
  #idle(): void {
    this.#queues.trim();
    if (this.#stopping) {
      this.#stopping = false;
      this.#thread.stop();
      this.#emit('stop');
      this.#stopped?.resolve();
      this.#stopped = undefined;
    }
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Completes at once, on the caller's stack: what was dropped or withdrawn. */
  #settle(context: Completion, r: number, run?: AsyncContextRunner): void {
    const settle = (): void => complete(context, r);
    try {
      if (run) run(settle);
      else settle();
    } catch (error) {
      this.#report(error);
    }
  }

  #leave(context: Completion): void {
    if (!(context instanceof TrackedEntry)) this.#bounds?.remove(1);
    else if (context.waiting) this.#bounds?.remove(context.cost);
  }

  #withdrawn(entry: TrackedEntry): void {
    this.#bounds?.remove(entry.cost);
    this.#queues.withdrawn();
    this.#counters?.length(this.length);
    if (this.length > 0 || this.#awaiting || this.#thread.isCurrent) return;
    // it was the last one; a paused or unstarted thread would not notice
    this.#tellEmpty();
    this.#thread.wake();
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

  #emit(event: 'start' | 'stop' | 'overflow' | 'error', error?: unknown): void {
    publish(`cephts:finisher:${event}`, { finisher: this, error });
  }
}
