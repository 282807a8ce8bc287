import { ERRNO } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import { ALL_LOCKED, PATH_LOCKED } from '../cache/mutation.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import {
  MDS_TRAVERSE_RDLOCK_AUTHLOCK,
  MDS_TRAVERSE_RDLOCK_PATH,
  MDS_TRAVERSE_RDLOCK_SNAP,
  MDS_TRAVERSE_RDLOCK_SNAP2,
  MDS_TRAVERSE_WANT_AUTH,
  MDS_TRAVERSE_WANT_DENTRY,
  MDS_TRAVERSE_WANT_DIRLAYOUT,
  MDS_TRAVERSE_XLOCK_DENTRY,
} from '../cache/traverse.js';
import { LockOpVec } from '../locks/lock-op.js';
import type { FilePath } from '../types/file-path.js';
import type { Frag } from '@cephts/encoding';
import type { Server } from './server.js';

/** The dentry a request is about: the last of its path. */
export function lastDentry(mdr: MDRequestImpl, n: 0 | 1 = 0): CDentry {
  const trace = mdr.dn[n];
  return trace[trace.length - 1] as CDentry;
}

function isLastDotOrDotdot(path: FilePath): boolean {
  const last = path.bits[path.depth - 1];
  return last === '.' || last === '..';
}

/** An inode that isn't in the cache may still be somewhere: looks for it, and tries again. */
function findInode(server: Server, mdr: MDRequestImpl, ino: number): void {
  server.mds.mdcache.findInoPeers(ino, (r) => {
    if (r === -ERRNO.ESTALE) server.respondToRequest(mdr, r);
    else server.dispatchClientRequest(mdr);
  });
}

/**
 * Walks the request's path to an inode, taking rdlocks on the way, and pins it.
 *
 * @returns undefined when the request waits or was answered
 */
export function rdlockPathPinRef(server: Server, mdr: MDRequestImpl, wantAuth: boolean, noWantAuth = false): CInode | undefined {
  if (mdr.lockingState & PATH_LOCKED) return mdr.in[0];
  const path = mdr.getFilepath();
  let auth = wantAuth;
  let flags = 0;
  if (path.isLastSnap()) auth = auth || !noWantAuth;
  else flags |= MDS_TRAVERSE_RDLOCK_PATH | MDS_TRAVERSE_RDLOCK_SNAP;
  if (auth) flags |= MDS_TRAVERSE_WANT_AUTH;
  const r = server.mds.mdcache.pathTraverse(mdr, path, flags, 0, true);
  if (r > 0) return undefined;
  if (r < 0) {
    if (r === -ERRNO.ESTALE) {
      findInode(server, mdr, path.ino);
      return undefined;
    }
    if (r === -ERRNO.ENOENT && mdr.dn[0].length > 0 && mdr.clientRequest?.isDentryWanted() === true) mdr.tracedn = lastDentry(mdr);
    server.respondToRequest(mdr, r);
    return undefined;
  }
  const inode = mdr.in[0] as CInode;
  if (auth) {
    // a release that came with the request may have been deferred by the freeze: the locks would wait for it for ever
    if (inode.isFrozen() || (inode.isFreezing() && !mdr.isAuthPinned(inode))) {
      inode.addUnfreezeWaiter(server.mds.locker.retry(mdr));
      return undefined;
    }
    mdr.authPin(inode);
  }
  mdr.pin(inode);
  return inode;
}

/** Directories that clients can't change: ~mds0 and what is in it. */
function isSystemDir(inode: CInode): boolean {
  return inode.isSystem() && !inode.isRoot();
}

/** A directory that was removed, though somebody still has it open. */
function isRemovedDir(inode: CInode): boolean {
  return !inode.isBase() && inode.getProjectedParentDir()?.inode.isStray() === true;
}

/**
 * Walks to the directory of the request's dentry, rdlocks what lies on the way and xlocks the dentry; one that doesn't exist is made, with
 * no inode.
 *
 * @param create is an inode going to be made?
 * @param okexist may the dentry have one?
 * @returns undefined when the request waits or was answered
 */
export function rdlockPathXlockDentry(
  server: Server,
  mdr: MDRequestImpl,
  create: boolean,
  okexist = false,
  wantLayout = false,
): CDentry | undefined {
  if (mdr.lockingState & PATH_LOCKED) return lastDentry(mdr);
  const path = mdr.getFilepath();
  const refuse = (r: number): undefined => {
    server.respondToRequest(mdr, r);
    return undefined;
  };
  if (path.depth === 0) return refuse(-ERRNO.EINVAL);
  if (path.isLastSnap()) return refuse(-ERRNO.EROFS);
  if (isLastDotOrDotdot(path)) return refuse(create ? -ERRNO.EEXIST : -ERRNO.ENOTEMPTY);
  if (path.lastDentry.length > 255 / 4 && new TextEncoder().encode(path.lastDentry).length > 255)
    return refuse(-ERRNO.ENAMETOOLONG);

  let flags =
    MDS_TRAVERSE_RDLOCK_SNAP |
    MDS_TRAVERSE_RDLOCK_PATH |
    MDS_TRAVERSE_WANT_DENTRY |
    MDS_TRAVERSE_XLOCK_DENTRY |
    MDS_TRAVERSE_WANT_AUTH;
  if (create) flags |= MDS_TRAVERSE_RDLOCK_AUTHLOCK;
  if (wantLayout) flags |= MDS_TRAVERSE_WANT_DIRLAYOUT;
  const r = server.mds.mdcache.pathTraverse(mdr, path, flags, 0, false);
  if (r > 0) return undefined;
  if (r === -ERRNO.ESTALE) {
    findInode(server, mdr, path.ino);
    return undefined;
  }
  if (r < 0) return refuse(r);

  const dn = lastDentry(mdr);
  const diri = dn.dir.inode;
  if (isSystemDir(diri)) return refuse(-ERRNO.EROFS);
  if (isRemovedDir(diri)) return refuse(-ERRNO.ENOENT);
  const linkage = dn.getProjectedLinkage();
  if (linkage.isNull()) {
    if (!create && okexist) return refuse(-ERRNO.ENOENT);
    dn.setFirstToNextSnap();
  } else {
    if (!okexist) return refuse(-ERRNO.EEXIST);
    mdr.in[0] = linkage.inode;
  }
  return dn;
}

/** Where a request has two paths. */
export interface TwoDentries {
  destdn: CDentry;
  srcdn: CDentry;
}

/**
 * Walks both paths of a rename or link and locks the two ends in an order that is the same for everyone: by tree, depth, inode number of
 * the directory, and name.
 *
 * @returns undefined when the request waits or was answered
 */
export function rdlockTwoPathsXlockDestdn(server: Server, mdr: MDRequestImpl, xlockSrcdn: boolean): TwoDentries | undefined {
  if (mdr.lockingState & PATH_LOCKED) return { destdn: lastDentry(mdr, 0), srcdn: lastDentry(mdr, 1) };
  const refuse = (r: number): undefined => {
    server.respondToRequest(mdr, r);
    return undefined;
  };
  const path = mdr.getFilepath();
  const path2 = mdr.getFilepath2();
  if (path.depth !== 1 || path2.depth !== 1) return refuse(-ERRNO.EINVAL);
  if (path.isLastSnap() || path2.isLastSnap()) return refuse(-ERRNO.EROFS);
  if (new TextEncoder().encode(path.lastDentry).length > 255) return refuse(-ERRNO.ENAMETOOLONG);
  const { mdcache, locker } = server.mds;
  let r = mdcache.pathTraverse(mdr, path, MDS_TRAVERSE_RDLOCK_SNAP | MDS_TRAVERSE_WANT_DENTRY | MDS_TRAVERSE_WANT_AUTH, 0, false);
  if (r === 0) r = mdcache.pathTraverse(mdr, path2, MDS_TRAVERSE_RDLOCK_SNAP2 | MDS_TRAVERSE_WANT_DENTRY, 1, false);
  if (r > 0) return undefined;
  if (r === -ERRNO.ESTALE) {
    findInode(server, mdr, mdr.dn[0].length > 0 ? path2.ino : path.ino);
    return undefined;
  }
  if (r < 0) return refuse(r);

  const srcdn = lastDentry(mdr, 1);
  const destdn = lastDentry(mdr, 0);
  const srcdir = srcdn.dir;
  const destdir = destdn.dir;
  // the MDS itself may: it moves strays to a name that is left
  if (mdr.reqid.name.isClient() && (isSystemDir(srcdir.inode) || isSystemDir(destdir.inode))) return refuse(-ERRNO.EROFS);
  if (isRemovedDir(destdir.inode)) return refuse(-ERRNO.ENOENT);

  if (!locker.acquireLocks(mdr, twoDentryLocks(mdr, srcdn, destdn, xlockSrcdn))) return undefined;
  if (srcdn.getProjectedLinkage().isNull()) return refuse(-ERRNO.ENOENT);
  if (destdn.getProjectedLinkage().isNull()) destdn.setFirstToNextSnap();
  mdr.lockingState |= PATH_LOCKED;
  return { destdn, srcdn };
}

function twoDentryLocks(mdr: MDRequestImpl, srcdn: CDentry, destdn: CDentry, xlockSrcdn: boolean): LockOpVec {
  const lov = new LockOpVec();
  const srcdiri = srcdn.dir.inode;
  const destdiri = destdn.dir.inode;
  const lockSrc = (): void => {
    if (xlockSrcdn) lov.addXlock(srcdn.lock);
    else lov.addRdlock(srcdn.lock);
  };
  const lockDir = (diri: CInode): void => {
    lov.addWrlock(diri.filelock);
    lov.addWrlock(diri.nestlock);
  };
  if (srcdiri === destdiri) {
    lockDir(destdiri);
    if (srcdn.name > destdn.name) lov.addXlock(destdn.lock);
    lockSrc();
    if (srcdn.name < destdn.name) lov.addXlock(destdn.lock);
    return lov;
  }
  const order = mdr.comparePaths();
  const destFirst = order < 0 || (order === 0 && destdiri.ino < srcdiri.ino);
  const lockDest = (): void => {
    lockDir(destdiri);
    lov.addXlock(destdn.lock);
  };
  if (destFirst) lockDest();
  if (xlockSrcdn) lockDir(srcdiri);
  lockSrc();
  if (!destFirst) lockDest();
  return lov;
}

/** The fragment of a directory, opened (and invented, if it was never stored) where need be; undefined when the request waits. */
export function tryOpenAuthDirfrag(server: Server, diri: CInode, frag: Frag, mdr: MDRequestImpl): CDir | undefined {
  const dir = diri.getDirfrag(frag);
  if (dir) return dir;
  if (diri.isFrozen()) {
    diri.addUnfreezeWaiter(server.mds.locker.retry(mdr));
    return undefined;
  }
  return diri.getOrOpenDirfrag(frag);
}

/** An inode by number, for requests that lock it themselves; undefined: answered ESTALE. */
export function tryGetAuthInode(server: Server, mdr: MDRequestImpl, ino: number): CInode | undefined {
  const inode = server.mds.mdcache.getInode(ino);
  if (!inode || inode.isPurging()) {
    server.respondToRequest(mdr, -ERRNO.ESTALE);
    return undefined;
  }
  return inode;
}

/** Locks the way inheritance of layouts is guarded: xlock of the policylock, rdlocks of the snaplocks above. */
export function xlockPolicylock(server: Server, mdr: MDRequestImpl, inode: CInode, wantLayout = false): boolean {
  if (mdr.lockingState & ALL_LOCKED) return true;
  const lov = new LockOpVec();
  lov.addXlock(inode.policylock);
  lov.addRdlock(inode.snaplock);
  const { locker } = server.mds;
  if (!locker.acquireLocks(mdr, lov)) return false;
  let layout = wantLayout;
  const projected = inode.getProjectedInode();
  if (layout && projected.hasLayout()) {
    mdr.dirLayout = projected.layout;
    layout = false;
  }
  const parent = inode.getProjectedParentDn();
  if (parent && !locker.tryRdlockSnapLayout(parent.dir.inode, mdr, 0, layout)) return false;
  mdr.lockingState |= ALL_LOCKED;
  return true;
}
