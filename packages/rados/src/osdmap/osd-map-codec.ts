import { crc32c } from '@cephts/async-messenger';
import { Decoder, Encoder, UTime, Uuid } from '@cephts/encoding';
import { CrushMap } from '../crush/crush-map.js';
import {
  decodeAddrs,
  decodeBlocklist,
  decodeInts,
  decodeNumbered,
  decodePairs,
  decodeProfiles,
  decodeSnapSets,
  encodeAddrs,
  encodeBlocklist,
  encodeInts,
  encodeNumbered,
  encodePairs,
  encodeProfiles,
  encodeSnapSets,
} from './map-codecs.js';
import { OsdMap } from './osd-map.js';
import { OsdInfo, OsdXInfo } from './osd-types.js';
import { PgPool } from './pg-pool.js';
import { PgTable } from './pg-table.js';

/** Newest versions this code knows: of the whole, of what clients need, of what only OSDs need. */
const WRAPPER = 8;
const CLIENT = 10;
const OSD = 11;

/** Writes a map as its cluster does; its checksum comes out the same. @see OSDMap::encode in src/osd/OSDMap.cc (16.2.15) */
export function encodeOsdMap(map: OsdMap): Uint8Array {
  const e = new Encoder(4096);
  const mark = e.start(WRAPPER, 7);
  encodeClientPart(e, map);
  encodeOsdPart(e, map);
  const crcAt = e.length;
  e.u32(0).finish(mark);
  return e.patchU32(crcAt, crc32c(0xffffffff, e.view(), 0, crcAt)).toBytes();
}

function encodeClientPart(e: Encoder, map: OsdMap): void {
  const v = map.versions.client;
  const mark = e.start(v, 1);
  map.fsid.encode(e);
  e.u32(map.epoch);
  map.created.encode(e);
  map.modified.encode(e);
  encodeNumbered(e, map.pools, 'u64', (e, pool) => pool.encode(e));
  encodeNumbered(e, map.poolNames, 'u64', (e, name) => e.string(name));
  e.s32(map.poolMax).u32(map.flags).s32(map.maxOsd);
  e.list(map.osdState, (e, state) => e.u32(state)).list(map.osdWeight, (e, weight) => e.u32(weight));
  encodeAddrs(e, map.clientAddrs);
  map.pgTemp.encode(e, encodeInts);
  map.primaryTemp.encode(e, (e, osd) => e.s32(osd));
  e.list(map.primaryAffinity ?? [], (e, affinity) => e.u32(affinity));
  e.sized((e) => map.crush.encode(e));
  encodeProfiles(e, map.erasureCodeProfiles);
  map.pgUpmap.encode(e, encodeInts);
  map.pgUpmapItems.encode(e, encodePairs);
  e.s32(map.crushVersion);
  if (v >= 7) {
    encodeSnapSets(e, map.newRemovedSnaps);
    encodeSnapSets(e, map.newPurgedSnaps);
  }
  if (v >= 9) {
    map.lastUpChange.encode(e);
    map.lastInChange.encode(e);
  }
  if (v >= 10) map.pgUpmapPrimaries.encode(e, (e, osd) => e.s32(osd));
  e.finish(mark);
}

function encodeOsdPart(e: Encoder, map: OsdMap): void {
  // the last two are only there where they are used
  const v = Math.max(map.versions.osd, map.stretch.enabled ? 10 : 0, map.rangeBlocklist.size > 0 ? 11 : 0);
  const mark = e.start(v, 1);
  encodeAddrs(e, map.hbBackAddrs);
  e.list(map.osdInfo, (e, info) => info.encode(e));
  encodeBlocklist(e, map.blocklist);
  encodeAddrs(e, map.clusterAddrs);
  e.u32(map.clusterSnapshotEpoch).string(map.clusterSnapshot);
  e.list(map.osdUuid, (e, uuid) => uuid.encode(e)).list(map.osdXInfo, (e, info) => info.encode(e));
  encodeAddrs(e, map.hbFrontAddrs);
  e.f32(map.nearfullRatio).f32(map.fullRatio).f32(map.backfillfullRatio).u8(map.requireMinCompatClient).u8(map.requireOsdRelease);
  if (v >= 6) encodeSnapSets(e, map.removedSnapsQueue);
  if (v >= 8) encodeNumbered(e, map.crushNodeFlags, 's32', (e, flags) => e.u32(flags));
  if (v >= 9) encodeNumbered(e, map.deviceClassFlags, 's32', (e, flags) => e.u32(flags));
  if (v >= 10) {
    const { enabled, bucketCount, degraded, recovering, bucket } = map.stretch;
    e.bool(enabled).u32(bucketCount).u32(degraded).u32(recovering).s32(bucket);
  }
  if (v >= 11) encodeBlocklist(e, map.rangeBlocklist);
  e.finish(mark);
}

/** @throws DecodeError, also where the checksum does not fit */
export function decodeOsdMap(bytes: Uint8Array): OsdMap {
  const d = new Decoder(bytes, 'OSDMap');
  const map = readOsdMap(d, bytes);
  d.expectEnd();
  return map;
}

function readOsdMap(d: Decoder, bytes: Uint8Array): OsdMap {
  const map = new OsdMap();
  const begin = d.offset;
  d.struct(WRAPPER, (d, version) => {
    if (version < 7) throw d.error(`OSDMap version ${version} is older than any supported release`, begin);
    d.struct(CLIENT, (d, v) => decodeClientPart(d, v, map), 'client part');
    d.struct(OSD, (d, v) => decodeOsdPart(d, v, map), 'OSD part');
    const crcAt = d.offset;
    if (version < 8) return;
    const crc = d.u32();
    const tail = d.rest();
    const actual = crc32c(crc32c(0xffffffff, bytes, begin, crcAt), tail);
    if (actual !== crc) throw d.error(`checksum 0x${actual.toString(16)}, expected 0x${crc.toString(16)}`, crcAt);
  });
  map.changed();
  return map;
}

function decodeClientPart(d: Decoder, v: number, map: OsdMap): void {
  if (v < 6) throw d.error(`version ${v} is older than any supported release`);
  map.versions.client = Math.min(v, CLIENT);
  map.fsid = Uuid.decode(d);
  map.epoch = d.u32();
  map.created = UTime.decode(d);
  map.modified = UTime.decode(d);
  map.pools = decodeNumbered(d, 'u64', PgPool.decode);
  map.poolNames = decodeNumbered(d, 'u64', (d) => d.string());
  map.poolMax = d.s32();
  map.flags = d.u32();
  const maxOsd = d.s32();
  map.osdState = d.list((d) => d.u32(), 4);
  map.osdWeight = d.list((d) => d.u32(), 4);
  map.clientAddrs = decodeAddrs(d);
  if (maxOsd !== map.osdState.length) throw d.error(`${map.osdState.length} states of ${maxOsd} OSDs`);
  map.pgTemp = PgTable.decode(d, decodeInts);
  map.primaryTemp = PgTable.decode(d, (d) => d.s32());
  const affinity = d.list((d) => d.u32(), 4);
  map.primaryAffinity = affinity.length > 0 ? affinity : undefined;
  map.crush = d.sized((d) => CrushMap.decode(d));
  map.erasureCodeProfiles = decodeProfiles(d);
  map.pgUpmap = PgTable.decode(d, decodeInts);
  map.pgUpmapItems = PgTable.decode(d, decodePairs);
  map.crushVersion = d.s32();
  if (v >= 7) {
    map.newRemovedSnaps = decodeSnapSets(d);
    map.newPurgedSnaps = decodeSnapSets(d);
  }
  if (v >= 9) {
    map.lastUpChange = UTime.decode(d);
    map.lastInChange = UTime.decode(d);
  }
  if (v >= 10) map.pgUpmapPrimaries = PgTable.decode(d, (d) => d.s32());
}

function decodeOsdPart(d: Decoder, v: number, map: OsdMap): void {
  if (v < 5) throw d.error(`version ${v} is older than any supported release`);
  map.versions.osd = Math.min(v, OSD);
  map.hbBackAddrs = decodeAddrs(d);
  map.osdInfo = d.list(OsdInfo.decode, 25);
  map.blocklist = decodeBlocklist(d);
  map.clusterAddrs = decodeAddrs(d);
  map.clusterSnapshotEpoch = d.u32();
  map.clusterSnapshot = d.string();
  map.osdUuid = d.list(Uuid.decode, 16);
  map.osdXInfo = d.list(OsdXInfo.decode, 14);
  map.hbFrontAddrs = decodeAddrs(d);
  map.nearfullRatio = d.f32();
  map.fullRatio = d.f32();
  map.backfillfullRatio = d.f32();
  map.requireMinCompatClient = d.u8();
  map.requireOsdRelease = d.u8();
  if (v >= 6) map.removedSnapsQueue = decodeSnapSets(d);
  if (v >= 8) map.crushNodeFlags = decodeNumbered(d, 's32', (d) => d.u32());
  if (v >= 9) map.deviceClassFlags = decodeNumbered(d, 's32', (d) => d.u32());
  if (v >= 10) map.stretch = { enabled: d.bool(), bucketCount: d.u32(), degraded: d.u32(), recovering: d.u32(), bucket: d.s32() };
  if (v >= 11) map.rangeBlocklist = decodeBlocklist(d);
}
