import { ReferenceQueue } from './reference-queue.js';

/** A message of the property test. */
export interface ModelMessage {
  id: number;
  priority: number;
  cost: number;
  recvStamp: number;
  dispatchThrottleSize: number;
  fast: boolean;
  /** What its delivery does. */
  act: 'nothing' | 'throw' | 'enqueue' | 'pause' | 'discard' | 'slow' | 'shutdown' | 'close' | 'destroy';
}

type Waiting = { message: ModelMessage } | { code: string };

/** What the queue of a sequence is made with. */
export interface ModelOptions {
  limits: {
    capacity: number;
    capacityCost: number;
    highWater: number;
    lowWater: number;
    highWaterCost: number;
    lowWaterCost: number;
    overflow: 'throw' | 'drop-newest' | 'drop-oldest';
  };
  /** For the weighted policy. */
  weight: ((priority: number) => number) | undefined;
}
type Thread = 'dispatch' | 'local';

/** Does the handler of that code return a promise? Every fifth one does. */
export const isSlowCode = (code: string): boolean => /[05]$/.test(code);

/** A dispatch queue as one would explain it, with plain arrays; it shares no code with the real one. */
export class Model {
  readonly options: ModelOptions;
  readonly queue: ReferenceQueue<Waiting>;
  readonly local: ModelMessage[] = [];
  readonly log: string[] = [];
  readonly live = new Set<Thread>();
  /** Threads that have a turn coming, in order. */
  readonly ready: Thread[] = [];
  bytes = 0;
  /** Messages that wait, and what they cost; was a high mark reached and not both low ones since? */
  items = 0;
  cost = 0;
  above = false;
  /** Bytes held by each delivery whose promise has not settled. */
  readonly unsettled: number[] = [];
  errors = 0;
  /** How many wait for the queue to be empty, and how many were told. */
  waiters = 0;
  told = 0;
  paused = false;
  stop = false;
  closing = false;
  destroyed = false;
  delivering = false;

  constructor(options: ModelOptions) {
    this.options = options;
    this.queue = new ReferenceQueue<Waiting>(1000, 10, options.weight);
  }

  get busy(): boolean {
    return this.unsettled.length > 0 && !this.destroyed;
  }

  get idle(): boolean {
    return this.queue.length === 0 && this.local.length === 0 && !this.delivering && !this.busy;
  }

  /** 'taken', 'refused' (and discarded) or 'full'. */
  admit(message: ModelMessage): 'taken' | 'refused' | 'full' {
    const { capacity, capacityCost, overflow } = this.options.limits;
    let room = !this.stop && !this.closing;
    while (room && (this.items >= capacity || (this.items > 0 && this.cost + message.cost > capacityCost))) {
      if (overflow === 'throw') return 'full';
      room = overflow === 'drop-oldest' && this.evict(message.priority);
    }
    if (room) return 'taken';
    this.discard(message);
    return 'refused';
  }

  enqueue(message: ModelMessage, cls: number): void {
    this.put(message, cls);
    this.count(1, message.cost);
  }

  deliverLocally(message: ModelMessage): void {
    this.local.push(message);
    if (this.local.length === 1) this.wake('local');
    this.count(1, message.cost);
  }

  /** One message more or less waits; a mark that this crosses is told of. */
  private count(items: 1 | -1, cost: number): void {
    const { highWater, lowWater, highWaterCost, lowWaterCost } = this.options.limits;
    this.items += items;
    this.cost += cost * items;
    const crossed = this.above
      ? this.items <= lowWater && this.cost <= lowWaterCost
      : this.items >= highWater || this.cost >= highWaterCost;
    if (!crossed) return;
    this.above = !this.above;
    this.log.push(this.above ? 'high' : 'low');
  }

  code(code: string): boolean {
    if (this.stop) return false;
    this.putCode(code);
    return true;
  }

  private putCode(code: string): void {
    this.queue.put('strict', false, 0, 255, { code }, 0, Infinity);
    if (this.queue.length === 1) this.wake('dispatch');
  }

  /** @returns how many messages */
  discardQueue(cls: number): number {
    const removed = this.queue.removeByClass(cls);
    for (const item of removed) {
      if ('message' in item) this.drop(item.message);
      else this.putCode(item.code);
    }
    this.settle();
    return removed.filter((item) => 'message' in item).length;
  }

  /** @returns how many messages */
  discardLocal(): number {
    const { length } = this.local;
    for (let message = this.local.shift(); message; message = this.local.shift()) this.drop(message);
    this.settle();
    return length;
  }

  withdraw(id: number): void {
    const at = this.local.findIndex((message) => message.id === id);
    const [here] = at < 0 ? [] : this.local.splice(at, 1);
    const queued = this.queue.items().find(({ item }) => 'message' in item && item.message.id === id);
    if (queued) this.queue.withdraw(queued.item);
    const message = here ?? (queued?.item as { message: ModelMessage } | undefined)?.message;
    if (!message) return;
    this.drop(message);
    this.settle();
  }

  start(): void {
    for (const thread of ['dispatch', 'local'] as const) {
      if (this.live.has(thread)) continue;
      this.live.add(thread);
      this.wake(thread);
    }
  }

  resume(): void {
    this.paused = false;
    this.wake('dispatch');
    this.wake('local');
  }

  shutdown(): void {
    if (this.stop) return;
    this.stop = true;
    this.start();
    this.resume();
  }

  destroy(): void {
    this.destroyed = true;
    this.shutdown();
    this.resume();
  }

  /** The promise of the first delivery that takes time settles. */
  finish(rejects: boolean): void {
    if (rejects) this.errors++;
    this.bytes -= this.unsettled.shift()!;
    this.wake('dispatch');
  }

  close(): void {
    if (this.closing || this.stop) return;
    this.closing = true;
    this.start();
    this.resume();
  }

  waitForEmpty(): void {
    if (this.idle) this.told++;
    else this.waiters++;
  }

  maxAge(now: number): number {
    const oldest = this.queue.oldest();
    return oldest === Infinity ? 0 : now - oldest;
  }

  /** Lets the threads have their turns; `react` does what the delivery of a message does. */
  run(react: (message: ModelMessage) => void): void {
    for (let thread = this.ready.shift(); thread; thread = this.ready.shift()) {
      if (!this.live.has(thread)) continue;
      const list = thread === 'local' ? this.local : this.queue;
      this.delivering = true;
      const held = (): boolean => this.paused || (thread === 'dispatch' && this.busy);
      while (list.length > 0 && !held()) {
        if (thread === 'local') this.passOn();
        else this.dispatch(react);
      }
      this.delivering = false;
      this.settle();
      if (this.stop && list.length === 0 && !held()) this.live.delete(thread);
    }
  }

  wake(thread: Thread): void {
    if (this.live.has(thread) && !this.ready.includes(thread)) this.ready.push(thread);
  }

  private put(message: ModelMessage, cls: number): void {
    const { priority, cost, recvStamp } = message;
    this.queue.put(this.isStrict(priority) ? 'strict' : 'token', false, cls, priority, { message }, cost, recvStamp);
    if (this.queue.length === 1) this.wake('dispatch');
  }

  private isStrict(priority: number): boolean {
    return !this.options.weight && priority >= 64;
  }

  /** As discard, for one that waited. */
  private drop(message: ModelMessage): void {
    this.count(-1, message.cost);
    this.discard(message);
  }

  private discard(message: ModelMessage): void {
    this.bytes -= message.dispatchThrottleSize;
    this.log.push(`discard ${message.id}`);
  }

  private evict(priority: number): boolean {
    const { strict, token, length } = this.queue;
    if (length === 0) return false;
    const codes = this.queue.items().some(({ item }) => 'code' in item);
    const lowest = Math.min(...(token.size > 0 ? token : strict).keys());
    const isStrict = this.isStrict(priority);
    const spared = token.size > 0 ? !isStrict && lowest > priority : !isStrict || lowest > priority || (codes && lowest >= 255);
    if (spared) return false;
    this.drop((this.queue.dequeueLowest() as { message: ModelMessage }).message);
    return true;
  }

  private settle(): void {
    if (!this.idle) return;
    this.told += this.waiters;
    this.waiters = 0;
    if (this.closing) this.shutdown();
  }

  private passOn(): void {
    const message = this.local.shift()!;
    if (this.stop) this.drop(message);
    else if (message.fast) {
      this.count(-1, message.cost);
      this.bytes -= message.dispatchThrottleSize;
      this.log.push(`fast ${message.id}`);
      if (message.act === 'throw') this.errors++;
    } else this.put(message, 0);
  }

  private dispatch(react: (message: ModelMessage) => void): void {
    const item = this.queue.dequeue()!;
    if ('code' in item) {
      this.log.push(item.code);
      if (isSlowCode(item.code)) this.unsettled.push(0);
    } else if (this.stop) this.drop(item.message);
    else {
      const { id, act, cost, dispatchThrottleSize } = item.message;
      this.count(-1, cost);
      this.log.push(`deliver ${id}`);
      react(item.message);
      if (act === 'slow') this.unsettled.push(dispatchThrottleSize);
      else this.bytes -= dispatchThrottleSize;
    }
  }
}
