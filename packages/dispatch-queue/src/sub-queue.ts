import type { ClassPool, ClassQueue, EntryNumbers, QueuePosition } from './class-queue.js';
import { RadixMap } from './radix-map.js';

/**
 * One priority of a queue: its classes, each served once a round in order of their numbers; first in, first out within a class.
 *
 * @see PrioritizedQueue::SubQueue in src/common/PrioritizedQueue.h (16.2.15)
 */
export class SubQueue<T> {
  /** Of the strict tier? */
  readonly strict: boolean;
  /** Its place among the priorities of both tiers. */
  readonly rank: number;
  /** Entries queued. */
  length = 0;
  /** The class whose turn it is; there is one while anything is queued. */
  front: ClassQueue<T> | undefined;
  /** Its share of what is served. */
  readonly weight: number;
  /** For the token bucket. */
  tokens = 0;
  /** For the weighted policy: the virtual time at which it is served next. */
  pass = 0;
  readonly #pool: ClassPool<T>;
  readonly #classes = new RadixMap<ClassQueue<T>>();

  constructor(strict: boolean, rank: number, weight: number, pool: ClassPool<T>) {
    this.strict = strict;
    this.rank = rank;
    this.weight = weight;
    this.#pool = pool;
  }

  /** The class of that number. */
  classQueue(cls: number): ClassQueue<T> | undefined {
    return this.#classes.get(cls);
  }

  /** One more entry comes: the class to push it to. */
  add(cls: number): ClassQueue<T> {
    this.length++;
    return this.#classes.get(cls) ?? this.#join(cls);
  }

  /** Takes the first entry of the class whose turn it is, and passes the turn on. @param numbers is told its numbers */
  shift(numbers: EntryNumbers): T {
    const queue = this.front!;
    this.length--;
    this.front = queue.next;
    const item = queue.shift(numbers);
    if (queue.empty) this.#drop(queue);
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw(cls: number, position: QueuePosition): number | undefined {
    const queue = this.#classes.get(cls);
    const cost = queue?.withdraw(position);
    if (cost === undefined) return undefined;
    this.length--;
    if (queue?.empty) this.#drop(queue);
    return cost;
  }

  /** Takes a class out, telling of all that is in it, in order. */
  removeClass(cls: number, visit: (item: T, cost: number) => void): void {
    const queue = this.#classes.get(cls);
    if (!queue) return;
    const numbers = { cost: 0, stamp: 0 };
    while (!queue.empty) {
      visit(queue.shift(numbers), numbers.cost);
      this.length--;
    }
    this.#drop(queue);
  }

  /** Smallest stamp of all that is queued. */
  oldest(): number {
    const first = this.front!;
    let oldest = first.oldest();
    for (let queue = first.next; queue !== first; queue = queue.next) oldest = Math.min(oldest, queue.oldest());
    return oldest;
  }

  /** The class joins the round at the position of its number. */
  #join(cls: number): ClassQueue<T> {
    const classes = this.#classes;
    const queue = this.#pool.take(cls);
    const next = classes.from(cls) ?? classes.from(0) ?? queue;
    classes.set(cls, queue);
    queue.next = next;
    queue.previous = next === queue ? queue : next.previous;
    queue.previous.next = queue;
    next.previous = queue;
    this.front ??= queue;
    return queue;
  }

  #drop(queue: ClassQueue<T>): void {
    const { key, previous, next } = queue;
    this.#classes.delete(key);
    previous.next = next;
    next.previous = previous;
    if (queue === this.front) this.front = next === queue ? undefined : next;
    this.#pool.give(queue);
  }
}
