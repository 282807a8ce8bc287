import { EntityAddr, EntityAddrVec, UTime, Uuid } from '@cephts/encoding';
import type { IntervalSet } from '@cephts/encoding';
import { CrushMap } from '../crush/crush-map.js';
import { isInNetwork } from './network.js';
import { OSD_FULL_WEIGHT, OSD_STATE } from './osd-flags.js';
import { dumpOsdMap } from './osd-map-dump.js';
import { OsdInfo, OsdXInfo } from './osd-types.js';
import type { PgPool } from './pg-pool.js';
import { PgTable } from './pg-table.js';
import { Placement } from './placement.js';
import type { PgPlacement } from './placement.js';
import type { PgId } from './pg.js';

/** Settings for a cluster stretched over two sites. */
export interface StretchMode {
  enabled: boolean;
  bucketCount: number;
  degraded: number;
  recovering: number;
  bucket: number;
}

/** The version of each of the two parts of an encoded map. */
export interface OsdMapVersions {
  client: number;
  osd: number;
}

/** Where an object goes. */
export interface ObjectPlacement extends PgPlacement {
  /** With the whole hash of the name. */
  rawPg: PgId;
}

/**
 * The cluster's OSDs, pools, and everything that says which placement group is where. One epoch follows the other by an incremental map;
 * see `applyIncremental`.
 *
 * @see src/osd/OSDMap.cc (16.2.15)
 */
export class OsdMap {
  fsid: Uuid = Uuid.ZERO;
  epoch = 0;
  created: UTime = UTime.ZERO;
  modified: UTime = UTime.ZERO;
  pools: Map<number, PgPool> = new Map();
  poolNames: Map<number, string> = new Map();
  poolMax = 0;
  flags = 0;
  /** By OSD, as the following. */
  osdState: number[] = [];
  /** 0 out, 0x10000 in. */
  osdWeight: number[] = [];
  clientAddrs: EntityAddrVec[] = [];
  clusterAddrs: EntityAddrVec[] = [];
  hbBackAddrs: EntityAddrVec[] = [];
  hbFrontAddrs: EntityAddrVec[] = [];
  osdInfo: OsdInfo[] = [];
  osdXInfo: OsdXInfo[] = [];
  osdUuid: Uuid[] = [];
  /** Undefined where every OSD has the whole. */
  primaryAffinity: number[] | undefined = undefined;
  pgTemp: PgTable<number[]> = new PgTable();
  primaryTemp: PgTable<number> = new PgTable();
  pgUpmap: PgTable<number[]> = new PgTable();
  /** From, to; from, to; … */
  pgUpmapItems: PgTable<number[]> = new PgTable();
  /** Newer releases. */
  pgUpmapPrimaries: PgTable<number> = new PgTable();
  crush: CrushMap = new CrushMap();
  crushVersion = 1;
  erasureCodeProfiles: Map<string, Map<string, string>> = new Map();
  newRemovedSnaps: Map<number, IntervalSet> = new Map();
  newPurgedSnaps: Map<number, IntervalSet> = new Map();
  removedSnapsQueue: Map<number, IntervalSet> = new Map();
  lastUpChange: UTime = UTime.ZERO;
  lastInChange: UTime = UTime.ZERO;
  /** By text: who, and until when. */
  blocklist: Map<string, { addr: EntityAddr; until: UTime }> = new Map();
  /** Whole networks, the length of the prefix in place of the nonce: `10.1.0.0:0/16`. */
  rangeBlocklist: Map<string, { addr: EntityAddr; until: UTime }> = new Map();
  clusterSnapshotEpoch = 0;
  clusterSnapshot = '';
  nearfullRatio = 0;
  fullRatio = 0;
  backfillfullRatio = 0;
  /** Numbers of releases: 16 is pacific. */
  requireMinCompatClient = 0;
  requireOsdRelease = 0;
  crushNodeFlags: Map<number, number> = new Map();
  deviceClassFlags: Map<number, number> = new Map();
  stretch: StretchMode = { enabled: false, bucketCount: 0, degraded: 0, recovering: 0, bucket: 0 };
  /** As read; written in the same. @internal */
  versions: OsdMapVersions = { client: 9, osd: 9 };
  readonly #placement: Placement = new Placement(this);
  #poolsByName: Map<string, number> | undefined;

  get maxOsd(): number {
    return this.osdState.length;
  }

  setMaxOsd(count: number): void {
    const fit = <T>(list: T[], make: () => T): void => {
      list.length = Math.min(list.length, count);
      while (list.length < count) list.push(make());
    };
    fit(this.osdState, () => 0);
    fit(this.osdWeight, () => 0);
    for (const addrs of [this.clientAddrs, this.clusterAddrs, this.hbBackAddrs, this.hbFrontAddrs])
      fit(addrs, () => EntityAddrVec.EMPTY);
    fit(this.osdInfo, () => new OsdInfo());
    fit(this.osdXInfo, () => new OsdXInfo());
    fit(this.osdUuid, () => Uuid.ZERO);
    if (this.primaryAffinity) fit(this.primaryAffinity, () => OSD_FULL_WEIGHT);
  }

  exists(osd: number): boolean {
    return ((this.osdState[osd] ?? 0) & OSD_STATE.exists) !== 0;
  }

  isUp(osd: number): boolean {
    const both = OSD_STATE.exists | OSD_STATE.up;
    return ((this.osdState[osd] ?? 0) & both) === both;
  }

  isIn(osd: number): boolean {
    return this.exists(osd) && this.osdWeight[osd] !== 0;
  }

  /** Where its clients reach it. */
  osdAddrs(osd: number): EntityAddrVec {
    return this.clientAddrs[osd] ?? EntityAddrVec.EMPTY;
  }

  setPrimaryAffinity(osd: number, affinity: number): void {
    this.primaryAffinity ??= new Array<number>(this.maxOsd).fill(OSD_FULL_WEIGHT);
    this.primaryAffinity[osd] = affinity;
  }

  hasFlag(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** The number of a pool, or undefined. */
  poolByName(name: string): number | undefined {
    this.#poolsByName ??= new Map([...this.poolNames].map(([pool, name]) => [name, pool]));
    return this.#poolsByName.get(name);
  }

  isBlocklisted(addr: EntityAddr): boolean {
    // one that went on with either messenger, or all of its host's
    const any = addr.withType(EntityAddr.TYPE_ANY);
    if (this.blocklist.size > 0 && [addr, any, any.withPort(0).withNonce(0)].some((one) => this.blocklist.has(String(one))))
      return true;
    return [...this.rangeBlocklist.values()].some((range) => isInNetwork(addr, range.addr));
  }

  /** Call it after any change: placements are remembered. */
  changed(): void {
    this.#placement.forget();
    this.#poolsByName = undefined;
  }

  /** Where a placement group is; undefined where its pool or itself does not exist. Remembered until {@link changed}. */
  placePg(pool: number, seed: number): PgPlacement | undefined {
    return this.#placement.pg(pool, seed);
  }

  /**
   * Where an object is; undefined where its pool does not exist.
   * @param key hashed in place of the name, where it is not empty
   */
  placeObject(pool: number, oid: string, nspace = '', key = ''): PgPlacement | undefined {
    const pgPool = this.pools.get(pool);
    if (!pgPool) return undefined;
    return this.#placement.pg(pool, pgPool.foldSeed(pgPool.hashKey(key || oid, nspace)));
  }

  /** The devices CRUSH gives, before anything else has its say. */
  rawOsds(pool: number, seed: number): number[] {
    return this.#placement.raw(pool, seed);
  }

  /** As `ceph osd dump` shows it: `toJson(map.dump())` is what `ceph osd dump --format json` of Ceph 16.2.15 prints, the blocklist in order. */
  dump(): Record<string, unknown> {
    return dumpOsdMap(this);
  }
}
