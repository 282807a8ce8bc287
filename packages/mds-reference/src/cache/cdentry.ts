import type { Completion } from '@cephts/common';
import { fragValue } from '@cephts/encoding';
import type { LogSegment } from '../journal/log-segment.js';
import type { ClientLease } from '../locks/client-lease.js';
import { LocalLock } from '../locks/local-lock.js';
import { LOCK_TYPE, SimpleLock } from '../locks/simple-lock.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { dentryKey } from '../types/dentry-key.js';
import { MDSCacheObject } from './cache-object.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import { Linkage } from './linkage.js';
import type { Lru, LruItem } from './lru.js';
import type { MutationImpl } from './mutation.js';
import { PIN } from './pins.js';

const NEW = 1;
const BADREMOTEINO = 2;
const EVALUATINGSTRAY = 4;
const PURGING = 8;
const PURGINGPINNED = 16;
const STRAY = 32;
const BOTTOMLRU = 64;

const NO_PROJECTED: Linkage[] = [];

/**
 * A name in a directory fragment, and what it leads to.
 *
 * A change is projected first: `pushProjectedLinkage` queues what the name will lead to, and `popProjectedLinkage` makes it so when the
 * journal entry is safe. In between only the one who changes it (and its client, once it was answered early) looks at the projected one.
 *
 * @see src/mds/CDentry.h (16.2.15)
 */
export class CDentry extends MDSCacheObject implements LruItem<CDentry> {
  readonly name: string;
  readonly dir: CDir;
  /** First and last snapshot it is in; `last` is CEPH_NOSNAP for what is there now. */
  first: bigint;
  readonly last: bigint;
  /** Version of the fragment with the last change of this entry. */
  version = 0;
  projectedVersion = 0;
  /** The name in full, as a client with encryption wants it kept. */
  alternateName = '';
  /** By client; undefined without any. */
  clientLeases: Map<number, ClientLease> | undefined;
  lruPrev: CDentry | undefined;
  lruNext: CDentry | undefined;
  lru: Lru<CDentry> | undefined;

  readonly linkage = new Linkage();
  #projected = NO_PROJECTED;
  #lock: SimpleLock | undefined;
  #versionlock: LocalLock | undefined;
  #hash = -1;
  #dirtyIn: LogSegment | undefined;
  #authPins = 0;

  constructor(dir: CDir, name: string, first: bigint, last: bigint) {
    super();
    this.dir = dir;
    this.name = name;
    this.first = first;
    this.last = last;
  }

  get lock(): SimpleLock {
    return (this.#lock ??= new SimpleLock(this, LOCK_TYPE.DN));
  }

  get versionlock(): LocalLock {
    return (this.#versionlock ??= new LocalLock(this, LOCK_TYPE.DVERSION));
  }

  /** Hash of the name, 24 bits: its place in the fragment's listing. */
  get hash(): number {
    if (this.#hash < 0) this.#hash = fragValue(this.dir.inode.hashDentryName(this.name));
    return this.#hash;
  }

  /** Key of its value in the fragment's omap. */
  get key(): string {
    return dentryKey(this.name, this.last);
  }

  // -- linkage

  getLinkage(client?: number, mut?: MutationImpl): Linkage {
    // who only looks makes no lock
    const newer = client !== undefined && this.isProjected() && this.useProjected(client, mut);
    return newer ? this.getProjectedLinkage() : this.linkage;
  }

  /** The newest linkage, projected or not. */
  getProjectedLinkage(): Linkage {
    const projected = this.#projected;
    return projected.length > 0 ? (projected[projected.length - 1] as Linkage) : this.linkage;
  }

  isProjected(): boolean {
    return this.#projected.length > 0;
  }

  /** Does this client, or this request, already see what is projected? */
  useProjected(client: number, mut?: MutationImpl): boolean {
    return this.lock.canReadProjected(client) || (mut !== undefined && this.lock.xlockBy === mut);
  }

  /** The name will lead to `inode`, which is stored with it from then on. */
  pushProjectedLinkage(inode: CInode): void {
    this.#push(new Linkage(inode));
    inode.pushProjectedParent(this);
  }

  /** The name will lead to an inode that is stored elsewhere. */
  pushProjectedRemoteLinkage(ino: number, dType: number): void {
    this.#push(new Linkage(undefined, ino, dType));
  }

  /** The name will lead nowhere. */
  pushProjectedNullLinkage(): void {
    this.#push(new Linkage());
  }

  #push(linkage: Linkage): void {
    if (this.#projected === NO_PROJECTED) this.#projected = [linkage];
    else this.#projected.push(linkage);
  }

  /** The oldest projected linkage takes effect. @returns the linkage in force */
  popProjectedLinkage(): Linkage {
    const next = this.#projected.shift();
    if (!next) throw new Error(`${this.describe()}: nothing is projected`);
    if (next.remoteIno !== 0) {
      this.dir.linkRemoteInode(this, next.remoteIno, next.remoteDType);
      if (next.inode) {
        this.linkage.inode = next.inode;
        next.inode.addRemoteParent(this);
      }
    } else if (next.inode) {
      this.dir.linkPrimaryInode(this, next.inode);
      next.inode.popProjectedParent();
    }
    return this.linkage;
  }

  /** Ties a remote linkage to its inode, which is in the cache now. */
  linkRemote(linkage: Linkage, inode: CInode): void {
    linkage.inode = inode;
    // a linkage that is projected is tied when it takes effect
    if (linkage === this.linkage) inode.addRemoteParent(this);
  }

  /** The inode of a remote linkage leaves the cache, or the link is cut. */
  unlinkRemote(linkage: Linkage): void {
    const { inode } = linkage;
    if (!inode) return;
    if (linkage === this.linkage) inode.removeRemoteParent(this);
    linkage.inode = undefined;
  }

  // -- state

  isNew(): boolean {
    return (this.state & NEW) !== 0;
  }
  /** It was never stored: once it leads nowhere it can be forgotten without a trace. */
  markNew(): void {
    this.state |= NEW;
  }
  clearNew(): void {
    this.state &= ~NEW;
  }

  isPurging(): boolean {
    return (this.state & PURGING) !== 0;
  }
  /** Its inode is being purged; pins the dentry once. */
  markPurging(): void {
    this.state |= PURGING;
    if (this.state & PURGINGPINNED) return;
    this.state |= PURGINGPINNED;
    this.get(PIN.PURGING);
  }
  clearPurging(): void {
    const pinned = (this.state & PURGINGPINNED) !== 0;
    this.state &= ~(PURGING | PURGINGPINNED);
    if (pinned) this.put(PIN.PURGING);
  }

  isEvaluatingStray(): boolean {
    return (this.state & EVALUATINGSTRAY) !== 0;
  }
  setEvaluatingStray(on: boolean): void {
    if (on) this.state |= EVALUATINGSTRAY;
    else this.state &= ~EVALUATINGSTRAY;
  }

  /** It is in a stray directory, or meant for one. */
  markStray(): void {
    this.state |= STRAY;
  }
  isStray(): boolean {
    return (this.state & STRAY) !== 0;
  }

  isBadRemoteIno(): boolean {
    return (this.state & BADREMOTEINO) !== 0;
  }
  /** Its remote inode is nowhere to be found. */
  markBadRemoteIno(): void {
    this.state |= BADREMOTEINO;
  }

  isBottomLru(): boolean {
    return (this.state & BOTTOMLRU) !== 0;
  }
  setBottomLru(on: boolean): void {
    if (on) this.state |= BOTTOMLRU;
    else this.state &= ~BOTTOMLRU;
  }

  // -- versions

  /** Segment of its last change that isn't stored. */
  get dirtyIn(): LogSegment | undefined {
    return this.#dirtyIn;
  }

  /** The version of the fragment that the next change of this entry makes. @param min it will be above this one */
  preDirty(min = 0): number {
    return (this.projectedVersion = this.dir.preDirty(min));
  }

  /** The change of version `pv` is journaled, in segment `ls`. */
  markDirty(pv: number, ls: LogSegment): void {
    this.version = pv;
    this.markDirtyOnly(ls);
    this.dir.markDirty(ls);
  }

  /** {@link markDirty} without the fragment. */
  markDirtyOnly(ls: LogSegment): void {
    if (!this.isDirty()) {
      this.state |= MDSCacheObject.STATE_DIRTY;
      this.get(PIN.DIRTY);
      this.dir.dirtyDentries.add(this);
    }
    if (this.#dirtyIn === ls) return;
    this.#dirtyIn?.dirtyDentries.delete(this);
    this.#dirtyIn = ls;
    ls.dirtyDentries.add(this);
  }

  markClean(): void {
    if (!this.isDirty()) return;
    this.state &= ~(MDSCacheObject.STATE_DIRTY | NEW);
    this.dir.dirtyDentries.delete(this);
    this.#dirtyIn?.dirtyDentries.delete(this);
    this.#dirtyIn = undefined;
    this.put(PIN.DIRTY);
  }

  /** Without snapshots it always begins after the newest there is. */
  setFirstToNextSnap(): void {
    const next = this.dir.inode.mdcache.nextSnap;
    if (next > this.first) this.first = next;
  }

  // -- pins

  protected override firstGet(): void {
    this.dir.noteDentryPinned();
  }

  protected override lastPut(): void {
    this.dir.noteDentryUnpinned();
  }

  protected override afterPut(): void {
    const dirty = this.isDirty() ? 1 : 0;
    if (this.numRef > dirty + 1) return;
    const { inode, remoteIno } = this.getProjectedLinkage();
    if (!inode || remoteIno !== 0) return;
    if (this.numRef === dirty + (inode.numRef > 0 ? 1 : 0)) inode.mdcache.maybeEvalStray(inode, true);
  }

  // -- freezing

  override isFrozen(): boolean {
    return this.dir.isFrozen();
  }

  override isFreezing(): boolean {
    return this.dir.isFreezing();
  }

  override canAuthPin(): boolean {
    return this.dir.canAuthPin();
  }

  override authPin(_by: object): void {
    if (this.#authPins++ === 0) this.get(PIN.AUTHPIN);
    this.dir.adjustNestedAuthPins(1);
  }

  override authUnpin(_by: object): void {
    if (--this.#authPins === 0) this.put(PIN.AUTHPIN);
    this.dir.adjustNestedAuthPins(-1);
  }

  /** The auth pins of the inode it leads to count in the fragment, too. */
  adjustNestedAuthPins(by: number): void {
    this.dir.adjustNestedAuthPins(by);
  }

  get numAuthPins(): number {
    return this.#authPins;
  }

  override addUnfreezeWaiter(completion: Completion): void {
    this.dir.addUnfreezeWaiter(completion);
  }

  // -- leases

  isAnyLeases(): boolean {
    return this.clientLeases !== undefined && this.clientLeases.size > 0;
  }

  addClientLease(lease: ClientLease): void {
    if (!this.clientLeases) this.clientLeases = new Map();
    if (this.clientLeases.size === 0) {
      this.get(PIN.CLIENTLEASE);
      this.lock.getClientLease();
    }
    this.clientLeases.set(lease.client, lease);
  }

  removeClientLease(lease: ClientLease): void {
    if (this.clientLeases?.delete(lease.client) !== true) return;
    lease.session.leases.delete(lease);
    this.dir.inode.mdcache.leases.forget(lease);
    if (this.clientLeases.size > 0) return;
    this.lock.putClientLease();
    this.put(PIN.CLIENTLEASE);
  }

  // -- names

  isHead(): boolean {
    return this.last === CEPH_NOSNAP;
  }

  /** Path from the root, as in `/a/b`; in a stray directory as in `~mds0/stray3/10000000000`. */
  makePathString(): string {
    const parent = this.dir.inode.makePathString();
    return parent.endsWith('/') ? parent + this.name : `${parent}/${this.name}`;
  }

  override describe(): string {
    return `[dentry ${this.makePathString()} [${this.first.toString(16)},${this.isHead() ? 'head' : this.last.toString(16)}] v=${this.version} pv=${this.projectedVersion} refs=${this.numRef}]`;
  }
}
