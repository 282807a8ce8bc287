import type { AsyncContextRunner } from '@cephts/common';
import type { OpQueueEntry } from './op-queue.js';
import type { DispatchCode } from './priorities.js';

/**
 * What lies in the queue for anything but a plain message: a code with its connection, a message that can be withdrawn or that goes with
 * an asynchronous context, a message on its way through ms_local. A plain message lies there as it is, so that it costs no allocation.
 */
export class Entry<M, C> {
  readonly code: DispatchCode | 0;
  readonly message: M | undefined;
  readonly connection: C | undefined;
  readonly priority: number;
  /** Runs the delivery in its submitter's context. */
  run: AsyncContextRunner | undefined;
  /** Stops listening to the signal. */
  unlisten: (() => void) | undefined;
  /** Where it lies, if it can be withdrawn: among the local ones, or in the queue. */
  place: { local: boolean; at: OpQueueEntry<M | Entry<M, C>> } | undefined;

  constructor(code: DispatchCode | 0, message: M | undefined, connection: C | undefined, priority: number) {
    this.code = code;
    this.message = message;
    this.connection = connection;
    this.priority = priority;
  }

  /** Is there nothing to it but the message? */
  get plain(): boolean {
    return this.code === 0 && this.message !== undefined && !this.run && !this.unlisten;
  }
}
