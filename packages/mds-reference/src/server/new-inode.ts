import type { CDentry } from '../cache/cdentry.js';
import type { CDir } from '../cache/cdir.js';
import { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { FileLayout } from '@cephts/encoding';
import type { Session } from '../tables/session.js';
import { S_IFDIR, S_IFMT, S_ISGID } from '../types/ceph-fs.js';
import { InlineData } from '../types/inline-data.js';
import { checkFragmentSpace } from './access.js';
import type { Server } from './server.js';
import { decodeXattrs } from './xattrs.js';

/** truncate_size of a file that was never truncated. */
const NOT_TRUNCATED = 0xffff_ffff_ffff_ffffn;

/**
 * Makes the inode of a new file: number, owner, times, xattrs from the request. It is in the cache and linked nowhere.
 *
 * @see Server::prepare_new_inode in src/mds/Server.cc (16.2.15)
 */
export function prepareNewInode(server: Server, mdr: MDRequestImpl, dir: CDir, mode: number, layout?: FileLayout): CInode {
  const { mds, conf } = server;
  const { mdcache, inotable, sessionmap } = mds;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const session = mdr.session as Session;
  const inode = new CInode(mdcache);
  const bare = inode.inode;

  // a session that is being opened anew may have its numbers freed at this moment
  const mayUse = session.isOpen();
  bare.ino = takeIno(server, mdr, session, mayUse, req.ino);
  if (req.ino !== 0 && req.ino !== bare.ino) {
    mds.clog(
      'error',
      `${req.src} specified ino 0x${req.ino.toString(16)} but mds.${mds.whoami} allocated 0x${bare.ino.toString(16)}`,
    );
  }
  if (mayUse && session.numProjectedPreallocInos < conf.preallocInos / 2) {
    inotable.projectAllocIds(mdr.preallocInos, conf.preallocInos - session.numProjectedPreallocInos);
    session.pendingPreallocInos.insertSet(mdr.preallocInos);
    sessionmap.markProjected(session);
  }

  bare.version = 1;
  bare.xattrVersion = 1;
  bare.nlink = 1;
  bare.mode = mode;
  const isDir = (mode & S_IFMT) === S_IFDIR;
  if (isDir) bare.dirHash = conf.defaultDirHash;
  else bare.layout = layout ?? mdcache.defaultFileLayout;
  bare.truncateSize = NOT_TRUNCATED;
  bare.truncateSeq = 1;
  const parent = dir.inode.inode;
  if (parent.mode & S_ISGID) {
    bare.gid = parent.gid;
    if (isDir) bare.mode |= S_ISGID;
  } else {
    bare.gid = req.callerGid;
  }
  bare.uid = req.callerUid;
  const stamp = mdr.getOpStamp();
  bare.btime = stamp;
  bare.ctime = stamp;
  bare.mtime = stamp;
  bare.atime = stamp;
  if (req.data.length > 0) inode.xattrs = decodeXattrs(req.data);
  if (!mds.mdsmap.inlineDataEnabled) bare.inlineData = InlineData.NONE;
  mdcache.addInode(inode);
  return inode;
}

/**
 * A number for a new inode: one of the session's, else one of the table's. Where a table is older than what else is stored (it was reset, or repaired
 * by guess), it may offer a number that is in use; none that is found in the cache is given out a second time.
 */
function takeIno(server: Server, mdr: MDRequestImpl, session: Session, mayUse: boolean, wanted: number): number {
  const { mdcache, inotable, sessionmap } = server.mds;
  for (let want = wanted; ; want = 0) {
    const used = mayUse ? session.takeIno(want) : 0;
    const ino = used || inotable.projectAllocId(want);
    if (mdcache.getInode(ino) === undefined) {
      if (used === 0) mdr.allocIno = ino;
      else {
        mdr.usedPreallocIno = ino;
        sessionmap.markProjected(session);
      }
      return ino;
    }
    server.mds.clog('error', `inode number 0x${ino.toString(16)} was free, but is in use: it is passed over`);
    if (used === 0) inotable.passOver(ino);
    else session.info.preallocInos.erase(ino);
  }
}

/** Notes in the journal entry which inode numbers the request took. */
export function journalAllocatedInos(server: Server, mdr: MDRequestImpl, blob: EMetaBlob): void {
  const { sessionmap, inotable } = server.mds;
  blob.setInoAlloc(
    mdr.allocIno,
    mdr.usedPreallocIno,
    mdr.preallocInos,
    (mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>).src,
    sessionmap.projected,
    inotable.projectedVersion,
  );
}

/** The journal entry is safe: tables and session take over what was projected. */
export function applyAllocatedInos(server: Server, mdr: MDRequestImpl, session: Session | undefined): void {
  const { sessionmap, inotable } = server.mds;
  if (mdr.allocIno !== 0) inotable.applyAllocId(mdr.allocIno);
  if (!session) return;
  if (!mdr.preallocInos.isEmpty()) {
    session.pendingPreallocInos.subtract(mdr.preallocInos);
    session.freePreallocInos.insertSet(mdr.preallocInos);
    session.info.preallocInos.insertSet(mdr.preallocInos);
    sessionmap.markDirty(session, mdr.usedPreallocIno === 0);
    inotable.applyAllocIds(mdr.preallocInos);
  }
  if (mdr.usedPreallocIno !== 0) {
    session.info.preallocInos.erase(mdr.usedPreallocIno);
    sessionmap.markDirty(session);
  }
}

/** The dentry in a stray directory that an inode gets when it loses its last name; undefined when the request waits or was answered. */
export function prepareStrayDentry(server: Server, mdr: MDRequestImpl, inode: CInode): CDentry | undefined {
  const { mdcache, locker } = server.mds;
  if (mdr.straydn) {
    if (mdr.straydn.name === inode.nameStrayDentry()) return mdr.straydn;
    // while the request waited another inode came to have the name
    mdr.unpin(mdr.straydn);
    mdr.straydn = undefined;
  }
  const dir = mdcache.getStrayDir(inode);
  if (mdr.clientRequest?.isReplay() !== true && !checkFragmentSpace(server, mdr, dir)) return undefined;
  const name = inode.nameStrayDentry();
  let straydn = dir.lookup(name);
  if (!straydn) {
    if (dir.isFrozen()) {
      locker.dropLocks(mdr);
      mdr.dropLocalAuthPins();
      dir.addUnfreezeWaiter(locker.retry(mdr));
      return undefined;
    }
    straydn = dir.addNullDentry(name);
    straydn.markNew();
  }
  straydn.markStray();
  mdr.straydn = straydn;
  mdr.pin(straydn);
  return straydn;
}
