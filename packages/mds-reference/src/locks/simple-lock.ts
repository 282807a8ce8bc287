import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { MutationImpl } from '../cache/mutation.js';
import {
  CEPH_LOCK_DN,
  CEPH_LOCK_DVERSION,
  CEPH_LOCK_IAUTH,
  CEPH_LOCK_IDFT,
  CEPH_LOCK_IFILE,
  CEPH_LOCK_IFIRST,
  CEPH_LOCK_IFLOCK,
  CEPH_LOCK_ILINK,
  CEPH_LOCK_INEST,
  CEPH_LOCK_IPOLICY,
  CEPH_LOCK_ISNAP,
  CEPH_LOCK_IVERSION,
  CEPH_LOCK_IXATTR,
} from '../types/ceph-fs.js';
import {
  ANY,
  AUTH,
  LOCK_LOCK,
  LOCK_LOCK_XLOCK,
  LOCK_SYNC,
  LOCK_XLOCK,
  LOCK_XLOCKDONE,
  LOCK_XLOCKSNAP,
  lockStateName,
  REQ,
  SM_FILELOCK,
  SM_LOCALLOCK,
  SM_SCATTERLOCK,
  SM_SIMPLELOCK,
  XCL,
} from './lock-states.js';
import type { SmState, StateMachine } from './lock-states.js';

/** Lock types; locks of one object are taken in this order. */
export const LOCK_TYPE = {
  DN: CEPH_LOCK_DN,
  DVERSION: CEPH_LOCK_DVERSION,
  ISNAP: CEPH_LOCK_ISNAP,
  IPOLICY: CEPH_LOCK_IPOLICY,
  IFILE: CEPH_LOCK_IFILE,
  INEST: CEPH_LOCK_INEST,
  IDFT: CEPH_LOCK_IDFT,
  IAUTH: CEPH_LOCK_IAUTH,
  ILINK: CEPH_LOCK_ILINK,
  IXATTR: CEPH_LOCK_IXATTR,
  IFLOCK: CEPH_LOCK_IFLOCK,
  IVERSION: CEPH_LOCK_IVERSION,
} as const;

/** Smallest type of a lock that belongs to an inode. */
export const LOCK_IFIRST = CEPH_LOCK_IFIRST;

const TYPE_NAMES = new Map<number, string>([
  [LOCK_TYPE.DN, 'dn'],
  [LOCK_TYPE.DVERSION, 'dversion'],
  [LOCK_TYPE.ISNAP, 'isnap'],
  [LOCK_TYPE.IPOLICY, 'ipolicy'],
  [LOCK_TYPE.IFILE, 'ifile'],
  [LOCK_TYPE.IAUTH, 'iauth'],
  [LOCK_TYPE.ILINK, 'ilink'],
  [LOCK_TYPE.IDFT, 'idft'],
  [LOCK_TYPE.INEST, 'inest'],
  [LOCK_TYPE.IXATTR, 'ixattr'],
  [LOCK_TYPE.IFLOCK, 'iflock'],
  [LOCK_TYPE.IVERSION, 'iversion'],
]);

/** Print name of a lock type, as in `'ifile'`. */
export function lockTypeName(type: number): string {
  return TYPE_NAMES.get(type) ?? 'unknown';
}

function machineOf(type: number): StateMachine {
  switch (type) {
    case LOCK_TYPE.IFILE:
      return SM_FILELOCK;
    case LOCK_TYPE.IDFT:
    case LOCK_TYPE.INEST:
      return SM_SCATTERLOCK;
    case LOCK_TYPE.DVERSION:
    case LOCK_TYPE.IVERSION:
      return SM_LOCALLOCK;
    default:
      return SM_SIMPLELOCK;
  }
}

/** Position of a lock's generic caps in a mask of caps; 0 where the lock has none. */
function capShiftOf(type: number): number {
  switch (type) {
    case LOCK_TYPE.IAUTH:
      return 2;
    case LOCK_TYPE.ILINK:
      return 4;
    case LOCK_TYPE.IXATTR:
      return 6;
    case LOCK_TYPE.IFILE:
      return 8;
    default:
      return 0;
  }
}

/** Who asks what caps a state allows. */
export const CAP_ANY = 0;
export const CAP_LONER = 1;
export const CAP_XLOCKER = 2;

/** Pins a lock takes on its parent (MDSCacheObject::PIN_*). */
const PIN_LOCK = -1002;
const PIN_WAITER = 1004;

/** What a lock needs from the object it locks: CInode and CDentry. */
export interface LockParent {
  isAuth(): boolean;
  get(by: number): void;
  put(by: number): void;
  /** Keeps the object (and all above it) from being frozen while the lock is in a transitional state. */
  authPin(by: object): void;
  authUnpin(by: object): void;
}

interface LockWaiter {
  mask: number;
  completion: Completion;
}

const GEXCL_AND_SHARED = 3;

/** What is the same for all locks of a type. */
interface LockKind {
  readonly type: number;
  readonly sm: StateMachine;
  readonly capShift: number;
  readonly capMask: number;
}

const KINDS: readonly LockKind[] = Object.values(LOCK_TYPE).map((type) => ({
  type,
  sm: machineOf(type),
  capShift: capShiftOf(type),
  capMask: type === LOCK_TYPE.IFILE ? 0xff : GEXCL_AND_SHARED,
}));

function kindOf(type: number): LockKind {
  const kind = KINDS.find((known) => known.type === type);
  if (!kind) throw new Error(`${type} is no type of lock`);
  return kind;
}

/** Who holds a lock and who waits for it. Most locks in a cache were only looked at: those have none of their own. */
class LockUse {
  numRdlock = 0;
  numWrlock = 0;
  numXlock = 0;
  xlockBy: MutationImpl | undefined;
  xlockByClient = -1;
  leased = false;
  waiters: LockWaiter[] | undefined;
  exclClient = -1;
}

const UNUSED: Readonly<LockUse> = Object.freeze(new LockUse());

/**
 * A lock on a piece of an inode or a dentry: rdlocks, wrlocks and an xlock taken by mutations, caps and leases held by clients, and a state
 * that says which of them may coexist. The Locker moves it through its states; who has to wait is queued here.
 *
 * Waiters are kept by the lock itself, not by its parent as in Ceph: the order among the waiters of one lock is the same.
 *
 * @see src/mds/SimpleLock.h (16.2.15)
 */
export class SimpleLock {
  static readonly WAIT_RD = 1;
  static readonly WAIT_WR = 2;
  static readonly WAIT_XLOCK = 4;
  /** Same bit as for an xlock. */
  static readonly WAIT_STABLE = 4;
  static readonly WAIT_REMOTEXLOCK = 8;
  static readonly WAIT_ALL = 15;

  readonly parent: LockParent;
  readonly #kind: LockKind;
  #state: number;
  #row: SmState;
  #use: Readonly<LockUse> = UNUSED;

  constructor(parent: LockParent, type: number, state: number = LOCK_SYNC) {
    this.parent = parent;
    this.#kind = kindOf(type);
    this.#state = state;
    this.#row = this.#rowOf(state);
  }

  get type(): number {
    return this.#kind.type;
  }

  get sm(): StateMachine {
    return this.#kind.sm;
  }

  /** Shift of this lock's caps within a client's caps; 0: the lock has none. */
  get capShift(): number {
    return this.#kind.capShift;
  }

  /** Mask of them, before the shift. */
  get capMask(): number {
    return this.#kind.capMask;
  }

  /** The one client that may hold this lock's exclusive caps; -1 for none. */
  get exclClient(): number {
    return this.#use.exclClient;
  }

  set exclClient(client: number) {
    if (client !== this.#use.exclClient) this.#own().exclClient = client;
  }

  /** Its use, to be changed. */
  #own(): LockUse {
    if (this.#use === UNUSED) this.#use = new LockUse();
    return this.#use as LockUse;
  }

  #rowOf(state: number): SmState {
    const row = this.#kind.sm.states[state];
    if (!row) throw new Error(`${this.sm.name} has no state ${lockStateName(state)}`);
    return row;
  }

  isScatterlock(): boolean {
    return false;
  }

  isLocallock(): boolean {
    return false;
  }

  // -- waiters --

  /** Queues `completion` until one of `mask` (WAIT_*) is signalled. */
  addWaiter(mask: number, completion: Completion): void {
    const use = this.#own();
    if (!use.waiters) {
      use.waiters = [];
      this.parent.get(PIN_WAITER);
    }
    use.waiters.push({ mask, completion });
  }

  /** Moves the waiters for any of `mask` to `into`, in the order they came. */
  takeWaiting(mask: number, into: Completion[]): void {
    const { waiters } = this.#use;
    if (!waiters) return;
    let kept = 0;
    for (const waiter of waiters) {
      if (waiter.mask & mask) into.push(waiter.completion);
      else waiters[kept++] = waiter;
    }
    waiters.length = kept;
    if (kept > 0) return;
    this.#own().waiters = undefined;
    this.parent.put(PIN_WAITER);
  }

  /** Completes the waiters for any of `mask` with `r`. */
  finishWaiters(mask: number, r = 0): void {
    if (!this.#use.waiters) return;
    const taken: Completion[] = [];
    this.takeWaiting(mask, taken);
    for (const completion of taken) complete(completion, r);
  }

  isWaiterFor(mask: number): boolean {
    return this.#use.waiters !== undefined && this.#use.waiters.some((waiter) => (waiter.mask & mask) !== 0);
  }

  // -- state --

  get state(): number {
    return this.#state;
  }

  setState(state: number): void {
    this.#row = this.#rowOf(state);
    this.#state = state;
  }

  get stateName(): string {
    return lockStateName(this.#state);
  }

  isStable(): boolean {
    return this.#row.next === 0;
  }

  isUnstableAndLocked(): boolean {
    return this.#row.next !== 0 && (this.isRdlocked() || this.isWrlocked() || this.isXlocked());
  }

  /** The state that follows; 0 when stable. */
  get nextState(): number {
    return this.#row.next;
  }

  isSyncAndUnlocked(): boolean {
    return (
      this.#state === LOCK_SYNC &&
      this.#use.numRdlock === 0 &&
      !this.#use.leased &&
      this.#use.numWrlock === 0 &&
      this.#use.numXlock === 0
    );
  }

  isDirty(): boolean {
    return false;
  }

  isFlushing(): boolean {
    return false;
  }

  isFlushed(): boolean {
    return false;
  }

  clearFlushed(): void {
    // only a scatterlock is ever flushed
  }

  #may(who: number, client: number): boolean {
    return (
      who === ANY || (who === AUTH && this.parent.isAuth()) || (who === XCL && client >= 0 && this.#use.xlockByClient === client)
    );
  }

  #mayWrite(who: number, client: number): boolean {
    return this.#may(who, client) || (who === XCL && client >= 0 && this.exclClient === client);
  }

  canLease(client: number): boolean {
    return this.#may(this.#row.canLease, client);
  }

  canRead(client: number): boolean {
    return this.#may(this.#row.canRead, client);
  }

  canReadProjected(client: number): boolean {
    return this.#may(this.#row.canReadProjected, client);
  }

  canRdlock(client: number): boolean {
    return this.#may(this.#row.canRdlock, client);
  }

  canWrlock(client: number): boolean {
    return this.#mayWrite(this.#row.canWrlock, client);
  }

  canForceWrlock(client: number): boolean {
    return this.#mayWrite(this.#row.canForceWrlock, client);
  }

  canXlock(client: number): boolean {
    return this.#may(this.#row.canXlock, client);
  }

  /** Would a replica have to ask for a rdlock in this state? */
  reqRdlockFromAuth(): boolean {
    return this.#row.canRdlock === REQ;
  }

  // -- rdlock --

  isRdlocked(): boolean {
    return this.#use.numRdlock > 0;
  }

  get numRdlocks(): number {
    return this.#use.numRdlock;
  }

  getRdlock(): void {
    if (this.#own().numRdlock++ === 0) this.parent.get(PIN_LOCK);
  }

  putRdlock(): void {
    if (this.#use.numRdlock <= 0) throw new Error(`${this.describe()}: rdlock put without one held`);
    if (--this.#own().numRdlock === 0) this.parent.put(PIN_LOCK);
  }

  // -- wrlock --

  isWrlocked(): boolean {
    return this.#use.numWrlock > 0;
  }

  get numWrlocks(): number {
    return this.#use.numWrlock;
  }

  getWrlock(): void {
    if (this.#own().numWrlock++ === 0) this.parent.get(PIN_LOCK);
  }

  putWrlock(): void {
    if (this.#use.numWrlock <= 0) throw new Error(`${this.describe()}: wrlock put without one held`);
    if (--this.#own().numWrlock === 0) this.parent.put(PIN_LOCK);
  }

  // -- xlock --

  isXlocked(): boolean {
    return this.#use.numXlock > 0;
  }

  get numXlocks(): number {
    return this.#use.numXlock;
  }

  /** The mutation that holds the xlock and hasn't been answered yet. */
  get xlockBy(): MutationImpl | undefined {
    return this.#use.xlockBy;
  }

  get xlockByClient(): number {
    return this.#use.xlockByClient;
  }

  isXlockedByClient(client: number): boolean {
    return this.#use.xlockByClient === client && this.#use.numXlock > 0;
  }

  getXlock(who: MutationImpl, client: number): void {
    const use = this.#own();
    if (use.xlockBy) throw new Error(`${this.describe()}: xlocked already`);
    this.parent.get(PIN_LOCK);
    use.numXlock++;
    use.xlockBy = who;
    use.xlockByClient = client;
  }

  /** The mutation is done and answered, though not journaled: its own client may read what it wrote. */
  setXlockDone(): void {
    if (!this.isLocallock()) this.setState(LOCK_XLOCKDONE);
    this.#own().xlockBy = undefined;
  }

  putXlock(): void {
    if (this.#use.numXlock <= 0) throw new Error(`${this.describe()}: xlock put without one held`);
    const use = this.#own();
    use.numXlock--;
    this.parent.put(PIN_LOCK);
    if (use.numXlock === 0) {
      use.xlockBy = undefined;
      use.xlockByClient = -1;
    }
  }

  /** States in which an xlock may be held. */
  inXlockState(): boolean {
    const state = this.#state;
    return (
      state === LOCK_XLOCK ||
      state === LOCK_XLOCKDONE ||
      state === LOCK_XLOCKSNAP ||
      state === LOCK_LOCK_XLOCK ||
      state === LOCK_LOCK
    );
  }

  // -- leases --

  isLeased(): boolean {
    return this.#use.leased;
  }

  getClientLease(): void {
    this.#own().leased = true;
  }

  putClientLease(): void {
    if (this.#use.leased) this.#own().leased = false;
  }

  // -- caps --

  isLonerMode(): boolean {
    return this.#row.loner;
  }

  /** Generic caps that some state of this lock allows. */
  gcapsAllowedEver(): number {
    return this.parent.isAuth() ? this.sm.allowedEverAuth : this.sm.allowedEverReplica;
  }

  /** Generic caps that `who` (CAP_ANY, CAP_LONER, CAP_XLOCKER) may hold in `state`. */
  gcapsAllowed(who: number, state: number = this.#state): number {
    const row = state === this.#state ? this.#row : this.#rowOf(state);
    if (!this.parent.isAuth()) return row.replicaCaps;
    if (this.#use.xlockByClient >= 0 && who === CAP_XLOCKER) return row.xlockerCaps | row.caps;
    if (this.#row.loner && who === CAP_ANY) return row.caps;
    return row.lonerCaps | row.caps;
  }

  /** Caps to hold back while a wrlock is held. */
  gcapsCareful(): number {
    return this.#use.numWrlock > 0 ? this.sm.careful : 0;
  }

  /** Caps that are the xlocker's own affair. */
  gcapsXlockerMask(client: number): number {
    if (client !== this.#use.xlockByClient) return 0;
    return this.type === LOCK_TYPE.IFILE ? 0xf : GEXCL_AND_SHARED;
  }

  get replicaState(): number {
    return this.#row.replicaState;
  }

  /** One line for logs: type, state, holders. */
  describe(): string {
    let text = `(${lockTypeName(this.type)} ${this.stateName}`;
    if (this.#use.leased) text += ' l';
    if (this.#use.numRdlock > 0) text += ` r=${this.#use.numRdlock}`;
    if (this.#use.numWrlock > 0) text += ` w=${this.#use.numWrlock}`;
    if (this.#use.numXlock > 0) text += ` x=${this.#use.numXlock}`;
    return `${text})`;
  }

  /** The form of `dump tree`: empty when in sync and not held. */
  dump(): Record<string, unknown> {
    if (this.isSyncAndUnlocked()) return {};
    return {
      gather_set: [],
      state: this.stateName,
      is_leased: this.#use.leased,
      num_rdlocks: this.#use.numRdlock,
      num_wrlocks: this.#use.numWrlock,
      num_xlocks: this.#use.numXlock,
      xlock_by: {},
    };
  }
}
