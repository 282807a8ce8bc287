import { invalidOption } from './option-types.js';

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

const POLICIES: readonly string[] = ['throw', 'drop-newest', 'drop-oldest'] satisfies OverflowPolicy[];

/** Counts the entries and the cost that wait in one queue, and tells of the marks. */
export class Bounds {
  readonly #options: Required<BoundsOptions>;
  readonly #report: (error: unknown) => void;
  #items = 0;
  #cost = 0;
  #above = false;

  /** @param report told what onHighWater and onLowWater throw */
  constructor(options: BoundsOptions, report: (error: unknown) => void) {
    const { overflow = 'throw', capacity = Infinity, capacityCost = Infinity, onHighWater = Object, onLowWater = Object } = options;
    const { highWater = capacity, highWaterCost = capacityCost } = options;
    const { lowWater = highWater / 2, lowWaterCost = highWaterCost / 2 } = options;
    if (!POLICIES.includes(overflow)) throw invalidOption('overflow', POLICIES.join(' or '), overflow);
    this.#options = { overflow, capacity, capacityCost, highWater, highWaterCost, lowWater, lowWaterCost, onHighWater, onLowWater };
    this.#report = report;
  }

  /** Bounds where an option asks for any; none cost nothing. */
  static from(options: BoundsOptions, report: (error: unknown) => void): Bounds | undefined {
    return Object.keys(options).some((name) => /^(cap|high)/.test(name)) ? new Bounds(options, report) : undefined;
  }

  get overflow(): OverflowPolicy {
    return this.#options.overflow;
  }

  get items(): number {
    return this.#items;
  }

  get cost(): number {
    return this.#cost;
  }

  /** Is there no room for one more entry of this cost? */
  isFull(cost: number): boolean {
    const { capacity, capacityCost } = this.#options;
    return this.#items >= capacity || (this.#items > 0 && this.#cost + cost > capacityCost);
  }

  /**
   * One entry came.
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when its cost is no number of at least 0
   */
  add(cost: number): void {
    if (!(cost >= 0)) throw invalidOption('cost', 'a number of at least 0', cost);
    this.#items++;
    this.#cost += cost;
    const { highWater, highWaterCost, onHighWater } = this.#options;
    if (!this.#above && (this.#items >= highWater || this.#cost >= highWaterCost)) this.#tell(true, onHighWater);
  }

  /** One entry left. */
  remove(cost: number): void {
    // sums of fractions drift: nothing waiting costs nothing
    this.#cost = --this.#items === 0 ? 0 : this.#cost - cost;
    const { lowWater, lowWaterCost, onLowWater } = this.#options;
    if (this.#above && this.#items <= lowWater && this.#cost <= lowWaterCost) this.#tell(false, onLowWater);
  }

  #tell(above: boolean, callback: () => void): void {
    this.#above = above;
    try {
      callback();
    } catch (error) {
      this.#report(error);
    }
  }
}
