import type { Completion } from '@cephts/common';

/** Who waits for a journal position to be safe, in order of position: a queue in two arrays, without an object per waiter. */
export class SafeWaiters {
  #positions: number[] = [];
  #waiters: Completion[] = [];
  #head = 0;

  get length(): number {
    return this.#waiters.length - this.#head;
  }

  /** @param position at least that of the waiter before */
  push(position: number, waiter: Completion): void {
    this.#positions.push(position);
    this.#waiters.push(waiter);
  }

  /** The next waiter for a position up to `safePos`; undefined where there is none. */
  take(safePos: number): Completion | undefined {
    const head = this.#head;
    if (head >= this.#waiters.length || (this.#positions[head] as number) > safePos) return undefined;
    const waiter = this.#waiters[head] as Completion;
    this.#head++;
    if (this.#head === this.#waiters.length) {
      this.#positions = [];
      this.#waiters = [];
      this.#head = 0;
    } else if (this.#head >= 4096) {
      this.#positions = this.#positions.slice(this.#head);
      this.#waiters = this.#waiters.slice(this.#head);
      this.#head = 0;
    }
    return waiter;
  }
}
