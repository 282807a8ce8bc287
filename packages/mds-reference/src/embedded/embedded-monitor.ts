import { CephContext } from '@cephts/common';
import type { TimerHandle } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON, Encoder, EntityAddrVec, EntityName, Uuid } from '@cephts/encoding';
import { Messenger, Policy } from '@cephts/async-messenger';
import type { Connection, Dispatcher, Message, NetworkStack } from '@cephts/async-messenger';
import { CEPH_SUBSCRIBE_ONETIME, MDSMap, MMDSBeacon, MMDSMap, MMonMap, MMonSubscribe, MonMap } from '@cephts/rados';
import { mdsMessageRegistry } from '../messages/index.js';
import { MDS_OPTIONS } from '../daemon/options.js';
import { MDSMonitor } from './mds-monitor.js';
import type { MonitorState, MonitorStore } from './monitor-store.js';

/** First id that is given to a daemon or a client, as in a new cluster of Ceph. */
const FIRST_GLOBAL_ID = 4100;

/** Options of {@link EmbeddedMonitor}. */
export interface EmbeddedMonitorOptions {
  store: MonitorStore;
  /** Where to listen. @defaultValue a free port of 127.0.0.1 */
  bind?: EntityAddrVec;
  /** The network to work on. @defaultValue the machine's */
  stack?: NetworkStack;
}

/**
 * The monitor of an embedded MDS: in the same process, but reached through its own messenger like any other. It takes beacons, decides
 * about the rank, and sends maps to whoever subscribes. It holds no other map: the object store needs no OSDMap here.
 *
 * @see src/mon/Monitor.cc, src/mon/MDSMonitor.cc (16.2.15)
 */
export class EmbeddedMonitor implements Dispatcher {
  readonly name = 'EmbeddedMonitor';
  readonly fsid: Uuid;
  readonly #cct: CephContext;
  readonly #state: MonitorState;
  readonly #store: MonitorStore;
  readonly #messenger: Messenger;
  readonly #mdsmon: MDSMonitor;
  readonly #bind: EntityAddrVec;
  /** Per connection: the epoch of each kind of map to send next. */
  readonly #subs = new Map<Connection, Map<string, number>>();
  #addrs: EntityAddrVec | undefined;
  #tick: TimerHandle | undefined;

  /** @param host context of the process: the monitor takes its clock, randomness and log, and has all else to itself, like any peer */
  constructor(host: CephContext, { store, bind, stack }: EmbeddedMonitorOptions) {
    const cct = new CephContext({ name: 'mon.a', clock: host.clock, random: host.random, log: host.log });
    host.conf.define(MDS_OPTIONS);
    cct.conf.define(MDS_OPTIONS);
    cct.conf.set('mds_beacon_grace', host.conf.get('mds_beacon_grace'));
    cct.conf.set('ms_async_op_threads', 0);
    this.#cct = cct;
    this.#store = store;
    this.#state = store.load() ?? {
      format: 1,
      fsid: String(Uuid.fromRandom(cct.random.bytes(16))),
      epoch: 0,
      nextGlobalId: FIRST_GLOBAL_ID,
      created: false,
    };
    this.fsid = Uuid.parse(this.#state.fsid) ?? Uuid.ZERO;
    this.#bind = bind ?? (EntityAddrVec.parse('v2:127.0.0.1:0/0') as EntityAddrVec);
    this.#messenger = new Messenger(cct, {
      name: new EntityName(CEPH_ENTITY_TYPE_MON, 0),
      logicalName: 'mon',
      registry: mdsMessageRegistry(),
      stack: stack ?? 'posix',
    });
    this.#messenger.setDefaultPolicy(Policy.statelessServer());
    this.#mdsmon = new MDSMonitor(cct, store, this.#state, (map) => this.#publish(map));
  }

  /** Where clients and daemons find it, once started. */
  get addrs(): EntityAddrVec {
    return this.#addrs as EntityAddrVec;
  }

  /** The newest map. */
  get mdsmap(): MDSMap {
    return this.#mdsmon.map;
  }

  /** Was there a file system before? */
  get created(): boolean {
    return this.#state.created;
  }

  /** An id that nobody had before. */
  allocateGlobalId(): number {
    const id = this.#state.nextGlobalId++;
    this.#store.save(this.#state);
    return id;
  }

  async start(): Promise<void> {
    this.#addrs = await this.#messenger.bindv(this.#bind);
    this.#messenger.start();
    this.#messenger.addDispatcherTail(this);
    this.#armTick();
  }

  async shutdown(): Promise<void> {
    this.#cct.clock.clearTimeout(this.#tick);
    await this.#messenger.shutdown();
    await this.#messenger.wait();
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (m instanceof MMDSBeacon) this.#handleBeacon(m);
    else if (m instanceof MMonSubscribe) this.#handleSubscribe(m);
    else return false;
    return true;
  }

  msHandleReset(con: Connection): boolean {
    return this.#subs.delete(con);
  }

  #handleBeacon(m: MMDSBeacon): void {
    const con = m.connection;
    if (!con) return;
    if (!m.fsid.equals(this.fsid)) {
      this.#cct.dout('mon', 1, () => `beacon of another cluster (${String(m.fsid)}) ignored`);
      return;
    }
    const { globalId: gid, name, version, state, beaconSeq: seq, mdsFeatures } = m;
    const verdict = this.#mdsmon.handleBeacon({ gid, name, version, state, seq, mdsFeatures, addrs: con.peerAddrs });
    if (verdict === 'dropped') return;
    if (verdict === 'unknown') {
      this.#sendMap(con, MDSMap.createNullMdsmap());
      return;
    }
    con.sendMessage(new MMDSBeacon(this.fsid, gid, name, this.mdsmap.epoch, state, seq));
    // who left gets the null map: it is in no map any more
    if (this.mdsmap.isDneGid(gid)) this.#sendMap(con, MDSMap.createNullMdsmap());
  }

  #handleSubscribe(m: MMonSubscribe): void {
    const con = m.connection;
    if (!con) return;
    let subs = this.#subs.get(con);
    if (!subs) {
      subs = new Map();
      this.#subs.set(con, subs);
    }
    for (const [what, { start, flags }] of m.what) {
      subs.set(what, start);
      if (what === 'monmap') this.#sendMonMap(con, subs);
      else if (isMdsmap(what)) this.#maybeSendMap(con, subs, what);
      if ((flags & CEPH_SUBSCRIBE_ONETIME) !== 0) subs.delete(what);
    }
  }

  #sendMonMap(con: Connection, subs: Map<string, number>): void {
    if ((subs.get('monmap') ?? 0) > 1) return;
    const monmap = new MonMap();
    monmap.epoch = 1;
    monmap.fsid = this.fsid;
    monmap.addMon('a', this.addrs);
    const e = new Encoder(256);
    monmap.encode(e, con.features);
    con.sendMessage(new MMonMap(e.toBytes()));
    subs.set('monmap', 2);
  }

  #publish(map: MDSMap): void {
    for (const [con, subs] of this.#subs) {
      for (const what of subs.keys()) if (isMdsmap(what)) this.#maybeSendMap(con, subs, what, map);
    }
  }

  #maybeSendMap(con: Connection, subs: Map<string, number>, what: string, map = this.mdsmap): void {
    if ((subs.get(what) ?? 0) > map.epoch) return;
    this.#sendMap(con, map);
    subs.set(what, map.epoch + 1);
  }

  #sendMap(con: Connection, map: MDSMap): void {
    con.sendMessage(new MMDSMap(this.fsid, map, map.fsName));
  }

  #armTick(): void {
    this.#tick = this.#cct.clock.setTimeout(() => {
      this.#mdsmon.tick();
      this.#armTick();
    }, 5000);
    this.#cct.clock.unref(this.#tick);
  }
}

function isMdsmap(what: string): boolean {
  return what === 'mdsmap' || what.startsWith('mdsmap.');
}
