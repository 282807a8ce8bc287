import { invalidArgument } from '@cephts/common';
import type { PrioritizedQueueOptions } from './prioritized-queue.js';
import type { SubQueue } from './sub-queue.js';
import { TieredQueue } from './tiered-queue.js';

/** Options of {@link WeightedPriorityQueue}. */
export interface WeightedPriorityQueueOptions extends PrioritizedQueueOptions {
  /** The weight of a priority, above 0; asked when the priority is used first. @defaultValue priority + 1 */
  weight?: (priority: number) => number;
}

/**
 * As a PrioritizedQueue, but the shared tier is served in proportion to weights: while two priorities wait, one of three times the weight
 * gets three times the cost dequeued, evenly interleaved. None starves: what a priority gets depends on its weight and never on how much
 * of a higher one comes in. One that has waited for nothing has saved up nothing.
 *
 * Each priority has a virtual time that moves by cost/weight when it is served, and the earliest goes first (start-time fair queueing).
 * Ceph's class of the same name draws the priority by lot instead; this one gives the same shares with the same history each time.
 *
 * @see src/common/WeightedPriorityQueue.h (16.2.15)
 */
export class WeightedPriorityQueue<T> extends TieredQueue<T> {
  readonly #maxCost: number;
  readonly #minCost: number;
  readonly #weight: (priority: number) => number;
  /** Virtual time of the item served last: where a priority that joins begins, unless its own is later. */
  #now = 0;

  constructor(options: WeightedPriorityQueueOptions = {}) {
    super();
    this.#maxCost = options.maxTokensPerPriority ?? 16_777_216;
    this.#minCost = options.minCost ?? 65_536;
    this.#weight = options.weight ?? ((priority) => priority + 1);
  }

  /** @throws CephError `ERR_CEPH_INVALID_ARGUMENT` for a weight that is not above 0 */
  protected weightOf(priority: number): number {
    const weight = this.#weight(priority);
    if (weight > 0 && weight < Infinity) return weight;
    throw invalidArgument(`Expected a weight above 0, got ${weight}`);
  }

  protected choose(top: SubQueue<T>): SubQueue<T> {
    let next = top;
    for (const sub of this.waiting) if (sub.pass < next.pass) next = sub;
    return next;
  }

  protected served(sub: SubQueue<T>, cost: number): void {
    this.#now = sub.pass;
    sub.pass += Math.min(Math.max(cost, this.#minCost), this.#maxCost) / sub.weight;
  }

  protected joined(sub: SubQueue<T>): void {
    // one that left and joins again has not won a turn by it
    sub.pass = Math.max(this.#now, sub.pass);
  }

  protected left(): void {
    // what it was served last counts on when it joins again
  }
}
