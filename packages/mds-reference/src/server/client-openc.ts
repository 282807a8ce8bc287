import { ERRNO } from '@cephts/common';
import { CEPH_FEATURE, Encoder, FileLayout, hasFeature } from '@cephts/encoding';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LOCK_EXCL } from '../locks/lock-states.js';
import { LockOpVec } from '../locks/lock-op.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import { OpencResponse } from '../messages/reply-trace.js';
import { flagsToMode } from '../types/caps.js';
import { CEPH_FILE_MODE_WR, CEPH_O_EXCL, S_IFMT, S_IFREG } from '../types/ceph-fs.js';
import { checkRequestAccess, checkSpace, MAY_SET_VXATTR, MAY_WRITE } from './access.js';
import { journalNewInode, setAlternateName, setFirstRange } from './client-create.js';
import { handleClientOpen } from './client-open.js';
import { ServerLogContext } from './finish.js';
import { prepareNewInode } from './new-inode.js';
import { rdlockPathXlockDentry } from './path.js';
import type { Server } from './server.js';

const scratch = new Encoder(64);

/** CEPHFS_FEATURE_DELEG_INO */
const FEATURE_DELEG_INO = 13;

/** The layout of a new file: what the directories above say, changed by what the request asks; undefined: not valid, answered. */
function newLayout(server: Server, mdr: MDRequestImpl): { layout: FileLayout; changed: boolean } | undefined {
  const { mdcache, mdsmap } = server.mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const base = mdr.dirLayout.isNone() ? mdcache.defaultFileLayout : mdr.dirLayout;
  const { stripeUnit, stripeCount, objectSize, pool } = req.args.open;
  const asksPool = pool >= 0 && hasFeature(req.connection?.features ?? 0n, CEPH_FEATURE.CREATEPOOLID);
  if (stripeUnit === 0 && stripeCount === 0 && objectSize === 0 && !asksPool) return { layout: base, changed: false };
  const layout = new FileLayout(
    stripeUnit || base.stripeUnit,
    stripeCount || base.stripeCount,
    objectSize || base.objectSize,
    asksPool ? pool : base.poolId,
    base.poolNs,
  );
  if (!layout.isValid() || !mdsmap.isDataPool(layout.poolId)) {
    server.respondToRequest(mdr, -ERRNO.EINVAL);
    return undefined;
  }
  return { layout, changed: !layout.equals(base) };
}

function opencFinish(server: Server, mdr: MDRequestImpl, dn: CDentry, inode: CInode): MDSLogContextBase {
  const { mds } = server;
  return new ServerLogContext(mds, () => {
    const ls = mdr.ls as NonNullable<typeof mdr.ls>;
    dn.popProjectedLinkage();
    inode.markDirty(ls);
    inode.markDirtyParent(ls, true);
    mdr.apply();
    mds.locker.shareInodeMaxSize(inode);
    mds.balancer.hitInodeWrite(inode);
    server.respondToRequest(mdr, 0);
  });
}

/**
 * O_CREAT: makes a file and opens it; one that is there is only opened, unless O_EXCL forbids it.
 *
 * @see Server::handle_client_openc in src/mds/Server.cc (16.2.15)
 */
export function handleClientOpenc(server: Server, mdr: MDRequestImpl): void {
  const { mds } = server;
  const { mdlog, mdcache, locker } = mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const args = req.args.open;
  const mode = flagsToMode(args.flags);
  const excl = (args.flags & CEPH_O_EXCL) !== 0;
  const dn = rdlockPathXlockDentry(server, mdr, true, !excl, true);
  if (!dn) return;
  const linkage = dn.getProjectedLinkage();
  if (!linkage.isNull()) {
    const existing = mdcache.getDentryInode(dn, mdr);
    if (!existing) return;
    mdr.in[0] = existing;
    locker.xlockDowngrade(dn.lock, mdr);
    const lov = new LockOpVec();
    lov.addRdlock(existing.snaplock);
    if (locker.acquireLocks(mdr, lov)) handleClientOpen(server, mdr);
    return;
  }
  if (!setAlternateName(server, mdr, dn)) return;
  const chosen = newLayout(server, mdr);
  if (!chosen) return;
  const { layout } = chosen;
  const { dir } = dn;
  if (!checkRequestAccess(server, mdr, dir.inode, chosen.changed ? MAY_WRITE | MAY_SET_VXATTR : MAY_WRITE)) return;
  if (!checkSpace(server, mdr, dir)) return;

  const inode = prepareNewInode(server, mdr, dir, (args.mode & ~S_IFMT) | S_IFREG, layout);
  dn.pushProjectedLinkage(inode);
  const bare = inode.inode;
  bare.version = dn.preDirty();
  if (layout.poolId !== mdcache.defaultFileLayout.poolId) bare.addOldPool(mdcache.defaultFileLayout.poolId);
  bare.updateBacktrace();
  bare.rstat.rfiles = 1;
  bare.accountedRstat.assign(bare.rstat);
  inode.first = dn.first;

  const cap = locker.issueNewCaps(inode, mode, mdr);
  inode.authlock.setState(LOCK_EXCL);
  inode.xattrlock.setState(LOCK_EXCL);
  if (cap && mode & CEPH_FILE_MODE_WR) setFirstRange(inode, mdr.getClient());

  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('openc');
  mdlog.startEntry(event);
  event.metablob.addOpenedIno(inode.ino);
  mdr.replyExtraBl = createdReply(mdr, inode.ino);
  journalNewInode(server, mdr, dn, inode, event, opencFinish(server, mdr, dn, inode), true);
}

/** Tells the client that the file is new: its number. No numbers are handed out for files it would make on its own. */
function createdReply(mdr: MDRequestImpl, ino: number): Uint8Array {
  const e = scratch.reset();
  if (mdr.session?.info.hasFeature(FEATURE_DELEG_INO) === true) new OpencResponse(ino).encode(e);
  else e.u64(ino);
  return e.toBytes();
}
