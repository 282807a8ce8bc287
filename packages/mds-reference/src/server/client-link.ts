import { ERRNO } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import { addRemoteDentry } from '../cache/meta-blob.js';
import { ALL_LOCKED, SNAP2_LOCKED } from '../cache/mutation.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_DIR, PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { modeToDType } from '../types/ceph-fs.js';
import { checkRequestAccess, checkSpace, MAY_WRITE } from './access.js';
import { setAlternateName } from './client-create.js';
import { touchCtime } from './client-setattr.js';
import { ServerLogContext } from './finish.js';
import { projectLinkedRealm, tellSplit } from './linked-realm.js';
import { rdlockPathXlockDentry, rdlockTwoPathsXlockDestdn } from './path.js';
import type { Server } from './server.js';

interface Ends {
  destdn: CDentry;
  target: CInode;
}

/** The new dentry, locked, and the inode it is to name: given by number, or by name. Undefined when the request waits or was answered. */
function lockEnds(server: Server, mdr: MDRequestImpl): Ends | undefined {
  const { mdcache, locker } = server.mds;
  const path2 = mdr.getFilepath2();
  if (path2.depth > 0) {
    const ends = rdlockTwoPathsXlockDestdn(server, mdr, false);
    if (!ends) return undefined;
    if (!ends.destdn.getProjectedLinkage().isNull()) {
      server.respondToRequest(mdr, -ERRNO.EEXIST);
      return undefined;
    }
    const target = mdcache.getDentryInode(ends.srcdn, mdr);
    return target && { destdn: ends.destdn, target };
  }
  const target = mdcache.getInode(path2.ino);
  if (!target) {
    mdcache.findInoPeers(path2.ino, (r) => {
      if (r < 0) server.respondToRequest(mdr, r);
      else server.dispatchClientRequest(mdr);
    });
    return undefined;
  }
  mdr.pin(target);
  if (!(mdr.lockingState & SNAP2_LOCKED)) {
    const parent = target.getProjectedParentDn();
    if (!parent) {
      server.respondToRequest(mdr, -ERRNO.EINVAL);
      return undefined;
    }
    if (!locker.tryRdlockSnapLayout(parent.dir.inode, mdr, 1)) return undefined;
    mdr.lockingState |= SNAP2_LOCKED;
  }
  const destdn = rdlockPathXlockDentry(server, mdr, false);
  return destdn && { destdn, target };
}

/**
 * A further name for a file.
 *
 * @see Server::handle_client_link in src/mds/Server.cc (16.2.15)
 */
export function handleClientLink(server: Server, mdr: MDRequestImpl): void {
  const ends = lockEnds(server, mdr);
  if (!ends) return;
  const { destdn, target } = ends;
  if (!setAlternateName(server, mdr, destdn)) return;
  if (target.isDir()) {
    server.respondToRequest(mdr, -ERRNO.EINVAL);
    return;
  }
  if (!(mdr.lockingState & ALL_LOCKED)) {
    const lov = new LockOpVec();
    lov.addXlock(target.snaplock);
    lov.addXlock(target.linklock);
    if (!server.mds.locker.acquireLocks(mdr, lov)) return;
    mdr.lockingState |= ALL_LOCKED;
  }
  if (target.getProjectedInode().nlink === 0) {
    server.respondToRequest(mdr, -ERRNO.ENOENT);
    return;
  }
  if (!checkRequestAccess(server, mdr, target, MAY_WRITE)) return;
  if (!checkRequestAccess(server, mdr, destdn.dir.inode, MAY_WRITE)) return;
  if (!checkSpace(server, mdr, destdn.dir)) return;
  linkLocal(server, mdr, destdn, target);
}

function linkLocal(server: Server, mdr: MDRequestImpl, dn: CDentry, target: CInode): void {
  const { mds } = server;
  const { mdlog, mdcache } = mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const ls = (mdr.ls = mdlog.getCurrentSegment());
  const dnVersion = dn.preDirty();
  const version = target.preDirty();
  const pi = target.projectInode(mdr);
  pi.nlink++;
  touchCtime(pi, mdr);
  pi.version = version;
  const split = projectLinkedRealm(target);

  const event = new EUpdate('link_local');
  mdlog.startEntry(event);
  const { metablob } = event;
  metablob.addClientReq(mdr.reqid, req.oldestClientTid);
  mdcache.predirtyJournalParents(mdr, metablob, target, dn.dir, PREDIRTY_DIR, 1);
  mdcache.predirtyJournalParents(mdr, metablob, target, undefined, PREDIRTY_PRIMARY);
  const dType = modeToDType(pi.mode);
  addRemoteDentry(metablob, dn, true, target.ino, dType);
  mdcache.journalDirtyInode(mdr, metablob, target);
  dn.pushProjectedRemoteLinkage(target.ino, dType);
  const fin = new ServerLogContext(mds, () => {
    const linkage = dn.popProjectedLinkage();
    if (!linkage.inode) dn.linkRemote(linkage, target);
    dn.markDirty(dnVersion, ls);
    mdr.apply();
    if (split) tellSplit(target);
    mds.balancer.hitInodeWrite(target);
    mds.balancer.hitDirWrite(dn.dir);
    server.respondToRequest(mdr, 0);
  });
  server.journalAndReply(mdr, target, dn, event, fin);
}
