import { DecodeError } from './decode-error.js';
import { decodeText } from './text.js';

const SMALL: readonly bigint[] = [0n, 1n, 2n, 3n];
/** "Not truncated", and CEPH_NOSNAP. */
const GREATEST = 0xffff_ffff_ffff_ffffn;
const GREATEST_BUT_ONE = 0xffff_ffff_ffff_fffen;

/** Bytes of the largest input whose view is remembered. */
const REMEMBERED = 64 * 1024;
let lastBytes: Uint8Array = new Uint8Array(0);
let lastView: DataView = new DataView(lastBytes.buffer);

/** To make a view takes as long as to read forty numbers, and small messages that come one after the other share their bytes. */
function viewOf(bytes: Uint8Array): DataView {
  if (lastBytes === bytes) return lastView;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength <= REMEMBERED) {
    lastBytes = bytes;
    lastView = view;
  }
  return view;
}

/** A versioned struct being read; see {@link Decoder.start}. */
export interface DecodeFrame {
  /** Version it was written as. */
  version: number;
  compat: number;
  /** Offset just past it. */
  end: number;
  /** @internal */
  outerEnd: number;
}

/**
 * Reads Ceph's binary encoding. Every read is checked against what is there: it throws a {@link DecodeError} with type and offset, and
 * never allocates more than the input can hold.
 *
 * @example
 * ```ts
 * const d = new Decoder(bytes, 'JournalPointer');
 * const pointer = d.struct(1, (d) => ({ front: d.u64(), back: d.u64() }));
 * d.expectEnd();
 * ```
 */
export class Decoder {
  readonly #bytes: Uint8Array;
  /** Made when a number of two bytes or more is read for the first time. */
  #numbers: DataView | undefined;
  readonly #type: string;
  /** Types of the structs being read, the outermost first. */
  #inner: string[] | undefined;
  readonly #from: number;
  #at: number;
  /** Reads stop here: the end of the innermost struct. */
  #end: number;

  /**
   * @param type what is read, for error messages
   * @param from where in `bytes` the input begins: offsets count from there. @defaultValue 0
   * @param to where it ends. @defaultValue at the end of `bytes`
   */
  constructor(bytes: Uint8Array, type = 'input', from = 0, to: number = bytes.length) {
    this.#bytes = bytes;
    this.#type = type;
    this.#from = this.#at = from;
    this.#end = to;
  }

  get #view(): DataView {
    return (this.#numbers ??= viewOf(this.#bytes));
  }

  get offset(): number {
    return this.#at - this.#from;
  }

  /** Bytes left in the innermost struct. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** A {@link DecodeError} at the current place, to throw. */
  error(problem: string, at: number = this.offset): DecodeError {
    return new DecodeError([this.#type, ...(this.#inner ?? [])].join(' > '), at, problem);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) throw this.error(`${count} bytes needed, ${this.#end - at} left`);
    this.#at = at + count;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  /** The next byte, which stays to be read. */
  peekU8(): number {
    if (this.#at >= this.#end) throw this.error('1 bytes needed, 0 left');
    return this.#bytes[this.#at] as number;
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u16be(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  s32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** An unsigned 64-bit integer. @throws DecodeError at 2^53 and above: use {@link u64big} where that is legal */
  u64(): number {
    const at = this.#take(8);
    const high = this.#view.getUint32(at + 4, true);
    if (high >= 0x20_0000) throw this.error('64-bit value of 2^53 or more', at - this.#from);
    const low = this.#view.getUint32(at, true);
    // a product would be a floating-point number to V8, and its field a box on the heap
    return high === 0 ? low : high * 0x1_0000_0000 + low;
  }

  /** A signed 64-bit integer. @throws DecodeError beyond ±2^53 */
  s64(): number {
    const at = this.#take(8);
    const high = this.#view.getInt32(at + 4, true);
    if (high >= 0x20_0000 || high < -0x20_0000) throw this.error('64-bit value beyond ±2^53', at - this.#from);
    const low = this.#view.getUint32(at, true);
    return high === 0 ? low : high * 0x1_0000_0000 + low;
  }

  u64big(): bigint {
    const at = this.#take(8);
    const high = this.#view.getUint32(at + 4, true);
    const low = this.#view.getUint32(at, true);
    // most are one of a few, which are then the same object
    if (high === 0 && low < SMALL.length) return SMALL[low] as bigint;
    if (high === 0xffff_ffff && low >= 0xffff_fffe) return low === 0xffff_ffff ? GREATEST : GREATEST_BUT_ONE;
    return this.#view.getBigUint64(at, true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** The next `count` bytes, as a view of the input. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    // as the Encoder does
    return new Uint8Array(this.#view.buffer, this.#bytes.byteOffset + at, count);
  }

  /** A bufferlist (u32 length and bytes), as a view of the input. */
  blob(): Uint8Array {
    return this.raw(this.u32());
  }

  /** A decoder of the next `count` bytes, which are skipped here; its offsets count from their beginning. */
  part(count: number, type: string = this.#type): Decoder {
    const at = this.#take(count);
    const part = new Decoder(this.#bytes, type, at, at + count);
    part.#numbers = this.#numbers;
    return part;
  }

  string(): string {
    return decodeText(this.blob());
  }

  /** What is left of the innermost struct, as a view. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  /** As {@link rest}, which stays to be read. */
  peekRest(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }

  skip(count: number): this {
    this.#take(count);
    return this;
  }

  /**
   * A count of elements that each take at least `minSize` bytes (0 where they may take none).
   * @throws DecodeError when the input can't hold that many
   */
  count(minSize: number): number {
    const at = this.offset;
    const count = this.u32();
    if (count * minSize > this.remaining) throw this.error(`${count} elements claimed in ${this.remaining} bytes`, at);
    return count;
  }

  /** u32 count and elements; `minSize` is the least number of bytes of one. */
  list<T>(read: (d: this) => T, minSize = 1): T[] {
    const items: T[] = [];
    for (let left = this.count(minSize); left > 0; left--) items.push(read(this));
    return items;
  }

  map<K, V>(readKey: (d: this) => K, readValue: (d: this) => V, minSize = 1): Map<K, V> {
    const map = new Map<K, V>();
    for (let left = this.count(minSize); left > 0; left--) {
      const key = readKey(this);
      map.set(key, readValue(this));
    }
    return map;
  }

  /**
   * Begins a versioned struct: DECODE_START.
   * @param supported newest version this code knows
   * @throws DecodeError when the writer says that no decoder as old as this one copes, or the length exceeds the input
   */
  start(supported: number, type?: string): DecodeFrame {
    const begin = this.offset;
    if (type !== undefined) (this.#inner ??= []).push(type);
    const version = this.u8();
    const compat = this.u8();
    if (compat > supported)
      throw this.error(`version ${version} needs a decoder of version ${compat}, this one is ${supported}`, begin);
    const length = this.u32();
    if (length > this.remaining) throw this.error(`struct of ${length} bytes claimed, ${this.remaining} left`, begin);
    const frame: DecodeFrame = { version, compat, end: this.offset + length, outerEnd: this.#end };
    this.#end = this.#at + length;
    return frame;
  }

  /** Ends a versioned struct, skipping what a newer writer added. */
  finish(frame: DecodeFrame, type?: string): void {
    this.#at = this.#from + frame.end;
    this.#end = frame.outerEnd;
    if (type !== undefined) this.#inner?.pop();
  }

  /** A versioned struct read by `body`, which is told the version. */
  struct<T>(supported: number, body: (d: this, version: number) => T, type?: string): T {
    const frame = this.start(supported, type);
    const value = body(this, frame.version);
    this.finish(frame, type);
    return value;
  }

  /** u32 length, and what `body` reads within it; the rest of it is skipped. */
  sized<T>(body: (d: this) => T): T {
    const begin = this.offset;
    const length = this.u32();
    if (length > this.remaining) throw this.error(`${length} bytes claimed, ${this.remaining} left`, begin);
    const outerEnd = this.#end;
    const end = this.#at + length;
    this.#end = end;
    const value = body(this);
    this.#at = end;
    this.#end = outerEnd;
    return value;
  }

  /** @throws DecodeError when bytes are left */
  expectEnd(): void {
    if (this.remaining > 0) throw this.error(`${this.remaining} bytes left over`);
  }
}
