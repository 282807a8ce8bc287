import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MSG_WATCH_NOTIFY } from '../message-types.js';

/** watch-notify: an OSD tells a watcher of a notification, or who notified that all have acknowledged. @see src/messages/MWatchNotify.h (16.2.15) */
export class MWatchNotify extends Message {
  static readonly TYPE = CEPH_MSG_WATCH_NOTIFY;
  readonly type = CEPH_MSG_WATCH_NOTIFY;
  readonly typeName = 'watch-notify';

  /** The watcher's own number for its watch. */
  cookie = 0;
  version = 0;
  notifyId = 0;
  /** WATCH_EVENT */
  opcode = 0;
  payload: Uint8Array = new Uint8Array(0);
  returnCode = 0;
  notifierGid = 0;

  override get headVersion(): number {
    return 3;
  }

  encodePayload(e: Encoder): void {
    e.u8(1).u8(this.opcode).u64(this.cookie).u64(this.version).u64(this.notifyId).blob(this.payload);
    e.s32(this.returnCode).u64(this.notifierGid);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    const version = d.u8();
    this.opcode = d.u8();
    this.cookie = d.u64();
    this.version = d.u64();
    this.notifyId = d.u64();
    if (version >= 1) this.payload = d.blob();
    if (headVersion >= 2) this.returnCode = d.s32();
    if (headVersion >= 3) this.notifierGid = d.u64();
  }
}
