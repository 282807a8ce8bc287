import { BLOCK_LENGTH, OnwireRx, TAG_LENGTH } from './crypto-onwire.js';
import type { OnwireKeys, OnwireRecord } from './crypto-onwire.js';
import { bodyMemory } from './body-memory.js';
import { copy, viewOf } from './bytes.js';
import { crc32c } from './crc32c.js';
import { SHORT_RECORD } from './short-gcm.js';
import { FrameError } from './frame-error.js';
import { HEADER_LENGTH, readHeader, readU32 } from './message-header.js';
import { MessageParts } from './message-parts.js';
import {
  CRC_LENGTH,
  INLINE_LENGTH,
  PREAMBLE_LENGTH,
  Preamble,
  bodyWireLength,
  isAborted,
  padded,
  preambleWireLength,
} from './preamble.js';
import { Tag, isTag } from './tag.js';

const SEED = 0xffff_ffff;
const EMPTY = new Uint8Array(0);
const NONE: Uint8Array[] = [];
/** Bodies from here on, in bytes, are put together while they come. */
const LONG = 16 * 1024;
/** Memory with which such a body begins, where little of it has come. */
const FIRST_BODY = 128 * 1024;
/** Bytes from which on it is worth it to open several frames of them together, beside two as long as the last one. */
const AHEAD = 512;
/** Longest piece, in bytes, that is kept in memory shared with others. */
const SHARED = 8 * 1024;
/** Preambles that are looked at ahead. */
const ahead = new Preamble();
/** One for all streams: it is valid during a call. */
const parts = new MessageParts();
const PREFIX = new TextEncoder().encode('ceph v2\n');
const LEGACY = new TextEncoder().encode('ceph v027');
const BANNER_HEAD = PREFIX.length + 2;
/** Longest payload of a banner; Ceph's has 16 bytes. */
const MAX_BANNER = 1024;
/** Longest frame other than a message, in bytes. */
export const MAX_CONTROL = 64 * 1024;

/** What a {@link FrameReader} finds. Any of the calls may stop the reader. */
export interface FrameSink {
  /** The peer's banner: its payload, and all of its bytes. */
  onBanner(payload: Uint8Array, raw: Uint8Array): void;
  /** A frame of one segment; with all of its bytes while frames are read one by one in crc mode. */
  onFrame(tag: Tag, payload: Uint8Array, raw: Uint8Array | undefined): void;
  /** The preamble of a message of `size` bytes has come: false stops the reader before the body, until it is told to go on. */
  admit(size: number): boolean;
  /** A message. `parts` is valid during the call; the bytes may be kept. `wireLength` counts all bytes of the frame. */
  onMessage(parts: MessageParts, wireLength: number): void;
  /** The message that was admitted last was aborted by its sender. */
  onAborted(): void;
}

/** What the next bytes are. */
type Expect = 'banner' | 'bannerPayload' | 'preamble' | 'body';

/**
 * Cuts the stream of a peer into frames and checks them. Bytes are looked at where they came; what lies across chunks is put together
 * in memory of its own. Nothing is allocated for what is merely claimed: the memory of a long body grows with what has come of it.
 *
 * ```text
 *   #bytes  |read|.....not read.....|   #more [chunk] [chunk]      or, amid a long body:   #body |filled|......|
 *                 ^#at              ^#end
 * ```
 *
 * @see src/msg/async/frames_v2.cc (16.2.15)
 */
export class FrameReader {
  sink: FrameSink;
  /** Longest message that is taken, in bytes of its segments. */
  maxMessage: number;
  readonly #preamble = new Preamble();
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  #end = 0;
  /** Is #bytes the caller's, who will use it again? */
  #borrowed = false;
  /** Has #bytes its buffer to itself? */
  #alone = false;
  /** Has the buffer of #bytes been given away? What is not read of it must move. */
  #given = false;
  #more: Uint8Array[] = NONE;
  /** Bytes not read, those of a long body that is being put together included. */
  #available = 0;
  #body: Uint8Array | undefined = undefined;
  #filled = 0;
  #expect: Expect = 'banner';
  #need: number = BANNER_HEAD;
  /** Where the bytes last asked for are; see {@link #locate}. */
  #found: Uint8Array = EMPTY;
  #foundAt = 0;
  #rev1 = false;
  #rx: OnwireRx | undefined;
  /** Bytes on the wire of a preamble. */
  #preambleNeed = PREAMBLE_LENGTH;
  /** The record a frame of msgr2.0 is in secure mode. */
  #record: OnwireRecord | undefined;
  /** In secure mode of msgr2.1, the preamble at hand and what of the first segment came with it. */
  #opened: Uint8Array | undefined = undefined;
  /** Where the first segment of the frame at hand is. */
  #head: Uint8Array = EMPTY;
  #headAt = 0;
  /** The preamble, or the head of the banner, as it came, where the sink is to have all bytes. */
  #rawHead: Uint8Array = EMPTY;
  /** Has the body at hand its buffer to itself? */
  #bodyAlone = false;
  /** Frames are asked for one by one. */
  #stepping = true;
  #stopped = false;
  #pumping = false;

  constructor(sink: FrameSink, maxMessage = 0) {
    this.sink = sink;
    this.maxMessage = maxMessage;
  }

  /** Is it not reading for now? */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Bytes that came and were not read. */
  get buffered(): number {
    return this.#available;
  }

  /** Is it in the middle of something? */
  get isBetweenFrames(): boolean {
    return this.#expect === 'preamble' && this.#available === 0;
  }

  /** Is it putting a long body together? */
  get isAmidBody(): boolean {
    return this.#body !== undefined;
  }

  set rev1(rev1: boolean) {
    this.#rev1 = rev1;
    this.#expectPreamble();
  }

  /** From now on frames are sealed; undefined for crc mode. */
  secure(keys: OnwireKeys | undefined): void {
    this.#rx = keys && new OnwireRx(keys, this.#rev1);
    this.#expectPreamble();
  }

  /** From now on frames come as they come, not one by one. */
  stream(): void {
    this.#stepping = false;
    this.#rawHead = EMPTY;
    this.resume();
  }

  /** Reads on: the next frame while they are asked for one by one, else all. @throws FrameError */
  resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * Takes the first `length` of `bytes`, which came from the peer. Borrowed ones are copied where anything of them is kept; others must not
   * change any more.
   *
   * @throws FrameError, DecodeError, or what the sink throws
   */
  push(bytes: Uint8Array, length: number = bytes.length, borrowed = false): void {
    const from = this.#body ? this.#fill(bytes, length) : 0;
    this.#available += length;
    if (from < length) this.#append(bytes, from, length, borrowed);
    this.#pump();
  }

  #append(bytes: Uint8Array, from: number, to: number, borrowed: boolean): void {
    if (this.#at === this.#end) {
      this.#bytes = bytes;
      this.#at = from;
      this.#end = to;
      this.#borrowed = borrowed;
      this.#alone = !borrowed && fills(bytes);
      this.#given = false;
      return;
    }
    if (this.#more === NONE) this.#more = [];
    this.#more.push(borrowed ? keep(bytes, from, to) : bytes.subarray(from, to));
  }

  /** What is left of bytes that are not ours moves to where it may stay. */
  #own(): void {
    this.#borrowed = this.#given = false;
    const from = this.#at;
    const length = this.#end - from;
    if (length > SHARED) {
      this.#bytes = keep(this.#bytes, from, this.#end);
      this.#alone = fills(this.#bytes);
      this.#at = 0;
    } else {
      const at = reserve(length);
      copy(slab, at, viewOf(this.#bytes, from, length));
      this.#bytes = slab;
      this.#alone = false;
      this.#at = at;
    }
    this.#end = this.#at + length;
  }

  #expectPreamble(): void {
    const format = { rev1: this.#rev1, secure: this.#rx !== undefined };
    this.#preambleNeed = this.#need = preambleWireLength(format);
    this.#expect = 'preamble';
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#stopped && this.#available >= this.#need) this.#step();
    } finally {
      this.#pumping = false;
    }
    if (this.#at === this.#end) {
      // lets go of the chunk, which what was read may have to itself now
      this.#bytes = EMPTY;
      this.#at = this.#end = 0;
      this.#borrowed = this.#given = false;
    }
    if (this.#need >= LONG && this.#expect === 'body' && !this.#stopped && !this.#body) this.#beginBody();
    if (this.#borrowed || this.#given) this.#own();
  }

  #step(): void {
    switch (this.#expect) {
      case 'preamble':
        this.#locate(this.#need);
        this.#readPreamble(this.#found, this.#foundAt);
        break;
      case 'body':
        if (this.#body) {
          this.#found = this.#body;
          this.#foundAt = 0;
          this.#body = undefined;
          this.#available -= this.#need;
          this.#bodyAlone = true;
        } else {
          // what is sealed is opened to elsewhere
          if (this.#borrowed && this.#need > 0 && !this.#rx) this.#own();
          this.#locate(this.#need);
        }
        this.#readBody(this.#found, this.#foundAt);
        break;
      case 'banner':
        this.#readBanner(this.#take(this.#need));
        break;
      default: {
        const payload = this.#take(this.#need);
        const raw = join([this.#rawHead, payload], BANNER_HEAD + payload.length);
        this.#stopped = true;
        this.sink.onBanner(payload, raw);
      }
    }
  }

  /** The next `length` bytes, which are there. */
  #take(length: number): Uint8Array {
    if (this.#borrowed) this.#own();
    this.#locate(length);
    return viewOf(this.#found, this.#foundAt, length);
  }

  /** Finds the next `length` bytes, which are there, and goes past them: where they lie in one chunk, or in memory of their own. */
  #locate(length: number): void {
    const at = this.#at;
    if (this.#end - at >= length) {
      this.#found = this.#bytes;
      this.#foundAt = at;
      this.#bodyAlone = this.#alone;
      this.#at = at + length;
      this.#available -= length;
      if (this.#at === this.#end && this.#more.length > 0) this.#nextChunk();
      return;
    }
    this.#found = bodyMemory(length);
    this.#foundAt = 0;
    this.#gather(this.#found, length);
    this.#available -= length;
    this.#bodyAlone = true;
  }

  /** Moves the next `length` bytes into `target`. */
  #gather(target: Uint8Array, length: number): void {
    for (let filled = 0; filled < length;) {
      const count = Math.min(length - filled, this.#end - this.#at);
      copy(target, filled, viewOf(this.#bytes, this.#at, count));
      filled += count;
      this.#at += count;
      if (this.#at === this.#end && this.#more.length > 0) this.#nextChunk();
    }
  }

  #nextChunk(): void {
    this.#bytes = this.#more.shift()!;
    if (this.#more.length === 0) this.#more = NONE;
    this.#alone = fills(this.#bytes);
    this.#given = false;
    this.#at = 0;
    this.#end = this.#bytes.length;
  }

  /** A long body is coming: from now on what comes of it goes where it will stay. */
  #beginBody(): void {
    const come = this.#available;
    this.#body = bodyMemory(Math.min(this.#need, Math.max(FIRST_BODY, 4 * come)));
    this.#gather(this.#body, come);
    this.#filled = come;
  }

  /** Moves what there is of the body at hand. @returns how many of `bytes` that were */
  #fill(bytes: Uint8Array, length: number): number {
    const filled = this.#filled;
    const count = Math.min(length, this.#need - filled);
    if (filled + count > this.#body!.length) {
      const larger = bodyMemory(Math.min(this.#need, 2 * (filled + count)));
      larger.set(this.#body!.subarray(0, filled));
      this.#body = larger;
    }
    this.#body!.set(count === bytes.length ? bytes : viewOf(bytes, 0, count), filled);
    this.#filled = filled + count;
    return count;
  }

  #readBanner(head: Uint8Array): void {
    if (!startsWith(head, PREFIX)) {
      if (startsWith(head, LEGACY)) throw new FrameError('peer is using msgr V1 protocol');
      throw new FrameError('accept peer sent bad banner');
    }
    const length = head[PREFIX.length]! | (head[PREFIX.length + 1]! << 8);
    if (length > MAX_BANNER) throw new FrameError(`banner payload of ${length} bytes`);
    this.#rawHead = head;
    this.#expect = 'bannerPayload';
    this.#need = length;
  }

  #readPreamble(bytes: Uint8Array, at: number): void {
    const preamble = this.#preamble;
    const rx = this.#rx;
    const rev1 = this.#rev1;
    if (!rx) preamble.read(bytes, at);
    else {
      let opened: Uint8Array;
      if (rev1) {
        opened = this.#opened ??= new Uint8Array(PREAMBLE_LENGTH + INLINE_LENGTH);
        // frames are about as long as the one before, mostly
        const isWorthIt = bytes === this.#bytes && this.#end - at >= AHEAD + 2 * preamble.logicalLength;
        if (isWorthIt && !rx.isAhead) lookAhead(rx, bytes, at, this.#end);
        rx.openShort(bytes, at, opened.length, opened, 0);
      } else {
        this.#record = rx.begin();
        opened = this.#record.update(viewOf(bytes, at, this.#preambleNeed));
      }
      preamble.read(opened, 0);
    }
    const { tag } = preamble;
    if (!isTag(tag)) throw new FrameError(`received unknown tag=${tag}`);
    this.#need = bodyWireLength(preamble, rev1, rx !== undefined);
    this.#expect = 'body';
    if (tag === Tag.MESSAGE) {
      if (preamble.lengths[0] !== HEADER_LENGTH) throw new FrameError(`message header of ${preamble.lengths[0]} bytes`);
      const size = preamble.logicalLength - HEADER_LENGTH;
      if (size > this.maxMessage) throw new FrameError(`message of ${size} bytes, at most ${this.maxMessage} are taken`);
      if (!this.sink.admit(size)) this.#stopped = true;
      return;
    }
    const size = preamble.logicalLength;
    if (size > MAX_CONTROL) throw new FrameError(`control frame of ${size} bytes, at most ${MAX_CONTROL} are taken`);
    if (preamble.segments !== 1) throw new FrameError(`control frame of ${preamble.segments} segments`);
    if (this.#stepping && !rx) this.#rawHead = bytes.slice(at, at + PREAMBLE_LENGTH);
  }

  #readBody(bytes: Uint8Array, at: number): void {
    const { lengths, tag } = this.#preamble;
    const length = this.#need;
    const complete = this.#rx ? this.#open(this.#rx, bytes, at, at + length) : this.#check(bytes, at);
    this.#expect = 'preamble';
    this.#need = this.#preambleNeed;
    this.#found = EMPTY;
    if (tag !== Tag.MESSAGE) {
      if (this.#stepping) this.#stopped = true;
      const raw =
        this.#stepping && !this.#rx ? join([this.#rawHead, bytes.subarray(at, at + length)], PREAMBLE_LENGTH + length) : undefined;
      if (complete) this.sink.onFrame(tag as Tag, this.#head.subarray(this.#headAt, this.#headAt + lengths[0]!), raw);
      return;
    }
    if (!complete) {
      this.sink.onAborted();
      return;
    }
    parts.given = false;
    readHeader(this.#head, this.#headAt, parts.header);
    this.sink.onMessage(parts, this.#preambleNeed + length);
    if (parts.given && parts.bytes === this.#bytes) this.#given = true;
    // an idle stream keeps no memory that others would have to themselves
    this.#head = parts.bytes = EMPTY;
  }

  /** crc mode: finds the segments. @returns false for an aborted frame */
  #check(b: Uint8Array, from: number): boolean {
    const { lengths, segments } = this.#preamble;
    const rev1 = this.#rev1;
    const length = lengths[0]!;
    let at = from + length;
    if (rev1 && length > 0) {
      checkCrc(b, from, at, readU32(b, at));
      at += CRC_LENGTH;
    }
    this.#head = b;
    this.#headAt = from;
    parts.alone = this.#bodyAlone;
    this.#lay(b, at, unpadded);
    if (rev1 && segments === 1) return true;
    let end = at;
    for (let i = 1; i < segments; i++) end += lengths[i]!;
    const aborted = isAborted(b[end]!, rev1);
    let crcAt = end + 1;
    if (!rev1) {
      checkCrc(b, from, from + length, readU32(b, crcAt));
      crcAt += CRC_LENGTH;
    }
    for (let i = 1; i < segments; i++, crcAt += CRC_LENGTH) {
      checkCrc(b, at, at + lengths[i]!, readU32(b, crcAt));
      at += lengths[i]!;
    }
    return !aborted;
  }

  /** Says where the segments behind the first are. */
  #lay(bytes: Uint8Array, at: number, pad: (length: number) => number): void {
    const { lengths, segments } = this.#preamble;
    parts.lay(bytes, at, segments > 1 ? lengths[1]! : 0, segments > 2 ? lengths[2]! : 0, segments > 3 ? lengths[3]! : 0, pad);
  }

  /** Secure mode: opens the records and finds the segments. @returns false for an aborted frame */
  #open(rx: OnwireRx, body: Uint8Array, from: number, to: number): boolean {
    const { lengths, segments, tag } = this.#preamble;
    const first = padded(lengths[0]!);
    if (!this.#rev1) {
      const record = this.#record!;
      this.#record = undefined;
      const plain = record.update(body.subarray(from, to - TAG_LENGTH));
      record.final(body.subarray(to - TAG_LENGTH, to));
      this.#head = plain;
      this.#headAt = 0;
      parts.alone = fills(plain);
      this.#lay(plain, first, padded);
      return !isAborted(plain[plain.length - BLOCK_LENGTH]!, false);
    }
    let head = this.#opened!;
    let headAt = PREAMBLE_LENGTH;
    let at = from;
    if (tag !== Tag.MESSAGE || first > INLINE_LENGTH) {
      head = head.slice(PREAMBLE_LENGTH, PREAMBLE_LENGTH + Math.min(first, INLINE_LENGTH));
      headAt = 0;
    }
    if (first > INLINE_LENGTH) {
      const end = from + first - INLINE_LENGTH + TAG_LENGTH;
      head = join([head, openRecord(rx, body, from, end)], first);
      at = end;
    }
    this.#head = head;
    this.#headAt = headAt;
    if (segments === 1) {
      this.#lay(EMPTY, 0, padded);
      return true;
    }
    const length = to - at - TAG_LENGTH;
    if (length <= SHORT_RECORD) {
      // a view of its own would cost as much as opening it does
      const begin = reserve(length);
      rx.openShort(body, at, length, slab, begin);
      parts.alone = false;
      this.#lay(slab, begin, padded);
      return !isAborted(slab[begin + length - BLOCK_LENGTH]!, true);
    }
    const plain = rx.open(body.subarray(at, to));
    parts.alone = fills(plain);
    this.#lay(plain, 0, padded);
    return !isAborted(plain[length - BLOCK_LENGTH]!, true);
  }
}

const unpadded = (length: number): number => length;

/** Has it a buffer to itself? */
function fills(bytes: Uint8Array): boolean {
  return bytes.byteLength === bytes.buffer.byteLength;
}

function checkCrc(bytes: Uint8Array, from: number, to: number, expected: number): void {
  const crc = crc32c(SEED, bytes, from, to);
  if (crc !== expected) throw new FrameError(`bad segment crc calculated=${crc} expected=${expected}`);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

/** Opens short frames of what came, as far as they go, together. */
function lookAhead(rx: OnwireRx, bytes: Uint8Array, at: number, end: number): void {
  const run = rx.lookAhead(bytes, at, end);
  for (;;) {
    const head = run.nextOfRun(PREAMBLE_LENGTH + INLINE_LENGTH);
    if (head < 0) break;
    const length = ahead.peek(run.plain, head).segments > 1 ? restLength(ahead) : 0;
    if (padded(ahead.lengths[0]!) > INLINE_LENGTH || (length > 0 && run.nextOfRun(length) < 0)) break;
  }
  run.endRun();
}

/** Bytes of the record that ends a frame of several segments in secure mode of msgr2.1, without its tag. */
function restLength({ lengths }: Preamble): number {
  return padded(lengths[1]!) + padded(lengths[2]!) + padded(lengths[3]!) + BLOCK_LENGTH;
}

let slab: Uint8Array = EMPTY;
let slabUsed = 0;

/** What the record in these bytes, its tag at their end, holds. */
function openRecord(rx: OnwireRx, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const length = to - from - TAG_LENGTH;
  if (length > SHORT_RECORD) return rx.open(bytes.subarray(from, to));
  const opened = room(length);
  rx.openShort(bytes, from, length, slab, slabUsed - length);
  return opened;
}

/** Memory that stays with what is read; that of few bytes shares a buffer with others of this isolate. */
function room(length: number): Uint8Array {
  if (length > SHARED) return bodyMemory(length);
  const at = reserve(length);
  return viewOf(slab, at, length);
}

/** Room in the slab for no more than {@link SHARED} bytes. @returns where it begins */
function reserve(length: number): number {
  if (slabUsed + length > slab.length) {
    slab = bodyMemory(8 * SHARED);
    slabUsed = 0;
  }
  slabUsed += length;
  return slabUsed - length;
}

function keep(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const kept = room(to - from);
  copy(kept, 0, viewOf(bytes, from, to - from));
  return kept;
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
