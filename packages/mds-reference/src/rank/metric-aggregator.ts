import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import type { Dispatcher, Message } from '@cephts/async-messenger';
import type { MDSMap } from '@cephts/rados';
import { PeriodicThread } from '../daemon/periodic-thread.js';
import { METRIC_UPDATE_REMOVE, MMDSMetrics, MMDSPing } from '../messages/index.js';
import type { ClientMetrics } from '../messages/index.js';
import type { MDSRank } from './mds-rank.js';

interface Peer {
  addrs: EntityAddrVec;
  /** Number of the next ping. */
  pingSeq: number;
  /** When pings that nobody answered were sent, in monotonic ms, by number. */
  unanswered: Map<number, number>;
  lastAcked: number;
  /** Newest metrics, by client. */
  clients: Map<string, ClientMetrics>;
}

/**
 * On rank 0: pings every active rank and keeps what their clients measured.
 *
 * @see src/mds/MetricAggregator.cc, src/mds/MDSPinger.cc (16.2.15)
 */
export class MetricAggregator implements Dispatcher {
  readonly name = 'MetricAggregator';
  readonly #mds: MDSRank;
  readonly #pinger: PeriodicThread;
  readonly #peers = new Map<number, Peer>();

  constructor(mds: MDSRank) {
    this.#mds = mds;
    this.#pinger = new PeriodicThread(mds.cct, {
      name: 'ms_dispatch',
      owner: 'MetricAggregator::pinger',
      purpose: 'pings every active rank',
      round: () => {
        this.#pingAllActiveRanks();
        return mds.cct.conf.number('mds_ping_interval') * 1000;
      },
    });
  }

  init(): void {
    this.#pinger.start();
  }

  shutdown(): void {
    this.#pinger.stop();
  }

  /** Metrics of the clients of a rank, by client. */
  metricsOf(rank: number): ReadonlyMap<string, ClientMetrics> {
    return this.#peers.get(rank)?.clients ?? new Map<string, ClientMetrics>();
  }

  /** Has the rank left pings unanswered for longer than `mds_ping_grace`? */
  isRankLagging(rank: number): boolean {
    const peer = this.#peers.get(rank);
    if (!peer) return false;
    const now = this.#mds.cct.clock.monotonicNow();
    return (now - peer.lastAcked) / 1000 > this.#mds.cct.conf.number('mds_ping_grace');
  }

  notifyMdsmap(mdsmap: MDSMap): void {
    const active = new Set(mdsmap.getActiveMdsSet());
    for (const rank of this.#peers.keys()) if (!active.has(rank)) this.#peers.delete(rank);
    for (const rank of active) {
      const addrs = mdsmap.getAddrs(rank);
      const peer = this.#peers.get(rank);
      if (peer) peer.addrs = addrs;
      else {
        const lastAcked = this.#mds.cct.clock.monotonicNow();
        this.#peers.set(rank, { addrs, pingSeq: 1, unanswered: new Map(), lastAcked, clients: new Map() });
      }
    }
  }

  // ---- Dispatcher

  msCanFastDispatchAny(): boolean {
    return true;
  }

  msCanFastDispatch(m: Message): boolean {
    return m instanceof MMDSMetrics;
  }

  msFastDispatch(m: Message): void {
    this.msDispatch(m);
  }

  msDispatch(m: Message): boolean {
    if (!(m instanceof MMDSMetrics) || m.connection?.peerType !== CEPH_ENTITY_TYPE_MDS) return false;
    const peer = this.#peers.get(m.rank);
    if (!peer || !this.#pongReceived(peer, m.metricsSeq)) return true;
    for (const [client, metrics] of m.clients) {
      const name = String(client);
      if (metrics.updateType === METRIC_UPDATE_REMOVE) peer.clients.delete(name);
      else peer.clients.set(name, metrics);
    }
    return true;
  }

  /** Metrics carry the number of the ping they answer; those of pings that are unknown are of a former life. */
  #pongReceived(peer: Peer, seq: number): boolean {
    const sent = peer.unanswered.get(seq);
    if (sent === undefined) return seq === peer.pingSeq - 1;
    peer.lastAcked = sent;
    for (const older of peer.unanswered.keys()) if (older <= seq) peer.unanswered.delete(older);
    return true;
  }

  #pingAllActiveRanks(): void {
    const now = this.#mds.cct.clock.monotonicNow();
    for (const peer of this.#peers.values()) {
      const seq = peer.pingSeq++;
      peer.unanswered.set(seq, now);
      this.#mds.messenger.sendTo(new MMDSPing(seq), CEPH_ENTITY_TYPE_MDS, peer.addrs);
    }
  }
}
