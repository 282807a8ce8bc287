import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { HObject } from '../../osdmap/hobject.js';
import { PgId, SpgId } from '../../osdmap/pg.js';
import { CEPH_MSG_OSD_BACKOFF } from '../message-types.js';

/** osd_backoff: operations on a range of objects are to wait, or may go on. @see src/messages/MOSDBackoff.h (16.2.15) */
export class MOSDBackoff extends Message {
  static readonly TYPE = CEPH_MSG_OSD_BACKOFF;
  readonly type = CEPH_MSG_OSD_BACKOFF;
  readonly typeName = 'osd_backoff';

  pgid: SpgId = new SpgId(new PgId(0, 0));
  mapEpoch = 0;
  /** OSD_BACKOFF_OP */
  op = 0;
  id = 0;
  begin: HObject = HObject.min();
  /** The first one past the range. */
  end: HObject = HObject.min();

  encodePayload(e: Encoder): void {
    this.pgid.encode(e);
    e.u32(this.mapEpoch).u8(this.op).u64(this.id);
    this.begin.encode(e);
    this.end.encode(e);
  }

  decodePayload(d: Decoder): void {
    this.pgid = SpgId.decode(d);
    this.mapEpoch = d.u32();
    this.op = d.u8();
    this.id = d.u64();
    this.begin = HObject.decode(d);
    this.end = HObject.decode(d);
  }
}
