import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CInode } from '../../src/cache/cinode.js';
import { Capability } from '../../src/locks/capability.js';
import { chooseIdealLoner } from '../../src/locks/inode-caps.js';
import { LockMachine } from '../../src/locks/lock-machine.js';
import * as states from '../../src/locks/lock-states.js';
import { ScatterLock } from '../../src/locks/scatter-lock.js';
import { LOCK_TYPE, SimpleLock } from '../../src/locks/simple-lock.js';
import { capsForMode, capString } from '../../src/types/caps.js';

const RDWR = 3;
const ALL = -1;

/** An inode with real locks and caps, and nothing else. */
class FakeInode {
  readonly clientCaps = new Map<number, Capability>();
  lonerCap = -1;
  wantLonerCap = -1;
  authPins = 0;
  frozen = false;
  dir = false;
  subtree = false;
  readonly unfreeze: (() => void)[] = [];
  readonly filelock = new ScatterLock(this, LOCK_TYPE.IFILE);
  readonly nestlock = new ScatterLock(this, LOCK_TYPE.INEST);
  readonly authlock = new SimpleLock(this, LOCK_TYPE.IAUTH);
  readonly linklock = new SimpleLock(this, LOCK_TYPE.ILINK);
  readonly xattrlock = new SimpleLock(this, LOCK_TYPE.IXATTR);
  readonly flocklock = new SimpleLock(this, LOCK_TYPE.IFLOCK);
  readonly policylock = new SimpleLock(this, LOCK_TYPE.IPOLICY);
  lookAt(which: 'file' | 'auth' | 'xattr' | 'link'): SimpleLock {
    return this[`${which}lock`];
  }
  isAuth = (): boolean => true;
  get = (): void => undefined;
  put = (): void => undefined;
  authPin = (): void => void this.authPins++;
  authUnpin = (): void => void this.authPins--;
  clearDirtyScattered = (): void => undefined;
  isDir = (): boolean => this.dir;
  isBase = (): boolean => false;
  isFrozen = (): boolean => this.frozen;
  isFreezing = (): boolean => false;
  isFreezingOrFrozen = (): boolean => this.frozen;
  hasSubtreeOrExportingDirfrag = (): boolean => this.subtree;
  isRecovering = (): boolean => false;
  needsRecover = (): boolean => false;
  startScatter = (): void => undefined;
  adjustNumCapsNotable = (): void => undefined;
  addUnfreezeWaiter = (c: () => void): void => void this.unfreeze.push(c);
  addWaiter = (_mask: unknown, c: () => void): void => void this.unfreeze.push(c);

  addCap(client: number, wanted: number): Capability {
    const session = {
      capGen: 0,
      getClient: () => client,
      isStale: () => false,
      touchCap: () => undefined,
      touchCapBottom: () => undefined,
    };
    const cap = new Capability(this as never, session as never, 1);
    cap.setWanted(wanted);
    this.clientCaps.set(client, cap);
    return cap;
  }
}

let inode: FakeInode;
let issued: number;
let flushes: number;
let written: ScatterLock[];
let machine: LockMachine;
const as = (fake: FakeInode): CInode => fake as unknown as CInode;

/** Grants what the locks allow, as CapIssuer does, without messages. */
function issueCaps(fake: FakeInode): void {
  issued++;
  for (const [client, cap] of fake.clientCaps) {
    const who = client === fake.lonerCap ? 1 : 0;
    const allowed =
      1 |
      (fake.filelock.gcapsAllowed(who) << 8) |
      (fake.authlock.gcapsAllowed(who) << 2) |
      (fake.linklock.gcapsAllowed(who) << 4) |
      (fake.xattrlock.gcapsAllowed(who) << 6);
    cap.issue(cap.pending & ~allowed ? cap.pending & allowed : cap.wanted & allowed);
  }
}

function confirm(cap: Capability): void {
  cap.confirmReceipt(cap.lastSeq, cap.pending);
}

beforeEach(() => {
  inode = new FakeInode();
  issued = 0;
  flushes = 0;
  written = [];
  const mdcache = { isReadonly: () => false };
  machine = new LockMachine({
    mds: { mdcache, mdlog: { flush: () => void flushes++ } } as never,
    issueCaps: (changed) => {
      issueCaps(changed as unknown as FakeInode);
      return 1;
    },
    revokeClientLeases: () => undefined,
    scatterWritebehind: (lock) => void written.push(lock),
  });
});

describe('a sole client', () => {
  it('becomes the loner and is issued all it wants', () => {
    const cap = inode.addCap(1, capsForMode(RDWR));
    machine.eval(as(inode), ALL);
    expect(inode.lonerCap).toBe(1);
    expect(inode.filelock.state).toBe(states.LOCK_EXCL);
    expect(inode.authlock.state).toBe(states.LOCK_EXCL);
    expect(capString(cap.pending)).toBe('pAsxXsxFsxcrwb');
  });

  it('is no loner of a directory that is a subtree root', () => {
    inode.dir = true;
    inode.subtree = true;
    inode.addCap(1, capsForMode(RDWR));
    expect(chooseIdealLoner(as(inode))).toBe(false);
    expect(inode.lonerCap).toBe(-1);
  });
});

describe('a second client', () => {
  it('makes the loner give up its caps, and both write in mix afterwards', () => {
    const first = inode.addCap(1, capsForMode(RDWR));
    machine.eval(as(inode), ALL);
    const second = inode.addCap(2, capsForMode(RDWR));
    machine.eval(as(inode), ALL);
    expect(inode.filelock.state).toBe(states.LOCK_EXCL_MIX);
    expect(first.revoking).not.toBe(0);
    expect(inode.authPins).toBeGreaterThan(0);
    confirm(first);
    machine.evalCapGather(as(inode));
    machine.eval(as(inode), ALL);
    expect(inode.filelock.state).toBe(states.LOCK_MIX);
    expect(inode.lonerCap).toBe(-1);
    expect(capString(second.pending)).toBe('pAsXsFrw');
    expect(capString(first.pending)).toBe('pAsXsFrw');
    expect(inode.authPins).toBe(0);
  });
});

describe('a lock on its way', () => {
  it('waits for rdlocks, then wakes who waits', () => {
    inode.authlock.getRdlock();
    machine.simpleLock(inode.authlock);
    expect(inode.authlock.state).toBe(states.LOCK_SYNC_LOCK);
    let woken = false;
    inode.authlock.addWaiter(SimpleLock.WAIT_STABLE, () => (woken = true));
    machine.evalGather(inode.authlock);
    expect(woken).toBe(false);
    inode.authlock.putRdlock();
    machine.evalGather(inode.authlock);
    expect(woken).toBe(true);
    // nobody wants it in lock: back to sync
    expect(inode.authlock.state).toBe(states.LOCK_SYNC);
    expect(inode.authPins).toBe(0);
  });

  it('revokes caps that the state on the way no longer allows', () => {
    const cap = inode.addCap(1, capsForMode(1));
    machine.eval(as(inode), ALL);
    confirm(cap);
    expect(capString(cap.issued)).toBe('pFscr');
    machine.simpleLock(inode.filelock);
    expect(inode.filelock.state).toBe(states.LOCK_SYNC_LOCK);
    expect(capString(cap.pending)).toBe('pFc');
    confirm(cap);
    inode.filelock.addWaiter(SimpleLock.WAIT_WR, () => inode.filelock.getWrlock());
    machine.evalGather(inode.filelock);
    expect(inode.filelock.state).toBe(states.LOCK_LOCK);
    expect(inode.filelock.isWrlocked()).toBe(true);
  });

  it('flushes the journal when a wrlock of an answered request is in the way of readers', () => {
    machine.simpleLock(inode.filelock);
    inode.filelock.getWrlock();
    expect(machine.simpleSync(inode.filelock)).toBe(false);
    expect(flushes).toBe(1);
    inode.filelock.putWrlock();
    machine.evalGather(inode.filelock);
    expect(inode.filelock.state).toBe(states.LOCK_SYNC);
  });

  it('writes dirty totals before it becomes readable', () => {
    machine.simpleLock(inode.nestlock);
    inode.nestlock.markDirty();
    expect(machine.simpleSync(inode.nestlock)).toBe(false);
    expect(written).toEqual([inode.nestlock]);
    inode.nestlock.startFlush();
    machine.evalGather(inode.nestlock);
    expect(inode.nestlock.state).toBe(states.LOCK_LOCK_SYNC);
    inode.nestlock.finishFlush();
    inode.nestlock.getRdlock();
    inode.nestlock.putRdlock();
    machine.evalGather(inode.nestlock);
    // and goes back to where it can be written, as nobody reads
    expect(inode.nestlock.state).toBe(states.LOCK_LOCK);
  });

  it('is left alone while its inode is frozen', () => {
    inode.frozen = true;
    machine.tryEvalLock(inode.authlock);
    expect(inode.unfreeze).toHaveLength(1);
  });
});

describe('an xlock', () => {
  it('is prepared at once from lock, and waits for rdlocks otherwise', () => {
    machine.simpleLock(inode.linklock);
    machine.simpleXlock(inode.linklock);
    expect(inode.linklock.state).toBe(states.LOCK_PREXLOCK);
    machine.simpleLock(inode.xattrlock);
    inode.xattrlock.getRdlock();
    machine.simpleXlock(inode.xattrlock);
    expect(inode.xattrlock.state).toBe(states.LOCK_LOCK_XLOCK);
    inode.xattrlock.putRdlock();
    machine.evalGather(inode.xattrlock);
    expect(inode.xattrlock.state).toBe(states.LOCK_PREXLOCK);
  });
});

describe('issuing', () => {
  it('happens once for a series of changes', () => {
    inode.addCap(1, capsForMode(RDWR));
    machine.eval(as(inode), ALL);
    expect(issued).toBe(1);
  });
});
