import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MSG_CLIENT_REQUEST_FORWARD } from './message-types.js';

/**
 * client_request_forward: another MDS is to be asked.
 * @see src/messages/MClientRequestForward.h (16.2.15)
 */
export class MClientRequestForward extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_REQUEST_FORWARD;
  readonly type = CEPH_MSG_CLIENT_REQUEST_FORWARD;
  readonly typeName = 'client_request_forward';

  destMds: number;
  numFwd: number;
  clientMustResend: boolean;

  constructor(tid = 0, destMds = -1, numFwd = -1, clientMustResend = false) {
    super();
    this.tid = tid;
    this.destMds = destMds;
    this.numFwd = numFwd;
    this.clientMustResend = clientMustResend;
  }

  encodePayload(e: Encoder): void {
    e.s32(this.destMds).s32(this.numFwd).bool(this.clientMustResend);
  }

  decodePayload(d: Decoder): void {
    this.destMds = d.s32();
    this.numFwd = d.s32();
    this.clientMustResend = d.bool();
  }

  override print(): string {
    const resend = this.clientMustResend ? ' client_must_resend' : '';
    return `client_request_forward(${this.tid} to mds.${this.destMds} num_fwd=${this.numFwd}${resend})`;
  }
}
