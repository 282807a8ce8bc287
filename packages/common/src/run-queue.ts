import type { Clock } from './clock.js';

/** Something that works in slices; see {@link RunQueue}. */
export interface Runnable {
  /** Works until done or until `deadline` (monotonic ms) has passed; true when work is left. */
  runSlice(deadline: number): boolean;
}

/**
 * Gives the cooperative threads of one isolate their turns, first come first served. All turns of one round share one slice; when it is
 * used up the round ends and pending I/O comes first, so that a flood of work never starves the event loop.
 */
export class RunQueue {
  readonly #clock: Clock;
  #queue: Runnable[] = [];
  #head = 0;
  #armed = false;
  /** Longest time in ms that a round may take before I/O gets its turn. @defaultValue 5 */
  sliceMs: number;

  constructor(clock: Clock, sliceMs = 5) {
    this.#clock = clock;
    this.sliceMs = sliceMs;
  }

  /** Gives `runnable` a turn soon. The caller keeps it from being queued twice. */
  schedule(runnable: Runnable): void {
    this.#queue.push(runnable);
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.defer(this.#round);
  }

  readonly #round = (): void => {
    const deadline = this.#clock.monotonicNow() + this.sliceMs;
    try {
      while (this.#head < this.#queue.length) {
        const runnable = this.#queue[this.#head++] as Runnable;
        if (runnable.runSlice(deadline)) this.#queue.push(runnable);
        if (this.#head >= 1024) {
          this.#queue = this.#queue.slice(this.#head);
          this.#head = 0;
        }
        if (this.#clock.monotonicNow() >= deadline) break;
      }
    } finally {
      // also when a runnable threw: the others keep their turns
      if (this.#head < this.#queue.length) {
        this.#clock.defer(this.#round);
      } else {
        this.#queue.length = 0;
        this.#head = 0;
        this.#armed = false;
      }
    }
  };
}
