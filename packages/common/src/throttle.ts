import { complete } from './context.js';
import type { Completion } from './context.js';
import { AbortedError, CephError, ECANCELED, EINVAL } from './errors.js';
import { Fifo } from './fifo.js';
import type { PrimitiveContext, ThrottleCounters } from './primitive-context.js';

interface Waiter {
  readonly amount: number;
  readonly since: number;
  readonly completion: Completion;
}

/**
 * Bounds how much of something is in use. Takers beyond the maximum wait in strict order: nobody goes before one who waits already. A
 * request larger than the maximum is admitted once the use has come down to the maximum, so that it never waits for ever. Maximum 0
 * means no bound: nothing waits, but what is got is still counted.
 *
 * @see src/common/Throttle.cc (16.2.15)
 */
export class Throttle {
  readonly name: string;
  readonly #cct: PrimitiveContext;
  readonly #counters: ThrottleCounters | undefined;
  #max: number;
  #count = 0;
  readonly #waiters = new Fifo<Waiter>();

  /**
   * @param max units in use at the most; 0 for no bound
   * @param usePerf register perf counters `throttle-NAME`, where the context keeps any. @defaultValue true
   * @throws CephError `ERR_CEPH_THROTTLE` for a negative maximum
   */
  constructor(cct: PrimitiveContext, name: string, max = 0, usePerf = true) {
    this.#cct = cct;
    this.name = name;
    this.#check(max);
    this.#max = max;
    if (usePerf) this.#counters = cct.throttleCounters?.(name);
    this.#counters?.max(max);
  }

  /** Units in use. */
  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Is half of the maximum in use? Never where there is no bound. */
  pastMidpoint(): boolean {
    return this.#max > 0 && this.#count >= this.#max / 2;
  }

  /**
   * Takes `amount` when it is this caller's turn and there is room; `onGot` is then completed with 0, at once where nothing has to wait,
   * or with -ECANCELED by {@link shutdown}.
   *
   * @returns true when it was got at once
   * @throws CephError `ERR_CEPH_THROTTLE` for an amount that is not a number of at least 0
   */
  get(amount: number, onGot: Completion): boolean {
    this.#check(amount);
    if (this.#max > 0) this.#counters?.started();
    if (this.waiting > 0 || this.#shouldWait(amount)) {
      this.#waiters.push({ amount, since: this.#cct.clock.monotonicNow(), completion: onGot });
      return false;
    }
    this.#got(amount);
    complete(onGot, 0);
    return true;
  }

  /** As {@link get}, for a person: resolves when the amount was taken, rejects with `ERR_CEPH_ABORTED` by {@link shutdown}. */
  getAsync(amount: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.get(amount, (r) => (r < 0 ? reject(new AbortedError(`throttle ${this.name} was shut down`)) : resolve()));
    });
  }

  /** Takes `amount` if that needs no waiting and nobody waits already. @throws as {@link get} */
  getOrFail(amount: number): boolean {
    this.#check(amount);
    if (this.waiting > 0 || this.#shouldWait(amount)) {
      this.#counters?.orFail(false);
      return false;
    }
    if (this.#max > 0) this.#counters?.orFail(true);
    this.#got(amount);
    return true;
  }

  /** Takes `amount` whatever the maximum says. @returns units in use; 0 with no bound, where nothing is counted. @throws as {@link get} */
  take(amount: number): number {
    this.#check(amount);
    if (this.#max === 0) return 0;
    this.#count += amount;
    this.#counters?.took(amount, this.#count);
    return this.#count;
  }

  /**
   * Gives `amount` back and admits who waits.
   *
   * @throws CephError `ERR_CEPH_THROTTLE` when more is given back than is in use. Not with no bound: what was taken was not counted
   * @returns units in use; 0 with no bound
   */
  put(amount = 1): number {
    this.#check(amount);
    if (this.#max === 0) {
      this.#count = Math.max(0, this.#count - amount);
      return 0;
    }
    if (amount > this.#count) throw this.#error(`${amount} given back with ${this.#count} in use`);
    this.#count -= amount;
    this.#counters?.put(amount, this.#count);
    this.#admit();
    return this.#count;
  }

  /** Sets a new maximum and admits who now fits. @throws as {@link get} */
  resetMax(max: number): void {
    this.#check(max);
    this.#max = max;
    this.#counters?.max(max);
    this.#admit();
  }

  /** Forgets what is in use and admits who waits. */
  reset(): void {
    this.#count = 0;
    this.#counters?.reset();
    this.#admit();
  }

  /** Completes everyone who waits with -ECANCELED and drops the perf counters. */
  shutdown(): void {
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) this.#tell(waiter, -ECANCELED);
    this.#counters?.remove();
  }

  #check(amount: number): void {
    if (!Number.isFinite(amount) || amount < 0) throw this.#error(`expected an amount of at least 0, got ${amount}`);
  }

  #error(what: string): CephError {
    return new CephError('ERR_CEPH_THROTTLE', `throttle ${this.name}: ${what}`, { errno: EINVAL });
  }

  #shouldWait(amount: number): boolean {
    const max = this.#max;
    if (max === 0) return false;
    return amount <= max ? this.#count + amount > max : this.#count > max;
  }

  #got(amount: number): void {
    this.#count += amount;
    if (this.#max > 0) this.#counters?.got(amount, this.#count);
  }

  /** Admits from the front for as long as there is room: one who does not fit holds up those behind, too. */
  #admit(): void {
    for (let waiter = this.#waiters.first; waiter && !this.#shouldWait(waiter.amount); waiter = this.#waiters.first) {
      this.#waiters.shift();
      this.#got(waiter.amount);
      this.#counters?.waited(this.#cct.clock.monotonicNow() - waiter.since);
      this.#tell(waiter, 0);
    }
  }

  /** What a waiter throws is reported, so that it neither hits who gave back nor holds up the next in line. */
  #tell({ completion }: Waiter, r: number): void {
    try {
      complete(completion, r);
    } catch (error) {
      this.#cct.reportError(error, this.name);
    }
  }
}
