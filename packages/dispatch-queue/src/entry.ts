import type { AbortSignalLike, AsyncContextRunner } from '@cephts/common';
import type { OpQueue, OpQueueEntry } from './op-queue.js';
import type { DispatchCode } from './priorities.js';

/** What lies in a queue: a message as it is, so that it costs no allocation, or an {@link Entry}. */
export type Item<M, C> = M | Entry<M, C>;

/**
 * What lies in the queue for anything but a plain message: a code with its connection, a message that can be withdrawn or that goes with
 * an asynchronous context, a message on its way through ms_local.
 */
export class Entry<M, C> {
  /** 0 for a message. */
  readonly code: DispatchCode | 0;
  /** The message, or the connection. */
  readonly value: M | C;
  readonly priority: number;
  /** Runs the delivery in its submitter's context. */
  run: AsyncContextRunner | undefined;
  /** What withdraws it. */
  signal: AbortSignalLike | undefined;
  /** Stops listening to the signal. */
  unlisten: (() => void) | undefined;
  /** Where it lies, if it can be withdrawn. */
  place: { queue: OpQueue<Item<M, C>>; at: OpQueueEntry<Item<M, C>> } | undefined;

  constructor(code: DispatchCode | 0, value: M | C, priority: number) {
    this.code = code;
    this.value = value;
    this.priority = priority;
  }
}
