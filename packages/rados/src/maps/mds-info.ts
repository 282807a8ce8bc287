import type { Decoder, Encoder } from '@cephts/encoding';
import {
  CEPH_FEATURE,
  CEPH_FEATURES_ALL,
  CompatSet,
  EntityAddrVec,
  UTime,
  decodeS32Set,
  encodeS32Set,
  hasFeature,
} from '@cephts/encoding';
import { dumpAddrVec, dumpCompat, legacyString } from './dump.js';
import { FS_CLUSTER_ID_NONE, MDS_RANK_NONE } from './mds-constants.js';
import { mdsCompatSetAll } from './mds-features.js';
import { MDS_STATE_CLIENTREPLAY, MDS_STATE_REPLAY, MDS_STATE_STANDBY, mdsStateName } from './mds-state.js';

/**
 * MDSMap::mds_info_t: one MDS daemon in a map.
 * @see src/mds/MDSMap.{h,cc} (16.2.15)
 */
export class MdsInfo {
  static readonly FROZEN = 1n;

  globalId = 0;
  name = '';
  rank = MDS_RANK_NONE;
  inc = 0;
  /** MDS_STATE_… */
  state = MDS_STATE_STANDBY;
  stateSeq = 0;
  addrs = EntityAddrVec.EMPTY;
  /** Zero where it is not laggy. */
  laggySince = UTime.ZERO;
  exportTargets = new Set<number>();
  joinFscid = FS_CLUSTER_ID_NONE;
  mdsFeatures = 0n;
  flags = 0n;
  compat = new CompatSet();
  /** Version it came in; newest on a new one. A map goes out as it came in. */
  structVersion = 10;

  isLaggy(): boolean {
    return !this.laggySince.isZero();
  }

  isDegraded(): boolean {
    return this.state >= MDS_STATE_REPLAY && this.state <= MDS_STATE_CLIENTREPLAY;
  }

  isFrozen(): boolean {
    return (this.flags & MdsInfo.FROZEN) !== 0n;
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const version = hasFeature(features, CEPH_FEATURE.SERVER_NAUTILUS) ? this.structVersion : 7;
    const mark = e.start(version, 4);
    e.u64(this.globalId).string(this.name).s32(this.rank).s32(this.inc).s32(this.state).u64(this.stateSeq);
    if (version < 8) this.addrs.legacyAddr().encode(e, features);
    else this.addrs.encode(e, features);
    this.laggySince.encode(e);
    e.s32(MDS_RANK_NONE).string(''); // rank and name it once stood by for
    encodeS32Set(e, this.exportTargets);
    e.u64big(this.mdsFeatures).s32(this.joinFscid).u8(0);
    if (version >= 9) e.u64big(this.flags);
    if (version >= 10) this.compat.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsInfo {
    const frame = d.start(10, 'mds_info_t');
    const { version } = frame;
    if (version < 7) throw d.error(`version ${version} is older than any supported release`);
    const info = new MdsInfo();
    info.structVersion = Math.min(version, 10);
    info.globalId = d.u64();
    info.name = d.string();
    info.rank = d.s32();
    info.inc = d.s32();
    info.state = d.s32();
    info.stateSeq = d.u64();
    info.addrs = EntityAddrVec.decode(d);
    info.laggySince = UTime.decode(d);
    d.skip(4);
    d.blob();
    info.exportTargets = decodeS32Set(d);
    info.mdsFeatures = d.u64big();
    info.joinFscid = d.s32();
    d.skip(1);
    if (version >= 9) info.flags = d.u64big();
    info.compat = version >= 10 ? CompatSet.decode(d) : mdsCompatSetAll();
    d.finish(frame, 'mds_info_t');
    return info;
  }

  /** As `ceph fs dump` shows it. */
  dump(): Record<string, unknown> {
    return {
      gid: this.globalId,
      name: this.name,
      rank: this.rank,
      incarnation: this.inc,
      state: mdsStateName(this.state),
      state_seq: this.stateSeq,
      addr: legacyString(this.addrs),
      addrs: dumpAddrVec(this.addrs),
      join_fscid: this.joinFscid,
      export_targets: [...this.exportTargets],
      features: this.mdsFeatures,
      flags: this.flags,
      compat: dumpCompat(this.compat),
    };
  }

  toString(): string {
    const laggy = this.isLaggy() ? ` laggy since ${this.laggySince}` : '';
    return `[mds.${this.name}{${this.rank}:${this.globalId}} state ${mdsStateName(this.state)} seq ${this.stateSeq}${laggy} addr ${this.addrs}]`;
  }
}
