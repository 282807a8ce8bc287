import { invalidOption } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { ChunkPool, ChunkQueue } from './chunk-queue.js';

/**
 * The containers of a Finisher. Most completions carry 0, so a result has a container of its own and a plain entry takes one slot:
 *
 * ```text
 *   queue(a)  queue(b, -5)  queue(c)  queue(d, 7)
 *
 *   finisherQueue       a    NULL    c    NULL       the order of everything
 *                             │            │
 *   finisherQueueRval       b, -5        d, 7        contexts with a result, one for each NULL
 *
 *   drain: swap both with the empty in-progress pair, then shift; at a NULL take the front of the rval container.
 * ```
 *
 * Both are swapped out together, so what is queued while a drain runs goes to the fresh pair, and the NULLs of either pair match its
 * results.
 */
export class FinisherQueues {
  readonly #pool = new ChunkPool();
  #finisherQueue = new ChunkQueue<Completion | null>(this.#pool);
  #finisherQueueRval = new ChunkQueue<Completion | number>(this.#pool);
  #inProgress = new ChunkQueue<Completion | null>(this.#pool);
  #inProgressRval = new ChunkQueue<Completion | number>(this.#pool);
  #length = 0;

  /** Result of the entry that {@link take} gave. */
  result = 0;
  /** Places in the batch that drains; 0 between drains. */
  batchSize = 0;

  /** Entries that wait; withdrawn ones are not among them. */
  get length(): number {
    return this.#length;
  }

  /** @returns the new length */
  push(context: Completion, r: number): number {
    // null is the sentinel, and undefined the sign of an empty container
    if (!context) throw invalidOption('context', 'a Context or a function', context);
    if (r === 0) {
      this.#finisherQueue.push(context);
    } else {
      this.#finisherQueueRval.push(context);
      this.#finisherQueueRval.push(r);
      this.#finisherQueue.push(null);
    }
    return ++this.#length;
  }

  /** The next entry of the batch, its result in {@link result}; undefined when the batch is done. */
  take(): Completion | undefined {
    let context = this.#inProgress.shift();
    if (context === undefined) return undefined;
    this.result = 0;
    if (context === null) {
      context = this.#inProgressRval.shift() as Completion;
      this.result = this.#inProgressRval.shift() as number;
    }
    this.#length--;
    return context;
  }

  /** Swaps out what was queued, as the next batch; only when the last one is done. @returns false when nothing was queued */
  swap(): boolean {
    [this.#finisherQueue, this.#inProgress] = [this.#inProgress, this.#finisherQueue];
    [this.#finisherQueueRval, this.#inProgressRval] = [this.#inProgressRval, this.#finisherQueueRval];
    this.batchSize = this.#inProgress.length;
    return this.batchSize > 0;
  }

  /** An entry was withdrawn where it stands (-1); the empty place it leaves was taken (1). */
  count(change: number): void {
    this.#length += change;
  }

  /** The queue ran empty: memory that this busy period did not need is let go. */
  trim(): void {
    this.#pool.trim();
  }
}
