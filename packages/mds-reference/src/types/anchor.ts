import type { Decoder, Encoder, Frag } from '@cephts/encoding';
import { fragCompare } from '@cephts/encoding';

/**
 * Anchor: where an open file or folder hangs; a value of the open file table.
 * @see src/mds/Anchor.{h,cc} (16.2.15)
 */
export class Anchor {
  ino = 0;
  dirino = 0;
  dName = '';
  /** d_type of the entry. */
  dType = 0;
  /** Open fragments, where it is a folder. */
  frags = new Set<Frag>();

  encode(e: Encoder): void {
    const mark = e.start(2, 1);
    e.u64(this.ino).u64(this.dirino).string(this.dName).u8(this.dType);
    e.u32(this.frags.size);
    for (const frag of [...this.frags].sort(fragCompare)) e.u32(frag);
    e.finish(mark);
  }

  static decode(d: Decoder): Anchor {
    const frame = d.start(2, 'Anchor');
    const anchor = new Anchor();
    anchor.ino = d.u64();
    anchor.dirino = d.u64();
    anchor.dName = d.string();
    anchor.dType = d.u8();
    if (frame.version >= 2) for (let left = d.count(4); left > 0; left--) anchor.frags.add(d.u32());
    d.finish(frame, 'Anchor');
    return anchor;
  }
}
