import type { Clock } from './clock.js';

/**
 * Tells a run loop when its slice is over without looking at the clock after each item: about ten looks a millisecond, so seldom for
 * quick items and each time for slow ones.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #sliceMs: number | undefined;
  #deadline = 0;
  #since = 0;
  #stride = 1;
  #left = 1;

  /** @param sliceMs overrules the deadlines given to {@link begin} */
  constructor(clock: Clock, sliceMs?: number) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
  }

  /** A slice begins. @returns now */
  begin(deadline: number): number {
    const now = (this.#since = this.#clock.monotonicNow());
    this.#deadline = this.#sliceMs === undefined ? deadline : now + this.#sliceMs;
    this.#left = this.#stride;
    return now;
  }

  /** Ends the slice with the item that runs: something changed that whoever runs the loop looks at between slices only. */
  end(): void {
    this.#deadline = this.#left = 0;
  }

  /** To be called after each item. True: the slice is over. */
  isOver(): boolean {
    return --this.#left <= 0 && this.#look();
  }

  #look(): boolean {
    const now = this.#clock.monotonicNow();
    // halved or doubled (to 128 at most), or down to 1 where a single item may use up the slice
    const ms = now - this.#since;
    this.#left = this.#stride = ms > 1 ? 1 : ms > 0.1 ? (this.#stride + 1) >> 1 : Math.min(this.#stride * 2, 128);
    this.#since = now;
    return now >= this.#deadline;
  }
}
