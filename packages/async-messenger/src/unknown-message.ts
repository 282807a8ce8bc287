import type { Decoder, Encoder } from '@cephts/encoding';
import { Message } from './message.js';

/**
 * A message of a type nobody registered. Ceph breaks the connection at one; here it is dispatched like any other, so that a peer that
 * knows more does no harm.
 */
export class UnknownMessage extends Message {
  readonly type: number;
  readonly typeName: string;
  /** The front, as it came. */
  payload: Uint8Array = new Uint8Array(0);

  constructor(type: number) {
    super();
    this.type = type;
    this.typeName = `unknown(${type})`;
  }

  override get headVersion(): number {
    return this.decodedHeadVersion || 1;
  }

  encodePayload(e: Encoder): void {
    e.raw(this.payload);
  }

  decodePayload(d: Decoder): void {
    this.payload = d.rest();
  }

  override print(): string {
    return `${this.typeName} v${this.headVersion} (${this.payload.length} bytes)`;
  }
}
