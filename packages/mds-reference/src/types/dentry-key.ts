import { CEPH_NOSNAP } from './ceph-fs.js';

/** omap key of an entry: `NAME_head`, or `NAME_HEXSNAP` where it lived only up to snapshot `last`. */
export function dentryKey(name: string, last: bigint): string {
  return last === CEPH_NOSNAP ? `${name}_head` : `${name}_${last.toString(16)}`;
}

/** The inverse of {@link dentryKey}; undefined for what is no such key. @see src/mds/mdstypes.h dentry_key_t (16.2.15) */
export function parseDentryKey(key: string): { name: string; last: bigint } | undefined {
  const at = key.lastIndexOf('_');
  if (at < 0) return undefined;
  const suffix = key.slice(at + 1);
  const name = key.slice(0, at);
  if (suffix === 'head') return { name, last: CEPH_NOSNAP };
  return /^[0-9a-f]{1,16}$/.test(suffix) ? { name, last: BigInt(`0x${suffix}`) } : undefined;
}
