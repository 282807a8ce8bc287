import type { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, CEPH_ENTITY_TYPE_MON } from '@cephts/encoding';
import type { Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import { MDS_STATE_REPLAY, MFSMap } from '@cephts/rados';
import type { FSMap, MdsInfo, MonClient } from '@cephts/rados';
import type { SafeTimer, TimerEvent } from '@cephts/safe-timer';

/** How often connections are looked at, in ms. */
const LOOK_INTERVAL = 200;

interface Watched {
  con: Connection;
  /** It was up once, so that whoever refuses it now is gone, and not behind a wall. */
  reached: boolean;
  /** It went down, and a new one is being made. */
  lost: boolean;
  told: boolean;
}

/**
 * A standby's eye on those it may stand in for: it keeps a connection to each MDS that holds the only rank of a file system. Where that breaks, and
 * nobody listens at the address any more, the process has ended: the monitors are told, which would else wait for `mds_beacon_grace` (15 s). One that
 * hangs, or whose machine is gone, refuses nothing; it is theirs to notice, as ever.
 *
 * What Ceph has of it is between OSDs, by `osd_fast_fail_on_connection_refused`; a C++ standby waits.
 */
export class StandbyWatch implements Dispatcher {
  readonly name = 'StandbyWatch';
  readonly #cct: CephContext;
  readonly #messenger: Messenger;
  readonly #monc: MonClient;
  readonly #timer: SafeTimer;
  /** By global id. */
  readonly #watched = new Map<number, Watched>();
  #on = false;
  #look: TimerEvent = 0;

  constructor(cct: CephContext, messenger: Messenger, monc: MonClient, timer: SafeTimer) {
    this.#cct = cct;
    this.#messenger = messenger;
    this.#monc = monc;
    this.#timer = timer;
  }

  /** Begins, unless it has begun, or is not wanted. */
  start(): void {
    if (this.#on || !this.#cct.conf.bool('cephts_standby_fast_fail')) return;
    this.#on = true;
    this.#monc.subWant('fsmap', 0);
    this.#monc.renewSubs();
    this.#lookLater();
  }

  stop(): void {
    if (!this.#on) return;
    this.#on = false;
    this.#timer.cancelEvent(this.#look);
    this.#monc.subUnwant('fsmap');
    for (const { con } of this.#watched.values()) con.markDown();
    this.#watched.clear();
  }

  #lookLater(): void {
    this.#look = this.#timer.addEventAfter(LOOK_INTERVAL, () => {
      for (const watched of this.#watched.values()) if (watched.reached && !watched.lost) this.#lookAt(watched);
      this.#lookLater();
    });
  }

  #lookAt(watched: Watched): void {
    const { con } = watched;
    if (con.isConnected) return;
    // left alone it would stay down: there is nothing to send
    watched.lost = true;
    con.markDown();
    watched.con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MDS, con.peerAddrs);
  }

  #takeMap(map: FSMap): void {
    this.#monc.subGot('fsmap', map.epoch);
    const holders = new Map<number, MdsInfo>();
    for (const { mdsMap } of map.filesystems) {
      // one of several ranks is not for this MDS
      if (mdsMap.in.size > 1) continue;
      for (const [gid, info] of mdsMap.mdsInfo)
        if (info.state >= MDS_STATE_REPLAY && gid !== this.#monc.globalId) holders.set(gid, info);
    }
    for (const [gid, { con }] of this.#watched) {
      if (holders.has(gid)) continue;
      con.markDown();
      this.#watched.delete(gid);
    }
    for (const [gid, { addrs }] of holders) {
      if (this.#watched.has(gid)) continue;
      const con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
      this.#watched.set(gid, { con, reached: false, lost: false, told: false });
    }
  }

  #tell(gid: number): void {
    this.#cct.dout('mds', 1, `mds.${gid} has ended: nobody listens where it was`);
    this.#monc.monCommand({ prefix: 'mds fail', role_or_gid: String(gid) }).then(
      ({ r, outs }) => {
        if (r < 0) this.#cct.dout('mds', 1, `the monitors do not fail mds.${gid}: ${outs}`);
      },
      (error: Error) => this.#cct.dout('mds', 1, `mds.${gid} could not be failed: ${error.message}`),
    );
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (!(m instanceof MFSMap)) return false;
    if (this.#on && m.connection?.peerType === CEPH_ENTITY_TYPE_MON) this.#takeMap(m.map);
    return true;
  }

  msHandleConnect(con: Connection): void {
    for (const [gid, watched] of this.#watched) {
      if (watched.con !== con) continue;
      this.#cct.dout('mds', 1, `watches mds.${gid}`);
      watched.reached = true;
      watched.lost = false;
    }
  }

  msHandleRefused(con: Connection): boolean {
    for (const [gid, watched] of this.#watched) {
      if (watched.con !== con || !watched.reached || watched.told) continue;
      watched.told = true;
      this.#tell(gid);
    }
    return false;
  }
}
