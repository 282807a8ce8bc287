import { ERRNO } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import { addNullDentry, addPrimaryDentry } from '../cache/meta-blob.js';
import { ALL_LOCKED } from '../cache/mutation.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_DIR, PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { CEPH_MDS_OP_RMDIR } from '../types/op-names.js';
import { checkRequestAccess, MAY_WRITE } from './access.js';
import { touchCtime } from './client-setattr.js';
import { ServerLogContext } from './finish.js';
import { projectUnlinkedRealm } from './linked-realm.js';
import { prepareStrayDentry } from './new-inode.js';
import { rdlockPathXlockDentry } from './path.js';
import type { Server } from './server.js';

/** A first look, without a lock: is the directory obviously not empty? */
export function dirIsNonemptyUnlocked(inode: CInode): boolean {
  for (const dir of inode.getDirfrags()) if (dir.getProjectedFnode().fragstat.size > 0) return true;
  return false;
}

/** The same with the filelock rdlocked, so that the totals of all fragments, open or not, count. */
export function dirIsNonempty(inode: CInode): boolean {
  const { dirstat } = inode.getProjectedInode();
  let size = 0;
  for (const dir of inode.getDirfrags()) {
    const fnode = dir.getProjectedFnode();
    if (fnode.fragstat.size > 0) return true;
    size += fnode.accountedFragstat.version === dirstat.version ? fnode.accountedFragstat.size : fnode.fragstat.size;
  }
  return size !== dirstat.size;
}

/** Locks that removing one of the names of `inode` takes; `straydn` is where it goes when this is its primary one. */
export function addStrayLocks(lov: LockOpVec, straydn: CDentry | undefined): void {
  if (!straydn) return;
  const diri = straydn.dir.inode;
  lov.addWrlock(diri.filelock);
  lov.addWrlock(diri.nestlock);
  lov.addXlock(straydn.lock);
}

/**
 * unlink and rmdir.
 *
 * @see Server::handle_client_unlink in src/mds/Server.cc (16.2.15)
 */
export function handleClientUnlink(server: Server, mdr: MDRequestImpl): void {
  const { locker, mdcache } = server.mds;
  const respond = (r: number): void => server.respondToRequest(mdr, r);
  const rmdir = mdr.clientRequest?.op === CEPH_MDS_OP_RMDIR;
  const dn = rdlockPathXlockDentry(server, mdr, false, true);
  if (!dn) return;
  const inode = mdcache.getDentryInode(dn, mdr);
  if (!inode) return;
  const linkage = dn.getProjectedLinkage();
  if (inode.isDir()) {
    if (!rmdir) {
      respond(-ERRNO.EISDIR);
      return;
    }
    if (dirIsNonemptyUnlocked(inode)) {
      respond(-ERRNO.ENOTEMPTY);
      return;
    }
  } else if (rmdir) {
    respond(-ERRNO.ENOTDIR);
    return;
  }
  if (!checkRequestAccess(server, mdr, dn.dir.inode, MAY_WRITE)) return;

  let straydn: CDentry | undefined;
  if (linkage.isPrimary()) {
    straydn = prepareStrayDentry(server, mdr, inode);
    if (!straydn) return;
  } else if (mdr.straydn) {
    mdr.unpin(mdr.straydn);
    mdr.straydn = undefined;
  }
  if (!(mdr.lockingState & ALL_LOCKED)) {
    const lov = new LockOpVec();
    lov.addXlock(inode.linklock);
    lov.addXlock(inode.snaplock);
    if (inode.isDir()) lov.addRdlock(inode.filelock);
    addStrayLocks(lov, straydn);
    if (!locker.acquireLocks(mdr, lov)) return;
    mdr.lockingState |= ALL_LOCKED;
  }
  if (inode.isDir() && dirIsNonempty(inode)) {
    respond(-ERRNO.ENOTEMPTY);
    return;
  }
  straydn?.setFirstToNextSnap();
  unlinkLocal(server, mdr, dn, inode, straydn);
}

function unlinkLocal(server: Server, mdr: MDRequestImpl, dn: CDentry, inode: CInode, straydn: CDentry | undefined): void {
  const { mds } = server;
  const { mdlog, mdcache } = mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('unlink_local');
  mdlog.startEntry(event);
  const { metablob } = event;
  metablob.addClientReq(mdr.reqid, req.oldestClientTid);
  straydn?.pushProjectedLinkage(inode);
  const dnVersion = dn.preDirty();

  const pi = inode.projectInode(mdr);
  pi.strayPriorPath = dn.makePathString();
  pi.version = inode.preDirty();
  touchCtime(pi, mdr);
  projectUnlinkedRealm(inode, straydn !== undefined, pi.nlink);
  pi.nlink--;
  if (pi.nlink === 0) inode.markOrphan();

  if (straydn) {
    mdcache.predirtyJournalParents(mdr, metablob, inode, dn.dir, PREDIRTY_PRIMARY | PREDIRTY_DIR, -1);
    mdcache.predirtyJournalParents(mdr, metablob, inode, straydn.dir, PREDIRTY_PRIMARY | PREDIRTY_DIR, 1);
    pi.updateBacktrace();
    addPrimaryDentry(metablob, straydn, inode, true, true);
  } else {
    mdcache.predirtyJournalParents(mdr, metablob, inode, dn.dir, PREDIRTY_DIR, -1);
    mdcache.predirtyJournalParents(mdr, metablob, inode, undefined, PREDIRTY_PRIMARY);
    mdcache.journalDirtyInode(mdr, metablob, inode);
  }
  addNullDentry(metablob, dn, true);
  if (inode.isDir()) metablob.renamedDirino = inode.ino;
  dn.pushProjectedNullLinkage();
  if (straydn) inode.first = straydn.first;
  const fin = new ServerLogContext(mds, () => unlinkLocalFinish(server, mdr, dn, straydn, dnVersion));
  server.journalAndReply(mdr, undefined, dn, event, fin);
}

function unlinkLocalFinish(server: Server, mdr: MDRequestImpl, dn: CDentry, straydn: CDentry | undefined, dnVersion: number): void {
  const { mds } = server;
  const { dir } = dn;
  const ls = mdr.ls as NonNullable<typeof mdr.ls>;
  dir.unlinkInode(dn);
  dn.popProjectedLinkage();
  dn.markDirty(dnVersion, ls);
  if (straydn) {
    straydn.popProjectedLinkage();
    mds.mdcache.touchDentryBottom(straydn);
  }
  mdr.apply();
  mds.balancer.hitDirWrite(dir);
  server.respondToRequest(mdr, 0);
  dir.tryRemoveUnlinkedDn(dn);
  // answering drops locks: somebody may have given the inode a name again
  if (straydn && !straydn.getProjectedLinkage().isNull()) mds.mdcache.strayManager.evalStray(straydn);
}
