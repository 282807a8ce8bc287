import { Message } from '@cephts/async-messenger';
import type { Encoder } from '@cephts/encoding';
import { Decoder, sortedEntries } from '@cephts/encoding';
import { CapReconnect, SnapRealmReconnect } from '../types/cap-reconnect.js';
import { CEPH_MSG_CLIENT_RECONNECT } from './message-types.js';

/**
 * client_reconnect: all caps a client holds, for an MDS that has restarted. Its payload is the data segment.
 * @see src/messages/MClientReconnect.h (16.2.15)
 */
export class MClientReconnect extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_RECONNECT;
  readonly type = CEPH_MSG_CLIENT_RECONNECT;
  readonly typeName = 'client_reconnect';

  /** By inode. */
  caps = new Map<number, CapReconnect>();
  realms: SnapRealmReconnect[] = [];
  /** True where another message with further caps follows. */
  more = false;

  override get headVersion(): number {
    return 5;
  }

  override get compatVersion(): number {
    return 4;
  }

  encodePayload(e: Encoder): void {
    const begin = e.length;
    e.u32(this.caps.size);
    for (const [ino, cap] of sortedEntries(this.caps)) {
      e.u64(ino);
      cap.encode(e);
    }
    e.u32(this.realms.length);
    for (const realm of this.realms) realm.encode(e);
    e.bool(this.more);
    this.data = e.view().slice(begin);
    e.truncate(begin);
  }

  decodePayload(front: Decoder, headVersion: number): void {
    const d = new Decoder(this.data, 'client_reconnect data');
    if (headVersion < 3) throw front.error(`version ${headVersion} is older than any supported client`);
    for (let left = d.count(14); left > 0; left--) {
      const ino = d.u64();
      this.caps.set(ino, CapReconnect.decode(d));
    }
    if (headVersion >= 4) {
      for (let left = d.count(6); left > 0; left--) this.realms.push(SnapRealmReconnect.decode(d));
      if (headVersion >= 5) this.more = d.bool();
    } else while (d.remaining > 0) this.realms.push(SnapRealmReconnect.decodeOld(d));
  }

  override print(): string {
    return `client_reconnect(${this.caps.size} caps ${this.realms.length} realms )`;
  }
}
