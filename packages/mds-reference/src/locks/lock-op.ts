import type { SimpleLock } from './simple-lock.js';

export const RDLOCK = 1;
export const WRLOCK = 2;
export const XLOCK = 4;
export const REMOTE_WRLOCK = 8;
/** A wrlock that only holds the lock's state: nothing is read or written under it. */
export const STATE_PIN = 16;

/**
 * A lock that is wanted or held, and how.
 *
 * @see MutationImpl::LockOp in src/mds/Mutation.h (16.2.15)
 */
export class LockOp {
  readonly lock: SimpleLock;
  flags: number;

  constructor(lock: SimpleLock, flags: number) {
    this.lock = lock;
    this.flags = flags;
  }

  isRdlock(): boolean {
    return (this.flags & RDLOCK) !== 0;
  }

  isWrlock(): boolean {
    return (this.flags & WRLOCK) !== 0;
  }

  isXlock(): boolean {
    return (this.flags & XLOCK) !== 0;
  }

  isStatePin(): boolean {
    return (this.flags & STATE_PIN) !== 0;
  }
}

/**
 * Locks to take, in the order given; the locks of one object are taken in the order of their types.
 *
 * @see MutationImpl::LockOpVec in src/mds/Mutation.h (16.2.15)
 */
export class LockOpVec {
  readonly ops: LockOp[] = [];

  addRdlock(lock: SimpleLock): void {
    this.ops.push(new LockOp(lock, RDLOCK));
  }

  addWrlock(lock: SimpleLock): void {
    this.ops.push(new LockOp(lock, WRLOCK));
  }

  addXlock(lock: SimpleLock): void {
    this.ops.push(new LockOp(lock, XLOCK));
  }

  /** Pins the lock's state while dirfrags' data is gathered. */
  lockScatterGather(lock: SimpleLock): void {
    this.ops.push(new LockOp(lock, WRLOCK | STATE_PIN));
  }

  insertWrlock(lock: SimpleLock, at: number): void {
    this.ops.splice(at, 0, new LockOp(lock, WRLOCK));
  }

  eraseRdlock(lock: SimpleLock): void {
    const { ops } = this;
    for (let i = ops.length - 1; i >= 0; i--) {
      const op = ops[i] as LockOp;
      if (op.lock !== lock || !op.isRdlock()) continue;
      ops.splice(i, 1);
      return;
    }
  }

  /** Sorts neighbours of one object by lock type and merges what is wanted of one lock; an xlock covers the rest. */
  sortAndMerge(): void {
    const { ops } = this;
    for (let i = 1; i < ops.length; i++) {
      const op = ops[i] as LockOp;
      const { parent, type } = op.lock;
      let j = i - 1;
      while (j >= 0 && (ops[j] as LockOp).lock.parent === parent && (ops[j] as LockOp).lock.type > type) {
        ops[j + 1] = ops[j] as LockOp;
        j--;
      }
      ops[j + 1] = op;
    }
    let kept = 0;
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i] as LockOp;
      const last = kept > 0 ? (ops[kept - 1] as LockOp) : undefined;
      if (last?.lock === op.lock) {
        last.flags |= op.flags;
        if (last.isXlock()) last.flags = XLOCK;
      } else {
        ops[kept++] = op;
      }
    }
    ops.length = kept;
  }
}

/**
 * Locks a mutation holds: a handful, so a list is searched.
 *
 * @see MutationImpl::lock_set in src/mds/Mutation.h (16.2.15)
 */
export class LockSet {
  readonly ops: LockOp[] = [];

  get size(): number {
    return this.ops.length;
  }

  find(lock: SimpleLock): LockOp | undefined {
    for (const op of this.ops) if (op.lock === lock) return op;
    return undefined;
  }

  /** Adds a lock, or returns the entry that is there, unchanged. */
  emplace(lock: SimpleLock, flags: number): LockOp {
    const held = this.find(lock);
    if (held) return held;
    const op = new LockOp(lock, flags);
    this.ops.push(op);
    return op;
  }

  erase(op: LockOp): void {
    const at = this.ops.indexOf(op);
    if (at >= 0) this.ops.splice(at, 1);
  }

  isRdlocked(lock: SimpleLock): boolean {
    return this.find(lock)?.isRdlock() ?? false;
  }

  isWrlocked(lock: SimpleLock): boolean {
    return this.find(lock)?.isWrlock() ?? false;
  }

  isXlocked(lock: SimpleLock): boolean {
    return this.find(lock)?.isXlock() ?? false;
  }
}
