import { ERRNO } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import { LockOpVec } from '../locks/lock-op.js';
import { mdsInoIsPrivate } from '../types/ceph-fs.js';
import { checkRequestAccess, MAY_READ } from './access.js';
import { issuedTo, rdlockAuthAndXattrs } from './client-getattr.js';
import type { Server } from './server.js';

/**
 * Finds an inode by number, as NFS handles need it; with `wantParent` its directory, with `wantDentry` its name.
 *
 * @see Server::handle_client_lookup_ino in src/mds/Server.cc (16.2.15)
 */
export function handleClientLookupIno(server: Server, mdr: MDRequestImpl, wantParent: boolean, wantDentry: boolean): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const { mdcache, locker } = server.mds;
  const respond = (r: number): void => server.respondToRequest(mdr, r);
  const { mask, snapid } = req.args.lookupino;
  const { ino } = req.path;
  if (snapid > 0n || mdsInoIsPrivate(ino)) {
    respond(-ERRNO.ESTALE);
    return;
  }
  const inode = mdcache.getInode(ino);
  if (!inode) {
    mdcache.openIno(ino, (r) => {
      if (r >= 0) server.dispatchClientRequest(mdr);
      else respond(r === -ERRNO.ENOENT || r === -ERRNO.ENODATA ? -ERRNO.ESTALE : r);
    });
    return;
  }
  if (inode.isPurging()) {
    respond(-ERRNO.ESTALE);
    return;
  }
  if (!checkRequestAccess(server, mdr, inode, 0)) return;
  const dn = inode.getProjectedParentDn();
  const diri = dn?.dir.inode;
  const lov = new LockOpVec();
  if (dn && (wantParent || wantDentry)) {
    mdr.pin(dn);
    lov.addRdlock(dn.lock);
  }
  if (mask !== 0) {
    rdlockAuthAndXattrs(lov, inode, mask, issuedTo(inode, mdr.getClient()));
    mdr.getattrCaps = mask;
  }
  if (lov.ops.length > 0) {
    if (!locker.acquireLocks(mdr, lov)) return;
    if (diri && !checkRequestAccess(server, mdr, diri, MAY_READ)) return;
  }
  if (wantParent) {
    if (inode.isBase()) respond(-ERRNO.EINVAL);
    else if (!diri || diri.isStray()) respond(-ERRNO.ESTALE);
    else {
      mdr.tracei = diri;
      respond(0);
    }
    return;
  }
  if (wantDentry) {
    const dirino = req.path2.ino;
    if (!diri || (dirino !== 0 && diri.ino !== dirino)) {
      respond(-ERRNO.ENOENT);
      return;
    }
    mdr.tracedn = dn;
  }
  mdr.tracei = inode;
  respond(0);
}
