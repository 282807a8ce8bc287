import { DirFrag, fragCompare, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_SUBTREEMAP, LogEvent } from '../log-event.js';
import { EMetaBlob } from './e-meta-blob.js';

/** A subtree: the fragment it begins with, and those where others begin. */
export interface Subtree {
  readonly root: DirFrag;
  readonly bounds: DirFrag[];
}

const byDirFrag = (a: DirFrag, b: DirFrag): number => a.ino - b.ino || fragCompare(a.frag, b.frag);

/**
 * ESubtreeMap: which subtrees the rank holds, with the path to each; every segment begins with one.
 *
 * @see src/mds/events/ESubtreeMap.h (16.2.15)
 */
export class ESubtreeMap extends LogEvent {
  /** EVENT_SUBTREEMAP, or EVENT_SUBTREEMAP_TEST where it begins no segment. */
  override type: number = EVENT_SUBTREEMAP;
  readonly typeName = 'ESubtreeMap';
  override metablob = new EMetaBlob();
  subtrees: Subtree[] = [];
  ambiguousSubtrees: DirFrag[] = [];
  /** Journal position before which nothing is needed. */
  expirePos = 0;
  eventSeq = 0;

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(6, 5);
    this.stamp.encode(e);
    this.metablob.encode(e, features);
    e.u32(this.subtrees.length);
    for (const { root, bounds } of [...this.subtrees].sort((a, b) => byDirFrag(a.root, b.root))) {
      root.encode(e);
      e.list(bounds, (to, bound) => bound.encode(to));
    }
    e.list([...this.ambiguousSubtrees].sort(byDirFrag), (to, root) => root.encode(to));
    e.u64(this.expirePos).u64(this.eventSeq);
    e.finish(mark);
  }

  static decode(d: Decoder): ESubtreeMap {
    const frame = d.start(6, 'ESubtreeMap');
    const event = new ESubtreeMap();
    event.stamp = UTime.decode(d);
    event.metablob = EMetaBlob.decode(d);
    event.subtrees = d.list((item) => ({ root: DirFrag.decode(item), bounds: item.list(DirFrag.decode, 12) }), 16);
    event.ambiguousSubtrees = d.list(DirFrag.decode, 12);
    event.expirePos = d.u64();
    if (frame.version >= 6) event.eventSeq = d.u64();
    d.finish(frame, 'ESubtreeMap');
    return event;
  }

  override toString(): string {
    return `ESubtreeMap ${this.subtrees.length} subtrees, ${this.ambiguousSubtrees.length} ambiguous ${this.metablob}`;
  }
}
