import { Message } from '@cephts/async-messenger';
import { CEPH_MSG_PING } from '../message-types.js';

/** ping: says nothing; an OSD that has newer maps than its sender answers with them. @see src/messages/MPing.h (16.2.15) */
export class MPing extends Message {
  static readonly TYPE = CEPH_MSG_PING;
  readonly type = CEPH_MSG_PING;
  readonly typeName = 'ping';

  encodePayload(): void {
    // it says nothing
  }

  decodePayload(): void {
    // it says nothing
  }
}
