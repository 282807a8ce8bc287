import { CephError, ERRNO } from '@cephts/common';
import { EntityAddrVec, IntervalSet, Uuid } from '@cephts/encoding';
import type { EntityAddr } from '@cephts/encoding';
import { CrushMap } from '../crush/crush-map.js';
import type { Blocklist } from './map-codecs.js';
import { decodeOsdMap } from './osd-map-codec.js';
import type { OsdMapIncremental } from './osd-map-incremental.js';
import { OSD_FULL_WEIGHT, OSD_STATE, OSDMAP_FLAG } from './osd-flags.js';
import type { OsdMap } from './osd-map.js';
import { OsdInfo, OsdXInfo } from './osd-types.js';

const LUMINOUS = 12;
const NAUTILUS = 14;
const UNCHANGED = 255;
const LEGACY_REQUIRE = OSDMAP_FLAG.requireJewel | OSDMAP_FLAG.requireKraken | OSDMAP_FLAG.requireLuminous;

/**
 * The map of the next epoch: `map` itself, changed, or another where the incremental brings a whole one.
 *
 * @throws CephError `ERR_CEPH_OSDMAP` where the incremental is of another cluster or does not follow
 * @see OSDMap::apply_incremental in src/osd/OSDMap.cc (16.2.15)
 */
export function applyIncremental(map: OsdMap, inc: OsdMapIncremental): OsdMap {
  if (inc.epoch === 1) map.fsid = inc.fsid;
  else if (!inc.fsid.equals(map.fsid))
    throw problem(`incremental of cluster ${String(inc.fsid)}, the map is of ${String(map.fsid)}`);
  if (inc.epoch !== map.epoch + 1) throw problem(`incremental for epoch ${inc.epoch} does not follow epoch ${map.epoch}`);
  if (inc.fullmap.length > 0) return decodeOsdMap(inc.fullmap);
  map.epoch = inc.epoch;
  map.modified = inc.modified;
  if (inc.newFlags >= 0) map.flags = inc.newFlags;
  if (inc.newMaxOsd >= 0) map.setMaxOsd(inc.newMaxOsd);
  applyPools(map, inc);
  applyOsds(map, inc);
  applyPgs(map, inc);
  applyBlocklist(map.blocklist, inc.newBlocklist, inc.oldBlocklist);
  applyBlocklist(map.rangeBlocklist, inc.newRangeBlocklist, inc.oldRangeBlocklist);
  applyFlags(map.crushNodeFlags, inc.newCrushNodeFlags);
  applyFlags(map.deviceClassFlags, inc.newDeviceClassFlags);
  map.clusterSnapshot = inc.clusterSnapshot;
  map.clusterSnapshotEpoch = inc.clusterSnapshot === '' ? 0 : inc.epoch;
  applySettings(map, inc);
  if (inc.crush.length > 0) applyCrush(map, inc.crush);
  if (inc.newStretch) map.stretch = { ...inc.newStretch };
  map.changed();
  return map;
}

function problem(message: string): CephError {
  return new CephError('ERR_CEPH_OSDMAP', message, { errno: ERRNO.EINVAL });
}

function applyPools(map: OsdMap, inc: OsdMapIncremental): void {
  if (inc.newPoolMax !== -1) map.poolMax = inc.newPoolMax;
  for (const [id, pool] of inc.newPools) {
    pool.lastChange = inc.epoch;
    map.pools.set(id, pool);
  }
  map.newRemovedSnaps = inc.newRemovedSnaps;
  map.newPurgedSnaps = inc.newPurgedSnaps;
  const queue = map.removedSnapsQueue;
  for (const [id, snaps] of inc.newRemovedSnaps) {
    const queued = queue.get(id) ?? new IntervalSet();
    queued.unionSet(snaps);
    queue.set(id, queued);
  }
  for (const [id, snaps] of inc.newPurgedSnaps) {
    const queued = queue.get(id);
    if (!queued) continue;
    queued.subtract(snaps);
    if (queued.isEmpty()) queue.delete(id);
  }
  for (const [id, name] of inc.newPoolNames) map.poolNames.set(id, name);
  for (const id of inc.oldPools) {
    map.pools.delete(id);
    map.poolNames.delete(id);
  }
  for (const name of inc.oldErasureCodeProfiles) map.erasureCodeProfiles.delete(name);
  for (const [name, profile] of inc.newErasureCodeProfiles) map.erasureCodeProfiles.set(name, profile);
}

function applyOsds(map: OsdMap, inc: OsdMapIncremental): void {
  if (!inc.newLastUpChange.isZero()) map.lastUpChange = inc.newLastUpChange;
  if (!inc.newLastInChange.isZero()) map.lastInChange = inc.newLastInChange;
  for (const [osd, weight] of inc.newWeight) {
    map.osdWeight[osd] = weight;
    if (weight === 0) continue;
    map.osdState[osd] = (map.osdState[osd] ?? 0) & ~(OSD_STATE.autoout | OSD_STATE.new);
    if (map.osdXInfo[osd]) map.osdXInfo[osd].oldWeight = 0;
  }
  for (const [osd, affinity] of inc.newPrimaryAffinity) map.setPrimaryAffinity(osd, affinity);
  for (const [osd, state] of inc.newState) applyState(map, osd, state === 0 ? OSD_STATE.up : state, inc);
  for (const [osd, addrs] of inc.newUpClient) {
    map.osdState[osd] = ((map.osdState[osd] ?? 0) | OSD_STATE.exists | OSD_STATE.up) & ~OSD_STATE.stop;
    map.clientAddrs[osd] = addrs;
    map.hbBackAddrs[osd] = inc.newHbBackUp.get(osd) ?? EntityAddrVec.EMPTY;
    map.hbFrontAddrs[osd] = inc.newHbFrontUp.get(osd) ?? EntityAddrVec.EMPTY;
    infoOf(map, osd).upFrom = inc.epoch;
  }
  for (const [osd, addrs] of inc.newUpCluster) map.clusterAddrs[osd] = addrs;
  for (const [osd, epoch] of inc.newUpThru) infoOf(map, osd).upThru = epoch;
  for (const [osd, [begin, end]] of inc.newLastCleanInterval) {
    infoOf(map, osd).lastCleanBegin = begin;
    infoOf(map, osd).lastCleanEnd = end;
  }
  for (const [osd, epoch] of inc.newLost) infoOf(map, osd).lostAt = epoch;
  for (const [osd, info] of inc.newXInfo) map.osdXInfo[osd] = info;
  for (const [osd, uuid] of inc.newUuid) map.osdUuid[osd] = uuid;
}

function infoOf(map: OsdMap, osd: number): OsdInfo {
  return (map.osdInfo[osd] ??= new OsdInfo());
}

function applyState(map: OsdMap, osd: number, bits: number, inc: OsdMapIncremental): void {
  const before = map.osdState[osd] ?? 0;
  if (before & bits & OSD_STATE.up) {
    infoOf(map, osd).downAt = inc.epoch;
    if (map.osdXInfo[osd]) map.osdXInfo[osd].downStamp = inc.modified;
  }
  if ((before & bits & OSD_STATE.exists) === 0) {
    map.osdState[osd] = before ^ bits;
    return;
  }
  // destroyed: nothing of it is to be remembered
  map.osdUuid[osd] = Uuid.ZERO;
  map.osdInfo[osd] = new OsdInfo();
  map.osdXInfo[osd] = new OsdXInfo();
  map.setPrimaryAffinity(osd, OSD_FULL_WEIGHT);
  for (const addrs of [map.clientAddrs, map.clusterAddrs, map.hbBackAddrs, map.hbFrontAddrs]) addrs[osd] = EntityAddrVec.EMPTY;
  map.osdState[osd] = 0;
}

function applyPgs(map: OsdMap, inc: OsdMapIncremental): void {
  for (const [pg, osds] of inc.newPgTemp.entries()) {
    if (osds.length === 0) map.pgTemp.delete(pg);
    else map.pgTemp.set(pg, osds);
  }
  for (const [pg, osd] of inc.newPrimaryTemp.entries()) {
    if (osd === -1) map.primaryTemp.delete(pg);
    else map.primaryTemp.set(pg, osd);
  }
  for (const [pg, osds] of inc.newPgUpmap.entries()) map.pgUpmap.set(pg, osds);
  for (const pg of inc.oldPgUpmap) map.pgUpmap.delete(pg);
  for (const [pg, pairs] of inc.newPgUpmapItems.entries()) map.pgUpmapItems.set(pg, pairs);
  for (const pg of inc.oldPgUpmapItems) map.pgUpmapItems.delete(pg);
  for (const [pg, osd] of inc.newPgUpmapPrimary.entries()) map.pgUpmapPrimaries.set(pg, osd);
  for (const pg of inc.oldPgUpmapPrimary) map.pgUpmapPrimaries.delete(pg);
}

/** 0 takes an entry out. */
function applyFlags(flags: Map<number, number>, changes: ReadonlyMap<number, number>): void {
  for (const [id, value] of changes) {
    if (value === 0) flags.delete(id);
    else flags.set(id, value);
  }
}

function applySettings(map: OsdMap, inc: OsdMapIncremental): void {
  if (inc.newNearfullRatio >= 0) map.nearfullRatio = inc.newNearfullRatio;
  if (inc.newBackfillfullRatio >= 0) map.backfillfullRatio = inc.newBackfillfullRatio;
  if (inc.newFullRatio >= 0) map.fullRatio = inc.newFullRatio;
  if (inc.newRequireMinCompatClient > 0 && inc.newRequireMinCompatClient !== UNCHANGED)
    map.requireMinCompatClient = inc.newRequireMinCompatClient;
  if (inc.newRequireOsdRelease === UNCHANGED) return;
  map.requireOsdRelease = inc.newRequireOsdRelease;
  if (map.requireOsdRelease >= LUMINOUS) map.flags = (map.flags & ~LEGACY_REQUIRE) | OSDMAP_FLAG.recoveryDeletes;
  if (map.requireOsdRelease >= NAUTILUS) map.flags |= OSDMAP_FLAG.pglogHardlimit;
}

function applyCrush(map: OsdMap, bytes: Uint8Array): void {
  map.crush = CrushMap.fromBytes(bytes);
  if (map.requireOsdRelease >= LUMINOUS) map.crushVersion++;
  for (const cls of [...map.deviceClassFlags.keys()]) if (!map.crush.classNames.has(cls)) map.deviceClassFlags.delete(cls);
}

/** One that is there already keeps its time, as upstream. */
function applyBlocklist(list: Blocklist, added: Blocklist, removed: readonly EntityAddr[]): void {
  for (const [key, entry] of added) if (!list.has(key)) list.set(key, entry);
  for (const addr of removed) list.delete(String(addr));
}
