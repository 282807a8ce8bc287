import { DirFrag, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import { EVENT_IMPORTSTART, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';
import { EMetaBlob } from './e-meta-blob.js';

const EMPTY = new Uint8Array(0);

/**
 * EImportStart: a subtree is coming from another rank.
 *
 * @see src/mds/events/EImportStart.h (16.2.15)
 */
export class EImportStart extends LogEvent {
  readonly type = EVENT_IMPORTSTART;
  readonly typeName = 'EImportStart';
  override metablob = new EMetaBlob();
  base: DirFrag;
  bounds: DirFrag[];
  /** Sessions that come with it: encoded maps of instances and metadata. */
  clientMap: Uint8Array = EMPTY;
  cmapv = 0;
  from: number;

  constructor(base = new DirFrag(), bounds: DirFrag[] = [], from = MDS_RANK_NONE) {
    super();
    this.base = base;
    this.bounds = bounds;
    this.from = from;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(4, 3);
    this.stamp.encode(e);
    this.base.encode(e);
    this.metablob.encode(e, features);
    e.list(this.bounds, (to, bound) => bound.encode(to));
    e.u64(this.cmapv).blob(this.clientMap).s32(this.from);
    e.finish(mark);
  }

  static decode(d: Decoder): EImportStart {
    const frame = d.start(4, 'EImportStart');
    const event = new EImportStart();
    event.stamp = UTime.decode(d);
    event.base = DirFrag.decode(d);
    event.metablob = EMetaBlob.decode(d);
    event.bounds = d.list(DirFrag.decode, 12);
    event.cmapv = d.u64();
    event.clientMap = d.blob().slice();
    if (frame.version >= 4) event.from = d.s32();
    d.finish(frame, 'EImportStart');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    segment.sessionmapv = this.cmapv;
  }

  override toString(): string {
    return `EImportStart ${this.base} from mds.${this.from} ${this.metablob}`;
  }
}
