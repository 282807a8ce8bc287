import { DirFrag, fragCompare, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import { EVENT_EXPORT, LogEvent } from '../log-event.js';
import { EMetaBlob } from './e-meta-blob.js';

/**
 * EExport: a subtree went to another rank.
 *
 * @see src/mds/events/EExport.h (16.2.15)
 */
export class EExport extends LogEvent {
  readonly type = EVENT_EXPORT;
  readonly typeName = 'EExport';
  override metablob = new EMetaBlob();
  base: DirFrag;
  bounds: DirFrag[] = [];
  target: number;

  constructor(base = new DirFrag(), target = MDS_RANK_NONE) {
    super();
    this.base = base;
    this.target = target;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(4, 3);
    this.stamp.encode(e);
    this.metablob.encode(e, features);
    this.base.encode(e);
    const sorted = [...this.bounds].sort((a, b) => a.ino - b.ino || fragCompare(a.frag, b.frag));
    e.list(sorted, (to, bound) => bound.encode(to));
    e.s32(this.target);
    e.finish(mark);
  }

  static decode(d: Decoder): EExport {
    const frame = d.start(4, 'EExport');
    const event = new EExport();
    event.stamp = UTime.decode(d);
    event.metablob = EMetaBlob.decode(d);
    event.base = DirFrag.decode(d);
    event.bounds = d.list(DirFrag.decode, 12);
    if (frame.version >= 4) event.target = d.s32();
    d.finish(frame, 'EExport');
    return event;
  }

  override toString(): string {
    return `EExport ${this.base} to mds.${this.target} ${this.metablob}`;
  }
}
