import { ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { LockOpVec } from '../locks/lock-op.js';
import { SimpleLock } from '../locks/simple-lock.js';
import { CEPH_NOSNAP, CEPH_SNAPDIR } from '../types/ceph-fs.js';
import type { FilePath } from '../types/file-path.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import type { MDRequestImpl } from './md-request.js';
import { PATH_LOCKED, SNAP2_LOCKED, SNAP_LOCKED } from './mutation.js';
import * as flag from './traverse.js';

const RDLOCK_SNAP_ANY = flag.MDS_TRAVERSE_RDLOCK_SNAP | flag.MDS_TRAVERSE_RDLOCK_SNAP2;

/** One walk: what stays the same along the way. */
interface Walk {
  cache: MDCache;
  mdr: MDRequestImpl;
  flags: number;
  /** Makes the waiter that tries again. */
  retry: () => Completion;
}

/**
 * Walks a path from an inode downwards, taking locks on the way as `flags` (MDS_TRAVERSE_…) say, and reading directories where they aren't in
 * the cache. Symbolic links aren't followed: that is the client's affair.
 *
 * The dentries go to `mdr.dn[n]`, the end to `mdr.in[n]` where `pinInode` asks for it. A name that doesn't exist gives -ENOENT, with its null
 * dentry last among them, or, with WANT_DENTRY, success.
 *
 * @returns 0: arrived; below 0: an errno; above 0: the request waits, and is dispatched again
 * @see MDCache::path_traverse in src/mds/MDCache.cc (16.2.15)
 */
export function pathTraverse(
  cache: MDCache,
  mdr: MDRequestImpl,
  path: FilePath,
  flags: number,
  n: 0 | 1,
  pinInode: boolean,
): number {
  const { mds } = cache;
  const walk: Walk = { cache, mdr, flags, retry: () => cache.requests.retry(mdr) };
  cache.perf.inc('traverse');
  mdr.snapid = CEPH_NOSNAP;
  const start = cache.getInode(path.ino);
  if (!start || start.isPurging()) return -ERRNO.ESTALE;
  if ((flags & RDLOCK_SNAP_ANY) !== 0 && (mdr.lockingState & (n === 0 ? SNAP_LOCKED : SNAP2_LOCKED)) === 0) {
    const wantLayout = (flags & flag.MDS_TRAVERSE_WANT_DIRLAYOUT) !== 0;
    if (!mds.locker.tryRdlockSnapLayout(start, mdr, n, wantLayout)) return 1;
  }
  const trace = mdr.dn[n];
  trace.length = 0;
  if (pinInode) mdr.in[n] = start;

  let current = start;
  const { bits } = path;
  const last = bits.length - 1;
  for (let depth = 0; depth <= last; depth++) {
    if (!current.isDir()) return -ERRNO.ENOTDIR;
    const name = bits[depth] as string;
    const wantDentry = depth === last && (flags & flag.MDS_TRAVERSE_WANT_DENTRY) !== 0;
    const dir = current.getOrOpenDirfrag(current.pickDirfrag(name));
    const dn = dir.lookup(name);
    if (!dn) return missed(walk, dir, name, depth === last, trace, wantDentry) ?? arrived(walk, n);
    if (dn.isPurging()) return -ERRNO.ENOENT;
    const locked = lockDentry(walk, current, dn, depth === last);
    if (locked !== 0) return locked;
    trace.push(dn);
    const linkage = dn.getProjectedLinkage();
    if (linkage.isNull()) {
      if (wantDentry) break;
      // a trace that doesn't lead all the way would be taken for one that does
      if (depth < last) trace.length = 0;
      return -ERRNO.ENOENT;
    }
    let { inode } = linkage;
    if (!inode) {
      inode = cache.getInode(linkage.remoteIno);
      if (!inode) {
        if (dn.isBadRemoteIno()) return -ERRNO.EIO;
        cache.perf.inc('traverse_remote_ino');
        cache.openRemoteDentry(dn, walk.retry());
        return 1;
      }
      dn.linkRemote(linkage, inode);
    }
    current = inode;
    if ((flags & RDLOCK_SNAP_ANY) !== 0 && !wantDentry) {
      const lov = new LockOpVec();
      lov.addRdlock(current.snaplock);
      if (!mds.locker.acquireLocks(mdr, lov)) return 1;
    }
    cache.touchInode(current);
    if (pinInode) mdr.in[n] = current;
  }
  return arrived(walk, n);
}

function arrived({ cache, mdr, flags }: Walk, n: 0 | 1): number {
  cache.perf.inc('traverse_hit');
  if ((flags & RDLOCK_SNAP_ANY) !== 0) mdr.lockingState |= n === 0 ? SNAP_LOCKED : SNAP2_LOCKED;
  if ((flags & flag.MDS_TRAVERSE_RDLOCK_PATH) !== 0) mdr.lockingState |= PATH_LOCKED;
  return 0;
}

/** @returns 0, or 1 where the request waits */
function lockDentry({ cache, mdr, flags, retry }: Walk, diri: CInode, dn: CDentry, isLast: boolean): number {
  const { locker, mdlog } = cache.mds;
  if ((flags & flag.MDS_TRAVERSE_RDLOCK_PATH) !== 0) {
    const lov = new LockOpVec();
    if (isLast && (flags & flag.MDS_TRAVERSE_XLOCK_DENTRY) !== 0) {
      lov.addWrlock(diri.filelock);
      lov.addWrlock(diri.nestlock);
      if ((flags & flag.MDS_TRAVERSE_RDLOCK_AUTHLOCK) !== 0) lov.addRdlock(diri.authlock);
      lov.addXlock(dn.lock);
    } else {
      lov.addRdlock(dn.lock);
    }
    return locker.acquireLocks(mdr, lov) ? 0 : 1;
  }
  if ((flags & flag.MDS_TRAVERSE_PATH_LOCKED) !== 0 || dn.lock.canRead(mdr.getClient()) || dn.lock.xlockBy === mdr) return 0;
  dn.lock.addWaiter(SimpleLock.WAIT_RD, retry());
  cache.perf.inc('traverse_lock');
  if (dn.lock.isUnstableAndLocked()) mdlog.flush();
  return 1;
}

/** The name isn't in the cache. @returns undefined: it doesn't exist, and its dentry, now there, is what was wanted */
function missed(walk: Walk, dir: CDir, name: string, isLast: boolean, trace: CDentry[], wantDentry: boolean): number | undefined {
  const { cache } = walk;
  if (!dir.isComplete()) {
    cache.perf.inc('traverse_dir_fetch');
    cache.touchInode(dir.inode);
    dir.fetch(walk.retry());
    return 1;
  }
  if (dir.isBadFrag()) return -ERRNO.EIO;
  if (!isLast || walk.mdr.snapid === CEPH_SNAPDIR) {
    trace.length = 0;
    return -ERRNO.ENOENT;
  }
  if (dir.isFrozen()) {
    dir.addUnfreezeWaiter(walk.retry());
    return 1;
  }
  const dn = dir.addNullDentry(name);
  const locked = (walk.flags & flag.MDS_TRAVERSE_RDLOCK_PATH) !== 0 ? lockDentry(walk, dir.inode, dn, true) : 0;
  if (locked !== 0) return locked;
  trace.push(dn);
  return wantDentry ? undefined : -ERRNO.ENOENT;
}

/** Walks what is in the cache only, without locks: for admin commands. `~mdsdir` is the rank's own directory. */
export function cacheTraverse(cache: MDCache, path: FilePath): CInode | undefined {
  const { bits } = path;
  let depth = 0;
  let inode: CInode | undefined;
  if (path.ino !== 0) {
    inode = cache.getInode(path.ino);
  } else if (bits[0] === '~mdsdir' || bits[0] === `~mds${cache.mds.whoami}`) {
    inode = cache.myin;
    depth = 1;
  } else {
    inode = cache.root;
  }
  for (; inode && depth < bits.length; depth++) {
    const name = bits[depth] as string;
    inode = inode.getDirfrag(inode.pickDirfrag(name))?.lookup(name)?.linkage.inode;
  }
  return inode;
}
