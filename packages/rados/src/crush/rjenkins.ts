/** The hash functions of CRUSH and of object names: Robert Jenkins' mix, over 32-bit integers. @see src/crush/hash.c, src/common/ceph_hash.cc (16.2.15) */

const SEED = 1315423911;
const X = 231232;
const Y = 1232;

// Where the numbers lie that are being mixed.
const A = 0;
const B = 1;
const C = 2;
const D = 3;
const XX = 4;
const YY = 5;
const H = 6;
const state = new Int32Array(7);

/** Mixes three of the numbers; the names are places in `state`. */
function mix(i: number, j: number, k: number): void {
  let a = state[i] as number;
  let b = state[j] as number;
  let c = state[k] as number;
  a = (a - b - c) ^ (c >>> 13);
  b = (b - c - a) ^ (a << 8);
  c = (c - a - b) ^ (b >>> 13);
  a = (a - b - c) ^ (c >>> 12);
  b = (b - c - a) ^ (a << 16);
  c = (c - a - b) ^ (b >>> 5);
  a = (a - b - c) ^ (c >>> 3);
  b = (b - c - a) ^ (a << 10);
  c = (c - a - b) ^ (b >>> 15);
  state[i] = a;
  state[j] = b;
  state[k] = c;
}

/** The hash of two 32-bit integers. @returns an unsigned 32-bit integer */
export function hash2(a: number, b: number): number {
  state[A] = a;
  state[B] = b;
  state[XX] = X;
  state[YY] = Y;
  state[H] = SEED ^ a ^ b;
  mix(A, B, H);
  mix(XX, A, H);
  mix(B, YY, H);
  return (state[H] as number) >>> 0;
}

/** The one that placement spends its time in: the five mixes are written out, over local variables. */
export function hash3(first: number, second: number, third: number): number {
  let a = first | 0;
  let b = second | 0;
  let c = third | 0;
  let x = X;
  let y = Y;
  let h = SEED ^ a ^ b ^ c;
  // a, b, h
  a = (a - b - h) ^ (h >>> 13);
  b = (b - h - a) ^ (a << 8);
  h = (h - a - b) ^ (b >>> 13);
  a = (a - b - h) ^ (h >>> 12);
  b = (b - h - a) ^ (a << 16);
  h = (h - a - b) ^ (b >>> 5);
  a = (a - b - h) ^ (h >>> 3);
  b = (b - h - a) ^ (a << 10);
  h = (h - a - b) ^ (b >>> 15);
  // c, x, h
  c = (c - x - h) ^ (h >>> 13);
  x = (x - h - c) ^ (c << 8);
  h = (h - c - x) ^ (x >>> 13);
  c = (c - x - h) ^ (h >>> 12);
  x = (x - h - c) ^ (c << 16);
  h = (h - c - x) ^ (x >>> 5);
  c = (c - x - h) ^ (h >>> 3);
  x = (x - h - c) ^ (c << 10);
  h = (h - c - x) ^ (x >>> 15);
  // y, a, h
  y = (y - a - h) ^ (h >>> 13);
  a = (a - h - y) ^ (y << 8);
  h = (h - y - a) ^ (a >>> 13);
  y = (y - a - h) ^ (h >>> 12);
  a = (a - h - y) ^ (y << 16);
  h = (h - y - a) ^ (a >>> 5);
  y = (y - a - h) ^ (h >>> 3);
  a = (a - h - y) ^ (y << 10);
  h = (h - y - a) ^ (a >>> 15);
  // b, x, h
  b = (b - x - h) ^ (h >>> 13);
  x = (x - h - b) ^ (b << 8);
  h = (h - b - x) ^ (x >>> 13);
  b = (b - x - h) ^ (h >>> 12);
  x = (x - h - b) ^ (b << 16);
  h = (h - b - x) ^ (x >>> 5);
  b = (b - x - h) ^ (h >>> 3);
  x = (x - h - b) ^ (b << 10);
  h = (h - b - x) ^ (x >>> 15);
  // y, c, h
  y = (y - c - h) ^ (h >>> 13);
  c = (c - h - y) ^ (y << 8);
  h = (h - y - c) ^ (c >>> 13);
  y = (y - c - h) ^ (h >>> 12);
  c = (c - h - y) ^ (y << 16);
  h = (h - y - c) ^ (c >>> 5);
  y = (y - c - h) ^ (h >>> 3);
  c = (c - h - y) ^ (y << 10);
  h = (h - y - c) ^ (c >>> 15);
  return h >>> 0;
}

export function hash4(a: number, b: number, c: number, d: number): number {
  state[A] = a;
  state[B] = b;
  state[C] = c;
  state[D] = d;
  state[XX] = X;
  state[YY] = Y;
  state[H] = SEED ^ a ^ b ^ c ^ d;
  mix(A, B, H);
  mix(C, D, H);
  mix(A, XX, H);
  mix(YY, B, H);
  mix(C, XX, H);
  mix(YY, D, H);
  return (state[H] as number) >>> 0;
}

const GOLDEN = 0x9e3779b9;

/** The hash of a name's bytes. @returns an unsigned 32-bit integer */
export function hashBytes(k: Uint8Array): number {
  const length = k.length;
  state[A] = GOLDEN;
  state[B] = GOLDEN;
  state[C] = 0;
  let at = 0;
  for (; length - at >= 12; at += 12) {
    (state[A] as number) += word(k, at);
    (state[B] as number) += word(k, at + 4);
    (state[C] as number) += word(k, at + 8);
    mix(A, B, C);
  }
  (state[A] as number) += word(k, at);
  (state[B] as number) += word(k, at + 4);
  // the lowest byte of the last word is the length's
  (state[C] as number) += length + (word(k, at + 8) << 8);
  mix(A, B, C);
  return (state[C] as number) >>> 0;
}

/** Four bytes, least first; what is past the end counts as 0. */
function word(k: Uint8Array, at: number): number {
  return (k[at] ?? 0) | ((k[at + 1] ?? 0) << 8) | ((k[at + 2] ?? 0) << 16) | ((k[at + 3] ?? 0) << 24);
}

/** The other hash that a pool may have for names: that of Linux' directory cache. */
export function hashBytesLinux(k: Uint8Array): number {
  let hash = 0;
  for (const c of k) hash = Math.imul(hash + (c << 4) + (c >> 4), 11);
  return hash >>> 0;
}
