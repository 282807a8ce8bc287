import type { ClassPool, ClassQueue, QueuePosition } from './class-queue.js';
import { RadixMap } from './radix-map.js';

/**
 * One priority of a queue: its classes, each served once a round in order of their numbers; first in, first out within a class.
 *
 * @see PrioritizedQueue::SubQueue in src/common/PrioritizedQueue.h (16.2.15)
 */
export class SubQueue<T> {
  readonly priority: number;
  /** Of the strict tier? */
  readonly strict: boolean;
  /** Its place among the priorities of both tiers. */
  readonly rank: number;
  /** For the token bucket. */
  tokens = 0;
  /** For the weighted policy: its share, and the virtual time at which it is served next. */
  weight = 1;
  pass = 0;
  readonly #pool: ClassPool<T>;
  readonly #classes = new RadixMap<ClassQueue<T>>();
  #length = 0;
  /** The class whose turn it is. */
  #current: ClassQueue<T> | undefined;

  constructor(priority: number, strict: boolean, rank: number, pool: ClassPool<T>) {
    this.priority = priority;
    this.strict = strict;
    this.rank = rank;
    this.#pool = pool;
  }

  get length(): number {
    return this.#length;
  }

  /** The class whose turn it is; there is one while anything is queued. */
  get front(): ClassQueue<T> {
    return this.#current as ClassQueue<T>;
  }

  /** The class of that number. */
  classQueue(cls: number): ClassQueue<T> | undefined {
    return this.#classes.get(cls);
  }

  push(cls: number, item: T, cost: number, stamp: number, front: boolean): void {
    let queue = this.#classes.get(cls);
    if (!queue) {
      queue = this.#pool.take(cls);
      this.#link(queue);
    }
    if (front) queue.pushFront(item, cost, stamp);
    else queue.push(item, cost, stamp);
    this.#length++;
  }

  /** Takes the first entry of the class whose turn it is, and passes the turn on. */
  shift(): T {
    const queue = this.#current as ClassQueue<T>;
    const item = queue.shift();
    this.#length--;
    this.#current = queue.next;
    if (queue.length === 0) this.#drop(queue);
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw(cls: number, position: QueuePosition, item: T): number | undefined {
    const queue = this.#classes.get(cls);
    const cost = queue?.withdraw(position, item);
    if (cost === undefined) return undefined;
    this.#length--;
    if (queue?.length === 0) this.#drop(queue);
    return cost;
  }

  /** Takes a class out, telling of all that is in it, in order. */
  removeClass(cls: number, visit: (item: T, cost: number) => void): void {
    const queue = this.#classes.get(cls);
    if (!queue) return;
    while (queue.length > 0) {
      const { firstCost } = queue;
      visit(queue.shift(), firstCost);
      this.#length--;
    }
    this.#drop(queue);
  }

  /** Smallest stamp of all that is queued. */
  oldest(): number {
    const first = this.front;
    let oldest = first.oldest();
    for (let queue = first.next; queue !== first; queue = queue.next) oldest = Math.min(oldest, queue.oldest());
    return oldest;
  }

  /** The class joins the round at the position of its number. */
  #link(queue: ClassQueue<T>): void {
    const classes = this.#classes;
    const next = classes.from(queue.key) ?? classes.from(0) ?? queue;
    classes.set(queue.key, queue);
    queue.next = next;
    queue.previous = next === queue ? queue : next.previous;
    queue.previous.next = queue;
    next.previous = queue;
    this.#current ??= queue;
  }

  #drop(queue: ClassQueue<T>): void {
    const { key, previous, next } = queue;
    this.#classes.delete(key);
    previous.next = next;
    next.previous = previous;
    if (queue === this.#current) this.#current = next === queue ? undefined : next;
    this.#pool.give(queue);
  }
}
