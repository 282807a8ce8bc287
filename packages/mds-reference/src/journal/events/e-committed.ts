import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MetaReqId } from '../../types/meta-req-id.js';
import { EVENT_COMMITTED, LogEvent } from '../log-event.js';

/**
 * ECommitted: every peer has committed a request.
 *
 * @see src/mds/events/ECommitted.h (16.2.15)
 */
export class ECommitted extends LogEvent {
  readonly type = EVENT_COMMITTED;
  readonly typeName = 'ECommitted';
  reqid: MetaReqId;

  constructor(reqid = new MetaReqId()) {
    super();
    this.reqid = reqid;
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 3);
    this.stamp.encode(e);
    this.reqid.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): ECommitted {
    const frame = d.start(3, 'ECommitted');
    const event = new ECommitted();
    event.stamp = UTime.decode(d);
    event.reqid = MetaReqId.decode(d);
    d.finish(frame, 'ECommitted');
    return event;
  }

  override toString(): string {
    return `ECommitted ${this.reqid}`;
  }
}
