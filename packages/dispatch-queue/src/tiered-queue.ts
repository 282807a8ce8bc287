import { invalidArgument } from '@cephts/common';
import { ChunkPool } from './class-queue.js';
import type { QueuePosition } from './class-queue.js';
import type { OpQueue, OpQueueEntry } from './op-queue.js';
import { MAX_KEY, RadixMap } from './radix-map.js';
import { SubQueue } from './sub-queue.js';

/**
 * What the two policies have in common: a strict tier that always goes first, highest priority first, and a shared tier. In what order the
 * shared tier is served is what a subclass says.
 */
export abstract class TieredQueue<T> implements OpQueue<T> {
  /** The shared tier, by priority. */
  protected readonly shared: RadixMap<SubQueue<T>> = new RadixMap();
  readonly #strict = new RadixMap<SubQueue<T>>();
  readonly #pool = new ChunkPool<T>();
  /** The strict priority that is served now: the highest one. */
  #top: SubQueue<T> | undefined;
  #length = 0;
  #dequeuedCost = 0;
  #dequeuedStamp = 0;

  get length(): number {
    return this.#length;
  }

  get dequeuedCost(): number {
    return this.#dequeuedCost;
  }

  get dequeuedStamp(): number {
    return this.#dequeuedStamp;
  }

  enqueueStrict(cls: number, priority: number, item: T, cost = 0, stamp = 0): void {
    this.#strictSub(cls, priority).push(cls, item, cost, stamp, false);
    this.#length++;
  }

  enqueueStrictFront(cls: number, priority: number, item: T, cost = 0, stamp = 0): void {
    this.#strictSub(cls, priority).push(cls, item, cost, stamp, true);
    this.#length++;
  }

  enqueue(cls: number, priority: number, cost: number, item: T, stamp = 0): void {
    this.#sharedSub(cls, priority).push(cls, item, cost, stamp, false);
    this.#length++;
  }

  enqueueFront(cls: number, priority: number, cost: number, item: T, stamp = 0): void {
    this.#sharedSub(cls, priority).push(cls, item, cost, stamp, true);
    this.#length++;
  }

  dequeue(): T | undefined {
    if (this.#top) return this.#take(this.#top, true);
    if (this.#length === 0) return undefined;
    const sub = this.choose();
    const cost = sub.front.firstCost;
    const item = this.#take(sub, false);
    this.served(sub, cost);
    return item;
  }

  dequeueLowest(priority: number = Infinity, strict: boolean = true): T | undefined {
    const fromStrict = this.shared.size === 0;
    const tier = fromStrict ? this.#strict : this.shared;
    const lowest = tier.firstFrom(0);
    if (lowest < 0 || (fromStrict === strict ? lowest > priority : fromStrict)) return undefined;
    return this.#take(tier.get(lowest) as SubQueue<T>, fromStrict);
  }

  removeByClass(cls: number, removed?: (item: T, cost: number) => void): T[] {
    const out: T[] = [];
    for (const strict of [true, false]) {
      const tier = strict ? this.#strict : this.shared;
      for (const sub of subQueues(tier).reverse()) {
        const queue = sub.removeClass(cls);
        if (!queue) continue;
        this.#length -= queue.length;
        queue.forEach((item, cost) => {
          out.push(item);
          removed?.(item, cost);
        });
        queue.clear();
        if (sub.length === 0) this.#erase(sub, strict);
      }
    }
    return out;
  }

  tail(cls: number, priority: number, strict: boolean): OpQueueEntry<T> | undefined {
    const tail = (strict ? this.#strict : this.shared).get(priority)?.classQueue(cls)?.tail();
    return tail && { ...tail, cls, priority, strict };
  }

  withdraw({ item, cls, priority, strict, position }: OpQueueEntry<T>): number | undefined {
    const sub = (strict ? this.#strict : this.shared).get(priority);
    const cost = sub?.classQueue(cls)?.withdraw(position as QueuePosition<T>, item);
    if (!sub || cost === undefined) return undefined;
    sub.withdrew(cls);
    this.#length--;
    if (sub.length === 0) this.#erase(sub, strict);
    return cost;
  }

  oldest(): number {
    let oldest = Infinity;
    for (const tier of [this.#strict, this.shared]) for (const sub of subQueues(tier)) oldest = Math.min(oldest, sub.oldest());
    return oldest;
  }

  /** Which priority of the shared tier, where something waits, is next? */
  protected abstract choose(): SubQueue<T>;
  /** An item of that priority and cost was taken; the priority is erased already where it was the last one. */
  protected abstract served(sub: SubQueue<T>, cost: number): void;
  /** A priority joined the shared tier. */
  protected abstract joined(sub: SubQueue<T>): void;
  /** A priority left the shared tier, nothing of it being queued any more. */
  protected abstract left(sub: SubQueue<T>): void;

  #take(sub: SubQueue<T>, strict: boolean): T {
    const { firstCost, firstStamp } = sub.front;
    this.#dequeuedCost = firstCost;
    this.#dequeuedStamp = firstStamp;
    const item = sub.shift();
    this.#length--;
    if (sub.length === 0) this.#erase(sub, strict);
    return item;
  }

  #strictSub(cls: number, priority: number): SubQueue<T> {
    checkKeys(cls, priority);
    let sub = this.#strict.get(priority);
    if (!sub) {
      sub = new SubQueue(priority, this.#pool);
      this.#strict.set(priority, sub);
      if (!this.#top || priority > this.#top.priority) this.#top = sub;
    }
    return sub;
  }

  #sharedSub(cls: number, priority: number): SubQueue<T> {
    checkKeys(cls, priority);
    let sub = this.shared.get(priority);
    if (!sub) {
      sub = new SubQueue(priority, this.#pool);
      this.joined(sub);
      this.shared.set(priority, sub);
    }
    return sub;
  }

  #erase(sub: SubQueue<T>, strict: boolean): void {
    if (!strict) {
      this.shared.delete(sub.priority);
      this.left(sub);
      return;
    }
    this.#strict.delete(sub.priority);
    if (sub === this.#top) this.#top = this.#strict.get(this.#strict.last());
  }
}

/** The sub-queues of a tier, lowest priority first. */
export function subQueues<T>(tier: RadixMap<SubQueue<T>>): SubQueue<T>[] {
  const out: SubQueue<T>[] = [];
  for (let priority = tier.firstFrom(0); priority >= 0; priority = tier.firstFrom(priority + 1)) {
    out.push(tier.get(priority) as SubQueue<T>);
  }
  return out;
}

function checkKeys(cls: number, priority: number): void {
  // x >>> 0 is x for unsigned 32-bit integers only
  if (cls >>> 0 === cls && priority >>> 0 === priority && cls <= MAX_KEY && priority <= MAX_KEY) return;
  throw invalidArgument(`Expected class and priority to be integers from 0 to ${MAX_KEY}, got ${cls} and ${priority}`);
}
