import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { MutationImpl } from '../../src/cache/mutation.js';
import type { MDRequestImpl } from '../../src/cache/mutation.js';
import { LocalLock } from '../../src/locks/local-lock.js';
import { LockOpVec } from '../../src/locks/lock-op.js';
import { Locker } from '../../src/locks/locker.js';
import * as states from '../../src/locks/lock-states.js';
import { ScatterLock } from '../../src/locks/scatter-lock.js';
import { LOCK_TYPE, SimpleLock } from '../../src/locks/simple-lock.js';

/** A directory without clients: its locks, and nothing else. */
class FakeInode {
  readonly clientCaps = new Map();
  readonly lonerCap = -1;
  readonly wantLonerCap = -1;
  readonly snaplock = new SimpleLock(this, LOCK_TYPE.ISNAP);
  readonly linklock = new SimpleLock(this, LOCK_TYPE.ILINK);
  readonly filelock = new ScatterLock(this, LOCK_TYPE.IFILE);
  readonly policylock = new SimpleLock(this, LOCK_TYPE.IPOLICY);
  readonly versionlock = new LocalLock(this, LOCK_TYPE.IVERSION);
  authPins = 0;
  isAuth = (): boolean => true;
  get = (): void => undefined;
  put = (): void => undefined;
  authPin = (): void => void this.authPins++;
  authUnpin = (): void => void this.authPins--;
  clearDirtyScattered = (): void => undefined;
  canAuthPin = (): boolean => true;
  isDir = (): boolean => true;
  isFile = (): boolean => false;
  isBase = (): boolean => false;
  isFrozen = (): boolean => false;
  isFreezing = (): boolean => false;
  isFreezingOrFrozen = (): boolean => false;
  hasSubtreeOrExportingDirfrag = (): boolean => false;
  isRecovering = (): boolean => false;
  needsRecover = (): boolean => false;
  startScatter = (): void => undefined;
  getProjectedParentDn = (): undefined => undefined;
}

class Request extends MutationImpl {
  readonly dirRoot = [0, 0];
  readonly dirDepth = [0, 0];
  client: number;
  constructor(client: number) {
    super();
    this.client = client;
  }
  markEvent = (): void => undefined;
  override getClient(): number {
    return this.client;
  }
}

let locker: Locker;
let retried: Request[];
let inode: FakeInode;
const as = (request: Request): MDRequestImpl => request as unknown as MDRequestImpl;

function ops(fill: (lov: LockOpVec) => void): LockOpVec {
  const lov = new LockOpVec();
  fill(lov);
  return lov;
}

beforeEach(() => {
  retried = [];
  inode = new FakeInode();
  const cct = new CephContext({ clock: new VirtualClock() });
  const requests = { retry: (mdr: Request) => () => void retried.push(mdr) };
  const mdcache = { isReadonly: () => false, requests };
  locker = new Locker({ cct, mdcache, mdlog: { flush: () => undefined } } as never);
});

describe('acquireLocks', () => {
  it('takes a wrlock of the version along with an xlock, and gives all back', () => {
    const a = new Request(1);
    expect(
      locker.acquireLocks(
        as(a),
        ops((lov) => lov.addXlock(inode.linklock)),
      ),
    ).toBe(true);
    expect(a.isXlocked(inode.linklock)).toBe(true);
    expect(a.isWrlocked(inode.versionlock)).toBe(true);
    expect(inode.linklock.state).toBe(states.LOCK_XLOCK);
    locker.dropLocks(as(a));
    expect(a.locks.size).toBe(0);
    expect(inode.linklock.state).toBe(states.LOCK_SYNC);
  });

  it('makes an xlock wait for readers, and later readers for the xlock', () => {
    const [a, b, c] = [new Request(1), new Request(2), new Request(3)];
    const read = ops((lov) => lov.addRdlock(inode.linklock));
    expect(locker.acquireLocks(as(a), read)).toBe(true);
    expect(
      locker.acquireLocks(
        as(b),
        ops((lov) => lov.addXlock(inode.linklock)),
      ),
    ).toBe(false);
    expect(
      locker.acquireLocks(
        as(c),
        ops((lov) => lov.addRdlock(inode.linklock)),
      ),
    ).toBe(false);
    expect(retried).toEqual([]);
    locker.dropLocks(as(a));
    expect(retried).toEqual([b, c]);
  });

  it('keeps what it has while it waits for the rest', () => {
    const [a, b] = [new Request(1), new Request(2)];
    const other = new FakeInode();
    locker.acquireLocks(
      as(a),
      ops((lov) => lov.addRdlock(inode.linklock)),
    );
    const both = ops((lov) => {
      lov.addXlock(other.linklock);
      lov.addXlock(inode.linklock);
    });
    expect(locker.acquireLocks(as(b), both)).toBe(false);
    expect(b.isXlocked(other.linklock)).toBe(true);
  });

  it('keeps nothing while it waits for a snaplock: those who walk through it may wait for what is held', () => {
    const [walker, mover] = [new Request(1), new Request(2)];
    const parent = new FakeInode();
    expect(locker.tryRdlockSnapLayout(inode as never, as(walker))).toBe(true);
    const move = (): LockOpVec =>
      ops((lov) => {
        lov.addXlock(parent.linklock);
        lov.addXlock(inode.snaplock);
      });
    expect(locker.acquireLocks(as(mover), move())).toBe(false);
    expect(mover.locks.size).toBe(0);
    expect(parent.linklock.state).toBe(states.LOCK_SYNC);
    locker.dropLocks(as(walker));
    expect(retried).toEqual([mover]);
    expect(locker.acquireLocks(as(mover), move())).toBe(true);
  });
});

describe('after the early reply', () => {
  it('lets others of the same client see what is xlocked, and drops rdlocks but those of the path', () => {
    const a = new Request(1);
    const other = new FakeInode();
    locker.tryRdlockSnapLayout(other as never, as(a));
    const locks = ops((lov) => {
      lov.addXlock(inode.linklock);
      lov.addRdlock(other.linklock);
    });
    expect(locker.acquireLocks(as(a), locks)).toBe(true);
    locker.setXlocksDone(as(a));
    expect(inode.linklock.state).toBe(states.LOCK_XLOCKDONE);
    expect(inode.linklock.canRdlock(1)).toBe(true);
    expect(inode.linklock.canRdlock(2)).toBe(false);
    locker.dropRdlocksForEarlyReply(as(a));
    expect(a.isRdlocked(other.linklock)).toBe(false);
    expect(a.isRdlocked(other.snaplock)).toBe(true);
  });
});
