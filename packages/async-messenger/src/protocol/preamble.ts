import { crc32c } from './crc32c.js';
import { FrameError } from './frame-error.js';
import { BLOCK_LENGTH, TAG_LENGTH } from './crypto-onwire.js';
import { readU32, writeU32 } from './message-header.js';

/** Bytes of preamble_block_t. */
export const PREAMBLE_LENGTH = 32;
export const MAX_SEGMENTS = 4;
/** Bytes of the first segment that travel with the preamble in secure mode of msgr2.1. */
export const INLINE_LENGTH = 48;
export const CRC_LENGTH = 4;
/** Bits of the last byte but the crcs. */
export const LATE_STATUS_COMPLETE = 0x0e;
const LATE_STATUS_ABORTED = 0x01;
const LATE_STATUS_ABORTED_MASK = 0x0f;
const LATE_FLAG_ABORTED = 0x01;
const DEFAULT_ALIGNMENT = 8;
const PAGE_ALIGNMENT = 4096;

/** What a connection's frames look like, besides the crypto of each direction. */
export interface FrameFormat {
  /** msgr2.1? */
  readonly rev1: boolean;
  readonly secure: boolean;
}

/** Tag and lengths of a frame; one object is used over and over. */
export class Preamble {
  tag = 0;
  segments = 1;
  readonly lengths = [0, 0, 0, 0];

  /** Sets lengths, dropping trailing empty segments but the first. */
  set(tag: number, a: number, b = 0, c = 0, d = 0): this {
    this.tag = tag;
    const { lengths } = this;
    lengths[0] = a;
    lengths[1] = b;
    lengths[2] = c;
    lengths[3] = d;
    this.segments = d > 0 ? 4 : c > 0 ? 3 : b > 0 ? 2 : 1;
    return this;
  }

  /** Writes the block with its crc. */
  write(b: Uint8Array, at: number): void {
    b[at] = this.tag;
    b[at + 1] = this.segments;
    for (let i = 0, p = at + 2; i < MAX_SEGMENTS; i++, p += 6) {
      const there = i < this.segments;
      writeU32(b, p, there ? this.lengths[i]! : 0);
      const alignment = there ? (i === 3 ? PAGE_ALIGNMENT : DEFAULT_ALIGNMENT) : 0;
      b[p + 4] = alignment;
      b[p + 5] = alignment >>> 8;
    }
    b[at + 26] = 0;
    b[at + 27] = 0;
    writeU32(b, at + 28, crc32c(0, b, at, at + 28));
  }

  /** Reads a block. @throws FrameError */
  read(b: Uint8Array, at: number): this {
    const crc = crc32c(0, b, at, at + 28);
    const expected = readU32(b, at + 28);
    if (crc !== expected) throw new FrameError(`bad preamble crc calculated=${crc} expected=${expected}`);
    this.tag = b[at]!;
    this.segments = b[at + 1]!;
    if (this.segments < 1 || this.segments > MAX_SEGMENTS)
      throw new FrameError(`bad number of segments num_segments=${this.segments}`);
    for (let i = 0, p = at + 2; i < MAX_SEGMENTS; i++, p += 6) this.lengths[i] = i < this.segments ? readU32(b, p) : 0;
    if (this.segments > 1 && this.lengths[this.segments - 1] === 0) throw new FrameError('last segment empty');
    return this;
  }

  /** Reads the lengths of a block, as words from `at` on, that is not to be believed yet. */
  peek(words: Int32Array, at: number): this {
    const { lengths } = this;
    this.segments = (words[at]! >>> 8) & 0xff;
    // 6 bytes each from the third on
    lengths[0] = ((words[at]! >>> 16) | (words[at + 1]! << 16)) >>> 0;
    lengths[1] = words[at + 2]! >>> 0;
    lengths[2] = ((words[at + 3]! >>> 16) | (words[at + 4]! << 16)) >>> 0;
    lengths[3] = words[at + 5]! >>> 0;
    return this;
  }

  /** Sum of the segments' lengths. */
  get logicalLength(): number {
    const { lengths } = this;
    return lengths[0]! + lengths[1]! + lengths[2]! + lengths[3]!;
  }
}

/** A length rounded up to the cipher's block. */
export function padded(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH;
}

/** Bytes on the wire that are needed to know the rest of a frame. */
export function preambleWireLength(format: FrameFormat): number {
  return format.rev1 && format.secure ? PREAMBLE_LENGTH + INLINE_LENGTH + TAG_LENGTH : PREAMBLE_LENGTH;
}

/** Bytes on the wire that follow the preamble. */
export function bodyWireLength(p: Preamble, rev1: boolean, secure: boolean): number {
  const { lengths, segments } = p;
  let length = 0;
  if (secure) {
    const first = padded(lengths[0]!);
    if (!rev1) length = first;
    else if (first > INLINE_LENGTH) length = first - INLINE_LENGTH + TAG_LENGTH;
    for (let i = 1; i < segments; i++) length += padded(lengths[i]!);
    return rev1 && segments === 1 ? length : length + BLOCK_LENGTH + TAG_LENGTH;
  }
  length = p.logicalLength;
  if (!rev1) return length + 1 + MAX_SEGMENTS * CRC_LENGTH;
  if (lengths[0]! > 0) length += CRC_LENGTH;
  return segments === 1 ? length : length + 1 + (MAX_SEGMENTS - 1) * CRC_LENGTH;
}

/** Was the frame aborted by its sender? @throws FrameError where the byte says neither */
export function isAborted(late: number, rev1: boolean): boolean {
  if (!rev1) return (late & LATE_FLAG_ABORTED) !== 0;
  const aborted = late & LATE_STATUS_ABORTED_MASK;
  if (aborted !== LATE_STATUS_ABORTED && aborted !== LATE_STATUS_COMPLETE) throw new FrameError('bad late_status');
  return aborted === LATE_STATUS_ABORTED;
}
