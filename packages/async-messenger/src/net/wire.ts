import type { EntityAddr } from '@cephts/encoding';
import type { OnwireKeys } from '../protocol/crypto-onwire.js';
import type { FrameSink } from '../protocol/frame-reader.js';
import type { MessageHeader } from '../protocol/message-header.js';

/** Who owns a {@link Wire} and is told what happens on it. */
export interface WireOwner extends FrameSink {
  /** The socket is up (connectors only). */
  onConnected(): void;
  /** More may be written after {@link Wire.congested}. */
  onDrain(): void;
  /** Nothing more will come or go, and the wire is closed. `code` is the system's, as in `'ECONNREFUSED'`, where it has one. */
  onFault(reason: string, code: string | undefined): void;
}

/**
 * One socket with its framing: what a network stack gives to a protocol. Reading begins stopped; frames come one by one by
 * {@link Wire.next} until {@link Wire.stream}.
 */
export interface Wire {
  /** May be replaced: another connection takes the socket over. */
  owner: WireOwner;
  /** The other end of the socket. */
  readonly peer: EntityAddr;
  /** This end, once connected. */
  readonly local: EntityAddr;
  /** Name of the thread that has the socket; '' for the isolate that asks. */
  readonly thread: string;
  /** When that thread had read what is being delivered, monotonic ms; undefined where that is now. */
  readonly receivedAt: number | undefined;
  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void;
  /** From now on frames, of msgr2.1 or 2.0, follow; of messages those of up to `maxMessage` bytes are taken. */
  startFrames(rev1: boolean, maxMessage: number): void;
  /** From now on frames are sealed, both ways. */
  startSecure(keys: OnwireKeys): void;
  /** Reads one more frame, or goes on with a message that was not admitted at once. */
  next(): void;
  /** From now on reads frames as they come. */
  stream(): void;
  /** Queues a control frame. */
  control(tag: number, payload: Uint8Array): void;
  /** Queues a message. The segments must not change until they are sent; `front` only until this returns. */
  message(header: MessageHeader, front: Uint8Array, middle: Uint8Array, data: Uint8Array): void;
  /** Hands what is queued to the socket. */
  flush(): void;
  /** Are so many bytes on their way that the writer should wait for {@link WireOwner.onDrain}? */
  readonly congested: boolean;
  /** Closes at once; the owner hears nothing more. */
  destroy(): void;
}
