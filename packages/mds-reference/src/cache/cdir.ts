import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { DirFrag } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import type { LogSegment } from '../journal/log-segment.js';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { Fnode } from '../types/fnode.js';
import { MDSCacheObject, WAIT } from './cache-object.js';
import { CDentry } from './cdentry.js';
import type { CInode } from './cinode.js';
import { DentryOrder } from './dentry-order.js';
import { commitDir } from './dir-commit.js';
import { DirFetch } from './dir-fetch.js';
import type { MutationImpl } from './mutation.js';
import { PIN } from './pins.js';

const COMPLETE = 1;
const COMMITTING = 2;
const FETCHING = 4;
const CREATING = 8;
const FREEZINGDIR = 16;
const FROZENDIR = 32;
const BADFRAG = 64;
const STICKY = 128;

/** In place of a rank: the fragment belongs to whom its directory belongs to. */
export const CDIR_AUTH_PARENT = -1;

/** First snapshot of what is made in a new file system: the first number is the root realm's. */
const FIRST_SNAP = 2n;

interface CommitWaiter {
  version: number;
  completion: Completion;
}

/**
 * A fragment of a directory: its entries, and sums over them.
 *
 * It is *complete* when every entry there is is in the cache; what isn't found in a complete fragment doesn't exist. Its version grows with
 * every change of an entry; `projectedVersion` counts those that are not journaled yet.
 *
 * @see src/mds/CDir.h (16.2.15)
 */
export class CDir extends MDSCacheObject {
  readonly inode: CInode;
  readonly frag: Frag;
  readonly dirfrag: DirFrag;
  first = FIRST_SNAP;
  fnode = new Fnode();
  projectedVersion = 0;
  committingVersion = 0;
  committedVersion = 0;
  /** Rank in charge where a subtree begins here, else {@link CDIR_AUTH_PARENT}. */
  dirAuthFirst = CDIR_AUTH_PARENT;

  /** Head entries by name. */
  readonly items = new Map<string, CDentry>();
  /** Entries of snapshots, by omap key; undefined without any. */
  snapItems: Map<string, CDentry> | undefined;
  readonly dirtyDentries = new Set<CDentry>();
  /** Inodes here whose sums the fragment doesn't have yet. */
  readonly dirtyRstatInodes = new Set<CInode>();
  /** Head entries that lead nowhere. */
  numHeadNull = 0;

  #projectedFnodes: Fnode[] = [];
  readonly #order = new DentryOrder();
  readonly #waitingForCommit: CommitWaiter[] = [];
  #dirtyIn: LogSegment | undefined;
  #newIn: LogSegment | undefined;
  #authPins = 0;
  #nestedAuthPins = 0;
  #pinnedDentries = 0;
  #numInodesWithCaps = 0;

  constructor(inode: CInode, frag: Frag) {
    super();
    this.inode = inode;
    this.frag = frag;
    this.dirfrag = new DirFrag(inode.ino, frag);
  }

  // -- state

  isComplete(): boolean {
    return (this.state & COMPLETE) !== 0;
  }
  markComplete(): void {
    this.state |= COMPLETE;
  }
  /** An entry was trimmed: what isn't found may exist. */
  clearComplete(): void {
    this.state &= ~COMPLETE;
  }
  isFetching(): boolean {
    return (this.state & FETCHING) !== 0;
  }
  isCommitting(): boolean {
    return (this.state & COMMITTING) !== 0;
  }
  /** Between the making of a new directory and its journaling. */
  isCreating(): boolean {
    return (this.state & CREATING) !== 0;
  }
  markCreating(): void {
    this.state |= CREATING;
  }
  isBadFrag(): boolean {
    return (this.state & BADFRAG) !== 0;
  }
  clearBadFrag(): void {
    this.state &= ~BADFRAG;
  }
  isSubtreeRoot(): boolean {
    return this.dirAuthFirst !== CDIR_AUTH_PARENT;
  }
  /** Was it never stored? */
  isNew(): boolean {
    return this.#newIn !== undefined;
  }

  /** Stays open though it is empty. */
  markSticky(): void {
    if (this.state & STICKY) return;
    this.state |= STICKY;
    this.get(PIN.STICKY);
  }

  get numHeadItems(): number {
    return this.items.size - this.numHeadNull;
  }

  getFragSize(): number {
    return this.getProjectedFnode().fragstat.size;
  }

  getParentDir(): CDir | undefined {
    return this.inode.getParentDir();
  }

  // -- entries

  lookup(name: string, snap: bigint = CEPH_NOSNAP): CDentry | undefined {
    const dn = this.items.get(name);
    if (snap === CEPH_NOSNAP || (dn && dn.first <= snap)) return dn;
    if (!this.snapItems) return undefined;
    for (const old of this.snapItems.values()) if (old.name === name && old.first <= snap && snap <= old.last) return old;
    return undefined;
  }

  lookupExactSnap(name: string, last: bigint): CDentry | undefined {
    if (last === CEPH_NOSNAP) return this.items.get(name);
    if (!this.snapItems) return undefined;
    for (const old of this.snapItems.values()) if (old.name === name && old.last === last) return old;
    return undefined;
  }

  addNullDentry(name: string, first = FIRST_SNAP, last: bigint = CEPH_NOSNAP): CDentry {
    const dn = this.#add(name, first, last);
    this.inode.mdcache.insertDentry(dn);
    return dn;
  }

  addPrimaryDentry(name: string, inode: CInode, alternateName = '', first = FIRST_SNAP, last: bigint = CEPH_NOSNAP): CDentry {
    const dn = this.addNullDentry(name, first, last);
    dn.alternateName = alternateName;
    this.linkPrimaryInode(dn, inode);
    return dn;
  }

  addRemoteDentry(
    name: string,
    ino: number,
    dType: number,
    alternateName = '',
    first = FIRST_SNAP,
    last: bigint = CEPH_NOSNAP,
  ): CDentry {
    const dn = this.addNullDentry(name, first, last);
    dn.alternateName = alternateName;
    this.linkRemoteInode(dn, ino, dType);
    return dn;
  }

  #add(name: string, first: bigint, last: bigint): CDentry {
    const dn = new CDentry(this, name, first, last);
    dn.version = this.projectedVersion;
    dn.projectedVersion = this.projectedVersion;
    if (this.items.size === 0 && (this.snapItems?.size ?? 0) === 0) this.get(PIN.CHILD);
    if (last === CEPH_NOSNAP) {
      if (this.items.has(name)) throw new Error(`${this.describe()} has an entry '${name}' already`);
      this.items.set(name, dn);
      this.numHeadNull++;
      this.#order.noteAdded(dn);
    } else {
      this.snapItems ??= new Map();
      this.snapItems.set(dn.key, dn);
    }
    this.inode.mdcache.population.dentries.add();
    return dn;
  }

  /** Forgets an entry, which nothing pins. */
  removeDentry(dn: CDentry): void {
    if (dn.isAnyLeases()) throw new Error(`${dn.describe()} is leased and can't be removed`);
    if (!dn.linkage.isNull()) this.unlinkInode(dn, false);
    if (dn.isHead()) {
      this.items.delete(dn.name);
      this.numHeadNull--;
      this.#order.noteRemoved();
    } else {
      this.snapItems?.delete(dn.key);
    }
    dn.markClean();
    const { mdcache } = this.inode;
    mdcache.population.dentries.remove();
    dn.lru?.remove(dn);
    if (this.items.size === 0 && (this.snapItems?.size ?? 0) === 0) {
      this.#order.clear();
      this.put(PIN.CHILD);
    }
  }

  /** Takes an entry over from another fragment of the same directory, with what it leads to. */
  takeDentry(dn: CDentry): void {
    const { inode, remoteIno, remoteDType } = dn.linkage;
    const ls = dn.dirtyIn;
    const wasPrimary = dn.linkage.isPrimary();
    if (!dn.linkage.isNull()) dn.dir.unlinkInode(dn, false);
    dn.dir.removeDentry(dn);
    const own = this.addNullDentry(dn.name, dn.first, dn.last);
    own.alternateName = dn.alternateName;
    own.version = dn.version;
    own.projectedVersion = dn.projectedVersion;
    if (wasPrimary && inode) this.linkPrimaryInode(own, inode);
    else if (remoteIno !== 0) this.linkRemoteInode(own, remoteIno, remoteDType);
    if (ls) own.markDirtyOnly(ls);
  }

  /** An entry that never was stored and leads nowhere leaves no trace. */
  tryRemoveUnlinkedDn(dn: CDentry): void {
    if (dn.numRef !== (dn.isDirty() ? 1 : 0) || !dn.isNew() || dn.isProjected() || !dn.linkage.isNull()) return;
    this.removeDentry(dn);
  }

  linkPrimaryInode(dn: CDentry, inode: CInode): void {
    dn.linkage.inode = inode;
    this.#noteLinked(dn);
    inode.setPrimaryParent(dn);
    if (inode.numRef > 0) dn.get(PIN.INODEPIN);
    const pins = inode.numAuthPins;
    if (pins > 0) dn.adjustNestedAuthPins(pins);
    if (inode.isOpenTracked()) this.inode.mdcache.openFileTable.notifyLink(inode);
    if (inode.isAnyCaps()) this.adjustNumInodesWithCaps(1);
  }

  linkRemoteInode(dn: CDentry, ino: number, dType: number): void {
    dn.linkage.remoteIno = ino;
    dn.linkage.remoteDType = dType;
    this.#noteLinked(dn);
  }

  #noteLinked(dn: CDentry): void {
    if (dn.isHead()) this.numHeadNull--;
    if (dn.isBottomLru() && !this.inode.isStray()) this.inode.mdcache.moveFromBottomLru(dn);
  }

  /** The entry leads nowhere from now on. @param adjustLru a null entry is the first to be trimmed */
  unlinkInode(dn: CDentry, adjustLru = true): void {
    const { linkage } = dn;
    const { inode } = linkage;
    if (linkage.isNull()) throw new Error(`${dn.describe()} leads nowhere, it can't be unlinked`);
    if (linkage.isRemote()) {
      dn.unlinkRemote(linkage);
      linkage.remoteIno = 0;
      linkage.remoteDType = 0;
    } else if (inode) {
      if (inode.isOpenTracked()) this.inode.mdcache.openFileTable.notifyUnlink(inode);
      if (inode.isAnyCaps()) this.adjustNumInodesWithCaps(-1);
      const pins = inode.numAuthPins;
      if (pins > 0) dn.adjustNestedAuthPins(-pins);
      if (inode.numRef > 0) dn.put(PIN.INODEPIN);
      inode.removePrimaryParent(dn);
      linkage.inode = undefined;
    }
    if (dn.isHead()) this.numHeadNull++;
    if (adjustLru) this.inode.mdcache.moveToBottomLru(dn);
  }

  /** A fragment in which a client holds something is one to load again after a restart. */
  adjustNumInodesWithCaps(by: number): void {
    const before = this.#numInodesWithCaps;
    this.#numInodesWithCaps += by;
    const { openFileTable } = this.inode.mdcache;
    if (before === 0) openFileTable.addDirfrag(this);
    else if (this.#numInodesWithCaps === 0) openFileTable.removeDirfrag(this);
  }

  /** Head entries in the order of a listing that lie beyond the place (hash, name); from the first for (0, ''). */
  *itemsFrom(hash: number, name: string): IterableIterator<CDentry> {
    const sorted = this.#order.sorted(this.items);
    for (let i = hash === 0 && name === '' ? 0 : DentryOrder.after(sorted, hash, name); i < sorted.length; i++) {
      yield sorted[i] as CDentry;
    }
  }

  // -- versions

  getVersion(): number {
    return this.fnode.version;
  }

  getProjectedFnode(): Fnode {
    const projected = this.#projectedFnodes;
    return projected.length > 0 ? (projected[projected.length - 1] as Fnode) : this.fnode;
  }

  isProjected(): boolean {
    return this.#projectedFnodes.length > 0;
  }

  /** The fnode that `mut` makes: a copy of the newest one, to be changed until the journal entry is submitted. */
  projectFnode(mut: MutationImpl): Fnode {
    if (mut.isProjectedDir(this)) return this.getProjectedFnode();
    const fnode = this.getProjectedFnode().clone();
    this.#projectedFnodes.push(fnode);
    mut.addProjectedDir(this);
    return fnode;
  }

  /** The oldest projected fnode takes effect: it is journaled in `ls`. */
  popAndDirtyProjectedFnode(ls: LogSegment): void {
    const fnode = this.#projectedFnodes.shift();
    if (!fnode) throw new Error(`${this.describe()}: no fnode is projected`);
    this.fnode = fnode;
    this.markDirty(ls);
  }

  /** Version of the next change. @param min it will be above this one */
  preDirty(min = 0): number {
    if (min > this.projectedVersion) this.projectedVersion = min;
    return ++this.projectedVersion;
  }

  /** After a replay: versions go on from what was replayed. */
  updateProjectedVersion(): void {
    this.projectedVersion = this.fnode.version;
  }

  /** Its change is journaled in segment `ls`, and must be stored before that can be trimmed. */
  markDirty(ls: LogSegment): void {
    if (!this.isDirty()) {
      this.state |= MDSCacheObject.STATE_DIRTY;
      this.get(PIN.DIRTY);
    }
    if (this.#dirtyIn !== ls) {
      this.#dirtyIn?.dirtyDirfrags.delete(this);
      this.#dirtyIn = ls;
      ls.dirtyDirfrags.add(this);
    }
    // one that was never stored has to be before the first mention of it is trimmed
    if (this.committedVersion === 0 && !this.#newIn) this.#setNewIn(ls);
  }

  /** A new directory is journaled. */
  markNew(ls: LogSegment): void {
    this.#setNewIn(ls);
    this.state &= ~CREATING;
    this.finishWaiting(WAIT.CREATED);
  }

  #setNewIn(ls: LogSegment | undefined): void {
    if (this.#newIn === ls) return;
    this.#newIn?.newDirfrags.delete(this);
    this.#newIn = ls;
    ls?.newDirfrags.add(this);
  }

  markClean(): void {
    if (!this.isDirty()) return;
    this.state &= ~MDSCacheObject.STATE_DIRTY;
    this.#dirtyIn?.dirtyDirfrags.delete(this);
    this.#dirtyIn = undefined;
    this.put(PIN.DIRTY);
    // a fragment that is clean has no entries to store, unless they are from before a replay
  }

  /** Takes it off all lists of segments: the directory is gone. */
  forgetDirty(): void {
    this.#setNewIn(undefined);
    this.markClean();
  }

  // -- stored and read

  /**
   * Reads the fragment in; `completion` follows when it is complete, or with an errno.
   *
   * @see CDir::fetch in src/mds/CDir.cc (16.2.15)
   */
  fetch(completion?: Completion): void {
    if (this.isComplete()) {
      if (completion) complete(completion, 0);
      return;
    }
    if (!this.canAuthPin()) {
      this.addUnfreezeWaiter(() => this.fetch(completion));
      return;
    }
    // the directory is unlinked: nothing is in it
    if (!this.inode.isBase() && this.getParentDir()?.inode.isStray() === true) {
      if (this.getVersion() === 0) {
        this.fnode.version = 1;
        this.updateProjectedVersion();
      }
      this.markComplete();
      if (completion) complete(completion, 0);
      return;
    }
    if (completion) this.addWaiter(WAIT.COMPLETE, completion);
    if (this.isFetching()) return;
    this.authPin(this);
    this.state |= FETCHING;
    this.inode.mdcache.perf.inc('dir_fetch');
    new DirFetch(this).start();
  }

  /** @internal The header was read. A fragment that is known from the journal keeps its own. */
  takeFetchedFnode(fnode: Fnode): void {
    if (this.getVersion() !== 0) return;
    this.fnode = fnode;
    this.projectedVersion = fnode.version;
    this.committingVersion = fnode.version;
    this.committedVersion = fnode.version;
  }

  /** @internal All entries were read. */
  fetched(): void {
    this.markComplete();
    this.state &= ~FETCHING;
    this.authUnpin(this);
    this.finishWaiting(WAIT.COMPLETE);
  }

  /** @internal The fragment can't be read: it stays empty, and those who wait are told. */
  fetchFailed(r: number): void {
    if (this.inode.mdcache.hierarchy.isFatalDamage(this)) {
      this.inode.mdcache.mds.damaged(`dir frag ${this.dirfrag} can't be read`);
      return;
    }
    if (this.getVersion() === 0) {
      this.fnode.version = 1;
      this.updateProjectedVersion();
    }
    this.state = (this.state | BADFRAG | COMPLETE) & ~FETCHING;
    this.authUnpin(this);
    this.finishWaiting(WAIT.COMPLETE, r === -ERRNO.ENOENT ? -ERRNO.EIO : r);
  }

  /**
   * Stores the fragment, as of now or newer; `completion` follows when version `want` (0: the present one) is stored.
   *
   * @see CDir::commit in src/mds/CDir.cc (16.2.15)
   */
  commit(want: number, completion?: Completion): void {
    const version = want === 0 ? this.getVersion() : want;
    if (version <= this.committedVersion && !this.isDirty()) {
      if (completion) this.inode.mdcache.mds.queueWaiter(completion);
      return;
    }
    if (this.#waitingForCommit.length === 0) this.authPin(this);
    this.#waitingForCommit.push({ version, completion: completion ?? (() => undefined) });
    this.#commit(version);
  }

  #commit(want: number): void {
    if (this.committedVersion >= want && this.committedVersion > 0 && !this.isDirty()) return;
    // one at a time: what changed meanwhile is written after it
    if (this.isCommitting()) return;
    this.committingVersion = this.getVersion();
    this.state |= COMMITTING;
    this.inode.mdcache.perf.inc('dir_commit');
    commitDir(this);
  }

  /** @internal Version `version` is stored, or that failed. */
  committed(r: number, version: number): void {
    const { mdcache } = this.inode;
    if (r < 0 && !(r === -ERRNO.ENOENT && this.committedVersion === 0 && this.getParentDir()?.inode.isStray() === true)) {
      mdcache.mds.clog('error', `failed to commit dir ${this.dirfrag} object, errno ${r}`);
      mdcache.mds.handleWriteError(r);
      return;
    }
    this.state &= ~COMMITTING;
    this.committedVersion = version;
    this.#setNewIn(undefined);
    if (version === this.getVersion()) this.markClean();
    const stray = this.inode.isStray();
    for (const dn of this.dirtyDentries) {
      const { inode } = dn.linkage;
      if (inode && dn.linkage.isPrimary() && version >= inode.inode.version) inode.markClean();
      if (version < dn.version) continue;
      dn.markClean();
      if (stray && dn.numRef === 0 && !dn.isProjected() && dn.linkage.isNull()) this.removeDentry(dn);
    }
    this.#finishCommitWaiters();
  }

  #finishCommitWaiters(): void {
    const waiting = this.#waitingForCommit;
    if (waiting.length === 0) return;
    const { mds } = this.inode.mdcache;
    let again = 0;
    let kept = 0;
    for (const waiter of waiting) {
      if (waiter.version <= this.committedVersion) {
        mds.queueWaiter(waiter.completion);
      } else {
        again = Math.max(again, waiter.version);
        waiting[kept++] = waiter;
      }
    }
    waiting.length = kept;
    if (again > 0) this.#commit(again);
    else this.authUnpin(this);
  }

  // -- pins, freezing

  protected override firstGet(): void {
    this.inode.get(PIN.DIRFRAG);
  }

  protected override lastPut(): void {
    this.inode.put(PIN.DIRFRAG);
  }

  noteDentryPinned(): void {
    this.#pinnedDentries++;
  }

  noteDentryUnpinned(): void {
    this.#pinnedDentries--;
  }

  /** Entries that something pins. */
  get numPinnedDentries(): number {
    return this.#pinnedDentries;
  }

  override isFrozen(): boolean {
    return (this.state & FROZENDIR) !== 0;
  }

  override isFreezing(): boolean {
    return (this.state & FREEZINGDIR) !== 0;
  }

  override canAuthPin(): boolean {
    return (this.state & (FROZENDIR | FREEZINGDIR)) === 0;
  }

  get numAuthPins(): number {
    return this.#authPins;
  }

  override authPin(_by: object): void {
    if (this.#authPins++ === 0) this.get(PIN.AUTHPIN);
  }

  override authUnpin(_by: object): void {
    if (--this.#authPins === 0) this.put(PIN.AUTHPIN);
    this.#maybeFinishFreeze();
  }

  adjustNestedAuthPins(by: number): void {
    this.#nestedAuthPins += by;
    if (by < 0) this.#maybeFinishFreeze();
  }

  /** Freezes the fragment, as soon as nothing is under way in it. @returns is it frozen already? Else wait for WAIT.FROZEN */
  freezeDir(): boolean {
    this.authPin(this);
    this.state |= FREEZINGDIR;
    this.#maybeFinishFreeze();
    return this.isFrozen();
  }

  #maybeFinishFreeze(): void {
    if (!this.isFreezing() || this.#nestedAuthPins !== 0 || this.#authPins !== 1) return;
    this.state = (this.state | FROZENDIR) & ~FREEZINGDIR;
    this.get(PIN.FROZEN);
    this.inode.authPin(this);
    if (--this.#authPins === 0) this.put(PIN.AUTHPIN);
    this.finishWaiting(WAIT.FROZEN);
  }

  unfreezeDir(): void {
    if (this.isFrozen()) {
      this.state &= ~FROZENDIR;
      this.put(PIN.FROZEN);
      this.inode.authUnpin(this);
    } else {
      this.state &= ~FREEZINGDIR;
      this.finishWaiting(WAIT.FROZEN, -ERRNO.EAGAIN);
      this.authUnpin(this);
    }
    this.finishWaiting(WAIT.UNFREEZE);
  }

  override addUnfreezeWaiter(completion: Completion): void {
    this.addWaiter(WAIT.UNFREEZE, completion);
  }

  // -- sums

  /** Sums that were accounted for under an old version of the directory's count no more. */
  resyncAccountedFragstat(): void {
    const fnode = this.getProjectedFnode();
    const { version } = this.inode.getProjectedInode().dirstat;
    if (fnode.accountedFragstat.version === version) return;
    fnode.fragstat.version = version;
    fnode.accountedFragstat.assign(fnode.fragstat);
  }

  resyncAccountedRstat(): void {
    const fnode = this.getProjectedFnode();
    const { version } = this.inode.getProjectedInode().rstat;
    if (fnode.accountedRstat.version === version) return;
    fnode.rstat.version = version;
    fnode.accountedRstat.assign(fnode.rstat);
  }

  /** Marks the directory for gathering where its sums lack some of the fragment's: it may have been in the middle of a change. */
  noteSumsBehind(ls: LogSegment): void {
    const { inode, fnode } = this;
    const { locker } = inode.mdcache.mds;
    if (!fnode.rstat.equals(fnode.accountedRstat)) {
      locker.markUpdatedScatterlock(inode.nestlock);
      inode.noteDirtyScattered(LOCK_TYPE.INEST, ls);
    }
    if (!fnode.fragstat.equals(fnode.accountedFragstat)) {
      locker.markUpdatedScatterlock(inode.filelock);
      inode.noteDirtyScattered(LOCK_TYPE.IFILE, ls);
    }
  }

  override describe(): string {
    return `[dir ${this.dirfrag} ${this.inode.makePathString()}/ v=${this.getVersion()} cv=${this.committingVersion}/${this.committedVersion} refs=${this.numRef}]`;
  }
}
