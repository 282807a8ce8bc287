import { createCipheriv } from 'node:crypto';
import type { Cipher } from 'node:crypto';
import { countMemory } from './body-memory.js';
import { copy, viewOf } from './bytes.js';
import { LANES } from './ghash-fold.js';
import { Ghash, MOST_COUNTED, MOST_HASHED, MOST_OPENED, MOST_SEALED, writeLength } from './ghash.js';

const BLOCK = 16;
/** Most records for which key stream is made ahead. */
const MOST = 64;
/** Longest record, in bytes, for which this is the quicker way: the platform's takes several µs to set up and to forget. */
export const SHORT_RECORD: number = MOST_HASHED;
/** From here on a record is worked at sixteen bytes at a time. */
const LONG = 512;

/** Most records of a run that is sealed, and most bytes of one of them. */
export const MOST_OF_RUN: number = 64;
export const MOST_IN_RUN: number = 512 - BLOCK;
export { MOST_SEALED };
/** Asking the platform whether a run is genuine takes as long as hashing so many blocks side by side, or so many bytes one by one. */
const AS_BLOCKS = 20;
const AS_BYTES = 3072;
/** Any nonce: what it gives is not sent. */
const NONCE = new Uint8Array(12);

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

/** The run that is or was opened last: whose it is, its first record, how many of them are genuine, and where in it each is. */
const opened = {
  by: undefined as ShortGcm | undefined,
  first: 0,
  genuine: 0,
  lengths: [] as number[],
  at: [] as number[],
  end: 0,
  bytes: 0,
  /** Bytes that tell whether it is genuine. */
  checked: 0,
};
/** Of each record of a run that is sealed the block of key stream that masks its tag. */
const masks = new Int32Array(MOST_OF_RUN * (BLOCK / 4));
/** The key stream that is in the run's memory: from where on, and how many words. */
const staged: { pads: Int32Array; from: number; count: number } = { pads: new Int32Array(0), from: 0, count: 0 };

const lastSealed = new LastViews();
const lastOpened = new LastViews();
const lastPlain = new LastViews();

/**
 * AES-128-GCM for short records, of whole blocks, under one key, whose nonces are known beforehand since they count: AES itself is the platform's,
 * run over the counters of several records at once; the hash is {@link Ghash}. A record of 64 bytes costs a tenth of what setting up a cipher for
 * it does.
 *
 * @see NIST SP 800-38D
 */
export class ShortGcm {
  readonly #key: Uint8Array;
  readonly #ecb: Cipher;
  readonly #hash: Ghash;
  /** Key stream made ahead; of each record the block that masks the tag, and those of the first bytes. */
  #pads: Int32Array = new Int32Array(0);
  /** Records whose key stream there is, from which on, and for how many to make it next. */
  #first = 0;
  #count = 0;
  #ahead = 1;
  /** Blocks of key stream of the first of them, and of the second: the others are like these in turn, as a message is two records. */
  #even = 0;
  #odd = 0;
  /** Blocks that the last record took. */
  #last = 0;
  #mask: Buffer | undefined;
  readonly #nonceAt: (record: number, words: Int32Array, at: number) => void;

  /** @param nonceAt writes the nonce of a record by its number, as three words in the order of memory */
  constructor(key: Uint8Array, nonceAt: (record: number, words: Int32Array, at: number) => void) {
    this.#key = key;
    this.#ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#hash = new Ghash(this.#ecb.update(new Uint8Array(BLOCK)));
    this.#nonceAt = nonceAt;
  }

  /** Encrypts `length` bytes, which are whole blocks, in place; the tag follows them. */
  seal(record: number, b: Uint8Array, at: number, length: number): void {
    const pad = this.#padOf(record, length);
    if (length < LONG) this.#encrypt(pad, b, at, length);
    else {
      this.#load(pad, b, at, length);
      this.#hash.mask(length);
      this.#store(b, at, length);
    }
    this.#hash.hash(length >>> 4);
    const { words } = this.#hash;
    const view = lastSealed.of(b);
    for (let i = 0, to = at + length; i < 4; i++, to += 4) view.setInt32(to, words[i]! ^ this.#pads[pad + i]!, true);
  }

  /**
   * Decrypts `length` bytes, which are whole blocks, that their tag follows.
   *
   * @returns false where the tag does not fit: zeros are written then
   */
  open(record: number, b: Uint8Array, at: number, length: number, out: Uint8Array, outAt: number): boolean {
    if (this.#take(record, length, out, outAt)) return true;
    const pad = this.#padOf(record, length);
    const isLong = length >= LONG;
    if (isLong) this.#load(pad, b, at, length);
    else this.#decrypt(pad, b, at, length, out, outAt);
    this.#hash.hash(length >>> 4);
    const { words } = this.#hash;
    const view = lastOpened.of(b);
    let difference = 0;
    for (let i = 0, from = at + length; i < 4; i++, from += 4) {
      difference |= words[i]! ^ this.#pads[pad + i]! ^ view.getInt32(from, true);
    }
    if (difference !== 0) out.fill(0, outAt, outAt + length);
    else if (isLong) {
      this.#hash.mask(length);
      this.#store(out, outAt, length);
    }
    return difference === 0;
  }

  /** Seals records from `first` on that lie one behind the other, each with room for its tag: of {@link MOST_IN_RUN} bytes at the most. */
  sealRun(first: number, b: Uint8Array, at: number, lengths: readonly number[]): void {
    if (!Ghash.pays(lengths)) {
      for (let i = 0, to = at; i < lengths.length; to += lengths[i]! + BLOCK, i++) this.seal(first + i, b, to, lengths[i]!);
      return;
    }
    const hash = this.#hash;
    const { sealed, sealedWords: words, hashes, keyStream } = hash.runs;
    let total = 0;
    for (const length of lengths) total += length + BLOCK;
    copy(sealed, 0, viewOf(b, at, total));
    for (let i = 0, to = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      const pad = this.#stage(first + i, length);
      for (let k = 0; k < BLOCK / 4; k++) masks[4 * i + k] = keyStream[pad + k]!;
      hash.maskSealed(to, pad + BLOCK / 4, length);
      to += length + BLOCK;
    }
    for (let i = 0, to = 0, hashed = 0; i < lengths.length; i++) {
      const lane = i % LANES;
      if (lane === 0) hashed = hash.hashRun(lengths, i, hashed, false);
      to += lengths[i]!;
      for (let k = 0, word = to >>> 2; k < BLOCK / 4; k++) words[word + k] = hashes[4 * lane + k]! ^ masks[4 * i + k]!;
      to += BLOCK;
    }
    copy(b, at, viewOf(sealed, 0, total));
  }

  /** Begins a run of records that are to be opened, in what came from `at` to `end`. */
  beginRun(first: number, b: Uint8Array, at: number, end: number): void {
    const bytes = Math.min(end - at, MOST_OPENED);
    copy(this.#hash.runs.opened, 0, viewOf(b, at, bytes));
    Object.assign(opened, { by: this, first, genuine: 0, end: 0, bytes, checked: 0 });
    opened.lengths.length = opened.at.length = 0;
  }

  /** Opens the run's next record, of which nobody knows yet whether it is genuine. @returns where it is in {@link plain}, or -1 for no more room */
  nextOfRun(length: number): number {
    const { lengths, at, end, checked } = opened;
    if (length > SHORT_RECORD || end + length + BLOCK > opened.bytes) return -1;
    const pad = this.#stage(opened.first + lengths.length, length);
    this.#hash.maskOpened(end, pad + BLOCK / 4, length, checked);
    const { openedWords, checkedWords, keyStream } = this.#hash.runs;
    const tag = (end + length) >>> 2;
    const word = (checked + length) >>> 2;
    writeLength(checkedWords, word, length);
    for (let k = 0; k < BLOCK / 4; k++) checkedWords[word + BLOCK / 4 + k] = openedWords[tag + k]! ^ keyStream[pad + k]!;
    lengths.push(length);
    at.push(end);
    opened.end = end + length + BLOCK;
    opened.checked = checked + length + 2 * BLOCK;
    return end >>> 2;
  }

  /** The run's records, opened, as words: not to be believed. */
  get plain(): Int32Array {
    return this.#hash.runs.openedWords;
  }

  /** Looks whether the records of the run are genuine, where that is quicker than one by one: {@link open} then has no more to do than to copy. */
  endRun(): void {
    const { lengths, checked } = opened;
    const isGenuine = Ghash.pays(lengths, AS_BLOCKS)
      ? this.#isEachGenuine(lengths)
      : checked >= AS_BYTES && this.#areAllGenuine(checked);
    if (isGenuine) opened.genuine = lengths.length;
  }

  #isEachGenuine(lengths: readonly number[]): boolean {
    const { hashes, checkedWords } = this.#hash.runs;
    let difference = 0;
    for (let i = 0, at = 0, hashed = 0; i < lengths.length; i++, at += BLOCK) {
      const lane = i % LANES;
      if (lane === 0) hashed = this.#hash.hashRun(lengths, i, hashed, true);
      at += lengths[i]! + BLOCK;
      for (let k = 0, word = at >>> 2; k < BLOCK / 4; k++) difference |= hashes[4 * lane + k]! ^ checkedWords[word + k]!;
    }
    return difference === 0;
  }

  /**
   * Asks the platform for one hash of all that is to be checked. It is a polynomial of the hash key: with each record, its length and its unmasked tag
   * behind it, the part of a genuine one is zero, and so is their sum. Each has powers of the key of its own; so where any bit differs, the
   * sum is another polynomial, which is zero for as few of the keys as that of one record as long as all of them. Nor can the lengths, which nobody has
   * vouched for yet, be played off against each other: what is masked as a longer record reaches into the powers of the records before only, so
   * the length of the last one stands alone, hence is right, and then that of the one before.
   */
  #areAllGenuine(bytes: number): boolean {
    const { words, runs } = this.#hash;
    const cipher = createCipheriv('aes-128-gcm', this.#key, NONCE);
    cipher.setAAD(viewOf(runs.checked, 0, bytes));
    cipher.final();
    const tag = cipher.getAuthTag();
    this.#hash.hashOfNothing(bytes);
    const mask = (this.#mask ??= this.#maskOf(NONCE));
    let difference = 0;
    for (let i = 0; i < BLOCK / 4; i++) difference |= tag.readInt32LE(4 * i) ^ words[i]! ^ mask.readInt32LE(4 * i);
    return difference === 0;
  }

  /** What masks the tag of what is sealed with a nonce. */
  #maskOf(nonce: Uint8Array): Buffer {
    const block = new Uint8Array(BLOCK);
    block.set(nonce);
    block[BLOCK - 1] = 1;
    return this.#ecb.update(block);
  }

  /** Is a record one of the run's that are genuine? */
  knows(record: number): boolean {
    return opened.by === this && record >= opened.first && record < opened.first + opened.genuine;
  }

  /** Moves a genuine record of the run to where it is wanted. @returns false where it is none */
  #take(record: number, length: number, out: Uint8Array, outAt: number): boolean {
    const i = record - opened.first;
    if (!this.knows(record) || opened.lengths[i] !== length) return false;
    const at = opened.at[i]!;
    if (length >= LONG) {
      copy(out, outAt, viewOf(this.#hash.runs.opened, at, length));
      return true;
    }
    const { plain } = this;
    const view = lastPlain.of(out);
    for (let from = at >>> 2, to = outAt, end = outAt + length; to < end; from++, to += 4) {
      view.setInt32(to, plain[from]!, true);
    }
    return true;
  }

  /** Has the key stream of a record of a run in their memory. @returns where in words: what masks its tag, and then that of its bytes */
  #stage(record: number, length: number): number {
    const pad = this.#padOf(record, length);
    const pads = this.#pads;
    const need = BLOCK / 4 + (length >>> 2);
    const { keyStream } = this.#hash.runs;
    if (staged.pads !== pads || pad < staged.from || pad + need > staged.from + staged.count) {
      staged.pads = pads;
      staged.from = pad;
      staged.count = Math.min(pads.length - pad, keyStream.length);
      keyStream.set(pads.subarray(pad, pad + staged.count));
    }
    return pad - staged.from;
  }

  /** Word by word, and to where it is hashed. */
  #encrypt(pad: number, b: Uint8Array, at: number, length: number): void {
    const pads = this.#pads;
    const { data } = this.#hash;
    const view = lastSealed.of(b);
    const count = length >>> 2;
    for (let i = 0, p = pad + BLOCK / 4, to = at; i < count; i++, p++, to += 4) {
      const word = view.getInt32(to, true) ^ pads[p]!;
      data[i] = word;
      view.setInt32(to, word, true);
    }
  }

  #decrypt(pad: number, b: Uint8Array, at: number, length: number, out: Uint8Array, outAt: number): void {
    const pads = this.#pads;
    const { data } = this.#hash;
    const view = lastOpened.of(b);
    const plain = lastPlain.of(out);
    const count = length >>> 2;
    for (let i = 0, p = pad + BLOCK / 4, from = at, to = outAt; i < count; i++, p++, from += 4, to += 4) {
      const word = view.getInt32(from, true);
      data[i] = word;
      plain.setInt32(to, word ^ pads[p]!, true);
    }
  }

  /** Moves a record to where it is hashed, and its key stream to where it is added. */
  #load(pad: number, b: Uint8Array, at: number, length: number): void {
    const { bytes, keyStream } = this.#hash;
    const pads = this.#pads;
    copy(bytes, 0, viewOf(b, at, length));
    keyStream.set(new Uint8Array(pads.buffer, pads.byteOffset + 4 * pad + BLOCK, length));
  }

  #store(out: Uint8Array, at: number, length: number): void {
    const { bytes } = this.#hash;
    copy(out, at, viewOf(bytes, 0, length));
  }

  /** Where in #pads, in words, the key stream of a record begins. */
  #padOf(record: number, length: number): number {
    const blocks = 1 + (length >>> 4);
    const index = record - this.#first;
    const isOdd = (index & 1) === 1;
    const known = index >= 0 && index < this.#count && blocks <= (isOdd ? this.#odd : this.#even);
    if (!known) this.#make(record, blocks, this.#last);
    this.#last = blocks;
    return known ? this.#offset(index) * (BLOCK / 4) : 0;
  }

  /** Blocks of key stream before that of a record, by its number from the first one on. */
  #offset(index: number): number {
    return (index >>> 1) * (this.#even + this.#odd) + (index & 1) * this.#even;
  }

  /** Makes key stream from `record` on: as many blocks for every other one as it takes, and `odd` for those between. */
  #make(record: number, even: number, odd: number): void {
    this.#first = record;
    this.#even = even;
    this.#odd = odd;
    this.#count = this.#ahead;
    while (this.#count > 1 && this.#offset(this.#count) > MOST_COUNTED) this.#count--;
    this.#ahead = Math.min(this.#ahead * 2, MOST);
    const { counters } = this.#hash;
    let at = 0;
    for (let index = 0; index < this.#count; index++) {
      this.#nonceAt(record + index, counters, at);
      counters[at + 3] = 0;
      const blocks = index & 1 ? odd : even;
      this.#hash.count(at, blocks);
      at += 4 * blocks;
    }
    const pads = this.#ecb.update(counters.subarray(0, at));
    countMemory(pads.length);
    this.#pads = new Int32Array(pads.buffer, pads.byteOffset, at);
  }
}
