import { BLOCK_LENGTH, OnwireRx, TAG_LENGTH } from './crypto-onwire.js';
import type { OnwireKeys, OnwireRecord } from './crypto-onwire.js';
import { crc32c } from './crc32c.js';
import { FrameError } from './frame-error.js';
import { HEADER_LENGTH, blankHeader, readHeader, readU32 } from './message-header.js';
import type { MessageHeader } from './message-header.js';
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
  /** A message. `header` is valid during the call; the segments may be kept. `wireLength` counts all bytes of the frame. */
  onMessage(header: MessageHeader, front: Uint8Array, middle: Uint8Array, data: Uint8Array, wireLength: number): void;
  /** The message that was admitted last was aborted by its sender. */
  onAborted(): void;
}

/** What the next bytes are. */
type Expect = 'banner' | 'bannerPayload' | 'preamble' | 'body';

/**
 * Cuts the stream of a peer into frames and checks them. Bytes are looked at where they came; only what lies across two chunks is put
 * together. Nothing is allocated for what is merely claimed: a body is waited for in the chunks that bring it.
 *
 * @see src/msg/async/frames_v2.cc (16.2.15)
 */
export class FrameReader {
  sink: FrameSink;
  readonly #maxMessage: number;
  readonly #preamble = new Preamble();
  readonly #header = blankHeader();
  readonly #chunks: Uint8Array[] = [];
  /** First byte of the first chunk that was not read. */
  #at = 0;
  /** Bytes not read. */
  #available = 0;
  #expect: Expect = 'banner';
  #need: number = BANNER_HEAD;
  #rev1 = false;
  #rx: OnwireRx | undefined;
  /** The record a frame of msgr2.0 is in secure mode. */
  #record: OnwireRecord | undefined;
  /** What of the first segment came with the preamble, in secure mode of msgr2.1. */
  #inlined: Uint8Array = EMPTY;
  /** The preamble, or the head of the banner, as it came, where the sink is to have all bytes. */
  #rawHead: Uint8Array = EMPTY;
  /** Does the last body lie alone in its memory? */
  ownsBody = false;
  /** Frames are asked for one by one. */
  #stepping = true;
  #stopped = false;
  #pumping = false;

  /** @param maxMessage longest message, in bytes of its segments */
  constructor(sink: FrameSink, maxMessage: number) {
    this.sink = sink;
    this.#maxMessage = maxMessage;
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

  /** Takes bytes of the peer. @throws FrameError, DecodeError, or what the sink throws */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    this.#pump();
  }

  #expectPreamble(): void {
    this.#expect = 'preamble';
    this.#need = preambleWireLength({ rev1: this.#rev1, secure: this.#rx !== undefined });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#stopped && this.#available >= this.#need) this.#step();
    } finally {
      this.#pumping = false;
    }
  }

  #step(): void {
    switch (this.#expect) {
      case 'preamble':
        this.#readPreamble(this.#take(this.#need));
        break;
      case 'body':
        this.ownsBody = false;
        this.#readBody(this.#need === 0 ? EMPTY : this.#take(this.#need));
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

  /** The next `length` bytes, which are there, as a view where they lie in one chunk. */
  #take(length: number): Uint8Array {
    const first = this.#chunks[0]!;
    const at = this.#at;
    this.#available -= length;
    if (first.length - at > length) {
      this.#at += length;
      return new Uint8Array(first.buffer, first.byteOffset + at, length);
    }
    if (first.length - at === length) {
      this.#chunks.shift();
      this.#at = 0;
      return new Uint8Array(first.buffer, first.byteOffset + at, length);
    }
    return this.#gather(length);
  }

  #gather(length: number): Uint8Array {
    const pool = Buffer.allocUnsafeSlow(length);
    const result = new Uint8Array(pool.buffer, pool.byteOffset, length);
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const chunk = this.#chunks[used]!;
      const from = this.#at;
      const count = Math.min(length - filled, chunk.length - from);
      result.set(new Uint8Array(chunk.buffer, chunk.byteOffset + from, count), filled);
      filled += count;
      if (from + count === chunk.length) {
        used++;
        this.#at = 0;
      } else this.#at = from + count;
    }
    this.#chunks.splice(0, used);
    this.ownsBody = true;
    return result;
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

  #readPreamble(bytes: Uint8Array): void {
    const preamble = this.#preamble;
    const rx = this.#rx;
    const rev1 = this.#rev1;
    let block = bytes;
    if (rx && rev1) block = rx.open(bytes);
    else if (rx) {
      this.#record = rx.begin();
      block = this.#record.update(bytes);
    }
    preamble.read(block, 0);
    if (rx && rev1) this.#inlined = block.subarray(PREAMBLE_LENGTH);
    const { tag } = preamble;
    if (!isTag(tag)) throw new FrameError(`received unknown tag=${tag}`);
    this.#need = bodyWireLength(preamble, { rev1, secure: rx !== undefined });
    this.#expect = 'body';
    if (tag === Tag.MESSAGE) {
      if (preamble.lengths[0] !== HEADER_LENGTH) throw new FrameError(`message header of ${preamble.lengths[0]} bytes`);
      const size = preamble.logicalLength - HEADER_LENGTH;
      if (size > this.#maxMessage) throw new FrameError(`message of ${size} bytes, at most ${this.#maxMessage} are taken`);
      if (!this.sink.admit(size)) this.#stopped = true;
      return;
    }
    const size = preamble.logicalLength;
    if (size > MAX_CONTROL) throw new FrameError(`control frame of ${size} bytes, at most ${MAX_CONTROL} are taken`);
    if (preamble.segments !== 1) throw new FrameError(`control frame of ${preamble.segments} segments`);
    if (this.#stepping && !rx) this.#rawHead = bytes;
  }

  #readBody(body: Uint8Array): void {
    const preamble = this.#preamble;
    const { lengths, segments, tag } = preamble;
    const wireLength = body.length + preambleWireLength({ rev1: this.#rev1, secure: this.#rx !== undefined });
    const parts = this.#rx ? this.#open(body) : this.#check(body);
    this.#expectPreamble();
    if (tag !== Tag.MESSAGE) {
      if (this.#stepping) this.#stopped = true;
      const raw = this.#stepping && !this.#rx ? join([this.#rawHead, body], wireLength) : undefined;
      if (parts) this.sink.onFrame(tag as Tag, view(parts.bytes, parts.first, lengths[0]!), raw);
      return;
    }
    if (!parts) {
      this.sink.onAborted();
      return;
    }
    const header = readHeader(parts.head, parts.headAt, this.#header);
    let at = parts.second;
    const front = segments > 1 ? view(parts.bytes, at, lengths[1]!) : EMPTY;
    at += parts.stride(lengths[1]!);
    const middle = segments > 2 ? view(parts.bytes, at, lengths[2]!) : EMPTY;
    at += parts.stride(lengths[2]!);
    const data = segments > 3 ? view(parts.bytes, at, lengths[3]!) : EMPTY;
    this.sink.onMessage(header, front, middle, data, wireLength);
  }

  /** crc mode: where the segments are, or undefined for an aborted frame. */
  #check(body: Uint8Array): Parts | undefined {
    const { lengths, segments } = this.#preamble;
    const rev1 = this.#rev1;
    const length = lengths[0]!;
    let at = length;
    if (rev1 && length > 0) {
      checkCrc(body, 0, length, readU32(body, at));
      at += CRC_LENGTH;
    }
    const parts = plainParts;
    parts.bytes = parts.head = body;
    parts.first = parts.headAt = 0;
    parts.second = at;
    if (rev1 && segments === 1) return parts;
    let end = at;
    for (let i = 1; i < segments; i++) end += lengths[i]!;
    const aborted = isAborted(body[end]!, rev1);
    let crcAt = end + 1;
    if (!rev1) {
      checkCrc(body, 0, length, readU32(body, crcAt));
      crcAt += CRC_LENGTH;
    }
    for (let i = 1; i < segments; i++, crcAt += CRC_LENGTH) {
      checkCrc(body, at, at + lengths[i]!, readU32(body, crcAt));
      at += lengths[i]!;
    }
    return aborted ? undefined : parts;
  }

  /** Secure mode. */
  #open(body: Uint8Array): Parts | undefined {
    const rx = this.#rx!;
    const { lengths, segments } = this.#preamble;
    const first = padded(lengths[0]!);
    if (!this.#rev1) {
      const record = this.#record!;
      const plain = record.update(body.subarray(0, body.length - TAG_LENGTH));
      record.final(body.subarray(body.length - TAG_LENGTH));
      return isAborted(plain[plain.length - BLOCK_LENGTH]!, false) ? undefined : sealedParts(plain, 0, plain, first);
    }
    let head = this.#inlined;
    let rest = body;
    if (first > INLINE_LENGTH) {
      const more = first - INLINE_LENGTH + TAG_LENGTH;
      head = join([head, rx.open(body.subarray(0, more))], first);
      rest = body.subarray(more);
    }
    if (segments === 1) return sealedParts(head, 0, head, 0);
    const plain = rx.open(rest);
    return isAborted(plain[plain.length - BLOCK_LENGTH]!, true) ? undefined : sealedParts(head, 0, plain, 0);
  }
}

/** Where the segments of a frame are. */
interface Parts {
  /** Holds the first segment of a message. */
  head: Uint8Array;
  headAt: number;
  /** Holds the other segments; of a control frame, the first. */
  bytes: Uint8Array;
  first: number;
  second: number;
  /** Bytes a segment takes. */
  stride(length: number): number;
}

/** The parts of the frame at hand in crc mode: one object for all. */
const plainParts: Parts = { head: EMPTY, headAt: 0, bytes: EMPTY, first: 0, second: 0, stride: (length) => length };

function sealedParts(head: Uint8Array, headAt: number, rest: Uint8Array, second: number): Parts {
  return { head, headAt, bytes: rest, first: 0, second, stride: padded };
}

function checkCrc(bytes: Uint8Array, from: number, to: number, expected: number): void {
  const crc = crc32c(SEED, bytes, from, to);
  if (crc !== expected) throw new FrameError(`bad segment crc calculated=${crc} expected=${expected}`);
}

function view(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return length === 0 ? EMPTY : new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
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
