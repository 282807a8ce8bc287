import type { Decoder, Encoder } from '@cephts/encoding';
import {
  CEPH_FEATURES_ALL,
  CompatSet,
  EntityAddrVec,
  FeatureBitset,
  UTime,
  decodeS32Set,
  encodeS32Set,
  sortedEntries,
  sortedNumbers,
} from '@cephts/encoding';
import { dumpCephfsFeatures, dumpCompat } from './dump.js';
import { CEPH_MDSMAP_ALLOW_SNAPS, CEPH_MDSMAP_DEFAULTS, MDS_GID_NONE, MDS_RANK_NONE } from './mds-constants.js';
import { MdsInfo } from './mds-info.js';
import {
  MDS_STATE_ACTIVE,
  MDS_STATE_BOOT,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_CREATING,
  MDS_STATE_NULL,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MDS_STATE_RESOLVE,
  MDS_STATE_STANDBY_REPLAY,
  MDS_STATE_STARTING,
  MDS_STATE_STOPPED,
  MDS_STATE_STOPPING,
  mdsStateName,
} from './mds-state.js';

const EPOCH_MAX = 0xffff_ffff;

/**
 * MDSMap: who holds which rank of one file system, and in what state.
 * @see src/mds/MDSMap.{h,cc} (16.2.15)
 */
export class MDSMap {
  epoch = 0;
  enabled = false;
  fsName = 'cephfs';
  /** CEPH_MDSMAP_… */
  flags = CEPH_MDSMAP_DEFAULTS;
  lastFailure = 0;
  /** Who replays needs an OSDMap at least this new: it blocklists the predecessor. */
  lastFailureOsdEpoch = 0;
  created = UTime.ZERO;
  modified = UTime.ZERO;
  tableserver = 0;
  root = 0;
  /** Seconds after which a client that does not renew is stale. */
  sessionTimeout = 60;
  /** Seconds after which it is closed. */
  sessionAutoclose = 300;
  maxFileSize = 2 ** 40;
  requiredClientFeatures = new FeatureBitset();
  dataPools: number[] = [];
  casPool = -1;
  metadataPool = -1;
  maxMds = 1;
  oldMaxMds = 0;
  standbyCountWanted = -1;
  balancer = '';
  in = new Set<number>();
  /** Incarnations as old monitors read them; made from `in` where it is empty. */
  inc = new Map<number, number>();
  failed = new Set<number>();
  stopped = new Set<number>();
  damaged = new Set<number>();
  /** Rank to gid. */
  up = new Map<number, number>();
  /** By gid. */
  mdsInfo = new Map<number, MdsInfo>();
  everAllowedFeatures = 0;
  explicitlyAllowedFeatures = 0;
  inlineDataEnabled = false;
  compat = new CompatSet();

  /** The map a monitor sends to who is not in any map (any more): its epoch is greater than all. */
  static createNullMdsmap(): MDSMap {
    const map = new MDSMap();
    map.epoch = EPOCH_MAX;
    return map;
  }

  getStateGid(gid: number): number {
    return this.mdsInfo.get(gid)?.state ?? MDS_STATE_NULL;
  }

  /** State of a rank, MDS_STATE_NULL where it is not up. */
  getState(rank: number): number {
    const gid = this.up.get(rank);
    return gid === undefined ? MDS_STATE_NULL : this.getStateGid(gid);
  }

  getInfo(rank: number): MdsInfo | undefined {
    const gid = this.up.get(rank);
    return gid === undefined ? undefined : this.mdsInfo.get(gid);
  }

  getInfoGid(gid: number): MdsInfo | undefined {
    return this.mdsInfo.get(gid);
  }

  getRankGid(gid: number): number {
    return this.mdsInfo.get(gid)?.rank ?? MDS_RANK_NONE;
  }

  getIncGid(gid: number): number {
    return this.mdsInfo.get(gid)?.inc ?? -1;
  }

  /** −1 where the rank is not up. */
  getIncarnation(rank: number): number {
    return this.getInfo(rank)?.inc ?? -1;
  }

  getAddrs(rank: number): EntityAddrVec {
    return this.getInfo(rank)?.addrs ?? EntityAddrVec.EMPTY;
  }

  findGidByName(name: string): number {
    for (const [gid, info] of this.mdsInfo) if (info.name === name) return gid;
    return MDS_GID_NONE;
  }

  isUp(rank: number): boolean {
    return this.up.has(rank);
  }

  isDown(rank: number): boolean {
    return !this.up.has(rank);
  }

  isIn(rank: number): boolean {
    return this.up.has(rank) || this.failed.has(rank);
  }

  isFailed(rank: number): boolean {
    return this.failed.has(rank);
  }

  isStopped(rank: number): boolean {
    return this.stopped.has(rank);
  }

  isDne(rank: number): boolean {
    return !this.in.has(rank);
  }

  isDneGid(gid: number): boolean {
    return !this.mdsInfo.has(gid);
  }

  isBoot(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_BOOT;
  }

  isCreating(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_CREATING;
  }

  isStarting(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_STARTING;
  }

  isReplay(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_REPLAY;
  }

  isBootstrapping(rank: number): boolean {
    return this.isCreating(rank) || this.isStarting(rank) || this.isReplay(rank);
  }

  isResolve(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_RESOLVE;
  }

  isReconnect(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_RECONNECT;
  }

  isRejoin(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_REJOIN;
  }

  isClientreplay(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_CLIENTREPLAY;
  }

  isActive(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_ACTIVE;
  }

  isStopping(rank: number): boolean {
    return this.getState(rank) === MDS_STATE_STOPPING;
  }

  isActiveOrStopping(rank: number): boolean {
    return this.isActive(rank) || this.isStopping(rank);
  }

  isClientreplayOrActiveOrStopping(rank: number): boolean {
    return this.isClientreplay(rank) || this.isActiveOrStopping(rank);
  }

  isLaggyGid(gid: number): boolean {
    return this.mdsInfo.get(gid)?.isLaggy() ?? false;
  }

  /** How many daemons are in `state`. */
  getNumMds(state: number): number {
    let count = 0;
    for (const info of this.mdsInfo.values()) if (info.state === state) count++;
    return count;
  }

  /** Ranks whose daemon is in `state`, ascending. */
  getMdsSet(state: number): number[] {
    const ranks: number[] = [];
    for (const info of this.mdsInfo.values()) if (info.state === state) ranks.push(info.rank);
    return ranks.sort((a, b) => a - b);
  }

  /** Ranks whose daemon has come as far as `first`, ascending. */
  getMdsSetLowerBound(first: number): number[] {
    const ranks: number[] = [];
    for (const info of this.mdsInfo.values()) if (info.state >= first && info.state <= MDS_STATE_STOPPING) ranks.push(info.rank);
    return ranks.sort((a, b) => a - b);
  }

  getActiveMdsSet(): number[] {
    return this.getMdsSet(MDS_STATE_ACTIVE);
  }

  getUpMdsSet(): number[] {
    return sortedNumbers(this.up.keys());
  }

  /** Ranks that are in and not up. */
  getDownMdsSet(): number[] {
    return sortedNumbers(new Set([...this.failed, ...this.damaged]));
  }

  /** Ranks that take part in recovery: failed, damaged, and from replay to stopping. */
  getRecoveryMdsSet(): number[] {
    const ranks = new Set([...this.failed, ...this.damaged]);
    for (const info of this.mdsInfo.values())
      if (info.state >= MDS_STATE_REPLAY && info.state <= MDS_STATE_STOPPING) ranks.add(info.rank);
    return sortedNumbers(ranks);
  }

  /** Messenger features that every daemon that is up has. */
  getUpFeatures(): bigint {
    let features: bigint | undefined;
    for (const gid of this.up.values()) {
      const info = this.mdsInfo.get(gid);
      if (info !== undefined) features = features === undefined ? info.mdsFeatures : features & info.mdsFeatures;
    }
    return features ?? CEPH_FEATURES_ALL;
  }

  /** True while some rank recovers or is missing. */
  isDegraded(): boolean {
    if (this.failed.size > 0 || this.damaged.size > 0) return true;
    for (const info of this.mdsInfo.values()) if (info.isDegraded()) return true;
    return false;
  }

  isResolving(): boolean {
    return this.getNumMds(MDS_STATE_RESOLVE) > 0 && this.getNumMds(MDS_STATE_REPLAY) === 0 && this.#allHeld();
  }

  isRejoining(): boolean {
    return (
      this.getNumMds(MDS_STATE_REJOIN) > 0 &&
      this.getNumMds(MDS_STATE_REPLAY) === 0 &&
      this.getNumMds(MDS_STATE_RECONNECT) === 0 &&
      this.getNumMds(MDS_STATE_RESOLVE) === 0 &&
      this.#allHeld()
    );
  }

  #allHeld(): boolean {
    return this.failed.size === 0 && this.damaged.size === 0;
  }

  getFirstDataPool(): number {
    return this.dataPools[0] ?? -1;
  }

  isDataPool(pool: number): boolean {
    return this.dataPools.includes(pool);
  }

  testFlag(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  allowsSnaps(): boolean {
    return this.testFlag(CEPH_MDSMAP_ALLOW_SNAPS);
  }

  hasStandbyReplay(rank: number): boolean {
    for (const info of this.mdsInfo.values()) if (info.rank === rank && info.state === MDS_STATE_STANDBY_REPLAY) return true;
    return false;
  }

  /** Whether a daemon may go from one state to the other. */
  static stateTransitionValid(previous: number, next: number): boolean {
    if (next === previous) return true;
    if (previous === MDS_STATE_REPLAY) return next === MDS_STATE_RESOLVE || next === MDS_STATE_RECONNECT;
    if (previous === MDS_STATE_REJOIN)
      return next === MDS_STATE_ACTIVE || next === MDS_STATE_CLIENTREPLAY || next === MDS_STATE_STOPPED;
    return !(previous >= MDS_STATE_RESOLVE && previous < MDS_STATE_ACTIVE) || next === previous + 1;
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(5, 4);
    e.u32(this.epoch).u32(this.flags).u32(this.lastFailure).s32(this.root);
    e.u32(this.sessionTimeout).u32(this.sessionAutoclose).u64(this.maxFileSize).s32(this.maxMds);
    e.u32(this.mdsInfo.size);
    for (const [gid, info] of sortedEntries(this.mdsInfo)) {
      e.u64(gid);
      info.encode(e, features);
    }
    e.u32(this.dataPools.length);
    for (const pool of this.dataPools) e.s64(pool);
    e.s64(this.casPool);
    e.u16(16); // version of what kernel clients do not read
    this.compat.encode(e);
    e.s64(this.metadataPool);
    this.created.encode(e);
    this.modified.encode(e);
    e.s32(this.tableserver);
    encodeS32Set(e, this.in);
    this.#encodeInc(e);
    e.u32(this.up.size);
    for (const [rank, gid] of sortedEntries(this.up)) e.s32(rank).u64(gid);
    encodeS32Set(e, this.failed);
    encodeS32Set(e, this.stopped);
    e.u32(this.lastFailureOsdEpoch);
    e.u8(this.everAllowedFeatures).u8(this.explicitlyAllowedFeatures);
    e.bool(this.inlineDataEnabled).bool(this.enabled).string(this.fsName);
    encodeS32Set(e, this.damaged);
    e.string(this.balancer).s32(this.standbyCountWanted).s32(this.oldMaxMds);
    e.u8(0); // oldest release of clients: unknown
    this.requiredClientFeatures.encode(e);
    e.finish(mark);
  }

  #encodeInc(e: Encoder): void {
    const inc = this.inc.size > 0 ? this.inc : new Map(sortedNumbers(this.in).map((rank) => [rank, this.epoch]));
    e.u32(inc.size);
    for (const [rank, epoch] of sortedEntries(inc)) e.s32(rank).u32(epoch);
  }

  /** Reads what releases from 16 on write. */
  static decode(d: Decoder): MDSMap {
    const frame = d.start(5, 'MDSMap');
    if (frame.version < 5) throw d.error(`version ${frame.version} is older than any supported release`);
    const map = new MDSMap();
    map.epoch = d.u32();
    map.flags = d.u32();
    map.lastFailure = d.u32();
    map.root = d.s32();
    map.sessionTimeout = d.u32();
    map.sessionAutoclose = d.u32();
    map.maxFileSize = d.u64();
    map.maxMds = d.s32();
    for (let left = d.count(14); left > 0; left--) {
      const gid = d.u64();
      map.mdsInfo.set(gid, MdsInfo.decode(d));
    }
    for (let left = d.count(8); left > 0; left--) map.dataPools.push(d.s64());
    map.casPool = d.s64();
    map.#decodeExtended(d);
    d.finish(frame, 'MDSMap');
    return map;
  }

  #decodeExtended(d: Decoder): void {
    const version = d.u16();
    if (version < 15) throw d.error(`extended version ${version} is older than any supported release`);
    this.compat = CompatSet.decode(d);
    this.metadataPool = d.s64();
    this.created = UTime.decode(d);
    this.modified = UTime.decode(d);
    this.tableserver = d.s32();
    this.in = decodeS32Set(d);
    for (let left = d.count(8); left > 0; left--) {
      const rank = d.s32();
      this.inc.set(rank, d.u32());
    }
    for (let left = d.count(12); left > 0; left--) {
      const rank = d.s32();
      this.up.set(rank, d.u64());
    }
    this.failed = decodeS32Set(d);
    this.stopped = decodeS32Set(d);
    this.lastFailureOsdEpoch = d.u32();
    this.everAllowedFeatures = d.u8();
    this.explicitlyAllowedFeatures = d.u8();
    this.inlineDataEnabled = d.bool();
    this.enabled = d.bool();
    this.fsName = d.string();
    this.damaged = decodeS32Set(d);
    this.balancer = d.string();
    this.standbyCountWanted = d.s32();
    this.oldMaxMds = d.s32();
    d.skip(1);
    if (version >= 16) this.requiredClientFeatures = FeatureBitset.decode(d);
  }

  /** As `ceph fs dump` shows it. */
  dump(): Record<string, unknown> {
    return {
      epoch: this.epoch,
      flags: this.flags,
      ever_allowed_features: this.everAllowedFeatures,
      explicitly_allowed_features: this.explicitlyAllowedFeatures,
      created: this.created.toString(),
      modified: this.modified.toString(),
      tableserver: this.tableserver,
      root: this.root,
      session_timeout: this.sessionTimeout,
      session_autoclose: this.sessionAutoclose,
      required_client_features: dumpCephfsFeatures(this.requiredClientFeatures),
      max_file_size: this.maxFileSize,
      last_failure: this.lastFailure,
      last_failure_osd_epoch: this.lastFailureOsdEpoch,
      compat: dumpCompat(this.compat),
      max_mds: this.maxMds,
      in: sortedNumbers(this.in),
      up: Object.fromEntries(sortedEntries(this.up).map(([rank, gid]) => [`mds_${rank}`, gid])),
      failed: sortedNumbers(this.failed),
      damaged: sortedNumbers(this.damaged),
      stopped: sortedNumbers(this.stopped),
      info: Object.fromEntries(sortedEntries(this.mdsInfo).map(([gid, info]) => [`gid_${gid}`, info.dump()])),
      data_pools: this.dataPools,
      metadata_pool: this.metadataPool,
      enabled: this.enabled,
      fs_name: this.fsName,
      balancer: this.balancer,
      standby_count_wanted: Math.max(0, this.standbyCountWanted),
    };
  }

  /** One line: `e5: 1/1/1 up {0=a=up:active}`. */
  toString(): string {
    const ranks: string[] = [];
    for (const info of this.mdsInfo.values()) {
      if (info.rank >= 0 && info.state !== MDS_STATE_STANDBY_REPLAY)
        ranks.push(`${info.rank}=${info.name}=${mdsStateName(info.state)}`);
    }
    const failed = this.failed.size > 0 ? `, ${this.failed.size} failed` : '';
    return `e${this.epoch}: ${this.up.size}/${this.in.size}/${this.maxMds} up${ranks.length > 0 ? ` {${ranks.join(',')}}` : ''}${failed}`;
  }
}
