import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { sortedEntries } from '@cephts/encoding';
import { MdsLoad } from './mds-load.js';
import { MSG_MDS_HEARTBEAT } from './message-types.js';

/**
 * HB: a rank's load, for the balancers of the others.
 * @see src/messages/MHeartbeat.h (16.2.15)
 */
export class MHeartbeat extends Message {
  static readonly TYPE = MSG_MDS_HEARTBEAT;
  readonly type = MSG_MDS_HEARTBEAT;
  readonly typeName = 'HB';

  load: MdsLoad;
  beat: number;
  /** Load imported from each rank. */
  importMap = new Map<number, number>();

  constructor(load: MdsLoad = new MdsLoad(), beat = 0) {
    super();
    this.load = load;
    this.beat = beat;
  }

  encodePayload(e: Encoder): void {
    this.load.encode(e);
    e.s32(this.beat).u32(this.importMap.size);
    for (const [rank, load] of sortedEntries(this.importMap)) e.s32(rank).f32(load);
  }

  decodePayload(d: Decoder): void {
    this.load = MdsLoad.decode(d);
    this.beat = d.s32();
    for (let left = d.count(8); left > 0; left--) {
      const rank = d.s32();
      this.importMap.set(rank, d.f32());
    }
  }

  override print(): string {
    return `HB(beat ${this.beat})`;
  }
}
