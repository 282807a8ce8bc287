import { ERRNO } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_DIR, PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { addNewDir, addPrimaryDentry } from '../cache/meta-blob.js';
import { EUpdate } from '../journal/events/e-update.js';
import { LOCK_EXCL } from '../locks/lock-states.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import { CEPH_FILE_MODE_RDWR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../types/ceph-fs.js';
import { ClientWriteableRange } from '../types/client-writeable-range.js';
import { FRAG_ROOT } from '@cephts/encoding';
import { checkRequestAccess, checkSpace, MAY_WRITE } from './access.js';
import { ServerLogContext } from './finish.js';
import { journalAllocatedInos, prepareNewInode } from './new-inode.js';
import { rdlockPathXlockDentry } from './path.js';
import type { Server } from './server.js';

/**
 * Locks the dentry of something new and checks that it may be made; undefined when the request waits or was answered.
 */
function lockNewDentry(server: Server, mdr: MDRequestImpl, wantLayout: boolean): CDentry | undefined {
  const dn = rdlockPathXlockDentry(server, mdr, true, false, wantLayout);
  if (!dn) return undefined;
  if (!checkRequestAccess(server, mdr, dn.dir.inode, MAY_WRITE)) return undefined;
  if (!checkSpace(server, mdr, dn.dir)) return undefined;
  return setAlternateName(server, mdr, dn) ? dn : undefined;
}

/** A name the client alone understands (an encrypted one in full). @returns false: too long, answered */
export function setAlternateName(server: Server, mdr: MDRequestImpl, dn: CDentry): boolean {
  const name = mdr.clientRequest?.alternateName ?? '';
  if (name.length > server.conf.alternateNameMax) {
    server.respondToRequest(mdr, -ERRNO.ENAMETOOLONG);
    return false;
  }
  dn.alternateName = name;
  return true;
}

/** Journals the new inode with its dentry, and what changes in the directories above, and answers. */
export function journalNewInode(
  server: Server,
  mdr: MDRequestImpl,
  dn: CDentry,
  inode: CInode,
  event: EUpdate,
  fin: MDSLogContextBase,
  dirtyPool: boolean,
): void {
  const { mdcache } = server.mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const { metablob } = event;
  metablob.addClientReq(req.reqid, req.oldestClientTid);
  journalAllocatedInos(server, mdr, metablob);
  mdcache.predirtyJournalParents(mdr, metablob, inode, dn.dir, PREDIRTY_PRIMARY | PREDIRTY_DIR, 1);
  addPrimaryDentry(metablob, dn, inode, true, true, dirtyPool);
  if (inode.isDir()) {
    const dir = inode.getDirfrag(FRAG_ROOT);
    if (dir) addNewDir(metablob, dir);
    metablob.addOpenedIno(inode.ino);
  }
  server.journalAndReply(mdr, inode, dn, event, fin);
}

/** Follows when the new inode is safe: it is linked for all to see. */
function mknodFinish(server: Server, mdr: MDRequestImpl, dn: CDentry, inode: CInode): MDSLogContextBase {
  const { mds } = server;
  return new ServerLogContext(mds, () => {
    const ls = mdr.ls as NonNullable<typeof mdr.ls>;
    dn.popProjectedLinkage();
    inode.markDirty(ls);
    inode.markDirtyParent(ls, true);
    if (inode.isDir()) {
      const dir = inode.getDirfrag(FRAG_ROOT);
      dir?.markDirty(ls);
      dir?.markNew(ls);
    }
    mdr.apply();
    if (inode.isFile()) mds.locker.shareInodeMaxSize(inode);
    mds.balancer.hitInodeWrite(inode);
    server.respondToRequest(mdr, 0);
  });
}

/** The client that made it is alone with it: it gets all caps, and wants none yet. */
function issueToMaker(server: Server, mdr: MDRequestImpl, inode: CInode): boolean {
  const cap = server.mds.locker.issueNewCaps(inode, CEPH_FILE_MODE_RDWR, mdr);
  if (!cap) return false;
  cap.setWanted(0);
  inode.filelock.setState(LOCK_EXCL);
  inode.authlock.setState(LOCK_EXCL);
  inode.xattrlock.setState(LOCK_EXCL);
  return true;
}

/** A writer of a new file may write up to the end of the first stripe unit. */
export function setFirstRange(inode: CInode, client: number): void {
  const bare = inode.inode;
  const ranges = new Map(bare.clientRanges);
  ranges.set(client, new ClientWriteableRange(0, bare.layout.stripeUnit, inode.first - 1n));
  bare.clientRanges = ranges;
  inode.markClientwriteable();
  inode.getClientCap(client)?.markClientwriteable();
}

/**
 * A file without opening it, a fifo, a socket, a device.
 *
 * @see Server::handle_client_mknod in src/mds/Server.cc (16.2.15)
 */
export function handleClientMknod(server: Server, mdr: MDRequestImpl): void {
  const { mds } = server;
  const { mdlog, mdcache } = mds;
  const { mode: asked, rdev } = (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).args.mknod;
  const mode = (asked & S_IFMT) === 0 ? asked | S_IFREG : asked;
  const isFile = (mode & S_IFMT) === S_IFREG;
  const dn = lockNewDentry(server, mdr, isFile);
  if (!dn) return;
  const layout = mdr.dirLayout.isNone() ? mdcache.defaultFileLayout : mdr.dirLayout;
  const inode = prepareNewInode(server, mdr, dn.dir, mode, layout);
  dn.pushProjectedLinkage(inode);
  const bare = inode.inode;
  bare.version = dn.preDirty();
  bare.rdev = rdev;
  bare.rstat.rfiles = 1;
  bare.accountedRstat.assign(bare.rstat);
  if (layout.poolId !== mdcache.defaultFileLayout.poolId) bare.addOldPool(mdcache.defaultFileLayout.poolId);
  bare.updateBacktrace();
  inode.first = dn.first;
  if (isFile && issueToMaker(server, mdr, inode)) setFirstRange(inode, mdr.getClient());
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('mknod');
  mdlog.startEntry(event);
  journalNewInode(server, mdr, dn, inode, event, mknodFinish(server, mdr, dn, inode), true);
}

/** @see Server::handle_client_mkdir in src/mds/Server.cc (16.2.15) */
export function handleClientMkdir(server: Server, mdr: MDRequestImpl): void {
  const { mdlog } = server.mds;
  const dn = lockNewDentry(server, mdr, false);
  if (!dn) return;
  const { mode } = (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).args.mkdir;
  const inode = prepareNewInode(server, mdr, dn.dir, (mode & ~S_IFMT) | S_IFDIR);
  dn.pushProjectedLinkage(inode);
  const bare = inode.inode;
  bare.version = dn.preDirty();
  bare.rstat.rsubdirs = 1;
  bare.accountedRstat.assign(bare.rstat);
  bare.updateBacktrace();
  inode.first = dn.first;
  const dir = inode.getOrOpenDirfrag(FRAG_ROOT);
  dir.markCreating();
  dir.markComplete();
  dir.fnode.version = dir.preDirty();
  issueToMaker(server, mdr, inode);
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('mkdir');
  mdlog.startEntry(event);
  journalNewInode(server, mdr, dn, inode, event, mknodFinish(server, mdr, dn, inode), false);
}

/** @see Server::handle_client_symlink in src/mds/Server.cc (16.2.15) */
export function handleClientSymlink(server: Server, mdr: MDRequestImpl): void {
  const { mdlog } = server.mds;
  const dn = lockNewDentry(server, mdr, false);
  if (!dn) return;
  const inode = prepareNewInode(server, mdr, dn.dir, S_IFLNK | 0o777);
  dn.pushProjectedLinkage(inode);
  inode.symlink = (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).path2.path;
  const bare = inode.inode;
  bare.version = dn.preDirty();
  bare.size = Buffer.byteLength(inode.symlink);
  bare.rstat.rbytes = bare.size;
  bare.rstat.rfiles = 1;
  bare.accountedRstat.assign(bare.rstat);
  bare.updateBacktrace();
  inode.first = dn.first;
  mdr.ls = mdlog.getCurrentSegment();
  const event = new EUpdate('symlink');
  mdlog.startEntry(event);
  journalNewInode(server, mdr, dn, inode, event, mknodFinish(server, mdr, dn, inode), false);
}
