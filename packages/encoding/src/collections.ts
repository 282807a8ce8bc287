import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { compareText } from './text.js';

// Ceph's maps and sets are sorted; ours are encoded sorted, whatever order they were filled in.

const ascending = (a: number, b: number): number => a - b;

/** Numbers, ascending. */
export function sortedNumbers(numbers: Iterable<number>): number[] {
  return [...numbers].sort(ascending);
}

/** Entries of a map by ascending number. */
export function sortedEntries<V>(map: ReadonlyMap<number, V>): [number, V][] {
  return [...map].sort(([a], [b]) => a - b);
}

/** Entries of a map by ascending snapid. */
export function sortedSnaps<V>(map: ReadonlyMap<bigint, V>): [bigint, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A set of signed 32-bit numbers. */
export function encodeS32Set(e: Encoder, set: ReadonlySet<number>): void {
  e.u32(set.size);
  for (const value of sortedNumbers(set)) e.s32(value);
}

/** A set of signed 32-bit numbers. */
export function decodeS32Set(d: Decoder): Set<number> {
  const set = new Set<number>();
  for (let left = d.count(4); left > 0; left--) set.add(d.s32());
  return set;
}

/** A set of 64-bit numbers. */
export function encodeU64Set(e: Encoder, set: ReadonlySet<number>): void {
  e.u32(set.size);
  for (const value of sortedNumbers(set)) e.u64(value);
}

/** A set of 64-bit numbers. @throws DecodeError for one that is no safe integer */
export function decodeU64Set(d: Decoder): Set<number> {
  const set = new Set<number>();
  for (let left = d.count(8); left > 0; left--) set.add(d.u64());
  return set;
}

/** Entries of a map by the bytes of their keys. */
export function sortedTexts<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

/** A map of texts to texts. */
export function encodeTextMap(e: Encoder, map: ReadonlyMap<string, string>): void {
  e.u32(map.size);
  for (const [key, value] of sortedTexts(map)) e.string(key).string(value);
}

/** A map of texts to texts. */
export function decodeTextMap(d: Decoder): Map<string, string> {
  const map = new Map<string, string>();
  for (let left = d.count(8); left > 0; left--) {
    const key = d.string();
    map.set(key, d.string());
  }
  return map;
}

/** A map of texts to bytes: xattrs. */
export type XattrMap = Map<string, Uint8Array>;

/** A map of texts to bytes, none of them left out. */
export function encodeXattrs(e: Encoder, xattrs: ReadonlyMap<string, Uint8Array>): void {
  e.u32(xattrs.size);
  if (xattrs.size === 0) return;
  for (const [key, value] of sortedTexts(xattrs)) e.string(key).blob(value);
}

/** The values are copies: they may be kept when the input is gone. */
export function decodeXattrs(d: Decoder): XattrMap {
  const xattrs: XattrMap = new Map();
  for (let left = d.count(8); left > 0; left--) {
    const key = d.string();
    xattrs.set(key, d.blob().slice());
  }
  return xattrs;
}
