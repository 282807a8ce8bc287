import { encodeText } from './text.js';

/** Called without being looked up: that takes V8 as long, at every call, as copying 64 bytes does. */
const { set } = Uint8Array.prototype;

/** A versioned struct under construction; see {@link Encoder.start}. */
export type EncodeMark = number;

/**
 * Writes Ceph's binary encoding: little-endian integers, lengths before contents, versioned structs.
 *
 * @example
 * ```ts
 * const bytes = new Encoder().struct(2, 1, (e) => e.u64(0x200).u64(0)).toBytes();
 * ```
 * @see src/include/encoding.h (16.2.15)
 */
export class Encoder {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes to start with; it grows as needed. @defaultValue 256 */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as a view: valid until the next write. */
  view(): Uint8Array {
    // V8 asks C++ for the buffer of a Uint8Array, which takes twice as long as all the rest
    return new Uint8Array(this.#view.buffer, 0, this.#length);
  }

  /** What was written, as bytes of one's own. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  /** Forgets what was written after byte `length`. */
  truncate(length: number): this {
    this.#length = Math.min(length, this.#length);
    return this;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const need = at + count;
    if (need > this.#bytes.length) this.#grow(need);
    this.#length = need;
    return at;
  }

  #grow(need: number): void {
    let capacity = Math.max(64, this.#bytes.length * 2);
    while (capacity < need) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  u8(value: number): this {
    const at = this.#reserve(1); // first: it may replace the bytes
    this.#bytes[at] = value;
    return this;
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** A signed 32-bit integer. */
  s32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
    return this;
  }

  /** An unsigned 64-bit integer that stays below 2^53. */
  u64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
    return this;
  }

  /** A signed 64-bit integer within ±2^53. */
  s64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true);
    return this;
  }

  /** Any unsigned 64-bit integer: bit sets, cookies, sentinels. */
  u64big(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  f32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, value, true);
    return this;
  }

  /** Big-endian, for the few places that have it (socket addresses). */
  u16be(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, false);
    return this;
  }

  /** Bytes as they are, with no length before them. */
  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    set.call(this.#bytes, bytes, at);
    return this;
  }

  /** u32 length and bytes: a bufferlist. */
  blob(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  zeros(count: number): this {
    const at = this.#reserve(count);
    const bytes = this.#bytes;
    // few of them, mostly: V8 asks C++ to fill
    for (let i = at; i < at + count; i++) bytes[i] = 0;
    return this;
  }

  /** u32 length in bytes and UTF-8; see `encodeText` for what is not UTF-8. */
  string(text: string): this {
    const length = text.length;
    const at = this.#reserve(4 + length);
    const bytes = this.#bytes;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      bytes[at + 4 + i] = code;
    }
    if (i === length) {
      this.#view.setUint32(at, length, true);
      return this;
    }
    this.#length = at;
    return this.blob(encodeText(text));
  }

  /** u32 count and the elements: vector, list, set. */
  list<T>(items: Iterable<T> & ({ length: number } | { size: number }), write: (e: this, item: T) => unknown): this {
    this.u32('length' in items ? items.length : items.size);
    for (const item of items) write(this, item);
    return this;
  }

  /** u32 count and pairs, in the map's own order: where Ceph has a sorted map, insert in that order. */
  map<K, V>(map: ReadonlyMap<K, V>, writeKey: (e: this, key: K) => unknown, writeValue: (e: this, value: V) => unknown): this {
    this.u32(map.size);
    for (const [key, value] of map) {
      writeKey(this, key);
      writeValue(this, value);
    }
    return this;
  }

  /** Begins a versioned struct: u8 version, u8 oldest decoder that copes, u32 length, which {@link finish} fills in. */
  start(version: number, compat: number): EncodeMark {
    this.u8(version).u8(compat).u32(0);
    return this.#length;
  }

  finish(mark: EncodeMark): this {
    this.#view.setUint32(mark - 4, this.#length - mark, true);
    return this;
  }

  /** A versioned struct around what `body` writes: ENCODE_START … ENCODE_FINISH. */
  struct(version: number, compat: number, body: (e: this) => unknown): this {
    const mark = this.start(version, compat);
    body(this);
    return this.finish(mark);
  }

  /** u32 length around what `body` writes: an encoded bufferlist without a copy. */
  sized(body: (e: this) => unknown): this {
    this.u32(0);
    const mark = this.#length;
    body(this);
    return this.finish(mark);
  }

  /** Overwrites a u32 written before, at byte `at`. */
  patchU32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }
}
