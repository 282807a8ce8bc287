import { getHeapStatistics } from 'node:v8';
import type { Message } from '@cephts/async-messenger';
import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { FileLayout } from '@cephts/encoding';
import type { DirFrag, IntervalSet } from '@cephts/encoding';
import type { MDSMap } from '@cephts/rados';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { EOpen } from '../journal/events/e-open.js';
import type { LogEvent } from '../journal/log-event.js';
import type { LogSegment } from '../journal/log-segment.js';
import type { PurgeQueue } from '../purge/purge-queue.js';
import { MDSInternalContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { OpenFileTable } from '../tables/open-file-table.js';
import { CEPH_INO_ROOT, CEPH_NOSNAP, mdsInoMdsdir, mdsInoStray, mdsInoStrayIndex, NUM_STRAY } from '../types/ceph-fs.js';
import type { FilePath } from '../types/file-path.js';
import { CachePerf } from './cache-perf.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';
import type { Inode } from '../types/inode.js';
import { CInode } from './cinode.js';
import { CLIENT_LEASE_MS, ClientLeases } from './client-leases.js';
import { cacheStatus, dumpTree } from './dump.js';
import { FileRecovery } from './file-recovery.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import { Hierarchy } from './hierarchy.js';
import { Imports } from './imports.js';
import { Lru } from './lru.js';
import type { MDRequestImpl } from './md-request.js';
import { addDirContext, addPrimaryDentry, addRoot } from './meta-blob.js';
import type { MutationImpl } from './mutation.js';
import { OpenIno } from './open-ino.js';
import { pathTraverse } from './path-traverse.js';
import { Population } from './population.js';
import { journalDirtyInode, predirtyJournalParents } from './predirty.js';
import { purgeInodes, startPurgeInodes } from './purge-inodes.js';
import { ReconnectedCaps } from './reconnected-caps.js';
import { ReplayError } from './replay-error.js';
import { replayEvent } from './replay.js';
import { Requests } from './requests.js';
import type { SnapRealm } from './snap-realm.js';
import { StrayManager } from './stray-manager.js';
import { SubtreeMap } from './subtree-map.js';
import { cacheSize, trimLru } from './trim.js';
import { Truncation } from './truncation.js';
import { UncommittedFragments } from './uncommitted-fragments.js';
import { UncommittedLeaders } from './uncommitted-leaders.js';
import { UncommittedPeers } from './uncommitted-peers.js';
import { Upkeep } from './upkeep.js';

/** Share of the process's heap that the cache may take, whatever mds_cache_memory_limit says. */
const HEAP_SHARE = 0.6;

/**
 * The metadata in memory: inodes, directory fragments and dentries, what is projected on them, and the ways they come and go.
 *
 * It holds the maps and counters; what it does is done by its parts: {@link Hierarchy} (first directories), {@link OpenIno} (finding by number),
 * {@link StrayManager}, {@link SubtreeMap}, {@link Imports}, {@link Requests}, {@link Truncation}, {@link FileRecovery}, {@link ReconnectedCaps},
 * {@link Upkeep}, and the functions of path-traverse, predirty, replay, trim and dump.
 *
 * @see src/mds/MDCache.h (16.2.15)
 */
export class MDCache {
  readonly mds: MDSRank;
  readonly hierarchy: Hierarchy;
  readonly subtrees: SubtreeMap;
  readonly strayManager: StrayManager;
  readonly requests: Requests;
  readonly truncation: Truncation;
  readonly imports: Imports;
  readonly uncommittedLeaders: UncommittedLeaders;
  readonly uncommittedPeers: UncommittedPeers;
  readonly uncommittedFragments: UncommittedFragments;
  readonly recovery: FileRecovery;
  readonly reconnected: ReconnectedCaps;
  readonly leases: ClientLeases;
  readonly openFileTable: OpenFileTable;
  readonly perf: CachePerf;
  readonly #openIno: OpenIno;
  readonly #upkeep: Upkeep;

  readonly #inodes = new Map<number, CInode>();
  /** Inodes of snapshots, by number and last snapshot. */
  readonly #snapInodes = new Map<string, CInode>();
  readonly #strays: (CInode | undefined)[] = new Array<undefined>(NUM_STRAY).fill(undefined);
  /** The root of the tree, and the rank's own directory. */
  root: CInode | undefined;
  myin: CInode | undefined;
  #globalSnaprealm: SnapRealm | undefined;
  readonly lru = new Lru<CDentry>();
  /** Dentries that lead nowhere, and those of stray directories: the first to go. */
  readonly bottomLru = new Lru<CDentry>();

  readonly population: Readonly<Record<'inodes' | 'dirs' | 'dentries' | 'caps', Population>>;
  numInodesWithCaps = 0;
  lastCapId = 0;
  defaultFileLayout = FileLayout.NONE;
  defaultLogLayout = FileLayout.NONE;
  readonly clientLeaseMs = CLIENT_LEASE_MS;

  #open = false;
  #readonly = false;
  #strayIndex = 0;
  readonly #waitingForOpen: Completion[] = [];
  #rejoinDone: Completion | undefined;
  #rejoining = false;
  #dirstatMinInterval: number;
  #memoryLimit = 0;

  constructor(mds: MDSRank, purgeQueue: PurgeQueue) {
    this.mds = mds;
    const { conf } = mds.cct;
    this.#dirstatMinInterval = conf.number('mds_dirstat_min_interval') * 1000;
    this.#setMemoryLimit();
    conf.observe(() => {
      this.#dirstatMinInterval = conf.number('mds_dirstat_min_interval') * 1000;
      this.#setMemoryLimit();
    }, ['mds_dirstat_min_interval', 'mds_cache_memory_limit', 'mds_cache_reservation']);
    const { logger, mlogger } = mds;
    this.perf = new CachePerf(logger);
    this.population = {
      inodes: new Population(mlogger, 'ino'),
      dirs: new Population(mlogger, 'dir'),
      dentries: new Population(mlogger, 'dn'),
      caps: new Population(mlogger, 'cap'),
    };
    this.hierarchy = new Hierarchy(this);
    this.subtrees = new SubtreeMap(this);
    this.imports = new Imports(this);
    this.uncommittedLeaders = new UncommittedLeaders(mds);
    this.uncommittedPeers = new UncommittedPeers(this);
    this.uncommittedFragments = new UncommittedFragments(this);
    this.strayManager = new StrayManager(this, purgeQueue);
    this.requests = new Requests(mds);
    this.truncation = new Truncation(this);
    this.leases = new ClientLeases(mds);
    this.openFileTable = new OpenFileTable(mds);
    this.#openIno = new OpenIno(this);
    this.recovery = new FileRecovery(this);
    this.reconnected = new ReconnectedCaps(this);
    this.#upkeep = new Upkeep(this);
    this.#upkeep.start();
  }

  #setMemoryLimit(): void {
    const { conf } = this.mds.cct;
    const heap = getHeapStatistics().heap_size_limit * HEAP_SHARE;
    this.#memoryLimit = Math.min(conf.number('mds_cache_memory_limit'), heap) * (1 - conf.number('mds_cache_reservation'));
  }

  /** Bytes the cache aims to stay below. */
  get memoryLimit(): number {
    return this.#memoryLimit;
  }

  /** Least time between two propagations of one directory's sums, in ms. */
  get dirstatMinInterval(): number {
    return this.#dirstatMinInterval;
  }

  // ---- inodes and dentries

  /** Head inodes. */
  inodes(): IterableIterator<CInode> {
    return this.#inodes.values();
  }

  getInode(ino: number, last: bigint = CEPH_NOSNAP): CInode | undefined {
    return last === CEPH_NOSNAP ? this.#inodes.get(ino) : this.#snapInodes.get(`${ino}.${last}`);
  }

  haveInode(ino: number): boolean {
    return this.#inodes.has(ino);
  }

  /** An inode that is in no map yet: {@link addInode} follows. */
  newInode(inode?: Inode, first?: bigint, last?: bigint): CInode {
    return new CInode(this, inode, first, last);
  }

  /** @throws Error where the number is taken */
  addInode(inode: CInode): void {
    const { ino } = inode;
    if (!inode.isHead()) {
      this.#snapInodes.set(`${ino}.${inode.last}`, inode);
      this.population.inodes.add();
      return;
    }
    if (this.#inodes.has(ino)) throw new Error(`inode 0x${ino.toString(16)} is in the cache already`);
    this.#inodes.set(ino, inode);
    this.population.inodes.add();
    if (!inode.isSystem()) return;
    if (ino === CEPH_INO_ROOT) this.root = inode;
    else if (ino === mdsInoMdsdir(this.mds.whoami)) this.myin = inode;
    else if (this.#isOwnStray(ino)) this.#strays[mdsInoStrayIndex(ino)] = inode;
  }

  #isOwnStray(ino: number): boolean {
    const first = mdsInoStray(this.mds.whoami, 0);
    return ino >= first && ino < first + NUM_STRAY;
  }

  /** Forgets an inode, which nothing needs; its dentry leads nowhere then. */
  removeInode(inode: CInode): void {
    const dn = inode.getParentDn();
    if (dn) dn.dir.unlinkInode(dn);
    inode.markClean();
    inode.clearDirtyParent();
    inode.clearDirtyRstat();
    inode.clearScatterDirty();
    inode.clearClientwriteable();
    inode.clearOpenFile();
    const { ino } = inode;
    if (!inode.isHead()) {
      if (this.#snapInodes.delete(`${ino}.${inode.last}`)) this.population.inodes.remove();
      return;
    }
    if (this.#inodes.get(ino) === inode) {
      this.#inodes.delete(ino);
      this.population.inodes.remove();
    }
    if (!inode.isSystem()) return;
    if (this.root === inode) this.root = undefined;
    else if (this.myin === inode) this.myin = undefined;
    else if (this.#isOwnStray(ino)) this.#strays[mdsInoStrayIndex(ino)] = undefined;
  }

  /** With everything below it. */
  removeInodeRecursive(inode: CInode): void {
    for (const dir of [...inode.getDirfrags()]) {
      for (const dn of [...dir.items.values(), ...(dir.snapItems?.values() ?? [])]) {
        const child = dn.linkage.inode;
        if (child && dn.linkage.isPrimary()) this.removeInodeRecursive(child);
        dn.markClean();
        dir.removeDentry(dn);
      }
      if (dir.isSubtreeRoot()) this.subtrees.remove(dir);
      inode.closeDirfrag(dir.frag);
    }
    this.removeInode(inode);
  }

  getDirfrag(dirfrag: DirFrag): CDir | undefined {
    return this.#inodes.get(dirfrag.ino)?.getDirfrag(dirfrag.frag);
  }

  /** The inode a dentry leads to; one of a remote name is looked for, and the request retried: undefined then. */
  getDentryInode(dn: CDentry, mdr: MDRequestImpl): CInode | undefined {
    const linkage = dn.getProjectedLinkage();
    if (linkage.isPrimary()) return linkage.inode;
    const inode = this.getInode(linkage.remoteIno);
    if (inode) dn.linkRemote(linkage, inode);
    else this.openRemoteDentry(dn, this.requests.retry(mdr));
    return inode;
  }

  // ---- use

  insertDentry(dn: CDentry): void {
    if (dn.dir.inode.isStray()) {
      dn.markStray();
      dn.setBottomLru(true);
      this.bottomLru.insertTop(dn);
    } else {
      this.lru.insertTop(dn);
    }
  }

  touchDentry(dn: CDentry): void {
    if (dn.lru === this.lru) this.lru.touch(dn);
  }

  touchInode(inode: CInode): void {
    const dn = inode.getParentDn();
    if (dn && dn.lru === this.lru) this.lru.touch(dn);
  }

  touchDentryBottom(dn: CDentry): void {
    dn.lru?.insertBottom(dn);
  }

  moveToBottomLru(dn: CDentry): void {
    dn.setBottomLru(true);
    this.bottomLru.insertTop(dn);
  }

  moveFromBottomLru(dn: CDentry): void {
    dn.setBottomLru(false);
    this.lru.insertTop(dn);
  }

  /** Trims the cache as far as it is too large. @returns entries trimmed */
  trim(max = this.mds.cct.conf.number('mds_cache_trim_threshold')): number {
    this.strayManager.advanceDelayed();
    return trimLru(this, max, () => cacheSize(this) > this.#memoryLimit);
  }

  /** Trims whatever may go: for tests and for a rank that is given up. */
  trimAll(): number {
    let all = 0;
    for (let trimmed = trimLru(this, Infinity, () => true); trimmed > 0; trimmed = trimLru(this, Infinity, () => true))
      all += trimmed;
    return all;
  }

  // ---- realms

  getGlobalSnaprealm(): SnapRealm {
    return (this.#globalSnaprealm ??= this.hierarchy.createGlobalSnaprealm());
  }

  /** First snapshot that what is made now would be in. */
  get nextSnap(): bigint {
    const table = this.mds.snapclient.getLastSeq();
    const realm = this.#globalSnaprealm?.srnode.seq ?? 1n;
    return (table > realm ? table : realm) + 1n;
  }

  // ---- first directories

  /** Layouts of new files and of the journal, as the map's pools say. */
  initLayouts(): void {
    const { mds } = this;
    this.defaultFileLayout = FileLayout.default(mds.dataPool);
    const size = mds.cct.conf.number('mds_log_segment_size');
    const log = FileLayout.default(mds.metadataPool);
    this.defaultLogLayout = size > 0 ? new FileLayout(size, log.stripeCount, size, log.poolId) : log;
  }

  isOpen(): boolean {
    return this.#open;
  }

  waitForOpen(completion: Completion): void {
    this.#waitingForOpen.push(completion);
  }

  /** @internal The first directories are there: requests may begin, strays are looked through. */
  opened(numStrays: number): void {
    if (this.#open) return;
    this.#open = true;
    this.mds.queueWaiters(this.#waitingForOpen);
    this.strayManager.setNumStrays(numStrays);
    this.strayManager.activate();
    this.#scanStrayDir(0);
  }

  /** Strays of before a restart: nobody may have a use for them any more. */
  #scanStrayDir(from: number): void {
    for (let i = from; i < NUM_STRAY; i++) {
      for (const dir of this.#strays[i]?.getDirfrags() ?? []) {
        if (!dir.isComplete()) {
          dir.fetch(new MDSInternalContextWrapper(this.mds, () => this.#scanStrayDir(i)));
          return;
        }
        for (const dn of [...dir.items.values()]) {
          const { inode } = dn.getProjectedLinkage();
          if (!inode || !dn.getProjectedLinkage().isPrimary()) continue;
          if (inode.inode.nlink === 0) inode.markOrphan();
          this.maybeEvalStray(inode);
        }
      }
    }
  }

  isReadonly(): boolean {
    return this.#readonly;
  }

  forceReadonly(): void {
    if (this.#readonly) return;
    this.mds.dout(1, 'force file system read-only');
    this.mds.clog('warn', 'force file system read-only');
    this.#readonly = true;
    this.mds.server.forceClientsReadonly();
    // writers that wait get their answer now
    this.mds.mdlog.flush();
  }

  // ---- requests

  pathTraverse(mdr: MDRequestImpl, path: FilePath, flags: number, n: 0 | 1, pinInode: boolean): number {
    return pathTraverse(this, mdr, path, flags, n, pinInode);
  }

  predirtyJournalParents(
    mut: MutationImpl,
    blob: EMetaBlob,
    inode: CInode,
    parent: CDir | undefined,
    flags: number,
    linkunlink = 0,
  ): void {
    predirtyJournalParents(mut, blob, inode, parent, flags, linkunlink);
  }

  journalDirtyInode(mut: MutationImpl, blob: EMetaBlob, inode: CInode): void {
    journalDirtyInode(mut, blob, inode);
  }

  // ---- finding by number

  /** @param completion told this rank's number, or an errno */
  openIno(ino: number, completion: Completion): void {
    this.#openIno.open(ino, -1, completion);
  }

  /** Other ranks may have it; there is none: -ESTALE, as for one that is being purged. */
  findInoPeers(ino: number, completion: Completion): void {
    this.mds.queueWaiter(() => {
      const inode = this.getInode(ino);
      complete(completion, inode && !inode.isPurging() ? 0 : -ERRNO.ESTALE);
    });
  }

  /** Brings the inode of a remote name into the cache; `completion` is told 0 or an errno. */
  openRemoteDentry(dn: CDentry, completion: Completion): void {
    const { remoteIno, remoteDType } = dn.getProjectedLinkage();
    const directory = 4;
    this.#openIno.openRemote(remoteIno, remoteDType === directory, (inode, r) => {
      const linkage = dn.getProjectedLinkage();
      const same = linkage.isRemote() && linkage.remoteIno === remoteIno;
      if (inode && same) dn.linkRemote(linkage, inode);
      else if (r < 0 && same) {
        this.mds.clog('error', `the inode of ${dn.makePathString()} (0x${remoteIno.toString(16)}) is nowhere to be found`);
        dn.markBadRemoteIno();
      }
      complete(completion, r < 0 && same ? r : 0);
    });
  }

  // ---- strays

  /** The stray directory that is used now. */
  getStrayDir(inode: CInode): CDir {
    const stray = this.#strays[this.#strayIndex] as CInode;
    return stray.getOrOpenDirfrag(stray.pickDirfrag(inode.nameStrayDentry()));
  }

  /** With each journal segment the next stray directory is used. */
  advanceStray(): void {
    this.#strayIndex = (this.#strayIndex + 1) % NUM_STRAY;
  }

  /** A use of an inode has ended: was it the last one? */
  maybeEvalStray(inode: CInode, delay = false): void {
    if (inode.inode.nlink > 0 || !this.#open || inode.isBase()) return;
    const dn = inode.getProjectedParentDn();
    if (!dn || dn.isPurging() || !dn.dir.inode.isStray()) return;
    if (delay) this.strayManager.queueDelayed(dn);
    else this.strayManager.evalStray(dn);
  }

  // ---- open files

  /** The event says that the inode is open; nothing of it changes. */
  addCleanInode(event: EOpen, inode: CInode): void {
    const { metablob } = event;
    if (inode.isBase()) {
      addRoot(metablob, inode, false);
    } else {
      const dn = inode.getProjectedParentDn();
      if (!dn) return;
      addDirContext(metablob, dn.dir);
      addPrimaryDentry(metablob, dn, inode, false);
    }
    if (inode.isHead()) event.addIno(inode.ino);
    else event.addSnapIno(inode.ino, inode.last);
  }

  cleanOpenFileLists(): void {
    for (const segment of this.mds.mdlog.segments.values()) {
      for (const inode of [...segment.openFiles]) if (!inode.isAnyCaps()) inode.clearOpenFile();
    }
  }

  // ---- truncation, sizes

  startFilesToRecover(): void {
    for (const inode of this.reconnected.filesToRecover()) this.recovery.enqueue(inode);
    this.recovery.advance();
  }

  // ---- purging what a session had put aside

  purgeInodes(inos: IntervalSet, ls: LogSegment): void {
    purgeInodes(this, inos, ls);
  }
  startPurgeInodes(): void {
    startPurgeInodes(this);
  }

  // ---- restart: replay, reconnect, rejoin

  /** Replays a journal event; one that contradicts the rest marks the rank damaged. */
  replayEvent(event: LogEvent, ls: LogSegment): void {
    try {
      replayEvent(this, event, ls);
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      this.mds.clog('error', `failure replaying journal at ${event.startOff}: ${error.message}`);
      this.mds.damaged(`the journal can't be replayed: ${error.message}`);
    }
  }

  /**
   * What keeps the rank from serving after a replay, where no other rank is there to be asked: undefined where nothing does.
   */
  getUnresolved(): string | undefined {
    for (const [reqid, leader] of this.uncommittedPeers.leaders()) {
      return `request ${reqid}, led by mds.${leader}, was prepared here, and only mds.${leader} knows whether it was committed`;
    }
    for (const dir of this.subtrees.roots()) {
      if (this.subtrees.isOurs(dir) || dir.inode.isBase() || dir.getParentDir()?.inode.isStray() === true) continue;
      return `subtree ${dir.dirfrag} (${dir.inode.makePathString()}) went to another rank, and has not come back`;
    }
    return undefined;
  }

  /** After a replay, with no other rank there: what was left open is brought to its end. */
  finishReplayed(): void {
    this.imports.claimAll();
    for (const dir of [...this.subtrees.roots()]) {
      if (this.subtrees.isOurs(dir)) continue;
      // of another rank's own directory, or of one that was removed, nothing is left that anyone needs
      dropForeignSubtree(this, dir);
      this.subtrees.remove(dir);
    }
    this.uncommittedLeaders.commitAll();
    this.uncommittedFragments.recover();
    this.mds.mdlog.flush();
  }

  /** `done` follows when clients' caps are in place; the work begins with {@link rejoinSendRejoins}. */
  rejoinStart(done: Completion): void {
    this.#rejoinDone = done;
  }

  /** Every rank has come to rejoin; with a single one nothing is sent. */
  rejoinSendRejoins(): void {
    if (this.#rejoining) return;
    this.#rejoining = true;
    this.reconnected.process(() => {
      this.#rejoining = false;
      const done = this.#rejoinDone;
      this.#rejoinDone = undefined;
      if (done) this.mds.queueWaiter(done);
    });
  }

  // ---- messages and maps

  /** Messages between caches of different ranks: there is no other one. */
  dispatch(m: Message): void {
    this.mds.dout(0, () => `mdcache drops ${m.typeName} from ${m.src}: nothing is shared with another rank`);
  }

  handleMdsmap(_newmap: MDSMap, _oldmap: MDSMap): void {
    // the pools of new files may have changed
    if (this.#open) this.initLayouts();
  }

  // ---- end

  /** The rank is being given up: from now on {@link shutdownPass} is called with every tick. */
  shutdownStart(): void {
    this.mds.dout(1, 'mdcache: shutdown begins');
  }

  /** The rank is being given up: trims all there is. @returns is nothing left? */
  shutdownPass(): boolean {
    const { mdlog, sessionmap } = this.mds;
    this.trimAll();
    if (sessionmap.haveUnclosedSessions()) return false;
    mdlog.trimAll();
    return this.lru.size === 0;
  }

  shutdown(): void {
    this.#upkeep.stop();
  }

  logStat(): void {
    const { perf } = this;
    perf.set('inodes', this.lru.size);
    perf.set('inodes_bottom', this.bottomLru.size);
    perf.set('inodes_with_caps', this.numInodesWithCaps);
    perf.set('caps', this.population.caps.count);
    perf.set('subtrees', this.subtrees.size);
    const rstat = this.root?.inode.rstat;
    if (!rstat) return;
    perf.set('root_rfiles', rstat.rfiles);
    perf.set('root_rbytes', rstat.rbytes);
    perf.set('root_rsnaps', rstat.rsnaps);
  }

  dumpTree(root: string, depth: number): unknown[] | undefined {
    return dumpTree(this, root, depth);
  }
  cacheStatus(): Record<string, unknown> {
    return cacheStatus(this);
  }
}
