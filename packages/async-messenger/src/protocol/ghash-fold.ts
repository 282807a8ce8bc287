import {
  add,
  andVectors,
  below,
  call,
  constVector,
  fillZeros,
  get,
  i32,
  loadI32,
  loadVector,
  relaxedSwizzle,
  repeat,
  select,
  set,
  shrVectors,
  shuffle,
  storeVector,
  sub,
  swizzle,
  xorVectors,
} from './wasm-code.js';
import type { Code, WasmFunction } from './wasm-code.js';

/** Blocks that are multiplied side by side, each a lane of the vectors. */
export const LANES = 16;
const BLOCK = 16;
const GROUP = LANES * BLOCK;
/** Half bytes of a block. */
const NIBBLES = 2 * BLOCK;
const VALUES = 16;
/** Bytes of a product that are summed at a time. */
const AT_A_TIME = 4;
/** What each value of each half byte, times the factor, adds to each byte of a block. */
export const TABLES_LENGTH: number = BLOCK * NIBBLES * VALUES;
/** x^128 is 1 + x + x^2 + x^7: the byte it adds where a bit leaves the block. */
const REDUCED = 0xe1;

/** Where what folding needs is in the memory. */
export interface FoldLayout {
  /** {@link TABLES_LENGTH} bytes of {@link foldTables}: of the key's sixteenth power. */
  tables: number;
  /** The same of the key itself. */
  keyTables: number;
  /** {@link FOLD_SCRATCH} bytes. */
  scratch: number;
  /** Where the {@link LANES} blocks go that are left. */
  folded: number;
  /** For each lane where it begins to read, then for each after how many bytes: before, it has zeros. */
  lanes: number;
  /** A block of zeros. */
  zeros: number;
}

/** Bytes of the scratch: half bytes of a group, and its product by bytes. */
export const FOLD_SCRATCH: number = NIBBLES * LANES + GROUP;

const lanes = Array.from({ length: LANES }, (_, i) => i);
/** Bytes of two vectors in turn: of their first halves, or of their second ones. */
const interleaved = (from: number): number[] => Array.from({ length: 8 }, (_, i) => [from + i, 16 + from + i]).flat();

/** Turns sixteen vectors around, so that the first one has the first byte of each; they are among 32 locals. @returns the code and the locals */
function turned(load: (i: number) => Code, locals: number): { code: Code[]; turned: number[] } {
  const code = lanes.map((i) => set(locals + i, load(i)));
  let from = locals;
  let to = locals + LANES;
  for (let round = 0; round < 4; round++, [from, to] = [to, from]) {
    for (let i = 0; i < LANES / 2; i++) {
      const [a, b] = [get(from + i), get(from + i + LANES / 2)];
      code.push(set(to + 2 * i, shuffle(a, b, interleaved(0))), set(to + 2 * i + 1, shuffle(a, b, interleaved(8))));
    }
  }
  return { code, turned: lanes.map((i) => from + i) };
}

/**
 * Functions that multiply sixteen blocks at a time; `at` is the index of the first, `isRelaxed` whether they may use relaxed SIMD.
 *
 * - `fold(from, groups)` folds blocks which a polynomial is made of, the first one's power the highest, into sixteen blocks that make one of
 *   the same value.
 * - `hashLanes(length)` makes the hashes of sixteen lists of blocks side by side, of which the longest has so many bytes.
 *
 * A multiplication by one and the same factor is a sum over the half bytes of a block, each of which looks up what it adds. A vector looks up
 * one byte for sixteen blocks at once, within the processor: neither an address nor a time depends on what is multiplied.
 */
export function foldFunctions(
  at: number,
  { tables, keyTables, scratch, folded, lanes: laneTable, zeros }: FoldLayout,
  isRelaxed: boolean,
): WasmFunction[] {
  const [nibbles, products] = [scratch, scratch + NIBBLES * LANES];
  const from = 0;

  /** Adds a group to the products, and splits the sum into half bytes. */
  const taking = (load: (i: number) => Code): WasmFunction => {
    const group = turned(load, 1);
    return {
      params: 1,
      vectors: 2 * LANES,
      body: [
        ...group.code,
        ...group.turned.flatMap((local, byte) => [
          set(local, xorVectors(get(local), loadVector(i32(products), byte * LANES))),
          storeVector(i32(nibbles), 2 * byte * LANES, andVectors(shrVectors(get(local), 4), constVector(0x0f))),
          storeVector(i32(nibbles), (2 * byte + 1) * LANES, andVectors(get(local), constVector(0x0f))),
          storeVector(i32(products), byte * LANES, get(local)),
        ]),
      ],
    };
  };
  /** take(from): blocks that lie one behind the other. */
  const take = taking((i) => loadVector(get(from), i * BLOCK));
  /** gather(passed): the block of each lane. */
  const gather = taking((i) => {
    const block = add(loadI32(i32(laneTable), 4 * i), get(from));
    return loadVector(select(i32(zeros), block, below(get(from), loadI32(i32(laneTable), 4 * (LANES + i)))), 0);
  });

  /** multiply(table): the products of the half bytes and a factor, some bytes of them at a time. */
  const [table, product, nibble, indices, sums] = [0, 1, 2, 3, 4] as const;
  const bytes = Array.from({ length: AT_A_TIME }, (_, i) => i);
  const lookUp = isRelaxed ? relaxedSwizzle : swizzle;
  const look = (i: number): Code[] => [
    set(indices, loadVector(get(nibble), i * LANES)),
    ...bytes.map((byte) =>
      set(sums + byte, xorVectors(get(sums + byte), lookUp(loadVector(get(table), (byte * NIBBLES + i) * VALUES), get(indices)))),
    ),
  ];
  const multiply: WasmFunction = {
    params: 1,
    i32s: 2,
    vectors: 1 + AT_A_TIME,
    body: [
      set(product, i32(products)),
      repeat(
        [
          ...bytes.map((byte) => set(sums + byte, constVector(0))),
          set(nibble, i32(nibbles)),
          // two in a round: of more, the loads would all come first, and leave the processor's registers no room
          repeat(
            [...look(0), ...look(1), set(nibble, add(get(nibble), i32(2 * LANES))), set(table, add(get(table), i32(2 * VALUES)))],
            below(get(nibble), i32(nibbles + NIBBLES * LANES)),
          ),
          ...bytes.map((byte) => storeVector(get(product), byte * LANES, get(sums + byte))),
          set(table, add(get(table), i32((AT_A_TIME - 1) * NIBBLES * VALUES))),
          set(product, add(get(product), i32(AT_A_TIME * LANES))),
        ],
        below(get(product), i32(products + GROUP)),
      ),
    ],
  };

  const [TAKE, MULTIPLY, GATHER] = [at, at + 1, at + 2];
  const [groups, passed] = [1, 1] as const;
  /** The products, as the blocks they are, to where they are looked for. */
  const back = turned((i) => loadVector(i32(products), i * LANES), 2);
  const laid = [...back.code, ...back.turned.map((local, i) => storeVector(i32(folded), i * BLOCK, get(local)))];
  const fold: WasmFunction = {
    name: 'fold',
    params: 2,
    vectors: 2 * LANES,
    body: [
      fillZeros(i32(products), i32(GROUP)),
      call(TAKE, get(from)),
      repeat(
        [
          call(MULTIPLY, i32(tables)),
          set(from, add(get(from), i32(GROUP))),
          call(TAKE, get(from)),
          set(groups, sub(get(groups), i32(1))),
        ],
        below(i32(1), get(groups)),
      ),
      ...laid,
    ],
  };
  const length = 0;
  const hashLanes: WasmFunction = {
    name: 'hashLanes',
    params: 1,
    i32s: 1,
    vectors: 2 * LANES,
    body: [
      fillZeros(i32(products), i32(GROUP)),
      repeat(
        [call(GATHER, get(passed)), call(MULTIPLY, i32(keyTables)), set(passed, add(get(passed), i32(BLOCK)))],
        below(get(passed), get(length)),
      ),
      ...laid,
    ],
  };
  return [take, multiply, gather, fold, hashLanes];
}

/** The tables for a factor, a block; made without a branch or an address that depends on it. */
export function foldTables(factor: Uint8Array): Uint8Array {
  const tables = new Uint8Array(TABLES_LENGTH);
  const power = factor.slice();
  for (let bit = 0; bit < 8 * BLOCK; bit++) {
    // the highest bit of a byte comes first
    const nibble = bit >> 2;
    const weight = 8 >> (bit & 3);
    for (let byte = 0; byte < BLOCK; byte++) {
      const at = (byte * NIBBLES + nibble) * VALUES;
      for (let value = 0; value < VALUES; value++) {
        if (value & weight) tables[at + value] = tables[at + value]! ^ power[byte]!;
      }
    }
    // times x
    const out = power[BLOCK - 1]! & 1;
    for (let byte = BLOCK - 1; byte > 0; byte--) power[byte] = (power[byte]! >> 1) | (power[byte - 1]! << 7);
    power[0] = (power[0]! >> 1) ^ (-out & REDUCED);
  }
  return tables;
}
