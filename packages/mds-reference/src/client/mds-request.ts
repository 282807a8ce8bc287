import type { MClientReply } from '../messages/m-client-reply.js';
import type { MClientRequest } from '../messages/m-client-request.js';

/**
 * A request from its first sending to its safe reply. A change has two answers, unsafe (made) and safe (durable); a question has one.
 */
export class MdsRequest {
  readonly message: MClientRequest;
  /** Inode whose caps are given back with it, 0 for none. */
  readonly dropCapsOf: readonly number[];
  #onReply: ((reply: MClientReply | Error) => void) | undefined;
  #onSafe: ((reply: MClientReply | Error) => void) | undefined;
  /** True after the unsafe reply: it is to be replayed, not sent anew, where the MDS restarts. */
  gotUnsafe = false;
  /** Times it was sent; a repeated one is told so, and then gets the result of the first where the MDS has made that already. */
  attempts = 0;

  constructor(
    message: MClientRequest,
    dropCapsOf: readonly number[],
    onReply: (reply: MClientReply | Error) => void,
    onSafe?: (reply: MClientReply | Error) => void,
  ) {
    this.message = message;
    this.dropCapsOf = dropCapsOf;
    this.#onReply = onReply;
    this.#onSafe = onSafe;
  }

  /** An answer came. @returns true when no further one follows */
  handleReply(reply: MClientReply): boolean {
    const first = this.#onReply;
    this.#onReply = undefined;
    first?.(reply);
    if (!reply.safe) {
      this.gotUnsafe = true;
      return false;
    }
    const safe = this.#onSafe;
    this.#onSafe = undefined;
    safe?.(reply);
    return true;
  }

  /** No answer will come. */
  fail(error: Error): void {
    const settle = [this.#onReply, this.#onSafe];
    this.#onReply = undefined;
    this.#onSafe = undefined;
    for (const callback of settle) callback?.(error);
  }
}
