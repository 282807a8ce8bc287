import type { Clock, TimerHandle } from '@cephts/common';

/** The longest delay a platform's timer takes; a longer one would fire after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/** The one timer of the platform that a SafeTimer uses. Moved ahead at once, never back: an alarm too early finds nothing due. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ref: boolean;
  readonly #ring: () => void;
  #handle: TimerHandle;
  #at = Infinity;

  constructor(clock: Clock, ref: boolean, ring: () => void) {
    this.#clock = clock;
    this.#ref = ref;
    this.#ring = () => {
      this.#handle = undefined;
      this.#at = Infinity;
      ring();
    };
  }

  /** When it rings: monotonic ms; Infinity when it does not. */
  get at(): number {
    return this.#at;
  }

  /** Rings at `at` (or on the way there, where that is further than a timer goes), if it does not before. */
  set(at: number): void {
    if (at >= this.#at) return;
    this.clear();
    this.#at = at;
    const delay = Math.min(Math.max(0, at - this.#clock.monotonicNow()), MAX_DELAY);
    this.#handle = this.#clock.setTimeout(this.#ring, delay);
    if (!this.#ref) this.#clock.unref(this.#handle);
  }

  clear(): void {
    if (this.#handle !== undefined) this.#clock.clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#at = Infinity;
  }
}
