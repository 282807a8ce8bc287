import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';

/**
 * Drops what the cache holds of a subtree that is another rank's now: the other one may change it, and whatever was to be stored of it is the other
 * one's to store. What is ours below it stays, with the way to it, and what a change that may be taken back needs.
 *
 * @see MDCache::try_trim_non_auth_subtree in src/mds/MDCache.cc (16.2.15)
 */
export function dropForeignSubtree(cache: MDCache, root: CDir): void {
  const { subtrees } = cache;
  for (const bound of subtrees.bounds(root)) {
    if (!subtrees.isOurs(bound) && isEmpty(bound) && mayDrop(cache, bound)) close(cache, bound);
  }
  for (let dir = root; ;) {
    if (dropBelow(cache, dir)) {
      if (dir === root) subtrees.tryMerge(dir);
      return;
    }
    const { inode } = dir;
    const parent = inode.getParentDir();
    if (!parent) {
      if (inode.isRoot() || inode === cache.myin) return;
      close(cache, dir);
      cache.removeInode(inode);
      return;
    }
    // an empty fragment of another rank's in a directory of ours is what is known of it: that it is another rank's
    const above = subtrees.getSubtreeRoot(parent);
    if (!above || subtrees.isOurs(above)) return;
    close(cache, dir);
    dir = above;
  }
}

function isEmpty(dir: CDir): boolean {
  return dir.items.size === 0 && (dir.snapItems?.size ?? 0) === 0;
}

function mayDrop(cache: MDCache, dir: CDir): boolean {
  return !cache.imports.has(dir.dirfrag) && !cache.uncommittedPeers.needsDirectory(dir.inode);
}

function close(cache: MDCache, dir: CDir): void {
  cache.subtrees.remove(dir);
  dir.inode.closeDirfrag(dir.frag);
}

/** @returns is something of it left, or needed? */
function dropBelow(cache: MDCache, dir: CDir): boolean {
  const keep = !mayDrop(cache, dir);
  dir.clearComplete();
  for (const dn of [...dir.items.values(), ...(dir.snapItems?.values() ?? [])]) {
    const { inode } = dn.linkage;
    if (inode && dn.linkage.isPrimary()) {
      if (dropFragments(cache, inode)) continue;
      dir.unlinkInode(dn, false);
      cache.removeInode(inode);
    } else if (keep && dn.linkage.isNull()) {
      continue;
    }
    dir.removeDentry(dn);
  }
  return keep || !isEmpty(dir);
}

/** @returns does a subtree begin below the inode, or is something needed there? */
function dropFragments(cache: MDCache, inode: CInode): boolean {
  let keep = false;
  for (const dir of [...inode.getDirfrags()]) {
    if (dir.isSubtreeRoot() || dropBelow(cache, dir)) keep = true;
    else inode.closeDirfrag(dir.frag);
  }
  return keep;
}
