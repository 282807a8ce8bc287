import { fragBits, fragSplit } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
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
  } else if (bits < 0 && tree.getSplit(base) === -bits) {
    tree.merge(base, -bits);
  } else {
    return;
  }
  const old = bits > 0 ? [base] : fragSplit(base, -bits);
  const dirs = old.flatMap((frag) => inode.getDirfrag(frag) ?? []);
  inode.dirfragtree = tree;
  for (const dir of dirs) {
    for (const dn of [...dir.items.values()]) inode.getOrOpenDirfrag(inode.pickDirfrag(dn.name)).takeDentry(dn);
    inode.closeDirfrag(dir.frag);
  }
}
