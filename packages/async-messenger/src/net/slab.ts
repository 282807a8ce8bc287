import { copy, viewOf } from '../protocol/bytes.js';
import type { MessageHeader } from '../protocol/message-header.js';

/** Bytes up to which a loop copies faster than a call does. */
const FEW = 64;
const EMPTY = new Uint8Array(0);
const INITIAL = 64 * 1024;
/** From here on a slab changes hands instead of being copied. */
const TRANSFER = 16 * 1024;

const HEADER_WORDS = 11;

/** The upper half of 64 bits. */
const high = (value: number): number => (value < 0x1_0000_0000 ? 0 : Math.floor(value / 0x1_0000_0000));
const whole64 = (low: number, upper: number): number => (upper === 0 ? low >>> 0 : (upper >>> 0) * 0x1_0000_0000 + (low >>> 0));

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
    if (length > FEW) copy(to, at, viewOf(bytes, from, length));
    else for (let i = 0; i < length; i++) to[at + i] = bytes[from + i]!;
    return this;
  }

  text(text: string): this {
    return this.blob(Buffer.from(text));
  }

  /** Two words at once. */
  two(a: number, b: number): this {
    const at = this.#reserve(2 * 4) >>> 2;
    const words = this.#words;
    words[at] = a;
    words[at + 1] = b;
    return this;
  }

  four(a: number, b: number, c: number, d: number): this {
    const at = this.#reserve(4 * 4) >>> 2;
    const words = this.#words;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    return this;
  }

  /** {@link HEADER_WORDS} words. */
  header(h: MessageHeader): this {
    const at = this.#reserve(HEADER_WORDS * 4) >>> 2;
    const words = this.#words;
    words[at] = h.seq;
    words[at + 1] = high(h.seq);
    words[at + 2] = h.tid;
    words[at + 3] = high(h.tid);
    words[at + 4] = h.ackSeq;
    words[at + 5] = high(h.ackSeq);
    words[at + 6] = h.type | (h.priority << 16);
    words[at + 7] = h.version | (h.compatVersion << 16);
    words[at + 8] = h.dataPrePaddingLen;
    words[at + 9] = h.dataOff | (h.reserved << 16);
    words[at + 10] = h.flags;
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

  /** Reads a header into `h`, which is returned. */
  header(h: MessageHeader): MessageHeader {
    const words = this.#words;
    const at = this.#at >>> 2;
    this.#at += HEADER_WORDS * 4;
    h.seq = whole64(words[at]!, words[at + 1]!);
    h.tid = whole64(words[at + 2]!, words[at + 3]!);
    h.ackSeq = whole64(words[at + 4]!, words[at + 5]!);
    h.type = words[at + 6]! & 0xffff;
    h.priority = words[at + 6]! >>> 16;
    h.version = words[at + 7]! & 0xffff;
    h.compatVersion = words[at + 7]! >>> 16;
    h.dataPrePaddingLen = words[at + 8]! >>> 0;
    h.dataOff = words[at + 9]! & 0xffff;
    h.reserved = words[at + 9]! >>> 16;
    h.flags = words[at + 10]!;
    return h;
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
