import type { EntityAddr } from '@cephts/encoding';

/** Who is told what happens on a {@link ByteSocket}. */
export interface ByteSocketOwner {
  onConnected(): void;
  /**
   * `length` bytes have come, at the beginning of `bytes`; borrowed ones change when the call is over.
   *
   * @returns is the rest of something long still to come?
   */
  onData(bytes: Uint8Array, length: number, borrowed: boolean): boolean;
  onDrain(): void;
  /** Closed by the other end or by a failure; not told after {@link ByteSocket.destroy}. */
  onClose(reason: string, code: string | undefined): void;
}

/** A stream of bytes both ways: a socket of the system or of a simulated network. */
export interface ByteSocket {
  owner: ByteSocketOwner;
  readonly peer: EntityAddr;
  readonly local: EntityAddr;
  /**
   * Sends pieces in order; they must not change until sent.
   *
   * @returns are they all sent, so that nobody will read them any more?
   */
  write(pieces: readonly Uint8Array[]): boolean;
  /** Bytes written that the other side has not taken over yet. */
  readonly pending: number;
  pause(): void;
  resume(): void;
  destroy(): void;
}
