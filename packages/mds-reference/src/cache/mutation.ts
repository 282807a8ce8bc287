import { UTime } from '@cephts/encoding';
import type { LogSegment } from '../journal/log-segment.js';
import { LockSet } from '../locks/lock-op.js';
import type { LockOp } from '../locks/lock-op.js';
import type { ScatterLock } from '../locks/scatter-lock.js';
import type { SimpleLock } from '../locks/simple-lock.js';
import { MetaReqId } from '../types/meta-req-id.js';
import type { MDSCacheObject } from './cache-object.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import { PIN } from './pins.js';

export type { MDRequestImpl } from './md-request.js';

/** Bits of {@link MutationImpl.lockingState}: what doesn't need to be locked again when a request is retried. */
export const SNAP_LOCKED = 1;
export const SNAP2_LOCKED = 2;
export const PATH_LOCKED = 4;
export const ALL_LOCKED = 8;

/**
 * A change under way: locks it holds, objects it pins, and what it has projected and will apply when its journal entry is safe.
 *
 * Pins, auth pins and locks are a handful, so lists are searched.
 *
 * @see MutationImpl in src/mds/Mutation.h (16.2.15)
 */
export class MutationImpl {
  reqid = new MetaReqId();
  attempt = 0;
  /** Segment of its journal entry. */
  ls: LogSegment | undefined;
  readonly locks = new LockSet();
  /** The xlock it waits for while the lock's state changes for it. */
  locking: SimpleLock | undefined;
  lockingState = 0;
  committing = false;
  aborted = false;
  killed = false;
  didEarlyReply = false;

  #mdsStamp = UTime.ZERO;
  protected opStamp = UTime.ZERO;
  readonly #pins: MDSCacheObject[] = [];
  readonly #authPins: MDSCacheObject[] = [];
  /** In the order they were projected. */
  readonly #projected: (CInode | CDir)[] = [];
  readonly #updatedLocks: ScatterLock[] = [];

  /** The client it is done for; −1 for the MDS itself. */
  getClient(): number {
    return -1;
  }

  // -- times

  get mdsStamp(): UTime {
    return this.#mdsStamp;
  }

  /** When the MDS began to work on it, by its own clock. */
  setMdsStamp(stamp: UTime): void {
    this.#mdsStamp = stamp;
  }

  setOpStamp(stamp: UTime): void {
    this.opStamp = stamp;
  }

  /** Time the change bears: the client's where it gave one, else the MDS's. */
  getOpStamp(): UTime {
    return this.opStamp.isZero() ? this.#mdsStamp : this.opStamp;
  }

  // -- locks

  emplaceLock(lock: SimpleLock, flags: number): LockOp {
    return this.locks.emplace(lock, flags);
  }

  isRdlocked(lock: SimpleLock): boolean {
    return this.locks.isRdlocked(lock);
  }

  isWrlocked(lock: SimpleLock): boolean {
    return this.locks.isWrlocked(lock);
  }

  isXlocked(lock: SimpleLock): boolean {
    return this.locks.isXlocked(lock);
  }

  startLocking(lock: SimpleLock): void {
    this.pin(lock.parent as unknown as MDSCacheObject);
    this.locking = lock;
  }

  finishLocking(_lock: SimpleLock): void {
    this.locking = undefined;
  }

  /** The scatterlock's inode lags behind its fragments once this is applied. */
  addUpdatedLock(lock: ScatterLock): void {
    this.#updatedLocks.push(lock);
  }

  // -- pins

  pin(object: MDSCacheObject): void {
    if (this.#pins.includes(object)) return;
    object.get(PIN.REQUEST);
    this.#pins.push(object);
  }

  unpin(object: MDSCacheObject): void {
    const at = this.#pins.indexOf(object);
    if (at < 0) return;
    this.#pins.splice(at, 1);
    object.put(PIN.REQUEST);
  }

  dropPins(): void {
    for (const object of this.#pins.splice(0)) object.put(PIN.REQUEST);
  }

  isAuthPinned(object: MDSCacheObject): boolean {
    return this.#authPins.includes(object);
  }

  authPin(object: MDSCacheObject): void {
    if (this.#authPins.includes(object)) return;
    this.pin(object);
    object.authPin(this);
    this.#authPins.push(object);
  }

  authUnpin(object: MDSCacheObject): void {
    const at = this.#authPins.indexOf(object);
    if (at < 0) return;
    this.#authPins.splice(at, 1);
    object.authUnpin(this);
  }

  dropLocalAuthPins(): void {
    for (const object of this.#authPins.splice(0)) object.authUnpin(this);
  }

  // -- projected

  isProjectedInode(inode: CInode): boolean {
    return this.#projected.includes(inode);
  }

  isProjectedDir(dir: CDir): boolean {
    return this.#projected.includes(dir);
  }

  /** @internal by CInode.projectInode */
  addProjectedInode(inode: CInode): void {
    this.#projected.push(inode);
  }

  /** @internal by CDir.projectFnode */
  addProjectedDir(dir: CDir): void {
    this.#projected.push(dir);
  }

  /** @internal It was applied ahead of the rest. */
  removeProjectedInode(inode: CInode): void {
    const at = this.#projected.indexOf(inode);
    if (at >= 0) this.#projected.splice(at, 1);
  }

  /** The journal entry is safe: what was projected takes effect, and is dirty in its segment. */
  apply(): void {
    const ls = this.ls;
    if (!ls) throw new Error('a mutation without a journal segment has nothing to apply');
    for (const object of this.#projected.splice(0)) {
      if ('dirfrag' in object) object.popAndDirtyProjectedFnode(ls);
      else object.popAndDirtyProjectedInode(ls);
    }
    for (const lock of this.#updatedLocks.splice(0)) lock.markDirty();
  }

  /** Lets go of everything it holds but locks. */
  cleanup(): void {
    this.dropLocalAuthPins();
    this.dropPins();
  }
}
