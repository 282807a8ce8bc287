import { HEADER_LENGTH, readU32, writeHeader, writeU32 } from '../protocol/message-header.js';
import type { MessageHeader } from '../protocol/message-header.js';

const EMPTY = new Uint8Array(0);
const INITIAL = 64 * 1024;
/** From here on a slab changes hands instead of being copied. */
const TRANSFER = 16 * 1024;

/** Bytes in which one isolate writes records for another: what crosses in one go. */
export class SlabWriter {
  #bytes = allocate(INITIAL);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    writeU32(this.#bytes, at, value);
    return this;
  }

  /** Length and bytes. */
  blob(bytes: Uint8Array): this {
    const at = this.#reserve(4 + bytes.length);
    writeU32(this.#bytes, at, bytes.length);
    if (bytes.length > 0) this.#bytes.set(bytes, at + 4);
    return this;
  }

  text(text: string): this {
    return this.blob(Buffer.from(text));
  }

  header(header: MessageHeader): this {
    const at = this.#reserve(HEADER_LENGTH);
    writeHeader(this.#bytes, at, header);
    return this;
  }

  /** What was written, and what of it is to be transferred; begins anew. */
  take(): { bytes: Uint8Array; transfer: ArrayBuffer[] } {
    const length = this.#at;
    this.#at = 0;
    if (length < TRANSFER) return { bytes: this.#bytes.slice(0, length), transfer: [] };
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = allocate(INITIAL);
    return { bytes, transfer: [bytes.buffer as ArrayBuffer] };
  }

  #reserve(count: number): number {
    const at = this.#at;
    const need = at + count;
    if (need > this.#bytes.length) {
      const larger = allocate(Math.max(this.#bytes.length * 2, need));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#at = need;
    return at;
  }
}

/** Reads what a {@link SlabWriter} wrote; views stay valid. */
export class SlabReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  u32(): number {
    const value = readU32(this.bytes, this.at);
    this.at += 4;
    return value;
  }

  /** A view of `count` bytes. */
  raw(count: number): Uint8Array {
    const view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at, count);
    this.at += count;
    return view;
  }

  blob(): Uint8Array {
    const length = this.u32();
    return length === 0 ? EMPTY : this.raw(length);
  }

  text(): string {
    return Buffer.from(this.blob()).toString();
  }
}

function allocate(length: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, length);
}
