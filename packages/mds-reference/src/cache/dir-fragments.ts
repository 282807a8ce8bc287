import { fragBits, fragValue } from '@cephts/encoding';
import type { Frag, FragTree } from '@cephts/encoding';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';

/**
 * A directory is cut into other fragments: what of it is in the cache moves to them.
 *
 * @param bits split by so many; below 0: merged
 * @see MDCache::adjust_dir_fragments in src/mds/MDCache.cc (16.2.15)
 */
export function adjustDirFragments(inode: CInode, base: Frag, bits: number): void {
  const tree = inode.dirfragtree.clone();
  if (bits > 0) {
    if (fragBits(base) + bits > 24 || !tree.isLeaf(base)) return;
    tree.split(base, bits);
  } else if (bits < 0) {
    tree.forceToLeaf(base);
  }
  cutAs(inode, tree);
}

/**
 * Makes a fragment a leaf, whatever has to be split or merged for that, and opens it.
 *
 * @see MDCache::force_dir_fragment in src/mds/MDCache.cc (16.2.15)
 */
export function forceDirFragment(inode: CInode, frag: Frag): CDir {
  const tree = inode.dirfragtree.clone();
  tree.forceToLeaf(frag);
  cutAs(inode, tree);
  return inode.getOrOpenDirfrag(frag);
}

/** The directory has fragments as `tree` says: what is in an open one that is no leaf of it moves. */
export function cutAs(inode: CInode, tree: FragTree): void {
  inode.dirfragtree = tree;
  for (const dir of [...inode.getDirfrags()]) {
    if (tree.isLeaf(dir.frag)) continue;
    for (const dn of [...dir.items.values(), ...(dir.snapItems?.values() ?? [])]) {
      inode.getOrOpenDirfrag(inode.pickDirfrag(dn.name)).takeDentry(dn);
    }
    if (dir.isSubtreeRoot()) handSubtreeOn(inode, dir);
    inode.closeDirfrag(dir.frag);
  }
}

/** A subtree began at a fragment: now it begins at those in its place. */
function handSubtreeOn(inode: CInode, dir: CDir): void {
  const { subtrees } = inode.mdcache;
  const under = inode.dirfragtree.getLeavesUnder(dir.frag);
  const leaves = under.length > 0 ? under : [inode.dirfragtree.leafOf(fragValue(dir.frag))];
  for (const leaf of leaves) subtrees.adjustSubtreeAuth(inode.getOrOpenDirfrag(leaf), dir.dirAuthFirst);
  subtrees.remove(dir);
}
