import { BLOCK_LENGTH, OnwireTx, TAG_LENGTH } from './crypto-onwire.js';
import type { OnwireKeys } from './crypto-onwire.js';
import { copy } from './bytes.js';
import { crc32c } from './crc32c.js';
import { HEADER_LENGTH, writeHeader, writeU32 } from './message-header.js';
import type { MessageHeader } from './message-header.js';
import { OutputBuffer } from './output-buffer.js';
import { SHORT_RECORD } from './short-gcm.js';
import { CRC_LENGTH, INLINE_LENGTH, LATE_STATUS_COMPLETE, MAX_SEGMENTS, PREAMBLE_LENGTH, Preamble, padded } from './preamble.js';
import { Tag } from './tag.js';

const EMPTY = new Uint8Array(0);
/** Data segments from here on are sent from where they are; shorter ones are copied next to their header. */
const LARGE = 16 * 1024;
const SEED = 0xffff_ffff;
/** The block that ends a frame of several segments: its status. */
const COMPLETE = new Uint8Array(BLOCK_LENGTH).fill(LATE_STATUS_COMPLETE, 0, 1);
const headerBytes = new Uint8Array(HEADER_LENGTH);
/** One for all: a frame is assembled within one call. */
const preamble = new Preamble();

/**
 * Assembles frames, in crc or secure mode, of msgr2.1 or msgr2.0, into an {@link OutputBuffer}.
 *
 * @see src/msg/async/frames_v2.cc (16.2.15)
 */
export class FrameWriter {
  readonly #output = new OutputBuffer();
  #rev1 = false;
  #tx: OnwireTx | undefined;

  /** Bytes of frames since the last {@link take}. */
  get queued(): number {
    return this.#output.queued;
  }

  /** The frames, in order; to be followed by {@link sent} where it can be. */
  take(): Uint8Array[] {
    this.#tx?.finish();
    return this.#output.take();
  }

  /** Nobody reads any more what was taken, and no frame was assembled since. */
  sent(): void {
    this.#output.sent();
  }

  /** msgr2.1? */
  set rev1(rev1: boolean) {
    this.#rev1 = rev1;
  }

  /** From now on frames are sealed; undefined for crc mode. */
  secure(keys: OnwireKeys | undefined): void {
    this.#tx?.finish();
    this.#tx = keys && new OnwireTx(keys, this.#rev1);
  }

  /** A frame of one segment. */
  control(tag: number, payload: Uint8Array): void {
    preamble.set(tag, payload.length);
    if (this.#tx) this.#sealed(this.#tx, payload, EMPTY, EMPTY, EMPTY);
    else this.#plain(payload, undefined, EMPTY, EMPTY, EMPTY);
  }

  /** A message. Large data is not copied: it must not change until it is sent. */
  message(header: MessageHeader, front: Uint8Array, middle: Uint8Array, data: Uint8Array): void {
    preamble.set(Tag.MESSAGE, HEADER_LENGTH, front.length, middle.length, data.length);
    if (!this.#tx) {
      this.#plain(EMPTY, header, front, middle, data);
      return;
    }
    writeHeader(headerBytes, 0, header);
    this.#sealed(this.#tx, headerBytes, front, middle, data);
  }

  /** Any frame, by its segments: for tests and tools. */
  segments(tag: number, [first = EMPTY, second = EMPTY, third = EMPTY, fourth = EMPTY]: readonly Uint8Array[]): void {
    preamble.set(tag, first.length, second.length, third.length, fourth.length);
    if (this.#tx) this.#sealed(this.#tx, first, second, third, fourth);
    else this.#plain(first, undefined, second, third, fourth);
  }

  /** crc mode. The first segment is `first`, or `header` where there is one. */
  #plain(first: Uint8Array, header: MessageHeader | undefined, second: Uint8Array, third: Uint8Array, fourth: Uint8Array): void {
    const output = this.#output;
    const rev1 = this.#rev1;
    const length = preamble.lengths[0]!;
    const { segments } = preamble;
    const large = fourth.length >= LARGE;
    const epilogue = rev1 ? (segments === 1 ? 0 : 1 + (MAX_SEGMENTS - 1) * CRC_LENGTH) : 1 + MAX_SEGMENTS * CRC_LENGTH;
    const headCrc = rev1 && length > 0 ? CRC_LENGTH : 0;
    const begin = PREAMBLE_LENGTH + length + headCrc + second.length + third.length;
    let at = output.reserve(large ? begin : begin + fourth.length + epilogue);
    let b = output.bytes;
    preamble.write(b, at);
    at += PREAMBLE_LENGTH;
    if (header) writeHeader(b, at, header);
    else copy(b, at, first);
    const crc0 = crc32c(SEED, b, at, at + length);
    at += length;
    if (headCrc > 0) {
      writeU32(b, at, crc0);
      at += CRC_LENGTH;
    }
    let crc1 = 0;
    let crc2 = 0;
    let crc3 = 0;
    if (segments > 1) {
      copy(b, at, second);
      crc1 = crc32c(SEED, b, at, at + second.length);
      at += second.length;
    }
    if (segments > 2) {
      copy(b, at, third);
      crc2 = crc32c(SEED, b, at, at + third.length);
      at += third.length;
    }
    if (segments > 3) {
      crc3 = crc32c(SEED, fourth);
      if (large) {
        output.push(fourth);
        at = output.reserve(epilogue);
        b = output.bytes;
      } else {
        copy(b, at, fourth);
        at += fourth.length;
      }
    }
    if (epilogue === 0) return;
    b[at++] = rev1 ? LATE_STATUS_COMPLETE : 0;
    if (!rev1) {
      writeU32(b, at, crc0);
      at += CRC_LENGTH;
    }
    writeU32(b, at, crc1);
    writeU32(b, at + CRC_LENGTH, crc2);
    writeU32(b, at + 2 * CRC_LENGTH, crc3);
  }

  #sealed(tx: OnwireTx, first: Uint8Array, second: Uint8Array, third: Uint8Array, fourth: Uint8Array): void {
    const { segments } = preamble;
    if (!this.#rev1) {
      const head = new Uint8Array(PREAMBLE_LENGTH + padded(first.length));
      preamble.write(head, 0);
      head.set(first, PREAMBLE_LENGTH);
      this.#emit(tx.seal(head, ...paddedPieces(second, third, fourth), new Uint8Array(BLOCK_LENGTH)));
      return;
    }
    const output = this.#output;
    const inlined = Math.min(first.length, INLINE_LENGTH);
    const at = output.reserve(PREAMBLE_LENGTH + INLINE_LENGTH + TAG_LENGTH);
    const b = output.bytes;
    preamble.write(b, at);
    place(first.length > INLINE_LENGTH ? first.subarray(0, inlined) : first, b, at + PREAMBLE_LENGTH, INLINE_LENGTH);
    tx.sealShort(b, at, PREAMBLE_LENGTH + INLINE_LENGTH);
    if (first.length > INLINE_LENGTH) this.#record(tx, first.subarray(INLINE_LENGTH), EMPTY, EMPTY, false);
    if (segments > 1) this.#record(tx, second, third, fourth, true);
  }

  /** A record of padded pieces, and where it ends the frame its status. */
  #record(tx: OnwireTx, a: Uint8Array, b: Uint8Array, c: Uint8Array, last: boolean): void {
    const length = padded(a.length) + padded(b.length) + padded(c.length) + (last ? BLOCK_LENGTH : 0);
    const status = last ? COMPLETE : EMPTY;
    if (length > SHORT_RECORD) {
      this.#emit(tx.seal(...paddedPieces(a, b, c, status)));
      return;
    }
    const output = this.#output;
    const begin = output.reserve(length + TAG_LENGTH);
    const { bytes } = output;
    let at = begin;
    for (const piece of [a, b, c, status]) at = place(piece, bytes, at, padded(piece.length));
    tx.sealShort(bytes, begin, length);
  }

  #emit(pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      if (piece.length >= LARGE) this.#output.push(piece);
      else this.#output.copy(piece);
    }
  }
}

/** Copies `piece` and fills up with zeros to `length` bytes. @returns the offset behind them */
function place(piece: Uint8Array, bytes: Uint8Array, at: number, length: number): number {
  copy(bytes, at, piece);
  // less than a block, mostly: a call would take longer
  for (let i = at + piece.length; i < at + length; i++) bytes[i] = 0;
  return at + length;
}

/** Those that are not empty, filled up to whole blocks. */
function paddedPieces(...pieces: Uint8Array[]): Uint8Array[] {
  return pieces
    .filter((piece) => piece.length > 0)
    .map((piece) => {
      const length = padded(piece.length);
      if (length === piece.length) return piece;
      const whole = new Uint8Array(length);
      whole.set(piece);
      return whole;
    });
}

/** One frame in crc mode as bytes of its own: before the authentication, when every byte is also signed. */
export function assembleControl(rev1: boolean, tag: number, payload: Uint8Array): Uint8Array {
  const writer = new FrameWriter();
  writer.rev1 = rev1;
  writer.control(tag, payload);
  // a Buffer's slice would be no copy
  const bytes = new Uint8Array(writer.take()[0]!);
  writer.sent();
  return bytes;
}
