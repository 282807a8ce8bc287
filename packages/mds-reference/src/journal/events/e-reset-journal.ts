import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_RESETJOURNAL, LogEvent } from '../log-event.js';

/**
 * EResetJournal: a journal that was thrown away begins anew; written by repair tools.
 *
 * @see src/mds/events/EResetJournal.h (16.2.15)
 */
export class EResetJournal extends LogEvent {
  readonly type = EVENT_RESETJOURNAL;
  readonly typeName = 'EResetJournal';

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    this.stamp.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): EResetJournal {
    const frame = d.start(2, 'EResetJournal');
    const event = new EResetJournal();
    event.stamp = UTime.decode(d);
    d.finish(frame, 'EResetJournal');
    return event;
  }
}
