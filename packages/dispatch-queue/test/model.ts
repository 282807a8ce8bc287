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
  act: 'nothing' | 'throw' | 'enqueue' | 'pause' | 'discard';
}

type Waiting = { message: ModelMessage } | { code: string };
type Thread = 'dispatch' | 'local';

/** A dispatch queue as one would explain it, with plain arrays; it shares no code with the real one. */
export class Model {
  readonly queue = new ReferenceQueue<Waiting>(1000, 10);
  readonly local: ModelMessage[] = [];
  readonly log: string[] = [];
  readonly live = new Set<Thread>();
  /** Threads that have a turn coming, in order. */
  readonly ready: Thread[] = [];
  capacity = Infinity;
  overflow: 'throw' | 'drop-newest' | 'drop-oldest' = 'throw';
  bytes = 0;
  errors = 0;
  /** How many wait for the queue to be empty, and how many were told. */
  waiters = 0;
  told = 0;
  paused = false;
  stop = false;
  closing = false;
  delivering = false;

  get count(): number {
    return this.queue.items().filter(({ item }) => 'message' in item).length + this.local.length;
  }

  get idle(): boolean {
    return this.queue.length === 0 && this.local.length === 0 && !this.delivering;
  }

  /** 'taken', 'refused' (and discarded) or 'full'. */
  admit(message: ModelMessage): 'taken' | 'refused' | 'full' {
    let room = !this.stop && !this.closing;
    if (room && this.count >= this.capacity) {
      if (this.overflow === 'throw') return 'full';
      room = this.overflow === 'drop-oldest' && this.evict(message.priority);
    }
    if (room) return 'taken';
    this.discard(message);
    return 'refused';
  }

  enqueue(message: ModelMessage, cls: number): void {
    this.put(message, cls);
    if (this.queue.length === 1) this.wake('dispatch');
  }

  deliverLocally(message: ModelMessage): void {
    this.local.push(message);
    if (this.local.length === 1) this.wake('local');
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

  discardQueue(cls: number): void {
    const removed = this.queue.removeByClass(cls);
    for (const item of removed) {
      if ('message' in item) this.discard(item.message);
      else this.putCode(item.code);
    }
    this.settle();
  }

  discardLocal(): void {
    for (const message of this.local.splice(0)) this.discard(message);
    this.settle();
  }

  withdraw(id: number): void {
    const at = this.local.findIndex((message) => message.id === id);
    const [here] = at < 0 ? [] : this.local.splice(at, 1);
    const queued = this.queue.items().find(({ item }) => 'message' in item && item.message.id === id);
    if (queued) this.queue.withdraw(queued.item);
    const message = here ?? (queued?.item as { message: ModelMessage } | undefined)?.message;
    if (!message) return;
    this.discard(message);
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
      while (list.length > 0 && !this.paused) {
        if (thread === 'local') this.passOn();
        else this.dispatch(react);
      }
      this.delivering = false;
      this.settle();
      if (this.stop && list.length === 0) this.live.delete(thread);
    }
  }

  wake(thread: Thread): void {
    if (this.live.has(thread) && !this.ready.includes(thread)) this.ready.push(thread);
  }

  private put(message: ModelMessage, cls: number): void {
    const { priority, cost, recvStamp } = message;
    this.queue.put(priority >= 64 ? 'strict' : 'token', false, cls, priority, { message }, cost, recvStamp);
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
    const spared =
      token.size > 0 ? priority < 64 && lowest > priority : priority < 64 || lowest > priority || (codes && lowest >= 255);
    if (spared) return false;
    this.discard((this.queue.dequeueLowest() as { message: ModelMessage }).message);
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
    if (this.stop) this.discard(message);
    else if (message.fast) {
      this.bytes -= message.dispatchThrottleSize;
      this.log.push(`fast ${message.id}`);
    } else this.enqueue(message, 0);
  }

  private dispatch(react: (message: ModelMessage) => void): void {
    const item = this.queue.dequeue()!;
    if ('code' in item) this.log.push(item.code);
    else if (this.stop) this.discard(item.message);
    else {
      this.log.push(`deliver ${item.message.id}`);
      react(item.message);
      this.bytes -= item.message.dispatchThrottleSize;
    }
  }
}
