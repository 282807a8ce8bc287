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
  /** Those that have a turn coming, in order; a set, so that waking twice is waking once. */
  readonly #queue = new Set<Runnable>();
  #armed = false;
  /** Depth of {@link enter}; a round that runs counts too. */
  #entered = 0;
  /** Has the last round used up its slice with work left? */
  #overrun = false;
  /** Longest time in ms that a round may take before I/O gets its turn. @defaultValue 5 */
  sliceMs: number;

  constructor(clock: Clock, sliceMs = 5) {
    this.#clock = clock;
    this.sliceMs = sliceMs;
  }

  /** Has it a turn coming? */
  has(runnable: Runnable): boolean {
    return this.#queue.has(runnable);
  }

  /** Gives `runnable` a turn soon, where it has none coming. */
  schedule(runnable: Runnable): void {
    this.#queue.add(runnable);
    this.#arm();
  }

  /**
   * The event loop has called in, with nothing on the stack below: who is scheduled until {@link leave} has its turn there, in the same
   * pass of the event loop; unless work is left over from a round whose slice was used up. Pairs may be nested, and mean nothing during a
   * turn.
   */
  enter(): void {
    this.#entered++;
  }

  /** @param later the turns may wait for the next call of the event loop, or for the end of its pass */
  leave(later = false): void {
    if (--this.#entered > 0 || this.#queue.size === 0) return;
    if (later || this.#overrun) this.#arm();
    else this.#round();
  }

  #arm(): void {
    if (this.#armed || this.#entered > 0 || this.#queue.size === 0) return;
    this.#armed = !this.#clock.forgets?.();
    this.#clock.defer(this.#deferred);
  }

  readonly #deferred = (): void => {
    this.#armed = false;
    this.#round();
  };

  #round(): void {
    const deadline = this.#clock.monotonicNow() + this.sliceMs;
    this.#entered++;
    try {
      // who is scheduled meanwhile comes at the end, and has its turn in this round too
      for (const runnable of this.#queue) {
        this.#queue.delete(runnable);
        if (runnable.runSlice(deadline)) this.#queue.add(runnable);
        if (this.#clock.monotonicNow() >= deadline) break;
      }
    } finally {
      this.#entered--;
      this.#overrun = this.#queue.size > 0;
      // also when a runnable threw: the others keep their turns
      this.#arm();
    }
  }
}
