import { ERRNO } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import * as ops from '../types/op-names.js';
import { checkAccess, MAY_FULL } from './access.js';
import { tryGetAuthInode } from './path.js';
import type { Server } from './server.js';

/** What adds to the metadata, as upstream lists it; what may free some goes on. */
const ADDS: ReadonlySet<number> = new Set([
  ops.CEPH_MDS_OP_SETLAYOUT,
  ops.CEPH_MDS_OP_SETDIRLAYOUT,
  ops.CEPH_MDS_OP_RMXATTR,
  ops.CEPH_MDS_OP_SETXATTR,
  ops.CEPH_MDS_OP_CREATE,
  ops.CEPH_MDS_OP_SYMLINK,
  ops.CEPH_MDS_OP_MKSNAP,
  ops.CEPH_MDS_OP_LINK,
  ops.CEPH_MDS_OP_RENAME,
]);

/**
 * May a request go on while the metadata pool is full? Clients with the capability `f` (as in `allow rwf`, or `allow *`) may do anything.
 * Others are answered -ENOSPC where they would add to it.
 *
 * @see Server::dispatch_client_request in src/mds/Server.cc (16.2.15)
 */
export function checkFull(server: Server, mdr: MDRequestImpl): boolean {
  const { clientRequest: req, session } = mdr;
  if (!req || !session || !ADDS.has(req.op)) return true;
  const inode = tryGetAuthInode(server, mdr, req.path.ino);
  if (!inode) return false;
  if (checkAccess(session, inode, MAY_FULL, req.callerUid, req.callerGid, req.gidList, 0, 0) === 0) return true;
  server.respondToRequest(mdr, -ERRNO.ENOSPC);
  return false;
}
