import {
  AbortedError,
  AbortHub,
  Bounds,
  captureAsyncContext,
  CephError,
  CooperativeThread,
  diagnosticsChannel,
  EAGAIN,
  Pacer,
  primitiveContext,
  Throttle,
} from '@cephts/common';
import type { AbortSignalLike, AsyncContextRunner, DiagnosticsChannel, PrimitiveContext } from '@cephts/common';
import type { DispatchHandler, MessageAccessors } from './dispatch-handler.js';
import { Entry } from './entry.js';
import { messageAccessors } from './message-accessors.js';
import type { OpQueue } from './op-queue.js';
import { checkDispatchQueueOptions } from './options.js';
import type { DispatchQueueOptions, EnqueueOptions } from './options.js';
import { DispatchPerf } from './perf.js';
import { PrioritizedQueue } from './prioritized-queue.js';
import { PRIORITY } from './priorities.js';
import type { DispatchCode } from './priorities.js';
import { WeightedPriorityQueue } from './weighted-priority-queue.js';

/** What lies in the queue. */
type Item<M, C> = M | Entry<M, C>;

const channel = (event: string): DiagnosticsChannel => diagnosticsChannel(`cephts:dispatch-queue:${event}`);
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
  /** Bytes of messages being read, queued or dispatched. The reader of a message takes them; its dispatch gives them back. */
  readonly dispatchThrottler: Throttle;
  readonly #cct: PrimitiveContext;
  readonly #handler: DispatchHandler<M, C>;
  readonly #options: DispatchQueueOptions<M>;
  readonly #read: Required<MessageAccessors<M>>;
  readonly #queue: OpQueue<Item<M, C>>;
  readonly #strict: boolean;
  /** Messages on their way through ms_local: one class of one priority, so first in, first out. */
  readonly #local = new PrioritizedQueue<Item<M, C>>();
  readonly #dispatchThread: CooperativeThread;
  readonly #localThread: CooperativeThread;
  readonly #bounds: Bounds | undefined;
  readonly #perf: DispatchPerf | undefined;
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
  #paused = false;
  /** close() was called: nothing more is taken, what is queued is delivered. */
  #closing = false;
  /** shutdown() was called: messages are discarded, codes are delivered, then the threads end. */
  #stop = false;
  #endError: CephError | undefined;

  /**
   * @param cct clock, thread table, perf counters; undefined for the default one
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  constructor(cct: PrimitiveContext | undefined, handler: DispatchHandler<M, C>, options: DispatchQueueOptions<M> = {}) {
    checkDispatchQueueOptions(options);
    const { name, policy = 'strict', signal } = options;
    this.#cct = cct ?? primitiveContext();
    this.#handler = handler;
    this.#options = { ...options };
    this.#read = messageAccessors(options.accessors, this.#cct.clock);
    this.#strict = policy === 'strict';
    this.#queue = this.#strict ? new PrioritizedQueue(options) : new WeightedPriorityQueue(options);
    this.#bounds = Bounds.from(options, (error) => this.#report(error, undefined));
    this.#pacer = new Pacer(this.#cct.clock, options.sliceMs);
    this.#perf = DispatchPerf.create(this.#cct, name);
    const throttleName = `msgr_dispatch_throttler-${name ?? ''}`;
    this.dispatchThrottler = new Throttle(
      this.#cct,
      throttleName,
      options.dispatchThrottleBytes ?? 104_857_600,
      name !== undefined,
    );
    this.#dispatchThread = new CooperativeThread(this.#cct, {
      name: 'ms_dispatch',
      owner: 'DispatchQueue',
      purpose: 'delivers queued messages to the dispatchers, highest priority first, connections in turn',
      entry: (deadline) => this.#dispatchEntry(deadline),
    });
    this.#localThread = new CooperativeThread(this.#cct, {
      name: 'ms_local',
      owner: 'DispatchQueue',
      purpose: 'takes the messages sent to oneself, so that their sender is never called back on its own stack',
      entry: (deadline) => this.#localEntry(deadline),
    });
    this.#ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    if (signal?.aborted) void this.destroy(reasonOf(signal));
    else if (signal) this.#unlisten = this.#signals.add(signal, () => void this.destroy(reasonOf(signal)));
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

  /** True from {@link start} on until both threads have ended. */
  get started(): boolean {
    return this.#dispatchThread.started;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Is nothing queued and nothing being delivered? */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#local.length === 0 && !this.#delivering && !this.#busy;
  }

  /** Resolves when both threads have ended; never rejects. */
  get closed(): Promise<void> {
    return this.#ended;
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
    if (this.started || this.#stop || this.#closing) throw new CephError('ERR_CEPH_STATE', 'a dispatch queue starts once');
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
    const prio = priority ?? this.#read.priority(message);
    const cost = this.#read.cost(message);
    const signal = options?.signal;
    if (!this.#admit(message, prio, cost, signal)) return false;
    const stamp = this.#read.recvStamp(message);
    if (signal || message === undefined || this.#options.keepAsyncContext)
      this.#insertEntry(this.#entry(message, prio, signal), id, cost, stamp);
    else this.#insert(message, prio, id, cost, stamp);
    this.#bounds?.add(cost);
    if (onEnqueue.hasSubscribers) onEnqueue.publish({ queue: this, message, priority: prio, id, local: false });
    this.#dispatchThread.wake();
    return true;
  }

  /**
   * Queues a message to oneself. ms_local fast dispatches it, or queues it in class 0: the caller is never called back on its own stack.
   *
   * @returns as {@link enqueue}
   * @throws as {@link enqueue}
   */
  localDelivery(message: M, priority?: number, options?: EnqueueOptions): boolean {
    const prio = priority ?? this.#read.priority(message);
    const cost = this.#read.cost(message);
    const signal = options?.signal;
    if (!this.#admit(message, prio, cost, signal)) return false;
    const now = this.#cct.clock.monotonicNow();
    this.#read.stampLocal(message, now);
    const entry = this.#entry(message, prio, signal);
    this.#local.enqueueStrict(0, 0, entry, cost, now);
    if (entry.unlisten) entry.place = { local: true, at: this.#local.tail(0, 0, true)! };
    this.#bounds?.add(cost);
    if (onEnqueue.hasSubscribers) onEnqueue.publish({ queue: this, message, priority: prio, id: 0, local: true });
    this.#localThread.wake();
    return true;
  }

  /** Queues D_CONNECT. @returns false after shutdown */
  queueConnect(connection: C): boolean {
    return this.#queueCode(1, connection);
  }

  /** Queues D_ACCEPT. @returns false after shutdown */
  queueAccept(connection: C): boolean {
    return this.#queueCode(2, connection);
  }

  /** Queues D_BAD_REMOTE_RESET. @returns false after shutdown */
  queueRemoteReset(connection: C): boolean {
    return this.#queueCode(3, connection);
  }

  /** Queues D_BAD_RESET. @returns false after shutdown */
  queueReset(connection: C): boolean {
    return this.#queueCode(4, connection);
  }

  /** Queues D_CONN_REFUSED. @returns false after shutdown */
  queueRefused(connection: C): boolean {
    return this.#queueCode(5, connection);
  }

  /** Shows the handler a message before the fast decision. */
  fastPreprocess(message: M): void {
    try {
      this.#handler.fastPreprocess?.(message);
    } catch (error) {
      this.#report(error, message);
    }
  }

  /** May the message go past the queue? */
  canFastDispatch(message: M): boolean {
    try {
      return this.#handler.canFastDispatch?.(message) ?? false;
    } catch (error) {
      this.#report(error, message);
      return false;
    }
  }

  /** Delivers a message past the queue, on the caller's stack, and gives its throttle bytes back. */
  fastDispatch(message: M): void {
    const size = this.preDispatch(message);
    try {
      this.#handler.fastDispatch?.(message);
    } catch (error) {
      this.#report(error, message);
    }
    this.postDispatch(message, size);
  }

  /** Takes the throttle bytes off a message, which has none from then on. @returns how many, for {@link postDispatch} */
  preDispatch(message: M): number {
    if (onDispatch.hasSubscribers) onDispatch.publish({ queue: this, message });
    return this.#read.takeThrottleSize(message);
  }

  /** The message was dispatched: gives its throttle bytes back. */
  postDispatch(_message: M, size: number): void {
    this.dispatchThrottleRelease(size);
  }

  /** Gives bytes back to the dispatch throttle. */
  dispatchThrottleRelease(size: number): void {
    if (size === 0) return;
    try {
      this.dispatchThrottler.put(size);
    } catch (error) {
      this.#report(error, undefined);
    }
  }

  /** How long the oldest queued message has waited, in ms; 0 where none waits. @param now monotonic ms. @defaultValue the clock's */
  getMaxAge(now: number = this.#cct.clock.monotonicNow()): number {
    const oldest = this.#queue.oldest();
    return oldest === Infinity ? 0 : now - oldest;
  }

  /** Discards every queued message of a class, as its connection is gone. Codes stay. @returns how many */
  discardQueue(id: number): number {
    let discarded = 0;
    const codes: Entry<M, C>[] = [];
    const messages: Item<M, C>[] = [];
    this.#queue.removeByClass(id, (item, cost) => {
      if (item instanceof Entry && item.code > 0) codes.push(item);
      else {
        messages.push(item);
        this.#bounds?.remove(cost);
      }
    });
    for (const code of codes) this.#queue.enqueueStrict(0, PRIORITY.HIGHEST, code, 0, Infinity);
    const error = new AbortedError(`the messages of connection ${id} were discarded`);
    for (const item of messages) {
      this.#discardItem(item, error);
      discarded++;
    }
    this.#settle();
    return discarded;
  }

  /** Discards the messages still on their way through ms_local. @returns how many */
  discardLocal(): number {
    const error = this.#endError ?? new AbortedError('local messages were discarded');
    let discarded = 0;
    for (let item = this.#local.dequeue(); item !== undefined; item = this.#local.dequeue()) {
      this.#bounds?.remove(this.#local.dequeuedCost);
      this.#discardItem(item, error);
      discarded++;
    }
    this.#settle();
    return discarded;
  }

  /** No more deliveries until {@link resume}; messages queue on, and fast dispatch goes on. */
  pause(): void {
    this.#paused = !this.#stop && !this.#closing;
  }

  resume(): void {
    this.#paused = false;
    this.#dispatchThread.wake();
    this.#localThread.wake();
  }

  /** Resolves when nothing is queued and nothing is being delivered, at once where that is so; while paused, after a resume. */
  waitForEmpty(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Takes nothing more; discards the messages that wait and delivers the codes, then the threads end: await {@link wait}. */
  shutdown(): void {
    if (this.#stop) return;
    this.#stop = true;
    this.#paused = false;
    this.#endError ??= new AbortedError('the dispatch queue was shut down');
    this.#unlisten?.();
    this.#startThreads();
    this.#localThread.wake();
    this.#dispatchThread.wake();
  }

  /** Resolves when both threads have ended, which follows {@link shutdown}. */
  wait(): Promise<void> {
    return this.#ended;
  }

  /** Takes nothing more, delivers all that is queued (a pause ends), then ends. */
  close(): Promise<void> {
    if (!this.#closing && !this.#stop) {
      this.#closing = true;
      this.#startThreads();
      this.resume();
    }
    return this.#ended;
  }

  /** Discards every message at once, with `error` as the cause; delivers the codes, then ends. */
  destroy(error?: unknown): Promise<void> {
    if (this.#stop) return this.#ended;
    this.#endError = new AbortedError('the dispatch queue was destroyed', error === undefined ? {} : { cause: error });
    this.shutdown();
    this.discardLocal();
    const codes: Entry<M, C>[] = [];
    for (let item = this.#queue.dequeue(); item !== undefined; item = this.#queue.dequeue()) {
      if (item instanceof Entry && item.code > 0) {
        codes.push(item);
        continue;
      }
      this.#bounds?.remove(this.#queue.dequeuedCost);
      this.#discardItem(item, this.#endError);
    }
    for (const code of codes) this.#queue.enqueueStrict(0, PRIORITY.HIGHEST, code, 0, Infinity);
    this.#settle();
    return this.#ended;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startThreads(): void {
    this.#dispatchThread.start();
    this.#localThread.start();
  }

  /** Is the message taken? What is not is discarded here. */
  #admit(message: M, priority: number, cost: number, signal: AbortSignalLike | undefined): boolean {
    if (this.#stop || this.#closing)
      return this.#refuse(message, this.#endError ?? new AbortedError('the dispatch queue is closed'));
    if (signal?.aborted) return this.#refuse(message, new AbortedError('the message was withdrawn', reasonOption(signal)));
    const bounds = this.#bounds;
    while (bounds?.isFull(cost)) {
      if (bounds.overflow === 'drop-oldest' && this.#evict(priority)) continue;
      const error = new CephError(
        'ERR_CEPH_FULL',
        `the dispatch queue is full: ${bounds.items} messages of cost ${bounds.cost} wait`,
        { errno: EAGAIN },
      );
      if (bounds.overflow === 'throw') throw error;
      return this.#refuse(message, error);
    }
    return true;
  }

  #refuse(message: M, error: CephError): false {
    this.#discard(message, error);
    return false;
  }

  /** Discards the message that would be served last, if it is of no higher priority than the newcomer. */
  #evict(priority: number): boolean {
    const lowest = this.#queue.lowest();
    if (!lowest || rank(this.#isStrict(priority), priority) < rank(lowest.strict, lowest.priority)) return false;
    // codes are never dropped
    if (lowest.strict && lowest.priority >= PRIORITY.HIGHEST && this.#codes > 0) return false;
    const item = this.#queue.dequeueLowest() as Item<M, C>;
    this.#bounds?.remove(this.#queue.dequeuedCost);
    this.#discardItem(item, new CephError('ERR_CEPH_FULL', 'dropped from a full dispatch queue', { errno: EAGAIN }));
    return true;
  }

  #isStrict(priority: number): boolean {
    return this.#strict && priority >= PRIORITY.LOW;
  }

  #entry(message: M, priority: number, signal: AbortSignalLike | undefined): Entry<M, C> {
    const entry = new Entry<M, C>(0, message, undefined, priority);
    if (this.#options.keepAsyncContext) entry.run = captureAsyncContext();
    if (signal) {
      entry.unlisten = this.#signals.add(signal, () => this.#withdraw(entry, signal));
    }
    return entry;
  }

  #insert(item: Item<M, C>, priority: number, id: number, cost: number, stamp: number): void {
    if (this.#isStrict(priority)) this.#queue.enqueueStrict(id, priority, item, cost, stamp);
    else this.#queue.enqueue(id, priority, cost, item, stamp);
    this.#perf?.setLength(this.#queue.length);
  }

  #insertEntry(entry: Entry<M, C>, id: number, cost: number, stamp: number): void {
    this.#insert(entry, entry.priority, id, cost, stamp);
    if (entry.unlisten) entry.place = { local: false, at: this.#queue.tail(id, entry.priority, this.#isStrict(entry.priority))! };
  }

  #withdraw(entry: Entry<M, C>, signal: AbortSignalLike): void {
    const place = entry.place;
    const cost = place && (place.local ? this.#local : this.#queue).withdraw(place.at);
    if (cost === undefined) return;
    this.#bounds?.remove(cost);
    this.#discardItem(entry, new AbortedError('the message was withdrawn', reasonOption(signal)));
    this.#settle();
  }

  #queueCode(code: DispatchCode, connection: C): boolean {
    if (this.#stop) return false;
    this.#codes++;
    this.#queue.enqueueStrict(0, PRIORITY.HIGHEST, new Entry<M, C>(code, undefined, connection, PRIORITY.HIGHEST), 0, Infinity);
    this.#perf?.setLength(this.#queue.length);
    this.#dispatchThread.wake();
    return true;
  }

  /** One turn of ms_dispatch. */
  #dispatchEntry(deadline: number): boolean {
    const thread = this.#dispatchThread;
    if (!this.#busy && !this.#paused) this.#drain(thread, deadline, this.#queue, this.#dispatch);
    this.#perf?.setLength(this.#queue.length);
    this.#settle();
    if (this.#busy || this.#paused) return false;
    if (this.#queue.length > 0) return true;
    if (this.#stop) this.#end(thread);
    return false;
  }

  /** One turn of ms_local. */
  #localEntry(deadline: number): boolean {
    const thread = this.#localThread;
    if (!this.#stop && !this.#paused) this.#drain(thread, deadline, this.#local, this.#passOn);
    if (this.#stop) {
      this.discardLocal();
      this.#end(thread);
      return false;
    }
    this.#settle();
    return this.#local.length > 0 && !this.#paused;
  }

  /** Hands items to `take`, which says whether to go on, for one slice at the most. */
  #drain(thread: CooperativeThread, deadline: number, queue: OpQueue<Item<M, C>>, take: (item: Item<M, C>) => boolean): void {
    const pacer = this.#pacer;
    let taken = 0;
    pacer.begin(deadline);
    this.#delivering = true;
    for (let item = queue.dequeue(); item !== undefined; item = queue.dequeue()) {
      taken++;
      if (!take(item) || pacer.isOver()) break;
    }
    this.#delivering = false;
    if (!thread.stats) return;
    thread.stats.addItems(taken);
    thread.stats.queued = queue.length;
  }

  /** ms_dispatch: delivers one item. */
  readonly #dispatch = (item: Item<M, C>): boolean => {
    const { dequeuedCost, dequeuedStamp } = this.#queue;
    let message = item as M;
    let run: AsyncContextRunner | undefined;
    if (item instanceof Entry) {
      if (item.code > 0) {
        this.#deliverCode(item);
        return !this.#paused;
      }
      item.unlisten?.();
      message = item.message as M;
      run = item.run;
    }
    this.#bounds?.remove(dequeuedCost);
    if (this.#stop) this.#discard(message, this.#endError as CephError);
    else this.#deliver(message, run, dequeuedStamp);
    return !this.#paused && !this.#busy;
  };

  #deliver(message: M, run: AsyncContextRunner | undefined, stamp: number): void {
    const handler = this.#handler;
    this.#perf?.dispatching(stamp);
    let size = 0;
    try {
      size = this.preDispatch(message);
      const result = run ? run(() => handler.deliver(message)) : handler.deliver(message);
      if (isThenable(result)) {
        this.#waitFor(result, message, size);
        return;
      }
    } catch (error) {
      this.#report(error, message);
    }
    this.postDispatch(message, size);
  }

  /** The next delivery waits until this one has settled. */
  #waitFor(result: PromiseLike<unknown>, message: M, size: number): void {
    this.#busy = true;
    const done = (): void => {
      this.#busy = false;
      this.postDispatch(message, size);
      this.#dispatchThread.wake();
    };
    Promise.resolve(result).then(done, (error) => {
      this.#report(error, message);
      done();
    });
  }

  #deliverCode({ code, connection }: Entry<M, C>): void {
    const handler = this.#handler;
    this.#codes--;
    try {
      if (code === 1) handler.handleConnect?.(connection as C);
      else if (code === 2) handler.handleAccept?.(connection as C);
      else if (code === 3) handler.handleRemoteReset?.(connection as C);
      else if (code === 4) handler.handleReset?.(connection as C);
      else handler.handleRefused?.(connection as C);
    } catch (error) {
      this.#report(error, connection);
    }
  }

  /** ms_local: fast dispatches one message or queues it in class 0. */
  readonly #passOn = (item: Item<M, C>): boolean => {
    const entry = item as Entry<M, C>;
    const message = entry.message as M;
    const { dequeuedCost, dequeuedStamp } = this.#local;
    entry.place = undefined;
    const inContext = entry.run ?? callDirectly;
    inContext(() => this.fastPreprocess(message));
    if (inContext(() => this.canFastDispatch(message))) {
      entry.unlisten?.();
      this.#bounds?.remove(dequeuedCost);
      inContext(() => this.fastDispatch(message));
    } else if (this.#stop) {
      this.#bounds?.remove(dequeuedCost);
      this.#discardItem(entry, this.#endError as CephError);
    } else {
      if (entry.plain) this.#insert(message, entry.priority, 0, dequeuedCost, dequeuedStamp);
      else this.#insertEntry(entry, 0, dequeuedCost, dequeuedStamp);
      this.#dispatchThread.wake();
    }
    return !this.#paused && !this.#stop;
  };

  #discardItem(item: Item<M, C>, error: CephError): void {
    if (!(item instanceof Entry)) {
      this.#discard(item, error);
      return;
    }
    item.unlisten?.();
    this.#discard(item.message as M, error);
  }

  /** A message that was taken will not be delivered: gives its bytes back and tells the handler. */
  #discard(message: M, error: CephError): void {
    this.#perf?.discarded();
    if (onDiscard.hasSubscribers) onDiscard.publish({ queue: this, message, error });
    try {
      this.dispatchThrottleRelease(this.#read.takeThrottleSize(message));
      this.#handler.discard?.(message, error);
    } catch (failure) {
      this.#report(failure, message);
    }
  }

  /** One of the threads has nothing more to do. */
  #end(thread: CooperativeThread): void {
    thread.stop();
    if (this.#dispatchThread.started || this.#localThread.started) return;
    this.#perf?.remove();
    this.dispatchThrottler.shutdown();
    this.#resolveEnded();
  }

  /** Tells who waits for it that nothing is queued and nothing runs, if that is so. */
  #settle(): void {
    if (!this.idle) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
    if (this.#closing) this.shutdown();
  }

  /** Reports what a handler threw, once. */
  #report(error: unknown, entry: unknown): void {
    if (onFailure.hasSubscribers) onFailure.publish({ queue: this, error, entry });
    const { onError } = this.#options;
    if (!onError) {
      this.#cct.reportError(error, 'ms_dispatch');
      return;
    }
    try {
      onError(error, entry);
    } catch (another) {
      this.#cct.reportError(another, 'ms_dispatch');
    }
  }
}

/** Orders priorities of both tiers: every strict one is above every shared one. */
const rank = (strict: boolean, priority: number): number => (strict ? 2 ** 30 : 0) + priority;

const callDirectly: AsyncContextRunner = (fn) => fn();

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Why a signal aborted, where it says so. */
function reasonOf(signal: AbortSignalLike): unknown {
  return (signal as { reason?: unknown }).reason;
}

function reasonOption(signal: AbortSignalLike): { cause?: unknown } {
  const cause = reasonOf(signal);
  return cause === undefined ? {} : { cause };
}
