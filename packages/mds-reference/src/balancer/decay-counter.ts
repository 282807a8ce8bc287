/**
 * A counter whose value halves every so often: recent hits count more.
 *
 * @see src/common/DecayCounter.cc (16.2.15)
 */
export class DecayCounter {
  readonly #k: number;
  #value = 0;
  #last: number;

  /**
   * @param halfLife seconds
   * @param now monotonic ms
   */
  constructor(halfLife: number, now: number) {
    this.#k = Math.LN2 / halfLife / 1000;
    this.#last = now;
  }

  /** Adds `by` and returns the value. */
  hit(now: number, by = 1): number {
    this.#decay(now);
    this.#value += by;
    return this.#value;
  }

  get(now: number): number {
    this.#decay(now);
    return this.#value;
  }

  #decay(now: number): void {
    const elapsed = now - this.#last;
    // the exponential is worth its price only once a noticeable time has gone by
    if (elapsed < 1000) return;
    this.#value *= Math.exp(-this.#k * elapsed);
    if (this.#value < 0.01) this.#value = 0;
    this.#last = now;
  }

  reset(now: number): void {
    this.#value = 0;
    this.#last = now;
  }
}
