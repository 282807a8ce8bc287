import { IntervalSet } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_PURGED, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';

/**
 * EPurged: inodes a closed session had made are purged, and their numbers free.
 *
 * @see src/mds/events/EPurged.h (16.2.15)
 */
export class EPurged extends LogEvent {
  readonly type = EVENT_PURGED;
  readonly typeName = 'EPurged';
  inos: IntervalSet;
  /** Segment that was waiting for it. */
  seq: number;
  inotablev: number;

  constructor(inos = new IntervalSet(), seq = 0, inotablev = 0) {
    super();
    this.inos = inos;
    this.seq = seq;
    this.inotablev = inotablev;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    this.inos.encode(e);
    e.u64(this.inotablev).u64(this.seq);
    e.finish(mark);
  }

  static decode(d: Decoder): EPurged {
    const frame = d.start(1, 'EPurged');
    const event = new EPurged(IntervalSet.decode(d));
    event.inotablev = d.u64();
    event.seq = d.u64();
    d.finish(frame, 'EPurged');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    if (!this.inos.isEmpty() && this.inotablev > 0) segment.inotablev = this.inotablev;
  }

  override toString(): string {
    return `EPurged ${this.inos.size} inos, inotable v${this.inotablev}`;
  }
}
