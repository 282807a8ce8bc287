import type { Throttle } from '@cephts/common';
import { EntityName } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import type { Connection } from './connection.js';

const NO_BYTES = new Uint8Array(0);
const NO_NAME = new EntityName();

/** A class of messages that a {@link MessageRegistry} can create; `TYPE` is its CEPH_MSG_… number. */
export interface MessageClass {
  readonly TYPE: number;
  new (): Message;
}

/**
 * One message. A subclass for each CEPH_MSG_… type writes and reads the front; `middle` and `data` are segments of their own beside it.
 *
 * An instance goes out once. It is encoded only when it is written, maybe again after a reconnect: leave it and its bytes alone after
 * sending.
 *
 * @see src/msg/Message.h (16.2.15)
 */
export abstract class Message {
  /** CEPH_MSG_… number. */
  abstract readonly type: number;
  /** How Ceph prints the type, as in `'client_request'`. */
  abstract readonly typeName: string;
  /** An integer from 0 to 65535; 0 takes the messenger's default, 127. Who receives it serves all from 511 on alike. */
  priority = 0;
  tid = 0;
  /** Number within the session, given when it is written. */
  seq = 0;
  /** Who sent it. */
  src: EntityName = NO_NAME;
  middle: Uint8Array = NO_BYTES;
  data: Uint8Array = NO_BYTES;
  /** Where it came from; undefined until it was received. */
  connection: Connection | undefined = undefined;
  /** When its first bytes came, monotonic ms. */
  recvStamp = 0;
  /** When the throttles let it in, monotonic ms. */
  throttleStamp = 0;
  /** When it was whole, monotonic ms. */
  recvCompleteStamp = 0;
  /** When its dispatch began, monotonic ms. */
  dispatchStamp = 0;
  /** Version its sender encoded, known in {@link decodePayload}. */
  decodedHeadVersion = 0;
  /** Bytes it holds of the dispatch throttle. */
  dispatchThrottleSize = 0;
  #references = 1;
  #held: { messages: Throttle | undefined; bytes: Throttle | undefined; size: number } | undefined = undefined;

  /** Version of the encoding. */
  get headVersion(): number {
    return 1;
  }

  /** Oldest version that a decoder must know to cope. */
  get compatVersion(): number {
    return 1;
  }

  /** What the token bucket of the dispatch queue charges: bytes of data. */
  get cost(): number {
    return this.data.length;
  }

  /** Writes the front; may set {@link middle} and {@link data}. Must write the same when called again. */
  abstract encodePayload(e: Encoder, features: bigint): void;

  /** Reads the front; {@link middle} and {@link data} are set already. Views of the input may be kept. */
  abstract decodePayload(d: Decoder, headVersion: number): void;

  /** For log lines. */
  print(): string {
    return this.typeName;
  }

  toString(): string {
    return this.print();
  }

  /** Keeps the message's policy throttle units past its dispatch; pair with {@link put}. */
  get(): this {
    this.#references++;
    return this;
  }

  /** The last put gives the policy throttle units back. The dispatch queue does the first one. */
  put(): void {
    if (--this.#references > 0 || !this.#held) return;
    const { messages, bytes, size } = this.#held;
    this.#held = undefined;
    messages?.put(1);
    if (size > 0) bytes?.put(size);
  }

  /** @internal Units of the policy's throttles that were taken for it. */
  holdThrottles(messages: Throttle | undefined, bytes: Throttle | undefined, size: number): void {
    this.#held = { messages, bytes, size };
  }
}
