import type { LogSegment } from '../journal/log-segment.js';
import { LocalLock } from '../locks/local-lock.js';
import { ScatterLock } from '../locks/scatter-lock.js';
import type { ScatterLockParent } from '../locks/scatter-lock.js';
import { LOCK_TYPE, SimpleLock } from '../locks/simple-lock.js';
import { MDSCacheObject } from './cache-object.js';
import type { CInode } from './cinode.js';

/**
 * The locks of an inode. Most inodes are made, stored and trimmed without ever being locked in all these ways, so each lock is made when it is
 * first asked for.
 *
 * @see src/mds/CInode.h (16.2.15)
 */
export abstract class InodeLocks extends MDSCacheObject implements ScatterLockParent {
  #versionlock: LocalLock | undefined;
  #authlock: SimpleLock | undefined;
  #linklock: SimpleLock | undefined;
  #dirfragtreelock: ScatterLock | undefined;
  #filelock: ScatterLock | undefined;
  #xattrlock: SimpleLock | undefined;
  #snaplock: SimpleLock | undefined;
  #nestlock: ScatterLock | undefined;
  #flocklock: SimpleLock | undefined;
  #policylock: SimpleLock | undefined;
  #dirIn: LogSegment | undefined;
  #nestIn: LogSegment | undefined;
  #treeIn: LogSegment | undefined;

  get versionlock(): LocalLock {
    return (this.#versionlock ??= new LocalLock(this, LOCK_TYPE.IVERSION));
  }
  get authlock(): SimpleLock {
    return (this.#authlock ??= new SimpleLock(this, LOCK_TYPE.IAUTH));
  }
  get linklock(): SimpleLock {
    return (this.#linklock ??= new SimpleLock(this, LOCK_TYPE.ILINK));
  }
  get dirfragtreelock(): ScatterLock {
    return (this.#dirfragtreelock ??= new ScatterLock(this, LOCK_TYPE.IDFT));
  }
  get filelock(): ScatterLock {
    return (this.#filelock ??= new ScatterLock(this, LOCK_TYPE.IFILE));
  }
  get xattrlock(): SimpleLock {
    return (this.#xattrlock ??= new SimpleLock(this, LOCK_TYPE.IXATTR));
  }
  get snaplock(): SimpleLock {
    return (this.#snaplock ??= new SimpleLock(this, LOCK_TYPE.ISNAP));
  }
  get nestlock(): ScatterLock {
    return (this.#nestlock ??= new ScatterLock(this, LOCK_TYPE.INEST));
  }
  get flocklock(): SimpleLock {
    return (this.#flocklock ??= new SimpleLock(this, LOCK_TYPE.IFLOCK));
  }
  get policylock(): SimpleLock {
    return (this.#policylock ??= new SimpleLock(this, LOCK_TYPE.IPOLICY));
  }

  /** The locks that were asked for so far. */
  get usedLocks(): SimpleLock[] {
    const all = [
      this.#versionlock,
      this.#authlock,
      this.#linklock,
      this.#dirfragtreelock,
      this.#filelock,
      this.#xattrlock,
      this.#snaplock,
      this.#nestlock,
      this.#flocklock,
      this.#policylock,
    ];
    return all.filter((lock) => lock !== undefined);
  }

  /** Sums of its fragments are ahead of the inode's: they must be gathered before segment `ls` can be trimmed. */
  noteDirtyScattered(type: number, ls: LogSegment): void {
    const inode = this as unknown as CInode;
    if (type === LOCK_TYPE.IFILE && this.#dirIn !== ls) {
      this.#dirIn?.dirtyDirfragDir.delete(inode);
      this.#dirIn = ls;
      ls.dirtyDirfragDir.add(inode);
    } else if (type === LOCK_TYPE.INEST && this.#nestIn !== ls) {
      this.#nestIn?.dirtyDirfragNest.delete(inode);
      this.#nestIn = ls;
      ls.dirtyDirfragNest.add(inode);
    } else if (type === LOCK_TYPE.IDFT && this.#treeIn !== ls) {
      this.#treeIn?.dirtyDirfragDirfragtree.delete(inode);
      this.#treeIn = ls;
      ls.dirtyDirfragDirfragtree.add(inode);
    }
  }

  clearDirtyScattered(type: number): void {
    const inode = this as unknown as CInode;
    if (type === LOCK_TYPE.IFILE) {
      this.#dirIn?.dirtyDirfragDir.delete(inode);
      this.#dirIn = undefined;
    } else if (type === LOCK_TYPE.INEST) {
      this.#nestIn?.dirtyDirfragNest.delete(inode);
      this.#nestIn = undefined;
    } else if (type === LOCK_TYPE.IDFT) {
      this.#treeIn?.dirtyDirfragDirfragtree.delete(inode);
      this.#treeIn = undefined;
    }
  }

  /** The inode goes: nothing is to be gathered any more. */
  clearScatterDirty(): void {
    this.#filelock?.removeDirty();
    this.#nestlock?.removeDirty();
    this.#dirfragtreelock?.removeDirty();
  }
}
