import { Message } from '@cephts/async-messenger';
import { CEPH_MSG_PING } from './message-types.js';

/** ping: nothing but a sign of life. @see src/messages/MPing.h (16.2.15) */
export class MPing extends Message {
  static readonly TYPE = CEPH_MSG_PING;
  readonly type = CEPH_MSG_PING;
  readonly typeName = 'ping';

  encodePayload(): void {
    // It says nothing but its type.
  }

  decodePayload(): void {
    // Monitors answer with a text in it, which nobody here asks for.
  }
}
