import { ERRNO } from '@cephts/common';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { Session } from '../tables/session.js';
import { MDSAuthCaps } from './mds-auth-caps.js';
import type { Server } from './server.js';

export { MAY_CHGRP, MAY_CHOWN, MAY_EXECUTE, MAY_FULL, MAY_READ, MAY_SET_VXATTR, MAY_SNAPSHOT, MAY_WRITE } from './mds-auth-caps.js';

/**
 * May the caller do this with the inode? 0 or -EACCES.
 *
 * @see Session::check_access in src/mds/SessionMap.cc (16.2.15)
 */
export function checkAccess(
  session: Session,
  inode: CInode,
  mask: number,
  callerUid: number,
  callerGid: number,
  callerGids: readonly number[],
  newUid: number,
  newGid: number,
): number {
  const caps = session.authCaps ?? MDSAuthCaps.ALLOW_ALL;
  if (caps.allowAll()) return 0;
  const { uid, gid, mode } = inode.inode;
  const capable = caps.isCapable(mask, {
    path: () => pathOf(inode),
    inodeUid: uid,
    inodeGid: gid,
    inodeMode: mode,
    callerUid,
    callerGid,
    callerGids,
    newUid,
    newGid,
  });
  return capable ? 0 : -ERRNO.EACCES;
}

/** Path from the root without a slash in front; of an inode without a name, where it was before. */
function pathOf(inode: CInode): string {
  const stray = inode.inode.strayPriorPath;
  const path = stray !== '' && inode.getProjectedParentDn()?.dir.inode.isStray() === true ? stray : inode.makePathString();
  return path.startsWith('/') ? path.slice(1) : path;
}

/** {@link checkAccess} for a request; where access is denied the request is answered. */
export function checkRequestAccess(server: Server, mdr: MDRequestImpl, inode: CInode, mask: number): boolean {
  const { session, clientRequest: req } = mdr;
  if (!session || !req || (session.authCaps ?? MDSAuthCaps.ALLOW_ALL).allowAll()) return true;
  const { uid, gid } = req.args.setattr;
  const r = checkAccess(session, inode, mask, req.callerUid, req.callerGid, req.gidList, uid, gid);
  if (r === 0) return true;
  server.respondToRequest(mdr, r);
  return false;
}

/** Is there room for one more entry in the fragment, and in the whole directory? Otherwise the request is answered ENOSPC. */
export function checkSpace(server: Server, mdr: MDRequestImpl, dir: CDir): boolean {
  if (!checkFragmentSpace(server, mdr, dir)) return false;
  const limit = server.conf.dirMaxEntries;
  if (limit === 0) return true;
  const { dirstat } = dir.inode.getProjectedInode();
  if (dirstat.nfiles + dirstat.nsubdirs < limit) return true;
  server.respondToRequest(mdr, -ERRNO.ENOSPC);
  return false;
}

export function checkFragmentSpace(server: Server, mdr: MDRequestImpl, dir: CDir): boolean {
  if (dir.getFragSize() < server.conf.fragmentSizeMax) return true;
  server.respondToRequest(mdr, -ERRNO.ENOSPC);
  return false;
}
