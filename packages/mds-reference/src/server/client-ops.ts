import { ERRNO } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import * as ops from '../types/op-names.js';
import { handleClientMkdir, handleClientMknod, handleClientSymlink } from './client-create.js';
import { handleClientGetattr } from './client-getattr.js';
import { handleClientSetdirlayout, handleClientSetlayout } from './client-layout.js';
import { handleClientLink } from './client-link.js';
import { handleClientLookupIno } from './client-lookup-ino.js';
import { handleClientOpen } from './client-open.js';
import { handleClientOpenc } from './client-openc.js';
import { handleClientReaddir } from './client-readdir.js';
import { handleClientRename } from './client-rename.js';
import { handleClientSetattr } from './client-setattr.js';
import { handleClientUnlink } from './client-unlink.js';
import {
  handleClientFileReadlock,
  handleClientFileSetlock,
  handleClientGetvxattr,
  handleClientLssnap,
  handleClientMksnap,
  handleClientRenamesnap,
  handleClientRmsnap,
} from './client-unsupported.js';
import { handleClientRemovexattr, handleClientSetxattr } from './client-xattr.js';
import type { Server } from './server.js';

type Handler = (server: Server, mdr: MDRequestImpl) => void;

/**
 * The handler of each operation.
 *
 * @see Server::dispatch_client_request in src/mds/Server.cc (16.2.15)
 */
const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [ops.CEPH_MDS_OP_LOOKUPHASH, (server, mdr) => handleClientLookupIno(server, mdr, false, false)],
  [ops.CEPH_MDS_OP_LOOKUPINO, (server, mdr) => handleClientLookupIno(server, mdr, false, false)],
  [ops.CEPH_MDS_OP_LOOKUPPARENT, (server, mdr) => handleClientLookupIno(server, mdr, true, false)],
  [ops.CEPH_MDS_OP_LOOKUPNAME, (server, mdr) => handleClientLookupIno(server, mdr, false, true)],
  [ops.CEPH_MDS_OP_LOOKUP, (server, mdr) => handleClientGetattr(server, mdr, true)],
  [ops.CEPH_MDS_OP_LOOKUPSNAP, (server, mdr) => handleClientGetattr(server, mdr, false)],
  [ops.CEPH_MDS_OP_GETATTR, (server, mdr) => handleClientGetattr(server, mdr, false)],
  [ops.CEPH_MDS_OP_GETVXATTR, handleClientGetvxattr],
  [ops.CEPH_MDS_OP_SETATTR, handleClientSetattr],
  [ops.CEPH_MDS_OP_SETLAYOUT, handleClientSetlayout],
  [ops.CEPH_MDS_OP_SETDIRLAYOUT, handleClientSetdirlayout],
  [ops.CEPH_MDS_OP_SETXATTR, handleClientSetxattr],
  [ops.CEPH_MDS_OP_RMXATTR, handleClientRemovexattr],
  [ops.CEPH_MDS_OP_READDIR, handleClientReaddir],
  [ops.CEPH_MDS_OP_SETFILELOCK, handleClientFileSetlock],
  [ops.CEPH_MDS_OP_GETFILELOCK, handleClientFileReadlock],
  // a create that was completed before the MDS restarted: the file is there, it only has to be opened
  [ops.CEPH_MDS_OP_CREATE, (server, mdr) => (mdr.hasCompleted ? handleClientOpen : handleClientOpenc)(server, mdr)],
  [ops.CEPH_MDS_OP_OPEN, handleClientOpen],
  [ops.CEPH_MDS_OP_MKNOD, handleClientMknod],
  [ops.CEPH_MDS_OP_LINK, handleClientLink],
  [ops.CEPH_MDS_OP_UNLINK, handleClientUnlink],
  [ops.CEPH_MDS_OP_RMDIR, handleClientUnlink],
  [ops.CEPH_MDS_OP_RENAME, handleClientRename],
  [ops.CEPH_MDS_OP_MKDIR, handleClientMkdir],
  [ops.CEPH_MDS_OP_SYMLINK, handleClientSymlink],
  [ops.CEPH_MDS_OP_LSSNAP, handleClientLssnap],
  [ops.CEPH_MDS_OP_MKSNAP, handleClientMksnap],
  [ops.CEPH_MDS_OP_RMSNAP, handleClientRmsnap],
  [ops.CEPH_MDS_OP_RENAMESNAP, handleClientRenamesnap],
]);

/** Runs the handler of the operation; one that isn't known is answered EOPNOTSUPP. */
export function dispatchOp(server: Server, mdr: MDRequestImpl, op: number): void {
  const handler = HANDLERS.get(op);
  if (handler) handler(server, mdr);
  else server.respondToRequest(mdr, -ERRNO.EOPNOTSUPP);
}
