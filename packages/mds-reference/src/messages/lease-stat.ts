import type { Decoder, Encoder } from '@cephts/encoding';
import { REPLY_ENCODING } from './inode-stat.js';

/**
 * A lease on an entry, as a reply hands it out.
 * @see src/messages/MClientReply.h LeaseStat, src/mds/Locker.cc encode_lease (16.2.15)
 */
export class LeaseStat {
  /** No lease. */
  static readonly NONE = new LeaseStat();

  /** CEPH_LEASE_VALID or 0, and CEPH_LEASE_PRIMARY_LINK. */
  readonly mask: number;
  readonly durationMs: number;
  readonly seq: number;
  readonly alternateName: string;

  constructor(mask = 0, durationMs = 0, seq = 0, alternateName = '') {
    this.mask = mask;
    this.durationMs = durationMs;
    this.seq = seq;
    this.alternateName = alternateName;
  }

  encode(e: Encoder, features: bigint = REPLY_ENCODING): void {
    if (features !== REPLY_ENCODING) {
      e.u16(this.mask).u32(this.durationMs).u32(this.seq);
      return;
    }
    const mark = e.start(2, 1);
    e.u16(this.mask).u32(this.durationMs).u32(this.seq).string(this.alternateName);
    e.finish(mark);
  }

  static decode(d: Decoder, features: bigint = REPLY_ENCODING): LeaseStat {
    const frame = features === REPLY_ENCODING ? d.start(2, 'LeaseStat') : undefined;
    const mask = d.u16();
    const durationMs = d.u32();
    const seq = d.u32();
    if (frame === undefined) return new LeaseStat(mask, durationMs, seq);
    const alternateName = frame.version >= 2 ? d.string() : '';
    d.finish(frame, 'LeaseStat');
    return new LeaseStat(mask, durationMs, seq, alternateName);
  }
}
