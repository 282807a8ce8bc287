import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MetaReqId } from '../../types/meta-req-id.js';
import { EVENT_PEERUPDATE, LogEvent } from '../log-event.js';
import { EMetaBlob } from './e-meta-blob.js';

const EMPTY = new Uint8Array(0);

export const PEERUPDATE_OP_PREPARE = 1;
export const PEERUPDATE_OP_COMMIT = 2;
export const PEERUPDATE_OP_ROLLBACK = 3;

/** What the request is that the rank is a peer of. */
export const PEERUPDATE_LINK = 1;
export const PEERUPDATE_RENAME = 2;
export const PEERUPDATE_RMDIR = 3;

/**
 * EPeerUpdate: this rank's part of a request that another rank leads, with the way back (see rollbacks.ts).
 *
 * @see src/mds/events/EPeerUpdate.h (16.2.15)
 */
export class EPeerUpdate extends LogEvent {
  readonly type = EVENT_PEERUPDATE;
  readonly typeName = 'EPeerUpdate';
  /** What happens, or how to undo it. */
  override metablob = new EMetaBlob();
  updateType: string;
  reqid: MetaReqId;
  leader: number;
  op: number;
  origop: number;
  rollback: Uint8Array = EMPTY;

  constructor(updateType = '', reqid = new MetaReqId(), leader = 0, op = 0, origop = 0) {
    super();
    this.updateType = updateType;
    this.reqid = reqid;
    this.leader = leader;
    this.op = op;
    this.origop = origop;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(3, 3);
    this.stamp.encode(e);
    e.string(this.updateType);
    this.reqid.encode(e);
    e.s32(this.leader).u8(this.op).u8(this.origop);
    this.metablob.encode(e, features);
    e.blob(this.rollback);
    e.finish(mark);
  }

  static decode(d: Decoder): EPeerUpdate {
    const frame = d.start(3, 'EPeerUpdate');
    const event = new EPeerUpdate();
    event.stamp = UTime.decode(d);
    event.updateType = d.string();
    event.reqid = MetaReqId.decode(d);
    event.leader = d.s32();
    event.op = d.u8();
    event.origop = d.u8();
    event.metablob = EMetaBlob.decode(d);
    event.rollback = d.blob().slice();
    d.finish(frame, 'EPeerUpdate');
    return event;
  }

  override toString(): string {
    return `EPeerUpdate ${this.updateType} ${this.op} ${this.reqid} for mds.${this.leader} ${this.metablob}`;
  }
}
