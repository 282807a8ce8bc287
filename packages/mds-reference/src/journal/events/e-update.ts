import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MetaReqId } from '../../types/meta-req-id.js';
import { EVENT_UPDATE, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';
import { EMetaBlob } from './e-meta-blob.js';

const EMPTY = new Uint8Array(0);

/**
 * EUpdate: a change of metadata; what nearly every request journals.
 *
 * @see src/mds/events/EUpdate.h (16.2.15)
 */
export class EUpdate extends LogEvent {
  readonly type = EVENT_UPDATE;
  readonly typeName = 'EUpdate';
  override metablob = new EMetaBlob();
  /** What made the change, as in `'openc'`. */
  updateType: string;
  /** Sessions opened along with it: encoded maps of instances and metadata, or nothing. */
  clientMap: Uint8Array = EMPTY;
  /** Version of the session map with those sessions. */
  cmapv = 0;
  reqid = new MetaReqId();
  hadPeers = false;

  constructor(updateType = '') {
    super();
    this.updateType = updateType;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(4, 4);
    this.stamp.encode(e);
    e.string(this.updateType);
    this.metablob.encode(e, features);
    e.blob(this.clientMap).u64(this.cmapv);
    this.reqid.encode(e);
    e.bool(this.hadPeers);
    e.finish(mark);
  }

  static decode(d: Decoder): EUpdate {
    const frame = d.start(4, 'EUpdate');
    const event = new EUpdate();
    event.stamp = UTime.decode(d);
    event.updateType = d.string();
    event.metablob = EMetaBlob.decode(d);
    const clientMap = d.blob();
    // views would keep alive all that was read with them
    if (clientMap.length > 0) event.clientMap = clientMap.slice();
    if (frame.version >= 3) event.cmapv = d.u64();
    event.reqid = MetaReqId.decode(d);
    event.hadPeers = d.bool();
    d.finish(frame, 'EUpdate');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    this.metablob.updateSegment(segment);
    if (this.clientMap.length > 0) segment.sessionmapv = this.cmapv;
    if (this.hadPeers) segment.uncommittedLeaders.add(this.reqid.toString());
  }

  override toString(): string {
    return `EUpdate ${this.updateType} ${this.metablob}`;
  }
}
