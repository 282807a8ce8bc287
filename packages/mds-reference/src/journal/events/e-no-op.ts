import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_NOOP, LogEvent } from '../log-event.js';

/**
 * ENoOp: takes up room in the journal, in place of an event a tool has blotted out.
 *
 * @see src/mds/events/ENoOp.h (16.2.15)
 */
export class ENoOp extends LogEvent {
  readonly type = EVENT_NOOP;
  readonly typeName = 'ENoOp';
  /** Bytes of padding. */
  padSize: number;

  constructor(padSize = 0) {
    super();
    this.padSize = padSize;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u32(this.padSize).raw(new Uint8Array(this.padSize).fill(0xff));
    e.finish(mark);
  }

  /** @throws DecodeError where the padding is not as long as it says */
  static decode(d: Decoder): ENoOp {
    const frame = d.start(2, 'ENoOp');
    const event = new ENoOp(d.u32());
    if (d.remaining !== event.padSize) throw d.error(`${event.padSize} bytes of padding claimed, ${d.remaining} there`);
    d.skip(event.padSize);
    d.finish(frame, 'ENoOp');
    return event;
  }
}
