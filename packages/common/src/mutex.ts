import { CephError } from './errors.js';
import { Fifo } from './fifo.js';

/**
 * A mutual exclusion that spans awaits, fair: waiters get it in the order they asked.
 */
export class Mutex {
  #locked = false;
  readonly #waiters = new Fifo<() => void>();

  get locked(): boolean {
    return this.#locked;
  }

  /** Resolves when the caller holds the lock. */
  lock(): Promise<void> {
    if (this.tryLock()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  tryLock(): boolean {
    if (this.#locked) return false;
    this.#locked = true;
    return true;
  }

  /**
   * Hands the lock to the one who has waited longest.
   * @throws CephError `ERR_CEPH_STATE` when nobody holds it
   */
  unlock(): void {
    if (!this.#locked) throw new CephError('ERR_CEPH_STATE', 'a mutex that nobody holds was unlocked');
    const next = this.#waiters.shift();
    if (next) next();
    else this.#locked = false;
  }

  /** Runs `fn` with the lock held and gives it back whatever happens. */
  async runExclusive<T>(fn: () => T | Promise<T>): Promise<T> {
    await this.lock();
    try {
      return await fn();
    } finally {
      this.unlock();
    }
  }
}

/** A condition to wait for: `wait` resolves at the next notification that reaches it, in order of waiting. */
export class Cond {
  #waiters = new Fifo<() => void>();

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  notifyOne(): void {
    this.#waiters.shift()?.();
  }

  notifyAll(): void {
    const waiters = this.#waiters;
    this.#waiters = new Fifo();
    for (let wake = waiters.shift(); wake; wake = waiters.shift()) wake();
  }

  get waiting(): number {
    return this.#waiters.length;
  }
}
