import type { CInode } from '../cache/cinode.js';
import { MClientSnap } from '../messages/m-client-snap.js';
import type { Session } from '../tables/session.js';
import { CEPH_SNAP_OP_SPLIT } from '../types/ceph-fs.js';
import { SnapRealmNode } from '../types/snap-realm-node.js';

// A file with several names is in the snapshots of all of them, and it is stored under one. So it has a realm of its own, whose parent is the realm
// of all: its past is kept whatever directory a snapshot was made in. It loses that with the last name but one.

/** The newest snapshot of the whole file system. */
function newestSeq(inode: CInode): bigint {
  return inode.mdcache.nextSnap - 1n;
}

/** A realm for an inode: a copy of its own, or a new one as of now. @see CInode::prepare_new_srnode in src/mds/CInode.cc (16.2.15) */
function prepareSrnode(inode: CInode): SnapRealmNode {
  const own = inode.getProjectedSrnode();
  if (own) return own.clone();
  const node = new SnapRealmNode();
  node.seq = newestSeq(inode);
  node.created = node.seq;
  node.currentParentSince = inode.getOldestSnap();
  return node;
}

/** It gets a second name, in one step with what `projectInode` began. @see Server::_link_local in src/mds/Server.cc (16.2.15) */
export function projectLinkedRealm(inode: CInode): boolean {
  if (inode.findSnaprealm().isInSubvolume() || inode.getProjectedSrnode()?.isParentGlobal() === true) return false;
  const node = prepareSrnode(inode);
  // where the realm hung before is kept in a place that nothing else uses any more
  node.lastDestroyed = node.currentParentSince;
  node.currentParentSince = newestSeq(inode) + 1n;
  node.markParentGlobal();
  inode.projectSnaprealm(node);
  return true;
}

/**
 * It loses a name: where that was the last, or the last beside its primary one, its realm hangs where it hung before.
 *
 * @param nlink names it had
 * @see Server::handle_client_unlink in src/mds/Server.cc (16.2.15)
 */
export function projectUnlinkedRealm(inode: CInode, wasPrimary: boolean, nlink: number): void {
  if (inode.getProjectedSrnode()?.isParentGlobal() !== true) return;
  const inStray = inode.getProjectedParentDir()?.inode.isStray() === true;
  if (nlink !== 1 && (nlink !== 2 || wasPrimary || inStray)) return;
  const node = prepareSrnode(inode);
  node.currentParentSince = node.lastDestroyed;
  node.lastDestroyed = 0n;
  node.seq = newestSeq(inode);
  node.clearParentGlobal();
  inode.projectSnaprealm(node);
}

/** Clients that use the inode learn that it is in a realm of its own now. @see MDCache::do_realm_invalidate_and_update_notify */
export function tellSplit(inode: CInode): void {
  const { snaprealm, mdcache } = inode;
  if (!snaprealm) return;
  for (const cap of inode.clientCaps.values()) {
    const m = new MClientSnap(CEPH_SNAP_OP_SPLIT);
    m.split = inode.ino;
    m.splitInos = [inode.ino];
    m.bl = snaprealm.getSnapTrace();
    mdcache.mds.sendMessageClientCounted(m, cap.session as Session);
  }
}
