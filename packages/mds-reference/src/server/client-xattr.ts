import { ERRNO } from '@cephts/common';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { CEPH_NOSNAP, CEPH_XATTR_CREATE, CEPH_XATTR_REMOVE, CEPH_XATTR_REPLACE } from '../types/ceph-fs.js';
import { checkRequestAccess, MAY_WRITE } from './access.js';
import { inodeUpdateFinish, touchCtime } from './client-setattr.js';
import { rdlockPathPinRef } from './path.js';
import type { Server } from './server.js';

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** Attributes the MDS computes itself: layouts, quotas, pins. */
function isVxattr(name: string): boolean {
  return (
    name.startsWith('ceph.dir.layout') ||
    name.startsWith('ceph.file.layout') ||
    name.startsWith('ceph.quota') ||
    name.startsWith('ceph.dir.')
  );
}

/** Names below `ceph.` are the MDS's own, but for those of mirroring. */
function isAllowedName(name: string): boolean {
  return !name.startsWith('ceph.') || name === 'ceph.mirror.info' || name === 'ceph.mirror.dirty_snap_id';
}

/** The inode with its xattrlock xlocked; undefined when the request waits or was answered. */
function lockXattrs(server: Server, mdr: MDRequestImpl, name: string): CInode | undefined {
  const refuse = (r: number): undefined => {
    server.respondToRequest(mdr, r);
    return undefined;
  };
  if (isVxattr(name)) return refuse(-ERRNO.EOPNOTSUPP);
  if (!isAllowedName(name)) return refuse(-ERRNO.EINVAL);
  const inode = rdlockPathPinRef(server, mdr, true);
  if (!inode) return undefined;
  if (mdr.snapid !== CEPH_NOSNAP) return refuse(-ERRNO.EROFS);
  const lov = new LockOpVec();
  lov.addXlock(inode.xattrlock);
  return server.mds.locker.acquireLocks(mdr, lov) ? inode : undefined;
}

/** Journals the inode with `xattrs` in place of those it has, and answers. */
function updateXattrs(server: Server, mdr: MDRequestImpl, inode: CInode, xattrs: Map<string, Uint8Array>, type: string): void {
  const { mdlog, mdcache } = server.mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const pi = inode.projectInode(mdr, xattrs);
  pi.version = inode.preDirty();
  touchCtime(pi, mdr);
  pi.xattrVersion++;
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate(type);
  mdlog.startEntry(event);
  event.metablob.addClientReq(req.reqid, req.oldestClientTid);
  mdcache.predirtyJournalParents(mdr, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
  mdcache.journalDirtyInode(mdr, event.metablob, inode);
  server.journalAndReply(mdr, inode, undefined, event, inodeUpdateFinish(server, mdr, inode));
}

/** xattrs with one more, sorted by name. */
function withXattr(old: ReadonlyMap<string, Uint8Array>, name: string, value: Uint8Array): Map<string, Uint8Array> {
  const xattrs = new Map(old);
  xattrs.set(name, value);
  if (old.has(name)) return xattrs;
  return new Map([...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @see Server::handle_client_setxattr in src/mds/Server.cc (16.2.15) */
export function handleClientSetxattr(server: Server, mdr: MDRequestImpl): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const name = req.path2.path;
  const inode = lockXattrs(server, mdr, name);
  if (!inode) return;
  if (!checkRequestAccess(server, mdr, inode, MAY_WRITE)) return;
  const { flags } = req.args.setxattr;
  const old = inode.getProjectedXattrs() ?? NO_XATTRS;
  let size = name.length + req.data.length;
  for (const [key, value] of old) if (!(flags & CEPH_XATTR_REPLACE && key === name)) size += key.length + value.length;
  if (size > server.conf.maxXattrPairsSize) {
    server.respondToRequest(mdr, -ERRNO.ENOSPC);
    return;
  }
  const exists = old.has(name);
  if (flags & CEPH_XATTR_CREATE && exists) {
    server.respondToRequest(mdr, -ERRNO.EEXIST);
    return;
  }
  if (flags & CEPH_XATTR_REPLACE && !exists) {
    server.respondToRequest(mdr, -ERRNO.ENODATA);
    return;
  }
  if (flags & CEPH_XATTR_REMOVE) {
    const rest = new Map<string, Uint8Array>(old);
    rest.delete(name);
    updateXattrs(server, mdr, inode, rest, 'setxattr');
  } else {
    updateXattrs(server, mdr, inode, withXattr(old, name, req.data.slice()), 'setxattr');
  }
}

/** @see Server::handle_client_removexattr in src/mds/Server.cc (16.2.15) */
export function handleClientRemovexattr(server: Server, mdr: MDRequestImpl): void {
  const name = (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).path2.path;
  const inode = lockXattrs(server, mdr, name);
  if (!inode) return;
  const rest = new Map<string, Uint8Array>(inode.getProjectedXattrs() ?? NO_XATTRS);
  if (rest.delete(name)) updateXattrs(server, mdr, inode, rest, 'removexattr');
  else server.respondToRequest(mdr, -ERRNO.ENODATA);
}
