import { FOLD_SCRATCH, LANES, TABLES_LENGTH, foldFunctions, foldTables } from './ghash-fold.js';
import {
  add,
  addVectors,
  and,
  below,
  bytesVector,
  call,
  get,
  i32,
  i64,
  instantiate,
  load,
  loadVector,
  mul,
  or,
  repeat,
  rotl,
  select,
  set,
  shl,
  shr,
  shuffle,
  store,
  storeVector,
  sub,
  times,
  withRelaxed,
  xor,
  xorVectors,
} from './wasm-code.js';
import type { Code, WasmFunction } from './wasm-code.js';

const BLOCK = 16;
const WORD = 8;
/** Blocks that are multiplied before their sum is reduced, each by a power of the key of its own. */
const TOGETHER = 8;
/** Factors of a multiplication: both halves and their sum (Karatsuba's), for the low words of the products; all three reversed, for the high ones. */
const FACTORS = 6;
/** A factor is kept as four, each with every fourth bit. */
const SPARSE = [0n, 1n, 2n, 3n].map((shift) => 0x1111_1111_1111_1111n << shift);
const FACTOR = SPARSE.length * WORD;
/** Bytes of the factors of a block. */
const OF_BLOCK = FACTORS * FACTOR;
const KEY_BYTES = TOGETHER * OF_BLOCK;

// what is where in the memory
const KEY = 0;
const FACTORS_AT = KEY + KEY_BYTES;
const HASH = FACTORS_AT + TOGETHER * OF_BLOCK;
/** What many blocks were folded into. */
const FOLDED = 4096;
const SCRATCH = FOLDED + LANES * BLOCK;
const TABLES = SCRATCH + FOLD_SCRATCH;
const KEY_TABLES = TABLES + TABLES_LENGTH;
/** For each lane where it begins to read, and then after how many bytes. */
const LANE_TABLE = KEY_TABLES + TABLES_LENGTH;
/** Zeros in front of the data: blocks that add nothing. */
const ZEROS = LANE_TABLE + 2 * LANES * 4;
const DATA = ZEROS + (LANES - 1) * BLOCK;
/** Most bytes that are hashed at once. */
export const MOST_HASHED: number = 6 * 1024;
const KEY_STREAM = DATA + MOST_HASHED + BLOCK;
/** Bytes of a run that is sealed: records one behind the other, each with room for a tag. */
export const MOST_SEALED: number = 8 * 1024;
const SEALED = KEY_STREAM + MOST_HASHED;
/** Bytes of a run that is opened: records one behind the other, each with its tag. */
export const MOST_OPENED: number = 64 * 1024;
const OPENED = SEALED + MOST_SEALED;
/** What tells whether they are genuine: of each record a block more. */
const CHECKED = OPENED + MOST_OPENED;
const MOST_CHECKED = MOST_OPENED + MOST_OPENED / 2;
const RUN_KEY_STREAM = CHECKED + MOST_CHECKED;
/** Bytes of key stream for runs. */
const RUN_KEY_STREAM_LENGTH = 16 * 1024;
/** Blocks that are to be encrypted for a key stream. */
export const MOST_COUNTED: number = 1024;
const COUNTERS = RUN_KEY_STREAM + RUN_KEY_STREAM_LENGTH;
const PAGES = Math.ceil((COUNTERS + MOST_COUNTED * BLOCK) / 0x1_0000);
/** Blocks of all lanes together take as long as so many that are hashed one by one. */
const GAIN = 4;
/** Blocks from which on it pays to fold them. */
const MANY = 2 * LANES;

/** Exchanges neighbouring groups of `width` bits, of which `mask` has every other one. */
const swap = (word: number, width: bigint, mask: bigint): Code =>
  set(word, or(shl(and(get(word), i64(mask)), i64(width)), and(shr(get(word), i64(width)), i64(mask))));

/** Reverses the bits of each byte of a local. */
const reverseBits = (word: number): Code[] => [
  swap(word, 1n, 0x5555_5555_5555_5555n),
  swap(word, 2n, 0x3333_3333_3333_3333n),
  swap(word, 4n, 0x0f0f_0f0f_0f0f_0f0fn),
];

/** Reverses the bytes of a local. */
const reverseBytes = (word: number): Code[] => [
  swap(word, 8n, 0x00ff_00ff_00ff_00ffn),
  swap(word, 16n, 0x0000_ffff_0000_ffffn),
  set(word, rotl(get(word), i64(32n))),
];

/**
 * factors(block, to): writes the factors of the block at `block`. The first bit of its first byte is the coefficient of x^0, which is the
 * lowest bit of a word here: bits of bytes are reversed.
 */
function factorsCode(): WasmFunction {
  const [block, to, low, high] = [0, 1, 2, 3] as const;
  const sparse = (factor: number, part: (k: number) => Code): Code[] =>
    SPARSE.map((_, k) => store(get(to), factor * FACTOR + k * WORD, part(k)));
  const part = (factor: number, k: number): Code => load(get(to), factor * FACTOR + k * WORD);
  const three = (first: number): Code[] => [
    ...sparse(first, (k) => and(get(low), i64(SPARSE[k]!))),
    ...sparse(first + 1, (k) => and(get(high), i64(SPARSE[k]!))),
    ...sparse(first + 2, (k) => xor([part(first, k), part(first + 1, k)])),
  ];
  const loads = [set(low, load(get(block))), set(high, load(get(block), WORD))];
  return {
    params: 2,
    i64s: 2,
    body: [
      ...loads,
      ...reverseBits(low),
      ...reverseBits(high),
      ...three(0),
      ...loads,
      ...reverseBytes(low),
      ...reverseBytes(high),
      ...three(3),
    ],
  };
}

/** power(at): the hash is a power of the key, whose factors go to `at`. */
const powerCode = (): WasmFunction => ({ name: 'power', params: 1, body: [call(0, i32(HASH), get(0))] });

/** hash(data, blocks): of so many blocks. */
function hashCode(): WasmFunction {
  const [data, left, count, i, from, key] = [0, 1, 2, 3, 4, 5] as const;
  const [x0, h0, sum0, product0] = [6, 10, 14, 18] as const;
  const [p0, p1, p2, p3] = [24, 25, 26, 27] as const;
  const four = [0, 1, 2, 3] as const;
  const again = (body: Code[]): Code => repeat([...body, set(i, add(get(i), i32(1)))], below(get(i), get(count)));

  /** The sum of the products of one factor, of all blocks: the low word of each. */
  const products = (factor: number): Code[] => [
    ...four.map((k) => set(sum0 + k, i64(0n))),
    set(i, i32(0)),
    set(from, i32(FACTORS_AT + factor * FACTOR)),
    // the last block is multiplied by the key, the one before it by the key's square …
    set(key, add(i32(KEY + factor * FACTOR), times(sub(i32(TOGETHER), get(count)), i32(OF_BLOCK)))),
    again([
      ...four.map((k) => set(x0 + k, load(get(from), k * WORD))),
      ...four.map((k) => set(h0 + k, load(get(key), k * WORD))),
      // the places of what is multiplied add up: of four products each has its bits where the sum's are, and carries in between
      ...four.map((k) => set(sum0 + k, xor([get(sum0 + k), ...four.map((x) => mul(get(x0 + x), get(h0 + ((k - x + 4) & 3))))]))),
      set(from, add(get(from), i32(OF_BLOCK))),
      set(key, add(get(key), i32(OF_BLOCK))),
    ]),
    set(
      product0 + factor,
      or(
        or(...four.slice(0, 2).map((k) => and(get(sum0 + k), i64(SPARSE[k]!)))),
        or(...four.slice(2).map((k) => and(get(sum0 + k), i64(SPARSE[k]!)))),
      ),
    ),
  ];

  const lows = [0, 1, 2].map((factor) => get(product0 + factor)) as [Code, Code, Code];
  const highs = [3, 4, 5].map((factor) => get(product0 + factor)) as [Code, Code, Code];
  const reversed = [3, 4, 5].flatMap((factor) => [
    ...reverseBits(product0 + factor),
    ...reverseBytes(product0 + factor),
    set(product0 + factor, shr(get(product0 + factor), i64(1n))),
  ]);
  /** x^128 is x^7 + x^2 + x + 1: takes a word away that is two above `low`, and one above `high`. */
  const fold = (word: number, low: number, high: number): Code[] => [
    set(low, xor([get(low), get(word), ...[1n, 2n, 7n].map((n) => shl(get(word), i64(n)))])),
    set(high, xor([get(high), ...[63n, 62n, 57n].map((n) => shr(get(word), i64(n)))])),
  ];

  return {
    name: 'hash',
    params: 2,
    i32s: 4,
    i64s: 22,
    body: [
      set(p0, i64(0n)),
      set(p1, i64(0n)),
      repeat(
        [
          set(count, select(get(left), i32(TOGETHER), below(get(left), i32(TOGETHER)))),
          set(left, sub(get(left), get(count))),
          // what was hashed so far goes into the first block; both as they are in memory
          store(get(data), 0, xor([load(get(data)), get(p0)])),
          store(get(data), WORD, xor([load(get(data), WORD), get(p1)])),
          set(i, i32(0)),
          again([call(0, get(data), add(i32(FACTORS_AT), times(get(i), i32(OF_BLOCK)))), set(data, add(get(data), i32(BLOCK)))]),
          ...Array.from({ length: FACTORS }, (_, factor) => products(factor)).flat(),
          ...reversed,
          set(p0, lows[0]),
          set(p1, xor([highs[0], lows[2], lows[0], lows[1]])),
          set(p2, xor([lows[1], highs[2], highs[0], highs[1]])),
          set(p3, highs[1]),
          ...fold(p3, p1, p2),
          ...fold(p2, p0, p1),
          ...reverseBits(p0),
          ...reverseBits(p1),
        ],
        get(left),
      ),
      store(i32(HASH), 0, get(p0)),
      store(i32(HASH), WORD, get(p1)),
    ],
  };
}

/** mask(bytes, keyStream, length): adds so many bytes of key stream. open(bytes, keyStream, length, copy): leaves a copy of what it was, too. */
function maskCode(name: 'mask' | 'open'): WasmFunction {
  const [bytes, keyStream, length, copy] = [0, 1, 2, 3] as const;
  const params = name === 'open' ? 4 : 3;
  const passed = params;
  const at = (base: number): Code => add(get(base), get(passed));
  return {
    name,
    params,
    i32s: 1,
    body: [
      repeat(
        [
          ...(name === 'open' ? [storeVector(at(copy), 0, loadVector(at(bytes), 0))] : []),
          storeVector(at(bytes), 0, xorVectors(loadVector(at(bytes), 0), loadVector(at(keyStream), 0))),
          set(passed, add(get(passed), i32(BLOCK))),
        ],
        below(get(passed), get(length)),
      ),
    ],
  };
}

/** count(to, blocks): counts up from 1 in so many blocks, big-endian in their last word; in the first three all are as the first block is. */
function countCode(): WasmFunction {
  const [to, left, block] = [0, 1, 2] as const;
  const one = bytesVector([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  return {
    name: 'count',
    params: 2,
    vectors: 1,
    body: [
      set(block, loadVector(get(to), 0)),
      repeat(
        [
          set(block, addVectors(get(block), one)),
          storeVector(get(to), 0, shuffle(get(block), get(block), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12])),
          set(to, add(get(to), i32(BLOCK))),
          set(left, sub(get(left), i32(1))),
        ],
        get(left),
      ),
    ],
  };
}

interface Functions {
  power(at: number): void;
  hash(data: number, blocks: number): void;
  mask(bytes: number, keyStream: number, length: number): void;
  open(bytes: number, keyStream: number, length: number, copy: number): void;
  count(to: number, blocks: number): void;
  fold(data: number, groups: number): void;
  hashLanes(length: number): void;
}

/** Memory for records that are worked at together. */
export interface Runs {
  /** {@link MOST_SEALED} bytes, as they go, and the same as words. */
  readonly sealed: Uint8Array;
  readonly sealedWords: Int32Array;
  /** The hashes of up to {@link LANES} of these records: four words each. */
  readonly hashes: Int32Array;
  /** {@link MOST_OPENED} bytes, as they came and then opened, and the same as words. */
  readonly opened: Uint8Array;
  readonly openedWords: Int32Array;
  /** Copies of what came, with two blocks behind each record. */
  readonly checked: Uint8Array;
  readonly checkedWords: Int32Array;
  /** Key stream of both. */
  readonly keyStream: Int32Array;
}

interface Engine extends Functions {
  /** The key whose powers, and the one whose tables, are in the memory. */
  current: Ghash | undefined;
  folding: Ghash | undefined;
  inLanes: Ghash | undefined;
  key: Uint8Array;
  tables: Uint8Array;
  keyTables: Uint8Array;
  lanes: Int32Array;
  runs: Runs;
  counters: Int32Array;
  folded: Int32Array;
  data: Int32Array;
  keyStream: Uint8Array;
  result: Int32Array;
}

/** One for all of the isolate: a hash is made within one call. */
let engine: Engine | undefined;

function start(): Engine {
  const own = [factorsCode(), powerCode(), hashCode(), maskCode('mask'), maskCode('open'), countCode()];
  const layout = { tables: TABLES, keyTables: KEY_TABLES, scratch: SCRATCH, folded: FOLDED, lanes: LANE_TABLE, zeros: ZEROS };
  const { memory, ...functions } = withRelaxed((isRelaxed) =>
    instantiate<Functions>([...own, ...foldFunctions(own.length, layout, isRelaxed)], PAGES),
  );
  const { buffer } = memory;
  return {
    ...functions,
    current: undefined,
    folding: undefined,
    inLanes: undefined,
    key: new Uint8Array(buffer, KEY, KEY_BYTES),
    tables: new Uint8Array(buffer, TABLES, TABLES_LENGTH),
    keyTables: new Uint8Array(buffer, KEY_TABLES, TABLES_LENGTH),
    lanes: new Int32Array(buffer, LANE_TABLE, 2 * LANES),
    runs: {
      sealed: new Uint8Array(buffer, SEALED, MOST_SEALED),
      sealedWords: new Int32Array(buffer, SEALED, MOST_SEALED / 4),
      hashes: new Int32Array(buffer, FOLDED, (LANES * BLOCK) / 4),
      opened: new Uint8Array(buffer, OPENED, MOST_OPENED),
      openedWords: new Int32Array(buffer, OPENED, MOST_OPENED / 4),
      checked: new Uint8Array(buffer, CHECKED, MOST_CHECKED),
      checkedWords: new Int32Array(buffer, CHECKED, MOST_CHECKED / 4),
      keyStream: new Int32Array(buffer, RUN_KEY_STREAM, RUN_KEY_STREAM_LENGTH / 4),
    },
    counters: new Int32Array(buffer, COUNTERS, MOST_COUNTED * (BLOCK / 4)),
    folded: new Int32Array(buffer, FOLDED, (LANES * BLOCK) / 4),
    data: new Int32Array(buffer, DATA, (MOST_HASHED + BLOCK) / 4),
    keyStream: new Uint8Array(buffer, KEY_STREAM, MOST_HASHED),
    result: new Int32Array(buffer, HASH, BLOCK / 4),
  };
}

/**
 * The hash of AES-GCM under one key. It takes the same time whatever it hashes and whatever the key: no branch and no address depends
 * on either. Multiplication without carries is done with the processor's multiplication, on words of which only every fourth bit
 * is set, so that the carries fall into the gaps: of 64 bits, which is what WebAssembly is for here. Eight blocks are multiplied by as many
 * powers of the key, and reduced together. Many blocks are folded into sixteen before.
 *
 * @see NIST SP 800-38D, section 6.4
 */
export class Ghash {
  /** The hash: the four words of a block, in the order of memory. */
  readonly words: Int32Array;
  /** Where what is to be hashed goes, in words, up to {@link MOST_HASHED} bytes. */
  readonly data: Int32Array;
  /** The same, as bytes. */
  readonly bytes: Uint8Array;
  /** What {@link mask} adds to it. */
  readonly keyStream: Uint8Array;
  readonly runs: Runs;
  /** Nonce and block counter of each block of a key stream. */
  readonly counters: Int32Array;
  readonly #engine: Engine;
  readonly #h: Uint8Array;
  /** The powers of the key as the memory has them. */
  readonly #key: Uint8Array;
  /** Tables of its sixteenth power, once many blocks were hashed. */
  #tables: Uint8Array | undefined;
  /** Tables of the key itself, once hashes were made side by side. */
  #keyTables: Uint8Array | undefined;

  /** @param h the hash key: a block of zeros, encrypted */
  constructor(h: Uint8Array) {
    const it = (this.#engine = engine ??= start());
    this.#h = h.slice();
    this.runs = it.runs;
    this.counters = it.counters;
    this.words = it.result;
    this.data = it.data;
    this.bytes = new Uint8Array(it.data.buffer, DATA, MOST_HASHED);
    this.keyStream = it.keyStream;
    it.current = undefined;
    new Uint8Array(it.result.buffer, HASH, BLOCK).set(h);
    for (let at = KEY_BYTES - OF_BLOCK; ; at -= OF_BLOCK) {
      it.power(KEY + at);
      if (at === 0) break;
      // the next power
      it.data.set(it.result);
      it.hash(DATA, 1);
    }
    this.#key = it.key.slice();
    it.current = this;
  }

  /** Hashes so many blocks of {@link data}, and their length in bits; few blocks are lost. */
  hash(blocks: number): void {
    const it = this.#engine;
    this.#loadKey(it);
    writeLength(it.data, blocks * (BLOCK / 4), blocks * BLOCK);
    const all = blocks + 1;
    if (all < MANY) {
      it.hash(DATA, all);
      return;
    }
    this.#loadTables(it);
    const groups = Math.ceil(all / LANES);
    it.fold(DATA + (all - groups * LANES) * BLOCK, groups);
    it.hash(FOLDED, LANES);
  }

  /** What the hash of so many bytes of additional data and nothing else is, where all of them add up to nothing before their length does. */
  hashOfNothing(bytes: number): void {
    const it = this.#engine;
    this.#loadKey(it);
    const { data } = it;
    writeLength(data, 0, 0);
    data[1] = swapped(bytes * 8);
    it.hash(DATA, 1);
  }

  /** Adds the key stream to so many bytes, whole blocks, of {@link data}. */
  mask(length: number): void {
    this.#engine.mask(DATA, KEY_STREAM, length);
  }

  /** Adds key stream, from word `pad` on, to so many bytes of the run that is sealed. */
  maskSealed(at: number, pad: number, length: number): void {
    this.#engine.mask(SEALED + at, RUN_KEY_STREAM + 4 * pad, length);
  }

  /** The same with the run that is opened, of which a copy goes to `copyAt` of what is checked. */
  maskOpened(at: number, pad: number, length: number, copyAt: number): void {
    this.#engine.open(OPENED + at, RUN_KEY_STREAM + 4 * pad, length, CHECKED + copyAt);
  }

  /** Counts so many blocks of {@link counters}, from word `at` on, where the nonce is. */
  count(at: number, blocks: number): void {
    this.#engine.count(COUNTERS + 4 * at, blocks);
  }

  /** Is it quicker to hash records of so many bytes side by side, and not more work than that of `most` blocks? */
  static pays(lengths: readonly number[], most = Infinity): boolean {
    let longest = 0;
    let all = 0;
    for (const length of lengths) {
      all += length + BLOCK;
      if (length + BLOCK > longest) longest = length + BLOCK;
    }
    const together = longest * Math.ceil(lengths.length / LANES);
    return all >= GAIN * together && together <= most * BLOCK;
  }

  /**
   * Hashes records of the run that is sealed, or of what is checked, from the one by that number on, which begins `at`, with their lengths in bits:
   * {@link LANES} of them, or those that there are. Of those that are sealed it writes the length where the tag goes.
   *
   * @returns where the next one begins
   */
  hashRun(lengths: readonly number[], first: number, at: number, isChecked: boolean): number {
    const it = this.#engine;
    if (it.inLanes !== this) {
      it.inLanes = this;
      it.keyTables.set((this.#keyTables ??= foldTables(this.#h)));
    }
    const { lanes } = it;
    const base = isChecked ? CHECKED : SEALED;
    const count = Math.min(lengths.length - first, LANES);
    let longest = 0;
    for (let i = 0; i < count; i++) if (lengths[first + i]! > longest) longest = lengths[first + i]!;
    longest += BLOCK;
    for (let i = 0; i < LANES; i++) {
      const bytes = i < count ? lengths[first + i]! + BLOCK : 0;
      const lead = longest - bytes;
      lanes[i] = base + at - lead;
      lanes[LANES + i] = lead;
      if (bytes === 0) continue;
      at += bytes;
      // what is checked has its length there already, and its tag behind
      if (isChecked) at += BLOCK;
      else writeLength(it.runs.sealedWords, (at - BLOCK) >>> 2, bytes - BLOCK);
    }
    it.hashLanes(longest);
    return at;
  }

  #loadKey(it: Engine): void {
    if (it.current === this) return;
    it.key.set(this.#key);
    it.current = this;
  }

  #loadTables(it: Engine): void {
    if (it.folding === this) return;
    it.folding = this;
    it.tables.set((this.#tables ??= this.#makeTables(it)));
  }

  #makeTables(it: Engine): Uint8Array {
    // the hash of 1 and fifteen zeros is the sixteenth power
    it.folded.fill(0);
    it.folded[0] = 0x80;
    it.hash(FOLDED, LANES);
    return foldTables(new Uint8Array(it.result.buffer, HASH, BLOCK));
  }
}

/** Writes the block that ends what is hashed, which says of how many bytes it is. */
export function writeLength(words: Int32Array, at: number, bytes: number): void {
  words[at] = words[at + 1] = words[at + 2] = 0;
  words[at + 3] = swapped(bytes * 8);
}

/** The bytes of a word in reverse. */
const swapped = (w: number): number => (w << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24);
