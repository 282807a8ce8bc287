/** Names an entry to {@link OpQueue.withdraw}, while it is queued. */
export interface OpQueueEntry<T> {
  readonly item: T;
  readonly cls: number;
  readonly priority: number;
  readonly strict: boolean;
  /** Where it lies, as the queue knows it. */
  readonly position: object;
}

/**
 * A queue of items that have a priority and a class. Classes are integers from 0 to 2^30−1, priorities from
 * 0 to 511. Each call costs the same at
 * any depth; `removeByClass` costs what it removes, `oldest` a look at each class of each priority.
 *
 * @see src/common/OpQueue.h (16.2.15)
 */
export interface OpQueue<T> {
  /** Items queued. */
  readonly length: number;
  /** What the item dequeued last was queued with: its cost … */
  readonly dequeuedCost: number;
  /** … and its stamp. */
  readonly dequeuedStamp: number;
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
  /** Names the last item of a class, such as one just enqueued, to {@link OpQueue.withdraw}; undefined where the class is empty. */
  tail(cls: number, priority: number, strict: boolean): OpQueueEntry<T> | undefined;
  /** Takes one item out. @returns its cost, or undefined where it is not queued any more */
  withdraw(entry: OpQueueEntry<T>): number | undefined;
  /** The smallest stamp of all that is queued; Infinity where nothing is. */
  oldest(): number;
}
