import { CooperativeThread } from '@cephts/common';
import type { CephContext, TimerHandle } from '@cephts/common';

/** Options of {@link PeriodicThread}. */
export interface PeriodicThreadOptions {
  name: string;
  owner: string;
  purpose: string;
  /** One round; returns the ms until the next, or undefined to sleep until woken. */
  round: () => number | undefined;
}

/**
 * A thread that does its round, sleeps, and does it again: as a std::thread with a loop around a sleep, except that it can be woken and
 * ends at once.
 */
export class PeriodicThread {
  readonly #cct: CephContext;
  readonly #thread: CooperativeThread;
  #timer: TimerHandle | undefined;

  constructor(cct: CephContext, { name, owner, purpose, round }: PeriodicThreadOptions) {
    this.#cct = cct;
    this.#thread = new CooperativeThread(cct, {
      name,
      owner,
      purpose,
      entry: () => {
        this.#cancel();
        const next = round();
        this.#thread.stats?.addItems(1);
        if (next !== undefined && this.#thread.started) this.#sleep(next);
        return false;
      },
    });
  }

  get started(): boolean {
    return this.#thread.started;
  }

  /** Enters the thread table; the first round comes at once, or after `delay` ms. */
  start(delay?: number): void {
    if (delay === undefined) {
      this.#thread.start();
      return;
    }
    this.#thread.startAsleep();
    this.#sleep(delay);
  }

  /** A round now, whatever is left of the sleep. */
  wake(): void {
    this.#thread.wake();
  }

  /** Ends it: no round follows. */
  stop(): void {
    this.#cancel();
    this.#thread.stop();
  }

  #sleep(ms: number): void {
    const { clock } = this.#cct;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#thread.wake();
    }, ms);
    clock.unref(this.#timer);
  }

  #cancel(): void {
    if (this.#timer === undefined) return;
    this.#cct.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
