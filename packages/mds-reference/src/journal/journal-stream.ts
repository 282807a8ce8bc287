import { DecodeError } from '@cephts/encoding';
import { JOURNAL_FORMAT_RESILIENT } from './journal-header.js';

/** 0x3141592653589793 in two halves, low one first: stands before every entry. */
export const SENTINEL_LOW = 0x53589793;
export const SENTINEL_HIGH = 0x31415926;
/** Sentinel, length, position. */
export const ENVELOPE_RESILIENT = 8 + 4 + 8;
export const ENVELOPE_LEGACY = 4;

/** Bytes around an entry. */
export function envelopeSize(format: number): number {
  return format >= JOURNAL_FORMAT_RESILIENT ? ENVELOPE_RESILIENT : ENVELOPE_LEGACY;
}

/**
 * The bytes of a journal that were read and not taken yet, and the entries in them. Entries are views of those bytes.
 *
 * @see JournalStream in src/osdc/Journaler.cc (16.2.15)
 */
export class JournalReadBuffer {
  format = JOURNAL_FORMAT_RESILIENT;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  #at = 0;
  /** What follows {@link #bytes}, the oldest last. */
  #ahead: Uint8Array[] = [];
  #aheadLength = 0;

  get length(): number {
    return this.#bytes.length - this.#at + this.#aheadLength;
  }

  clear(): void {
    this.#ahead = [];
    this.#aheadLength = 0;
    this.#set(new Uint8Array(0));
  }

  /** Adds what follows; it is the buffer's from now on. */
  push(bytes: Uint8Array): void {
    this.#ahead.unshift(bytes);
    this.#aheadLength += bytes.length;
  }

  #set(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
  }

  /** Has the next `size` bytes, which are there, lie in one piece: what is pushed is copied only where an entry begins in one piece and ends in another. */
  #gather(size: number): void {
    const left = this.#bytes.length - this.#at;
    if (left >= size) return;
    if (left === 0 && (this.#ahead.at(-1) as Uint8Array).length >= size) {
      const next = this.#ahead.pop() as Uint8Array;
      this.#aheadLength -= next.length;
      this.#set(next);
      return;
    }
    const joined = new Uint8Array(size);
    joined.set(this.#bytes.subarray(this.#at));
    for (let at = left; at < size;) {
      const next = this.#ahead.pop() as Uint8Array;
      const count = Math.min(next.length, size - at);
      joined.set(next.subarray(0, count), at);
      at += count;
      this.#aheadLength -= count;
      if (count < next.length) this.#ahead.push(next.subarray(count));
    }
    this.#set(joined);
  }

  /**
   * Bytes that the next entry needs, envelope and all; those of its beginning while that is not there.
   * @throws DecodeError where no entry begins here
   */
  need(): number {
    const resilient = this.format >= JOURNAL_FORMAT_RESILIENT;
    const prefix = resilient ? 12 : 4;
    if (this.length < prefix) return prefix;
    this.#gather(prefix);
    const at = this.#at;
    if (!resilient) return ENVELOPE_LEGACY + this.#view.getUint32(at, true);
    if (this.#view.getUint32(at, true) !== SENTINEL_LOW || this.#view.getUint32(at + 4, true) !== SENTINEL_HIGH)
      throw new DecodeError('JournalStream', at, 'no sentinel before the entry');
    return ENVELOPE_RESILIENT + this.#view.getUint32(at + 8, true);
  }

  /** Does a whole entry lie ready? @throws DecodeError */
  readable(): boolean {
    return this.length >= this.need();
  }

  /**
   * Takes the entry that lies ready.
   * @param position where it should begin
   * @returns its payload
   * @throws DecodeError where its envelope names another position
   */
  take(position: number): Uint8Array {
    const size = this.need();
    this.#gather(size);
    const at = this.#at;
    this.#at += size;
    if (this.format < JOURNAL_FORMAT_RESILIENT) return this.#bytes.subarray(at + ENVELOPE_LEGACY, at + size);
    const low = this.#view.getUint32(at + size - 8, true);
    const start = this.#view.getUint32(at + size - 4, true) * 0x1_0000_0000 + low;
    if (start !== position) throw new DecodeError('JournalStream', at, `entry of position ${start} found at ${position}`);
    return this.#bytes.subarray(at + 12, at + size - 8);
  }
}
