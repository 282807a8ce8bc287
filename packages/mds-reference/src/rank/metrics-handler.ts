import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, UTime } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import type { Dispatcher, Message } from '@cephts/async-messenger';
import type { MDSMap } from '@cephts/rados';
import { PeriodicThread } from '../daemon/periodic-thread.js';
import {
  CLIENT_METRIC_TYPE,
  ClientMetrics,
  MClientMetrics,
  METRIC_UPDATE_REFRESH,
  METRIC_UPDATE_REMOVE,
  MMDSMetrics,
  MMDSPing,
} from '../messages/index.js';
import type { ClientMetric } from '../messages/index.js';
import type { Session } from '../tables/session.js';
import type { MDSRank } from './mds-rank.js';

/**
 * Gathers what clients measured, and sends it to rank 0 (itself, as a rule, over the loopback connection).
 *
 * @see src/mds/MetricsHandler.cc (16.2.15)
 */
export class MetricsHandler implements Dispatcher {
  readonly name = 'MetricsHandler';
  readonly #mds: MDSRank;
  readonly #updater: PeriodicThread;
  /** What clients measured since the last update; sessions that rank 0 has heard of stay until it has heard of their end. */
  readonly #clients = new Map<Session, ClientMetrics>();
  #rank0: EntityAddrVec | undefined;
  /** The number rank 0 gave with its last ping; 0: none yet. */
  #nextSeq = 0;

  constructor(mds: MDSRank) {
    this.#mds = mds;
    this.#updater = new PeriodicThread(mds.cct, {
      name: 'ms_dispatch',
      owner: 'MetricsHandler::updater',
      purpose: 'sends metrics of clients to rank 0',
      round: () => {
        this.#updateRank0();
        return this.#interval;
      },
    });
  }

  get #interval(): number {
    return this.#mds.cct.conf.number('mds_metrics_update_interval') * 1000;
  }

  init(): void {
    this.#updater.start(this.#interval);
  }

  shutdown(): void {
    this.#updater.stop();
  }

  /** Another rank 0, or another address of it: numbering begins anew once it pings. */
  notifyMdsmap(mdsmap: MDSMap): void {
    const addrs = mdsmap.isActive(0) ? mdsmap.getAddrs(0) : undefined;
    if (addrs && this.#rank0?.equals(addrs)) return;
    this.#rank0 = addrs;
    this.#nextSeq = 0;
    this.#clients.clear();
  }

  // ---- Dispatcher

  msCanFastDispatchAny(): boolean {
    return true;
  }

  msCanFastDispatch(m: Message): boolean {
    return m instanceof MClientMetrics || m instanceof MMDSPing;
  }

  msFastDispatch(m: Message): void {
    this.msDispatch(m);
  }

  msDispatch(m: Message): boolean {
    const peer = m.connection?.peerType;
    if (m instanceof MClientMetrics && peer === CEPH_ENTITY_TYPE_CLIENT) {
      const session = this.#mds.getSession(m);
      if (session && !session.isClosed()) for (const update of m.updates) applyUpdate(this.#metricsOf(session), update);
      return true;
    }
    if (m instanceof MMDSPing && peer === CEPH_ENTITY_TYPE_MDS) {
      this.#nextSeq = m.pingSeq;
      return true;
    }
    return false;
  }

  #metricsOf(session: Session): ClientMetrics {
    let metrics = this.#clients.get(session);
    if (!metrics) {
      metrics = new ClientMetrics();
      this.#clients.set(session, metrics);
    }
    return metrics;
  }

  #updateRank0(): void {
    if (!this.#rank0) return;
    const m = new MMDSMetrics(this.#nextSeq, this.#mds.whoami);
    for (const session of this.#mds.sessionmap.getSessions()) if (!session.isClosed()) this.#metricsOf(session);
    for (const [session, metrics] of this.#clients) {
      if (session.isClosed()) {
        metrics.updateType = METRIC_UPDATE_REMOVE;
        this.#clients.delete(session);
      } else {
        this.#clients.set(session, new ClientMetrics());
      }
      m.clients.push([session.info.inst, metrics]);
    }
    this.#mds.messenger.sendTo(m, CEPH_ENTITY_TYPE_MDS, this.#rank0);
  }
}

/** Puts what a client measured in its place. */
function applyUpdate(metrics: ClientMetrics, { type, values, latency }: ClientMetric): void {
  const pair = { first: values[0] ?? 0, second: values[1] ?? 0, updated: true };
  const time = { latency: UTime.ZERO, mean: UTime.ZERO, sqSum: 0, count: 0, ...latency, updated: true };
  metrics.updateType = METRIC_UPDATE_REFRESH;
  switch (type) {
    case CLIENT_METRIC_TYPE.CAP_INFO:
      metrics.capHit = { hits: pair.first, misses: pair.second };
      break;
    case CLIENT_METRIC_TYPE.READ_LATENCY:
      metrics.readLatency = time;
      break;
    case CLIENT_METRIC_TYPE.WRITE_LATENCY:
      metrics.writeLatency = time;
      break;
    case CLIENT_METRIC_TYPE.METADATA_LATENCY:
      metrics.metadataLatency = time;
      break;
    case CLIENT_METRIC_TYPE.DENTRY_LEASE:
      metrics.dentryLease = pair;
      break;
    case CLIENT_METRIC_TYPE.OPENED_FILES:
      metrics.openedFiles = pair;
      break;
    case CLIENT_METRIC_TYPE.PINNED_ICAPS:
      metrics.pinnedIcaps = pair;
      break;
    case CLIENT_METRIC_TYPE.OPENED_INODES:
      metrics.openedInodes = pair;
      break;
    case CLIENT_METRIC_TYPE.READ_IO_SIZES:
      metrics.readIoSizes = pair;
      break;
    case CLIENT_METRIC_TYPE.WRITE_IO_SIZES:
      metrics.writeIoSizes = pair;
      break;
  }
}
