import { viewOf } from './bytes.js';
import { blankHeader } from './message-header.js';
import type { MessageHeader } from './message-header.js';

const EMPTY = new Uint8Array(0);

/**
 * The header of a message, and where its other three segments lie, in one memory. Whoever reads
 * streams has one such object, and overwrites it with the next message; views are made only of what somebody looks at.
 */
export class MessageParts {
  readonly header: MessageHeader;
  bytes: Uint8Array = EMPTY;
  frontAt = 0;
  frontLength = 0;
  middleAt = 0;
  middleLength = 0;
  dataAt = 0;
  dataLength = 0;
  /** Is the buffer of {@link bytes} used by nothing but the stream's messages? Then it may be given away. */
  alone = false;
  /** Set by whom the message was handed to: the buffer of {@link bytes} now belongs to somebody else. */
  given = false;

  constructor(header: MessageHeader = blankHeader()) {
    this.header = header;
  }

  /** Bytes of the three segments. */
  get size(): number {
    return this.frontLength + this.middleLength + this.dataLength;
  }

  get front(): Uint8Array {
    return segment(this.bytes, this.frontAt, this.frontLength);
  }

  get middle(): Uint8Array {
    return segment(this.bytes, this.middleAt, this.middleLength);
  }

  get data(): Uint8Array {
    return segment(this.bytes, this.dataAt, this.dataLength);
  }

  /** Says where the three segments are: one after the other from `at` on, each of `pad(length)` bytes. */
  lay(bytes: Uint8Array, at: number, front: number, middle: number, data: number, pad: (length: number) => number): void {
    this.bytes = bytes;
    this.frontAt = at;
    this.frontLength = front;
    this.middleAt = at + pad(front);
    this.middleLength = middle;
    this.dataAt = this.middleAt + pad(middle);
    this.dataLength = data;
  }

  /** One that stays as it is. */
  clone(): MessageParts {
    const header = { ...this.header };
    return Object.assign(new MessageParts(), this, { header });
  }
}

/** What is empty keeps no memory. */
function segment(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return length === 0 ? EMPTY : viewOf(bytes, at, length);
}
