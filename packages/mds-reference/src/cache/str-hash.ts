import { encodeText } from '@cephts/encoding';
import { CEPH_STR_HASH_LINUX, CEPH_STR_HASH_RJENKINS } from '../types/ceph-fs.js';

const GOLDEN_RATIO = 0x9e3779b9;
/** Names are short: one buffer serves them, and is filled without an encoder as long as they are ASCII. */
const scratch = new Uint8Array(256);

function bytesOf(name: string): Uint8Array {
  const { length } = name;
  if (length > scratch.length) return encodeText(name);
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 0x80) return encodeText(name);
    scratch[i] = code;
  }
  return scratch.subarray(0, length);
}

/** Robert Jenkins' hash of 1996, which is in the public domain. */
function rjenkins(k: Uint8Array): number {
  const { length } = k;
  let a = GOLDEN_RATIO | 0;
  let b = a;
  let c = 0;
  let at = 0;
  for (let done = false; !done;) {
    const left = length - at;
    const word = (from: number, bytes: number): number => {
      let value = 0;
      for (let i = 0; i < bytes; i++) value |= (k[at + from + i] as number) << (8 * i);
      return value;
    };
    if (left >= 12) {
      a = (a + word(0, 4)) | 0;
      b = (b + word(4, 4)) | 0;
      c = (c + word(8, 4)) | 0;
    } else {
      // the lowest byte of c is where the length goes
      a = (a + word(0, Math.min(4, left))) | 0;
      b = (b + word(4, Math.max(0, Math.min(4, left - 4)))) | 0;
      c = (c + length + (word(8, Math.max(0, left - 8)) << 8)) | 0;
      done = true;
    }
    a = (a - b - c) ^ (c >>> 13);
    b = (b - c - a) ^ (a << 8);
    c = (c - a - b) ^ (b >>> 13);
    a = (a - b - c) ^ (c >>> 12);
    b = (b - c - a) ^ (a << 16);
    c = (c - a - b) ^ (b >>> 5);
    a = (a - b - c) ^ (c >>> 3);
    b = (b - c - a) ^ (a << 10);
    c = (c - a - b) ^ (b >>> 15);
    at += 12;
  }
  return c >>> 0;
}

/** The hash of the Linux dentry cache. */
function linux(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = Math.imul((hash + (byte << 4) + (byte >> 4)) | 0, 11);
  return hash >>> 0;
}

/**
 * Hash of a name, 32 bits: which fragment of its directory it belongs to, and its place in a listing.
 *
 * @param type CEPH_STR_HASH_…
 * @see src/common/ceph_hash.cc (16.2.15)
 */
export function strHash(type: number, name: string): number {
  if (type === CEPH_STR_HASH_RJENKINS) return rjenkins(bytesOf(name));
  if (type === CEPH_STR_HASH_LINUX) return linux(bytesOf(name));
  return 0xffff_ffff;
}
