import { completeReporting } from './context.js';
import type { Completion } from './context.js';
import { CephError, EAGAIN } from './errors.js';
import { checkOptionTypes, invalidOption } from './option-types.js';
import type { OptionTypes } from './option-types.js';

/**
 * What happens when an entry finds its queue full:
 * `throw` refuses it with `ERR_CEPH_FULL` and takes nothing; `drop-newest` completes it with -EAGAIN and says false;
 * `drop-oldest` completes the longest waiting one with -EAGAIN and takes the new one.
 */
export type OverflowPolicy = 'throw' | 'drop-newest' | 'drop-oldest';

/** Options of {@link limits}, in entries and in cost; all optional. */
export interface LimitsOptions {
  /** Most entries that may wait, at least 1. @defaultValue Infinity */
  capacity?: number;
  /**
   * Most cost that may wait, in the unit of the entries' `cost`. An entry that costs more is taken when nothing else waits.
   * @defaultValue Infinity
   */
  capacityCost?: number;
  /** What happens to an entry for which there is no room. @defaultValue `'throw'` */
  overflow?: OverflowPolicy;
  /** Entries at which `onHighWater` is told. @defaultValue capacity */
  highWater?: number;
  /** Entries down to which the queue sinks before `onLowWater` is told; at most highWater. @defaultValue half of highWater */
  lowWater?: number;
  /** As `highWater`, in cost. @defaultValue capacityCost */
  highWaterCost?: number;
  /** As `lowWater`, in cost. @defaultValue half of highWaterCost */
  lowWaterCost?: number;
  /** Told once when the queue reaches a high-water mark; again only after the low one. */
  onHighWater?: () => void;
  /** Told once when the queue, having reached a high-water mark, has sunk to both low ones. */
  onLowWater?: () => void;
}

const TYPES: OptionTypes<LimitsOptions> = {
  overflow: 'throw or drop-newest or drop-oldest',
  capacity: 'a number of at least 0',
  capacityCost: 'a number of at least 0',
  highWater: 'a number of at least 0',
  lowWater: 'a number of at least 0',
  highWaterCost: 'a number of at least 0',
  lowWaterCost: 'a number of at least 0',
  onHighWater: 'a function',
  onLowWater: 'a function',
};

/** The limits of one queue, and what waits there: counts entries and cost, and tells of the marks. */
export class QueueLimits {
  /** Entries that wait, and their cost; read only. */
  items = 0;
  cost = 0;
  readonly overflow: OverflowPolicy;
  /**
   * Is there no room for one more entry of this cost?
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when the cost is no number of at least 0
   */
  readonly isFull: (cost: number) => boolean;
  /** Tells of a mark that was crossed. */
  readonly #look: () => void;
  readonly #report: (error: unknown) => void;

  /**
   * @param report told what a completion that is dropped throws and, soon, what onHighWater and onLowWater do
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when the capacity is below 1, or a low mark above its high one or without one
   */
  constructor(options: LimitsOptions, report: (error: unknown) => void) {
    const { capacity = Infinity, highWater = capacity, lowWater = highWater / 2, onHighWater, onLowWater } = options;
    const { capacityCost = Infinity, highWaterCost = capacityCost, lowWaterCost = highWaterCost / 2 } = options;
    if (capacity < 1) throw invalidOption('capacity', 'at least 1', capacity);
    if (lowWater > highWater || highWater - lowWater === Infinity) throw invalidOption('lowWater', 'at most highWater', lowWater);
    if (lowWaterCost > highWaterCost || highWaterCost - lowWaterCost === Infinity)
      throw invalidOption('lowWaterCost', 'at most highWaterCost', lowWaterCost);
    this.overflow = options.overflow ?? 'throw';
    this.#report = report;
    this.isFull = (cost) => {
      // an infinite one would leave NaN behind
      if (!(cost >= 0 && cost < Infinity)) throw invalidOption('cost', 'a number of at least 0', cost);
      return this.items >= capacity || (this.items > 0 && this.cost + cost > capacityCost);
    };
    /** Was a high mark reached, and not both low ones since? */
    let above = false;
    this.#look = () => {
      const crossed = above
        ? this.items <= lowWater && this.cost <= lowWaterCost
        : this.items >= highWater || this.cost >= highWaterCost;
      if (!crossed) return;
      above = !above;
      // the promise has what they throw, and what they reject with
      void new Promise((resolve) => resolve((above ? onHighWater : onLowWater)?.())).catch(report);
    };
  }

  /** One entry came, and waits: whoever is told of a high mark may withdraw it. */
  add(cost: number): void {
    this.items++;
    this.cost += cost;
    this.#look();
  }

  /** One entry left. */
  remove(cost: number): void {
    // sums of fractions drift: nothing waiting costs nothing
    this.cost = --this.items && this.cost - cost;
    this.#look();
  }

  /**
   * Does what the policy asks for where an entry of this cost finds no room.
   *
   * @param takeOldest takes the longest waiting entry out of the queue, for `drop-oldest`
   * @returns true: there is room now; false: the entry was dropped, and completed with -EAGAIN
   * @throws CephError `ERR_CEPH_FULL`
   */
  makeRoom(entry: Completion, cost: number, takeOldest?: () => Completion | undefined): boolean {
    if (this.overflow === 'throw') throw new CephError('ERR_CEPH_FULL', `${this.items} entries wait`, { errno: EAGAIN });
    const drop = (dropped: Completion): unknown => completeReporting(dropped, -EAGAIN, this.#report);
    if (this.overflow === 'drop-newest') {
      drop(entry);
      return false;
    }
    for (let oldest; this.isFull(cost) && (oldest = takeOldest?.());) drop(oldest);
    return true;
  }
}

/**
 * Makes the limits of a queue.
 *
 * @param report see {@link QueueLimits}
 * @param ordered false: no entry is the oldest, and `drop-oldest` is refused
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export type Limits = (report: (error: unknown) => void, ordered?: boolean) => QueueLimits;

/**
 * Limits for a primitive, which takes them ready-made, so that a bundle in which nobody asks for any carries none. One call may serve
 * several queues: each has its own count.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 * @example
 * ```ts
 * new Finisher(cct, { limits: limits({ capacity: 1000, overflow: 'drop-newest' }) });
 * ```
 */
export function limits(options: LimitsOptions): Limits {
  checkOptionTypes('limits', TYPES, options);
  // refuses here what it would refuse when the queue is made
  void new QueueLimits(options, () => undefined);
  return (report, ordered = true) => {
    if (!ordered && options.overflow === 'drop-oldest') throw invalidOption('overflow', 'throw or drop-newest', options.overflow);
    return new QueueLimits(options, report);
  };
}
