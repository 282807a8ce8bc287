import { Message } from '@cephts/async-messenger';
import { RawObjectLocator, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_NOSNAP } from '../../osdmap/hobject.js';
import { OsdReqId } from '../../osdmap/osd-types.js';
import { PgId, SpgId } from '../../osdmap/pg.js';
import { CEPH_MSG_OSD_OP } from '../message-types.js';
import { OSD_OP } from './osd-op-codes.js';
import { joinInputs, OsdOp } from './osd-op.js';
import type { OsdOpArgs } from './osd-op.js';

// What a message has before it is told otherwise: one for all, as none of them ever changes.
const NO_PG = new SpgId(new PgId(0, 0));
const NO_REQID = new OsdReqId();
const NO_LOCATOR = new RawObjectLocator();
const NO_OPS: readonly OsdOp[] = [];
const NO_SNAPS: readonly number[] = [];

/** Trace, span and parent, of nobody's. */
const TRACE_BYTES = 24;

const XATTR = new Set<number>([OSD_OP.GETXATTR, OSD_OP.SETXATTR, OSD_OP.RMXATTR, OSD_OP.CMPXATTR]);
const EXTENT = new Set<number>([
  OSD_OP.READ,
  OSD_OP.SPARSE_READ,
  OSD_OP.SYNC_READ,
  OSD_OP.MAPEXT,
  OSD_OP.WRITE,
  OSD_OP.WRITEFULL,
  OSD_OP.TRUNCATE,
  OSD_OP.ZERO,
  OSD_OP.APPEND,
  OSD_OP.CMPEXT,
  OSD_OP.DELETE,
]);

function argsOf(code: number): OsdOpArgs {
  if (XATTR.has(code)) return 'xattr';
  if (EXTENT.has(code)) return 'extent';
  if (code === OSD_OP.CALL) return 'cls';
  return code === OSD_OP.WATCH ? 'watch' : 'pair';
}

/** osd_op: one operation on one object, or on a placement group. @see src/messages/MOSDOp.h (16.2.15) */
export class MOSDOp extends Message {
  static readonly TYPE = CEPH_MSG_OSD_OP;
  readonly type = CEPH_MSG_OSD_OP;
  readonly typeName = 'osd_op';

  pgid: SpgId = NO_PG;
  /** The whole hash of the name. */
  hash = 0;
  osdmapEpoch = 0;
  /** OSD_FLAG bits. */
  flags = 0;
  reqid: OsdReqId = NO_REQID;
  clientInc = 0;
  mtime: UTime = UTime.ZERO;
  locator: RawObjectLocator = NO_LOCATOR;
  oid = '';
  ops: readonly OsdOp[] = NO_OPS;
  snap: bigint = CEPH_NOSNAP;
  snapSeq = 0;
  snaps: readonly number[] = NO_SNAPS;
  /** 0 for the first time. */
  retryAttempt = 0;
  features = 0n;

  override get headVersion(): number {
    return 8;
  }

  override get compatVersion(): number {
    return 3;
  }

  encodePayload(e: Encoder, features: bigint): void {
    this.data = joinInputs(this.ops);
    this.pgid.encode(e);
    e.u32(this.hash).u32(this.osdmapEpoch).u32(this.flags);
    this.reqid.encode(e);
    e.zeros(TRACE_BYTES).u32(this.clientInc);
    this.mtime.encode(e);
    this.locator.encode(e);
    e.string(this.oid).u16(this.ops.length);
    for (const op of this.ops) op.encode(e);
    e.u64big(this.snap).u64(this.snapSeq).u32(this.snaps.length);
    for (const snap of this.snaps) e.u64(snap);
    e.s32(this.retryAttempt).u64big(features);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    if (headVersion < 8) throw d.error(`osd_op version ${headVersion} is older than any supported release`);
    this.pgid = SpgId.decode(d);
    this.hash = d.u32();
    this.osdmapEpoch = d.u32();
    this.flags = d.u32();
    this.reqid = OsdReqId.decode(d);
    d.skip(TRACE_BYTES);
    this.clientInc = d.u32();
    this.mtime = UTime.decode(d);
    this.locator = RawObjectLocator.decode(d);
    this.oid = d.string();
    const ops: OsdOp[] = [];
    let at = 0;
    for (let left = d.u16(); left > 0; left--) {
      const { op, length } = OsdOp.decode(d, argsOf);
      if (at + length > this.data.length) throw d.error(`step claims ${length} of ${this.data.length - at} bytes of data`);
      op.indata = this.data.subarray(at, at + length);
      at += length;
      ops.push(op);
    }
    this.ops = ops;
    this.snap = d.u64big();
    this.snapSeq = d.u64();
    this.snaps = d.list((d) => d.u64(), 8);
    this.retryAttempt = d.s32();
    this.features = d.u64big();
  }

  override print(): string {
    const retry = this.retryAttempt > 0 ? ` RETRY=${this.retryAttempt}` : '';
    return `osd_op(${String(this.pgid)} ${this.oid} [${this.ops.join(',')}]${retry} e${this.osdmapEpoch})`;
  }
}
