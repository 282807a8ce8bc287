import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_TABLESERVER, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';

const EMPTY = new Uint8Array(0);

/**
 * ETableServer: a table this rank serves changes.
 *
 * @see src/mds/events/ETableServer.h (16.2.15)
 */
export class ETableServer extends LogEvent {
  readonly type = EVENT_TABLESERVER;
  readonly typeName = 'ETableServer';
  table = 0;
  op = 0;
  reqid = 0;
  /** The rank that asked. */
  bymds = 0;
  mutation: Uint8Array = EMPTY;
  tid = 0;
  /** Of the table, after it. */
  version = 0;

  encode(e: Encoder): void {
    const mark = e.start(3, 3);
    this.stamp.encode(e);
    e.u16(this.table)
      .u16(this.op & 0xffff)
      .u64(this.reqid)
      .s32(this.bymds);
    e.blob(this.mutation).u64(this.tid).u64(this.version);
    e.finish(mark);
  }

  static decode(d: Decoder): ETableServer {
    const frame = d.start(3, 'ETableServer');
    const event = new ETableServer();
    event.stamp = UTime.decode(d);
    event.table = d.u16();
    event.op = (d.u16() << 16) >> 16;
    event.reqid = d.u64();
    event.bymds = d.s32();
    event.mutation = d.blob().slice();
    event.tid = d.u64();
    event.version = d.u64();
    d.finish(frame, 'ETableServer');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    segment.tablev.set(this.table, this.version);
  }

  override toString(): string {
    return `ETableServer table ${this.table} op ${this.op} reqid ${this.reqid} mds.${this.bymds} tid ${this.tid} version ${this.version}`;
  }
}
