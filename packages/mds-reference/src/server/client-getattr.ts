import { ERRNO } from '@cephts/common';
import type { CInode } from '../cache/cinode.js';
import { ALL_LOCKED } from '../cache/mutation.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { LockOpVec } from '../locks/lock-op.js';
import {
  CEPH_CAP_AUTH_EXCL,
  CEPH_CAP_AUTH_SHARED,
  CEPH_CAP_FILE_EXCL,
  CEPH_CAP_FILE_SHARED,
  CEPH_CAP_LINK_EXCL,
  CEPH_CAP_LINK_SHARED,
  CEPH_CAP_XATTR_EXCL,
  CEPH_CAP_XATTR_SHARED,
  CEPH_STAT_RSTAT,
} from '../types/caps.js';
import { checkRequestAccess, MAY_READ } from './access.js';
import { lastDentry, rdlockPathPinRef } from './path.js';
import type { Server } from './server.js';

/** Caps the client holds of the inode: what it holds exclusively isn't locked, it knows better than we do. */
export function issuedTo(inode: CInode, client: number): number {
  return inode.getClientCap(client)?.issued ?? 0;
}

/** Adds rdlocks for attributes that are asked for and that the client doesn't hold exclusively: owner and mode, xattrs. */
export function rdlockAuthAndXattrs(lov: LockOpVec, inode: CInode, mask: number, issued: number): void {
  if (mask & CEPH_CAP_AUTH_SHARED && !(issued & CEPH_CAP_AUTH_EXCL)) lov.addRdlock(inode.authlock);
  if (mask & CEPH_CAP_XATTR_SHARED && !(issued & CEPH_CAP_XATTR_EXCL)) lov.addRdlock(inode.xattrlock);
}

/**
 * Attributes of an inode, with a lookup those of a name.
 *
 * @see Server::handle_client_getattr in src/mds/Server.cc (16.2.15)
 */
export function handleClientGetattr(server: Server, mdr: MDRequestImpl, isLookup: boolean): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  if (isLookup && req.path.depth === 0) {
    server.respondToRequest(mdr, -ERRNO.EINVAL);
    return;
  }
  const { mask } = req.args.getattr;
  const inode = rdlockPathPinRef(server, mdr, (mask & CEPH_STAT_RSTAT) !== 0);
  if (!inode) return;
  const client = mdr.getClient();
  const issued = issuedTo(inode, client);
  const lov = new LockOpVec();
  if (mask & CEPH_CAP_LINK_SHARED && !(issued & CEPH_CAP_LINK_EXCL)) lov.addRdlock(inode.linklock);
  rdlockAuthAndXattrs(lov, inode, mask, issued);
  if (mask & CEPH_CAP_FILE_SHARED && !(issued & CEPH_CAP_FILE_EXCL)) {
    const { filelock } = inode;
    // while writers come and go, the size as it is will do
    if (mdr.isRdlocked(filelock)) {
      lov.addRdlock(filelock);
    } else if (filelock.isStable() || filelock.isWrlocked() || !filelock.canRead(client)) {
      lov.addRdlock(filelock);
      mdr.lockingState &= ~ALL_LOCKED;
    }
  }
  if (!server.mds.locker.acquireLocks(mdr, lov)) return;
  if (!checkRequestAccess(server, mdr, inode, MAY_READ)) return;
  mdr.getattrCaps = mask;
  server.mds.balancer.hitInodeRead(inode);
  mdr.tracei = inode;
  if (isLookup) mdr.tracedn = lastDentry(mdr);
  server.respondToRequest(mdr, 0);
}
