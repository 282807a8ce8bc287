import { complete } from './context.js';
import type { Completion } from './context.js';
import { CephError, ERRNO } from './errors.js';
import type { PerfCounters } from './perf-counters.js';
import type { PrimitiveContext } from './primitive-context.js';

interface Waiter {
  amount: number;
  since: number;
  completion: Completion;
}

enum Counter {
  val,
  max,
  getStarted,
  get,
  getSum,
  getOrFailFail,
  getOrFailSuccess,
  take,
  takeSum,
  put,
  putSum,
  wait,
}

/**
 * Bounds how much of something is in use. Takers beyond the maximum wait in strict order; a request larger than the maximum is admitted
 * once the use has come down to the maximum, so that it never waits for ever. Maximum 0 means no bound.
 *
 * @see src/common/Throttle.cc (16.2.15)
 */
export class Throttle {
  readonly #cct: PrimitiveContext;
  readonly name: string;
  #max: number;
  #count = 0;
  readonly #waiters: Waiter[] = [];
  readonly #logger: PerfCounters | undefined;

  /**
   * @param max units in use at the most; 0 for no bound
   * @param usePerf register perf counters `throttle-NAME`. @defaultValue true
   */
  constructor(cct: PrimitiveContext, name: string, max = 0, usePerf = true) {
    this.#cct = cct;
    this.name = name;
    this.#max = max;
    if (usePerf) {
      this.#logger = cct.perf?.create(`throttle-${name}`, [
        { key: 'val', type: 'gauge', description: 'Currently available throttle' },
        { key: 'max', type: 'gauge', description: 'Max value for throttle' },
        { key: 'get_started', type: 'counter', description: 'Number of get calls, increased before wait' },
        { key: 'get', type: 'counter', description: 'Gets' },
        { key: 'get_sum', type: 'counter', description: 'Got data' },
        { key: 'get_or_fail_fail', type: 'counter', description: 'Get blocked during get_or_fail' },
        { key: 'get_or_fail_success', type: 'counter', description: 'Successful get during get_or_fail' },
        { key: 'take', type: 'counter', description: 'Takes' },
        { key: 'take_sum', type: 'counter', description: 'Taken data' },
        { key: 'put', type: 'counter', description: 'Puts' },
        { key: 'put_sum', type: 'counter', description: 'Put data' },
        { key: 'wait', type: 'timeavg', description: 'Waiting latency' },
      ]);
      this.#logger?.set(Counter.max, max);
    }
  }

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** At or beyond the maximum now? */
  pastMidpoint(): boolean {
    return this.#max > 0 && this.#count >= this.#max / 2;
  }

  /**
   * Takes `amount` when it is this caller's turn and there is room; `onGot` is then completed with 0, at once where nothing has to wait.
   * @returns true when it was got at once
   */
  get(amount: number, onGot: Completion): boolean {
    this.#check(amount);
    this.#logger?.inc(Counter.getStarted);
    if (this.#waiters.length > 0 || this.#shouldWait(amount)) {
      this.#waiters.push({ amount, since: this.#cct.clock.monotonicNow(), completion: onGot });
      return false;
    }
    this.#got(amount);
    complete(onGot, 0);
    return true;
  }

  /** As {@link get}, for a person: resolves when the amount was taken. */
  getAsync(amount: number): Promise<void> {
    return new Promise((resolve, reject) =>
      this.get(amount, (r) =>
        r < 0
          ? reject(new CephError('ERR_CEPH_ABORTED', `throttle ${this.name} was shut down`, { errno: ERRNO.ECANCELED }))
          : resolve(),
      ),
    );
  }

  /** Takes `amount` if that needs no waiting and nobody waits already. */
  getOrFail(amount: number): boolean {
    this.#check(amount);
    if (this.#waiters.length > 0 || this.#shouldWait(amount)) {
      this.#logger?.inc(Counter.getOrFailFail);
      return false;
    }
    this.#logger?.inc(Counter.getOrFailSuccess);
    this.#got(amount);
    return true;
  }

  /** Takes `amount` whatever the maximum says. @returns units in use; 0 with no bound, where nothing is counted */
  take(amount: number): number {
    this.#check(amount);
    if (this.#max === 0) return 0;
    this.#count += amount;
    this.#logger?.inc(Counter.take);
    this.#logger?.inc(Counter.takeSum, amount);
    this.#logger?.set(Counter.val, this.#count);
    return this.#count;
  }

  /**
   * Gives `amount` back and admits who waits.
   * @throws CephError `ERR_CEPH_THROTTLE` when more is given back than was taken
   * @returns units in use
   */
  put(amount = 1): number {
    this.#check(amount);
    if (amount > this.#count) {
      throw new CephError('ERR_CEPH_THROTTLE', `throttle ${this.name}: ${amount} given back with ${this.#count} in use`, {
        errno: ERRNO.EINVAL,
      });
    }
    this.#count -= amount;
    this.#logger?.inc(Counter.put);
    this.#logger?.inc(Counter.putSum, amount);
    this.#logger?.set(Counter.val, this.#count);
    this.#admit();
    return this.#count;
  }

  /** Sets a new maximum and admits who now fits. */
  resetMax(max: number): void {
    this.#check(max);
    this.#max = max;
    this.#logger?.set(Counter.max, max);
    this.#admit();
  }

  /** Completes everyone who waits with ECANCELED and drops the perf counters. */
  shutdown(): void {
    for (const waiter of this.#waiters.splice(0)) complete(waiter.completion, -ERRNO.ECANCELED);
    if (this.#logger) this.#cct.perf?.remove(this.#logger);
  }

  #check(amount: number): void {
    if (!Number.isFinite(amount) || amount < 0) {
      throw new CephError('ERR_CEPH_THROTTLE', `throttle ${this.name}: expected an amount of at least 0, got ${amount}`, {
        errno: ERRNO.EINVAL,
      });
    }
  }

  #shouldWait(amount: number): boolean {
    const max = this.#max;
    if (max === 0) return false;
    return amount <= max ? this.#count + amount > max : this.#count > max;
  }

  #got(amount: number): void {
    this.#count += amount;
    this.#logger?.inc(Counter.get);
    this.#logger?.inc(Counter.getSum, amount);
    this.#logger?.set(Counter.val, this.#count);
  }

  #admit(): void {
    for (let first = this.#waiters[0]; first && !this.#shouldWait(first.amount); first = this.#waiters[0]) {
      this.#waiters.shift();
      this.#got(first.amount);
      this.#logger?.tinc(Counter.wait, this.#cct.clock.monotonicNow() - first.since);
      complete(first.completion, 0);
    }
  }
}
