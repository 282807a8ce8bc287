import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MSG_MDS_PING } from './message-types.js';

/**
 * mdsping: rank 0 looks which ranks answer with metrics.
 * @see src/messages/MMDSPing.h (16.2.15)
 */
export class MMDSPing extends Message {
  static readonly TYPE = MSG_MDS_PING;
  readonly type = MSG_MDS_PING;
  readonly typeName = 'mdsping';

  pingSeq: number;

  constructor(pingSeq = 0) {
    super();
    this.pingSeq = pingSeq;
  }

  encodePayload(e: Encoder): void {
    e.u64(this.pingSeq);
  }

  decodePayload(d: Decoder): void {
    this.pingSeq = d.u64();
  }

  override print(): string {
    return 'mdsping';
  }
}
