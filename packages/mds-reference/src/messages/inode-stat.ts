import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURE, FileLayout, FragTree, UTime, decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import { CEPH_INLINE_NONE, CEPH_NOSNAP } from '../types/ceph-fs.js';
import { QuotaInfo } from '../types/quota-info.js';

/**
 * Features to pass for a session whose client has CEPHFS_FEATURE_REPLY_ENCODING: the traces of its replies are versioned structs. Others
 * get what the features of their connection say.
 */
export const REPLY_ENCODING = 0xffff_ffff_ffff_ffffn;

const EMPTY = new Uint8Array(0);
const NO_METADATA: ReadonlyMap<string, string> = new Map();

/**
 * What a reply tells a client about an inode, the caps it gets with it included.
 *
 * xattrs are `xattrbl`, an encoded map (see `encodeXattrs`), empty where they are not told.
 * @see src/messages/MClientReply.h InodeStat, src/mds/CInode.cc encode_inodestat (16.2.15)
 */
export class InodeStat {
  ino = 0;
  snapid = CEPH_NOSNAP;
  rdev = 0;
  version = 0;
  xattrVersion = 0;
  /** The cap: what is issued, what the MDS thinks is wanted, its id and sequence numbers, the snap realm, CEPH_CAP_FLAG_…. */
  caps = 0;
  wanted = 0;
  capId = 0;
  capSeq = 0;
  capMseq = 0;
  capRealm = 0;
  capFlags = 0;
  layout = FileLayout.NONE;
  ctime = UTime.ZERO;
  mtime = UTime.ZERO;
  atime = UTime.ZERO;
  btime = UTime.ZERO;
  snapBtime = UTime.ZERO;
  timeWarpSeq = 0;
  size = 0;
  maxSize = 0;
  truncateSize = 0n;
  truncateSeq = 0;
  mode = 0;
  uid = 0;
  gid = 0;
  nlink = 0;
  nfiles = 0;
  nsubdirs = 0;
  rbytes = 0;
  rfiles = 0;
  rsubdirs = 0;
  rctime = UTime.ZERO;
  rsnaps = 0;
  dirfragtree = new FragTree();
  symlink = '';
  /** Hash of names, of a directory. */
  dirHash = 0;
  xattrbl: Uint8Array = EMPTY;
  inlineVersion = CEPH_INLINE_NONE;
  inlineData: Uint8Array = EMPTY;
  quota = QuotaInfo.NONE;
  changeAttr = 0;
  dirPin = MDS_RANK_NONE;
  snapMetadata = NO_METADATA;
  fscrypt = false;

  encode(e: Encoder, features: bigint = REPLY_ENCODING): void {
    if (features !== REPLY_ENCODING) {
      this.#encodeCommon(e);
      this.#encodeOptional(e, features);
      return;
    }
    const mark = e.start(6, 1);
    this.#encodeCommon(e);
    e.u8(this.dirHash).u8(0).u16(0).u32(0);
    e.blob(this.xattrbl);
    e.u64big(this.inlineVersion).blob(this.inlineData);
    this.quota.encode(e);
    e.string(this.layout.poolNs);
    this.btime.encode(e);
    e.u64(this.changeAttr);
    e.s32(this.dirPin);
    this.snapBtime.encode(e);
    e.u64(this.rsnaps);
    encodeTextMap(e, this.snapMetadata);
    e.bool(this.fscrypt);
    e.finish(mark);
  }

  #encodeCommon(e: Encoder): void {
    e.u64(this.ino).u64big(this.snapid).u32(this.rdev).u64(this.version).u64(this.xattrVersion);
    e.u32(this.caps).u32(this.wanted).u64(this.capId).u32(this.capSeq).u32(this.capMseq).u64(this.capRealm).u8(this.capFlags);
    this.layout.encodeLegacy(e);
    this.ctime.encode(e);
    this.mtime.encode(e);
    this.atime.encode(e);
    e.u32(this.timeWarpSeq).u64(this.size).u64(this.maxSize).u64big(this.truncateSize).u32(this.truncateSeq);
    e.u32(this.mode).u32(this.uid).u32(this.gid).u32(this.nlink);
    e.s64(this.nfiles).s64(this.nsubdirs);
    e.s64(this.rbytes).s64(this.rfiles).s64(this.rsubdirs);
    this.rctime.encode(e);
    this.dirfragtree.encode(e);
    e.string(this.symlink);
  }

  #encodeOptional(e: Encoder, features: bigint): void {
    if (features & CEPH_FEATURE.DIRLAYOUTHASH) e.u8(this.dirHash).u8(0).u16(0).u32(0);
    e.blob(this.xattrbl);
    if (features & CEPH_FEATURE.MDS_INLINE_DATA) e.u64big(this.inlineVersion).blob(this.inlineData);
    if (features & CEPH_FEATURE.MDS_QUOTA) this.quota.encode(e);
    if (features & CEPH_FEATURE.FS_FILE_LAYOUT_V2) e.string(this.layout.poolNs);
    if (features & CEPH_FEATURE.FS_BTIME) {
      this.btime.encode(e);
      e.u64(this.changeAttr);
    }
  }

  static decode(d: Decoder, features: bigint = REPLY_ENCODING): InodeStat {
    const stat = new InodeStat();
    if (features !== REPLY_ENCODING) {
      stat.#decodeCommon(d);
      stat.#decodeOptional(d, features);
      return stat;
    }
    const frame = d.start(6, 'InodeStat');
    stat.#decodeCommon(d);
    stat.#decodeDirLayout(d);
    stat.xattrbl = d.blob();
    stat.inlineVersion = d.u64big();
    stat.inlineData = d.blob();
    stat.quota = QuotaInfo.decode(d);
    stat.#setPoolNs(d.string());
    stat.btime = UTime.decode(d);
    stat.changeAttr = d.u64();
    if (frame.version >= 2) stat.dirPin = d.s32();
    if (frame.version >= 3) stat.snapBtime = UTime.decode(d);
    if (frame.version >= 4) stat.rsnaps = d.u64();
    if (frame.version >= 5) stat.snapMetadata = decodeTextMap(d);
    if (frame.version >= 6) stat.fscrypt = d.bool();
    d.finish(frame, 'InodeStat');
    return stat;
  }

  #decodeCommon(d: Decoder): void {
    this.ino = d.u64();
    this.snapid = d.u64big();
    this.rdev = d.u32();
    this.version = d.u64();
    this.xattrVersion = d.u64();
    this.caps = d.u32();
    this.wanted = d.u32();
    this.capId = d.u64();
    this.capSeq = d.u32();
    this.capMseq = d.u32();
    this.capRealm = d.u64();
    this.capFlags = d.u8();
    this.layout = FileLayout.decodeLegacy(d);
    this.ctime = UTime.decode(d);
    this.mtime = UTime.decode(d);
    this.atime = UTime.decode(d);
    this.timeWarpSeq = d.u32();
    this.size = d.u64();
    this.maxSize = d.u64();
    this.truncateSize = d.u64big();
    this.truncateSeq = d.u32();
    this.mode = d.u32();
    this.uid = d.u32();
    this.gid = d.u32();
    this.nlink = d.u32();
    this.nfiles = d.s64();
    this.nsubdirs = d.s64();
    this.rbytes = d.s64();
    this.rfiles = d.s64();
    this.rsubdirs = d.s64();
    this.rctime = UTime.decode(d);
    this.dirfragtree = FragTree.decode(d);
    this.symlink = d.string();
  }

  #decodeDirLayout(d: Decoder): void {
    this.dirHash = d.u8();
    d.skip(7);
  }

  #setPoolNs(poolNs: string): void {
    if (poolNs === '') return;
    const { stripeUnit, stripeCount, objectSize, poolId } = this.layout;
    this.layout = new FileLayout(stripeUnit, stripeCount, objectSize, poolId, poolNs);
  }

  #decodeOptional(d: Decoder, features: bigint): void {
    if (features & CEPH_FEATURE.DIRLAYOUTHASH) this.#decodeDirLayout(d);
    this.xattrbl = d.blob();
    if (features & CEPH_FEATURE.MDS_INLINE_DATA) {
      this.inlineVersion = d.u64big();
      this.inlineData = d.blob();
    }
    if (features & CEPH_FEATURE.MDS_QUOTA) this.quota = QuotaInfo.decode(d);
    if (features & CEPH_FEATURE.FS_FILE_LAYOUT_V2) this.#setPoolNs(d.string());
    if (features & CEPH_FEATURE.FS_BTIME) {
      this.btime = UTime.decode(d);
      this.changeAttr = d.u64();
    }
  }
}
