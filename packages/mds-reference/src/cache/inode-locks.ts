import type { LogSegment } from '../journal/log-segment.js';
import { LocalLock } from '../locks/local-lock.js';
import { ScatterLock } from '../locks/scatter-lock.js';
import type { ScatterLockParent } from '../locks/scatter-lock.js';
import { LOCK_TYPE, SimpleLock } from '../locks/simple-lock.js';
import { MDSCacheObject } from './cache-object.js';
import type { CInode } from './cinode.js';

/** Nobody takes or changes a lock that is only looked at. */
function neverLocked(): never {
  throw new Error('a lock that was only looked at is changed');
}
const NOBODY: ScatterLockParent = {
  isAuth: () => true,
  get: neverLocked,
  put: neverLocked,
  authPin: neverLocked,
  authUnpin: neverLocked,
  clearDirtyScattered: neverLocked,
};
/** As every lock is when it is made. */
const UNTOUCHED = {
  file: new ScatterLock(NOBODY, LOCK_TYPE.IFILE),
  auth: new SimpleLock(NOBODY, LOCK_TYPE.IAUTH),
  xattr: new SimpleLock(NOBODY, LOCK_TYPE.IXATTR),
  link: new SimpleLock(NOBODY, LOCK_TYPE.ILINK),
  policy: new SimpleLock(NOBODY, LOCK_TYPE.IPOLICY),
} as const;

/** What can be seen of a lock without making it. */
export type LockView = Pick<SimpleLock, 'state' | 'gcapsAllowed' | 'gcapsXlockerMask' | 'isXlockedByClient'>;

/** Those of its locks that an inode has made, and the segments that wait for one of them. */
class MadeLocks {
  version: LocalLock | undefined;
  auth: SimpleLock | undefined;
  link: SimpleLock | undefined;
  dirfragtree: ScatterLock | undefined;
  file: ScatterLock | undefined;
  xattr: SimpleLock | undefined;
  snap: SimpleLock | undefined;
  nest: ScatterLock | undefined;
  flock: SimpleLock | undefined;
  policy: SimpleLock | undefined;
  dirIn: LogSegment | undefined;
  nestIn: LogSegment | undefined;
  treeIn: LogSegment | undefined;
}

/**
 * The locks of an inode. Most inodes are read, looked at and trimmed without ever being locked, so a lock is made when it is first asked for.
 *
 * @see src/mds/CInode.h (16.2.15)
 */
export abstract class InodeLocks extends MDSCacheObject implements ScatterLockParent {
  #made: MadeLocks | undefined;

  get #locks(): MadeLocks {
    return (this.#made ??= new MadeLocks());
  }

  get versionlock(): LocalLock {
    return (this.#locks.version ??= new LocalLock(this, LOCK_TYPE.IVERSION));
  }
  get authlock(): SimpleLock {
    return (this.#locks.auth ??= new SimpleLock(this, LOCK_TYPE.IAUTH));
  }
  get linklock(): SimpleLock {
    return (this.#locks.link ??= new SimpleLock(this, LOCK_TYPE.ILINK));
  }
  get dirfragtreelock(): ScatterLock {
    return (this.#locks.dirfragtree ??= new ScatterLock(this, LOCK_TYPE.IDFT));
  }
  get filelock(): ScatterLock {
    return (this.#locks.file ??= new ScatterLock(this, LOCK_TYPE.IFILE));
  }
  get xattrlock(): SimpleLock {
    return (this.#locks.xattr ??= new SimpleLock(this, LOCK_TYPE.IXATTR));
  }
  get snaplock(): SimpleLock {
    return (this.#locks.snap ??= new SimpleLock(this, LOCK_TYPE.ISNAP));
  }
  get nestlock(): ScatterLock {
    return (this.#locks.nest ??= new ScatterLock(this, LOCK_TYPE.INEST));
  }
  get flocklock(): SimpleLock {
    return (this.#locks.flock ??= new SimpleLock(this, LOCK_TYPE.IFLOCK));
  }
  get policylock(): SimpleLock {
    return (this.#locks.policy ??= new SimpleLock(this, LOCK_TYPE.IPOLICY));
  }

  /** A lock to look at: one that was never asked for is not made. */
  lookAt(which: keyof typeof UNTOUCHED): LockView {
    return this.#made?.[which] ?? UNTOUCHED[which];
  }

  /** The locks that were asked for so far. */
  get usedLocks(): SimpleLock[] {
    const made = this.#made;
    if (!made) return [];
    const { version, auth, link, dirfragtree, file, xattr, snap, nest, flock, policy } = made;
    return [version, auth, link, dirfragtree, file, xattr, snap, nest, flock, policy].filter((lock) => lock !== undefined);
  }

  /** Sums of its fragments are ahead of the inode's: they must be gathered before segment `ls` can be trimmed. */
  noteDirtyScattered(type: number, ls: LogSegment): void {
    const inode = this as unknown as CInode;
    const made = this.#locks;
    if (type === LOCK_TYPE.IFILE && made.dirIn !== ls) {
      made.dirIn?.dirtyDirfragDir.delete(inode);
      made.dirIn = ls;
      ls.dirtyDirfragDir.add(inode);
    } else if (type === LOCK_TYPE.INEST && made.nestIn !== ls) {
      made.nestIn?.dirtyDirfragNest.delete(inode);
      made.nestIn = ls;
      ls.dirtyDirfragNest.add(inode);
    } else if (type === LOCK_TYPE.IDFT && made.treeIn !== ls) {
      made.treeIn?.dirtyDirfragDirfragtree.delete(inode);
      made.treeIn = ls;
      ls.dirtyDirfragDirfragtree.add(inode);
    }
  }

  clearDirtyScattered(type: number): void {
    const inode = this as unknown as CInode;
    const made = this.#made;
    if (!made) return;
    if (type === LOCK_TYPE.IFILE) {
      made.dirIn?.dirtyDirfragDir.delete(inode);
      made.dirIn = undefined;
    } else if (type === LOCK_TYPE.INEST) {
      made.nestIn?.dirtyDirfragNest.delete(inode);
      made.nestIn = undefined;
    } else if (type === LOCK_TYPE.IDFT) {
      made.treeIn?.dirtyDirfragDirfragtree.delete(inode);
      made.treeIn = undefined;
    }
  }

  /** The inode goes: nothing is to be gathered any more. */
  clearScatterDirty(): void {
    this.#made?.file?.removeDirty();
    this.#made?.nest?.removeDirty();
    this.#made?.dirfragtree?.removeDirty();
  }
}
