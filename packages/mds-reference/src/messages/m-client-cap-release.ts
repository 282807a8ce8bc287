import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_MSG_CLIENT_CAPRELEASE } from './message-types.js';

/** ceph_mds_cap_item: one cap given back. */
export interface CapItem {
  ino: number;
  capId: number;
  migrateSeq: number;
  seq: number;
}

/**
 * client_cap_release: caps a client gives back, many at once.
 * @see src/messages/MClientCapRelease.h (16.2.15)
 */
export class MClientCapRelease extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_CAPRELEASE;
  readonly type = CEPH_MSG_CLIENT_CAPRELEASE;
  readonly typeName = 'client_cap_release';

  caps: CapItem[] = [];
  osdEpochBarrier = 0;

  override get headVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder): void {
    e.u32(this.caps.length);
    for (const cap of this.caps) e.u64(cap.ino).u64(cap.capId).u32(cap.migrateSeq).u32(cap.seq);
    e.u32(this.osdEpochBarrier);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    for (let left = d.count(24); left > 0; left--) {
      const ino = d.u64();
      const capId = d.u64();
      const migrateSeq = d.u32();
      this.caps.push({ ino, capId, migrateSeq, seq: d.u32() });
    }
    if (headVersion >= 2) this.osdEpochBarrier = d.u32();
  }

  override print(): string {
    return `client_cap_release(${this.caps.length})`;
  }
}
