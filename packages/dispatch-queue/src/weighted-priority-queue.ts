import { invalidArgument } from '@cephts/common';
import type { PrioritizedQueueOptions } from './prioritized-queue.js';
import type { SubQueue } from './sub-queue.js';
import { TieredQueue } from './tiered-queue.js';

/** Options of {@link WeightedPriorityQueue}. */
export interface WeightedPriorityQueueOptions extends PrioritizedQueueOptions {
  /** The weight of a priority, above 0; asked once each time the priority begins to wait. @defaultValue priority + 1 */
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
  /** The priorities that wait, in no order. */
  readonly #waiting: SubQueue<T>[] = [];
  /** Virtual time of the item served last: where a priority that joins begins, … */
  #now = 0;
  /** … unless its last item ended later: leaving and joining again must not win it a turn. */
  readonly #finished = new Map<number, number>();

  constructor(options: WeightedPriorityQueueOptions = {}) {
    super();
    this.#maxCost = options.maxTokensPerPriority ?? 16_777_216;
    this.#minCost = options.minCost ?? 65_536;
    this.#weight = options.weight ?? ((priority) => priority + 1);
  }

  protected choose(): SubQueue<T> {
    let next = this.#waiting[0] as SubQueue<T>;
    for (const sub of this.#waiting) {
      if (sub.pass < next.pass || (sub.pass === next.pass && sub.priority > next.priority)) next = sub;
    }
    return next;
  }

  protected served(sub: SubQueue<T>, cost: number): void {
    if (this.#waiting.length === 0) {
      this.#now = 0;
      this.#finished.clear();
      return;
    }
    this.#now = sub.pass;
    sub.pass += Math.min(Math.max(cost, this.#minCost), this.#maxCost) / sub.weight;
    if (sub.length === 0) this.#finished.set(sub.priority, sub.pass);
  }

  /** @throws CephError `ERR_CEPH_INVALID_ARGUMENT` for a weight that is not above 0 */
  protected joined(sub: SubQueue<T>): void {
    const { priority } = sub;
    const weight = this.#weight(priority);
    if (!(weight > 0 && weight < Infinity)) {
      throw invalidArgument(`Expected the weight of priority ${priority} to be above 0, got ${weight}`);
    }
    sub.weight = weight;
    sub.pass = Math.max(this.#now, this.#finished.get(priority) ?? 0);
    this.#waiting.push(sub);
  }

  protected left(sub: SubQueue<T>): void {
    this.#finished.set(sub.priority, sub.pass);
    const last = this.#waiting.pop() as SubQueue<T>;
    if (last !== sub) this.#waiting[this.#waiting.indexOf(sub)] = last;
  }
}
