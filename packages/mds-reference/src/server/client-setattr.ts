import { ERRNO } from '@cephts/common';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { capsWanted } from '../locks/inode-caps.js';
import { LockOpVec } from '../locks/lock-op.js';
import type { SetattrArgs } from '../messages/request-args.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import { CEPH_CAP_FILE_RD, CEPH_CAP_FILE_WR } from '../types/caps.js';
import {
  CEPH_NOSNAP,
  CEPH_SETATTR_ATIME,
  CEPH_SETATTR_BTIME,
  CEPH_SETATTR_CTIME,
  CEPH_SETATTR_GID,
  CEPH_SETATTR_KILL_SGUID,
  CEPH_SETATTR_MODE,
  CEPH_SETATTR_MTIME,
  CEPH_SETATTR_SIZE,
  CEPH_SETATTR_UID,
  MDS_INO_SYSTEM_BASE,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
} from '../types/ceph-fs.js';
import type { Inode } from '../types/inode.js';
import { checkRequestAccess, MAY_CHGRP, MAY_CHOWN, MAY_WRITE } from './access.js';
import { ServerLogContext } from './finish.js';
import { rdlockPathPinRef } from './path.js';
import type { Server } from './server.js';

const PERMISSIONS = 0o7777;
const EXECUTABLE = 0o111;

/** ctime and what follows it: the inode was changed by this request. */
export function touchCtime(pi: Inode, mdr: MDRequestImpl): void {
  const stamp = mdr.getOpStamp();
  pi.ctime = stamp;
  if (stamp.compare(pi.rstat.rctime) > 0) pi.rstat.rctime = stamp;
  pi.changeAttr++;
}

/** Follows when a change of one inode is safe. */
export function inodeUpdateFinish(
  server: Server,
  mdr: MDRequestImpl,
  inode: CInode,
  truncatingSmaller = false,
  changedRanges = false,
): MDSLogContextBase {
  const { mds } = server;
  return new ServerLogContext(mds, () => {
    mdr.apply();
    if (truncatingSmaller && inode.inode.isTruncating()) {
      mds.locker.caps.issueTruncate(inode);
      mds.mdcache.truncation.truncateInode(inode, mdr.ls as NonNullable<typeof mdr.ls>);
    }
    mds.balancer.hitInodeWrite(inode);
    server.respondToRequest(mdr, 0);
    if (changedRanges) mds.locker.shareInodeMaxSize(inode);
  });
}

/**
 * Mode, owner, times, size.
 *
 * @see Server::handle_client_setattr in src/mds/Server.cc (16.2.15)
 */
export function handleClientSetattr(server: Server, mdr: MDRequestImpl): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const { mds } = server;
  const { locker, mdlog, mdcache } = mds;
  const inode = rdlockPathPinRef(server, mdr, true);
  if (!inode) return;
  if (mdr.snapid !== CEPH_NOSNAP) {
    server.respondToRequest(mdr, -ERRNO.EROFS);
    return;
  }
  if (inode.ino < MDS_INO_SYSTEM_BASE && !inode.isBase()) {
    server.respondToRequest(mdr, -ERRNO.EPERM);
    return;
  }
  const args = req.args.setattr;
  const { mask } = args;
  if (mask & CEPH_SETATTR_SIZE && !inode.isFile()) {
    // clients don't ask for this; one that did would spoil the sums of the directories above
    server.respondToRequest(mdr, inode.isDir() ? -ERRNO.EISDIR : -ERRNO.EINVAL);
    return;
  }
  const lov = new LockOpVec();
  if (mask & (CEPH_SETATTR_MODE | CEPH_SETATTR_UID | CEPH_SETATTR_GID | CEPH_SETATTR_BTIME | CEPH_SETATTR_KILL_SGUID)) {
    lov.addXlock(inode.authlock);
  }
  if (mask & (CEPH_SETATTR_MTIME | CEPH_SETATTR_ATIME | CEPH_SETATTR_SIZE)) lov.addXlock(inode.filelock);
  if (mask & CEPH_SETATTR_CTIME) lov.addWrlock(inode.versionlock);
  if (!locker.acquireLocks(mdr, lov)) return;

  let access = MAY_WRITE;
  if (mask & CEPH_SETATTR_UID && inode.inode.uid !== args.uid) access |= MAY_CHOWN;
  if (mask & CEPH_SETATTR_GID && inode.inode.gid !== args.gid) access |= MAY_CHGRP;
  if (!checkRequestAccess(server, mdr, inode, access)) return;

  const latest = inode.getProjectedInode();
  const oldSize = Math.max(latest.size, args.oldSize);
  const truncatingSmaller = (mask & CEPH_SETATTR_SIZE) !== 0 && args.size < oldSize;
  if (truncatingSmaller && latest.isTruncating()) {
    locker.dropLocks(mdr);
    mdr.dropLocalAuthPins();
    inode.addTruncWaiter(locker.retry(mdr));
    return;
  }

  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('setattr');
  mdlog.startEntry(event);
  const pi = inode.projectInode(mdr);
  setOwnerAndMode(pi, args);
  if (mask & CEPH_SETATTR_MTIME) pi.mtime = args.mtime;
  if (mask & CEPH_SETATTR_ATIME) pi.atime = args.atime;
  if (mask & CEPH_SETATTR_BTIME) pi.btime = args.btime;
  if (mask & (CEPH_SETATTR_ATIME | CEPH_SETATTR_MTIME | CEPH_SETATTR_BTIME)) pi.timeWarpSeq++;
  let changedRanges = false;
  if (mask & CEPH_SETATTR_SIZE) {
    if (truncatingSmaller) {
      pi.truncate(oldSize, args.size);
      event.metablob.addTruncateStart(inode.ino);
    } else {
      pi.size = args.size;
      pi.rstat.rbytes = args.size;
    }
    pi.mtime = mdr.getOpStamp();
    changedRanges = locker.caps.maxSize.calcNewClientRanges(inode, pi, pi.size).updated;
  }
  pi.version = inode.preDirty();
  touchCtime(pi, mdr);

  event.metablob.addClientReq(req.reqid, req.oldestClientTid);
  mdcache.predirtyJournalParents(mdr, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
  mdcache.journalDirtyInode(mdr, event.metablob, inode);
  server.journalAndReply(mdr, inode, undefined, event, inodeUpdateFinish(server, mdr, inode, truncatingSmaller, changedRanges));
  // somebody who reads or writes waits for the lock
  if (mdr.isXlocked(inode.filelock) && (capsWanted(inode).all & (CEPH_CAP_FILE_RD | CEPH_CAP_FILE_WR)) !== 0) mdlog.flush();
}

/** A new owner takes setuid and setgid off an executable, unless the mode is set as well. */
function setOwnerAndMode(pi: Inode, args: SetattrArgs): void {
  const { mask } = args;
  if (mask & CEPH_SETATTR_UID) pi.uid = args.uid;
  if (mask & CEPH_SETATTR_GID) pi.gid = args.gid;
  if (mask & CEPH_SETATTR_MODE) {
    pi.mode = (pi.mode & ~PERMISSIONS) | (args.mode & PERMISSIONS);
  } else if (
    mask & (CEPH_SETATTR_UID | CEPH_SETATTR_GID | CEPH_SETATTR_KILL_SGUID) &&
    (pi.mode & S_IFMT) === S_IFREG &&
    pi.mode & EXECUTABLE
  ) {
    pi.mode &= ~(S_ISUID | S_ISGID);
  }
}
