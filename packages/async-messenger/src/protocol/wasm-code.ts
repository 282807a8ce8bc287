import v8 from 'node:v8';

/**
 * WebAssembly written as nested expressions, each the bytes of its code: `add(get(0), i32(1))` is `(i32.add (local.get 0) (i32.const 1))`.
 * Only what is needed here.
 *
 * @see https://webassembly.github.io/spec/core/binary/
 */
export type Code = readonly number[];

/** What Node has of WebAssembly and its types do not tell. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, unknown> };
};

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const FUNC = 0x60;
const VOID = 0x40;
const END = 0x0b;

const unsigned = (value: number): Code => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]);

function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  // the sixth bit is the sign of what ends here
  return (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40) ? [low] : [low | 0x80, ...signed(rest)];
}

const op =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands.flat(), opcode];

export const i32 = (value: number): Code => [0x41, ...signed(BigInt(value))];
export const i64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [...value, 0x21, local];
export const load = (address: Code, offset = 0): Code => [...address, 0x29, 3, ...unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [...address, ...value, 0x37, 3, ...unsigned(offset)];
/** i32 */
export const loadI32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const add = op(0x6a);
export const sub = op(0x6b);
export const times = op(0x6c);
export const below = op(0x49);
/** The first where the third is not 0, else the second. */
export const select = op(0x1b);
/** i64 */
export const mul = op(0x7e);
export const and = op(0x83);
export const or = op(0x84);
export const shl = op(0x86);
export const shr = op(0x88);
export const rotl = op(0x89);
/** i64, of any number of operands */
export const xor = ([first = i64(0n), ...others]: readonly Code[]): Code =>
  others.reduce((sum, operand) => [...sum, ...operand, 0x85], first);
export const call = (index: number, ...operands: Code[]): Code => [...operands.flat(), 0x10, index];
/** v128 */
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
export const loadVector = (address: Code, offset: number): Code => [...address, ...vector(0x00), 0, ...unsigned(offset)];
export const storeVector = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...vector(0x0b),
  0,
  ...unsigned(offset),
];
export const xorVectors = (first: Code, ...others: Code[]): Code =>
  others.reduce((sum, operand) => [...sum, ...operand, ...vector(0x51)], first);
export const andVectors = (a: Code, b: Code): Code => [...a, ...b, ...vector(0x4e)];
/** Each byte of it. */
export const constVector = (byte: number): Code => bytesVector(Array.from({ length: 16 }, () => byte));
export const bytesVector = (bytes: readonly number[]): Code => [...vector(0x0c), ...bytes];
/** Of four words each. */
export const addVectors = (a: Code, b: Code): Code => [...a, ...b, ...vector(0xae)];
/** Moves each 16 bits of it right by `count`. */
export const shrVectors = (value: Code, count: number): Code => [...value, ...i32(count), ...vector(0x8d)];
/** The bytes of `table` that the bytes of `indices` name; 0 for 16 and above. */
export const swizzle = (table: Code, indices: Code): Code => [...table, ...indices, ...vector(0x0e)];
/** The same for indices below 16, and quicker: what it does with others differs from processor to processor. */
export const relaxedSwizzle = (table: Code, indices: Code): Code => [...table, ...indices, ...vector(0x100)];
/** Bytes of both by number, those of the second from 16 on. */
export const shuffle = (a: Code, b: Code, bytes: readonly number[]): Code => [...a, ...b, ...vector(0x0d), ...bytes];
export const fillZeros = (address: Code, length: Code): Code => [...address, ...i32(0), ...length, 0xfc, 0x0b, 0];
/** Repeats `body` for as long as `condition`, looked at behind it, is not 0. */
export const repeat = (body: readonly Code[], condition: Code): Code => [0x03, VOID, ...body.flat(), ...condition, 0x0d, 0, END];

/** A function of i32 parameters and no result. */
export interface WasmFunction {
  /** Exported as. */
  name?: string;
  params: number;
  /** Locals beside the parameters: so many of i32, then so many of i64, then so many of v128. */
  i32s?: number;
  i64s?: number;
  vectors?: number;
  body: readonly Code[];
}

/** An instance with so many pages of memory, of 64 KiB. */
export function instantiate<Exports>(functions: readonly WasmFunction[], pages = 1): Exports & { memory: { buffer: ArrayBuffer } } {
  return new WebAssembly.Instance(new WebAssembly.Module(assemble(functions, pages))).exports as Exports & {
    memory: { buffer: ArrayBuffer };
  };
}

/** Does the engine know {@link relaxedSwizzle}? Those of before 2023 do not, or only where they are told to. */
export function knowsRelaxed(): boolean {
  const body = [storeVector(i32(0), 0, relaxedSwizzle(constVector(0), constVector(0)))];
  return WebAssembly.validate(assemble([{ params: 0, body }], 1));
}

const RELAXED_FLAG = 'experimental-wasm-relaxed-simd';

/** Has `make` instantiate what may use {@link relaxedSwizzle}, if the engine knows it. Node 20 is told to, which is undone at once. */
export function withRelaxed<T>(make: (isRelaxed: boolean) => T): T {
  if (knowsRelaxed()) return make(true);
  try {
    v8.setFlagsFromString(`--${RELAXED_FLAG}`);
    try {
      return make(knowsRelaxed());
    } finally {
      v8.setFlagsFromString(`--no-${RELAXED_FLAG}`);
    }
  } catch {
    // an engine that takes no flags, or another thread undid it in between
    return make(false);
  }
}

function assemble(functions: readonly WasmFunction[], pages: number): Uint8Array {
  const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
  const sized = (content: Code): Code => [...unsigned(content.length), ...content];
  const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];
  const text = (name: string): Code => sized([...new TextEncoder().encode(name)]);
  const exported = functions.flatMap(({ name }, index) => (name === undefined ? [] : [[...text(name), 0, ...unsigned(index)]]));
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map(({ params }) => [FUNC, ...list(Array.from({ length: params }, () => [I32])), 0]),
    ),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(7, [[...text('memory'), 2, 0], ...exported]),
    ...section(
      10,
      functions.map(({ i32s = 0, i64s = 0, vectors = 0, body }) =>
        sized([
          ...list([
            [...unsigned(i32s), I32],
            [...unsigned(i64s), I64],
            [...unsigned(vectors), V128],
          ]),
          ...body.flat(),
          END,
        ]),
      ),
    ),
  ];
  return Uint8Array.from(bytes);
}
