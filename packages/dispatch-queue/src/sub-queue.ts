import { ClassQueue } from './class-queue.js';
import type { ChunkPool } from './class-queue.js';
import { RadixMap } from './radix-map.js';

/**
 * One priority of a queue: its classes, each served once a round in order of their numbers; first in, first out within a class.
 *
 * @see PrioritizedQueue::SubQueue in src/common/PrioritizedQueue.h (16.2.15)
 */
export class SubQueue<T> {
  readonly priority: number;
  /** For the token bucket. */
  tokens = 0;
  /** For the weighted policy: its share, and the virtual time at which it is served next. */
  weight = 1;
  pass = 0;
  readonly #pool: ChunkPool<T>;
  readonly #classes = new RadixMap<ClassQueue<T>>();
  #length = 0;
  /** The class whose turn it is. */
  #cursor = -1;
  #current: ClassQueue<T> | undefined;

  constructor(priority: number, pool: ChunkPool<T>) {
    this.priority = priority;
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
      queue = new ClassQueue(this.#pool);
      this.#classes.set(cls, queue);
      if (!this.#current) {
        this.#cursor = cls;
        this.#current = queue;
      }
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
    if (queue.length === 0) this.#classes.delete(this.#cursor);
    this.#advance();
    return item;
  }

  /** To be told that an entry of this class was withdrawn. */
  withdrew(cls: number): void {
    this.#length--;
    if (this.#classes.get(cls)?.length === 0) this.#drop(cls);
  }

  /** Takes a class out, with all that is in it. */
  removeClass(cls: number): ClassQueue<T> | undefined {
    const queue = this.#classes.get(cls);
    if (!queue) return undefined;
    this.#length -= queue.length;
    this.#drop(cls);
    return queue;
  }

  /** Smallest stamp of all that is queued. */
  oldest(): number {
    let oldest = Infinity;
    for (let cls = this.#classes.firstFrom(0); cls >= 0; cls = this.#classes.firstFrom(cls + 1)) {
      oldest = Math.min(oldest, (this.#classes.get(cls) as ClassQueue<T>).oldest());
    }
    return oldest;
  }

  #drop(cls: number): void {
    this.#classes.delete(cls);
    if (cls === this.#cursor) this.#advance();
  }

  /** The turn passes to the next class, round and round. */
  #advance(): void {
    const classes = this.#classes;
    let next = classes.firstFrom(this.#cursor + 1);
    if (next < 0) next = classes.firstFrom(0);
    if (next === this.#cursor) return;
    this.#cursor = next;
    this.#current = classes.get(next);
  }
}
