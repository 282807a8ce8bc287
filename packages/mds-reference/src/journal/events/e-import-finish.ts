import { DirFrag, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_IMPORTFINISH, LogEvent } from '../log-event.js';

/**
 * EImportFinish: a subtree has come from another rank, or it has not.
 *
 * @see src/mds/events/EImportFinish.h (16.2.15)
 */
export class EImportFinish extends LogEvent {
  readonly type = EVENT_IMPORTFINISH;
  readonly typeName = 'EImportFinish';
  base: DirFrag;
  success: boolean;

  constructor(base = new DirFrag(), success = false) {
    super();
    this.base = base;
    this.success = success;
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 3);
    this.stamp.encode(e);
    this.base.encode(e);
    e.bool(this.success);
    e.finish(mark);
  }

  static decode(d: Decoder): EImportFinish {
    const frame = d.start(3, 'EImportFinish');
    const event = new EImportFinish();
    event.stamp = UTime.decode(d);
    event.base = DirFrag.decode(d);
    event.success = d.bool();
    d.finish(frame, 'EImportFinish');
    return event;
  }

  override toString(): string {
    return `EImportFinish ${this.base} ${this.success ? 'success' : 'failed'}`;
  }
}
