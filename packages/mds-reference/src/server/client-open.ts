import { ERRNO } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EOpen } from '../journal/events/e-open.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { flagsToMode } from '../types/caps.js';
import {
  CEPH_FILE_MODE_PIN,
  CEPH_FILE_MODE_WR,
  CEPH_NOSNAP,
  CEPH_O_DIRECTORY,
  CEPH_O_NOFOLLOW,
  CEPH_O_TRUNC,
} from '../types/ceph-fs.js';
import { ClientWriteableRange } from '../types/client-writeable-range.js';
import { checkRequestAccess, MAY_READ, MAY_WRITE } from './access.js';
import { issuedTo, rdlockAuthAndXattrs } from './client-getattr.js';
import { inodeUpdateFinish, touchCtime } from './client-setattr.js';
import { lastDentry, rdlockPathPinRef } from './path.js';
import type { Server } from './server.js';

/**
 * Opens what is there: the client gets the caps that its mode needs.
 *
 * @see Server::handle_client_open in src/mds/Server.cc (16.2.15)
 */
export function handleClientOpen(server: Server, mdr: MDRequestImpl): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const { mds } = server;
  const args = req.args.open;
  let { flags } = args;
  let mode = flagsToMode(flags);
  const respond = (r: number): void => server.respondToRequest(mdr, r);
  if (mode & CEPH_FILE_MODE_WR && mds.mdcache.isReadonly()) {
    respond(-ERRNO.EROFS);
    return;
  }
  const needAuth = (mode & CEPH_FILE_MODE_WR) !== 0 || (flags & (CEPH_O_TRUNC | CEPH_O_DIRECTORY)) !== 0;
  const inode = rdlockPathPinRef(server, mdr, needAuth);
  if (!inode) return;
  if (!inode.isFile()) {
    mode = CEPH_FILE_MODE_PIN;
    // a symlink that the client is going to follow isn't truncated
    if (inode.isSymlink() && !(flags & CEPH_O_NOFOLLOW)) flags &= ~CEPH_O_TRUNC;
  }
  if (flags & CEPH_O_DIRECTORY && !inode.isDir() && !inode.isSymlink()) {
    respond(-ERRNO.EINVAL);
    return;
  }
  if (flags & CEPH_O_TRUNC && !inode.isFile()) {
    respond(inode.isDir() ? -ERRNO.EISDIR : -ERRNO.EINVAL);
    return;
  }
  if (mdr.snapid !== CEPH_NOSNAP && (mode & CEPH_FILE_MODE_WR || req.mayWrite())) {
    respond(-ERRNO.EROFS);
    return;
  }
  const lov = new LockOpVec();
  const { mask } = args;
  if (mask !== 0) {
    rdlockAuthAndXattrs(lov, inode, mask, issuedTo(inode, mdr.getClient()));
    mdr.getattrCaps = mask;
  }
  if (flags & CEPH_O_TRUNC && !mdr.hasCompleted) {
    lov.addXlock(inode.filelock);
    if (!mds.locker.acquireLocks(mdr, lov)) return;
    if (!checkRequestAccess(server, mdr, inode, MAY_WRITE)) return;
    if (inode.getProjectedInode().isTruncating()) {
      mds.locker.dropLocks(mdr);
      mdr.dropLocalAuthPins();
      inode.addTruncWaiter(mds.locker.retry(mdr));
      return;
    }
    doOpenTruncate(server, mdr, mode);
    return;
  }
  if (!mds.locker.acquireLocks(mdr, lov)) return;
  if (!checkRequestAccess(server, mdr, inode, mode & CEPH_FILE_MODE_WR ? MAY_READ | MAY_WRITE : MAY_READ)) return;
  if (inode.isFile() || inode.isDir()) mds.locker.issueNewCaps(inode, mode, mdr);
  if (mode & CEPH_FILE_MODE_WR) mds.locker.checkInodeMaxSize(inode);
  if (mds.mdcache.openFileTable.shouldLogOpen(inode)) {
    const event = new EOpen();
    mds.mdlog.startEntry(event);
    mds.mdcache.addCleanInode(event, inode);
    mds.mdlog.submitEntry(event);
  }
  if (mode & CEPH_FILE_MODE_WR) mds.balancer.hitInodeWrite(inode);
  else mds.balancer.hitInodeRead(inode);
  mdr.tracei = inode;
  if (req.isDentryWanted()) mdr.tracedn = lastDentry(mdr);
  respond(0);
}

/** O_TRUNC: the file is cut and opened in one. */
function doOpenTruncate(server: Server, mdr: MDRequestImpl, mode: number): void {
  const { mds } = server;
  const { mdlog, mdcache, locker } = mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const inode = mdr.in[0] as NonNullable<(typeof mdr.in)[0]>;
  const client = mdr.getClient();
  const cap = locker.issueNewCaps(inode, mode, mdr);
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('open_truncate');
  mdlog.startEntry(event);
  const pi = inode.projectInode(mdr);
  pi.version = inode.preDirty();
  pi.mtime = mdr.getOpStamp();
  touchCtime(pi, mdr);
  const oldSize = Math.max(pi.size, req.args.open.oldSize);
  if (oldSize > 0) {
    pi.truncate(oldSize, 0);
    event.metablob.addTruncateStart(inode.ino);
  }
  let changedRanges = false;
  if (cap && mode & CEPH_FILE_MODE_WR) {
    const ranges = new Map(pi.clientRanges);
    ranges.set(client, new ClientWriteableRange(0, pi.layout.period, inode.findSnaprealm().newestSeq));
    pi.clientRanges = ranges;
    changedRanges = true;
    inode.markClientwriteable();
    cap.markClientwriteable();
  }
  event.metablob.addClientReq(mdr.reqid, req.oldestClientTid);
  mdcache.predirtyJournalParents(mdr, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
  mdcache.journalDirtyInode(mdr, event.metablob, inode);
  event.metablob.addOpenedIno(inode.ino);
  mdr.oTrunc = true;
  const dn = req.isDentryWanted() ? lastDentry(mdr) : undefined;
  server.journalAndReply(mdr, inode, dn, event, inodeUpdateFinish(server, mdr, inode, oldSize > 0, changedRanges));
  // the objects are cut once the entry is safe: don't make the client wait for that
  mdlog.flush();
}
