import { Message } from '@cephts/async-messenger';
import { errnoName } from '@cephts/common';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MDS_OP_WRITE } from '../types/op-names.js';
import type { MClientRequest } from './m-client-request.js';
import { CEPH_MSG_CLIENT_REPLY } from './message-types.js';

const EMPTY = new Uint8Array(0);

/**
 * client_reply: the answer to a client_request. `trace`, `extra` and `snapbl` are encoded by whoever knows what is in them: see
 * {@link decodeReplyTrace} and {@link decodeReaddirPage}.
 * @see src/messages/MClientReply.h (16.2.15)
 */
export class MClientReply extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_REPLY;
  readonly type = CEPH_MSG_CLIENT_REPLY;
  readonly typeName = 'client_reply';

  op = 0;
  /** 0 or −errno. */
  result: number;
  mdsmapEpoch = 0;
  /** False where the journal does not hold it yet; a safe reply follows. */
  safe = true;
  /** Whether the trace has the entry, and the inode. */
  isDentry = false;
  isTarget = false;
  trace: Uint8Array = EMPTY;
  extra: Uint8Array = EMPTY;
  /** Snap trace of the target's realm. */
  snapbl: Uint8Array = EMPTY;

  /** @param request what it answers: gives op and tid */
  constructor(request?: MClientRequest, result = 0) {
    super();
    this.result = result;
    if (request !== undefined) {
      this.op = request.op;
      this.tid = request.tid;
    }
  }

  encodePayload(e: Encoder): void {
    e.u32(this.op).s32(this.result).u32(this.mdsmapEpoch);
    e.u8(this.safe ? 1 : 0)
      .u8(this.isDentry ? 1 : 0)
      .u8(this.isTarget ? 1 : 0);
    e.blob(this.trace).blob(this.extra).blob(this.snapbl);
  }

  decodePayload(d: Decoder): void {
    this.op = d.u32();
    this.result = d.s32();
    this.mdsmapEpoch = d.u32();
    this.safe = d.bool();
    this.isDentry = d.bool();
    this.isTarget = d.bool();
    this.trace = d.blob();
    this.extra = d.blob();
    this.snapbl = d.blob();
  }

  override print(): string {
    const text = this.result < 0 ? ` ${errnoName(this.result)}` : '';
    const safety = (this.op & CEPH_MDS_OP_WRITE) !== 0 ? (this.safe ? ' safe' : ' unsafe') : '';
    return `client_reply(???:${this.tid} = ${this.result}${text}${safety})`;
  }
}
