import { CephContext, functionLog, VirtualClock } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, EntityAddr, EntityInst, EntityName, UTime } from '@cephts/encoding';
import { Finisher } from '@cephts/finisher';
import { MDSMap } from '@cephts/rados';
import { MDBalancer } from '../../src/balancer/md-balancer.js';
import type { CDir } from '../../src/cache/cdir.js';
import type { CInode } from '../../src/cache/cinode.js';
import { MDCache } from '../../src/cache/md-cache.js';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { MDLog } from '../../src/journal/md-log.js';
import { Locker } from '../../src/locks/locker.js';
import { MClientCaps } from '../../src/messages/m-client-caps.js';
import { MClientReply } from '../../src/messages/m-client-reply.js';
import { MClientRequest } from '../../src/messages/m-client-request.js';
import { RequestArgs } from '../../src/messages/request-args.js';
import { PurgeQueue } from '../../src/purge/purge-queue.js';
import { IoContextList, MDSGatherBuilder } from '../../src/rank/mds-context.js';
import type { MDSRank } from '../../src/rank/mds-rank.js';
import { MDS_MEM_PERF, MDS_PERF } from '../../src/rank/rank-perf.js';
import { Server } from '../../src/server/server.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { cloneImage } from '../../src/store/object-image.js';
import type { ObjectImage } from '../../src/store/object-image.js';
import { InoTable } from '../../src/tables/ino-table.js';
import { SESSION_OPEN } from '../../src/tables/session.js';
import type { Session } from '../../src/tables/session.js';
import { SessionMap } from '../../src/tables/session-map.js';
import { SnapClient } from '../../src/tables/snap-client.js';
import { SnapServer } from '../../src/tables/snap-server.js';
import { S_IFREG } from '../../src/types/ceph-fs.js';
import { FilePath } from '../../src/types/file-path.js';

export const CLIENT = 4305;
const METADATA_POOL = 2;
const DATA_POOL = 3;

export type Objects = Map<string, ObjectImage>;

/** What a crash leaves: a copy of the stored objects. */
export function copyObjects(objects: Objects): Objects {
  return new Map([...objects].map(([key, image]) => [key, cloneImage(image)]));
}

/** A request to create a plain file. */
export function fillCreate(req: MClientRequest, mode = 0o644): void {
  req.args.open.flags = 0o101;
  req.args.open.mode = S_IFREG | mode;
  req.args.open.pool = -1;
}

export interface KitOptions {
  objects?: Objects;
  conf?: Record<string, number | string | boolean>;
}

/**
 * A rank without network and monitor: the real cache, server, locker, journal, tables and purge queue over a memory store, in virtual time.
 */
export class CacheKit {
  readonly clock = new VirtualClock();
  readonly objects: Objects;
  readonly cct: CephContext;
  readonly mds: MDSRank;
  readonly cache: MDCache;
  readonly finisher: Finisher;
  readonly sessionmap: SessionMap;
  readonly server: Server;
  /** Lines to the cluster's log, and what would have ended the rank. */
  readonly complaints: string[] = [];
  readonly replies: { tid: number; r: number; safe: boolean }[] = [];
  readonly mdlog: MDLog;
  readonly #purgeQueue: PurgeQueue;
  readonly #inotable: InoTable;
  readonly #snapserver: SnapServer;
  session!: Session;
  #tid = 0;
  #waiters: Completion[] = [];
  active = false;

  constructor({ objects = new Map(), conf = {} }: KitOptions = {}) {
    this.objects = objects;
    this.cct = new CephContext({
      clock: this.clock,
      log: functionLog(() => undefined, -1),
      onError: (error) => {
        throw error;
      },
    });
    this.cct.conf.define(MDS_OPTIONS);
    for (const [name, value] of Object.entries(conf)) this.cct.conf.set(name, value as never);
    this.finisher = new Finisher(this.cct);
    this.finisher.start();
    const store = new MemoryObjectStore({ clock: this.clock }, objects);
    const mdsmap = new MDSMap();
    mdsmap.metadataPool = METADATA_POOL;
    mdsmap.dataPools = [DATA_POOL];
    mdsmap.in.add(0);
    const mds = this.#fakeRank(store, mdsmap);
    this.mds = mds as unknown as MDSRank;
    const rank = this.mds;
    mds['inotable'] = this.#inotable = new InoTable(rank);
    mds['sessionmap'] = this.sessionmap = new SessionMap(rank);
    mds['snapserver'] = this.#snapserver = new SnapServer(rank);
    mds['snapclient'] = new SnapClient(rank);
    mds['purgeQueue'] = this.#purgeQueue = new PurgeQueue(this.cct, 0, METADATA_POOL, store, () => undefined);
    mds['mdcache'] = this.cache = new MDCache(rank, this.#purgeQueue);
    mds['mdlog'] = this.mdlog = new MDLog(rank);
    mds['balancer'] = new MDBalancer(rank);
    mds['locker'] = new Locker(rank);
    mds['server'] = this.server = new Server(rank);
    this.#purgeQueue.init();
  }

  #fakeRank(store: MemoryObjectStore, mdsmap: MDSMap): Record<string, unknown> {
    const { cct, finisher } = this;
    return {
      cct,
      finisher,
      mdsmap,
      objecter: store,
      whoami: 0,
      metadataPool: METADATA_POOL,
      dataPool: DATA_POOL,
      osdEpochBarrier: 0,
      ioContexts: new IoContextList(() => this.clock.monotonicNow()),
      opTracker: { enabled: false },
      logger: cct.perf.create('mds', MDS_PERF),
      mlogger: cct.perf.create('mds_mem', MDS_MEM_PERF),
      dout: () => undefined,
      clog: (level: string, text: string) => this.complaints.push(`${level}: ${text}`),
      damaged: (why: string) => this.complaints.push(`damaged: ${why}`),
      respawn: (why: string) => this.complaints.push(`respawn: ${why}`),
      handleWriteError: (r: number) => this.complaints.push(`write error ${r}`),
      heartbeatReset: () => undefined,
      isDaemonStopping: () => false,
      isStandbyReplay: () => false,
      isAnyReplay: () => !this.active,
      isReplay: () => false,
      isResolve: () => false,
      isReconnect: () => false,
      isRejoin: () => false,
      isStopping: () => false,
      isClientReplay: () => false,
      isActive: () => this.active,
      isReadonly: () => false,
      queueWaiter: (done: Completion) => void this.#waiters.push(done),
      queueWaiterFront: (done: Completion) => void this.#waiters.unshift(done),
      queueWaiters: (list: Completion[]) => void this.#waiters.push(...list.splice(0)),
      queueOneReplay: () => false,
      getSession: () => this.session,
      sendMessage: () => undefined,
      sendMessageMds: () => undefined,
      sendMessageClientCounted: (m: unknown) => {
        if (m instanceof MClientCaps) this.#waiters.push(() => this.#confirm(m.ino));
      },
      sendMessageClient: (m: unknown) => {
        if (m instanceof MClientReply) this.replies.push({ tid: m.tid, r: m.result, safe: m.safe });
      },
    };
  }

  /** The client gives back what is revoked, at once. */
  #confirm(ino: number): void {
    const inode = this.cache.getInode(ino);
    const cap = inode?.getClientCap(CLIENT);
    if (!inode || !cap) return;
    // nobody has the file open any more
    cap.setWanted(0);
    cap.confirmReceipt(cap.lastSeq, cap.pending);
    this.mds.locker.machine.evalCapGather(inode);
  }

  /** Runs everything that is due now. */
  run(): void {
    let rounds = 0;
    for (let again = true; again;) {
      if (++rounds > 10_000) throw new Error('it never comes to rest');
      this.clock.advance(0);
      const waiters = this.#waiters.splice(0);
      for (const waiter of waiters) {
        if (typeof waiter === 'function') waiter(0);
        else waiter.complete(0);
      }
      again = waiters.length > 0;
    }
  }

  /** Lets time pass, as timers see it. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.run();
  }

  /** Runs until `begin`'s completion is told its result. */
  async result(begin: (done: Completion) => void): Promise<number> {
    let r: number | undefined;
    begin((got: number) => (r = got));
    for (let i = 0; i < 1000 && r === undefined; i++) {
      this.run();
      await Promise.resolve();
    }
    if (r === undefined) throw new Error('not completed');
    return r;
  }

  #setRanks(): void {
    this.cache.initLayouts();
    for (const table of [this.#inotable, this.sessionmap, this.#snapserver]) table.setRank(0);
  }

  /** boot_create, and active. */
  async create(): Promise<this> {
    this.#setRanks();
    await this.result((done) => {
      const gather = new MDSGatherBuilder(done);
      this.mdlog.create(gather.newSub());
      this.mdlog.prepareNewSegment();
      this.cache.hierarchy.createEmptyHierarchy(gather);
      this.cache.hierarchy.createMydirHierarchy(gather);
      this.cache.getGlobalSnaprealm();
      this.#inotable.reset();
      this.#inotable.save(gather.newSub());
      this.sessionmap.save(gather.newSub());
      this.#purgeQueue.create(gather.newSub());
      this.#snapserver.reset();
      this.#snapserver.save(gather.newSub());
      this.mdlog.journalSegmentSubtreeMap(gather.newSub());
      this.mdlog.flush();
      gather.activate();
    });
    this.#activate();
    return this;
  }

  /** boot_start as far as the journal is replayed. */
  async replay(): Promise<number> {
    this.#setRanks();
    const load = await this.result((done) => {
      const gather = new MDSGatherBuilder(done);
      this.#inotable.load(gather.newSub());
      this.sessionmap.load(gather.newSub());
      this.#snapserver.load(gather.newSub());
      this.mdlog.open(gather.newSub());
      this.#purgeQueue.open(gather.newSub());
      this.cache.openFileTable.load(gather.newSub());
      this.cache.hierarchy.openMydirInode(gather.newSub());
      this.cache.getGlobalSnaprealm();
      this.cache.hierarchy.openRootInode(gather.newSub());
      gather.activate();
    });
    if (load < 0) return load;
    const r = await this.result((done) => this.mdlog.replay(done));
    if (r < 0) return r;
    this.mdlog.journaler.setWriteable();
    this.mdlog.journaler.trimTail();
    return 0;
  }

  /** After {@link replay}. */
  recover(): void {
    this.#activate();
    this.cache.truncation.startRecovered();
    this.cache.hierarchy.populateMydir();
    this.run();
  }

  #activate(): void {
    this.active = true;
    if (!this.cache.isOpen()) {
      this.cache.hierarchy.openRoot();
      this.run();
    }
    const name = new EntityName(CEPH_ENTITY_TYPE_CLIENT, CLIENT);
    this.session =
      this.sessionmap.getSession(name.toString()) ?? this.sessionmap.getOrAddSession(new EntityInst(name, new EntityAddr()));
    this.sessionmap.setState(this.session, SESSION_OPEN);
  }

  /** Hands a request to the server. @returns its tid */
  send(op: number, path: FilePath, fill?: (req: MClientRequest) => void): number {
    const req = new MClientRequest(op, new RequestArgs());
    req.src = new EntityName(CEPH_ENTITY_TYPE_CLIENT, CLIENT);
    req.tid = ++this.#tid;
    req.stamp = UTime.fromMillis(this.clock.now());
    req.path = path;
    fill?.(req);
    this.server.handleClientRequest(req);
    return req.tid;
  }

  /** Runs until the request is answered, the first time. */
  answer(tid: number): number {
    for (let i = 0; i < 50; i++) {
      const reply = this.replies.find((one) => one.tid === tid);
      if (reply) return reply.r;
      this.run();
      this.pass(100);
    }
    throw new Error(`request ${tid} is not answered`);
  }

  /** Sends a request and runs until it is answered. */
  ask(op: number, dir: number, name: string, fill?: (req: MClientRequest) => void): number {
    return this.answer(this.send(op, new FilePath(dir, name), fill));
  }

  /** What was submitted is durable, and applied. */
  flush(): void {
    this.mdlog.flush();
    this.run();
  }

  isSafe(tid: number): boolean {
    return this.replies.some((reply) => reply.tid === tid && reply.safe);
  }

  /** Clients give back all caps. */
  dropCaps(): void {
    for (const cap of [...this.session.caps]) this.mds.locker.removeClientCap(cap.inode as CInode, cap);
    this.run();
  }

  /** Writes everything the journal holds to its objects, and waits for that. */
  async flushJournal(): Promise<void> {
    this.mdlog.startNewSegment();
    this.flush();
    for (let i = 0; i < 20; i++) {
      this.mdlog.trimAll();
      this.pass(1000);
      this.flush();
      await Promise.resolve();
    }
  }

  /** Opens a fragment in full. */
  async open(dir: CDir): Promise<CDir> {
    if (!dir.isComplete()) await this.result((done) => dir.fetch(done));
    return dir;
  }

  /** The tree below an inode, a line for each name: path, type, links, size, mode, target; hard links by the inode's number. */
  async tree(inode = this.cache.root as CInode, path = ''): Promise<string[]> {
    const lines: string[] = [];
    for (const leaf of inode.dirfragtree.getLeaves()) {
      const dir = await this.open(inode.getOrOpenDirfrag(leaf));
      for (const name of [...dir.items.keys()].sort()) {
        const linkage = dir.items.get(name)?.getProjectedLinkage();
        if (!linkage || linkage.isNull()) continue;
        if (!linkage.inode) await this.result((done) => this.cache.openRemoteDentry(dir.items.get(name) as never, done));
        const child = linkage.inode ?? (this.cache.getInode(linkage.remoteIno) as CInode);
        const { mode, nlink, size } = child.getProjectedInode();
        const what = child.isDir() ? 'd' : child.isSymlink() ? `l ${child.symlink}` : `f n${nlink} s${size}`;
        const xattrs = [...child.getProjectedXattrs()].map(([key, value]) => `${key}=${value.join('.')}`);
        lines.push([`${path}/${name}`, what, (mode & 0o7777).toString(8), ...xattrs].join(' '));
        if (child.isDir()) lines.push(...(await this.tree(child, `${path}/${name}`)));
      }
    }
    return lines;
  }
}
