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

export function hash3(a: number, b: number, c: number): number {
  state[A] = a;
  state[B] = b;
  state[C] = c;
  state[XX] = X;
  state[YY] = Y;
  state[H] = SEED ^ a ^ b ^ c;
  mix(A, B, H);
  mix(C, XX, H);
  mix(YY, A, H);
  mix(B, XX, H);
  mix(YY, C, H);
  return (state[H] as number) >>> 0;
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
