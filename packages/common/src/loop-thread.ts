import type { RunQueue, Runnable } from './run-queue.js';

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

/** A run loop that sleeps until it is woken, and takes turns with others: a CooperativeThread without its line in the thread table. */
export class LoopThread implements Runnable {
  protected readonly options: LoopThreadOptions;
  readonly #runQueue: RunQueue;
  /** True between `start` and `stop`. */
  started = false;
  /** True while `entry` is on the stack: the caller is this thread. */
  isCurrent = false;

  constructor({ runQueue }: { runQueue: RunQueue }, options: LoopThreadOptions) {
    this.#runQueue = runQueue;
    this.options = options;
  }

  /** Starts it where it is not started; the first turn comes when it is woken. */
  startAsleep(): void {
    this.started = true;
  }

  /** Gives `entry` a turn soon (after the present one, where it runs); nothing happens where it has one coming, or is not started. */
  wake(): void {
    if (this.started) this.#runQueue.schedule(this);
  }

  /** No turn follows. */
  stop(): void {
    this.started = false;
  }

  /** Counts finished work items, and says how many wait, where somebody counts. */
  addItems(_count: number, _queued?: number): void {
    // nobody does here
  }

  /** Called by the run queue. */
  runSlice(deadline: number): boolean {
    if (!this.started) return false;
    this.isCurrent = true;
    try {
      return this.options.entry(deadline);
    } finally {
      this.isCurrent = false;
    }
  }
}
