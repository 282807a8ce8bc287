import type { PerfCounters } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, EntityName } from '@cephts/encoding';
import type { Message } from '@cephts/async-messenger';
import {
  CEPH_MSG_MDS_MAP,
  MDSMap,
  MDS_STATE_ACTIVE,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_CREATING,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_RESOLVE,
  MDS_STATE_STANDBY_REPLAY,
  MDS_STATE_STARTING,
  MDS_STATE_STOPPED,
  mdsStateName,
} from '@cephts/rados';
import { MDBalancer } from '../balancer/md-balancer.js';
import { MDCache } from '../cache/md-cache.js';
import { MDLog } from '../journal/md-log.js';
import { Locker } from '../locks/locker.js';
import type { MMDSTableRequest } from '../messages/index.js';
import { Migrator } from '../migrator/migrator.js';
import { PurgeQueue } from '../purge/purge-queue.js';
import { Server } from '../server/server.js';
import { InoTable } from '../tables/ino-table.js';
import { SessionMap } from '../tables/session-map.js';
import { SnapClient } from '../tables/snap-client.js';
import { SnapServer } from '../tables/snap-server.js';
import { BootSteps } from './boot-steps.js';
import { MDSInternalContextWrapper } from './mds-context.js';
import { MDSRank } from './mds-rank.js';
import type { MDSRankOptions } from './mds-rank.js';
import { MetricAggregator } from './metric-aggregator.js';
import { MetricsHandler } from './metrics-handler.js';
import { ObjecterTimer } from './objecter-timer.js';
import { OpTracker } from './op-tracker.js';
import { MDS_MEM_PERF, MDS_PERF } from './rank-perf.js';
import { routeOf } from './rank-messages.js';
import { RecoverySteps } from './recovery-steps.js';

/**
 * What the daemon calls of a rank: its beginning and end, ticks, maps and messages.
 *
 * @see src/mds/MDSRank.cc (16.2.15)
 */
export class MDSRankDispatcher extends MDSRank {
  /** The cluster's Objecter has one of its own. */
  readonly objecterTimer: ObjecterTimer | undefined;
  readonly opTracker: OpTracker;
  readonly logger: PerfCounters;
  readonly mlogger: PerfCounters;
  readonly purgeQueue: PurgeQueue;
  readonly mdcache: MDCache;
  readonly mdlog: MDLog;
  readonly balancer: MDBalancer;
  readonly migrator: Migrator;
  readonly inotable: InoTable;
  readonly sessionmap: SessionMap;
  readonly snapserver: SnapServer;
  readonly snapclient: SnapClient;
  readonly server: Server;
  readonly locker: Locker;
  readonly boot: BootSteps;
  readonly recovery: RecoverySteps;
  readonly metricsHandler: MetricsHandler;
  metricAggregator: MetricAggregator | undefined;
  #depth = 0;

  constructor(options: MDSRankOptions) {
    super(options);
    const { cct } = this;
    this.logger = cct.perf.create('mds', MDS_PERF);
    this.mlogger = cct.perf.create('mds_mem', MDS_MEM_PERF);
    this.objecterTimer = this.osds ? undefined : new ObjecterTimer(cct, this.objecter);
    this.opTracker = new OpTracker(cct);
    this.sessionmap = new SessionMap(this);
    this.purgeQueue = new PurgeQueue(cct, this.whoami, this.metadataPool, this.objecter, (r: number) => this.handleWriteError(r));
    this.metricsHandler = new MetricsHandler(this);
    this.mdcache = new MDCache(this, this.purgeQueue);
    this.mdlog = new MDLog(this);
    this.balancer = new MDBalancer(this);
    this.migrator = new Migrator(this);
    this.inotable = new InoTable(this);
    this.snapserver = new SnapServer(this);
    this.snapclient = new SnapClient(this);
    this.server = new Server(this);
    this.locker = new Locker(this, this.mdcache);
    this.boot = new BootSteps(this);
    this.recovery = new RecoverySteps(this);
  }

  /** Starts the rank's threads. */
  init(): void {
    this.osds?.init();
    this.progressThread.startAsleep();
    this.purgeQueue.init();
    this.finisher.start();
  }

  /** Every `mds_tick_interval`. */
  tick(): void {
    this.heartbeatReset();
    if (this.beacon.isLaggy()) {
      this.dout(1, 'tick: the monitor does not answer; no upkeep meanwhile');
      return;
    }
    for (const line of this.opTracker.newlySlow()) this.clog('warn', line);
    // messages may wait for the monitor to answer again
    this.progressThread.signal();
    this.mdlog.flush();
    if (this.isActive() || this.isStopping()) this.mdlog.trim();
    if (this.isClientReplay() || this.isActive() || this.isStopping()) {
      this.server.findIdleSessions();
      this.server.evictCapRevokeNonResponders();
      this.locker.tick();
    }
    this.mdcache.logStat();
    if (this.isReconnect()) this.server.reconnectTick();
    if (this.isActive()) this.balancer.tick();
    if (this.isStopping() && this.mdcache.shutdownPass()) this.requestState(MDS_STATE_STOPPED);
    this.beacon.notifyHealth(this);
  }

  /** Resolves when all that was journaled is durable, or when that takes longer than `mds_mon_shutdown_timeout`. */
  async flushForShutdown(): Promise<void> {
    if (this.state < MDS_STATE_RECONNECT) return;
    const { clock, conf } = this.cct;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, conf.number('mds_mon_shutdown_timeout') * 1000);
      this.mdlog.flush();
      this.mdlog.waitForSafe(
        new MDSInternalContextWrapper(this, () => {
          clock.clearTimeout(timer);
          resolve();
        }),
      );
    });
  }

  /**
   * Ends the rank: the log first (its threads wait for I/O that MR_Finisher completes), MR_Finisher last.
   */
  async shutdown(): Promise<void> {
    this.dout(1, 'shutting down');
    await this.mdlog.shutdown();
    this.stopping = true;
    this.mdcache.shutdown();
    await this.purgeQueue.shutdown();
    this.metricsHandler.shutdown();
    this.metricAggregator?.shutdown();
    await this.finisher.stop();
    await this.objecterTimer?.shutdown();
    await this.osds?.shutdown();
    this.opTracker.shutdown();
    this.progressThread.stop();
    this.removeHeartbeat();
    this.cct.perf.remove(this.logger);
    this.cct.perf.remove(this.mlogger);
  }

  /** Called when the rank becomes active. */
  override startMetrics(): void {
    this.metricsHandler.init();
    this.messenger.addDispatcherTail(this.metricsHandler);
    if (this.whoami !== 0) return;
    this.metricAggregator = new MetricAggregator(this);
    this.metricAggregator.init();
    this.messenger.addDispatcherTail(this.metricAggregator);
  }

  override queueOneReplay(): boolean {
    return this.recovery.queueOneReplay();
  }

  override maybeClientreplayDone(): void {
    this.recovery.maybeClientreplayDone();
  }

  // ---- messages

  /** A message from the daemon; false when no part of the rank takes it. */
  msDispatch(m: Message): boolean {
    if (m.connection?.peerType === CEPH_ENTITY_TYPE_CLIENT) {
      const session = this.getSession(m);
      if (session) session.lastSeen = this.cct.clock.monotonicNow();
    }
    return this.#dispatch(m, true);
  }

  override retryDispatch(m: Message): void {
    this.#dispatch(m, false);
  }

  #dispatch(m: Message, isNew: boolean): boolean {
    this.#depth++;
    try {
      return this._dispatch(m, isNew);
    } finally {
      this.#depth--;
    }
  }

  protected _dispatch(m: Message, isNew: boolean): boolean {
    if (this.isStaleMessage(m)) return true;
    if (routeOf(m.type) === undefined) return false;
    if (this.beacon.isLaggy() || (isNew && this.waitingForNolaggy.length > 0)) {
      this.dout(5, () => `put off while the monitor does not answer: ${m.typeName}`);
      this.waitingForNolaggy.push(m);
    } else {
      this.handleDeferrableMessage(m);
      this.heartbeatReset();
    }
    // what was triggered runs once the outermost message is through
    if (this.#depth === 1) this.advanceQueues();
    return true;
  }

  protected override handleDeferrableMessage(m: Message): boolean {
    const route = routeOf(m.type);
    if (route === undefined) return false;
    const peer = m.connection?.peerType;
    if (route.from !== 0 && peer !== undefined && (peer & route.from) === 0) {
      this.dout(0, () => `filtered out ${m.typeName} from a peer of type ${peer}`);
      return true;
    }
    switch (route.part) {
      case 'mdcache':
        this.mdcache.dispatch(m);
        break;
      case 'migrator':
        this.migrator.dispatch(m);
        break;
      case 'server':
        this.server.dispatch(m);
        break;
      case 'balancer':
        this.balancer.procMessage(m);
        break;
      case 'table':
        this.#handleTableRequest(m as MMDSTableRequest);
        break;
      case 'locker':
        this.locker.dispatch(m);
        break;
      case 'scrub':
        this.dout(1, () => `${m.typeName}: nothing is being scrubbed`);
        break;
    }
    return true;
  }

  /** A negative op is an answer, for the client side of the table. */
  #handleTableRequest(m: MMDSTableRequest): void {
    if (m.op < 0) this.snapclient.handleRequest(m);
    else this.snapserver.handleRequest(m);
  }

  protected override isStaleMessage(m: Message): boolean {
    const { connection } = m;
    if (connection?.peerType !== CEPH_ENTITY_TYPE_MDS || connection === this.messenger.loopbackConnection) return false;
    const from = m.src.num;
    if (!this.mdsmap.isDown(from)) return false;
    // a map is worth a look whoever sends it
    if (m.type === CEPH_MSG_MDS_MAP) return false;
    this.dout(5, () => `${m.typeName} from mds.${from}, which is down: dropped`);
    return true;
  }

  // ---- maps

  /** A map of OSDs has come. */
  handleOsdMap(): void {
    this.osds?.handleOsdMap();
  }

  /** A new map, in which this daemon holds the rank. `mdsmap` is set already. */
  handleMdsMap(newmap: MDSMap, oldmap: MDSMap): void {
    const gid = this.monc.globalId;
    const oldState = this.state;
    this.mdsmap = newmap;
    this.state = newmap.getStateGid(gid);
    if (this.state !== oldState) {
      this.lastState = oldState;
      this.incarnation = newmap.getIncGid(gid);
    }
    if (!MDSMap.stateTransitionValid(oldState, this.state)) {
      this.respawn(`invalid state transition ${mdsStateName(oldState)} to ${mdsStateName(this.state)}`);
      return;
    }
    this.clusterDegraded = newmap.isDegraded();
    if (this.state !== oldState) {
      this.messenger.setMyname(EntityName.mds(this.state === MDS_STATE_STANDBY_REPLAY ? gid : this.whoami));
      this.osds?.setIncarnation(this.incarnation);
      this.#enterState(oldState);
    }
    this.#afterStateChange(oldmap, oldState);
    this.queueWaiters(this.waiters.takeMdsmap(newmap.epoch));
    // clients with an older map of OSDs may not know whom an MDS before this one shut out
    if (this.isActive() && this.osds) this.setOsdEpochBarrier(this.osds.epoch);
    this.mdcache.handleMdsmap(newmap, oldmap);
    this.metricAggregator?.notifyMdsmap(newmap);
    this.metricsHandler.notifyMdsmap(newmap);
  }

  #enterState(oldState: number): void {
    this.dout(1, () => `${mdsStateName(oldState)} --> ${mdsStateName(this.state)}`);
    this.beacon.setWantState(this.mdsmap, this.state);
    if (oldState === MDS_STATE_STANDBY_REPLAY) return;
    const recovered = oldState === MDS_STATE_CREATING || oldState === MDS_STATE_REJOIN || oldState === MDS_STATE_RECONNECT;
    if (recovered && (this.isActive() || this.isClientReplay())) this.recovery.recoveryDone(oldState);
    const takesUp = this.isReplay() || this.isStarting() || this.isCreating() || this.isResolve();
    if (takesUp && this.boot.refusesCompany()) return;
    if (this.isActive()) this.recovery.activeStart();
    else if (this.isAnyReplay()) this.boot.replayStart();
    else if (this.isStarting()) this.boot.bootStart();
    else if (this.isReconnect()) this.recovery.reconnectStart();
    else if (this.isRejoin()) this.recovery.rejoinStart();
    else if (this.isClientReplay()) this.recovery.clientreplayStart();
    else if (this.isCreating()) this.boot.bootCreate();
    else if (this.isStopping()) this.recovery.stoppingStart();
  }

  #afterStateChange(oldmap: MDSMap, oldState: number): void {
    const { mdsmap, state } = this;
    if (state >= MDS_STATE_RESOLVE && mdsmap.tableserver === this.whoami && oldState < MDS_STATE_RESOLVE) {
      this.snapserver.finishRecovery(mdsmap.getMdsSetLowerBound(MDS_STATE_RESOLVE));
    }
    if (state >= MDS_STATE_REJOIN && !oldmap.isRejoining() && mdsmap.isRejoining()) this.recovery.rejoinJointStart();
    if (oldmap.isDegraded() && !this.clusterDegraded && state >= MDS_STATE_ACTIVE) {
      this.dout(1, 'the cluster has recovered');
      this.queueWaiters(this.waiters.takeActivePeer(-1));
    }
    if (state >= MDS_STATE_CLIENTREPLAY && oldState >= MDS_STATE_CLIENTREPLAY) {
      const before = new Set(oldmap.getMdsSetLowerBound(MDS_STATE_CLIENTREPLAY));
      for (const rank of mdsmap.getMdsSetLowerBound(MDS_STATE_CLIENTREPLAY)) {
        if (rank !== this.whoami && !before.has(rank)) this.queueWaiters(this.waiters.takeActivePeer(rank));
      }
    }
  }

  /** `status` on the admin socket. */
  dumpStatus(): Record<string, unknown> {
    return this.state === MDS_STATE_STARTING || this.isAnyReplay() ? { replay_status: this.mdlog.dumpReplayStatus() } : {};
  }
}
