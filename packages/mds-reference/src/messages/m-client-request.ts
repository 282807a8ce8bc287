import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURE, UTime, decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { capString } from '../types/caps.js';
import {
  CEPH_MDS_FLAG_ASYNC,
  CEPH_MDS_FLAG_REPLAY,
  CEPH_MDS_FLAG_WANT_DENTRY,
  CEPH_O_CREAT,
  CEPH_O_TRUNC,
  CEPH_SETATTR_BTIME,
  CEPH_SETATTR_GID,
  CEPH_SETATTR_MODE,
  CEPH_SETATTR_SIZE,
  CEPH_SETATTR_UID,
} from '../types/ceph-fs.js';
import { FilePath } from '../types/file-path.js';
import { MetaReqId } from '../types/meta-req-id.js';
import { CEPH_MDS_OP_GETATTR, CEPH_MDS_OP_OPEN, CEPH_MDS_OP_SETATTR, CEPH_MDS_OP_WRITE, mdsOpName } from '../types/op-names.js';
import { CEPH_MSG_CLIENT_REQUEST } from './message-types.js';
import { LEGACY_REQUEST_ARGS_SIZE, REQUEST_ARGS_SIZE, RequestArgs } from './request-args.js';

/** Version of ceph_mds_request_head within the message: 2 has 32-bit counts of retries and forwards after the arguments. */
const HEAD_STRUCT_VERSION = 2;
/** What version 3 of later releases adds: its length, and the owner's uid and gid. */
const OWNER_SIZE = 12;
const NO_GIDS: readonly number[] = [];
const NO_RELEASES: readonly RequestRelease[] = [];

/** ceph_mds_request_release: caps, and maybe a dentry lease, a client gives back with a request. */
export class RequestRelease {
  ino = 0;
  capId = 0;
  /** What the client keeps, and what it still wants. */
  caps = 0;
  wanted = 0;
  seq = 0;
  issueSeq = 0;
  mseq = 0;
  dnameSeq = 0;
  /** Entry whose lease is given back, `''` for none. */
  dname = '';

  encode(e: Encoder): void {
    e.u64(this.ino).u64(this.capId).u32(this.caps).u32(this.wanted);
    e.u32(this.seq).u32(this.issueSeq).u32(this.mseq).u32(this.dnameSeq);
    e.string(this.dname); // its length is the last field
  }

  static decode(d: Decoder): RequestRelease {
    const release = new RequestRelease();
    release.ino = d.u64();
    release.capId = d.u64();
    release.caps = d.u32();
    release.wanted = d.u32();
    release.seq = d.u32();
    release.issueSeq = d.u32();
    release.mseq = d.u32();
    release.dnameSeq = d.u32();
    release.dname = d.string();
    return release;
  }
}

/** SnapPayload: metadata of a new snapshot, in the data of its request. */
export function encodeSnapPayload(e: Encoder, metadata: ReadonlyMap<string, string>): void {
  const mark = e.start(1, 1);
  encodeTextMap(e, metadata);
  e.finish(mark);
}

export function decodeSnapPayload(d: Decoder): Map<string, string> {
  const frame = d.start(1, 'SnapPayload');
  const metadata = decodeTextMap(d);
  d.finish(frame, 'SnapPayload');
  return metadata;
}

/**
 * client_request: one operation on the file system, `op` a CEPH_MDS_OP_…. What is long (xattr values, symlink targets' data) is in `data`.
 * @see src/messages/MClientRequest.h (16.2.15)
 */
export class MClientRequest extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_REQUEST;
  readonly type = CEPH_MSG_CLIENT_REQUEST;
  readonly typeName = 'client_request';

  oldestClientTid = 0;
  mdsmapEpoch = 0;
  /** CEPH_MDS_FLAG_… */
  flags = 0;
  numRetry = 0;
  numFwd = 0;
  op: number;
  callerUid = 0;
  callerGid = 0;
  /** Inode number to use, of a replayed create. */
  ino = 0;
  args: RequestArgs;
  path = FilePath.EMPTY;
  path2 = FilePath.EMPTY;
  releases: readonly RequestRelease[] = NO_RELEASES;
  stamp = UTime.ZERO;
  gidList: readonly number[] = NO_GIDS;
  alternateName = '';
  /** Set by the MDS: to be run in clientreplay. */
  queuedForReplay = false;
  #reqid: MetaReqId | undefined;

  constructor(op = 0, args = new RequestArgs()) {
    super();
    this.op = op;
    this.args = args;
  }

  override get headVersion(): number {
    return 5;
  }

  get reqid(): MetaReqId {
    return (this.#reqid ??= new MetaReqId(this.src, this.tid));
  }

  isReplay(): boolean {
    return (this.flags & CEPH_MDS_FLAG_REPLAY) !== 0;
  }

  isAsync(): boolean {
    return (this.flags & CEPH_MDS_FLAG_ASYNC) !== 0;
  }

  isDentryWanted(): boolean {
    return (this.flags & CEPH_MDS_FLAG_WANT_DENTRY) !== 0;
  }

  /** True for what may change the file system. */
  mayWrite(): boolean {
    if ((this.op & CEPH_MDS_OP_WRITE) !== 0) return true;
    return this.op === CEPH_MDS_OP_OPEN && (this.args.open.flags & (CEPH_O_CREAT | CEPH_O_TRUNC)) !== 0;
  }

  encodePayload(e: Encoder, features: bigint): void {
    const legacy = (features & CEPH_FEATURE.FS_BTIME) === 0n;
    if (!legacy) e.u16(HEAD_STRUCT_VERSION);
    e.u64(this.oldestClientTid)
      .u32(this.mdsmapEpoch)
      .u32(this.flags)
      .u8(this.numRetry & 0xff)
      .u8(this.numFwd & 0xff);
    e.u16(this.releases.length).u32(this.op).u32(this.callerUid).u32(this.callerGid).u64(this.ino);
    if (legacy) e.raw(this.args.bytes.subarray(0, LEGACY_REQUEST_ARGS_SIZE));
    else e.raw(this.args.bytes).u32(this.numRetry).u32(this.numFwd);
    this.path.encode(e);
    this.path2.encode(e);
    for (const release of this.releases) release.encode(e);
    this.stamp.encode(e);
    e.u32(this.gidList.length);
    for (const gid of this.gidList) e.u64(gid);
    e.string(this.alternateName);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    const legacy = headVersion < 4;
    const headStruct = legacy ? 0 : d.u16();
    this.oldestClientTid = d.u64();
    this.mdsmapEpoch = d.u32();
    this.flags = d.u32();
    this.numRetry = d.u8();
    this.numFwd = d.u8();
    const numReleases = d.u16();
    this.op = d.u32();
    this.callerUid = d.u32();
    this.callerGid = d.u32();
    this.ino = d.u64();
    this.args = legacy ? this.#decodeLegacyArgs(d) : new RequestArgs(d.raw(REQUEST_ARGS_SIZE));
    if (headStruct >= 2) {
      this.numRetry = d.u32();
      this.numFwd = d.u32();
    }
    if (headStruct >= 3) d.skip(OWNER_SIZE);
    this.path = FilePath.decode(d);
    this.path2 = FilePath.decode(d);
    if (numReleases > 0) this.releases = MClientRequest.#decodeReleases(d, numReleases);
    if (headVersion >= 2) this.stamp = UTime.decode(d);
    if (headVersion >= 4) this.gidList = MClientRequest.#decodeGids(d);
    if (headVersion >= 5) this.alternateName = d.string();
  }

  #decodeLegacyArgs(d: Decoder): RequestArgs {
    const args = new RequestArgs();
    args.bytes.set(d.raw(LEGACY_REQUEST_ARGS_SIZE));
    if (this.op === CEPH_MDS_OP_SETATTR) args.setattr.mask &= ~CEPH_SETATTR_BTIME;
    return args;
  }

  static #decodeReleases(d: Decoder, count: number): RequestRelease[] {
    const releases: RequestRelease[] = [];
    for (let i = 0; i < count; i++) releases.push(RequestRelease.decode(d));
    return releases;
  }

  static #decodeGids(d: Decoder): readonly number[] {
    let left = d.count(8);
    if (left === 0) return NO_GIDS;
    const gids: number[] = [];
    for (; left > 0; left--) gids.push(d.u64());
    return gids;
  }

  override print(): string {
    const parts = [`client_request(${this.src}:${this.tid} ${mdsOpName(this.op)}`];
    if (this.op === CEPH_MDS_OP_GETATTR) parts.push(capString(this.args.getattr.mask));
    if (this.op === CEPH_MDS_OP_SETATTR) parts.push(...this.#printSetattr());
    parts.push(this.path.toString());
    if (this.alternateName !== '') parts.push(`(${this.alternateName}) `);
    if (!this.path2.isEmpty()) parts.push(this.path2.toString());
    if (!this.stamp.isZero()) parts.push(this.stamp.toString());
    if (this.numRetry !== 0) parts.push(`RETRY=${this.numRetry}`);
    if (this.isAsync()) parts.push('ASYNC');
    if (this.isReplay()) parts.push('REPLAY');
    if (this.queuedForReplay) parts.push('QUEUED_FOR_REPLAY');
    const gids = this.gidList.map((gid) => `${gid},`).join('');
    parts.push(`caller_uid=${this.callerUid}, caller_gid=${this.callerGid}{${gids}})`);
    return parts.join(' ');
  }

  #printSetattr(): string[] {
    const { mask, mode, uid, gid, size } = this.args.setattr;
    const parts: string[] = [];
    if (mask & CEPH_SETATTR_MODE) parts.push(`mode=0${mode.toString(8)}`);
    if (mask & CEPH_SETATTR_UID) parts.push(`uid=${uid}`);
    if (mask & CEPH_SETATTR_GID) parts.push(`gid=${gid}`);
    if (mask & CEPH_SETATTR_SIZE) parts.push(`size=${size}`);
    return parts;
  }
}
