import { Uuid } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MSG_POOLOP, CEPH_MSG_POOLOP_REPLY } from '../message-types.js';
import { PaxosServiceMessage } from '../paxos-service-message.js';

/** @see src/include/ceph_fs.h (16.2.15) */
export const POOL_OP = {
  CREATE_SNAP: 0x11,
  DELETE_SNAP: 0x12,
  CREATE_UNMANAGED_SNAP: 0x21,
  DELETE_UNMANAGED_SNAP: 0x22,
} as const;

/** poolop: makes and removes snapshots of a pool. @see src/messages/MPoolOp.h (16.2.15) */
export class MPoolOp extends PaxosServiceMessage {
  static readonly TYPE = CEPH_MSG_POOLOP;
  readonly type = CEPH_MSG_POOLOP;
  readonly typeName = 'poolop';

  fsid: Uuid = Uuid.ZERO;
  pool = 0;
  op = 0;
  snapid = 0;
  name = '';

  override get headVersion(): number {
    return 4;
  }

  override get compatVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.u32(this.pool).u32(this.op).u64(0).u64(this.snapid).string(this.name).u8(0).u16(0);
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.pool = d.u32();
    this.op = d.u32();
    d.skip(8);
    this.snapid = d.u64();
    this.name = d.string();
  }
}

/** poolop_reply. @see src/messages/MPoolOpReply.h (16.2.15) */
export class MPoolOpReply extends PaxosServiceMessage {
  static readonly TYPE = CEPH_MSG_POOLOP_REPLY;
  readonly type = CEPH_MSG_POOLOP_REPLY;
  readonly typeName = 'poolop_reply';

  fsid: Uuid = Uuid.ZERO;
  /** 0 or −errno. */
  replyCode = 0;
  /** Of the OSD map that shows the change. */
  epoch = 0;
  responseData: Uint8Array | undefined = undefined;

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.s32(this.replyCode)
      .u32(this.epoch)
      .bool(this.responseData !== undefined);
    if (this.responseData) e.blob(this.responseData);
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.replyCode = d.s32();
    this.epoch = d.u32();
    if (d.bool()) this.responseData = d.blob().slice();
  }
}
