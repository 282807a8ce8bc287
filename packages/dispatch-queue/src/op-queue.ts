/** Takes out one item of an {@link OpQueue}. @returns its cost, or undefined where it is not queued any more */
export type Withdrawal = () => number | undefined;

/**
 * A queue of items that have a priority and a class. Classes are integers from 0 to 2^30−1, priorities from 0 to 511. Each call costs
 * the same at any depth; `removeByClass` costs what it removes, `oldest` a look at each class of each priority.
 *
 * @see src/common/OpQueue.h (16.2.15)
 */
export interface OpQueue<T> {
  /** Items queued. */
  readonly length: number;
  /** What the item dequeued last was queued with. */
  readonly dequeued: { readonly cost: number; readonly stamp: number };
  /** Puts an item at the end of its class; no item of a lower priority, and none queued by {@link OpQueue.enqueue}, goes before it. */
  enqueueStrict(cls: number, priority: number, item: T, cost?: number, stamp?: number): void;
  /** As {@link OpQueue.enqueueStrict}, at the front of the class. */
  enqueueStrictFront(cls: number, priority: number, item: T, cost?: number, stamp?: number): void;
  /** Puts an item at the end of its class, to be served in its share. */
  enqueue(cls: number, priority: number, cost: number, item: T, stamp?: number): void;
  /** As {@link OpQueue.enqueue}, at the front of the class. */
  enqueueFront(cls: number, priority: number, cost: number, item: T, stamp?: number): void;
  /** Takes the next item; undefined where there is none. */
  dequeue(): T | undefined;
  /**
   * Takes the next item of the lowest priority queued, unless that is above the one given: what is served last makes room first. Strict
   * priorities are above all others. Undefined where there is none.
   */
  dequeueLowest(priority?: number, strict?: boolean): T | undefined;
  /** Takes out every item of a class, strict ones before others, higher priorities before lower ones, in order within a priority. */
  removeByClass(cls: number, removed?: (item: T, cost: number) => void): T[];
  /** What withdraws the last item of a class, such as one just enqueued; undefined where the class is empty. */
  withdrawal(cls: number, priority: number, strict: boolean): Withdrawal | undefined;
  /**
   * Takes nothing.
   * @throws CephError `ERR_CEPH_INVALID_ARGUMENT` where an item of this class, priority and cost could not be queued
   */
  check(cls: number, priority: number, strict: boolean, cost: number): void;
  /** The smallest stamp of all that is queued; Infinity where nothing is. */
  oldest(): number;
}
