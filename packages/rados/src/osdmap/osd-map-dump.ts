import { compareText } from '@cephts/encoding';
import type { IntervalSet } from '@cephts/encoding';
import { dumpAddrVec, dumpTextMap, legacyString, releaseName } from '../maps/dump.js';
import type { Blocklist } from './map-codecs.js';
import { minCompatClient } from './min-compat-client.js';
import { OSD_FULL_WEIGHT, OSD_STATE, OSDMAP_FLAG_NAMES } from './osd-flags.js';
import type { OsdMap } from './osd-map.js';
import { dumpPgPool } from './pg-pool-dump.js';
import type { PgTable } from './pg-table.js';

const byNumber = <V>(map: ReadonlyMap<number, V>): [number, V][] => [...map].sort(([a], [b]) => a - b);

function flagNames(flags: number): string[] {
  return OSDMAP_FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}

/** Ceph has a name for each bit, if need be an empty one. */
function flagSet(flags: number): string[] {
  const names = new Set<string>();
  for (let bit = 0; bit < 32; bit++) if ((flags >>> bit) & 1) names.add(flagNames(1 << bit).join());
  return [...names].sort(compareText);
}

const STATE_NAMES = Object.keys(OSD_STATE);

function stateSet(state: number): string[] {
  const names = new Set<string>();
  for (let bit = 0; bit < 32; bit++) if ((state >>> bit) & 1) names.add(STATE_NAMES[bit] ?? '???');
  return [...names].sort(compareText);
}

function dumpSnaps(sets: ReadonlyMap<number, IntervalSet>): Record<string, unknown>[] {
  return byNumber(sets).map(([pool, set]) => ({ pool, snaps: [...set].map(([begin, length]) => ({ begin, length })) }));
}

function dumpTable<V>(table: PgTable<V>, rest: (value: V) => Record<string, unknown>): Record<string, unknown>[] {
  return table.entries().map(([pg, value]) => ({ pgid: String(pg), ...rest(value) }));
}

function pairs(list: readonly number[]): { from: number; to: number }[] {
  const all = [];
  for (let i = 0; i + 1 < list.length; i += 2) all.push({ from: list[i] as number, to: list[i + 1] as number });
  return all;
}

function dumpOsd(map: OsdMap, osd: number): Record<string, unknown> {
  const info = map.osdInfo[osd];
  const addrs = {
    public: map.osdAddrs(osd),
    cluster: map.clusterAddrs[osd] ?? map.osdAddrs(-1),
    heartbeat_back: map.hbBackAddrs[osd] ?? map.osdAddrs(-1),
    heartbeat_front: map.hbFrontAddrs[osd] ?? map.osdAddrs(-1),
  };
  return {
    osd,
    uuid: String(map.osdUuid[osd]),
    up: Number(map.isUp(osd)),
    in: Number(map.isIn(osd)),
    weight: (map.osdWeight[osd] ?? 0) / OSD_FULL_WEIGHT,
    primary_affinity: (map.primaryAffinity?.[osd] ?? OSD_FULL_WEIGHT) / OSD_FULL_WEIGHT,
    last_clean_begin: info?.lastCleanBegin,
    last_clean_end: info?.lastCleanEnd,
    up_from: info?.upFrom,
    up_thru: info?.upThru,
    down_at: info?.downAt,
    lost_at: info?.lostAt,
    ...Object.fromEntries(Object.entries(addrs).map(([name, vec]) => [`${name}_addrs`, dumpAddrVec(vec)])),
    ...Object.fromEntries(Object.entries(addrs).map(([name, vec]) => [`${name}_addr`, legacyString(vec)])),
    state: stateSet(map.osdState[osd] ?? 0),
  };
}

function dumpXInfo(map: OsdMap, osd: number): Record<string, unknown> {
  const info = map.osdXInfo[osd];
  return {
    osd,
    down_stamp: String(info?.downStamp),
    // Ceph keeps it as a float
    laggy_probability: Math.fround(Math.fround(info?.laggyProbability ?? 0) / 2 ** 32),
    laggy_interval: info?.laggyInterval,
    features: BigInt.asIntN(64, info?.features ?? 0n),
    old_weight: info?.oldWeight,
    last_purged_snaps_scrub: String(info?.lastPurgedSnapsScrub),
    dead_epoch: info?.deadEpoch,
  };
}

/** In order, where upstream's is that of a hash table. */
function dumpBlocklist(list: Blocklist): Record<string, string> {
  const sorted = [...list.values()].sort((a, b) => a.addr.compare(b.addr));
  return Object.fromEntries(sorted.map(({ addr, until }) => [String(addr), String(until)]));
}

/** Flags of parts of the CRUSH hierarchy or of classes of devices, by name. */
function dumpFlagsOf(flags: ReadonlyMap<number, number>, names: ReadonlyMap<number, string>): Record<string, string[]> {
  return Object.fromEntries(byNumber(flags).map(([id, state]) => [names.get(id) ?? String(id), stateSet(state)]));
}

/** Everything as `ceph osd dump` shows it. @see OSDMap::dump in src/osd/OSDMap.cc (16.2.15) */
export function dumpOsdMap(map: OsdMap): Record<string, unknown> {
  const osds = Array.from({ length: map.maxOsd }, (_, osd) => osd).filter((osd) => map.exists(osd));
  const { enabled, bucketCount, degraded, recovering, bucket } = map.stretch;
  return {
    epoch: map.epoch,
    fsid: String(map.fsid),
    created: String(map.created),
    modified: String(map.modified),
    last_up_change: String(map.lastUpChange),
    last_in_change: String(map.lastInChange),
    flags: flagNames(map.flags).join(),
    flags_num: map.flags >>> 0,
    flags_set: flagSet(map.flags),
    crush_version: map.crushVersion,
    full_ratio: map.fullRatio,
    backfillfull_ratio: map.backfillfullRatio,
    nearfull_ratio: map.nearfullRatio,
    cluster_snapshot: map.clusterSnapshot,
    pool_max: map.poolMax,
    max_osd: map.maxOsd,
    require_min_compat_client: releaseName(map.requireMinCompatClient),
    min_compat_client: releaseName(minCompatClient(map)),
    require_osd_release: releaseName(map.requireOsdRelease),
    pools: byNumber(map.pools).map(([pool, value]) => ({
      pool,
      pool_name: map.poolNames.get(pool) ?? '<unknown>',
      ...dumpPgPool(value),
    })),
    osds: osds.map((osd) => dumpOsd(map, osd)),
    osd_xinfo: osds.map((osd) => dumpXInfo(map, osd)),
    pg_upmap: dumpTable(map.pgUpmap, (osds) => ({ osds })),
    pg_upmap_items: dumpTable(map.pgUpmapItems, (list) => ({ mappings: pairs(list) })),
    pg_temp: dumpTable(map.pgTemp, (osds) => ({ osds })),
    // no object for each, as upstream has it
    primary_temp: map.primaryTemp.entries().flatMap(([pg, osd]) => [String(pg), osd]),
    blocklist: dumpBlocklist(map.blocklist),
    range_blocklist: dumpBlocklist(map.rangeBlocklist),
    erasure_code_profiles: Object.fromEntries(
      [...map.erasureCodeProfiles].sort(([a], [b]) => compareText(a, b)).map(([name, profile]) => [name, dumpTextMap(profile)]),
    ),
    removed_snaps_queue: dumpSnaps(map.removedSnapsQueue),
    new_removed_snaps: dumpSnaps(map.newRemovedSnaps),
    new_purged_snaps: dumpSnaps(map.newPurgedSnaps),
    crush_node_flags: dumpFlagsOf(map.crushNodeFlags, map.crush.names),
    device_class_flags: dumpFlagsOf(map.deviceClassFlags, map.crush.classNames),
    stretch_mode: {
      stretch_mode_enabled: enabled,
      stretch_bucket_count: bucketCount,
      degraded_stretch_mode: degraded,
      recovering_stretch_mode: recovering,
      stretch_mode_bucket: bucket,
    },
  };
}
