import {
  AbortedError,
  AbortHub,
  captureAsyncContext,
  CephError,
  checkOptionTypes,
  diagnosticsChannel,
  EAGAIN,
  isPromise,
  Pacer,
  primitiveContext,
} from '@cephts/common';
import type {
  AbortSignalLike,
  AsyncContextRunner,
  DiagnosticsChannel,
  LoopThread,
  PrimitiveContext,
  QueueCounters,
  QueueLimits,
  Throttle,
} from '@cephts/common';
import type { DispatchHandler, MessageAccessors } from './dispatch-handler.js';
import { Entry } from './entry.js';
import type { CodeHandler, Item } from './entry.js';
import { messageAccessors } from './message-accessors.js';
import type { OpQueue } from './op-queue.js';
import { TYPES } from './options.js';
import type { DispatchQueueOptions, EnqueueOptions } from './options.js';
import { PrioritizedQueue } from './prioritized-queue.js';
import { PRIORITY } from './priorities.js';
import { WeightedPriorityQueue } from './weighted-priority-queue.js';

const channel = (event: string): DiagnosticsChannel | undefined => diagnosticsChannel(`cephts:dispatch-queue:${event}`);
const onEnqueue = channel('enqueue');
const onDispatch = channel('dispatch');
const onDiscard = channel('discard');
const onFailure = channel('error');

/**
 * Delivers messages to one handler, one at a time, in order of priority; within a priority the classes (connections) take turns, and
 * within a class first in is first out. Delivery happens on a thread of its own, ms_dispatch, never on the caller's stack.
 *
 * Each message that was taken is settled once: delivered, fast dispatched, or handed to `discard`.
 *
 * @see src/msg/DispatchQueue.cc (16.2.15)
 *
 * @example
 * ```ts
 * import { DispatchQueue, PRIORITY } from '@cephts/dispatch-queue';
 *
 * const seen: string[] = [];
 * const queue = DispatchQueue.of<string>({ deliver: (message) => seen.push(message) });
 * queue.start();
 * queue.enqueue('can wait', PRIORITY.LOW);
 * queue.enqueue('urgent', PRIORITY.HIGH);
 * await queue.close();
 * // seen: urgent, can wait
 * ```
 */
export class DispatchQueue<M, C = never> {
  /** Bytes of messages being read, queued or dispatched, where there is a limit. */
  readonly dispatchThrottler: Throttle | undefined;
  readonly #cct: PrimitiveContext;
  readonly #handler: DispatchHandler<M, C>;
  readonly #options: DispatchQueueOptions<M>;
  readonly #read: Required<MessageAccessors<M>>;
  readonly #queue: OpQueue<Item<M, C>>;
  readonly #strict: boolean;
  /** Messages on their way through ms_local: one class of one priority, so first in, first out. */
  readonly #local = new PrioritizedQueue<Entry<M, C>>();
  readonly #dispatchThread: LoopThread;
  readonly #localThread: LoopThread;
  readonly #limits: QueueLimits | undefined;
  readonly #counters: QueueCounters | undefined;
  readonly #pacer: Pacer;
  readonly #signals = new AbortHub();
  readonly #ended: Promise<void>;
  #resolveEnded!: () => void;
  #unlisten: (() => void) | undefined;
  #idleWaiters: (() => void)[] = [];
  #nextId = 1;
  #codes = 0;
  /** A handler is on the stack. */
  #delivering = false;
  /** A handler has returned a promise that has not settled. */
  #busy = false;
  /** destroy() was called: such a promise is waited for no more. */
  #destroyed = false;
  #paused = false;
  /** A message needs nothing but to be queued: no limits, no asynchronous context. */
  readonly #plain: boolean;
  /** close() was called: nothing more is taken, what is queued is delivered. */
  #closing = false;
  /** shutdown() was called: messages are discarded, codes are delivered, then the threads end. */
  #stop = false;
  #endError: CephError | undefined;
  /** The turn that was asked for last may get lost, as with fake timers: the next message asks for another. */
  #lossy = false;

  /**
   * @param cct clock, thread table, perf counters; undefined for the default one
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext | undefined, handler: DispatchHandler<M, C>, options: DispatchQueueOptions<M> = {}) {
    checkOptionTypes('DispatchQueue', TYPES, options);
    const { name, policy = 'strict', signal } = options;
    this.#cct = cct ?? primitiveContext();
    this.#handler = handler;
    this.#options = { ...options };
    this.#read = messageAccessors(options.accessors, this.#cct.clock);
    this.#strict = policy === 'strict';
    this.#queue = this.#strict ? new PrioritizedQueue(options) : new WeightedPriorityQueue(options);
    this.#limits = options.limits?.((error) => this.#report(error, undefined));
    this.#plain = !this.#limits && !options.keepAsyncContext;
    this.#pacer = new Pacer(this.#cct.clock, options.sliceMs);
    if (name !== undefined) this.#counters = this.#cct.queueCounters?.(`dispatch_queue-${name}`, 'dispatch_latency', true);
    this.dispatchThrottler = options.dispatchThrottler;
    this.#dispatchThread = this.#cct.newThread({
      name: 'ms_dispatch',
      owner: 'DispatchQueue',
      purpose: 'Delivers in order of priority.',
      entry: (deadline) => this.#turn(this.#dispatchThread, this.#queue, (item) => this.#dispatch(item), deadline),
    });
    this.#localThread = this.#cct.newThread({
      name: 'ms_local',
      owner: 'DispatchQueue',
      purpose: 'Delivers to oneself, off the stack.',
      entry: (deadline) =>
        this.#turn(this.#localThread, this.#local, (it) => (it.run ? it.run(() => this.#passOn(it)) : this.#passOn(it)), deadline),
    });
    this.#ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const onAbort = (): void => void this.destroy((signal as { reason?: unknown }).reason);
    if (signal?.aborted) onAbort();
    else if (signal) this.#unlisten = this.#signals.add(signal, onAbort);
  }

  /** A queue in the default context. */
  static of<M, C = never>(handler: DispatchHandler<M, C>, options?: DispatchQueueOptions<M>): DispatchQueue<M, C> {
    return new DispatchQueue(undefined, handler, options);
  }

  /** Messages and codes that wait in the queue; those on their way through ms_local not counted. */
  get length(): number {
    return this.#queue.length;
  }

  /** Messages on their way through ms_local. */
  get localLength(): number {
    return this.#local.length;
  }

  /** Cost of the messages that wait, those on their way through ms_local counted; how many wait where no limit asks for costs. */
  get cost(): number {
    return this.#limits?.cost ?? this.length + this.localLength;
  }

  /** True from {@link start} on until both threads have ended. */
  get started(): boolean {
    return this.#dispatchThread.started;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Is nothing queued and nothing being delivered? */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#local.length === 0 && !this.#delivering && !this.#awaits;
  }

  /** True once {@link close}, {@link shutdown} or {@link destroy} was called: no more messages are taken. */
  get closed(): boolean {
    return this.#closing;
  }

  /** A number for a new connection: 1, 2, …. Class 0 is that of codes and of messages to oneself. */
  getId(): number {
    return this.#nextId++;
  }

  /**
   * Starts ms_dispatch and ms_local. What was queued before is delivered now.
   * @throws CephError `ERR_CEPH_STATE` when started before, or shut down
   */
  start(): void {
    if (this.started || this.#closing) throw new CephError('ERR_CEPH_STATE', 'started before');
    this.#startThreads();
  }

  /**
   * Queues a message. With the strict policy a priority of at least 64 is strict, a lower one shares by token bucket.
   *
   * @param priority its priority. @defaultValue what the accessor says, else 127
   * @param id its class. @defaultValue 0
   * @returns false where it was discarded: after close or shutdown, withdrawn already, or by the overflow policy
   * @throws CephError `ERR_CEPH_FULL` where there is no room and the overflow policy is `throw`; `ERR_CEPH_INVALID_ARGUMENT`. The
   * message is the caller's then, with its throttle bytes
   */
  enqueue(message: M, priority?: number, id = 0, options?: EnqueueOptions): boolean {
    const read = this.#read;
    const prio = priority ?? read.priority(message);
    // compared: a truth test of what could be anything is a ladder of them in the compiled code
    if (this.#plain !== true || this.#closing || onEnqueue?.hasSubscribers || options !== undefined || message === undefined)
      return this.#submit(false, message, prio, id, options?.signal);
    this.#place(message, id, prio, read.cost(message), read.recvStamp(message));
    return true;
  }

  /**
   * Queues a message to oneself. ms_local fast dispatches it, or queues it in class 0: the caller is never called back on its own stack.
   *
   * @returns as {@link enqueue}
   * @throws as {@link enqueue}
   */
  localDelivery(message: M, priority: number = this.#read.priority(message), options?: EnqueueOptions): boolean {
    return this.#submit(true, message, priority, 0, options?.signal);
  }

  /** Queues D_CONNECT. @returns false after shutdown */
  queueConnect(connection: C): boolean {
    return this.#queueCode('handleConnect', connection);
  }

  /** Queues D_ACCEPT. @returns false after shutdown */
  queueAccept(connection: C): boolean {
    return this.#queueCode('handleAccept', connection);
  }

  /** Queues D_BAD_REMOTE_RESET. @returns false after shutdown */
  queueRemoteReset(connection: C): boolean {
    return this.#queueCode('handleRemoteReset', connection);
  }

  /** Queues D_BAD_RESET. @returns false after shutdown */
  queueReset(connection: C): boolean {
    return this.#queueCode('handleReset', connection);
  }

  /** Queues D_CONN_REFUSED. @returns false after shutdown */
  queueRefused(connection: C): boolean {
    return this.#queueCode('handleRefused', connection);
  }

  /** Shows the handler a message before the fast decision. */
  fastPreprocess(message: M): void {
    this.#call('fastPreprocess', message);
  }

  /** May the message go past the queue? */
  canFastDispatch(message: M): boolean {
    return this.#call('canFastDispatch', message) === true;
  }

  /** Delivers a message past the queue, on the caller's stack, and gives its throttle bytes back. */
  fastDispatch(message: M): void {
    const size = this.#preDispatch(message);
    this.#call('fastDispatch', message);
    this.dispatchThrottleRelease(size);
  }

  /** Gives bytes back to the dispatch throttle. */
  dispatchThrottleRelease(size: number): void {
    if (size === 0) return;
    try {
      this.dispatchThrottler?.put(size);
    } catch (error) {
      this.#report(error, undefined);
    }
  }

  /** How long the oldest queued message has waited, in ms; 0 where none waits. @param now monotonic ms. @defaultValue the clock's */
  getMaxAge(now: number = this.#cct.clock.monotonicNow()): number {
    return Math.max(0, now - this.#queue.oldest());
  }

  /** Discards every queued message of a class, as its connection is gone. Codes stay. @returns how many */
  discardQueue(id: number): number {
    const error = aborted(DISCARDED);
    const codes: Item<M, C>[] = [];
    const messages: { item: Item<M, C>; cost: number }[] = [];
    this.#queue.removeByClass(id, (item, cost) => void (isCode(item) ? codes.push(item) : messages.push({ item, cost })));
    // first, since the handler may queue others as it is told of what is discarded
    for (const code of codes) this.#insertCode(code);
    for (const { item, cost } of messages) this.#drop(item, cost, error);
    this.#settle();
    return messages.length;
  }

  /** Discards the messages still on their way through ms_local. @returns how many */
  discardLocal(): number {
    const error = this.#endError ?? aborted(DISCARDED);
    let discarded = 0;
    for (let item = this.#local.dequeue(); item !== undefined; item = this.#local.dequeue()) {
      this.#drop(item, this.#local.dequeued.cost, error);
      discarded++;
    }
    this.#settle();
    return discarded;
  }

  /** No more deliveries until {@link resume}; messages queue on, and fast dispatch goes on. */
  pause(): void {
    this.#paused = !this.#closing;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Resolves when nothing is queued and nothing is being delivered, at once where that is so; while paused, after a resume. */
  waitForEmpty(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Takes nothing more; discards the messages that wait and delivers the codes, then the threads end: await {@link wait}. A delivery that
   * takes time is waited for first.
   */
  shutdown(): void {
    if (this.#stop) return;
    this.#stop = this.#closing = true;
    this.#endError ??= aborted(ENDED);
    this.#unlisten?.();
    this.#startThreads();
    this.resume();
  }

  /** Resolves when both threads have ended, which follows {@link shutdown}, {@link close} and {@link destroy}; never rejects. */
  wait(): Promise<void> {
    return this.#ended;
  }

  /** Takes nothing more, delivers all that is queued (a pause ends), then ends. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#startThreads();
      this.resume();
    }
    return this.#ended;
  }

  /**
   * As {@link shutdown}, with `error` as the cause of each discard, but waits for no promise of a handler's, of before or after.
   * @returns the promise of {@link wait}
   */
  destroy(error?: unknown): Promise<void> {
    if (!this.#destroyed) this.#endError = aborted(ENDED, { reason: error });
    this.#destroyed = true;
    this.shutdown();
    // also where a shutdown waits for a promise
    this.resume();
    return this.#ended;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startThreads(): void {
    this.#dispatchThread.startAsleep();
    this.#localThread.startAsleep();
    this.#wake();
  }

  #wake(): void {
    this.#dispatchThread.wake();
    this.#localThread.wake();
  }

  #submit(local: boolean, message: M, priority: number, id: number, signal: AbortSignalLike | undefined): boolean {
    const read = this.#read;
    const cost = read.cost(message);
    // what ms_local puts into the queue later is refused now, while its sender can be told
    this.#queue.check(id, priority, this.#isStrict(priority), cost);
    const refusal = this.#refusal(priority, cost, signal);
    if (refusal) {
      this.#discard(message, refusal);
      return false;
    }
    if (local) read.stampLocal(message, this.#cct.clock.monotonicNow());
    const stamp = read.recvStamp(message);
    const entry = this.#entry('', message, priority);
    if (signal) this.#listen(entry, signal);
    this.#insert(local, entry, id, cost, stamp);
    this.#limits?.add(cost);
    if (onEnqueue?.hasSubscribers) onEnqueue.publish({ queue: this, message, priority, id, local });
    return true;
  }

  #entry(code: CodeHandler | '', value: M | C, priority: number): Entry<M, C> {
    const entry = new Entry<M, C>(code, value, priority);
    if (this.#options.keepAsyncContext) entry.run = captureAsyncContext();
    return entry;
  }

  /** Why the message is not taken, if it is not; makes room for it first where the overflow policy says so. */
  #refusal(priority: number, cost: number, signal: AbortSignalLike | undefined): CephError | undefined {
    const limits = this.#limits;
    // asked anew after each eviction: the handler, told of it, may do anything
    for (;;) {
      if (this.#closing) return this.#endError ?? aborted(ENDED);
      if (signal?.aborted) return aborted(DISCARDED, signal);
      if (!limits?.isFull(cost)) return undefined;
      if (limits.overflow === 'drop-oldest' && this.#evict(priority)) continue;
      const error = full();
      if (limits.overflow === 'throw') throw error;
      return error;
    }
  }

  /** Discards the message that would be served last, unless it is of a higher priority than the newcomer. */
  #evict(priority: number): boolean {
    const strict = this.#isStrict(priority);
    // codes are never dropped: where they wait, everything of their priority stays
    const most = strict && this.#codes > 0 ? Math.min(priority, PRIORITY.HIGHEST - 1) : priority;
    const item = this.#queue.dequeueLowest(most, strict);
    if (item === undefined) return false;
    this.#drop(item, this.#queue.dequeued.cost, full());
    return true;
  }

  #isStrict(priority: number): boolean {
    return this.#strict && priority >= PRIORITY.LOW;
  }

  /** Withdraws a message that waits when the signal aborts. */
  #listen(entry: Entry<M, C>, signal: AbortSignalLike): void {
    entry.signal = signal;
    entry.unlisten = this.#signals.add(signal, () => {
      const cost = entry.withdraw?.();
      if (cost === undefined) return;
      this.#drop(entry, cost, aborted(DISCARDED, signal));
      this.#settle();
    });
  }

  /** Puts an item into the queue, and wakes the thread that works it off. */
  #place(item: Item<M, C>, id: number, priority: number, cost: number, stamp: number): void {
    const queue = this.#queue;
    if (this.#isStrict(priority)) queue.enqueueStrict(id, priority, item, cost, stamp);
    else queue.enqueue(id, priority, cost, item, stamp);
    this.#inserted(queue, this.#dispatchThread);
  }

  #inserted(queue: OpQueue<Item<M, C>>, thread: LoopThread): void {
    this.#counters?.length(this.#queue.length);
    const lossy = this.#lossy;
    // where more waits the thread has a turn coming, or is held up and woken by what holds it
    if (queue.length > 1 && !lossy) return;
    this.#lossy = !!this.#cct.clock.forgets?.();
    if (lossy) this.#wake();
    else thread.wake();
  }

  /** Puts a message into the queue or among the local ones, noting where it lies if it can be withdrawn. */
  #insert(local: boolean, entry: Entry<M, C>, id: number, cost: number, stamp: number): void {
    const { priority, signal } = entry;
    const queue = local ? this.#local : this.#queue;
    // all local ones as one class of one priority: first in, first out
    if (local) {
      queue.enqueueStrict(0, 0, entry, cost, stamp);
      this.#inserted(queue, this.#localThread);
    } else this.#place(entry, id, priority, cost, stamp);
    if (signal) entry.withdraw = queue.withdrawal(id, local ? 0 : priority, local || this.#isStrict(priority));
  }

  #queueCode(code: CodeHandler, connection: C): boolean {
    if (this.#stop) return false;
    this.#codes++;
    this.#insertCode(this.#entry(code, connection, PRIORITY.HIGHEST));
    return true;
  }

  #insertCode(code: Item<M, C>): void {
    this.#queue.enqueueStrict(0, PRIORITY.HIGHEST, code, 0, Infinity);
    this.#inserted(this.#queue, this.#dispatchThread);
  }

  /** Does the next delivery wait for the promise of a handler? */
  get #awaits(): boolean {
    return this.#busy && !this.#destroyed;
  }

  /** Is the thread held up? */
  #held(thread: LoopThread): boolean {
    return this.#paused || (this.#awaits && thread === this.#dispatchThread);
  }

  /** One turn of a thread, one slice at the most. */
  #turn<T extends Item<M, C>>(thread: LoopThread, queue: OpQueue<T>, take: (item: T) => void, deadline: number): boolean {
    const pacer = this.#pacer;
    let taken = 0;
    pacer.begin(deadline);
    this.#delivering = true;
    while (!this.#held(thread)) {
      const item = queue.dequeue();
      if (item === undefined) break;
      taken++;
      take(item);
      if (pacer.isOver()) break;
    }
    this.#delivering = false;
    const { length } = queue;
    thread.addItems(taken, length);
    this.#settle();
    if (this.#held(thread)) return false;
    if (length === 0 && this.#stop) this.#end(thread);
    return length > 0;
  }

  /** ms_dispatch: delivers one item. */
  #dispatch(item: Item<M, C>): void {
    const entry = item instanceof Entry ? item : undefined;
    if (entry?.code) {
      this.#codes--;
      this.#finish(this.#call(entry.code, entry.value, entry.run), 0);
      return;
    }
    if (this.#stop) {
      this.#drop(item, this.#queue.dequeued.cost, this.#endError!);
      return;
    }
    const begin = this.#counters ? this.#cct.clock.monotonicNow() : undefined;
    if (begin !== undefined) this.#counters?.latency(begin - this.#queue.dequeued.stamp);
    this.#limits?.remove(this.#queue.dequeued.cost);
    entry?.unlisten?.();
    this.#deliver((entry ? entry.value : item) as M, entry?.run, begin);
  }

  #deliver(message: M, run: AsyncContextRunner | undefined, begin: number | undefined): void {
    const handler = this.#handler;
    const size = this.#preDispatch(message);
    let heard: Promise<unknown> | undefined;
    try {
      // bind, since a closure would have V8 allocate what it shares for each message, run or not
      const result: unknown = run ? run(handler.deliver.bind(handler, message, begin)) : handler.deliver(message, begin);
      if (isPromise(result)) heard = this.#heard(result, message);
    } catch (error) {
      this.#report(error, message);
    }
    this.#finish(heard, size);
  }

  /** A handler has returned: gives the throttle bytes back when its promise has settled, if it gave one. */
  #finish(result: unknown, size: number): void {
    if (isPromise(result)) this.#waitFor(result, size);
    else this.dispatchThrottleRelease(size);
  }

  /** The next delivery waits until this one has settled. */
  #waitFor(promise: PromiseLike<unknown>, size: number): void {
    this.#busy = true;
    void promise.then(() => {
      this.#busy = false;
      this.dispatchThrottleRelease(size);
      this.#dispatchThread.wake();
    });
  }

  /** ms_local: fast dispatches one message or queues it in class 0; all of it in its submitter's context. */
  #passOn(entry: Entry<M, C>): void {
    const { signal } = entry;
    const message = entry.value as M;
    const { cost, stamp } = this.#local.dequeued;
    if (!this.#stop) {
      this.fastPreprocess(message);
      if (this.canFastDispatch(message)) {
        entry.unlisten?.();
        this.#limits?.remove(cost);
        this.fastDispatch(message);
        return;
      }
    }
    // the signal may have aborted meanwhile
    if (this.#stop || signal?.aborted) this.#drop(entry, cost, this.#endError ?? aborted(DISCARDED, signal));
    else this.#insert(false, entry, 0, cost, stamp);
  }

  /** A message that waited and has left its queue will not be delivered. */
  #drop(item: Item<M, C>, cost: number, error: CephError): void {
    const entry = item instanceof Entry ? item : undefined;
    this.#limits?.remove(cost);
    entry?.unlisten?.();
    this.#discard((entry ? entry.value : item) as M, error, entry?.run);
  }

  /** Settles a message that will not be delivered: gives its bytes back and tells the handler. */
  #discard(message: M, error: CephError, run?: AsyncContextRunner): void {
    if (onDiscard?.hasSubscribers) onDiscard.publish({ queue: this, message, error });
    this.dispatchThrottleRelease(this.#takeThrottleSize(message));
    this.#call('discard', message, run, error);
  }

  #preDispatch(message: M): number {
    if (onDispatch?.hasSubscribers) onDispatch.publish({ queue: this, message });
    return this.#takeThrottleSize(message);
  }

  /** Takes the throttle bytes off a message, which has none from then on. */
  #takeThrottleSize(message: M): number {
    try {
      return this.#read.takeThrottleSize(message);
    } catch (error) {
      this.#report(error, message);
      return 0;
    }
  }

  /** One of the threads has nothing more to do. */
  #end(thread: LoopThread): void {
    thread.stop();
    if (this.#dispatchThread.started || this.#localThread.started) return;
    this.#counters?.remove();
    this.dispatchThrottler?.shutdown();
    this.#resolveEnded();
  }

  /** Tells who waits for it that nothing is queued and nothing runs, if that is so. */
  #settle(): void {
    this.#counters?.length(this.#queue.length);
    if (!this.idle) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#closing) this.shutdown();
  }

  /** Calls the handler, where it has that method, and reports what it throws or rejects with. @returns what it returned, if anything */
  #call(method: keyof DispatchHandler<M, C>, entry: unknown, run?: AsyncContextRunner, error?: CephError): unknown {
    const handler = this.#handler as { discard?: (entry: unknown, error?: CephError) => unknown };
    const key = method as 'discard';
    try {
      const result = run && handler[key] ? run(handler[key].bind(handler, entry, error)) : handler[key]?.(entry, error);
      return isPromise(result) ? this.#heard(result, entry) : result;
    } catch (thrown) {
      this.#report(thrown, entry);
      return undefined;
    }
  }

  /** Reports what a handler's promise rejects with. @returns one that never rejects */
  #heard(promise: PromiseLike<unknown>, entry: unknown): Promise<unknown> {
    return Promise.resolve(promise).catch((error: unknown) => this.#report(error, entry));
  }

  /** Reports what a handler threw, once. Never throws. */
  #report(error: unknown, entry: unknown): void {
    if (onFailure?.hasSubscribers) onFailure.publish({ queue: this, error, entry });
    const { onError } = this.#options;
    try {
      if (!onError) throw error;
      onError(error, entry);
    } catch (unheard) {
      // off this stack, where it stops nothing even if the context throws
      this.#cct.clock.defer(() => this.#cct.reportError(unheard, 'ms_dispatch'));
    }
  }
}

const ENDED = 'the queue has ended';
const DISCARDED = 'the message was discarded';

function isCode<M, C>(item: Item<M, C>): item is Entry<M, C> {
  return item instanceof Entry && item.code !== '';
}

/** There is no room for a message, or it had to make room. */
function full(): CephError {
  return new CephError('ERR_CEPH_FULL', 'the queue is full', { errno: EAGAIN });
}

/** @param why a signal, or whatever else gives a reason */
function aborted(message: string, why?: AbortSignalLike | { reason: unknown }): CephError {
  return new AbortedError(message, { cause: (why as { reason?: unknown } | undefined)?.reason });
}
