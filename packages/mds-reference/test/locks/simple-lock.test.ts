import { describe, expect, it } from '@jest/globals';
import type { MutationImpl } from '../../src/cache/mutation.js';
import { LocalLock } from '../../src/locks/local-lock.js';
import * as states from '../../src/locks/lock-states.js';
import { ScatterLock } from '../../src/locks/scatter-lock.js';
import { CAP_ANY, CAP_LONER, CAP_XLOCKER, LOCK_TYPE, SimpleLock } from '../../src/locks/simple-lock.js';

class Parent {
  readonly pins = new Map<number, number>();
  clearedDirty = 0;
  isAuth(): boolean {
    return true;
  }
  get(by: number): void {
    this.pins.set(by, (this.pins.get(by) ?? 0) + 1);
  }
  put(by: number): void {
    this.pins.set(by, (this.pins.get(by) ?? 0) - 1);
  }
  authPin(): void {
    // not looked at here
  }
  authUnpin(): void {
    // not looked at here
  }
  clearDirtyScattered(): void {
    this.clearedDirty++;
  }
  get total(): number {
    return [...this.pins.values()].reduce((sum, count) => sum + count, 0);
  }
}

const mutation = {} as MutationImpl;

describe('SimpleLock', () => {
  it('pins its parent once for any number of rdlocks', () => {
    const parent = new Parent();
    const lock = new SimpleLock(parent, LOCK_TYPE.IAUTH);
    lock.getRdlock();
    lock.getRdlock();
    expect(parent.total).toBe(1);
    lock.putRdlock();
    lock.putRdlock();
    expect(parent.total).toBe(0);
    expect(() => lock.putRdlock()).toThrow(/rdlock put without one held/);
  });

  it('completes waiters for what was signalled, in the order they came, and keeps the others', () => {
    const parent = new Parent();
    const lock = new SimpleLock(parent, LOCK_TYPE.IAUTH);
    const ran: string[] = [];
    lock.addWaiter(SimpleLock.WAIT_RD, () => ran.push('rd 1'));
    lock.addWaiter(SimpleLock.WAIT_WR, () => ran.push('wr'));
    lock.addWaiter(SimpleLock.WAIT_RD | SimpleLock.WAIT_STABLE, () => ran.push('rd 2'));
    expect(lock.isWaiterFor(SimpleLock.WAIT_WR)).toBe(true);
    lock.finishWaiters(SimpleLock.WAIT_RD);
    expect(ran).toEqual(['rd 1', 'rd 2']);
    expect(parent.total).toBe(1);
    lock.finishWaiters(SimpleLock.WAIT_ALL);
    expect(ran).toEqual(['rd 1', 'rd 2', 'wr']);
    expect(parent.total).toBe(0);
  });

  it('lets a waiter that is completed wait again', () => {
    const lock = new SimpleLock(new Parent(), LOCK_TYPE.IAUTH);
    let runs = 0;
    const again = (): void => {
      if (++runs < 3) lock.addWaiter(SimpleLock.WAIT_RD, again);
    };
    lock.addWaiter(SimpleLock.WAIT_RD, again);
    for (let i = 0; i < 5; i++) lock.finishWaiters(SimpleLock.WAIT_RD);
    expect(runs).toBe(3);
  });

  it('lets only the client that xlocked it read once the xlock is done', () => {
    const lock = new SimpleLock(new Parent(), LOCK_TYPE.DN);
    lock.setState(states.LOCK_XLOCK);
    lock.getXlock(mutation, 7);
    expect(lock.canRdlock(7)).toBe(false);
    lock.setXlockDone();
    expect(lock.state).toBe(states.LOCK_XLOCKDONE);
    expect(lock.canRdlock(7)).toBe(true);
    expect(lock.canRdlock(8)).toBe(false);
    expect(lock.canRdlock(-1)).toBe(false);
    lock.putXlock();
    expect(lock.xlockByClient).toBe(-1);
  });

  it('lets the exclusive client write in excl, and nobody else', () => {
    const lock = new ScatterLock(new Parent(), LOCK_TYPE.IFILE);
    lock.setState(states.LOCK_EXCL);
    lock.exclClient = 3;
    expect(lock.canWrlock(3)).toBe(true);
    expect(lock.canWrlock(4)).toBe(false);
    expect(lock.canWrlock(-1)).toBe(false);
  });

  it('allows a loner more than others in excl, and the xlocker more while it holds the xlock', () => {
    const lock = new SimpleLock(new Parent(), LOCK_TYPE.IAUTH);
    lock.setState(states.LOCK_EXCL);
    expect(lock.gcapsAllowed(CAP_ANY)).toBe(0);
    expect(lock.gcapsAllowed(CAP_LONER)).toBe(3);
    lock.setState(states.LOCK_XLOCK);
    lock.getXlock(mutation, 5);
    lock.setXlockDone();
    expect(lock.gcapsAllowed(CAP_XLOCKER)).toBe(1);
    expect(lock.gcapsXlockerMask(5)).toBe(3);
    expect(lock.gcapsXlockerMask(6)).toBe(0);
  });

  it('refuses a state its kind does not have', () => {
    const lock = new SimpleLock(new Parent(), LOCK_TYPE.IAUTH);
    expect(() => lock.setState(states.LOCK_MIX)).toThrow(/simplelock has no state mix/);
  });
});

describe('LocalLock', () => {
  it('takes several wrlocks, and an xlock only without them', () => {
    const lock = new LocalLock(new Parent(), LOCK_TYPE.IVERSION);
    lock.getWrlock(4);
    lock.getWrlock(4);
    expect(lock.lastWrlockClient).toBe(4);
    expect(lock.canXlockLocal()).toBe(false);
    lock.putWrlock();
    lock.putWrlock();
    expect(lock.lastWrlockClient).toBe(-1);
    expect(lock.canXlockLocal()).toBe(true);
    lock.getXlock(mutation, 4);
    expect(lock.canWrlock()).toBe(false);
  });
});

describe('ScatterLock', () => {
  it('is flushed once, and dirty again when it was marked meanwhile', () => {
    const parent = new Parent();
    const lock = new ScatterLock(parent, LOCK_TYPE.INEST);
    lock.markDirty();
    lock.markDirty();
    expect(parent.total).toBe(1);
    lock.startFlush();
    lock.markDirty();
    lock.finishFlush();
    expect(lock.isFlushed()).toBe(true);
    expect(lock.isDirty()).toBe(true);
    expect(parent.clearedDirty).toBe(0);
    lock.startFlush();
    lock.finishFlush();
    expect(parent.clearedDirty).toBe(1);
    expect(parent.total).toBe(0);
  });
});
