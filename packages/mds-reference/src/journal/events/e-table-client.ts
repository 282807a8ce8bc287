import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_TABLECLIENT, LogEvent } from '../log-event.js';

/**
 * ETableClient: a table's server has acknowledged a commit of this rank.
 *
 * @see src/mds/events/ETableClient.h (16.2.15)
 */
export class ETableClient extends LogEvent {
  readonly type = EVENT_TABLECLIENT;
  readonly typeName = 'ETableClient';
  table: number;
  op: number;
  tid: number;

  constructor(table = 0, op = 0, tid = 0) {
    super();
    this.table = table;
    this.op = op;
    this.tid = tid;
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 3);
    this.stamp.encode(e);
    e.u16(this.table)
      .u16(this.op & 0xffff)
      .u64(this.tid);
    e.finish(mark);
  }

  static decode(d: Decoder): ETableClient {
    const frame = d.start(3, 'ETableClient');
    const event = new ETableClient();
    event.stamp = UTime.decode(d);
    event.table = d.u16();
    event.op = (d.u16() << 16) >> 16;
    event.tid = d.u64();
    d.finish(frame, 'ETableClient');
    return event;
  }

  override toString(): string {
    return `ETableClient table ${this.table} op ${this.op} tid ${this.tid}`;
  }
}
