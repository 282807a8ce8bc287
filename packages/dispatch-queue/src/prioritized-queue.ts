import type { SubQueue } from './sub-queue.js';
import { TieredQueue } from './tiered-queue.js';

/** Options of {@link PrioritizedQueue} and {@link WeightedPriorityQueue}. */
export interface PrioritizedQueueOptions {
  /** Tokens one priority may save up, and the most an item can cost. @defaultValue 16777216 */
  maxTokensPerPriority?: number;
  /** What the cheapest item costs. @defaultValue 65536 */
  minCost?: number;
}

/**
 * Two queues in one. Strict items go first, highest priority first. The rest share by token bucket: whatever is dequeued fills the
 * buckets of all priorities, a higher one faster; the lowest priority that can pay for its next item goes first, and where none can,
 * the highest goes on credit. Within one priority the classes take turns, one item each; within a class first in is first out.
 *
 * @see src/common/PrioritizedQueue.h (16.2.15)
 *
 * @example
 * ```ts
 * import { PrioritizedQueue, PRIORITY } from '@cephts/dispatch-queue';
 *
 * const queue = new PrioritizedQueue<string>();
 * queue.enqueueStrict(1, PRIORITY.LOW, 'first of class 1');
 * queue.enqueueStrict(1, PRIORITY.LOW, 'second of class 1');
 * queue.enqueueStrict(2, PRIORITY.LOW, 'first of class 2');
 * queue.enqueueStrict(2, PRIORITY.HIGH, 'urgent');
 * const order = Array.from({ length: queue.length }, () => queue.dequeue());
 * // urgent, first of class 1, first of class 2, second of class 1
 * ```
 */
export class PrioritizedQueue<T> extends TieredQueue<T> {
  readonly #maxTokens: number;
  readonly #minCost: number;
  /** Sum of the weights that share. */
  #totalWeight = 0;

  constructor(options: PrioritizedQueueOptions = {}) {
    super();
    this.#maxTokens = options.maxTokensPerPriority ?? 16_777_216;
    this.#minCost = options.minCost ?? 65_536;
  }

  protected weightOf(priority: number): number {
    return priority;
  }

  protected choose(top: SubQueue<T>): SubQueue<T> {
    for (const sub of this.waiting) {
      const cost = this.#clamp(sub.front!.firstCost);
      if (cost >= sub.tokens) continue;
      sub.tokens -= cost;
      return sub;
    }
    return top;
  }

  protected served(_sub: SubQueue<T>, cost: number): void {
    if (this.#totalWeight === 0) return;
    for (const sub of this.waiting) {
      const tokens = sub.tokens + Math.floor((sub.weight * this.#clamp(cost)) / this.#totalWeight) + 1;
      sub.tokens = Math.min(tokens, this.#maxTokens);
    }
  }

  protected joined(sub: SubQueue<T>): void {
    sub.tokens = 0;
    this.#totalWeight += sub.weight;
  }

  protected left(sub: SubQueue<T>): void {
    this.#totalWeight -= sub.weight;
  }

  #clamp(cost: number): number {
    return Math.min(Math.max(cost, this.#minCost), this.#maxTokens);
  }
}
