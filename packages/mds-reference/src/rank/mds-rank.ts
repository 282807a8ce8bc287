import { complete, ERRNO } from '@cephts/common';
import type { CephContext, Completion, HeartbeatHandle, PerfCounters } from '@cephts/common';
import { Finisher } from '@cephts/finisher';
import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import type { SafeTimer } from '@cephts/safe-timer';
import type { Connection, Message, Messenger } from '@cephts/async-messenger';
import type { MDSMap, MonClient, Objecter } from '@cephts/rados';
import {
  MDS_RANK_NONE,
  MDS_STATE_ACTIVE,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_CREATING,
  MDS_STATE_DAMAGED,
  MDS_STATE_NULL,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MDS_STATE_RESOLVE,
  MDS_STATE_STANDBY_REPLAY,
  MDS_STATE_STARTING,
  MDS_STATE_STOPPING,
  mdsStateName,
} from '@cephts/rados';
import type { MDBalancer } from '../balancer/md-balancer.js';
import type { MDCache } from '../cache/md-cache.js';
import type { Beacon } from '../daemon/beacon.js';
import type { MDLog } from '../journal/md-log.js';
import type { Locker } from '../locks/locker.js';
import type { Migrator } from '../migrator/migrator.js';
import type { PurgeQueue } from '../purge/purge-queue.js';
import type { Server } from '../server/server.js';
import type { ObjectStore } from '../store/object-store.js';
import type { InoTable } from '../tables/ino-table.js';
import type { Session } from '../tables/session.js';
import type { SessionMap } from '../tables/session-map.js';
import type { SnapClient } from '../tables/snap-client.js';
import type { SnapServer } from '../tables/snap-server.js';
import { IoContextList } from './mds-context.js';
import type { OpTracker } from './op-tracker.js';
import { ProgressThread } from './progress-thread.js';
import { RankOsds } from './rank-osds.js';
import { RankWaiters } from './rank-waiters.js';

/** What an {@link MDSRank} is handed by its daemon. */
export interface MDSRankOptions {
  cct: CephContext;
  whoami: number;
  fsName: string;
  messenger: Messenger;
  monc: MonClient;
  beacon: Beacon;
  /** The daemon's timer; its callbacks run under mds_lock. */
  timer: SafeTimer;
  mdsmap: MDSMap;
  objecter: ObjectStore;
  /** What carries operations to the OSDs, where the objects are a cluster's. It has begun; the rank ends it. */
  osds?: Objecter;
  /** The whole process starts anew. */
  onRespawn: (why: string) => void;
  /** The process ends. */
  onSuicide: () => void;
}

/**
 * A rank of the file system, held by this daemon: the root of everything that mds_lock protects. The parts (cache, server, locker, log,
 * tables) are its members and reach each other through it.
 *
 * This class holds identity, parts, waiters and sending; {@link MDSRankDispatcher} adds what the daemon calls.
 *
 * @see src/mds/MDSRank.cc (16.2.15)
 */
export abstract class MDSRank {
  readonly cct: CephContext;
  /** The rank's number. */
  readonly whoami: number;
  readonly fsName: string;
  readonly messenger: Messenger;
  readonly monc: MonClient;
  readonly beacon: Beacon;
  readonly timer: SafeTimer;
  /** The object store, by the name of the class that talks to it in Ceph. */
  readonly objecter: ObjectStore;
  /** The OSDs of the cluster; undefined where the objects are elsewhere. */
  readonly osds: RankOsds | undefined;
  /** MR_Finisher: completes object store and journal I/O. */
  readonly finisher: Finisher;
  readonly progressThread: ProgressThread;
  /** Pool of the metadata; it stays the same for the life of the file system. */
  readonly metadataPool: number;
  /** First data pool: where backtraces of files live. */
  readonly dataPool: number;

  abstract readonly mdlog: MDLog;
  abstract readonly mdcache: MDCache;
  abstract readonly server: Server;
  abstract readonly locker: Locker;
  abstract readonly balancer: MDBalancer;
  abstract readonly migrator: Migrator;
  abstract readonly inotable: InoTable;
  abstract readonly sessionmap: SessionMap;
  abstract readonly snapserver: SnapServer;
  abstract readonly snapclient: SnapClient;
  abstract readonly purgeQueue: PurgeQueue;
  abstract readonly opTracker: OpTracker;
  /** Perf counters `mds`. */
  abstract readonly logger: PerfCounters;
  /** Perf counters `mds_mem`. */
  abstract readonly mlogger: PerfCounters;

  /** The newest map; replaced as a whole when a new epoch comes. */
  mdsmap: MDSMap;
  /** Which life of this rank it is: the epoch in which it was assigned. */
  incarnation = 0;
  state: number = MDS_STATE_NULL;
  lastState: number = MDS_STATE_NULL;
  clusterDegraded = false;
  /** Clients wait for this OSD map before they use new caps. */
  osdEpochBarrier = 0;
  /** Metadata I/O in flight, for the "slow metadata I/O" warning. */
  readonly ioContexts: IoContextList;
  /** When the rank was made, in monotonic ms. */
  readonly startTime: number;

  readonly waiters = new RankWaiters();
  protected stopping = false;
  #damage: string | undefined;
  protected readonly waitingForNolaggy: Message[] = [];

  readonly #hb: HeartbeatHandle;
  #hbRemoved = false;
  #graceMs: number;
  #finished: Completion[] = [];
  #finishedHead = 0;
  readonly #onRespawn: (why: string) => void;
  readonly #onSuicide: () => void;

  constructor(options: MDSRankOptions) {
    const { cct, mdsmap } = options;
    this.cct = cct;
    this.whoami = options.whoami;
    this.fsName = options.fsName;
    this.messenger = options.messenger;
    this.monc = options.monc;
    this.beacon = options.beacon;
    this.timer = options.timer;
    this.mdsmap = mdsmap;
    this.objecter = options.objecter;
    this.osds = options.osds && new RankOsds(this, options.osds);
    this.metadataPool = mdsmap.metadataPool;
    this.dataPool = mdsmap.getFirstDataPool();
    this.#onRespawn = options.onRespawn;
    this.#onSuicide = options.onSuicide;
    this.startTime = cct.clock.monotonicNow();
    this.ioContexts = new IoContextList(() => cct.clock.monotonicNow());
    this.#hb = cct.heartbeatMap.addWorker('MDSRank');
    this.#graceMs = cct.conf.number('mds_heartbeat_grace') * 1000;
    this.finisher = new Finisher(cct, {
      name: 'MDSRank',
      threadName: 'MR_Finisher',
      owner: 'MDSRank::finisher',
      purpose: 'completes object store and journal I/O under mds_lock',
    });
    this.progressThread = new ProgressThread(this);
  }

  // ---- state

  isCreating(): boolean {
    return this.state === MDS_STATE_CREATING;
  }
  isStarting(): boolean {
    return this.state === MDS_STATE_STARTING;
  }
  isReplay(): boolean {
    return this.state === MDS_STATE_REPLAY;
  }
  isStandbyReplay(): boolean {
    return this.state === MDS_STATE_STANDBY_REPLAY;
  }
  isAnyReplay(): boolean {
    return this.isReplay() || this.isStandbyReplay();
  }
  isResolve(): boolean {
    return this.state === MDS_STATE_RESOLVE;
  }
  isReconnect(): boolean {
    return this.state === MDS_STATE_RECONNECT;
  }
  isRejoin(): boolean {
    return this.state === MDS_STATE_REJOIN;
  }
  isClientReplay(): boolean {
    return this.state === MDS_STATE_CLIENTREPLAY;
  }
  isActive(): boolean {
    return this.state === MDS_STATE_ACTIVE;
  }
  isStopping(): boolean {
    return this.state === MDS_STATE_STOPPING;
  }
  isStopped(): boolean {
    return this.mdsmap.isStopped(this.whoami);
  }
  isClusterDegraded(): boolean {
    return this.clusterDegraded;
  }
  /** Is the process going down? Completions of I/O are dropped from then on. */
  isDaemonStopping(): boolean {
    return this.stopping;
  }
  /** The state that beacons ask for. */
  getWantState(): number {
    return this.beacon.wantState;
  }

  /** `mds.0.4`, as log lines begin. */
  get logPrefix(): string {
    return `mds.${this.whoami}.${this.incarnation}`;
  }

  dout(level: number, message: string | (() => string)): void {
    const { log } = this.cct;
    if (!log.shouldGather('mds', level)) return;
    log.write('mds', level, `${this.logPrefix} ${typeof message === 'function' ? message() : message}`);
  }

  getMetadataPool(): number {
    return this.metadataPool;
  }

  // ---- ask the monitor for a state; something happens once a map shows it

  requestState(state: number): void {
    this.dout(3, () => `requestState ${mdsStateName(state)}`);
    this.beacon.setWantState(this.mdsmap, state);
    this.beacon.send();
  }

  // ---- waiters

  /** Completes `c` with 0 soon, on mds_rank_progr or at the end of this dispatch, whichever comes first. */
  queueWaiter(c: Completion): void {
    this.#finished.push(c);
    this.progressThread.signal();
  }

  /** As {@link queueWaiter}, before those that are queued already. */
  queueWaiterFront(c: Completion): void {
    if (this.#finishedHead > 0) this.#finished[--this.#finishedHead] = c;
    else this.#finished.unshift(c);
    this.progressThread.signal();
  }

  /** Takes the whole list over and empties it. */
  queueWaiters(list: Completion[]): void {
    if (list.length === 0) return;
    for (const c of list) this.#finished.push(c);
    list.length = 0;
    this.progressThread.signal();
  }

  /** Takes the whole list over, before what is queued already, and empties it. */
  queueWaitersFront(list: Completion[]): void {
    for (let i = list.length - 1; i >= 0; i--) this.queueWaiterFront(list[i] as Completion);
    list.length = 0;
  }

  waitForActive(c: Completion): void {
    this.waiters.active.push(c);
  }
  waitForReplay(c: Completion): void {
    this.waiters.replay.push(c);
  }
  waitForRejoin(c: Completion): void {
    this.waiters.rejoin.push(c);
  }
  waitForReconnect(c: Completion): void {
    this.waiters.reconnect.push(c);
  }
  /** Completes `c` when a map of at least this epoch is there. */
  waitForMdsmap(epoch: number, c: Completion): void {
    this.waiters.addMdsmap(epoch, c);
  }
  /** Completes `c` when the rank is active again. */
  waitForActivePeer(rank: number, c: Completion): void {
    this.waiters.addActivePeer(rank, c);
  }
  /** Completes `c` when no rank is missing or recovering any more. */
  waitForClusterRecovered(c: Completion): void {
    this.waiters.addActivePeer(MDS_RANK_NONE, c);
  }
  /** A request to run again in clientreplay, one after the other. */
  enqueueReplay(c: Completion): void {
    this.waiters.replayQueue.push(c);
  }
  /** Queues the next request to replay; with none left clientreplay may end. */
  abstract queueOneReplay(): boolean;
  abstract maybeClientreplayDone(): void;
  /** The rank serves: metrics of its clients are gathered from now on. */
  abstract startMetrics(): void;

  /**
   * Completes what is queued, and handles the messages that were deferred while the monitor seemed to lag.
   *
   * @param deadline monotonic ms; with work left by then it returns true
   */
  advanceQueues(deadline = Infinity): boolean {
    const { clock } = this.cct;
    while (this.#finishedHead < this.#finished.length) {
      const c = this.#finished[this.#finishedHead++] as Completion;
      if (this.#finishedHead === this.#finished.length) {
        this.#finished = [];
        this.#finishedHead = 0;
      }
      complete(c, 0);
      this.heartbeatReset();
      if (deadline !== Infinity && clock.monotonicNow() >= deadline) return true;
    }
    while (this.waitingForNolaggy.length > 0 && !this.beacon.isLaggy()) {
      const message = this.waitingForNolaggy.shift() as Message;
      if (!this.isStaleMessage(message)) this.handleDeferrableMessage(message);
      this.heartbeatReset();
      if (deadline !== Infinity && clock.monotonicNow() >= deadline) return true;
    }
    return false;
  }

  /** Waiters that have not run yet. */
  get finishedQueueLength(): number {
    return this.#finished.length - this.#finishedHead;
  }

  // ---- messages

  /** Dispatches a message that has waited. */
  abstract retryDispatch(m: Message): void;
  /** Hands a message to the part it is for; false when no part knows its kind. */
  protected abstract handleDeferrableMessage(m: Message): boolean;
  protected abstract isStaleMessage(m: Message): boolean;

  sendMessage(m: Message, con: Connection): void {
    con.sendMessage(m);
  }

  /** To the client of the session; kept with the session while it has no connection. */
  sendMessageClient(m: Message, session: Session): void {
    if (session.connection) session.connection.sendMessage(m);
    else session.preopenOutQueue.push(m);
  }

  /** As {@link sendMessageClient}, counted in the session's sequence of pushes. */
  sendMessageClientCounted(m: Message, session: Session): void {
    session.incPushSeq();
    this.sendMessageClient(m, session);
  }

  /** To the daemon that holds a rank; dropped while nobody does. */
  sendMessageMds(m: Message, rank: number): void {
    if (!this.mdsmap.isUp(rank)) {
      this.dout(10, () => `sendMessageMds mds.${rank} is not up, dropping ${m.typeName}`);
      return;
    }
    this.messenger.sendTo(m, CEPH_ENTITY_TYPE_MDS, this.mdsmap.getAddrs(rank));
  }

  /** The session of the message's connection. */
  getSession(m: Message): Session | undefined {
    return m.connection?.priv as Session | undefined;
  }

  setOsdEpochBarrier(epoch: number): void {
    this.osdEpochBarrier = epoch;
  }

  // ---- life and death

  /** A sign of life for the watchdog: called on every dispatch and completion, and within long loops. */
  heartbeatReset(): void {
    if (!this.#hbRemoved) this.cct.heartbeatMap.resetTimeout(this.#hb, this.#graceMs);
  }

  protected removeHeartbeat(): void {
    this.#hbRemoved = true;
    this.cct.heartbeatMap.removeWorker(this.#hb);
  }

  isReadonly(): boolean {
    return this.mdcache.isReadonly();
  }

  /** Takes no more changes; clients are told. */
  forceReadonly(): void {
    this.mdcache.forceReadonly();
  }

  /** A write to the object store failed for good; `mds_action_on_write_error` says what follows. */
  handleWriteError(r: number): void {
    if (r === -ERRNO.ESHUTDOWN) {
      this.respawn('blocklisted (fenced)');
      return;
    }
    const action = this.cct.conf.number('mds_action_on_write_error');
    if (action >= 2) {
      this.respawn(`write error ${r}`);
    } else if (action === 1) {
      this.dout(-1, `unhandled write error ${r}, going read-only`);
      this.forceReadonly();
    } else {
      this.dout(-1, `unhandled write error ${r}, ignored`);
    }
  }

  /** What is stored makes no sense: the rank is marked damaged and the daemon starts anew, as a standby. */
  damaged(why: string): void {
    if (this.stopping) return;
    this.#damage = `damaged: ${why}`;
    this.clog('error', `mds.${this.whoami} is damaged: ${why}`);
    this.beacon.setWantState(this.mdsmap, MDS_STATE_DAMAGED);
    // nothing of what is under way counts any more
    this.stopping = true;
    const told = this.beacon.sendAndWait(this.cct.conf.number('mds_mon_shutdown_timeout'));
    void told.then(() => this.respawn(this.#damage as string));
  }

  /** Why the rank was marked damaged, if it was. */
  get damage(): string | undefined {
    return this.#damage;
  }

  suicide(): void {
    this.#onSuicide();
  }

  respawn(why: string): void {
    this.#onRespawn(why);
  }

  /** A line for the cluster's log. */
  clog(level: 'error' | 'warn' | 'info' | 'debug', text: string): void {
    this.cct.dout('cluster', level === 'error' ? -1 : level === 'warn' ? 0 : 1, `${level}: ${text}`);
    this.monc.clusterLog(level, text);
  }
}
