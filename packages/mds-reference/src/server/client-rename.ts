import { ERRNO } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import { ALL_LOCKED } from '../cache/mutation.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { checkFragmentSpace, checkRequestAccess, checkSpace, MAY_WRITE } from './access.js';
import { addStrayLocks, dirIsNonempty, dirIsNonemptyUnlocked } from './client-unlink.js';
import { ServerLogContext } from './finish.js';
import { prepareStrayDentry } from './new-inode.js';
import { rdlockTwoPathsXlockDestdn } from './path.js';
import { renameApply, renamePrepare } from './rename-update.js';
import type { Rename } from './rename-update.js';
import type { Server } from './server.js';

function isDotOrDotdot(name: string | undefined): boolean {
  return name === '.' || name === '..';
}

/** What POSIX says about putting `srci` in the place of `oldin`; 0: go on. */
function overwriteErrno(srci: CInode, oldin: CInode): number {
  if (oldin.isDir() && dirIsNonemptyUnlocked(oldin)) return -ERRNO.ENOTEMPTY;
  if (oldin.isDir() && !srci.isDir()) return -ERRNO.EISDIR;
  if (!oldin.isDir() && srci.isDir()) return -ERRNO.ENOTDIR;
  return 0;
}

/** Locks the inodes of both ends (their link counts and ctimes change), in an order that is the same for everyone. */
function lockInodes(server: Server, mdr: MDRequestImpl, rename: Rename): boolean {
  if (mdr.lockingState & ALL_LOCKED) return true;
  const { srci, oldin, straydn } = rename;
  const lov = new LockOpVec();
  lov.addXlock(srci.linklock);
  lov.addXlock(srci.snaplock);
  if (oldin && oldin !== srci) {
    lov.addXlock(oldin.linklock);
    lov.addXlock(oldin.snaplock);
    if (oldin.isDir()) {
      lov.addRdlock(oldin.filelock);
      const order = mdr.comparePaths();
      if (order < 0 || (order === 0 && oldin.ino < srci.ino)) lov.ops.reverse();
    } else if (srci.ino > oldin.ino) {
      lov.ops.reverse();
    }
  }
  addStrayLocks(lov, straydn);
  if (!server.mds.locker.acquireLocks(mdr, lov)) return false;
  mdr.lockingState |= ALL_LOCKED;
  return true;
}

/**
 * @see Server::handle_client_rename in src/mds/Server.cc (16.2.15)
 */
export function handleClientRename(server: Server, mdr: MDRequestImpl): void {
  const { mds } = server;
  const { mdcache, mdlog } = mds;
  const respond = (r: number): void => server.respondToRequest(mdr, r);
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const destpath = mdr.getFilepath();
  const srcpath = mdr.getFilepath2();
  if (isDotOrDotdot(destpath.bits.at(-1)) || isDotOrDotdot(srcpath.bits.at(-1))) {
    respond(-ERRNO.EBUSY);
    return;
  }
  if (req.alternateName.length > server.conf.alternateNameMax) {
    respond(-ERRNO.ENAMETOOLONG);
    return;
  }
  const ends = rdlockTwoPathsXlockDestdn(server, mdr, true);
  if (!ends) return;
  const { destdn, srcdn } = ends;
  if (destdn === srcdn) {
    respond(0);
    return;
  }
  const srci = mdcache.getDentryInode(srcdn, mdr);
  if (!srci) return;
  if (srci.isDir() && srci.isProjectedAncestorOf(destdn.dir.inode)) {
    respond(-ERRNO.EINVAL);
    return;
  }
  let oldin: CInode | undefined;
  const destnull = destdn.getProjectedLinkage().isNull();
  if (!destnull) {
    oldin = mdcache.getDentryInode(destdn, mdr);
    if (!oldin) return;
    const r = overwriteErrno(srci, oldin);
    if (r < 0) {
      respond(r);
      return;
    }
    // two names of one file: POSIX leaves both
    if (srci === oldin && !srcdn.dir.inode.isStray()) {
      respond(0);
      return;
    }
    if (destdn.alternateName !== req.alternateName) {
      respond(-ERRNO.EINVAL);
      return;
    }
  }
  const linkmerge = srci === oldin;
  const rename: Rename = { srcdn, destdn, srci, oldin, straydn: undefined, linkmerge };
  if (oldin && !linkmerge && destdn.getProjectedLinkage().isPrimary()) {
    rename.straydn = prepareStrayDentry(server, mdr, oldin);
    if (!rename.straydn) return;
  } else if (mdr.straydn) {
    mdr.unpin(mdr.straydn);
    mdr.straydn = undefined;
  }
  if (!lockInodes(server, mdr, rename)) return;
  if (!checkRename(server, mdr, rename)) return;
  if (oldin?.isDir() && dirIsNonempty(oldin)) {
    respond(-ERRNO.ENOTEMPTY);
    return;
  }
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('rename');
  mdlog.startEntry(event);
  event.metablob.addClientReq(mdr.reqid, req.oldestClientTid);
  if (destnull) destdn.alternateName = req.alternateName;
  const versions = renamePrepare(server, mdr, event.metablob, rename);
  const fin = new ServerLogContext(mds, () => {
    renameApply(server, mdr, rename, versions);
    renameFinish(server, mdr, srcdn, rename.straydn);
  });
  server.journalAndReply(mdr, srci, destdn, event, fin);
}

function checkRename(server: Server, mdr: MDRequestImpl, rename: Rename): boolean {
  const { srcdn, destdn, srci, linkmerge } = rename;
  if (!checkRequestAccess(server, mdr, srcdn.dir.inode, MAY_WRITE)) return false;
  if (!checkRequestAccess(server, mdr, destdn.dir.inode, MAY_WRITE)) return false;
  if (!linkmerge && !(rename.oldin ? checkFragmentSpace : checkSpace)(server, mdr, destdn.dir)) return false;
  return checkRequestAccess(server, mdr, srci, MAY_WRITE);
}

function renameFinish(server: Server, mdr: MDRequestImpl, srcdn: CDentry, straydn: CDentry | undefined): void {
  const { mds } = server;
  mds.balancer.hitDirWrite(srcdn.dir);
  server.respondToRequest(mdr, 0);
  if (straydn && !straydn.getProjectedLinkage().isNull()) mds.mdcache.strayManager.evalStray(straydn);
}
