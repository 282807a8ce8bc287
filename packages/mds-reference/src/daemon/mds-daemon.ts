import { ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import {
  CEPH_ENTITY_TYPE_CLIENT,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MON,
  CEPH_ENTITY_TYPE_OSD,
  EntityName,
} from '@cephts/encoding';
import { SafeTimer } from '@cephts/safe-timer';
import type { TimerEvent } from '@cephts/safe-timer';
import type { Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import {
  CEPH_MSG_MDS_MAP,
  CEPH_MSG_MON_MAP,
  CEPH_MSG_OSD_MAP,
  MCommandReply,
  MDSMap,
  MDS_RANK_NONE,
  MDS_STATE_DNE,
  MDS_STATE_NULL,
  MDS_STATE_STANDBY,
  MDS_STATE_STANDBY_REPLAY,
  MSG_COMMAND,
  MSG_MON_COMMAND,
  MSG_REMOVE_SNAPS,
  MgrClient,
  Objecter,
  mdsCompatSetAll,
  mdsStateName,
} from '@cephts/rados';
import type { MCommand, MMDSMap, MonClient } from '@cephts/rados';
import { connectionCaps } from '../server/connection-caps.js';
import { MDSAuthCaps } from '../server/mds-auth-caps.js';
import { MDSRankDispatcher } from '../rank/mds-rank-dispatcher.js';
import type { AdminSocket } from '../services/admin-socket.js';
import type { ObjectStore } from '../store/object-store.js';
import { RadosObjectStore } from '../store/rados-object-store.js';
import type { Session } from '../tables/session.js';
import { Beacon } from './beacon.js';
import { StandbyWatch } from './standby-watch.js';

/** Options of {@link MDSDaemon}. */
export interface MDSDaemonOptions {
  /** The daemon's name without its kind, as in `'a'`. */
  name: string;
  messenger: Messenger;
  monc: MonClient;
  /** Where a rank keeps its objects. @defaultValue in the pools of the cluster */
  objecter?: ObjectStore;
  /** Has the daemon's commands once it is initialized. */
  adminSocket?: AdminSocket;
  /** Something is so wrong that the process has to start anew. */
  onRespawn: (why: string) => void;
  /** The daemon gives up by itself. */
  onSuicide: (why: string) => void;
  /** Told of each state of the rank, after the rank has acted on it. */
  onState?: (state: number) => void;
  /** Told when the monitors made this daemon a standby. */
  onStandby?: () => void;
  /** Told when the rank's threads run. */
  onRankInit?: () => void;
  /** Told when a message from the monitor made a map known, before anything follows from it. */
  onMap?: (map: MDSMap) => void;
}

/**
 * The daemon: boots, takes maps, holds at most one rank, and hands that what it does not handle itself.
 *
 * @see src/mds/MDSDaemon.cc (16.2.15)
 */
export class MDSDaemon implements Dispatcher {
  readonly name = 'MDSDaemon';
  readonly cct: CephContext;
  readonly messenger: Messenger;
  readonly monc: MonClient;
  readonly beacon: Beacon;
  readonly timer: SafeTimer;
  readonly mgrc: MgrClient;
  readonly #watch: StandbyWatch;
  readonly #options: MDSDaemonOptions;
  readonly #startTime: number;
  #mdsmap = new MDSMap();
  #rank: MDSRankDispatcher | undefined;
  /** What carries the operations of a rank to the OSDs; a standby follows their map with it. */
  #osds: Objecter | undefined;
  #tickEvent: TimerEvent = 0;
  #stopping = false;
  #ended: Promise<void> | undefined;

  constructor(cct: CephContext, options: MDSDaemonOptions) {
    this.cct = cct;
    this.#options = options;
    this.messenger = options.messenger;
    this.monc = options.monc;
    this.beacon = new Beacon(cct, options.monc, options.name, () => options.messenger.myaddrs);
    this.timer = new SafeTimer(cct, {
      owner: 'MDSDaemon::timer',
      purpose: 'the tick of the MDS and delayed work of its parts, under mds_lock',
    });
    this.mgrc = new MgrClient(cct, { messenger: options.messenger, monc: options.monc, daemonName: options.name });
    this.#watch = new StandbyWatch(cct, options.messenger, options.monc, this.timer);
    this.#startTime = cct.clock.monotonicNow();
  }

  /** The daemon's name without its kind. */
  get daemonName(): string {
    return this.#options.name;
  }

  get mdsmap(): MDSMap {
    return this.#mdsmap;
  }

  /** The rank, once one is held. */
  get rank(): MDSRankDispatcher | undefined {
    return this.#rank;
  }

  get uptimeSeconds(): number {
    return (this.cct.clock.monotonicNow() - this.#startTime) / 1000;
  }

  /** Connects to the monitor and asks for a place in the map. */
  async init(): Promise<void> {
    this.messenger.addDispatcherTail(this.beacon);
    this.messenger.addDispatcherTail(this);
    this.messenger.addDispatcherTail(this.mgrc);
    this.messenger.addDispatcherTail(this.#watch);
    this.monc.init();
    await this.monc.authenticate();
    await this.#waitRotatingKeys();
    if (this.beacon.wantState === MDS_STATE_DNE) return;
    this.monc.subWant('mdsmap', 0);
    this.monc.renewSubs();
    this.timer.init();
    this.beacon.init(this.#mdsmap);
    this.messenger.setMyname(new EntityName(CEPH_ENTITY_TYPE_MDS, MDS_RANK_NONE));
    this.#resetTick();
  }

  /** Without the secrets that tickets are sealed with, no client could be let in. */
  async #waitRotatingKeys(): Promise<void> {
    const { conf } = this.cct;
    for (let left = conf.number('max_rotating_auth_attempts'); ; left--) {
      try {
        await this.monc.waitAuthRotating(conf.number('rotating_keys_bootstrap_timeout') * 1000);
        return;
      } catch (error) {
        if (left <= 1) throw error;
        this.cct.dout('mds', -1, () => `${(error as Error).message}; trying again`);
      }
    }
  }

  #resetTick(): void {
    this.timer.cancelEvent(this.#tickEvent);
    this.#tickEvent = this.timer.addEventAfter(this.cct.conf.number('mds_tick_interval') * 1000, () => {
      this.#resetTick();
      this.#rank?.tick();
    });
  }

  /**
   * The daemon ends: tells the monitor, then ends all it started, in order. Called twice it does it once.
   */
  suicide(): Promise<void> {
    return (this.#ended ??= this.#suicide());
  }

  /** As {@link suicide} for who starts anew: nothing of what is under way is waited for, and the monitors are told nothing. */
  abandon(): Promise<void> {
    return (this.#ended ??= this.#end());
  }

  async #suicide(): Promise<void> {
    this.cct.dout('mds', 1, () => `going down; wanted ${mdsStateName(this.beacon.wantState)}`);
    this.timer.cancelEvent(this.#tickEvent);
    const { beacon } = this;
    // from here on messages are dropped; what was journaled so far goes out before the monitor gives the rank away
    beacon.setWantState(this.#mdsmap, MDS_STATE_DNE);
    await this.#rank?.flushForShutdown();
    if (!this.#mdsmap.isDneGid(this.monc.globalId)) await beacon.sendAndWait(this.cct.conf.number('mds_mon_shutdown_timeout'));
    await this.#end();
  }

  async #end(): Promise<void> {
    this.timer.cancelEvent(this.#tickEvent);
    this.#watch.stop();
    this.beacon.shutdown();
    this.#stopping = true;
    await this.timer.shutdown();
    await this.mgrc.shutdown();
    // the rank ends what it was given
    await (this.#rank ?? this.#osds)?.shutdown();
    await this.monc.shutdown();
    await this.messenger.shutdown();
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (this.#stopping) return false;
    if (this.beacon.wantState === MDS_STATE_DNE) {
      if (m.type === CEPH_MSG_MDS_MAP && this.#allowed(m, CEPH_ENTITY_TYPE_MON) && this.#isGone(m as MMDSMap))
        this.beacon.notifyGone();
      else this.cct.dout('mds', 10, () => `going down, dropping ${m.typeName}`);
      return true;
    }
    if (this.#handleCoreMessage(m)) return true;
    return this.#rank?.msDispatch(m) ?? false;
  }

  #handleCoreMessage(m: Message): boolean {
    switch (m.type) {
      case CEPH_MSG_MON_MAP:
        break;
      case CEPH_MSG_MDS_MAP:
        if (this.#allowed(m, CEPH_ENTITY_TYPE_MON | CEPH_ENTITY_TYPE_MDS)) this.#handleMdsMap(m as MMDSMap);
        break;
      case MSG_REMOVE_SNAPS:
        if (this.#allowed(m, CEPH_ENTITY_TYPE_MON)) this.#rank?.snapserver.handleRemoveSnaps(m);
        break;
      case MSG_COMMAND:
        this.#handleCommand(m as MCommand);
        break;
      case CEPH_MSG_OSD_MAP:
        if (this.#allowed(m, CEPH_ENTITY_TYPE_MON | CEPH_ENTITY_TYPE_OSD)) this.#handleOsdMap();
        break;
      case MSG_MON_COMMAND:
        this.#rank?.clog('warn', 'dropping a command of a legacy monitor');
        break;
      default:
        return false;
    }
    return true;
  }

  #allowed(m: Message, peers: number): boolean {
    const peer = m.connection?.peerType ?? 0;
    if ((peer & peers) !== 0) return true;
    this.cct.dout('mds', 0, () => `filtered out ${m.typeName} from a peer of type ${peer}`);
    return false;
  }

  /** Is it a map without this daemon, as the monitors' answer to its last word? */
  #isGone(m: MMDSMap): boolean {
    return m.epoch > this.#mdsmap.epoch && m.map().isDneGid(this.monc.globalId);
  }

  #handleCommand(m: MCommand): void {
    const con = m.connection;
    if (!con) return;
    const reply = (r: number, err: string, text: string): void => {
      const answer = new MCommandReply(r, err, m);
      answer.data = new TextEncoder().encode(text);
      con.sendMessage(answer);
    };
    const { adminSocket } = this.#options;
    const json = m.cmd[0];
    if (!(connectionCaps(con) ?? MDSAuthCaps.ALLOW_ALL).allowAll()) {
      this.cct.dout('mds', 1, () => `${con.peerAuthName} is not allowed to give commands`);
      reply(-ERRNO.EACCES, 'access denied', '');
    } else if (!m.fsid.isZero() && !this.monc.fsid.isZero() && !m.fsid.equals(this.monc.fsid)) {
      reply(-ERRNO.EPERM, `this daemon is of cluster ${String(this.monc.fsid)}`, '');
    } else if (json === undefined || !adminSocket) reply(-22, 'no command given', '');
    else adminSocket.execute(json, ({ r, err }, text) => reply(r, err, text));
  }

  #handleMdsMap(m: MMDSMap): void {
    if (m.epoch <= this.#mdsmap.epoch) {
      this.cct.dout('mds', 5, () => `mdsmap e${m.epoch} is old, have e${this.#mdsmap.epoch}`);
      return;
    }
    this.cct.dout('mds', 1, () => `mdsmap e${m.epoch}`);
    const oldmap = this.#mdsmap;
    const map = m.map();
    this.#mdsmap = map;
    this.monc.subGot('mdsmap', map.epoch);
    this.#options.onMap?.(map);
    if (!mdsCompatSetAll().writeable(map.compat)) {
      this.#options.onSuicide(`the map needs features this daemon has not: ${String(map.compat)}`);
      return;
    }
    const gid = this.monc.globalId;
    const whoami = map.getRankGid(gid);
    const oldState = oldmap.getStateGid(gid);
    const newState = map.getStateGid(gid);
    if (oldState !== MDS_STATE_NULL && newState === MDS_STATE_NULL) {
      this.#options.onRespawn(this.#rank?.damage ?? 'the map has removed this daemon');
      return;
    }
    for (const [peer, info] of oldmap.mdsInfo) {
      if (!map.mdsInfo.has(peer) && peer !== gid) this.messenger.markDownAddrs(info.addrs);
    }
    if (newState !== MDS_STATE_NULL) this.mgrc.init();
    if (newState === MDS_STATE_STANDBY || newState === MDS_STATE_STANDBY_REPLAY) this.#watch.start();
    else this.#watch.stop();
    if (whoami === MDS_RANK_NONE) {
      if (newState === MDS_STATE_STANDBY && oldState === MDS_STATE_NULL) {
        this.cct.dout('mds', 1, 'the monitor made this daemon a standby');
        this.beacon.setWantState(map, newState);
        this.#openOsds()?.requestMap();
        this.#options.onStandby?.();
      }
    } else if (this.#rank && this.#rank.whoami !== whoami) {
      this.#options.onRespawn(`the map moved this daemon from rank ${this.#rank.whoami} to ${whoami}`);
      return;
    } else {
      this.#handleMapAsRank(whoami, map, oldmap);
    }
    this.beacon.notifyMdsmap(map);
  }

  /** A rank that is to replay at once has no time to ask for a map first. */
  #openOsds(): Objecter | undefined {
    if (this.#options.objecter || this.#osds) return this.#osds;
    this.#osds = new Objecter(this.cct, { messenger: this.messenger, mon: this.monc });
    this.#osds.init();
    return this.#osds;
  }

  /** The Objecter has taken it. */
  #handleOsdMap(): void {
    if (this.#rank) this.#rank.handleOsdMap();
    else this.#osds?.requestMap();
  }

  #handleMapAsRank(whoami: number, map: MDSMap, oldmap: MDSMap): void {
    if (!this.#rank) {
      const { objecter, onRespawn, onSuicide, onRankInit } = this.#options;
      const osds = this.#openOsds();
      this.#rank = new MDSRankDispatcher({
        cct: this.cct,
        whoami,
        fsName: map.fsName,
        messenger: this.messenger,
        monc: this.monc,
        beacon: this.beacon,
        timer: this.timer,
        mdsmap: map,
        objecter: objecter ?? new RadosObjectStore(this.cct, osds as Objecter),
        ...(osds ? { osds } : {}),
        onRespawn,
        onSuicide: () => onSuicide('the rank cannot go on'),
      });
      this.#rank.init();
      onRankInit?.();
    }
    const before = this.#rank.state;
    this.#rank.handleMdsMap(map, oldmap);
    if (this.#rank.state !== before) this.#options.onState?.(this.#rank.state);
  }

  // ---- sessions of clients and their connections

  /**
   * A client has connected, or connected again: its session, or a new one that is closed and not in the session map yet, goes with the
   * connection.
   */
  msHandleAccept(con: Connection): void {
    if (this.#stopping || con.peerType !== CEPH_ENTITY_TYPE_CLIENT) return;
    // a daemon without a rank has no clients: they come once a map shows them one
    this.#rank?.sessionmap.attachConnection(con);
  }

  msHandleReset(con: Connection): boolean {
    if (con.peerType !== CEPH_ENTITY_TYPE_CLIENT || this.#stopping || this.beacon.wantState === MDS_STATE_DNE) return false;
    const session = con.priv as Session | undefined;
    if (!session) con.markDown();
    else this.#dropIfClosed(con, session);
    return false;
  }

  msHandleRemoteReset(con: Connection): void {
    if (con.peerType !== CEPH_ENTITY_TYPE_CLIENT || this.#stopping || this.beacon.wantState === MDS_STATE_DNE) return;
    const session = con.priv as Session | undefined;
    if (session) this.#dropIfClosed(con, session);
  }

  msHandleRefused(_con: Connection): boolean {
    return false;
  }

  #dropIfClosed(con: Connection, session: Session): void {
    if (!session.isClosed()) return;
    con.markDown();
    con.priv = undefined;
  }
}
