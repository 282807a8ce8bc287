import type { LogSegment } from '../journal/log-segment.js';
import type { CDentry } from './cdentry.js';
import type { CInode } from './cinode.js';
import { PIN } from './pins.js';

/**
 * A standby lets go of a segment that the active MDS has stored: what it left dirty is clean there, and may be trimmed here unless a
 * newer segment has to do with it.
 *
 * @see MDCache::standby_trim_segment in src/mds/MDCache.cc (16.2.15)
 */
export function standbyTrimSegment(segment: LogSegment): void {
  segment.newDirfrags.clear();
  for (const inode of [...segment.openFiles]) inode.clearOpenFile();
  for (const dir of [...segment.dirtyDirfrags]) {
    dir.markClean();
    offer(dir.inode);
  }
  for (const inode of [...segment.dirtyInodes]) {
    inode.markClean();
    offer(inode);
  }
  for (const dn of [...segment.dirtyDentries]) {
    dn.markClean();
    if (dn.numRef === 0) toBottom(dn);
  }
  for (const inode of [...segment.dirtyParentInodes]) {
    inode.clearDirtyParent();
    offer(inode);
  }
  for (const inode of [...segment.dirtyDirfragDir]) {
    inode.filelock.removeDirty();
    offer(inode);
  }
  for (const inode of [...segment.dirtyDirfragNest]) {
    inode.nestlock.removeDirty();
    offer(inode);
  }
  for (const inode of [...segment.dirtyDirfragDirfragtree]) {
    inode.dirfragtreelock.removeDirty();
    offer(inode);
  }
  for (const inode of segment.truncatingInodes) {
    inode.put(PIN.TRUNCATING);
    offer(inode);
  }
  segment.truncatingInodes.clear();
}

/** It goes first when the cache is trimmed, if nothing needs it. */
function offer(inode: CInode): void {
  const dn = inode.getParentDn();
  if (inode.numRef === 0 && dn?.numRef === 0) toBottom(dn);
}

function toBottom(dn: CDentry): void {
  dn.lru?.insertBottom(dn);
}
