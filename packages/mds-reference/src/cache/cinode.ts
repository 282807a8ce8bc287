import type { Completion } from '@cephts/common';
import { Decoder, Encoder, FragTree } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { LogSegment } from '../journal/log-segment.js';
import { Capability } from '../locks/capability.js';
import type { ScatterLock } from '../locks/scatter-lock.js';
import type { Session } from '../tables/session.js';
import {
  CEPH_INO_ROOT,
  CEPH_NOSNAP,
  CEPH_STR_HASH_LINUX,
  MDS_INO_SYSTEM_BASE,
  mdsInoIsBase,
  mdsInoIsMdsdir,
  mdsInoIsStray,
  mdsInoMdsdirOwner,
} from '../types/ceph-fs.js';
import type { CapReconnect } from '../types/cap-reconnect.js';
import { InodeStore } from '../types/inode-store.js';
import { Inode } from '../types/inode.js';
import type { OldInode } from '../types/old-inode.js';
import { SnapRealmNode } from '../types/snap-realm-node.js';
import { storeBacktrace } from './backtrace.js';
import { fetchBaseInode, storeBaseInode } from './base-inode-io.js';
import { MDSCacheObject, WAIT } from './cache-object.js';
import type { CDentry } from './cdentry.js';
import { CDir } from './cdir.js';
import { InodeLocks } from './inode-locks.js';
import type { MDCache } from './md-cache.js';
import type { MutationImpl } from './mutation.js';
import { PIN } from './pins.js';
import * as scatter from './scatter-gather.js';
import { SnapRealm } from './snap-realm.js';
import { strHash } from './str-hash.js';

const PURGING = 1;
const ORPHAN = 2;
const NEEDSRECOVER = 4;
const RECOVERING = 8;
const DIRTYPARENT = 16;
const DIRTYPOOL = 32;
const DIRTYRSTAT = 64;
const CLIENTWRITEABLE = 128;
const STRAYPINNED = 256;

const EMPTY = new Uint8Array(0);
/** First snapshot of what is made in a new file system: the first number is the root realm's. */
const FIRST_SNAP = 2n;

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_CAPS: Map<number, Capability> = new Map();
const NO_SNAP_CAPS: ReadonlyMap<number, unknown> = new Map();
const NO_TREE = new FragTree();
const NO_DIRFRAGS: ReadonlyMap<Frag, CDir> = new Map();

/** Of an inode, what a dentry's value or a journal event holds; the journal knows no damage. */
type StoredInode = Pick<InodeStore, 'inode' | 'symlink' | 'dirfragtree' | 'snapBlob' | 'oldestSnap'> & {
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  readonly oldInodes: ReadonlyMap<bigint, OldInode> | undefined;
  readonly damageFlags?: number;
};

interface ProjectedInode {
  readonly inode: Inode;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** The realm that begins here from then on; undefined: as before. */
  srnode?: SnapRealmNode;
}

/**
 * An inode in the cache: what is stored of it, what is projected on top of that, its directory fragments, locks and clients' caps.
 *
 * `inode` and `xattrs` are never changed once the inode is journaled: `projectInode` gives a copy to change, which takes their place when the
 * journal entry is safe. So the journal can encode them later than they were submitted.
 *
 * @see src/mds/CInode.h (16.2.15)
 */
export class CInode extends InodeLocks {
  readonly mdcache: MDCache;
  inode: Inode;
  xattrs: ReadonlyMap<string, Uint8Array> = NO_XATTRS;
  symlink = '';
  dirfragtree = NO_TREE;
  oldInodes: ReadonlyMap<bigint, OldInode> | undefined;
  oldestSnap = CEPH_NOSNAP;
  damageFlags = 0;
  /** First and last snapshot it is in; `last` is CEPH_NOSNAP for what is there now. */
  first: bigint;
  readonly last: bigint;
  /** The realm that begins here; undefined for nearly all. */
  snaprealm: SnapRealm | undefined;
  /** Sequence of the journal event it was last part of. */
  lastJournaled = 0;
  /** When sums were last propagated from its fragments into it, in monotonic ms; undefined for never. */
  lastDirstatProp: number | undefined;

  /** By client. */
  clientCaps = NO_CAPS;
  /** The client that is (or should be) treated as the only user; −1 for none. */
  lonerCap = -1;
  /** Caps of clients whose flush of a snapshot is awaited; with no snapshots there are none. */
  get clientSnapCaps(): ReadonlyMap<number, unknown> {
    return NO_SNAP_CAPS;
  }
  wantLonerCap = -1;
  #numCapsNotable = 0;

  #parent: CDentry | undefined;
  #projectedParents: CDentry[] | undefined;
  #remoteParents: Set<CDentry> | undefined;
  #dirfrags: Map<Frag, CDir> | undefined;
  #projected: ProjectedInode[] | undefined;
  #dirtyIn: LogSegment | undefined;
  #dirtyParentIn: LogSegment | undefined;
  #openIn: LogSegment | undefined;
  #authPins = 0;

  constructor(mdcache: MDCache, inode = new Inode(), first = FIRST_SNAP, last: bigint = CEPH_NOSNAP) {
    super();
    this.mdcache = mdcache;
    this.inode = inode;
    this.first = first;
    this.last = last;
  }

  get ino(): number {
    return this.inode.ino;
  }

  // -- what it is

  isDir(): boolean {
    return this.inode.isDir();
  }
  isFile(): boolean {
    return this.inode.isFile();
  }
  isSymlink(): boolean {
    return this.inode.isSymlink();
  }
  isRoot(): boolean {
    return this.ino === CEPH_INO_ROOT;
  }
  /** A stray directory? */
  isStray(): boolean {
    return mdsInoIsStray(this.ino);
  }
  isMdsdir(): boolean {
    return mdsInoIsMdsdir(this.ino);
  }
  /** Without a dentry: the root, a rank's own directory. */
  isBase(): boolean {
    return mdsInoIsBase(this.ino);
  }
  isSystem(): boolean {
    return this.ino < MDS_INO_SYSTEM_BASE;
  }
  isHead(): boolean {
    return this.last === CEPH_NOSNAP;
  }

  // -- state

  isPurging(): boolean {
    return (this.state & PURGING) !== 0;
  }
  setPurging(on: boolean): void {
    this.#set(PURGING, on);
  }
  isOrphan(): boolean {
    return (this.state & ORPHAN) !== 0;
  }
  /** Its last name is being taken away. */
  markOrphan(): void {
    this.state |= ORPHAN;
    this.mdcache.strayManager.notifyStrayCreated();
  }
  clearOrphan(): void {
    this.state &= ~ORPHAN;
  }
  /** Nobody knows how large the file is: a client that could write it is gone. */
  needsRecover(): boolean {
    return (this.state & NEEDSRECOVER) !== 0;
  }
  markNeedsRecover(): void {
    this.state |= NEEDSRECOVER;
  }
  isRecovering(): boolean {
    return (this.state & RECOVERING) !== 0;
  }
  setRecovering(on: boolean): void {
    this.#set(RECOVERING, on);
    if (on) this.state &= ~NEEDSRECOVER;
  }
  isClientwriteable(): boolean {
    return (this.state & CLIENTWRITEABLE) !== 0;
  }
  markClientwriteable(): void {
    this.state |= CLIENTWRITEABLE;
  }
  clearClientwriteable(): void {
    this.state &= ~CLIENTWRITEABLE;
  }
  isStrayPinned(): boolean {
    return (this.state & STRAYPINNED) !== 0;
  }
  /** A stray directory stays in the cache. */
  pinStray(): void {
    if (this.isStrayPinned()) return;
    this.state |= STRAYPINNED;
    this.get(PIN.STRAY);
  }

  #set(bit: number, on: boolean): void {
    if (on) this.state |= bit;
    else this.state &= ~bit;
  }

  // -- projected

  isProjected(): boolean {
    return this.#projected !== undefined && this.#projected.length > 0;
  }

  #lastProjected(): ProjectedInode | undefined {
    const projected = this.#projected;
    return projected === undefined ? undefined : projected[projected.length - 1];
  }

  getProjectedInode(): Inode {
    return this.#lastProjected()?.inode ?? this.inode;
  }

  getPreviousProjectedInode(): Inode {
    const projected = this.#projected;
    return projected !== undefined && projected.length > 1 ? (projected[projected.length - 2] as ProjectedInode).inode : this.inode;
  }

  getProjectedXattrs(): ReadonlyMap<string, Uint8Array> {
    return this.#lastProjected()?.xattrs ?? this.xattrs;
  }

  get projectedVersion(): number {
    return this.getProjectedInode().version;
  }

  /**
   * The inode that `mut` makes: a copy of the newest one, to be changed until the journal entry is submitted.
   *
   * @param xattrs takes the place of those it has
   */
  projectInode(mut: MutationImpl, xattrs?: ReadonlyMap<string, Uint8Array>): Inode {
    if (mut.isProjectedInode(this)) return this.getProjectedInode();
    const node: ProjectedInode = { inode: this.getProjectedInode().clone(), xattrs: xattrs ?? this.getProjectedXattrs() };
    if (this.#projected) this.#projected.push(node);
    else this.#projected = [node];
    mut.addProjectedInode(this);
    return node.inode;
  }

  /** With the newest projected inode comes a realm of this kind. */
  projectSnaprealm(srnode: SnapRealmNode): void {
    const node = this.#lastProjected();
    if (!node) throw new Error(`${this.describe()}: no inode is projected`);
    node.srnode = srnode;
  }

  getProjectedSrnode(): SnapRealmNode | undefined {
    return this.#projected?.findLast(({ srnode }) => srnode)?.srnode ?? this.snaprealm?.srnode;
  }

  /** First snapshot that it, or an old version of it, is in. */
  getOldestSnap(): bigint {
    const [old] = this.oldInodes?.values() ?? [];
    const first = old?.first ?? this.first;
    return first < this.oldestSnap ? first : this.oldestSnap;
  }

  /** The oldest projected inode takes effect: it is journaled in `ls`. */
  popAndDirtyProjectedInode(ls: LogSegment, mut?: MutationImpl): void {
    const node = this.#projected?.shift();
    if (!node) throw new Error(`${this.describe()}: no inode is projected`);
    mut?.removeProjectedInode(this);
    const poolChanged = this.inode.layout.poolId !== node.inode.layout.poolId;
    this.inode = node.inode;
    this.xattrs = node.xattrs;
    if (node.srnode) this.snaprealm = new SnapRealm(this, node.srnode);
    this.markDirty(ls);
    if (this.inode.isBacktraceUpdated()) this.markDirtyParent(ls, poolChanged);
  }

  /** Version of the next change: of its dentry, and so of the fragment that is in. */
  preDirty(): number {
    const dn = this.getProjectedParentDn();
    const version = dn ? dn.preDirty(this.projectedVersion) : this.projectedVersion + 1;
    // an inode of a release that kept no backtrace
    if (this.inode.backtraceVersion === 0) {
      const projected = this.#lastProjected()?.inode;
      if (projected?.backtraceVersion === 0) projected.updateBacktrace(version);
    }
    return version;
  }

  // -- dirty

  /** Its change is journaled in `ls`, and with it that of its dentry. */
  markDirty(ls: LogSegment): void {
    this.markDirtyOnly(ls);
    this.#parent?.markDirty(this.inode.version, ls);
  }

  /** {@link markDirty} without the dentry. */
  markDirtyOnly(ls: LogSegment): void {
    if (!this.isDirty()) {
      this.state |= MDSCacheObject.STATE_DIRTY;
      this.get(PIN.DIRTY);
    }
    if (this.#dirtyIn === ls) return;
    this.#dirtyIn?.dirtyInodes.delete(this);
    this.#dirtyIn = ls;
    ls.dirtyInodes.add(this);
  }

  markClean(): void {
    if (!this.isDirty()) return;
    this.state &= ~MDSCacheObject.STATE_DIRTY;
    this.#dirtyIn?.dirtyInodes.delete(this);
    this.#dirtyIn = undefined;
    this.put(PIN.DIRTY);
  }

  isDirtyParent(): boolean {
    return (this.state & DIRTYPARENT) !== 0;
  }
  isDirtyPool(): boolean {
    return (this.state & DIRTYPOOL) !== 0;
  }

  /** Its backtrace has to be stored before `ls` can be trimmed. @param dirtyPool also in the pools it was in before */
  markDirtyParent(ls: LogSegment, dirtyPool = false): void {
    if (!this.isDirtyParent()) {
      this.state |= DIRTYPARENT;
      this.get(PIN.DIRTYPARENT);
    }
    if (dirtyPool) this.state |= DIRTYPOOL;
    if (this.#dirtyParentIn === ls) return;
    this.#dirtyParentIn?.dirtyParentInodes.delete(this);
    this.#dirtyParentIn = ls;
    ls.dirtyParentInodes.add(this);
  }

  clearDirtyParent(): void {
    if (!this.isDirtyParent()) return;
    this.state &= ~(DIRTYPARENT | DIRTYPOOL);
    this.#dirtyParentIn?.dirtyParentInodes.delete(this);
    this.#dirtyParentIn = undefined;
    this.put(PIN.DIRTYPARENT);
  }

  /** It is open as far as segment `ls` is concerned. */
  noteOpenFile(ls: LogSegment): void {
    if (this.#openIn === ls) return;
    this.#openIn?.openFiles.delete(this);
    this.#openIn = ls;
    ls.openFiles.add(this);
  }

  isOpenFile(): boolean {
    return this.#openIn !== undefined;
  }

  clearOpenFile(): void {
    this.#openIn?.openFiles.delete(this);
    this.#openIn = undefined;
  }

  isDirtyRstat(): boolean {
    return (this.state & DIRTYRSTAT) !== 0;
  }

  /** Its sums changed, and its fragment's can't be changed now: later, when the nestlock is gathered. */
  markDirtyRstat(): void {
    if (this.isDirtyRstat()) return;
    const dn = this.getProjectedParentDn();
    if (!dn) return;
    this.state |= DIRTYRSTAT;
    this.get(PIN.DIRTYRSTAT);
    dn.dir.dirtyRstatInodes.add(this);
    this.mdcache.mds.locker.markUpdatedScatterlock(dn.dir.inode.nestlock);
  }

  clearDirtyRstat(): void {
    if (!this.isDirtyRstat()) return;
    this.state &= ~DIRTYRSTAT;
    this.getProjectedParentDn()?.dir.dirtyRstatInodes.delete(this);
    this.#parent?.dir.dirtyRstatInodes.delete(this);
    this.put(PIN.DIRTYRSTAT);
  }

  // -- where it is

  getParentDn(): CDentry | undefined {
    return this.#parent;
  }
  getParentDir(): CDir | undefined {
    return this.#parent?.dir;
  }
  getParentInode(): CInode | undefined {
    return this.#parent?.dir.inode;
  }

  getProjectedParentDn(): CDentry | undefined {
    const projected = this.#projectedParents;
    return projected !== undefined && projected.length > 0 ? projected[projected.length - 1] : this.#parent;
  }
  getProjectedParentDir(): CDir | undefined {
    return this.getProjectedParentDn()?.dir;
  }

  getOldestParentDn(): CDentry | undefined {
    return this.#parent ?? this.#projectedParents?.[0];
  }

  pushProjectedParent(dn: CDentry): void {
    if (this.#projectedParents) this.#projectedParents.push(dn);
    else this.#projectedParents = [dn];
  }

  popProjectedParent(): void {
    this.#projectedParents?.shift();
  }

  setPrimaryParent(dn: CDentry): void {
    if (this.#parent && this.#parent !== dn)
      throw new Error(`${this.describe()} is at ${this.#parent.describe()}, not at ${dn.describe()}`);
    this.#parent = dn;
  }

  removePrimaryParent(dn: CDentry): void {
    if (this.#parent === dn) this.#parent = undefined;
  }

  addRemoteParent(dn: CDentry): void {
    this.#remoteParents ??= new Set();
    if (this.#remoteParents.size === 0) this.get(PIN.REMOTEPARENT);
    this.#remoteParents.add(dn);
  }

  removeRemoteParent(dn: CDentry): void {
    if (this.#remoteParents?.delete(dn) === true && this.#remoteParents.size === 0) this.put(PIN.REMOTEPARENT);
  }

  /** Remote links to it that are in the cache. */
  get remoteParents(): Iterable<CDentry> {
    return this.#remoteParents ?? [];
  }

  /** Is it above `other`, or itself, as things are projected? */
  isProjectedAncestorOf(other: CInode): boolean {
    for (let at: CInode | undefined = other; at; at = at.getProjectedParentDn()?.dir.inode) if (at === this) return true;
    return false;
  }

  /** `/`, `/a/b`, `~mds0/stray0/10000000000`, or `#10000000000` for what has no name. */
  makePathString(): string {
    if (this.isRoot()) return '/';
    const dn = this.getOldestParentDn();
    if (dn) return dn.makePathString();
    return this.isMdsdir() ? `~mds${mdsInoMdsdirOwner(this.ino)}` : `#${this.ino.toString(16)}`;
  }

  /** Name it has in a stray directory. */
  nameStrayDentry(): string {
    return this.ino.toString(16);
  }

  /** 32 bits; see {@link strHash}. */
  hashDentryName(name: string): number {
    return strHash(this.inode.dirHash || CEPH_STR_HASH_LINUX, name);
  }

  // -- fragments

  /** The fragment a name belongs to. */
  pickDirfrag(name: string): Frag {
    return this.dirfragtree.isEmpty() ? 0 : this.dirfragtree.leafOf(this.hashDentryName(name));
  }

  getDirfrag(frag: Frag): CDir | undefined {
    return this.#dirfrags?.get(frag);
  }

  get dirfrags(): ReadonlyMap<Frag, CDir> {
    return this.#dirfrags ?? NO_DIRFRAGS;
  }

  getDirfrags(): IterableIterator<CDir> {
    return this.dirfrags.values();
  }

  getOrOpenDirfrag(frag: Frag): CDir {
    const known = this.#dirfrags?.get(frag);
    if (known) return known;
    this.#dirfrags ??= new Map();
    const dir = new CDir(this, frag);
    this.#dirfrags.set(frag, dir);
    this.mdcache.population.dirs.add();
    return dir;
  }

  /** Forgets an open fragment: nothing in it is in the cache any more. */
  closeDirfrag(frag: Frag): void {
    const dir = this.#dirfrags?.get(frag);
    if (!dir || this.#dirfrags === undefined) return;
    for (const dn of [...dir.items.values()]) {
      if (dn.linkage.isNull() && dn.numRef === (dn.isDirty() ? 1 : 0)) dir.removeDentry(dn);
    }
    dir.forgetDirty();
    if (dir.numRef > 0) throw new Error(`${dir.describe()} is in use and can't be closed`);
    this.#dirfrags.delete(frag);
    this.mdcache.population.dirs.remove();
  }

  closeDirfrags(): void {
    for (const frag of [...this.dirfrags.keys()]) this.closeDirfrag(frag);
  }

  /** Does another subtree begin right here? With a single rank only those of the root and the rank's own directory do. */
  hasSubtreeOrExportingDirfrag(): boolean {
    // a base directory's fragment is a subtree root of our own, which is nothing to share with others
    return false;
  }

  // -- sums

  /** Gathers its fragments' sums into it. */
  finishScatterGatherUpdate(type: number, mut: MutationImpl): void {
    scatter.finishScatterGatherUpdate(this, type, mut);
  }

  finishScatterGatherUpdateAccounted(type: number, blob: EMetaBlob): void {
    scatter.finishScatterGatherUpdateAccounted(this, type, blob);
  }

  startScatter(lock: ScatterLock): void {
    scatter.startScatter(this, lock);
  }

  // -- caps

  getClientCap(client: number): Capability | undefined {
    return this.clientCaps.get(client);
  }

  isAnyCaps(): boolean {
    return this.clientCaps.size > 0;
  }

  /** @param newInode its client knows that its cap is the first there is */
  addClientCap(session: Session, newInode = false): Capability {
    if (this.clientCaps === NO_CAPS) this.clientCaps = new Map();
    if (this.clientCaps.size === 0) {
      this.get(PIN.CAPS);
      this.mdcache.numInodesWithCaps++;
      this.getParentDir()?.adjustNumInodesWithCaps(1);
    }
    const cap = new Capability(this, session, newInode ? 1 : ++this.mdcache.lastCapId);
    this.clientCaps.set(session.getClient(), cap);
    this.mdcache.population.caps.add();
    return cap;
  }

  removeClientCap(client: number): void {
    const cap = this.clientCaps.get(client);
    if (!cap) return;
    (cap.session as Session).caps.delete(cap);
    this.clientCaps.delete(client);
    this.mdcache.population.caps.remove();
    if (cap.isWantedNotable()) this.adjustNumCapsNotable(-1);
    if (client === this.lonerCap) {
      this.lonerCap = -1;
      this.authlock.exclClient = -1;
      this.filelock.exclClient = -1;
      this.linklock.exclClient = -1;
      this.xattrlock.exclClient = -1;
    }
    if (client === this.wantLonerCap) this.wantLonerCap = -1;
    if (this.clientCaps.size > 0) return;
    this.mdcache.numInodesWithCaps--;
    this.getParentDir()?.adjustNumInodesWithCaps(-1);
    this.put(PIN.CAPS);
  }

  /** What a client says it holds, after a restart of the MDS. */
  reconnectCap(info: CapReconnect, session: Session): Capability {
    let cap = this.getClientCap(session.getClient());
    if (cap) {
      cap.merge(info.wanted, info.issued);
    } else {
      cap = this.addClientCap(session);
      cap.capId = info.capId;
      cap.setWanted(info.wanted);
      cap.issueNorevoke(info.issued);
      cap.resetSeq();
    }
    cap.lastIssueStamp = this.mdcache.mds.cct.clock.monotonicNow();
    return cap;
  }

  /** Does the table of open files know it, or something below it? */
  isOpenTracked(): boolean {
    return (this.isDir() || this.#numCapsNotable > 0) && this.mdcache.openFileTable.isTracked(this.ino);
  }

  get numCapsNotable(): number {
    return this.#numCapsNotable;
  }

  adjustNumCapsNotable(by: number): void {
    this.#numCapsNotable += by;
    const { mdcache } = this;
    if (this.isBase()) return;
    if (this.#numCapsNotable === 1 && by > 0) mdcache.openFileTable.addInode(this);
    else if (this.#numCapsNotable === 0 && by < 0) mdcache.openFileTable.removeInode(this);
  }

  // -- pins, freezing

  protected override firstGet(): void {
    this.#parent?.get(PIN.INODEPIN);
  }

  protected override lastPut(): void {
    this.#parent?.put(PIN.INODEPIN);
  }

  protected override afterPut(): void {
    if (this.numRef === (this.isDirty() ? 1 : 0) + (this.isDirtyParent() ? 1 : 0)) this.mdcache.maybeEvalStray(this, true);
  }

  override isFrozen(): boolean {
    return this.#parent !== undefined && this.#parent.dir.isFrozen();
  }

  override isFreezing(): boolean {
    return this.#parent !== undefined && this.#parent.dir.isFreezing();
  }

  override canAuthPin(): boolean {
    return this.#parent === undefined || this.#parent.dir.canAuthPin();
  }

  get numAuthPins(): number {
    return this.#authPins;
  }

  override authPin(_by: object): void {
    if (this.#authPins++ === 0) this.get(PIN.AUTHPIN);
    this.#parent?.adjustNestedAuthPins(1);
  }

  override authUnpin(_by: object): void {
    if (--this.#authPins === 0) this.put(PIN.AUTHPIN);
    this.#parent?.adjustNestedAuthPins(-1);
  }

  override addUnfreezeWaiter(completion: Completion): void {
    // it is its fragment that is frozen
    const dir = this.getParentDir();
    if (dir) dir.addUnfreezeWaiter(completion);
    else this.addWaiter(WAIT.UNFREEZE, completion);
  }

  addTruncWaiter(completion: Completion): void {
    this.addWaiter(WAIT.TRUNC, completion);
  }

  // -- stored

  /** What is stored of it, shared with the cache: encode it now. */
  toStore(): InodeStore {
    const store = new InodeStore();
    store.inode = this.inode;
    store.symlink = this.symlink;
    store.dirfragtree = this.dirfragtree;
    store.xattrs = this.xattrs as Map<string, Uint8Array>;
    store.snapBlob = this.encodeSnapBlob();
    if (this.oldInodes) store.oldInodes = this.oldInodes as Map<bigint, OldInode>;
    store.oldestSnap = this.oldestSnap;
    store.damageFlags = this.damageFlags;
    return store;
  }

  /** Takes over what was read, or what the journal says of it. */
  takeStore(store: StoredInode): void {
    this.inode = store.inode;
    if (store.inode.isSymlink()) this.symlink = store.symlink;
    this.dirfragtree = store.dirfragtree.isEmpty() ? NO_TREE : store.dirfragtree;
    this.xattrs = store.xattrs.size === 0 ? NO_XATTRS : store.xattrs;
    this.oldInodes = store.oldInodes?.size === 0 ? undefined : store.oldInodes;
    this.oldestSnap = store.oldestSnap;
    if (store.damageFlags !== undefined) this.damageFlags = store.damageFlags;
    this.decodeSnapBlob(store.snapBlob);
    if (store.inode.clientRanges.size > 0) this.markClientwriteable();
  }

  /** As it is stored, or, for the journal, as it is projected. */
  encodeSnapBlob(srnode = this.snaprealm?.srnode): Uint8Array {
    if (!srnode) return EMPTY;
    const e = new Encoder(128);
    srnode.encode(e);
    return e.toBytes();
  }

  /** @throws DecodeError */
  decodeSnapBlob(bytes: Uint8Array): void {
    if (bytes.length > 0) this.snaprealm = new SnapRealm(this, SnapRealmNode.decode(new Decoder(bytes, 'sr_t')));
    else if (!this.isBase()) this.snaprealm = undefined;
  }

  /** The realm it belongs to: its own, or that of the nearest directory above. */
  findSnaprealm(): SnapRealm {
    if (this.snaprealm) return this.snaprealm;
    for (let dn = this.getOldestParentDn(); dn; dn = dn.dir.inode.getOldestParentDn()) {
      const { snaprealm } = dn.dir.inode;
      if (snaprealm) return snaprealm;
    }
    return this.mdcache.getGlobalSnaprealm();
  }

  /** Stores it; only for an inode without a dentry, others are stored with theirs. */
  store(completion?: Completion): void {
    storeBaseInode(this, completion);
  }

  fetch(completion: Completion): void {
    fetchBaseInode(this, completion);
  }

  storeBacktrace(completion?: Completion): void {
    storeBacktrace(this, completion);
  }

  override describe(): string {
    const caps = this.clientCaps.size > 0 ? ` caps=${this.clientCaps.size}` : '';
    return `[inode 0x${this.ino.toString(16)} ${this.makePathString()} v${this.inode.version} s=${this.inode.size} nl=${this.inode.nlink}${caps} refs=${this.numRef}]`;
  }
}
