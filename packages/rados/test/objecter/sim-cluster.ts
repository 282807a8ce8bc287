// A cluster in memory and virtual time: OSDs that answer as real ones do (they drop what is not theirs or older than the interval, know what
// they have done already, ask to back off), and monitors that hand out incremental maps.
import { CephContext, seededRandom, VirtualClock } from '@cephts/common';
import type { RandomSource } from '@cephts/common';
import { MessageRegistry, Messenger, Policy, SimulatedNetwork } from '@cephts/async-messenger';
import type { Connection, Message } from '@cephts/async-messenger';
import { CEPH_ENTITY_TYPE_CLIENT, EntityAddrVec, EntityName, RawObjectLocator, Uuid } from '@cephts/encoding';
import { CrushBucket } from '../../src/crush/crush-bucket.js';
import { CrushMap } from '../../src/crush/crush-map.js';
import { CrushRule } from '../../src/crush/crush-rule.js';
import { MOSDBackoff } from '../../src/messages/osd/m-osd-backoff.js';
import { MOSDMap } from '../../src/messages/osd/m-osd-map.js';
import { MOSDOpReply } from '../../src/messages/osd/m-osd-op-reply.js';
import { MOSDOp } from '../../src/messages/osd/m-osd-op.js';
import { OSD_BACKOFF_OP, OSD_OP } from '../../src/messages/osd/osd-op-codes.js';
import { radosMessageClasses } from '../../src/messages/registry.js';
import { Objecter } from '../../src/objecter/objecter.js';
import type { ObjecterMon } from '../../src/objecter/objecter-mon.js';
import { applyIncremental } from '../../src/osdmap/apply-incremental.js';
import { HObject } from '../../src/osdmap/hobject.js';
import { decodeOsdMap, encodeOsdMap } from '../../src/osdmap/osd-map-codec.js';
import { OsdMapIncremental } from '../../src/osdmap/osd-map-incremental.js';
import { OSD_STATE } from '../../src/osdmap/osd-flags.js';
import { OsdMap } from '../../src/osdmap/osd-map.js';
import { PgPool } from '../../src/osdmap/pg-pool.js';
import type { SpgId } from '../../src/osdmap/pg.js';

export const POOL = 1;
export const LOC = new RawObjectLocator(POOL);

/** As many as the most placement groups that a pool here has. */
const HASHES = Array.from({ length: 64 }, (_, i) => i);

/** A flat map of OSDs that weigh the same. */
function crushOf(osds: number): CrushMap {
  const map = new CrushMap();
  map.maxDevices = osds;
  const root = new CrushBucket();
  Object.assign(root, { id: -1, type: 1, alg: 5, weight: osds * 0x10000 });
  root.items = Int32Array.from({ length: osds }, (_, i) => i);
  root.itemWeights = new Uint32Array(osds).fill(0x10000);
  map.buckets = [root];
  const rule = new CrushRule();
  rule.steps = [
    { op: 1, arg1: -1, arg2: 0 },
    { op: 2, arg1: 0, arg2: 0 },
    { op: 4, arg1: 0, arg2: 0 },
  ];
  map.rules = [rule];
  Object.assign(map.tunables, { chooseTotalTries: 50, chooseLocalTries: 0, chooseLocalFallbackTries: 0, chooseleafStable: 1 });
  return map;
}

/** How an OSD treats operations, for tests that want something of it. */
export type OsdScript = (m: MOSDOp, osd: SimOsd) => boolean;

interface SimBackoff {
  con: Connection;
  pgid: SpgId;
  id: number;
  state: 'new' | 'acked' | 'lifted';
}

export class SimOsd {
  readonly id: number;
  readonly messenger: Messenger;
  readonly cluster: SimCluster;
  addrs: EntityAddrVec = EntityAddrVec.EMPTY;
  /** Takes a message away from the usual treatment by returning true. */
  script: OsdScript | undefined = undefined;
  /** Stopped: nothing is answered and nothing done. */
  frozen = false;
  /** Acknowledgements of a backoff wait behind the operations that came before them. */
  readonly #queue: (MOSDOp | MOSDBackoff)[] = [];
  readonly #backoffs: SimBackoff[] = [];
  #busy = false;
  #lastBackoff = 0;

  constructor(cluster: SimCluster, id: number, messenger: Messenger) {
    this.cluster = cluster;
    this.id = id;
    this.messenger = messenger;
    messenger.addDispatcherTail({ msDispatch: (m) => this.#take(m) });
  }

  #take(m: Message): boolean {
    if (m instanceof MOSDOp) {
      this.cluster.received.push(m);
      if (this.frozen || this.script?.(m, this)) return true;
      this.#share(m);
    } else if (!(m instanceof MOSDBackoff)) return true;
    this.#queue.push(m);
    this.#work();
    return true;
  }

  /** Tells who has an old map. */
  #share(m: MOSDOp): void {
    const { map } = this.cluster;
    if (m.osdmapEpoch < map.epoch && m.connection) m.connection.sendMessage(this.cluster.mapsFrom(m.osdmapEpoch + 1));
  }

  #work(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = true;
    this.cluster.clock.setTimeout(() => {
      this.#busy = false;
      const m = this.#queue.shift();
      if (m instanceof MOSDBackoff) this.#acked(m);
      else if (m && !this.frozen) this.execute(m);
      this.#work();
    }, this.cluster.random.next() * 3);
  }

  /** Does it and answers, unless the operation is not this OSD's. */
  execute(m: MOSDOp, result = 0): void {
    const { cluster } = this;
    const pool = cluster.map.pools.get(m.pgid.pgid.pool);
    const seed = pool?.foldSeed(m.hash);
    const placement = seed === undefined ? undefined : cluster.map.placePg(m.pgid.pgid.pool, seed);
    if (!placement || placement.actingPrimary !== this.id) return;
    if (!placement.pgid.equals(m.pgid.pgid) || m.osdmapEpoch < cluster.intervalSince(placement.pgid.seed)) return;
    const con = m.connection as Connection;
    if (this.#isBackedOff(con, m)) return;
    const reqid = `${String(m.src)}.${m.tid}`;
    if (!cluster.done.has(reqid)) {
      cluster.done.add(reqid);
      for (const op of m.ops) if (op.code === OSD_OP.APPEND) cluster.append(m.oid, Buffer.from(op.indata).toString());
    }
    const reply = new MOSDOpReply();
    reply.tid = m.tid;
    reply.oid = m.oid;
    reply.pgid = m.pgid.pgid;
    reply.result = result;
    reply.retryAttempt = m.retryAttempt;
    reply.outcomes = m.ops.map((op) => ({
      rval: 0,
      outdata: op.code === OSD_OP.READ ? Buffer.from((cluster.objects.get(m.oid) ?? []).join('')) : new Uint8Array(0),
    }));
    con.sendMessage(reply);
  }

  /** From its block on until it is lifted, operations of that client and placement group are dropped. */
  #isBackedOff(con: Connection, m: MOSDOp): boolean {
    if (this.#backoffs.some((backoff) => backoff.con === con && backoff.pgid.equals(m.pgid))) return true;
    if (!this.cluster.backoffs.has(String(m.pgid))) return false;
    const id = ++this.#lastBackoff;
    this.#backoffs.push({ con, pgid: m.pgid, id, state: 'new' });
    this.#sendBackoff(con, OSD_BACKOFF_OP.BLOCK, m.pgid, id);
    return true;
  }

  #acked(m: MOSDBackoff): void {
    const backoff = this.#backoffs.find(({ con, id }) => con === m.connection && id === m.id);
    if (backoff?.state === 'lifted') this.#lift(backoff);
    else if (backoff) backoff.state = 'acked';
  }

  #lift(backoff: SimBackoff): void {
    this.#backoffs.splice(this.#backoffs.indexOf(backoff), 1);
    this.#sendBackoff(backoff.con, OSD_BACKOFF_OP.UNBLOCK, backoff.pgid, backoff.id);
  }

  /** Lets all clients go on that are not to wait any more; those that have not acknowledged yet, once they have. */
  unblock(): void {
    for (const backoff of [...this.#backoffs]) {
      if (this.cluster.backoffs.has(String(backoff.pgid))) continue;
      if (backoff.state === 'acked') this.#lift(backoff);
      else backoff.state = 'lifted';
    }
  }

  #sendBackoff(con: Connection, op: number, pgid: SpgId, id: number): void {
    const m = new MOSDBackoff();
    const end = new HObject();
    end.max = true;
    Object.assign(m, { op, pgid, id, begin: HObject.min(), end });
    con.sendMessage(m);
  }

  /** It dies and comes back: what was under way is gone. */
  restart(): void {
    this.#queue.length = 0;
    this.#backoffs.length = 0;
    this.messenger.markDownAll();
  }
}

export class SimCluster {
  readonly clock = new VirtualClock();
  readonly random: RandomSource;
  readonly network: SimulatedNetwork;
  readonly osds: SimOsd[] = [];
  /** What is in objects, appended piece by piece. */
  readonly objects = new Map<string, string[]>();
  readonly done = new Set<string>();
  readonly received: MOSDOp[] = [];
  /** Placement groups whose operations have to wait. */
  readonly backoffs = new Set<string>();
  map: OsdMap = new OsdMap();
  readonly #incrementals = new Map<number, Uint8Array>();
  #intervals: number[] = [];
  #subscriber: ((m: MOSDMap) => void) | undefined;
  #want: { start: number; onetime: boolean } | undefined;

  private constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = new SimulatedNetwork(this.clock, seededRandom(seed ^ 0xabc));
  }

  static async start(seed: number, osds = 4): Promise<SimCluster> {
    const cluster = new SimCluster(seed);
    const map = new OsdMap();
    map.fsid = new Uuid(new Uint8Array(16).fill(7));
    map.epoch = 1;
    map.setMaxOsd(osds);
    map.crush = crushOf(osds);
    map.requireOsdRelease = 16;
    for (let id = 0; id < osds; id++) {
      const osd = await cluster.#startOsd(id);
      cluster.osds.push(osd);
      map.osdState[id] = OSD_STATE.exists | OSD_STATE.up;
      map.osdWeight[id] = 0x10000;
      map.clientAddrs[id] = osd.addrs;
    }
    const pool = new PgPool();
    Object.assign(pool, { size: 2, minSize: 1, crushRule: 0, flags: 1, pgNum: 8, pgpNum: 8, pgNumPending: 8 });
    map.pools.set(POOL, pool);
    map.poolNames.set(POOL, 'data');
    map.poolMax = POOL;
    cluster.map = decodeOsdMap(encodeOsdMap(map));
    cluster.#intervals = new Array<number>(256).fill(1);
    return cluster;
  }

  async #startOsd(id: number): Promise<SimOsd> {
    const ip = `10.0.0.${id + 1}`;
    const cct = this.#context(`osd.${id}`);
    const registry = new MessageRegistry(radosMessageClasses);
    const stack = this.network.stack(ip);
    const messenger = new Messenger(cct, { name: EntityName.osd(id), logicalName: 'osd', registry, stack, nonce: id + 1 });
    messenger.setDefaultPolicy(Policy.statelessServer());
    const addrs = await messenger.bindv(EntityAddrVec.parse(`v2:${ip}:6800/0`) as EntityAddrVec);
    messenger.start();
    const osd = new SimOsd(this, id, messenger);
    osd.addrs = addrs;
    return osd;
  }

  #context(name: string, conf: Record<string, number> = {}): CephContext {
    return new CephContext({ name, clock: this.clock, random: seededRandom(99), conf });
  }

  /** A client with an Objecter, its map already there. */
  client(conf: Record<string, number> = {}): { objecter: Objecter; cct: CephContext } {
    const cct = this.#context('client.sim', conf);
    const registry = new MessageRegistry(radosMessageClasses);
    const stack = this.network.stack('10.0.1.1');
    const messenger = new Messenger(cct, { name: EntityName.client(4242), logicalName: 'client', registry, stack });
    messenger.setPolicy(CEPH_ENTITY_TYPE_CLIENT, Policy.lossyClient());
    messenger.setDefaultPolicy(Policy.lossyClient());
    messenger.start();
    const { fsid } = this.map;
    const mon: ObjecterMon = {
      globalId: 4242,
      fsid,
      subWant: (_what, start, onetime = false) => (this.#want = { start, onetime }),
      subGot: (_what, epoch) => {
        if (this.#want?.onetime) this.#want = undefined;
        else if (this.#want) this.#want.start = epoch + 1;
      },
      renewSubs: () => void this.clock.setTimeout(() => this.#serveMaps(), 1),
      sendMonMessage: () => undefined,
      getVersion: () => Promise.resolve({ newest: this.map.epoch, oldest: 1 }),
    };
    const objecter = new Objecter(cct, { messenger, mon });
    objecter.init();
    this.#subscriber = (m) => void objecter.msDispatch(m);
    objecter.requestMap();
    return { objecter, cct };
  }

  #serveMaps(): void {
    if (!this.#want || this.#want.start > this.map.epoch) return;
    this.#subscriber?.(this.mapsFrom(this.#want.start));
  }

  /** A message with all maps from an epoch on. */
  mapsFrom(start: number): MOSDMap {
    const m = new MOSDMap(this.map.fsid);
    m.oldestMap = 1;
    m.newestMap = this.map.epoch;
    if (start <= 1) m.maps.set(this.map.epoch, encodeOsdMap(this.map));
    else
      for (let epoch = start; epoch <= this.map.epoch; epoch++)
        m.incrementalMaps.set(epoch, this.#incrementals.get(epoch) as Uint8Array);
    return m;
  }

  /** The next epoch. */
  change(fill: (inc: OsdMapIncremental, map: OsdMap) => void): void {
    const inc = new OsdMapIncremental();
    inc.fsid = this.map.fsid;
    inc.epoch = this.map.epoch + 1;
    fill(inc, this.map);
    const before = this.#intervalKeys();
    const bytes = inc.encode();
    this.#incrementals.set(inc.epoch, bytes);
    this.map = applyIncremental(this.map, OsdMapIncremental.decode(bytes));
    this.#intervalKeys().forEach((now, seed) => {
      if (now !== before[seed]) this.#intervals[seed] = this.map.epoch;
    });
    this.clock.setTimeout(() => this.#serveMaps(), 2);
  }

  /** What makes the interval of each placement group: when it changes, a new one begins. */
  #intervalKeys(): string[] {
    const pool = this.map.pools.get(POOL);
    const pending = Object.assign(new PgPool(), { pgNum: pool?.pgNumPending ?? 1 });
    // the hashes, so far as they count, whose objects it has, and will have after a merger
    const members = (of: PgPool, seed: number): string => HASHES.filter((hash) => of.foldSeed(hash) === seed).join();
    return Array.from({ length: pool?.pgNum ?? 0 }, (_, seed) => {
      const placement = this.map.placePg(POOL, seed);
      return [members(pool as PgPool, seed), members(pending, seed), placement?.acting.join(), placement?.up.join()].join('/');
    });
  }

  intervalSince(seed: number): number {
    return this.#intervals[seed] ?? 1;
  }

  append(oid: string, piece: string): void {
    const pieces = this.objects.get(oid);
    if (pieces) pieces.push(piece);
    else this.objects.set(oid, [piece]);
  }

  /** Marks an OSD down, or up again. */
  setUp(id: number, up: boolean): void {
    if (this.map.isUp(id) === up) return;
    this.osds[id]?.restart();
    this.change((inc) => {
      if (!up) inc.newState.set(id, 0);
      else inc.newUpClient.set(id, (this.osds[id] as SimOsd).addrs);
    });
  }

  primaryOf(oid: string): SimOsd {
    return this.osds[this.map.placeObject(POOL, oid)?.actingPrimary ?? -1] as SimOsd;
  }

  /** The placement group that an object is in. */
  pgOf(oid: string): SpgId {
    return this.map.placeObject(POOL, oid)?.primaryShard as SpgId;
  }
}
