import type { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON } from '@cephts/encoding';
import type { CompatSet, EntityAddrVec } from '@cephts/encoding';
import type { Dispatcher, Message } from '@cephts/async-messenger';
import {
  HEALTH_WARN,
  MDS_HEALTH,
  MDS_STATE_BOOT,
  MMDSBeacon,
  MdsHealth,
  MdsHealthMetric,
  mdsCompatSetAll,
  mdsStateName,
} from '@cephts/rados';
import type { MDSMap, MonClient } from '@cephts/rados';
import type { MDSRank } from '../rank/mds-rank.js';
import { PeriodicThread } from './periodic-thread.js';
import { collectSysInfo } from './sys-info.js';

/** Until the next try, in ms, when a beacon was withheld because something here is stuck. */
const UNHEALTHY_RETRY = 500;

/**
 * Tells the monitor that this daemon is alive and which state it is, or wants to be, in; knows from the answers whether the monitor
 * still hears it.
 *
 * In C++ its sender sleeps through a shutdown (up to 4 s); here it ends at once.
 *
 * @see src/mds/Beacon.cc (16.2.15)
 */
export class Beacon implements Dispatcher {
  readonly name = 'Beacon';
  readonly #cct: CephContext;
  readonly #monc: MonClient;
  readonly #daemonName: string;
  readonly #myaddrs: () => EntityAddrVec;
  readonly #compat: CompatSet = mdsCompatSetAll();
  readonly #sender: PeriodicThread;
  /** When each unanswered beacon was sent, in monotonic ms. */
  readonly #seqStamp = new Map<number, number>();
  readonly #waiters: { seq: number; done: () => void }[] = [];
  #wantState: number = MDS_STATE_BOOT;
  #epoch = 0;
  #lastSeq = 0;
  #lastSend = -Infinity;
  #lastAcked: number;
  /** `mds_beacon_grace`, kept since every message asks for it. */
  #graceMs: number;
  #laggy = false;
  #health = new MdsHealth();

  /** @param myaddrs where the daemon listens */
  constructor(cct: CephContext, monc: MonClient, name: string, myaddrs: () => EntityAddrVec) {
    this.#myaddrs = myaddrs;
    this.#cct = cct;
    this.#monc = monc;
    this.#daemonName = name;
    this.#lastAcked = cct.clock.monotonicNow();
    this.#graceMs = cct.conf.number('mds_beacon_grace') * 1000;
    cct.conf.observe(() => (this.#graceMs = cct.conf.number('mds_beacon_grace') * 1000), ['mds_beacon_grace']);
    this.#sender = new PeriodicThread(cct, {
      name: 'ceph-mds',
      owner: 'Beacon::sender',
      purpose: 'sends a beacon to the monitor every mds_beacon_interval',
      round: () => this.#round(),
    });
  }

  /** Starts the sender; the first beacon leaves at once. */
  init(mdsmap: MDSMap): void {
    this.notifyMdsmap(mdsmap);
    this.#lastAcked = this.#cct.clock.monotonicNow();
    this.#sender.start();
  }

  shutdown(): void {
    this.#sender.stop();
    this.notifyGone();
  }

  /** The map has this daemon no more: no answer to a beacon is waited for. Ceph's monitors give none to the last one. */
  notifyGone(): void {
    for (const { done } of this.#waiters.splice(0)) done();
  }

  /** The state that beacons ask for. */
  get wantState(): number {
    return this.#wantState;
  }

  /** Has the monitor been silent for longer than `mds_beacon_grace`? */
  isLaggy(): boolean {
    const since = this.#cct.clock.monotonicNow() - this.#lastAcked;
    if (since <= this.#graceMs) return false;
    if (!this.#laggy) this.#dout(1, `the monitor has not answered for ${(since / 1000).toFixed(1)} s`);
    this.#laggy = true;
    return true;
  }

  /** The epoch goes with the state, so that no beacon asks for a state on grounds of another map. */
  setWantState(mdsmap: MDSMap, state: number): void {
    this.notifyMdsmap(mdsmap);
    if (this.#wantState === state) return;
    this.#dout(5, `${mdsStateName(this.#wantState)} -> ${mdsStateName(state)}`);
    this.#wantState = state;
  }

  notifyMdsmap(mdsmap: MDSMap): void {
    // the null map has the greatest epoch there is and means nothing here
    if (mdsmap.epoch !== 0xffff_ffff) this.#epoch = Math.max(this.#epoch, mdsmap.epoch);
  }

  /** Sends a beacon now; false when it was withheld. */
  send(): boolean {
    const now = this.#cct.clock.monotonicNow();
    if (!this.#cct.heartbeatMap.isHealthy()) {
      // the monitor shall take us for lagging: somebody here is stuck
      this.#dout(0, `beacon withheld: ${this.#cct.heartbeatMap.unhealthy().join(', ')} is stuck`);
      return false;
    }
    const seq = ++this.#lastSeq;
    this.#dout(5, () => `sending ${mdsStateName(this.#wantState)} seq ${seq}`);
    this.#seqStamp.set(seq, now);
    const { fsid, globalId } = this.#monc;
    const m = new MMDSBeacon(fsid, globalId, this.#daemonName, this.#epoch, this.#wantState, seq);
    m.compat = this.#compat;
    m.health = this.#health;
    m.fs = this.#cct.conf.str('mds_join_fs');
    if (this.#wantState === MDS_STATE_BOOT) m.sysInfo = collectSysInfo(this.#cct, this.#myaddrs());
    this.#monc.sendMonMessage(m);
    this.#lastSend = now;
    return true;
  }

  /** Sends a beacon; resolves when it was answered, or after `seconds`. What the cluster's log is to know was told to the monitor before it. */
  sendAndWait(seconds: number): Promise<void> {
    this.#monc.flushLog();
    if (!this.send()) return Promise.resolve();
    const seq = this.#lastSeq;
    const { clock } = this.#cct;
    return new Promise((resolve) => {
      const waiter = { seq, done: (): void => (clock.clearTimeout(timer), resolve()) };
      const timer = clock.setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve();
      }, seconds * 1000);
      this.#waiters.push(waiter);
    });
  }

  /** Looks at the rank's health; the next beacon reports it. */
  notifyHealth(mds: MDSRank): void {
    const metrics: MdsHealthMetric[] = [];
    const warn = (type: number, message: string, metadata?: Map<string, string>): void => {
      metrics.push(new MdsHealthMetric(type, HEALTH_WARN, message, metadata));
    };
    const { conf } = this.#cct;
    const segments = mds.mdlog.getNumSegments();
    const most = conf.number('mds_log_max_segments');
    if (segments > most * conf.number('mds_log_warn_factor')) {
      warn(
        MDS_HEALTH.TRIM,
        `Behind on trimming (${segments}/${most})`,
        new Map([
          ['num_segments', String(segments)],
          ['max_segments', String(most)],
        ]),
      );
    }
    const slow = mds.opTracker.slowOps().count;
    if (slow > 0) warn(MDS_HEALTH.SLOW_REQUEST, `${slow} slow requests are blocked > ${conf.number('mds_op_complaint_time')} secs`);
    const complaint = conf.number('osd_op_complaint_time');
    const slowIos = mds.ioContexts.countOlderThan(complaint * 1000);
    if (slowIos > 0) {
      const oldest = Math.floor((this.#cct.clock.monotonicNow() - (mds.ioContexts.oldest ?? 0)) / 1000);
      warn(
        MDS_HEALTH.SLOW_METADATA_IO,
        `${slowIos} slow metadata IOs are blocked > ${complaint} secs, oldest blocked for ${oldest} secs`,
      );
    }
    if (mds.isReadonly()) warn(MDS_HEALTH.READ_ONLY, 'MDS in read-only mode');
    this.#health = new MdsHealth(metrics);
  }

  // ---- Dispatcher: answers come on a msgr-worker, without the lock

  msCanFastDispatchAny(): boolean {
    return true;
  }

  msCanFastDispatch(m: Message): boolean {
    return m instanceof MMDSBeacon;
  }

  msFastDispatch(m: Message): void {
    this.msDispatch(m);
  }

  msDispatch(m: Message): boolean {
    if (!(m instanceof MMDSBeacon)) return false;
    if (m.connection?.peerType === CEPH_ENTITY_TYPE_MON) this.#handleMdsBeacon(m);
    return true;
  }

  #handleMdsBeacon(m: MMDSBeacon): void {
    const sent = this.#seqStamp.get(m.beaconSeq);
    if (sent === undefined) {
      this.#dout(1, `unexpected beacon reply ${mdsStateName(m.state)} seq ${m.beaconSeq}`);
      return;
    }
    this.#lastAcked = sent;
    const rtt = this.#cct.clock.monotonicNow() - sent;
    this.#dout(5, () => `beacon reply ${mdsStateName(m.state)} seq ${m.beaconSeq} rtt ${(rtt / 1000).toFixed(3)}`);
    if (this.#laggy && rtt < this.#graceMs) {
      this.#dout(0, 'the monitor answers again');
      this.#laggy = false;
    }
    for (const seq of this.#seqStamp.keys()) if (seq <= m.beaconSeq) this.#seqStamp.delete(seq);
    for (const waiter of [...this.#waiters]) {
      if (waiter.seq > m.beaconSeq) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.done();
    }
  }

  #round(): number {
    const interval = this.#cct.conf.number('mds_beacon_interval') * 1000;
    const since = this.#cct.clock.monotonicNow() - this.#lastSend;
    if (since < interval * 0.9) return interval - since;
    return this.send() ? interval : UNHEALTHY_RETRY;
  }

  #dout(level: number, message: string | (() => string)): void {
    this.#cct.dout('mds', level, () => `mds.beacon.${this.#daemonName} ${typeof message === 'function' ? message() : message}`);
  }
}
