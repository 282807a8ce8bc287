import { LOCK_MIX, LOCK_SYNC } from './lock-states.js';
import { SimpleLock } from './simple-lock.js';
import type { LockParent } from './simple-lock.js';

const SCATTER_WANTED = 1 << 8;
const UNSCATTER_WANTED = 1 << 9;
const DIRTY = 1 << 10;
const FLUSHING = 1 << 11;
const FLUSHED = 1 << 12;
const PIN_DIRTYSCATTERED = -1005;

/** The parent of a scatterlock keeps it in lists of dirty scatterlocks by log segment. */
export interface ScatterLockParent extends LockParent {
  clearDirtyScattered(type: number): void;
}

/**
 * A lock whose data is gathered from dirfrags: filelock, nestlock, dirfragtreelock. It can be dirty: the inode's totals lag behind what its
 * fragments say, until they are gathered and written.
 *
 * @see src/mds/ScatterLock.h (16.2.15)
 */
export class ScatterLock extends SimpleLock {
  declare readonly parent: ScatterLockParent;
  #flags = 0;
  /** Monotonic ms of when it was last marked updated; 0 for not. */
  updateStamp: number;

  constructor(parent: ScatterLockParent, type: number) {
    super(parent, type);
    this.updateStamp = 0;
  }

  override isScatterlock(): boolean {
    return true;
  }

  override isSyncAndUnlocked(): boolean {
    return super.isSyncAndUnlocked() && !this.isDirty() && !this.isFlushing();
  }

  canScatterPin(): boolean {
    return this.state === LOCK_SYNC || this.state === LOCK_MIX;
  }

  setScatterWanted(): void {
    this.#flags |= SCATTER_WANTED;
  }

  setUnscatterWanted(): void {
    this.#flags |= UNSCATTER_WANTED;
  }

  clearScatterWanted(): void {
    this.#flags &= ~SCATTER_WANTED;
  }

  clearUnscatterWanted(): void {
    this.#flags &= ~UNSCATTER_WANTED;
  }

  getScatterWanted(): boolean {
    return (this.#flags & SCATTER_WANTED) !== 0;
  }

  getUnscatterWanted(): boolean {
    return (this.#flags & UNSCATTER_WANTED) !== 0;
  }

  override isDirty(): boolean {
    return (this.#flags & DIRTY) !== 0;
  }

  override isFlushing(): boolean {
    return (this.#flags & FLUSHING) !== 0;
  }

  override isFlushed(): boolean {
    return (this.#flags & FLUSHED) !== 0;
  }

  isDirtyOrFlushing(): boolean {
    return (this.#flags & (DIRTY | FLUSHING)) !== 0;
  }

  markDirty(): void {
    if (this.isDirty()) return;
    if (!this.isFlushing()) this.parent.get(PIN_DIRTYSCATTERED);
    this.#flags |= DIRTY;
  }

  /** The gathered totals are being journaled: dirty becomes flushing. */
  startFlush(): void {
    if (!this.isDirty()) return;
    this.#flags = (this.#flags | FLUSHING) & ~DIRTY;
    this.updateStamp = 0;
  }

  /** They are journaled. */
  finishFlush(): void {
    if (!this.isFlushing()) return;
    this.#flags = (this.#flags | FLUSHED) & ~FLUSHING;
    if (this.isDirty()) return;
    this.parent.put(PIN_DIRTYSCATTERED);
    this.parent.clearDirtyScattered(this.type);
  }

  override clearFlushed(): void {
    this.#flags &= ~FLUSHED;
  }

  removeDirty(): void {
    this.startFlush();
    this.finishFlush();
    this.clearFlushed();
  }
}
