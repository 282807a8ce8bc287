import { LOW_LOGS } from './crush-ln-table.js';

const TWO_24 = 2 ** 24;
const TWO_48 = 2 ** 48;

/** 2^48·log2(1 + k/128), cut to an integer; for k = 128 a little less than what it is, as Ceph has it. */
function highLog(k: number): number {
  if (k === 128) return 0xffff00000000;
  // 2^48·log2(n/128), digit by digit with exact integers: a double's logarithm is a few bits short
  let x = BigInt(128 + k) << 80n;
  const one = 128n << 80n;
  let result = 0;
  for (let bit = 47; bit >= 0; bit--) {
    x = (x * x) / one;
    if (x >= 2n * one) {
      x >>= 1n;
      result += 2 ** bit;
    }
  }
  return result;
}

/** 2^48/(1 + k/128), rounded up. */
function reciprocal(k: number): number {
  return Number(((1n << 55n) + BigInt(127 + k)) / BigInt(128 + k));
}

function build(): Float64Array {
  const table = new Float64Array(65536);
  const reciprocals = Array.from({ length: 129 }, (_, k) => reciprocal(k));
  const logs = Array.from({ length: 129 }, (_, k) => highLog(k));
  for (let u = 0; u < 65536; u++) {
    let x = u + 1;
    let exponent = 15;
    while (x < 0x8000) {
      x *= 2;
      exponent--;
    }
    const k = (x >> 8) - 128;
    const rh = reciprocals[k] as number;
    // floor(x·rh / 2^48), in two halves that each fit into a double
    const product = Math.floor((x * Math.floor(rh / TWO_24) + Math.floor((x * (rh % TWO_24)) / TWO_24)) / TWO_24);
    const log = (logs[k] as number) + (LOW_LOGS[product & 0xff] as number);
    table[u] = exponent * 2 ** 44 + Math.floor(log / 16) - TWO_48;
  }
  return table;
}

let table: Float64Array | undefined;

/**
 * log2((u + 1)/65536) in fixed point with 44 bits after the point, for every u of 16 bits: what straw2 divides by the weight. Made at the
 * first use, in some milliseconds.
 *
 * @see crush_ln in src/crush/mapper.c (16.2.15)
 */
export function lnTable(): Float64Array {
  return (table ??= build());
}
