import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EntityAddrVec } from '@cephts/encoding';
import { CEPH_MSG_CLIENT_RECLAIM, CEPH_MSG_CLIENT_RECLAIM_REPLY } from './message-types.js';

/**
 * client_reclaim: a client wants what another one (itself before it died) held.
 * @see src/messages/MClientReclaim.h (16.2.15)
 */
export class MClientReclaim extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_RECLAIM;
  static readonly FLAG_FINISH = 0x8000_0000;
  readonly type = CEPH_MSG_CLIENT_RECLAIM;
  readonly typeName = 'client_reclaim';

  uuid: string;
  /** CEPH_RECLAIM_RESET, FLAG_FINISH */
  flags: number;

  constructor(uuid = '', flags = 0) {
    super();
    this.uuid = uuid;
    this.flags = flags;
  }

  encodePayload(e: Encoder): void {
    e.string(this.uuid).u32(this.flags);
  }

  decodePayload(d: Decoder): void {
    this.uuid = d.string();
    this.flags = d.u32();
  }

  override print(): string {
    return `client_reclaim(${this.uuid} flags 0x${this.flags.toString(16)})`;
  }
}

/** client_reclaim_reply. @see src/messages/MClientReclaimReply.h (16.2.15) */
export class MClientReclaimReply extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_RECLAIM_REPLY;
  readonly type = CEPH_MSG_CLIENT_RECLAIM_REPLY;
  readonly typeName = 'client_reclaim_reply';

  result: number;
  epoch: number;
  addrs = EntityAddrVec.EMPTY;

  constructor(result = 0, epoch = 0) {
    super();
    this.result = result;
    this.epoch = epoch;
  }

  encodePayload(e: Encoder, features: bigint): void {
    e.s32(this.result).u32(this.epoch);
    this.addrs.encode(e, features);
  }

  decodePayload(d: Decoder): void {
    this.result = d.s32();
    this.epoch = d.u32();
    this.addrs = EntityAddrVec.decode(d);
  }

  override print(): string {
    return `client_reclaim_reply(${this.result} e ${this.epoch})`;
  }
}
