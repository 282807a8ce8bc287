import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { CEPH_CAP_GBUFFER, CEPH_CAP_GEXCL, CEPH_CAP_GRD, CEPH_CAP_GWR, CEPH_CAP_SFILE } from '../types/caps.js';
import {
  capsIssued,
  capsWanted,
  chooseIdealLoner,
  issuedCapsNeedGather,
  multipleNonstaleCaps,
  targetLoner,
  tryDropLoner,
  trySetLoner,
} from './inode-caps.js';
import { IssueSet } from './issue-set.js';
import {
  AUTH,
  LOCK_EXCL,
  LOCK_EXCL_LOCK,
  LOCK_EXCL_MIX,
  LOCK_EXCL_SYNC,
  LOCK_EXCL_XSYN,
  LOCK_LOCK,
  LOCK_LOCK_EXCL,
  LOCK_LOCK_SYNC,
  LOCK_LOCK_XLOCK,
  LOCK_MIX,
  LOCK_MIX_EXCL,
  LOCK_MIX_LOCK2,
  LOCK_MIX_SYNC,
  LOCK_MIX_SYNC2,
  LOCK_PREXLOCK,
  LOCK_SYNC,
  LOCK_SYNC_EXCL,
  LOCK_SYNC_LOCK,
  LOCK_SYNC_MIX,
  LOCK_SYNC_MIX2,
  LOCK_TSYN,
  LOCK_TSYN_LOCK,
  LOCK_TSYN_MIX,
  LOCK_XLOCKDONE,
  LOCK_XSYN,
  LOCK_XSYN_EXCL,
  LOCK_XSYN_LOCK,
  LOCK_XSYN_MIX,
  LOCK_XSYN_SYNC,
  SM_FILELOCK,
} from './lock-states.js';
import type { SmState } from './lock-states.js';
import type { ScatterLock } from './scatter-lock.js';
import { CAP_ANY, CAP_LONER, CAP_XLOCKER, LOCK_TYPE, SimpleLock } from './simple-lock.js';

const WAIT_ANY_CHANGE = SimpleLock.WAIT_STABLE | SimpleLock.WAIT_WR | SimpleLock.WAIT_RD | SimpleLock.WAIT_XLOCK;

/** What the machine asks of the Locker around it. */
export interface LockMachineHost {
  readonly mds: MDSRank;
  issueCaps(inode: CInode): number;
  revokeClientLeases(lock: SimpleLock): void;
  scatterWritebehind(lock: ScatterLock): void;
}

/** The inode a lock belongs to; undefined for the locks of a dentry. */
export function inodeOf(lock: SimpleLock): CInode | undefined {
  return lock.type >= LOCK_TYPE.ISNAP ? (lock.parent as unknown as CInode) : undefined;
}

function isFor(who: number): boolean {
  return who !== 0 && who <= AUTH;
}

/** These locks may change state while their inode is being frozen: a path is walked through them. */
function pathLock(lock: SimpleLock): boolean {
  return lock.type === LOCK_TYPE.DN || lock.type === LOCK_TYPE.ISNAP || lock.type === LOCK_TYPE.IPOLICY;
}

/**
 * Moves locks through their states: which state a lock should be in (`eval…`), and how it gets there (`simpleSync`, `simpleLock`, …), with
 * a transitional state for as long as rdlocks, wrlocks, leases or clients' caps stand in the way.
 *
 * Wherever a change of state may allow or forbid caps, the inode goes to `need`, or, without one, its caps are issued at once.
 *
 * @see src/mds/Locker.cc (16.2.15)
 */
export class LockMachine {
  readonly #host: LockMachineHost;

  constructor(host: LockMachineHost) {
    this.#host = host;
  }

  #issue(inode: CInode | undefined, need: IssueSet | undefined): void {
    if (!inode) return;
    if (need) need.add(inode);
    else this.#host.issueCaps(inode);
  }

  /** The inode whose clients' caps this lock governs. */
  #capInode(lock: SimpleLock): CInode | undefined {
    return lock.capShift ? (lock.parent as unknown as CInode) : undefined;
  }

  #needsRecover(lock: SimpleLock, inode: CInode | undefined): boolean {
    if (lock.type !== LOCK_TYPE.IFILE || !inode?.needsRecover()) return false;
    this.#host.mds.mdcache.recovery.enqueue(inode);
    return true;
  }

  // -- what stands in the way --

  /** Asks clients for their leases. @returns are there any? */
  #revokeLeases(lock: SimpleLock): boolean {
    if (!lock.isLeased()) return false;
    this.#host.revokeClientLeases(lock);
    return true;
  }

  /** Asks clients for caps that the state they go to forbids. @returns are there any? */
  #recallCaps(lock: SimpleLock, inode: CInode | undefined, need: IssueSet | undefined): boolean {
    if (!inode || !issuedCapsNeedGather(inode, lock)) return false;
    this.#issue(inode, need);
    return true;
  }

  /** Must the lock stay in the transitional state, until what is gathered has come or the file is recovered? */
  #mustWait(lock: SimpleLock, inode: CInode | undefined, gather: boolean): boolean {
    const recover = this.#needsRecover(lock, inode);
    if (!gather && !recover) return false;
    lock.parent.authPin(lock);
    if (recover) this.#host.mds.mdcache.recovery.advance();
    return true;
  }

  // -- transitional states --

  /** Is the way free to the next state? Then goes there. `first` asks for caps that stand in the way. */
  evalGather(lock: SimpleLock, first = false, need?: IssueSet, finishers?: Completion[]): void {
    const next = lock.nextState;
    const row = lock.sm.states[next] as SmState;
    const inode = inodeOf(lock);
    const caps = lock.capShift !== 0;
    let issue = false;
    let capsFit = true;
    if (caps && inode) {
      const issued = capsIssued(inode, lock.capShift, lock.capMask);
      capsFit =
        (~lock.gcapsAllowed(CAP_ANY, next) & issued.other) === 0 &&
        (~lock.gcapsAllowed(CAP_LONER, next) & issued.loner) === 0 &&
        (~lock.gcapsAllowed(CAP_XLOCKER, next) & issued.xlocker) === 0;
      if (first && !capsFit) issue = true;
    }
    if (
      capsFit &&
      (isFor(row.canRdlock) || !lock.isRdlocked()) &&
      (isFor(row.canWrlock) || !lock.isWrlocked()) &&
      (isFor(row.canXlock) || !lock.isXlocked()) &&
      (isFor(row.canLease) || !lock.isLeased()) &&
      !lock.isFlushing() &&
      lock.state !== LOCK_SYNC_MIX2 &&
      lock.state !== LOCK_MIX_SYNC2
    ) {
      if (!this.#gathered(lock, next, inode, finishers)) return;
      if (caps) issue = true;
      const wants = need ?? new IssueSet();
      if (lock.isStable()) this.tryEvalLock(lock, wants);
      if (!need && wants.size > 0) issue = true;
    }
    if (issue) this.#issue(inode, need);
  }

  /** Nothing stands in the way: take the step. @returns false when something has to be written or recovered first */
  #gathered(lock: SimpleLock, next: number, inode: CInode | undefined, finishers: Completion[] | undefined): boolean {
    const { mds } = this.#host;
    if (lock.sm === SM_FILELOCK && inode) {
      if (inode.isRecovering()) return false;
      if (inode.needsRecover()) {
        mds.mdcache.recovery.enqueue(inode);
        mds.mdcache.recovery.advance();
        return false;
      }
    }
    if (lock.isDirty() && !lock.isFlushed()) {
      this.#host.scatterWritebehind(lock as ScatterLock);
      mds.mdlog.flush();
      return false;
    }
    lock.clearFlushed();
    if (next === LOCK_MIX && inode) {
      inode.startScatter(lock as ScatterLock);
      (lock as ScatterLock).clearScatterWanted();
    }
    lock.setState(next);
    if (lock.isStable()) lock.parent.authUnpin(lock);
    if (inode && lock.capShift && inode.wantLonerCap !== inode.lonerCap) tryDropLoner(inode);
    if (finishers) lock.takeWaiting(WAIT_ANY_CHANGE, finishers);
    else lock.finishWaiters(WAIT_ANY_CHANGE);
    return true;
  }

  // -- which state is right? --

  /** Evaluates the locks of `mask` (LOCK_TYPE bits) of an inode. @returns were caps looked at? */
  eval(inode: CInode, mask: number, capsImported = false): boolean {
    const need = new IssueSet();
    const finishers: Completion[] = [];
    let issue = capsImported;
    let locks = mask;
    const readonly = this.#host.mds.mdcache.isReadonly();
    if (chooseIdealLoner(inode, readonly)) {
      issue = true;
      locks = -1;
    } else if (inode.wantLonerCap !== inode.lonerCap) {
      locks = -1;
    }
    for (;;) {
      if (locks & LOCK_TYPE.IFILE) this.#evalAny(inode.filelock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.IAUTH) this.#evalAny(inode.authlock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.ILINK) this.#evalAny(inode.linklock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.IXATTR) this.#evalAny(inode.xattrlock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.INEST) this.#evalAny(inode.nestlock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.IFLOCK) this.#evalAny(inode.flocklock, need, finishers, capsImported);
      if (locks & LOCK_TYPE.IPOLICY) this.#evalAny(inode.policylock, need, finishers, capsImported);
      if (inode.wantLonerCap === inode.lonerCap || !tryDropLoner(inode)) break;
      issue = true;
      if (inode.wantLonerCap < 0) break;
      trySetLoner(inode);
      locks = -1;
    }
    for (const finisher of finishers) complete(finisher, 0);
    if (need.size > 0) issue = true;
    if (issue) this.#host.issueCaps(inode);
    return issue;
  }

  #evalAny(lock: SimpleLock, need: IssueSet, finishers: Completion[], first: boolean): void {
    if (lock.isStable()) this.evalLock(lock, need);
    else this.evalGather(lock, first, need, finishers);
  }

  /** Caps came back: kicks the locks of an inode that may have waited for them. */
  evalCapGather(inode: CInode, into?: IssueSet): void {
    const need = into ?? new IssueSet();
    const finishers: Completion[] = [];
    if (!inode.filelock.isStable()) this.evalGather(inode.filelock, false, need, finishers);
    if (!inode.authlock.isStable()) this.evalGather(inode.authlock, false, need, finishers);
    if (!inode.linklock.isStable()) this.evalGather(inode.linklock, false, need, finishers);
    if (!inode.xattrlock.isStable()) this.evalGather(inode.xattrlock, false, need, finishers);
    // who waited for the caps comes before those who want them back, or these would go to and fro for ever
    for (const finisher of finishers) complete(finisher, 0);
    if (!into && need.size > 0) this.#host.issueCaps(inode);
  }

  /** Evaluates a stable lock, unless its parent is frozen: then later. */
  tryEvalLock(lock: SimpleLock, need?: IssueSet): void {
    const parent = lock.parent as unknown as CInode | CDentry;
    if (parent.isFrozen()) {
      parent.addUnfreezeWaiter(() => this.tryEvalLock(lock));
      return;
    }
    if (lock.isScatterlock()) {
      const scatter = lock as ScatterLock;
      if (scatter.getScatterWanted() && lock.state !== LOCK_MIX) {
        this.scatterMix(scatter, need);
        if (!lock.isStable()) return;
      } else if (scatter.getUnscatterWanted() && lock.state !== LOCK_LOCK) {
        this.simpleLock(lock, need);
        if (!lock.isStable()) return;
      }
    }
    if (!pathLock(lock) && parent.isFreezing()) {
      parent.addUnfreezeWaiter(() => this.tryEvalLock(lock));
      return;
    }
    this.evalLock(lock, need);
  }

  evalLock(lock: SimpleLock, need?: IssueSet): void {
    switch (lock.type) {
      case LOCK_TYPE.IFILE:
        this.fileEval(lock as ScatterLock, need);
        break;
      case LOCK_TYPE.IDFT:
      case LOCK_TYPE.INEST:
        this.scatterEval(lock as ScatterLock, need);
        break;
      default:
        this.simpleEval(lock, need);
    }
  }

  simpleEval(lock: SimpleLock, need?: IssueSet): void {
    const { state } = lock;
    const inode = this.#capInode(lock);
    // the common case first: in sync, and no client that could want more
    if (state === LOCK_SYNC && (!inode || inode.clientCaps.size === 0)) return;
    const parent = lock.parent as unknown as CInode | CDentry;
    if (parent.isFreezingOrFrozen() && (!pathLock(lock) || state === LOCK_SYNC || parent.isFrozen())) return;
    if (this.#host.mds.mdcache.isReadonly()) {
      if (state !== LOCK_SYNC) this.simpleSync(lock, need);
      return;
    }
    const wanted = inode ? capsWanted(inode, lock.capShift).all : 0;
    if (state !== LOCK_EXCL && inode && (wanted & CEPH_CAP_GEXCL) !== 0 && targetLoner(inode) >= 0) {
      this.simpleExcl(lock, need);
    } else if (
      state !== LOCK_SYNC &&
      !lock.isWrlocked() &&
      (((wanted & CEPH_CAP_GEXCL) === 0 && !lock.isWaiterFor(SimpleLock.WAIT_WR)) ||
        (state === LOCK_EXCL && inode !== undefined && targetLoner(inode) < 0))
    ) {
      this.simpleSync(lock, need);
    }
  }

  scatterEval(lock: ScatterLock, need?: IssueSet): void {
    const inode = lock.parent as unknown as CInode;
    if (inode.isFreezingOrFrozen()) return;
    if (this.#host.mds.mdcache.isReadonly()) {
      if (lock.state !== LOCK_SYNC) this.simpleSync(lock, need);
      return;
    }
    if (!lock.isRdlocked() && lock.state !== LOCK_MIX && lock.getScatterWanted()) {
      this.scatterMix(lock, need);
      return;
    }
    if (lock.type === LOCK_TYPE.INEST) {
      if (!lock.isRdlocked() && lock.state !== LOCK_LOCK) this.simpleLock(lock, need);
      return;
    }
    if ((!inode.hasSubtreeOrExportingDirfrag() || inode.isBase()) && !lock.isWrlocked() && lock.state !== LOCK_SYNC) {
      this.simpleSync(lock, need);
    }
  }

  fileEval(lock: ScatterLock, need?: IssueSet): void {
    const inode = lock.parent as unknown as CInode;
    if (inode.isFreezingOrFrozen()) return;
    const { state } = lock;
    if (this.#host.mds.mdcache.isReadonly()) {
      if (state !== LOCK_SYNC) this.simpleSync(lock, need);
      return;
    }
    const wanted = capsWanted(inode, CEPH_CAP_SFILE);
    const { all, loner, other } = wanted;
    if (state === LOCK_EXCL) {
      const lonerIssued = capsIssued(inode, CEPH_CAP_SFILE, lock.capMask).loner;
      if (
        ((loner | lonerIssued) & (CEPH_CAP_GEXCL | CEPH_CAP_GWR | CEPH_CAP_GBUFFER)) === 0 ||
        (other & (CEPH_CAP_GEXCL | CEPH_CAP_GWR | CEPH_CAP_GRD)) !== 0 ||
        (inode.isDir() && multipleNonstaleCaps(inode))
      ) {
        // any writer means mix
        if (((other | loner) & CEPH_CAP_GWR) !== 0 || lock.isWaiterFor(SimpleLock.WAIT_WR)) this.scatterMix(lock, need);
        else if (!lock.isWrlocked()) this.simpleSync(lock, need);
      }
    } else if (
      !lock.isRdlocked() &&
      targetLoner(inode) >= 0 &&
      (inode.isDir() ? !inode.hasSubtreeOrExportingDirfrag() : (all & (CEPH_CAP_GEXCL | CEPH_CAP_GWR | CEPH_CAP_GBUFFER)) !== 0)
    ) {
      this.fileExcl(lock, need);
    } else if (
      state !== LOCK_MIX &&
      !lock.isRdlocked() &&
      (lock.getScatterWanted() || (targetLoner(inode) < 0 && (all & CEPH_CAP_GWR) !== 0))
    ) {
      this.scatterMix(lock, need);
    } else if (
      state !== LOCK_SYNC &&
      !lock.isWrlocked() &&
      !lock.isWaiterFor(SimpleLock.WAIT_WR) &&
      (all & CEPH_CAP_GWR) === 0 &&
      !(state === LOCK_MIX && inode.isDir() && inode.hasSubtreeOrExportingDirfrag())
    ) {
      this.simpleSync(lock, need);
    } else if (inode.needsRecover()) {
      this.#host.mds.mdcache.recovery.enqueue(inode);
      this.#host.mds.mdcache.recovery.advance();
    }
  }

  // -- towards a state --

  /** Towards sync. @returns is it there? */
  simpleSync(lock: SimpleLock, need?: IssueSet): boolean {
    const { mds } = this.#host;
    const inode = this.#capInode(lock);
    switch (lock.state) {
      case LOCK_MIX:
        lock.setState(LOCK_MIX_SYNC);
        break;
      case LOCK_LOCK:
        lock.setState(LOCK_LOCK_SYNC);
        break;
      case LOCK_XSYN:
        lock.setState(LOCK_XSYN_SYNC);
        break;
      case LOCK_EXCL:
        lock.setState(LOCK_EXCL_SYNC);
        break;
      case LOCK_TSYN:
        break;
      default:
        throw new Error(`${lock.describe()} can't go to sync`);
    }
    if (lock.state !== LOCK_TSYN) {
      let gather = false;
      if (lock.isWrlocked()) {
        gather = true;
        // the wrlock may belong to a request that was answered early: it goes once the journal is flushed
        mds.mdlog.flush();
      }
      if (this.#recallCaps(lock, inode, need)) gather = true;
      if (this.#mustWait(lock, inode, gather)) return false;
      if (lock.isDirty()) {
        lock.parent.authPin(lock);
        this.#host.scatterWritebehind(lock as ScatterLock);
        mds.mdlog.flush();
        return false;
      }
    }
    lock.setState(LOCK_SYNC);
    lock.finishWaiters(SimpleLock.WAIT_RD | SimpleLock.WAIT_STABLE);
    this.#issue(inode, need);
    return true;
  }

  simpleExcl(lock: SimpleLock, need?: IssueSet): void {
    const inode = this.#capInode(lock);
    switch (lock.state) {
      case LOCK_LOCK:
        lock.setState(LOCK_LOCK_EXCL);
        break;
      case LOCK_SYNC:
        lock.setState(LOCK_SYNC_EXCL);
        break;
      default:
        throw new Error(`${lock.describe()} can't go to excl`);
    }
    let gather = lock.isRdlocked() || lock.isWrlocked();
    if (this.#recallCaps(lock, inode, need)) gather = true;
    if (gather) {
      lock.parent.authPin(lock);
      return;
    }
    lock.setState(LOCK_EXCL);
    lock.finishWaiters(SimpleLock.WAIT_WR | SimpleLock.WAIT_STABLE);
    this.#issue(inode, need);
  }

  simpleLock(lock: SimpleLock, need?: IssueSet): void {
    const { mds } = this.#host;
    const inode = this.#capInode(lock);
    switch (lock.state) {
      case LOCK_SYNC:
        lock.setState(LOCK_SYNC_LOCK);
        break;
      case LOCK_XSYN:
        lock.setState(LOCK_XSYN_LOCK);
        break;
      case LOCK_EXCL:
        lock.setState(LOCK_EXCL_LOCK);
        break;
      case LOCK_MIX:
        lock.setState(LOCK_MIX_LOCK2);
        (lock as ScatterLock).clearUnscatterWanted();
        break;
      case LOCK_TSYN:
        lock.setState(LOCK_TSYN_LOCK);
        break;
      default:
        throw new Error(`${lock.describe()} can't go to lock`);
    }
    let gather = this.#revokeLeases(lock);
    if (lock.isRdlocked()) gather = true;
    if (this.#recallCaps(lock, inode, need)) gather = true;
    if (this.#mustWait(lock, inode, gather)) return;
    if (lock.isDirty()) {
      lock.parent.authPin(lock);
      this.#host.scatterWritebehind(lock as ScatterLock);
      mds.mdlog.flush();
      return;
    }
    lock.setState(LOCK_LOCK);
    lock.finishWaiters(SimpleLock.WAIT_XLOCK | SimpleLock.WAIT_WR | SimpleLock.WAIT_STABLE);
  }

  /** From lock (or from an xlock that is done) towards an xlock. */
  simpleXlock(lock: SimpleLock): void {
    const inode = this.#capInode(lock);
    if (lock.isStable()) lock.parent.authPin(lock);
    if (lock.state !== LOCK_LOCK && lock.state !== LOCK_XLOCKDONE) throw new Error(`${lock.describe()} can't go to xlock`);
    lock.setState(LOCK_LOCK_XLOCK);
    let gather = lock.isRdlocked() || lock.isWrlocked();
    if (this.#recallCaps(lock, inode, undefined)) gather = true;
    if (!gather) lock.setState(LOCK_PREXLOCK);
  }

  /** Towards mix: several may write. */
  scatterMix(lock: ScatterLock, need?: IssueSet): void {
    const inode = lock.parent as unknown as CInode;
    if (lock.state !== LOCK_LOCK) {
      switch (lock.state) {
        case LOCK_SYNC:
          lock.setState(LOCK_SYNC_MIX);
          break;
        case LOCK_EXCL:
          lock.setState(LOCK_EXCL_MIX);
          break;
        case LOCK_XSYN:
          lock.setState(LOCK_XSYN_MIX);
          break;
        case LOCK_TSYN:
          lock.setState(LOCK_TSYN_MIX);
          break;
        default:
          throw new Error(`${lock.describe()} can't go to mix`);
      }
      let gather = lock.isRdlocked();
      if (this.#revokeLeases(lock)) gather = true;
      if (this.#recallCaps(lock, this.#capInode(lock), need)) gather = true;
      if (this.#mustWait(lock, inode, gather)) return;
    }
    inode.startScatter(lock);
    lock.setState(LOCK_MIX);
    lock.clearScatterWanted();
    if (lock.capShift) this.#issue(inode, need);
  }

  /** Towards excl: all for the loner. */
  fileExcl(lock: ScatterLock, need?: IssueSet): void {
    const inode = lock.parent as unknown as CInode;
    switch (lock.state) {
      case LOCK_SYNC:
        lock.setState(LOCK_SYNC_EXCL);
        break;
      case LOCK_MIX:
        lock.setState(LOCK_MIX_EXCL);
        break;
      case LOCK_LOCK:
        lock.setState(LOCK_LOCK_EXCL);
        break;
      case LOCK_XSYN:
        lock.setState(LOCK_XSYN_EXCL);
        break;
      default:
        throw new Error(`${lock.describe()} can't go to excl`);
    }
    let gather = lock.isRdlocked() || lock.isWrlocked();
    if (this.#revokeLeases(lock)) gather = true;
    if (this.#recallCaps(lock, inode, need)) gather = true;
    if (this.#mustWait(lock, inode, gather)) return;
    lock.setState(LOCK_EXCL);
    this.#issue(inode, need);
  }

  /** From excl towards xsyn: the loner keeps its cache, the MDS may read. */
  fileXsyn(lock: SimpleLock, need?: IssueSet): void {
    const inode = lock.parent as unknown as CInode;
    lock.setState(LOCK_EXCL_XSYN);
    let gather = lock.isWrlocked();
    if (this.#recallCaps(lock, inode, need)) gather = true;
    if (gather) {
      lock.parent.authPin(lock);
      return;
    }
    lock.setState(LOCK_XSYN);
    lock.finishWaiters(SimpleLock.WAIT_RD | SimpleLock.WAIT_STABLE);
    this.#issue(inode, need);
  }
}
