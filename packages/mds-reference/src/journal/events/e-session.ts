import { EntityInst, IntervalSet, UTime, decodeTextMap } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { ClientMetadata } from '../../types/client-metadata.js';
import { EVENT_SESSION, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';

/**
 * ESession: a client's session opens or closes.
 *
 * @see src/mds/events/ESession.h (16.2.15)
 */
export class ESession extends LogEvent {
  readonly type = EVENT_SESSION;
  readonly typeName = 'ESession';
  clientInst: EntityInst;
  /** Opens; else closes. */
  open: boolean;
  /** Version of the session map after it. */
  cmapv: number;
  /** Numbers the session no longer holds, and the version of the inotable after they are free. */
  inosToFree: IntervalSet;
  inotablev: number;
  clientMetadata: ClientMetadata;
  /** Inodes to purge as the session is gone. */
  inosToPurge: IntervalSet;

  constructor(
    fields: {
      clientInst?: EntityInst;
      open?: boolean;
      cmapv?: number;
      inosToFree?: IntervalSet;
      inotablev?: number;
      clientMetadata?: ClientMetadata;
      inosToPurge?: IntervalSet;
    } = {},
  ) {
    super();
    this.clientInst = fields.clientInst ?? new EntityInst();
    this.open = fields.open ?? false;
    this.cmapv = fields.cmapv ?? 0;
    this.inosToFree = fields.inosToFree ?? new IntervalSet();
    this.inotablev = fields.inotablev ?? 0;
    this.clientMetadata = fields.clientMetadata ?? new ClientMetadata();
    this.inosToPurge = fields.inosToPurge ?? new IntervalSet();
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(6, 5);
    this.stamp.encode(e);
    this.clientInst.encode(e, features);
    e.bool(this.open).u64(this.cmapv);
    this.inosToFree.encode(e);
    e.u64(this.inotablev);
    this.clientMetadata.encode(e);
    this.inosToPurge.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): ESession {
    const frame = d.start(6, 'ESession');
    const { version } = frame;
    const event = new ESession();
    event.stamp = UTime.decode(d);
    event.clientInst = EntityInst.decode(d);
    event.open = d.bool();
    event.cmapv = d.u64();
    event.inosToFree = IntervalSet.decode(d);
    event.inotablev = d.u64();
    if (version === 4) event.clientMetadata = new ClientMetadata(decodeTextMap(d));
    else if (version >= 5) event.clientMetadata = ClientMetadata.decode(d);
    if (version >= 6) event.inosToPurge = IntervalSet.decode(d);
    d.finish(frame, 'ESession');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    segment.sessionmapv = this.cmapv;
    if (!this.inosToFree.isEmpty() && this.inotablev > 0) segment.inotablev = this.inotablev;
  }

  override toString(): string {
    return `ESession ${this.clientInst.name} ${this.open ? 'open' : 'close'} cmapv ${this.cmapv}`;
  }
}
