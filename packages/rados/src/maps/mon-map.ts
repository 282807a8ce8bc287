import type { Decoder, Encoder } from '@cephts/encoding';
import {
  CEPH_FEATURES_ALL,
  EntityAddrVec,
  UTime,
  Uuid,
  compareText,
  decodeTextMap,
  encodeTextMap,
  sortedTexts,
} from '@cephts/encoding';
import { dumpAddrVec, gmtime, legacyString, releaseName } from './dump.js';

/** Names of monitor features by bit. @see src/mon/mon_types.h (16.2.15) */
const MON_FEATURES = [
  ...['kraken', 'luminous', 'mimic', 'osdmap-prune', 'nautilus', 'octopus', 'pacific', 'elector-pinging'],
  ...['quincy', 'nvmeof-beacon-diff', 'reef', 'squid', 'tentacle'],
];

function featureNames(features: bigint): string[] {
  return MON_FEATURES.filter((_, bit) => ((features >> BigInt(bit)) & 1n) === 1n);
}

/** Number of the Pacific release, as monitors count them. */
const RELEASE_PACIFIC = 16;

/** mon_info_t: one monitor. @see src/mon/MonMap.h (16.2.15) */
export interface MonInfo {
  name: string;
  publicAddrs: EntityAddrVec;
  priority: number;
  weight: number;
  crushLoc: Map<string, string>;
}

export function encodeMonInfo(e: Encoder, { name, publicAddrs, priority, weight, crushLoc }: MonInfo, features: bigint): void {
  const mark = e.start(5, 1);
  e.string(name);
  publicAddrs.encode(e, features);
  e.u16(priority).u16(weight);
  encodeTextMap(e, crushLoc);
  e.finish(mark);
}

export function decodeMonInfo(d: Decoder): MonInfo {
  return d.struct(5, (d, version) => ({
    name: d.string(),
    publicAddrs: EntityAddrVec.decode(d),
    priority: version >= 2 ? d.u16() : 0,
    weight: version >= 4 ? d.u16() : 0,
    crushLoc: version >= 5 ? decodeTextMap(d) : new Map<string, string>(),
  }));
}

/** mon_feature_t. */
export function encodeMonFeatures(e: Encoder, features: bigint): void {
  const mark = e.start(1, 1);
  e.u64big(features);
  e.finish(mark);
}

export function decodeMonFeatures(d: Decoder): bigint {
  return d.struct(1, (d) => d.u64big());
}

function encodeTexts(e: Encoder, texts: Iterable<string>): void {
  const sorted = [...texts].sort(compareText);
  e.u32(sorted.length);
  for (const text of sorted) e.string(text);
}

/**
 * MonMap: the monitors of a cluster.
 * @see src/mon/MonMap.{h,cc} (16.2.15)
 */
export class MonMap {
  fsid = Uuid.ZERO;
  epoch = 0;
  lastChanged = UTime.ZERO;
  created = UTime.ZERO;
  persistentFeatures = 0n;
  optionalFeatures = 0n;
  /** By name. */
  monInfo = new Map<string, MonInfo>();
  /** Names, by rank. */
  ranks: string[] = [];
  minMonRelease = RELEASE_PACIFIC;
  removedRanks: number[] = [];
  strategy = 1;
  disallowedLeaders = new Set<string>();
  stretchModeEnabled = false;
  tiebreakerMon = '';
  stretchMarkedDownMons = new Set<string>();

  /** Adds a monitor behind those there are. */
  addMon(name: string, publicAddrs: EntityAddrVec): void {
    this.monInfo.set(name, { name, publicAddrs, priority: 0, weight: 0, crushLoc: new Map() });
    this.ranks.push(name);
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(9, 6);
    this.fsid.encode(e);
    e.u32(this.epoch);
    this.lastChanged.encode(e);
    this.created.encode(e);
    encodeMonFeatures(e, this.persistentFeatures);
    encodeMonFeatures(e, this.optionalFeatures);
    e.u32(this.monInfo.size);
    for (const [name, info] of [...this.monInfo].sort(([a], [b]) => compareText(a, b))) {
      e.string(name);
      encodeMonInfo(e, info, features);
    }
    e.u32(this.ranks.length);
    for (const name of this.ranks) e.string(name);
    e.u8(this.minMonRelease).u32(this.removedRanks.length);
    for (const rank of this.removedRanks) e.u32(rank);
    e.u8(this.strategy);
    encodeTexts(e, this.disallowedLeaders);
    e.bool(this.stretchModeEnabled).string(this.tiebreakerMon);
    encodeTexts(e, this.stretchMarkedDownMons);
    e.finish(mark);
  }

  /** As `ceph mon dump` shows it, apart from the quorum, which the map does not know. */
  dump(): Record<string, unknown> {
    return {
      epoch: this.epoch,
      fsid: String(this.fsid),
      modified: gmtime(this.lastChanged),
      created: gmtime(this.created),
      min_mon_release: this.minMonRelease,
      min_mon_release_name: releaseName(this.minMonRelease),
      election_strategy: this.strategy,
      'disallowed_leaders: ': [...this.disallowedLeaders].join(),
      stretch_mode: this.stretchModeEnabled,
      tiebreaker_mon: this.tiebreakerMon,
      'removed_ranks: ': this.removedRanks.join(),
      features: { persistent: featureNames(this.persistentFeatures), optional: featureNames(this.optionalFeatures) },
      mons: this.ranks.map((name, rank) => this.#dumpMon(name, rank)),
    };
  }

  #dumpMon(name: string, rank: number): Record<string, unknown> {
    const { publicAddrs, priority, weight, crushLoc } = this.monInfo.get(name) as MonInfo;
    const addr = legacyString(publicAddrs);
    return {
      rank,
      name,
      public_addrs: dumpAddrVec(publicAddrs),
      addr,
      public_addr: addr,
      priority,
      weight,
      crush_location: `{${sortedTexts(crushLoc)
        .map(([key, value]) => `${key}=${value}`)
        .join()}}`,
    };
  }

  /** Reads what releases from 16 on write. */
  static decode(d: Decoder): MonMap {
    const frame = d.start(9, 'MonMap');
    const { version } = frame;
    if (version < 8) throw d.error(`version ${version} is older than any supported release`);
    const map = new MonMap();
    map.fsid = Uuid.decode(d);
    map.epoch = d.u32();
    map.lastChanged = UTime.decode(d);
    map.created = UTime.decode(d);
    map.persistentFeatures = decodeMonFeatures(d);
    map.optionalFeatures = decodeMonFeatures(d);
    for (let left = d.count(14); left > 0; left--) {
      const name = d.string();
      map.monInfo.set(name, decodeMonInfo(d));
    }
    map.ranks = d.list((d) => d.string(), 4);
    map.minMonRelease = d.u8();
    map.removedRanks = d.list((d) => d.u32(), 4);
    map.strategy = d.u8();
    map.disallowedLeaders = new Set(d.list((d) => d.string(), 4));
    if (version >= 9) {
      map.stretchModeEnabled = d.bool();
      map.tiebreakerMon = d.string();
      map.stretchMarkedDownMons = new Set(d.list((d) => d.string(), 4));
    }
    d.finish(frame, 'MonMap');
    return map;
  }
}
