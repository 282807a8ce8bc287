import { ERRNO } from '@cephts/common';
import { FileLayout } from '@cephts/encoding';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LockOpVec } from '../locks/lock-op.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import type { Inode } from '../types/inode.js';
import { checkRequestAccess, MAY_SET_VXATTR, MAY_WRITE } from './access.js';
import { inodeUpdateFinish, touchCtime } from './client-setattr.js';
import { rdlockPathPinRef, tryGetAuthInode, xlockPolicylock } from './path.js';
import type { Server } from './server.js';

/** The layout that the request asks for, made from `old`; undefined: not valid, answered. */
function askedLayout(server: Server, mdr: MDRequestImpl, old: FileLayout): FileLayout | undefined {
  const asked = (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).args.setlayout.layout;
  const layout = new FileLayout(
    asked.stripeUnit || old.stripeUnit,
    asked.stripeCount || old.stripeCount,
    asked.objectSize || old.objectSize,
    asked.poolId > 0 ? asked.poolId : old.poolId,
    old.poolNs,
  );
  if (layout.isValid() && server.mds.mdsmap.isDataPool(layout.poolId)) return layout;
  server.respondToRequest(mdr, -ERRNO.EINVAL);
  return undefined;
}

function journalLayout(server: Server, mdr: MDRequestImpl, inode: CInode, change: (pi: Inode) => void): void {
  const { mdlog, mdcache } = server.mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const pi = inode.projectInode(mdr);
  change(pi);
  pi.version = inode.preDirty();
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('setlayout');
  mdlog.startEntry(event);
  event.metablob.addClientReq(req.reqid, req.oldestClientTid);
  mdcache.predirtyJournalParents(mdr, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
  mdcache.journalDirtyInode(mdr, event.metablob, inode);
  server.journalAndReply(mdr, inode, undefined, event, inodeUpdateFinish(server, mdr, inode));
}

/**
 * The layout of a file that was never written.
 *
 * @see Server::handle_client_setlayout in src/mds/Server.cc (16.2.15)
 */
export function handleClientSetlayout(server: Server, mdr: MDRequestImpl): void {
  const inode = rdlockPathPinRef(server, mdr, true);
  if (!inode) return;
  const latest = inode.getProjectedInode();
  const errno =
    mdr.snapid !== CEPH_NOSNAP
      ? ERRNO.EROFS
      : !inode.isFile()
        ? ERRNO.EINVAL
        : latest.size > 0 || latest.truncateSeq > 1
          ? ERRNO.ENOTEMPTY
          : 0;
  if (errno !== 0) {
    server.respondToRequest(mdr, -errno);
    return;
  }
  const old = latest.layout;
  const layout = askedLayout(server, mdr, old);
  if (!layout) return;
  const lov = new LockOpVec();
  lov.addXlock(inode.filelock);
  if (!server.mds.locker.acquireLocks(mdr, lov)) return;
  if (!checkRequestAccess(server, mdr, inode, layout.equals(old) ? MAY_WRITE : MAY_WRITE | MAY_SET_VXATTR)) return;
  journalLayout(server, mdr, inode, (pi) => {
    pi.layout = layout;
    pi.addOldPool(old.poolId);
    touchCtime(pi, mdr);
  });
}

/**
 * The layout that files below a directory inherit.
 *
 * @see Server::handle_client_setdirlayout in src/mds/Server.cc (16.2.15)
 */
export function handleClientSetdirlayout(server: Server, mdr: MDRequestImpl): void {
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const inode = tryGetAuthInode(server, mdr, req.path.ino);
  if (!inode) return;
  if (!inode.isDir()) {
    server.respondToRequest(mdr, -ERRNO.ENOTDIR);
    return;
  }
  if (!xlockPolicylock(server, mdr, inode, true)) return;
  const latest = inode.getProjectedInode();
  const inherited = mdr.dirLayout.isNone() ? server.mds.mdcache.defaultFileLayout : mdr.dirLayout;
  const old = latest.hasLayout() ? latest.layout : inherited;
  const layout = askedLayout(server, mdr, old);
  if (!layout) return;
  if (!checkRequestAccess(server, mdr, inode, layout.equals(old) ? MAY_WRITE : MAY_WRITE | MAY_SET_VXATTR)) return;
  mdr.noEarlyReply = true;
  journalLayout(server, mdr, inode, (pi) => {
    pi.layout = layout;
  });
}
