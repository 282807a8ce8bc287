import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURE, FileLayout, UTime } from '@cephts/encoding';
import { capString } from '../types/caps.js';
import { CEPH_INLINE_NONE } from '../types/ceph-fs.js';
import { CEPH_CAP_OP_EXPORT, CEPH_CAP_OP_IMPORT, capOpName } from '../types/op-names.js';
import { CEPH_MSG_CLIENT_CAPS } from './message-types.js';

const HEAD_VERSION = 11;
const EMPTY = new Uint8Array(0);
/** ceph_mds_caps_non_export_body less ceph_mds_caps_export_body. */
const EXPORT_PADDING = 84 - 21;

/** ceph_mds_cap_peer: the cap at the other MDS when it moves. */
export interface CapPeer {
  capId: number;
  seq: number;
  mseq: number;
  mds: number;
  flags: number;
}

function encodePeer(e: Encoder, peer: CapPeer): void {
  e.u64(peer.capId).u32(peer.seq).u32(peer.mseq).s32(peer.mds).u8(peer.flags);
}

function decodePeer(d: Decoder): CapPeer {
  const capId = d.u64();
  const seq = d.u32();
  const mseq = d.u32();
  const mds = d.s32();
  return { capId, seq, mseq, mds, flags: d.u8() };
}

/**
 * client_caps: grants, revokes, flushes and updates of a client's caps on an inode, both ways; `op` is a CEPH_CAP_OP_…. xattrs travel in
 * `middle`.
 * @see src/messages/MClientCaps.h (16.2.15)
 */
export class MClientCaps extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_CAPS;
  static readonly FLAG_SYNC = 1;
  static readonly FLAG_PENDING_CAPSNAP = 4;
  readonly type = CEPH_MSG_CLIENT_CAPS;
  readonly typeName = 'client_caps';

  op: number;
  ino: number;
  realm: number;
  capId: number;
  /** Of the cap (the message's own is `seq`). */
  capSeq: number;
  issueSeq = 0;
  caps: number;
  wanted: number;
  dirty: number;
  migrateSeq: number;
  snapFollows = 0n;
  uid = 0;
  gid = 0;
  mode = 0;
  nlink = 0;
  xattrVersion = 0;
  size = 0;
  maxSize = 0;
  truncateSize = 0n;
  truncateSeq = 0;
  mtime = UTime.ZERO;
  atime = UTime.ZERO;
  ctime = UTime.ZERO;
  btime = UTime.ZERO;
  layout = FileLayout.NONE;
  timeWarpSeq = 0;
  changeAttr = 0;
  /** −1 where they are not told. */
  nfiles = -1;
  nsubdirs = -1;
  peer: CapPeer = { capId: 0, seq: 0, mseq: 0, mds: 0, flags: 0 };
  snapbl: Uint8Array = EMPTY;
  xattrbl: Uint8Array = EMPTY;
  flockbl: Uint8Array = EMPTY;
  inlineVersion = 0n;
  inlineData: Uint8Array = EMPTY;
  osdEpochBarrier: number;
  oldestFlushTid = 0;
  callerUid = 0;
  callerGid = 0;
  flags = 0;
  #headVersion = HEAD_VERSION;

  constructor(
    op = 0,
    ino = 0,
    realm = 0,
    capId = 0,
    capSeq = 0,
    caps = 0,
    wanted = 0,
    dirty = 0,
    migrateSeq = 0,
    osdEpochBarrier = 0,
  ) {
    super();
    this.op = op;
    this.ino = ino;
    this.realm = realm;
    this.capId = capId;
    this.capSeq = capSeq;
    this.caps = caps;
    this.wanted = wanted;
    this.dirty = dirty;
    this.migrateSeq = migrateSeq;
    this.osdEpochBarrier = osdEpochBarrier;
  }

  /** Lower after encoding for a peer that lacks features. */
  override get headVersion(): number {
    return this.#headVersion;
  }

  /** The tid of a flush. */
  get clientTid(): number {
    return this.tid;
  }

  isDirstatValid(): boolean {
    return this.nfiles !== -1 || this.nsubdirs !== -1;
  }

  encodePayload(e: Encoder, features: bigint): void {
    this.#headVersion = HEAD_VERSION;
    e.u32(this.op).u64(this.ino).u64(this.realm).u64(this.capId).u32(this.capSeq).u32(this.issueSeq);
    e.u32(this.caps).u32(this.wanted).u32(this.dirty).u32(this.migrateSeq).u64big(this.snapFollows).u32(this.snapbl.length);
    e.u32(this.uid).u32(this.gid).u32(this.mode).u32(this.nlink).u32(this.xattrbl.length).u64(this.xattrVersion);
    if (this.op === CEPH_CAP_OP_EXPORT) {
      encodePeer(e, this.peer);
      e.zeros(EXPORT_PADDING);
    } else this.#encodeBody(e);
    e.raw(this.snapbl);
    this.middle = this.xattrbl;
    if ((features & CEPH_FEATURE.FLOCK) === 0n) {
      this.#headVersion = 1;
      return;
    }
    e.blob(this.flockbl);
    if ((features & CEPH_FEATURE.EXPORT_PEER) === 0n) {
      this.#headVersion = 2;
      return;
    }
    if (this.op === CEPH_CAP_OP_IMPORT) encodePeer(e, this.peer);
    e.u64big(this.inlineVersion).blob((features & CEPH_FEATURE.MDS_INLINE_DATA) !== 0n ? this.inlineData : EMPTY);
    e.u32(this.osdEpochBarrier).u64(this.oldestFlushTid).u32(this.callerUid).u32(this.callerGid);
    e.string(this.layout.poolNs);
    this.btime.encode(e);
    e.u64(this.changeAttr).u32(this.flags).s64(this.nfiles).s64(this.nsubdirs);
  }

  #encodeBody(e: Encoder): void {
    e.u64(this.size).u64(this.maxSize).u64big(this.truncateSize).u32(this.truncateSeq);
    this.mtime.encode(e);
    this.atime.encode(e);
    this.ctime.encode(e);
    this.layout.encodeLegacy(e);
    e.u32(this.timeWarpSeq);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.#headVersion = Math.min(headVersion, HEAD_VERSION);
    this.op = d.u32();
    this.ino = d.u64();
    this.realm = d.u64();
    this.capId = d.u64();
    this.capSeq = d.u32();
    this.issueSeq = d.u32();
    this.caps = d.u32();
    this.wanted = d.u32();
    this.dirty = d.u32();
    this.migrateSeq = d.u32();
    this.snapFollows = d.u64big();
    const snapLength = d.u32();
    this.uid = d.u32();
    this.gid = d.u32();
    this.mode = d.u32();
    this.nlink = d.u32();
    const at = d.offset;
    const xattrLength = d.u32();
    this.xattrVersion = d.u64();
    if (xattrLength !== this.middle.length) throw d.error(`${xattrLength} bytes of xattrs claimed, ${this.middle.length} came`, at);
    this.xattrbl = this.middle;
    if (this.op === CEPH_CAP_OP_EXPORT) {
      this.peer = decodePeer(d);
      d.skip(EXPORT_PADDING);
    } else this.#decodeBody(d);
    this.snapbl = d.raw(snapLength);
    if (headVersion >= 2) this.flockbl = d.blob();
    if (headVersion >= 3 && this.op === CEPH_CAP_OP_IMPORT) this.peer = decodePeer(d);
    this.#decodeTail(d, headVersion);
  }

  #decodeBody(d: Decoder): void {
    this.size = d.u64();
    this.maxSize = d.u64();
    this.truncateSize = d.u64big();
    this.truncateSeq = d.u32();
    this.mtime = UTime.decode(d);
    this.atime = UTime.decode(d);
    this.ctime = UTime.decode(d);
    this.layout = FileLayout.decodeLegacy(d);
    this.timeWarpSeq = d.u32();
  }

  #decodeTail(d: Decoder, headVersion: number): void {
    this.inlineVersion = headVersion >= 4 ? d.u64big() : CEPH_INLINE_NONE;
    if (headVersion >= 4) this.inlineData = d.blob();
    if (headVersion >= 5) this.osdEpochBarrier = d.u32();
    if (headVersion >= 6) this.oldestFlushTid = d.u64();
    if (headVersion >= 7) {
      this.callerUid = d.u32();
      this.callerGid = d.u32();
    }
    if (headVersion >= 8) {
      const { stripeUnit, stripeCount, objectSize, poolId } = this.layout;
      const poolNs = d.string();
      if (poolNs !== '') this.layout = new FileLayout(stripeUnit, stripeCount, objectSize, poolId, poolNs);
    }
    if (headVersion >= 9) {
      this.btime = UTime.decode(d);
      this.changeAttr = d.u64();
    }
    if (headVersion >= 10) this.flags = d.u32();
    if (headVersion >= 11) {
      this.nfiles = d.s64();
      this.nsubdirs = d.s64();
    }
  }

  override print(): string {
    const tid = this.tid !== 0 ? ` tid ${this.tid}` : '';
    const mseq = this.migrateSeq !== 0 ? ` mseq ${this.migrateSeq}` : '';
    const truncate = this.truncateSeq !== 0 ? ` ts ${this.truncateSeq}/${this.truncateSize}` : '';
    const warp = this.timeWarpSeq !== 0 ? ` tws ${this.timeWarpSeq}` : '';
    const xattrs = this.xattrVersion !== 0 ? ` xattrs(v=${this.xattrVersion} l=${this.xattrbl.length})` : '';
    const caps = `caps=${capString(this.caps)} dirty=${capString(this.dirty)} wanted=${capString(this.wanted)}`;
    const head = `${capOpName(this.op)} ino 0x${this.ino.toString(16)} ${this.capId} seq ${this.capSeq}${tid}`;
    const times = `mtime ${this.mtime}${warp}`;
    return `client_caps(${head} ${caps} follows ${this.snapFollows}${mseq} size ${this.size}/${this.maxSize}${truncate} ${times}${xattrs})`;
  }
}
