import type { AbortSignalLike, AsyncContextRunner } from '@cephts/common';
import type { Withdrawal } from './op-queue.js';

/** The method of the handler that takes a code (D_CONNECT …). */
export type CodeHandler = 'handleConnect' | 'handleAccept' | 'handleRemoteReset' | 'handleReset' | 'handleRefused';

/** What lies in a queue: a message as it is, so that it costs no allocation, or an {@link Entry}. */
export type Item<M, C> = M | Entry<M, C>;

/**
 * What lies in the queue for anything but a plain message: a code with its connection, a message that can be withdrawn or that goes with
 * an asynchronous context, a message on its way through ms_local.
 */
export class Entry<M, C> {
  /** Who takes it; empty for a message. */
  readonly code: CodeHandler | '';
  /** The message, or the connection. */
  readonly value: M | C;
  readonly priority: number;
  /** Runs the delivery in its submitter's context. */
  run: AsyncContextRunner | undefined;
  /** What withdraws it. */
  signal: AbortSignalLike | undefined;
  /** Stops listening to the signal. */
  unlisten: (() => void) | undefined;
  /** Takes it out of where it lies, if it has a signal. */
  withdraw: Withdrawal | undefined;

  constructor(code: CodeHandler | '', value: M | C, priority: number) {
    this.code = code;
    this.value = value;
    this.priority = priority;
  }
}
