import { invalidOption } from './option-types.js';
import type { OptionTypes } from './option-types.js';

/**
 * What happens when an entry finds its queue full:
 * `throw` refuses it with `ERR_CEPH_FULL` and takes nothing; `drop-newest` completes it with -EAGAIN and says false;
 * `drop-oldest` completes the longest waiting one with -EAGAIN and takes the new one.
 */
export type OverflowPolicy = 'throw' | 'drop-newest' | 'drop-oldest';

/** Limits of a queue, in entries and in cost; the same words for every queue of this library. */
export interface BoundsOptions {
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

/** What each of these options may be. */
export const BOUNDS_TYPES: OptionTypes<BoundsOptions> = {
  overflow: 'throw or drop-newest or drop-oldest',
  capacity: 'number',
  capacityCost: 'number',
  highWater: 'number',
  lowWater: 'number',
  highWaterCost: 'number',
  lowWaterCost: 'number',
  onHighWater: 'function',
  onLowWater: 'function',
};

/** Counts the entries and the cost that wait in one queue, and tells of the marks. */
export class Bounds {
  /** Entries that wait, and their cost; read only. */
  items = 0;
  cost = 0;
  /** Is there no room for one more entry of this cost? */
  readonly isFull: (cost: number) => boolean;
  /** Tells of a mark that was crossed. */
  readonly #look: () => void;

  /**
   * @param report told, soon, what onHighWater and onLowWater throw or reject with
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when the capacity is below 1, or a low mark above its high one or without one
   */
  constructor(options: BoundsOptions, report: (error: unknown) => void) {
    const { capacity = Infinity, highWater = capacity, lowWater = highWater / 2, onHighWater, onLowWater } = options;
    const { capacityCost = Infinity, highWaterCost = capacityCost, lowWaterCost = highWaterCost / 2 } = options;
    if (capacity < 1) throw invalidOption('capacity', 'at least 1', capacity);
    if (lowWater > highWater || highWater - lowWater === Infinity) throw invalidOption('lowWater', 'at most highWater', lowWater);
    if (lowWaterCost > highWaterCost || highWaterCost - lowWaterCost === Infinity)
      throw invalidOption('lowWaterCost', 'at most highWaterCost', lowWaterCost);
    this.isFull = (cost) => this.items >= capacity || (this.items > 0 && this.cost + cost > capacityCost);
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

  /** Bounds where an option asks for any; none cost nothing. */
  static from(options: BoundsOptions, report: (error: unknown) => void): Bounds | undefined {
    return /cap|Water/.test(Object.keys(options).join()) ? new Bounds(options, report) : undefined;
  }

  /**
   * One entry came.
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when its cost is no number of at least 0
   */
  add(cost: number): void {
    if (!(cost >= 0)) throw invalidOption('cost', 'a number of at least 0', cost);
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
}
