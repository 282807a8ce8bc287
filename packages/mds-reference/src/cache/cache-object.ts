import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { PIN } from './pins.js';

/** What may be waited for. */
export const WAIT = {
  /** The object is frozen or about to be: wait until that is over. */
  UNFREEZE: 1,
  FROZEN: 2,
  /** A directory fragment is read in as a whole. */
  COMPLETE: 4,
  /** The objects of a truncated file are cut. */
  TRUNC: 8,
  /** A new directory fragment is journaled. */
  CREATED: 16,
} as const;

interface Waiter {
  mask: number;
  completion: Completion;
}

/**
 * What inodes, dentries and directory fragments have in common: pins, state bits, auth pins, waiters.
 *
 * A pinned object stays in the cache. An auth pin keeps it (and the fragment it is in) from being frozen.
 *
 * @see src/mds/MDSCacheObject.h (16.2.15)
 */
export abstract class MDSCacheObject {
  /** Bits; each class has its own, beside those named here. */
  protected state = 0;
  #ref = 0;
  #waiting: Waiter[] | undefined;

  static readonly STATE_DIRTY = 1 << 30;

  /** Is this rank in charge of the object? With a single rank it always is. */
  isAuth(): boolean {
    return true;
  }

  get numRef(): number {
    return this.#ref;
  }

  /** Pins the object; `by` (PIN_…) says why. */
  get(_by: number): void {
    if (this.#ref++ === 0) this.firstGet();
  }

  /** @throws Error when it isn't pinned */
  put(by: number): void {
    if (this.#ref <= 0) throw new Error(`${this.describe()}: pin ${by} put, and there is none`);
    if (--this.#ref === 0) this.lastPut();
    this.afterPut();
  }

  /** The object has become pinned. */
  protected firstGet(): void {
    // for subclasses
  }

  /** It is no longer pinned. */
  protected lastPut(): void {
    // for subclasses
  }

  /** There is a pin less. */
  protected afterPut(): void {
    // for subclasses
  }

  isDirty(): boolean {
    return (this.state & MDSCacheObject.STATE_DIRTY) !== 0;
  }

  // -- freezing

  abstract isFrozen(): boolean;
  abstract isFreezing(): boolean;
  abstract canAuthPin(): boolean;
  abstract authPin(by: object): void;
  abstract authUnpin(by: object): void;

  isFreezingOrFrozen(): boolean {
    return this.isFreezing() || this.isFrozen();
  }

  /** Completes `completion` when the object is no longer frozen. */
  abstract addUnfreezeWaiter(completion: Completion): void;

  // -- waiters

  addWaiter(mask: number, completion: Completion): void {
    if (!this.#waiting) {
      this.#waiting = [];
      this.get(PIN.WAITER);
    }
    this.#waiting.push({ mask, completion });
  }

  isWaiterFor(mask: number): boolean {
    return this.#waiting !== undefined && this.#waiting.some((waiter) => (waiter.mask & mask) !== 0);
  }

  /** Moves those who wait for any of `mask` to `into`, in the order they came. */
  takeWaiting(mask: number, into: Completion[]): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    let kept = 0;
    for (const waiter of waiting) {
      if (waiter.mask & mask) into.push(waiter.completion);
      else waiting[kept++] = waiter;
    }
    waiting.length = kept;
    if (kept > 0) return;
    this.#waiting = undefined;
    this.put(PIN.WAITER);
  }

  /** Completes those who wait for any of `mask` with `r`. */
  finishWaiting(mask: number, r = 0): void {
    if (!this.#waiting) return;
    const finished: Completion[] = [];
    this.takeWaiting(mask, finished);
    for (const completion of finished) complete(completion, r);
  }

  /** For logs and errors. */
  abstract describe(): string;
}
