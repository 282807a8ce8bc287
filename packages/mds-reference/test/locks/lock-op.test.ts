import { describe, expect, it } from '@jest/globals';
import { LockOpVec, LockSet, RDLOCK, WRLOCK, XLOCK } from '../../src/locks/lock-op.js';
import { LOCK_TYPE, SimpleLock } from '../../src/locks/simple-lock.js';
import type { LockParent } from '../../src/locks/simple-lock.js';

function parent(): LockParent {
  const nothing = (): void => undefined;
  return { isAuth: () => true, get: nothing, put: nothing, authPin: nothing, authUnpin: nothing };
}

describe('LockOpVec', () => {
  it('keeps the order of objects and sorts the locks of one object by type', () => {
    const a = parent();
    const b = parent();
    const snap = new SimpleLock(a, LOCK_TYPE.ISNAP);
    const link = new SimpleLock(a, LOCK_TYPE.ILINK);
    const other = new SimpleLock(b, LOCK_TYPE.ISNAP);
    const lov = new LockOpVec();
    lov.addXlock(link);
    lov.addRdlock(snap);
    lov.addRdlock(other);
    lov.sortAndMerge();
    expect(lov.ops.map((op) => op.lock)).toEqual([snap, link, other]);
  });

  it('merges what is wanted of one lock, an xlock covering the rest', () => {
    const lock = new SimpleLock(parent(), LOCK_TYPE.IAUTH);
    const lov = new LockOpVec();
    lov.addRdlock(lock);
    lov.addXlock(lock);
    lov.addWrlock(lock);
    lov.sortAndMerge();
    expect(lov.ops).toHaveLength(1);
    expect(lov.ops[0]?.flags).toBe(XLOCK);
    const both = new LockOpVec();
    both.addRdlock(lock);
    both.addWrlock(lock);
    both.sortAndMerge();
    expect(both.ops[0]?.flags).toBe(RDLOCK | WRLOCK);
  });

  it('erases the last rdlock of a lock', () => {
    const lock = new SimpleLock(parent(), LOCK_TYPE.IAUTH);
    const lov = new LockOpVec();
    lov.addRdlock(lock);
    lov.eraseRdlock(lock);
    lov.eraseRdlock(lock);
    expect(lov.ops).toHaveLength(0);
  });
});

describe('LockSet', () => {
  it('has each lock once', () => {
    const lock = new SimpleLock(parent(), LOCK_TYPE.IAUTH);
    const set = new LockSet();
    const op = set.emplace(lock, RDLOCK);
    expect(set.emplace(lock, WRLOCK)).toBe(op);
    expect(set.isRdlocked(lock)).toBe(true);
    expect(set.isWrlocked(lock)).toBe(false);
    set.erase(op);
    expect(set.size).toBe(0);
  });
});
