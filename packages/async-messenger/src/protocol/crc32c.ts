import { createRequire } from 'node:module';
import { viewOf } from './bytes.js';
import { MOST_FOLDED, foldForCrc32c } from './crc32c-fold.js';

type Native = (input: Uint8Array, initial?: number) => number;

/** Below this many bytes the call into native code costs more than the table. */
const SHORT = 320;
/** From here on folding pays, in bytes. */
const LONG = 12 * 1024;
const POLYNOMIAL = 0x82f63b78;

/** Eight tables in one: table k gives the effect of a byte that k further bytes follow. */
const TABLES = makeTables();
/** The same, as numbers that fit a small integer more often. */
const SIGNED = new Int32Array(TABLES.buffer);

function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[i] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

function loadNative(): Native | undefined {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Native }).crc32c;
  } catch {
    return undefined;
  }
}

const native = loadNative();

/** The table's way, for short inputs and where no binary exists. */
export function crc32cTable(seed: number, bytes: Uint8Array, from: number, to: number): number {
  const t = SIGNED as unknown as number[];
  const b = bytes as unknown as number[];
  let crc = seed | 0;
  let i = from;
  for (const last = to - 8; i <= last; i += 8) {
    const x = crc ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24));
    crc =
      t[1792 + (x & 0xff)]! ^
      t[1536 + ((x >>> 8) & 0xff)]! ^
      t[1280 + ((x >>> 16) & 0xff)]! ^
      t[1024 + (x >>> 24)]! ^
      t[768 + b[i + 4]!]! ^
      t[512 + b[i + 5]!]! ^
      t[256 + b[i + 6]!]! ^
      t[b[i + 7]!]!;
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ b[i]!) & 0xff]!;
  return crc >>> 0;
}

/**
 * Ceph's crc32c of bytes `from` to `to`: no inversion, neither of the seed nor of the result. Segments are summed with seed −1,
 * preambles with seed 0.
 *
 * @see src/common/crc32c.cc (16.2.15)
 */
export function crc32c(seed: number, bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  let crc = seed;
  let at = from;
  for (let end; to - at >= LONG; at = end) {
    end = Math.min(at + MOST_FOLDED, to);
    const folded = foldForCrc32c(crc, bytes, at, end);
    crc = unfolded(0, folded, 0, folded.length);
  }
  return unfolded(crc, bytes, at, to);
}

function unfolded(seed: number, bytes: Uint8Array, from: number, to: number): number {
  if (to - from < SHORT || !native) return crc32cTable(seed, bytes, from, to);
  const whole = from === 0 && to === bytes.length;
  // the native function inverts before and after, as the rest of the world does
  return ~native(whole ? bytes : viewOf(bytes, from, to - from), ~seed >>> 0) >>> 0;
}
