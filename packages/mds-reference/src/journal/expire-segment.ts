import type { MDSGatherBuilder } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { CDir } from '../cache/cdir.js';
import type { LogSegment } from './log-segment.js';

/**
 * Begins to store whatever the segment changed, each with a sub of `gather`; where no sub is made, the segment is expired.
 *
 * @see LogSegment::try_to_expire in src/mds/journal.cc (16.2.15)
 */
export function expireSegment(mds: MDSRank, segment: LogSegment, gather: MDSGatherBuilder): void {
  mds.dout(6, () => `log: expiring segment ${segment.seq}/${segment.offset}`);
  commitDirfrags(segment, gather);
  waitForOthers(mds, segment, gather);
  // the open file table knows which files are open: they need not be journaled again
  for (const inode of [...segment.openFiles]) inode.clearOpenFile();
  for (const inode of segment.dirtyParentInodes) {
    if (inode.canAuthPin()) inode.storeBacktrace(gather.newSub());
    else inode.addUnfreezeWaiter(gather.newSub());
  }
  saveTables(mds, segment, gather);
  for (const inode of segment.truncatingInodes) inode.addTruncWaiter(gather.newSub());
  if (!segment.purgingInodes.isEmpty()) segment.setPurgedCallback(gather.newSub());
}

function commitDirfrags(segment: LogSegment, gather: MDSGatherBuilder): void {
  const dirs = new Set<CDir>(segment.newDirfrags);
  for (const dir of segment.dirtyDirfrags) dirs.add(dir);
  for (const dentry of segment.dirtyDentries) dirs.add(dentry.dir);
  for (const inode of segment.dirtyInodes) {
    const dir = inode.getParentDn()?.dir;
    // the root and the mdsdir lie in no folder: they have objects of their own
    if (inode.isBase() || !dir) inode.store(gather.newSub());
    else dirs.add(dir);
  }
  for (const dir of dirs) {
    if (dir.canAuthPin()) dir.commit(0, gather.newSub());
    else dir.addUnfreezeWaiter(gather.newSub());
  }
}

function waitForOthers(mds: MDSRank, segment: LogSegment, gather: MDSGatherBuilder): void {
  const { mdcache, locker } = mds;
  for (const reqid of segment.uncommittedLeaders) mdcache.uncommittedLeaders.wait(reqid, gather.newSub());
  for (const reqid of segment.uncommittedPeers) mdcache.uncommittedPeers.wait(reqid, gather.newSub());
  for (const dirfrag of segment.uncommittedFragments) mdcache.uncommittedFragments.wait(dirfrag, gather.newSub());
  for (const inode of segment.dirtyDirfragDir) locker.scatterNudge(inode.filelock, gather.newSub());
  for (const inode of segment.dirtyDirfragDirfragtree) locker.scatterNudge(inode.dirfragtreelock, gather.newSub());
  for (const inode of segment.dirtyDirfragNest) locker.scatterNudge(inode.nestlock, gather.newSub());
}

function saveTables(mds: MDSRank, segment: LogSegment, gather: MDSGatherBuilder): void {
  const { inotable, sessionmap, snapserver, snapclient } = mds;
  if (segment.inotablev > inotable.committedVersion) inotable.save(gather.newSub(), segment.inotablev);
  if (segment.sessionmapv > sessionmap.committed) sessionmap.save(gather.newSub(), segment.sessionmapv);
  sessionmap.saveIfDirty(segment.touchedSessions, gather);
  segment.touchedSessions.clear();
  for (const tids of segment.pendingCommitTids.values()) for (const tid of tids) snapclient.waitForAck(tid, gather.newSub());
  for (const version of segment.tablev.values()) {
    if (version > snapserver.committedVersion) snapserver.save(gather.newSub());
  }
}
