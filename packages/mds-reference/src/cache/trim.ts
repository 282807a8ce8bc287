import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import type { CDentry } from './cdentry.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';

/** What an object costs in memory, in bytes, all in all: measured, and rounded up. */
const INODE_BYTES = 2200;
const DENTRY_BYTES = 500;
const DIR_BYTES = 1800;
const CAP_BYTES = 500;

/** Entries that one round looks at beyond those it may trim, as most that are pinned now will be tomorrow. */
const PINNED_FACTOR = 4;

/** Memory the cache takes, in bytes: an estimate by the number of its objects. */
export function cacheSize(cache: MDCache): number {
  const { inodes, dentries, dirs, caps } = cache.population;
  return inodes.count * INODE_BYTES + dentries.count * DENTRY_BYTES + dirs.count * DIR_BYTES + caps.count * CAP_BYTES;
}

/**
 * Forgets what was used least recently, from the leaves up: entries nothing pins, with their inodes.
 *
 * @param max entries at the most
 * @param tooFull goes on as long as this says so
 * @returns entries trimmed
 * @see MDCache::trim_lru in src/mds/MDCache.cc (16.2.15)
 */
export function trimLru(cache: MDCache, max: number, tooFull: () => boolean): number {
  let trimmed = 0;
  // what leads nowhere and is stored has no use at all
  for (let left = cache.bottomLru.size; left > 0 && trimmed < max; left--) {
    const dn = cache.bottomLru.bottom;
    if (!dn) break;
    if (trimDentry(cache, dn)) trimmed++;
    else cache.bottomLru.touch(dn);
  }
  for (let left = Math.min(cache.lru.size, max * PINNED_FACTOR); left > 0 && trimmed < max && tooFull(); left--) {
    const dn = cache.lru.bottom;
    if (!dn) break;
    if (trimDentry(cache, dn)) trimmed++;
    else cache.lru.touch(dn);
  }
  if (trimmed > 0) cache.perf.inc('inodes_expired', trimmed);
  return trimmed;
}

/** @returns false where something needs it */
export function trimDentry(cache: MDCache, dn: CDentry): boolean {
  if (
    dn.isProjected() ||
    dn.isDirty() ||
    dn.numRef > (dn.linkage.inode && dn.linkage.isPrimary() && dn.linkage.inode.numRef > 0 ? 1 : 0)
  ) {
    return false;
  }
  const { dir, linkage } = dn;
  const { inode } = linkage;
  const wasNull = linkage.isNull();
  if (inode && linkage.isPrimary()) {
    if (dir.inode.isStray()) {
      cache.maybeEvalStray(inode);
      if (dn.numRef > 0) return false;
    }
    if (!trimInode(cache, inode)) return false;
  }
  if (dn.numRef > 0) return false;
  // without an entry that exists the fragment is no longer known in full
  if (!wasNull && dn.last === CEPH_NOSNAP) dir.clearComplete();
  dir.removeDentry(dn);
  return true;
}

function trimInode(cache: MDCache, inode: CInode): boolean {
  if (inode.isBase() || inode.isProjected() || inode.isDirty() || inode.isDirtyParent()) return false;
  // a fragment may have sums that its inode doesn't know yet: it stays for as long as anything pins the inode
  if (inode.numRef > 0) return false;
  for (const dir of [...inode.getDirfrags()]) {
    if (dir.numRef > 0 || dir.isSubtreeRoot()) return false;
    inode.closeDirfrag(dir.frag);
  }
  cache.removeInode(inode);
  return true;
}
