import { completeReporting } from './context.js';
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
  /** Entries down to which the queue sinks before `onLowWater` is told. @defaultValue half of highWater */
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
  readonly #options: BoundsOptions;
  readonly #report: (error: unknown) => void;
  /** Was a high mark reached, and not both low ones since? */
  #above = false;
  /** Entries that wait, and their cost; read only. */
  items = 0;
  cost = 0;

  /** @param report told what onHighWater and onLowWater throw */
  constructor(options: BoundsOptions, report: (error: unknown) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** Bounds where an option asks for any; none cost nothing. */
  static from(options: BoundsOptions, report: (error: unknown) => void): Bounds | undefined {
    return /cap|high/.test(String(Object.keys(options))) ? new Bounds(options, report) : undefined;
  }

  /** Is there no room for one more entry of this cost? */
  isFull(cost: number): boolean {
    const { capacity = Infinity, capacityCost = Infinity } = this.#options;
    return this.items >= capacity || (this.items > 0 && this.cost + cost > capacityCost);
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

  /** Tells of a mark that was crossed. */
  #look(): void {
    const { capacity = Infinity, highWater = capacity, lowWater = highWater / 2, onHighWater, onLowWater } = this.#options;
    const { capacityCost = Infinity, highWaterCost = capacityCost, lowWaterCost = highWaterCost / 2 } = this.#options;
    const crossed = this.#above
      ? this.items <= lowWater && this.cost <= lowWaterCost
      : this.items >= highWater || this.cost >= highWaterCost;
    if (!crossed) return;
    this.#above = !this.#above;
    completeReporting((this.#above ? onHighWater : onLowWater) ?? nothing, 0, this.#report);
  }
}

const nothing = (): void => undefined;
