import { createCipheriv } from 'node:crypto';
import type { Cipher } from 'node:crypto';
import { Ghash } from './ghash.js';

const BLOCK = 16;
/** Most records, and blocks of all of them, for which key stream is made ahead. */
const MOST = 64;
const MOST_BLOCKS = 512;
/** Nonce and block counter of each block to come: one for all, as they are encrypted within one call. */
const counters = new Int32Array(MOST_BLOCKS * 4);
const counterBytes = new Uint8Array(counters.buffer);
/** Longest record, in bytes, for which this is the quicker way: the platform's takes about 3 µs to set up. */
export const SHORT_RECORD = 512;

/** Views of arrays, which mostly are the two of last time: asking an array for its buffer costs as much as a block's hash does. */
class LastViews {
  #array: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#array.buffer);
  #otherArray: Uint8Array = this.#array;
  #other: DataView = this.#view;

  of(array: Uint8Array): DataView {
    if (array === this.#array) return this.#view;
    const view = array === this.#otherArray ? this.#other : new DataView(array.buffer, array.byteOffset, array.byteLength);
    this.#otherArray = this.#array;
    this.#other = this.#view;
    this.#array = array;
    return (this.#view = view);
  }
}

const lastSealed = new LastViews();
const lastOpened = new LastViews();
const lastPlain = new LastViews();

/**
 * AES-128-GCM for records of few blocks, whole ones, under one key, whose nonces are known beforehand since they count: AES itself is the platform's, run
 * over the counters of many records at once; the hash is {@link Ghash}. A record of 64 bytes costs a tenth of what setting up a cipher for it
 * does.
 *
 * @see NIST SP 800-38D
 */
export class ShortGcm {
  readonly #ecb: Cipher;
  readonly #hash: Ghash;
  /** Key stream made ahead; of each record the block that masks the tag, and those of the first bytes. */
  #pads = new Int32Array(0);
  /** Records whose key stream there is, from which on, of how many blocks each, and for how many to make it next. */
  #first = 0;
  #count = 0;
  #blocks = 0;
  #ahead = 1;
  readonly #nonceAt: (record: number, words: Int32Array, at: number) => void;

  /** @param nonceAt writes the nonce of a record by its number, as three words in the order of memory */
  constructor(key: Uint8Array, nonceAt: (record: number, words: Int32Array, at: number) => void) {
    this.#ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#hash = new Ghash(this.#ecb.update(new Uint8Array(BLOCK)));
    this.#nonceAt = nonceAt;
  }

  /** Encrypts `length` bytes, which are whole blocks, in place; the tag follows them. */
  seal(record: number, b: Uint8Array, at: number, length: number): void {
    const pad = this.#padOf(record, length);
    const pads = this.#pads;
    const { data, words } = this.#hash;
    const view = lastSealed.of(b);
    const count = length >>> 2;
    let to = at;
    for (let i = 0, p = pad + BLOCK / 4; i < count; i++, p++, to += 4) {
      const word = view.getInt32(to, true) ^ pads[p]!;
      data[i] = word;
      view.setInt32(to, word, true);
    }
    this.#hash.hash(length >>> 4);
    for (let i = 0; i < 4; i++, to += 4) view.setInt32(to, words[i]! ^ pads[pad + i]!, true);
  }

  /**
   * Decrypts `length` bytes, which are whole blocks, that their tag follows.
   *
   * @returns false where the tag does not fit: zeros are written then
   */
  open(record: number, b: Uint8Array, at: number, length: number, out: Uint8Array, outAt: number): boolean {
    const pad = this.#padOf(record, length);
    const pads = this.#pads;
    const { data, words } = this.#hash;
    const view = lastOpened.of(b);
    const plain = lastPlain.of(out);
    const count = length >>> 2;
    let from = at;
    for (let i = 0, p = pad + BLOCK / 4, to = outAt; i < count; i++, p++, from += 4, to += 4) {
      const word = view.getInt32(from, true);
      data[i] = word;
      plain.setInt32(to, word ^ pads[p]!, true);
    }
    this.#hash.hash(length >>> 4);
    let difference = 0;
    for (let i = 0; i < 4; i++, from += 4) difference |= words[i]! ^ pads[pad + i]! ^ view.getInt32(from, true);
    if (difference !== 0) out.fill(0, outAt, outAt + length);
    return difference === 0;
  }

  /** Where in #pads, in words, the key stream of a record begins. */
  #padOf(record: number, length: number): number {
    const blocks = 1 + (length >>> 4);
    const index = record - this.#first;
    if (index < 0 || index >= this.#count || blocks > this.#blocks) {
      this.#make(record, Math.max(blocks, this.#blocks));
      return 0;
    }
    return index * this.#blocks * (BLOCK / 4);
  }

  #make(record: number, blocks: number): void {
    const records = Math.min(this.#ahead, Math.max(1, Math.floor(MOST_BLOCKS / blocks)));
    this.#ahead = Math.min(this.#ahead * 2, MOST);
    const words = counters;
    let at = 0;
    for (let r = 0; r < records; r++) {
      this.#nonceAt(record + r, words, at);
      const w0 = words[at]!;
      const w1 = words[at + 1]!;
      const w2 = words[at + 2]!;
      for (let block = 1; block <= blocks; block++, at += 4) {
        words[at] = w0;
        words[at + 1] = w1;
        words[at + 2] = w2;
        // big-endian, and below 256
        words[at + 3] = block << 24;
      }
    }
    if (this.#pads.length < at) this.#pads = new Int32Array(at);
    new Uint8Array(this.#pads.buffer).set(this.#ecb.update(counterBytes.subarray(0, 4 * at)));
    this.#first = record;
    this.#count = records;
    this.#blocks = blocks;
  }
}
