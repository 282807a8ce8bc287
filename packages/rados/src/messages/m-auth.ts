import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MSG_AUTH, CEPH_MSG_AUTH_REPLY } from './message-types.js';
import { PaxosServiceMessage } from './paxos-service-message.js';

const EMPTY = new Uint8Array(0);

/** auth: asks a monitor for tickets, within a session. @see src/messages/MAuth.h (16.2.15) */
export class MAuth extends PaxosServiceMessage {
  static readonly TYPE = CEPH_MSG_AUTH;
  readonly type = CEPH_MSG_AUTH;
  readonly typeName = 'auth';

  /** AUTH_METHOD.… */
  protocol: number;
  payload: Uint8Array;
  monmapEpoch = 0;

  constructor(protocol = 0, payload: Uint8Array = EMPTY) {
    super();
    this.protocol = protocol;
    this.payload = payload;
  }

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    e.u32(this.protocol).blob(this.payload).u32(this.monmapEpoch);
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.protocol = d.u32();
    this.payload = d.blob().slice();
    this.monmapEpoch = d.remaining >= 4 ? d.u32() : 0;
  }

  override print(): string {
    return `auth(proto ${this.protocol} ${this.payload.length} bytes epoch ${this.monmapEpoch})`;
  }
}

/** auth_reply. @see src/messages/MAuthReply.h (16.2.15) */
export class MAuthReply extends Message {
  static readonly TYPE = CEPH_MSG_AUTH_REPLY;
  readonly type = CEPH_MSG_AUTH_REPLY;
  readonly typeName = 'auth_reply';

  protocol = 0;
  /** 0 or a negative errno. */
  result = 0;
  globalId = 0;
  payload: Uint8Array = EMPTY;
  resultMsg = '';

  encodePayload(e: Encoder): void {
    e.u32(this.protocol).s32(this.result).u64(this.globalId).blob(this.payload).string(this.resultMsg);
  }

  decodePayload(d: Decoder): void {
    this.protocol = d.u32();
    this.result = d.s32();
    this.globalId = d.u64();
    this.payload = d.blob().slice();
    this.resultMsg = d.string();
  }

  override print(): string {
    return `auth_reply(proto ${this.protocol} ${this.result} ${this.resultMsg})`;
  }
}
