import type { Completion } from '@cephts/common';
import { ChunkQueue } from './chunk-queue.js';

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
 *   drain: shift the first; at a NULL take the front of the rval container.
 * ```
 *
 * Upstream swaps both out and drains them without the lock, while producers fill the fresh pair. Here the isolate is the lock and chunks
 * do not move, so a drain shifts from the pair that producers push to: same order, one pair less.
 */
export class FinisherQueues {
  readonly #finisherQueue = new ChunkQueue<Completion | null>();
  readonly #finisherQueueRval = new ChunkQueue<Completion | number>();
  /** Result of the entry that {@link take} gave. */
  result = 0;

  /** Entries that wait, the places of withdrawn ones among them. */
  get length(): number {
    return this.#finisherQueue.length;
  }

  /** @param context neither null, the sentinel, nor undefined, the sign of an empty container */
  push(context: Completion, r: number): void {
    if (r === 0) {
      this.#finisherQueue.push(context);
    } else {
      this.#finisherQueueRval.push(context);
      this.#finisherQueueRval.push(r);
      this.#finisherQueue.push(null);
    }
  }

  /** The next entry, its result in {@link result}; undefined when there is none. */
  take(): Completion | undefined {
    let context = this.#finisherQueue.shift();
    this.result = 0;
    if (context === null) {
      context = this.#finisherQueueRval.shift() as Completion;
      this.result = this.#finisherQueueRval.shift() as number;
    }
    return context;
  }

  /** The queue ran empty: memory that this busy period did not need is let go. */
  trim(): void {
    this.#finisherQueue.trim();
    this.#finisherQueueRval.trim();
  }
}
