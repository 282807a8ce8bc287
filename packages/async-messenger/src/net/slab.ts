import { copy } from '../protocol/copy.js';
import { HEADER_LENGTH, writeHeader } from '../protocol/message-header.js';
import type { MessageHeader } from '../protocol/message-header.js';

/** Bytes up to which a loop copies faster than a call does. */
const FEW = 64;
const EMPTY = new Uint8Array(0);
const INITIAL = 64 * 1024;
/** From here on a slab changes hands instead of being copied. */
const TRANSFER = 16 * 1024;

/** Bytes that a blob of `length` takes: whole words. */
const whole = (length: number): number => (length + 3) & ~3;

/**
 * Records that one isolate writes for another, in words of 32 bits in the order of the machine: what crosses in one go. A blob is its length
 * and its bytes, filled up to whole words.
 */
export class SlabWriter {
  #bytes = allocate(INITIAL);
  #words = new Int32Array(this.#bytes.buffer);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#words[at >>> 2] = value;
    return this;
  }

  /** Length and bytes. */
  blob(bytes: Uint8Array): this {
    const at = this.#reserve(4 + whole(bytes.length));
    this.#words[at >>> 2] = bytes.length;
    copy(this.#bytes, at + 4, bytes);
    return this;
  }

  /** `length` bytes from `from` on, without their length. */
  raw(bytes: Uint8Array, from: number, length: number): this {
    const at = this.#reserve(whole(length));
    const to = this.#bytes;
    if (length > FEW) copy(to, at, new Uint8Array(bytes.buffer, bytes.byteOffset + from, length));
    else for (let i = 0; i < length; i++) to[at + i] = bytes[from + i]!;
    return this;
  }

  text(text: string): this {
    return this.blob(Buffer.from(text));
  }

  header(header: MessageHeader): this {
    const at = this.#reserve(whole(HEADER_LENGTH));
    writeHeader(this.#bytes, at, header);
    return this;
  }

  /** What was written, and what of it is to be transferred; begins anew. */
  take(): { bytes: Uint8Array; transfer: ArrayBuffer[] } {
    const length = this.#at;
    this.#at = 0;
    if (length < TRANSFER) return { bytes: this.#bytes.slice(0, length), transfer: [] };
    const bytes = this.#bytes.subarray(0, length);
    this.#use(allocate(INITIAL));
    return { bytes, transfer: [bytes.buffer as ArrayBuffer] };
  }

  #reserve(count: number): number {
    const at = this.#at;
    const need = at + count;
    if (need > this.#bytes.length) {
      const larger = allocate(whole(Math.max(this.#bytes.length * 2, need)));
      larger.set(this.#bytes.subarray(0, at));
      this.#use(larger);
    }
    this.#at = need;
    return at;
  }

  #use(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer);
  }
}

/** Reads what a {@link SlabWriter} wrote; views stay valid. */
export class SlabReader {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  #at = 0;

  /** @param bytes at the beginning of their buffer */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, 0, bytes.length >>> 2);
  }

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  u32(): number {
    const at = this.#at;
    this.#at = at + 4;
    return this.#words[at >>> 2]! >>> 0;
  }

  /** Goes past `length` bytes. @returns where they begin */
  raw(length: number): number {
    const at = this.#at;
    this.#at = at + whole(length);
    return at;
  }

  blob(): Uint8Array {
    const length = this.u32();
    return length === 0 ? EMPTY : new Uint8Array(this.bytes.buffer, this.raw(length), length);
  }

  text(): string {
    return Buffer.from(this.blob()).toString();
  }
}

function allocate(length: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, length);
}
