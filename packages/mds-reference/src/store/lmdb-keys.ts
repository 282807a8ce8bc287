import { encodeText } from '@cephts/encoding';
import type { ObjectLocator } from './object-store.js';

// Keys of the database, all bytes:
//
//   01 pool(u32be) namespace 00 object 00 | kind rest
//
// so that everything of one object lies together, sorted as the rest is.

/** Size and time of the last change; there exactly where the object exists. */
export const KIND_HEAD = 0x10;
/** A piece of data; rest: its offset (u32be). */
export const KIND_DATA = 0x20;
/** rest: the name. */
export const KIND_XATTR = 0x30;
export const KIND_OMAP_HEADER = 0x40;
/** rest: the key. */
export const KIND_OMAP = 0x50;
/** Past every kind. */
export const KIND_END = 0x60;

/** LMDB takes keys of up to 1978 bytes. */
const MAX_KEY = 1978;

const EMPTY = new Uint8Array(0);

/** The beginning of all keys of an object; undefined where the names cannot be a key's. */
export function objectPrefix(oid: string, loc: ObjectLocator): Uint8Array | undefined {
  const name = encodeText(oid);
  const namespace = loc.namespace ? encodeText(loc.namespace) : EMPTY;
  if (name.length === 0 || name.includes(0) || namespace.includes(0) || name.length + namespace.length > 1024) return undefined;
  const key = new Uint8Array(5 + namespace.length + 1 + name.length + 1);
  key[0] = 1;
  new DataView(key.buffer).setUint32(1, loc.pool >>> 0);
  key.set(namespace, 5);
  key.set(name, 6 + namespace.length);
  return key;
}

/** The key of a kind and rest as a Buffer of its own, which LMDB may keep. */
export function fullKey(prefix: Uint8Array, sub: string): Buffer {
  const key = Buffer.allocUnsafe(prefix.length + sub.length);
  key.set(prefix);
  key.write(sub, prefix.length, 'latin1');
  return key;
}

/** Is the key within what LMDB takes? */
export function keyFits(prefix: Uint8Array, sub: string): boolean {
  return prefix.length + sub.length <= MAX_KEY;
}

// What follows the prefix is handled as text of one character a byte: it compares and hashes as the bytes do.

const HEAD = String.fromCharCode(KIND_HEAD);
const OMAP_HEADER = String.fromCharCode(KIND_OMAP_HEADER);
const DATA = String.fromCharCode(KIND_DATA);
const XATTR = String.fromCharCode(KIND_XATTR);
const OMAP = String.fromCharCode(KIND_OMAP);

export const headKey = (): string => HEAD;
export const omapHeaderKey = (): string => OMAP_HEADER;

export function dataKey(offset: number): string {
  return DATA + String.fromCharCode(offset >>> 24, (offset >>> 16) & 0xff, (offset >>> 8) & 0xff, offset & 0xff);
}

/** The offset a {@link dataKey} names. */
export function dataOffset(sub: string): number {
  return ((sub.charCodeAt(1) << 24) | (sub.charCodeAt(2) << 16) | (sub.charCodeAt(3) << 8) | sub.charCodeAt(4)) >>> 0;
}

export function xattrKey(name: string): string {
  return XATTR + byteText(name);
}

export function omapKey(key: string): string {
  return OMAP + byteText(key);
}

/** Text with one character for each byte of its encoding. */
export function byteText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return Buffer.from(encodeText(text)).toString('latin1');
  }
  return text;
}

/** The first key past all of a kind. */
export function kindEnd(kind: number): string {
  return String.fromCharCode(kind + 1);
}

/** The first key past all that begin with `sub`; its last byte is not 255 (UTF-8 has no such byte). */
export function prefixEnd(sub: string): string {
  return sub.slice(0, -1) + String.fromCharCode(sub.charCodeAt(sub.length - 1) + 1);
}
