import { NestInfo } from '../types/nest-info.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MutationImpl } from './mutation.js';

const delta = new NestInfo();

/**
 * Adds what changed in an inode's sums to the projected fnode of its fragment: all of them where it is linked (`linkunlink` 1) or unlinked
 * (−1) there, else (0) what the fragment doesn't have yet.
 *
 * Sums of snapshots aren't kept (`mds_snap_rstat` is off, as it is by default), so it is always the head that changes.
 *
 * @see MDCache::project_rstat_inode_to_frag in src/mds/MDCache.cc (16.2.15)
 */
export function projectRstatInodeToFrag(mut: MutationImpl, inode: CInode, parent: CDir, linkunlink: number): void {
  const projected = inode.getProjectedInode();
  const { rstat, accountedRstat } = projected;
  delta.zero();
  if (linkunlink >= 0) delta.add(rstat);
  if (linkunlink <= 0) delta.sub(accountedRstat);
  parent.getProjectedFnode().rstat.add(delta);
  // a new inode isn't projected, and is accounted for from the start
  if (mut.isProjectedInode(inode)) accountedRstat.assign(rstat);
}
