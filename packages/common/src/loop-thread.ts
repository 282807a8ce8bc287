import type { Clock } from './clock.js';

/** What a {@link LoopThread} needs of its context. */
export interface LoopContext {
  readonly clock: Clock;
  reportError(error: unknown, thread: string): void;
}

/** What is known of a thread; see CooperativeThread. */
export interface LoopThreadOptions {
  /** Ceph's name of the thread, as in `'ms_dispatch'`. */
  name: string;
  /** The class it works for. */
  owner: string;
  /** One sentence for `thread ls`. */
  purpose: string;
  /**
   * The body of the run loop: works until there is nothing to do (returns false: the thread sleeps until woken) or until `deadline`,
   * in monotonic ms, has passed with work left (returns true). It never awaits.
   */
  entry: (deadline: number) => boolean;
}

/**
 * A run loop that sleeps until it is woken: a CooperativeThread without its line in the thread table, and without others to share its
 * slice with.
 *
 * An error thrown by `entry` is handed to the context's reportError and ends nothing: `entry` gets another turn for what it had left to do.
 */
export class LoopThread {
  protected readonly options: LoopThreadOptions;
  readonly #cct: LoopContext;
  #woken = false;
  /** True between `start` and `stop`. */
  started = false;
  /** True while `entry` is on the stack: the caller is this thread. */
  isCurrent = false;

  constructor(cct: LoopContext, options: LoopThreadOptions) {
    this.#cct = cct;
    this.options = options;
  }

  get name(): string {
    return this.options.name;
  }

  /** Starts it where it is not started; the first turn comes when it is woken. */
  startAsleep(): void {
    this.started = true;
  }

  /** Gives `entry` a turn soon (after the present one, where it runs); nothing happens where it has one coming, or is not started. */
  wake(): void {
    if (!this.started || this.#woken) return;
    // two turns are better than none
    this.#woken = !this.#cct.clock.forgets?.();
    this.#cct.clock.defer(() => {
      this.#woken = false;
      this.turn();
    });
  }

  /** As {@link wake}, for callbacks of the platform, which are on nobody's stack: the turn may come at once. It has 5 ms. */
  turn(): void {
    if (this.isCurrent || this.runSlice(this.#cct.clock.monotonicNow() + 5)) this.wake();
  }

  /** No turn follows. */
  stop(): void {
    this.started = false;
  }

  /** Counts finished work items, and says how many wait, where somebody counts. */
  addItems(_count: number, _queued?: number): void {
    // nobody does here
  }

  /** One turn. @returns true when work is left */
  runSlice(deadline: number): boolean {
    if (!this.started) return false;
    this.isCurrent = true;
    try {
      return this.options.entry(deadline);
    } catch (error) {
      // first, for what reports errors may throw too
      this.wake();
      this.#cct.reportError(error, this.name);
      return false;
    } finally {
      this.isCurrent = false;
    }
  }
}
