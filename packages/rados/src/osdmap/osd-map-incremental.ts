import { crc32c } from '@cephts/async-messenger';
import { Decoder, Encoder, EntityAddr, EntityAddrVec, UTime, Uuid } from '@cephts/encoding';
import type { IntervalSet } from '@cephts/encoding';
import {
  decodeBlocklist,
  decodeInts,
  decodeNumbered,
  decodePairs,
  decodeProfiles,
  decodeSnapSets,
  encodeBlocklist,
  encodeInts,
  encodeNumbered,
  encodePairs,
  encodeProfiles,
  encodeSnapSets,
} from './map-codecs.js';
import type { Blocklist } from './map-codecs.js';
import type { StretchMode } from './osd-map.js';
import { OsdXInfo } from './osd-types.js';
import { PgPool } from './pg-pool.js';
import { PgTable } from './pg-table.js';
import { PgId } from './pg.js';

const WRAPPER = 8;
const CLIENT = 9;
const OSD = 11;
const NO_BYTES = new Uint8Array(0);

/**
 * What changes from one epoch of the OSD map to the next.
 *
 * @see class OSDMap::Incremental in src/osd/OSDMap.cc (16.2.15)
 */
export class OsdMapIncremental {
  fsid: Uuid = Uuid.ZERO;
  epoch = 0;
  modified: UTime = UTime.ZERO;
  /** −1 for unchanged, as the next two. */
  newPoolMax = -1;
  newFlags = -1;
  newMaxOsd = -1;
  /** A whole map in place of all that follows, where it is not empty. */
  fullmap: Uint8Array = NO_BYTES;
  crush: Uint8Array = NO_BYTES;
  newPools: Map<number, PgPool> = new Map();
  newPoolNames: Map<number, string> = new Map();
  oldPools: number[] = [];
  newUpClient: Map<number, EntityAddrVec> = new Map();
  /** Bits to turn over; 0 means "up". */
  newState: Map<number, number> = new Map();
  newWeight: Map<number, number> = new Map();
  /** Empty ones go. */
  newPgTemp: PgTable<number[]> = new PgTable();
  /** −1 goes. */
  newPrimaryTemp: PgTable<number> = new PgTable();
  newPrimaryAffinity: Map<number, number> = new Map();
  newErasureCodeProfiles: Map<string, Map<string, string>> = new Map();
  oldErasureCodeProfiles: string[] = [];
  newPgUpmap: PgTable<number[]> = new PgTable();
  oldPgUpmap: PgId[] = [];
  newPgUpmapItems: PgTable<number[]> = new PgTable();
  oldPgUpmapItems: PgId[] = [];
  newPgUpmapPrimary: PgTable<number> = new PgTable();
  oldPgUpmapPrimary: PgId[] = [];
  newRemovedSnaps: Map<number, IntervalSet> = new Map();
  newPurgedSnaps: Map<number, IntervalSet> = new Map();
  newLastUpChange: UTime = UTime.ZERO;
  newLastInChange: UTime = UTime.ZERO;
  newHbBackUp: Map<number, EntityAddrVec> = new Map();
  newHbFrontUp: Map<number, EntityAddrVec> = new Map();
  newUpCluster: Map<number, EntityAddrVec> = new Map();
  newUpThru: Map<number, number> = new Map();
  newLastCleanInterval: Map<number, readonly [begin: number, end: number]> = new Map();
  newLost: Map<number, number> = new Map();
  newBlocklist: Blocklist = new Map();
  oldBlocklist: EntityAddr[] = [];
  newRangeBlocklist: Blocklist = new Map();
  oldRangeBlocklist: EntityAddr[] = [];
  clusterSnapshot = '';
  newUuid: Map<number, Uuid> = new Map();
  newXInfo: Map<number, OsdXInfo> = new Map();
  encodeFeatures = 0n;
  /** Below 0 for unchanged. */
  newNearfullRatio = -1;
  newFullRatio = -1;
  newBackfillfullRatio = -1;
  /** 0 or 255 for unchanged. */
  newRequireMinCompatClient = 255;
  /** 255 for unchanged. */
  newRequireOsdRelease = 255;
  newCrushNodeFlags: Map<number, number> = new Map();
  newDeviceClassFlags: Map<number, number> = new Map();
  newStretch: StretchMode | undefined = undefined;
  /** Checksum of the whole map that results. */
  fullCrc = 0;
  #clientVersion = 8;
  #osdVersion = 9;

  /** @throws DecodeError, also where the checksum does not fit */
  static decode(bytes: Uint8Array): OsdMapIncremental {
    const d = new Decoder(bytes, 'OSDMap::Incremental');
    const inc = new OsdMapIncremental();
    d.struct(WRAPPER, (d, version) => {
      if (version < 7) throw d.error(`version ${version} is older than any supported release`, 0);
      d.struct(CLIENT, (d, v) => inc.#decodeClient(d, v), 'client part');
      d.struct(OSD, (d, v) => inc.#decodeOsd(d, v), 'OSD part');
      if (version < 8) return;
      const crcAt = d.offset;
      const crc = d.u32();
      inc.fullCrc = d.u32();
      const actual = crc32c(crc32c(0xffffffff, bytes, 0, crcAt), bytes, crcAt + 4);
      if (actual !== crc) throw d.error(`checksum 0x${actual.toString(16)}, expected 0x${crc.toString(16)}`, crcAt);
    });
    d.expectEnd();
    return inc;
  }

  encode(): Uint8Array {
    const e = new Encoder(1024);
    const mark = e.start(WRAPPER, 7);
    this.#encodeClient(e);
    this.#encodeOsd(e);
    const crcAt = e.length;
    e.u32(0).u32(this.fullCrc).finish(mark);
    const bytes = e.view();
    return e.patchU32(crcAt, crc32c(crc32c(0xffffffff, bytes, 0, crcAt), bytes, crcAt + 4)).toBytes();
  }

  #encodeClient(e: Encoder): void {
    const v = this.#clientVersion;
    const mark = e.start(v, 1);
    this.fsid.encode(e);
    e.u32(this.epoch);
    this.modified.encode(e);
    e.s64(this.newPoolMax).s32(this.newFlags).blob(this.fullmap).blob(this.crush).s32(this.newMaxOsd);
    encodeNumbered(e, this.newPools, 'u64', (e, pool) => pool.encode(e));
    encodeNumbered(e, this.newPoolNames, 'u64', (e, name) => e.string(name));
    e.list(this.oldPools, (e, pool) => e.u64(pool));
    encodeNumbered(e, this.newUpClient, 's32', (e, addrs) => addrs.encode(e));
    encodeNumbered(e, this.newState, 's32', (e, state) => e.u32(state));
    encodeNumbered(e, this.newWeight, 's32', (e, weight) => e.u32(weight));
    this.newPgTemp.encode(e, encodeInts);
    this.newPrimaryTemp.encode(e, (e, osd) => e.s32(osd));
    encodeNumbered(e, this.newPrimaryAffinity, 's32', (e, affinity) => e.u32(affinity));
    encodeProfiles(e, this.newErasureCodeProfiles);
    e.list(this.oldErasureCodeProfiles, (e, name) => e.string(name));
    const pgs = (list: readonly PgId[]): void => void e.list(list, (e, pg) => pg.encode(e));
    this.newPgUpmap.encode(e, encodeInts);
    pgs(this.oldPgUpmap);
    this.newPgUpmapItems.encode(e, encodePairs);
    pgs(this.oldPgUpmapItems);
    if (v >= 6) {
      encodeSnapSets(e, this.newRemovedSnaps);
      encodeSnapSets(e, this.newPurgedSnaps);
    }
    if (v >= 8) {
      this.newLastUpChange.encode(e);
      this.newLastInChange.encode(e);
    }
    if (v >= 9) {
      this.newPgUpmapPrimary.encode(e, (e, osd) => e.s32(osd));
      pgs(this.oldPgUpmapPrimary);
    }
    e.finish(mark);
  }

  #encodeOsd(e: Encoder): void {
    const ranges = this.newRangeBlocklist.size + this.oldRangeBlocklist.length > 0;
    // the last two are only there where they are used
    const v = Math.max(this.#osdVersion, this.newStretch ? 10 : 0, ranges ? 11 : 0);
    const mark = e.start(v, 1);
    const addrs = (map: ReadonlyMap<number, EntityAddrVec>): void => encodeNumbered(e, map, 's32', (e, one) => one.encode(e));
    const numbers = (map: ReadonlyMap<number, number>): void => encodeNumbered(e, map, 's32', (e, n) => e.u32(n));
    addrs(this.newHbBackUp);
    numbers(this.newUpThru);
    encodeNumbered(e, this.newLastCleanInterval, 's32', (e, [begin, end]) => e.u32(begin).u32(end));
    numbers(this.newLost);
    encodeBlocklist(e, this.newBlocklist);
    e.list(this.oldBlocklist, (e, addr) => addr.encode(e));
    addrs(this.newUpCluster);
    e.string(this.clusterSnapshot);
    encodeNumbered(e, this.newUuid, 's32', (e, uuid) => uuid.encode(e));
    encodeNumbered(e, this.newXInfo, 's32', (e, info) => info.encode(e));
    addrs(this.newHbFrontUp);
    e.u64big(this.encodeFeatures).f32(this.newNearfullRatio).f32(this.newFullRatio).f32(this.newBackfillfullRatio);
    e.u8(this.newRequireMinCompatClient).u8(this.newRequireOsdRelease);
    if (v >= 8) numbers(this.newCrushNodeFlags);
    if (v >= 9) numbers(this.newDeviceClassFlags);
    if (v >= 10) {
      const stretch = this.newStretch ?? { enabled: false, bucketCount: 0, degraded: 0, recovering: 0, bucket: 0 };
      e.bool(this.newStretch !== undefined)
        .u32(stretch.bucketCount)
        .u32(stretch.degraded)
        .u32(stretch.recovering);
      e.s32(stretch.bucket).bool(stretch.enabled);
    }
    if (v >= 11) {
      encodeBlocklist(e, this.newRangeBlocklist);
      e.list(this.oldRangeBlocklist, (e, addr) => addr.encode(e));
    }
    e.finish(mark);
  }

  #decodeClient(d: Decoder, v: number): void {
    if (v < 5) throw d.error(`version ${v} is older than any supported release`);
    this.#clientVersion = Math.min(v, CLIENT);
    this.fsid = Uuid.decode(d);
    this.epoch = d.u32();
    this.modified = UTime.decode(d);
    this.newPoolMax = d.s64();
    this.newFlags = d.s32();
    this.fullmap = d.blob();
    this.crush = d.blob();
    this.newMaxOsd = d.s32();
    this.newPools = decodeNumbered(d, 'u64', PgPool.decode);
    this.newPoolNames = decodeNumbered(d, 'u64', (d) => d.string());
    this.oldPools = d.list((d) => d.u64(), 8);
    this.newUpClient = decodeNumbered(d, 's32', EntityAddrVec.decode);
    this.newState = decodeNumbered(d, 's32', (d) => d.u32());
    this.newWeight = decodeNumbered(d, 's32', (d) => d.u32());
    this.newPgTemp = PgTable.decode(d, decodeInts);
    this.newPrimaryTemp = PgTable.decode(d, (d) => d.s32());
    this.newPrimaryAffinity = decodeNumbered(d, 's32', (d) => d.u32());
    this.newErasureCodeProfiles = decodeProfiles(d);
    this.oldErasureCodeProfiles = d.list((d) => d.string(), 4);
    const pgs = (): PgId[] => d.list(PgId.decode, 17);
    this.newPgUpmap = PgTable.decode(d, decodeInts);
    this.oldPgUpmap = pgs();
    this.newPgUpmapItems = PgTable.decode(d, decodePairs);
    this.oldPgUpmapItems = pgs();
    if (v >= 6) {
      this.newRemovedSnaps = decodeSnapSets(d);
      this.newPurgedSnaps = decodeSnapSets(d);
    }
    if (v >= 8) {
      this.newLastUpChange = UTime.decode(d);
      this.newLastInChange = UTime.decode(d);
    }
    if (v >= 9) {
      this.newPgUpmapPrimary = PgTable.decode(d, (d) => d.s32());
      this.oldPgUpmapPrimary = pgs();
    }
  }

  #decodeOsd(d: Decoder, v: number): void {
    if (v < 6) throw d.error(`version ${v} is older than any supported release`);
    this.#osdVersion = Math.min(v, OSD);
    const addrs = (): Map<number, EntityAddrVec> => decodeNumbered(d, 's32', EntityAddrVec.decode);
    const numbers = (): Map<number, number> => decodeNumbered(d, 's32', (d) => d.u32());
    this.newHbBackUp = addrs();
    this.newUpThru = numbers();
    this.newLastCleanInterval = decodeNumbered(d, 's32', (d) => [d.u32(), d.u32()] as const);
    this.newLost = numbers();
    this.newBlocklist = decodeBlocklist(d);
    this.oldBlocklist = d.list((d) => EntityAddr.decode(d), 11);
    this.newUpCluster = addrs();
    this.clusterSnapshot = d.string();
    this.newUuid = decodeNumbered(d, 's32', Uuid.decode);
    this.newXInfo = decodeNumbered(d, 's32', OsdXInfo.decode);
    this.newHbFrontUp = addrs();
    this.encodeFeatures = d.u64big();
    this.newNearfullRatio = d.f32();
    this.newFullRatio = d.f32();
    this.newBackfillfullRatio = d.f32();
    this.newRequireMinCompatClient = d.u8();
    this.newRequireOsdRelease = d.u8();
    if (v >= 8) this.newCrushNodeFlags = numbers();
    if (v >= 9) this.newDeviceClassFlags = numbers();
    if (v < 10) return;
    const changes = d.bool();
    const stretch = { enabled: false, bucketCount: d.u32(), degraded: d.u32(), recovering: d.u32(), bucket: d.s32() };
    stretch.enabled = d.bool();
    if (changes) this.newStretch = stretch;
    if (v < 11) return;
    this.newRangeBlocklist = decodeBlocklist(d);
    this.oldRangeBlocklist = d.list((d) => EntityAddr.decode(d), 11);
  }
}
