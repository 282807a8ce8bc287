import type { Message } from '@cephts/async-messenger';
import type { Completion } from '@cephts/common';
import { UTime } from '@cephts/encoding';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDCache } from '../cache/md-cache.js';
import type { MDRequestImpl, MutationImpl } from '../cache/mutation.js';
import type { RequestRelease } from '../messages/m-client-request.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { CapIssuer } from './cap-issuer.js';
import type { Capability } from './capability.js';
import { ClientCaps } from './client-caps.js';
import { issuedCapsNeedGather, targetLoner } from './inode-caps.js';
import { IssueSet } from './issue-set.js';
import type { LocalLock } from './local-lock.js';
import { inodeOf, LockMachine } from './lock-machine.js';
import { RDLOCK, WRLOCK, XLOCK } from './lock-op.js';
import type { LockOp, LockOpVec } from './lock-op.js';
import {
  LOCK_EXCL,
  LOCK_LOCK,
  LOCK_LOCK_XLOCK,
  LOCK_MIX,
  LOCK_PREXLOCK,
  LOCK_SYNC,
  LOCK_XLOCK,
  LOCK_XLOCKDONE,
  LOCK_XLOCKSNAP,
  SM_FILELOCK,
} from './lock-states.js';
import { ScatterUpdates } from './scatter-updates.js';
import type { ScatterLock } from './scatter-lock.js';
import { LOCK_IFIRST, LOCK_TYPE, SimpleLock } from './simple-lock.js';

/**
 * Takes and drops locks for mutations, moves locks through their states, and grants and revokes clients' caps accordingly.
 *
 * Its parts: {@link LockMachine} (states), {@link CapIssuer} (grants and revocations), {@link ClientCaps} (what clients send),
 * {@link ScatterUpdates} (dirty scatterlocks).
 *
 * @see src/mds/Locker.cc (16.2.15)
 */
export class Locker {
  readonly mds: MDSRank;
  readonly machine: LockMachine;
  readonly caps: CapIssuer;
  readonly clientCaps: ClientCaps;
  readonly #scatter: ScatterUpdates;

  constructor(mds: MDSRank, _mdcache?: MDCache) {
    this.mds = mds;
    this.machine = new LockMachine(this);
    this.caps = new CapIssuer(mds, this.machine, this);
    this.clientCaps = new ClientCaps(mds, this);
    this.#scatter = new ScatterUpdates(mds, this.machine, this);
  }

  get mdcache(): MDCache {
    return this.mds.mdcache;
  }

  /** MDS_LOCK, INODEFILECAPS, CLIENT_CAPS, CLIENT_LEASE, CLIENT_CAPRELEASE. */
  dispatch(m: Message): void {
    this.clientCaps.dispatch(m);
  }

  /** Nudges dirty scatterlocks and warns of clients that don't answer revocations; every tick. */
  tick(): void {
    this.#scatter.tick();
    this.caps.tick();
  }

  // -- taking locks --

  /** A waiter that dispatches the request once more. */
  retry(mdr: MDRequestImpl): Completion {
    return this.mdcache.requests.retry(mdr);
  }

  /**
   * Takes rdlocks on the snaplock of `inode` and of every directory above it, up to one that is locked already, and finds the layout files
   * inherit there.
   *
   * @returns false when one can't be had now; all locks are dropped then, and the request is retried
   */
  tryRdlockSnapLayout(inode: CInode, mdr: MDRequestImpl, n = 0, wantLayout = false): boolean {
    const client = mdr.getClient();
    let foundLocked = false;
    let foundLayout = false;
    let depth = -1;
    let at = inode;
    for (;;) {
      depth++;
      const { snaplock } = at;
      if (!foundLocked && mdr.isRdlocked(snaplock)) foundLocked = true;
      if (!foundLocked && !this.#takePathRdlock(snaplock, mdr, client)) return false;
      if (wantLayout && !foundLayout) {
        const { policylock } = at;
        if (!mdr.isRdlocked(policylock) && !this.#takePathRdlock(policylock, mdr, client)) return false;
        const projected = at.getProjectedInode();
        if (projected.hasLayout()) {
          mdr.dirLayout = projected.layout;
          foundLayout = true;
        }
      }
      const parent = at.getProjectedParentDn();
      if (!parent) break;
      at = parent.dir.inode;
    }
    mdr.dirRoot[n] = at.ino;
    mdr.dirDepth[n] = depth;
    return true;
  }

  #takePathRdlock(lock: SimpleLock, mdr: MDRequestImpl, client: number): boolean {
    if (!lock.canRdlock(client)) {
      lock.addWaiter(SimpleLock.WAIT_RD, this.retry(mdr));
      this.dropLocks(mdr);
      mdr.dropLocalAuthPins();
      return false;
    }
    lock.getRdlock();
    mdr.emplaceLock(lock, RDLOCK);
    return true;
  }

  /**
   * Takes the locks, in order, each after its object is auth-pinned; xlocks of a dentry or an inode bring a wrlock of its version along.
   *
   * @returns false when something has to wait: the request is retried then, and keeps what it has
   */
  acquireLocks(mdr: MDRequestImpl, lov: LockOpVec): boolean {
    const { ops } = lov;
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i] as LockOp;
      if (!op.isXlock()) continue;
      const { lock } = op;
      if (lock.type === LOCK_TYPE.DN) lov.insertWrlock((lock.parent as unknown as CDentry).versionlock, i + 1);
      else if (lock.type >= LOCK_IFIRST && lock.type !== LOCK_TYPE.IVERSION) {
        lov.insertWrlock((lock.parent as unknown as CInode).versionlock, i + 1);
      }
    }
    lov.sortAndMerge();
    if (!this.#authPinAll(mdr, ops)) return false;

    const need = new IssueSet();
    let got = true;
    for (const op of ops) {
      if (this.#acquire(mdr, op, need)) continue;
      got = false;
      break;
    }
    if (got) {
      mdr.setMdsStamp(UTime.fromMillis(this.mds.cct.clock.now()));
      mdr.markEvent('acquired locks');
    }
    need.drain((inode) => this.issueCaps(inode));
    return got;
  }

  #authPinAll(mdr: MDRequestImpl, ops: readonly LockOp[]): boolean {
    let previous: unknown;
    for (const { lock } of ops) {
      const { parent } = lock;
      if (parent === previous || mdr.isAuthPinned(parent as never)) continue;
      previous = parent;
      const object = parent as unknown as CInode | CDentry;
      if (!object.canAuthPin()) {
        this.dropLocks(mdr);
        mdr.dropLocalAuthPins();
        object.addUnfreezeWaiter(this.retry(mdr));
        return false;
      }
    }
    for (const { lock } of ops) {
      const object = lock.parent as unknown as CInode | CDentry;
      if (!mdr.isAuthPinned(object)) mdr.authPin(object);
    }
    return true;
  }

  #acquire(mdr: MDRequestImpl, op: LockOp, need: IssueSet): boolean {
    const { lock } = op;
    if (op.isXlock()) {
      if (mdr.isXlocked(lock)) return true;
      if (mdr.locking && mdr.locking !== lock) this.cancelLocking(mdr, need);
      if (this.xlockStart(lock, mdr)) return true;
      // Paths are rdlocked by their snaplocks before anything else; an xlock of one comes last. Who waits for that must hold nothing, or
      // those who walk through it and wait for what is held here would never let it go.
      if (lock.type === LOCK_TYPE.ISNAP || lock.type === LOCK_TYPE.IPOLICY) {
        this.dropLocks(mdr, need);
        mdr.dropLocalAuthPins();
      }
      return false;
    }
    if (op.isWrlock()) {
      if (mdr.isWrlocked(lock)) return true;
      return this.wrlockStart(op, mdr);
    }
    if (mdr.isRdlocked(lock)) return true;
    return this.rdlockStart(lock, mdr);
  }

  /** A lock whose holder has been answered early goes as soon as the journal is flushed. */
  nudgeLog(lock: SimpleLock): void {
    if (lock.isUnstableAndLocked()) this.mds.mdlog.flush();
  }

  // -- rdlock --

  /** Moves a stable lock to where it can be read. */
  rdlockKick(lock: SimpleLock, asAnon: boolean): boolean {
    if (!lock.isStable()) return false;
    if (lock.sm === SM_FILELOCK) {
      const inode = lock.parent as unknown as CInode;
      if (lock.state === LOCK_EXCL && targetLoner(inode) >= 0 && !inode.isDir() && !asAnon) this.machine.fileXsyn(lock);
      else this.machine.simpleSync(lock);
    } else {
      this.machine.simpleSync(lock);
    }
    return true;
  }

  rdlockTry(lock: SimpleLock, client: number): boolean {
    if (lock.canRdlock(client)) return true;
    this.rdlockKick(lock, false);
    return lock.canRdlock(client);
  }

  rdlockStart(lock: SimpleLock, mdr: MDRequestImpl): boolean {
    const client = mdr.getClient();
    for (;;) {
      if (lock.canRdlock(client)) {
        lock.getRdlock();
        mdr.emplaceLock(lock, RDLOCK);
        return true;
      }
      if (!this.rdlockKick(lock, false)) break;
    }
    lock.addWaiter(lock.isStable() ? SimpleLock.WAIT_RD : SimpleLock.WAIT_STABLE, this.retry(mdr));
    this.nudgeLog(lock);
    return false;
  }

  rdlockFinish(op: LockOp, mut: MutationImpl, need?: IssueSet): void {
    const { lock } = op;
    lock.putRdlock();
    mut.locks.erase(op);
    if (lock.isRdlocked()) return;
    if (lock.isStable()) this.machine.tryEvalLock(lock, need);
    else this.machine.evalGather(lock, false, need);
  }

  /** Takes rdlocks without waiting; false: some can't be had, and all are dropped. The request is retried then. */
  rdlockTrySet(lov: LockOpVec, mdr: MDRequestImpl): boolean {
    const client = mdr.getClient();
    for (const { lock } of lov.ops) {
      if (mdr.isRdlocked(lock)) continue;
      if (!this.rdlockTry(lock, client)) {
        lock.addWaiter(SimpleLock.WAIT_STABLE | SimpleLock.WAIT_RD, this.retry(mdr));
        this.dropLocks(mdr);
        mdr.dropLocalAuthPins();
        return false;
      }
      lock.getRdlock();
      mdr.emplaceLock(lock, RDLOCK);
    }
    return true;
  }

  // -- wrlock --

  /** Takes a wrlock whatever the state: who calls knows that it is all right. */
  wrlockForce(lock: SimpleLock, mut: MutationImpl): void {
    if (lock.isLocallock()) {
      (lock as LocalLock).getWrlock(mut.getClient());
    } else {
      lock.getWrlock();
    }
    this.#noteWrlock(lock, mut);
  }

  #noteWrlock(lock: SimpleLock, mut: MutationImpl): void {
    mut.emplaceLock(lock, WRLOCK).flags |= WRLOCK;
  }

  /** Takes a wrlock if that needs no waiting: for predirtyJournalParents, which has a journal entry open. */
  wrlockTry(lock: SimpleLock, mut: MutationImpl, client = mut.getClient()): boolean {
    for (;;) {
      if (lock.canWrlock(client)) {
        lock.getWrlock();
        this.#noteWrlock(lock, mut);
        return true;
      }
      // no change of state that would journal something itself
      if (!lock.isStable() || lock.isDirty()) return false;
      const inode = lock.parent as unknown as CInode;
      if ((lock as ScatterLock).getScatterWanted() || inode.hasSubtreeOrExportingDirfrag()) return false;
      this.machine.simpleLock(lock);
    }
  }

  wrlockStart(op: LockOp, mdr: MDRequestImpl): boolean {
    const { lock } = op;
    if (lock.isLocallock()) return this.#localWrlockStart(lock as LocalLock, mdr);
    const inode = lock.parent as unknown as CInode;
    const client = op.isStatePin() ? lock.exclClient : mdr.getClient();
    const wantScatter = inode.hasSubtreeOrExportingDirfrag() || (lock as ScatterLock).getScatterWanted();
    for (;;) {
      if (lock.canWrlock(client) && (!wantScatter || lock.state === LOCK_MIX)) {
        lock.getWrlock();
        this.#noteWrlock(lock, mdr);
        return true;
      }
      if (!lock.isStable()) break;
      if (wantScatter) this.machine.scatterMix(lock as ScatterLock);
      else this.machine.simpleLock(lock);
    }
    lock.addWaiter(SimpleLock.WAIT_STABLE, this.retry(mdr));
    this.nudgeLog(lock);
    return false;
  }

  #localWrlockStart(lock: LocalLock, mdr: MDRequestImpl): boolean {
    if (!lock.canWrlock()) {
      lock.addWaiter(SimpleLock.WAIT_WR | SimpleLock.WAIT_STABLE, this.retry(mdr));
      return false;
    }
    lock.getWrlock(mdr.getClient());
    this.#noteWrlock(lock, mdr);
    return true;
  }

  wrlockFinish(op: LockOp, mut: MutationImpl, need?: IssueSet): void {
    const { lock } = op;
    lock.putWrlock();
    mut.locks.erase(op);
    if (lock.isLocallock()) {
      if (!lock.isWrlocked()) lock.finishWaiters(SimpleLock.WAIT_STABLE | SimpleLock.WAIT_WR | SimpleLock.WAIT_RD);
    } else if (lock.isWrlocked()) {
      // a flush that ended under other wrlocks may let the state go on
      if (!lock.isStable() && lock.isFlushed()) this.machine.evalGather(lock, false, need);
    } else if (lock.isStable()) {
      this.machine.tryEvalLock(lock, need);
    } else {
      this.machine.evalGather(lock, false, need);
    }
  }

  // -- xlock --

  xlockStart(lock: SimpleLock, mdr: MDRequestImpl): boolean {
    if (lock.isLocallock()) return this.#localXlockStart(lock as LocalLock, mdr);
    const client = mdr.getClient();
    const inode = lock.capShift ? inodeOf(lock) : undefined;
    for (;;) {
      if (
        mdr.locking &&
        lock.canXlock(client) &&
        !(lock.state === LOCK_LOCK_XLOCK && inode !== undefined && issuedCapsNeedGather(inode, lock))
      ) {
        lock.setState(LOCK_XLOCK);
        lock.getXlock(mdr, client);
        mdr.emplaceLock(lock, XLOCK);
        mdr.finishLocking(lock);
        return true;
      }
      if (
        !lock.isStable() &&
        (lock.state !== LOCK_XLOCKDONE || lock.xlockByClient !== client || lock.isWaiterFor(SimpleLock.WAIT_STABLE))
      ) {
        break;
      }
      if (lock.state === LOCK_LOCK || lock.state === LOCK_XLOCKDONE) {
        mdr.startLocking(lock);
        this.machine.simpleXlock(lock);
      } else {
        this.machine.simpleLock(lock);
      }
    }
    lock.addWaiter(SimpleLock.WAIT_WR | SimpleLock.WAIT_STABLE, this.retry(mdr));
    this.nudgeLog(lock);
    return false;
  }

  #localXlockStart(lock: LocalLock, mdr: MDRequestImpl): boolean {
    if (!lock.canXlockLocal()) {
      lock.addWaiter(SimpleLock.WAIT_WR | SimpleLock.WAIT_STABLE, this.retry(mdr));
      return false;
    }
    lock.getXlock(mdr, mdr.getClient());
    mdr.emplaceLock(lock, XLOCK);
    return true;
  }

  #finishXlock(lock: SimpleLock, xlocker: number, need?: IssueSet): void {
    if (
      lock.type !== LOCK_TYPE.DN &&
      lock.type !== LOCK_TYPE.ISNAP &&
      lock.type !== LOCK_TYPE.IPOLICY &&
      !lock.isRdlocked() &&
      !lock.isWrlocked() &&
      !lock.isLeased() &&
      lock.state !== LOCK_XLOCKSNAP
    ) {
      const inode = lock.parent as unknown as CInode;
      const loner = targetLoner(inode);
      if (loner >= 0 && (xlocker < 0 || xlocker === loner)) {
        lock.setState(LOCK_EXCL);
        lock.parent.authUnpin(lock);
        lock.finishWaiters(SimpleLock.WAIT_STABLE | SimpleLock.WAIT_WR | SimpleLock.WAIT_RD);
        if (lock.capShift) {
          if (need) need.add(inode);
          else this.issueCaps(inode);
        }
        if (lock.isStable()) this.machine.tryEvalLock(lock, need);
        return;
      }
    }
    this.machine.evalGather(lock, lock.state !== LOCK_XLOCKSNAP, need);
  }

  xlockFinish(op: LockOp, mut: MutationImpl, need?: IssueSet): void {
    const { lock } = op;
    const xlocker = lock.xlockByClient;
    lock.putXlock();
    mut.locks.erase(op);
    if (lock.isLocallock()) lock.finishWaiters(SimpleLock.WAIT_STABLE | SimpleLock.WAIT_WR | SimpleLock.WAIT_RD);
    else if (lock.numXlocks === 0 && lock.state !== LOCK_LOCK_XLOCK) this.#finishXlock(lock, xlocker, need);
  }

  /** What was taken to change is only going to be read. */
  xlockDowngrade(lock: SimpleLock, mut: MutationImpl): void {
    const op = mut.locks.find(lock);
    if (!op || !op.isXlock()) return;
    lock.setXlockDone();
    lock.getRdlock();
    this.xlockFinish(op, mut);
    mut.emplaceLock(lock, RDLOCK);
  }

  // -- dropping locks --

  /** Gives up the xlock that is being waited for. */
  cancelLocking(mut: MutationImpl, need: IssueSet): void {
    const lock = mut.locking;
    if (!lock) return;
    if (lock.state === LOCK_PREXLOCK) {
      this.#finishXlock(lock, -1, need);
    } else if (lock.state === LOCK_LOCK_XLOCK) {
      lock.setState(LOCK_XLOCKDONE);
      this.machine.evalGather(lock, true, need);
    }
    mut.finishLocking(lock);
  }

  #drop(mut: MutationImpl, need: IssueSet, dropRdlocks: boolean): void {
    const held = mut.locks.ops.slice();
    for (const op of held) {
      if (op.isXlock()) this.xlockFinish(op, mut, need);
      else if (op.isWrlock()) this.wrlockFinish(op, mut, need);
      else if (dropRdlocks) this.rdlockFinish(op, mut, need);
    }
  }

  /** Drops all locks. With `need`, caps are left to who passed it. */
  dropLocks(mut: MutationImpl, need?: IssueSet): void {
    if (mut.locks.size > 0 || mut.locking) {
      const mine = need ?? new IssueSet();
      if (mut.locking) this.cancelLocking(mut, mine);
      this.#drop(mut, mine, true);
      if (!need) mine.drain((inode) => this.issueCaps(inode));
    }
    mut.lockingState = 0;
  }

  dropNonRdlocks(mut: MutationImpl): void {
    const need = new IssueSet();
    this.#drop(mut, need, false);
    need.drain((inode) => this.issueCaps(inode));
  }

  /** After the early reply others may change what was only read; snap and policy locks stay until the journal is safe. */
  dropRdlocksForEarlyReply(mut: MutationImpl): void {
    const need = new IssueSet();
    for (const op of mut.locks.ops.slice()) {
      const { type } = op.lock;
      if (!op.isRdlock() || type === LOCK_TYPE.ISNAP || type === LOCK_TYPE.IPOLICY) continue;
      this.rdlockFinish(op, mut, need);
    }
    need.drain((inode) => this.issueCaps(inode));
  }

  /** The changes are shown to their own client, though not journaled. */
  setXlocksDone(mut: MutationImpl, skipDentry = false): void {
    for (const op of mut.locks.ops) {
      if (!op.isXlock()) continue;
      const { type } = op.lock;
      if (skipDentry && (type === LOCK_TYPE.DN || type === LOCK_TYPE.DVERSION)) continue;
      op.lock.setXlockDone();
    }
  }

  // -- for the parts, and short ways for others --

  eval(inode: CInode, mask: number, capsImported = false): boolean {
    return this.machine.eval(inode, mask, capsImported);
  }

  /** As {@link eval}, once the inode is no longer frozen. */
  tryEval(inode: CInode, mask: number): void {
    if (inode.isFrozen()) inode.addUnfreezeWaiter(() => this.tryEval(inode, mask));
    else this.machine.eval(inode, mask);
  }

  issueCaps(inode: CInode, onlyCap?: Capability): number {
    return this.caps.issueCaps(inode, onlyCap);
  }

  issueNewCaps(inode: CInode, mode: number, mdr: MDRequestImpl): Capability | undefined {
    return this.caps.issueNewCaps(inode, mode, mdr);
  }

  checkInodeMaxSize(inode: CInode): boolean {
    return this.caps.maxSize.checkInodeMaxSize(inode);
  }

  shareInodeMaxSize(inode: CInode): void {
    this.caps.shareInodeMaxSize(inode);
  }

  removeClientCap(inode: CInode, cap: Capability, kill = false): void {
    this.caps.removeClientCap(inode, cap, kill);
  }

  processRequestCapRelease(mdr: MDRequestImpl, client: number, item: RequestRelease): void {
    this.clientCaps.processRequestCapRelease(mdr, client, item);
  }

  revokeClientLeases(lock: SimpleLock): void {
    this.clientCaps.revokeClientLeases(lock);
  }

  markUpdatedScatterlock(lock: ScatterLock): void {
    this.#scatter.markUpdated(lock);
  }

  scatterNudge(lock: ScatterLock, onStable?: Completion): void {
    this.#scatter.nudge(lock, onStable);
  }

  scatterWritebehind(lock: ScatterLock): void {
    this.#scatter.writebehind(lock);
  }

  /** Is the lock, and so what it protects, in the hands of nobody? */
  isIdle(lock: SimpleLock): boolean {
    return lock.state === LOCK_SYNC && lock.isSyncAndUnlocked();
  }
}
