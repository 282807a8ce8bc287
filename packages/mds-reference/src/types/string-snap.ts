import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * string_snap_t: a name and the snapshot it is from. An unchanging value.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class StringSnap {
  readonly name: string;
  readonly snapid: bigint;

  constructor(name = '', snapid = 0n) {
    this.name = name;
    this.snapid = snapid;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.string(this.name).u64big(this.snapid);
    e.finish(mark);
  }

  static decode(d: Decoder): StringSnap {
    const frame = d.start(2, 'string_snap_t');
    const name = d.string();
    const snapid = d.u64big();
    d.finish(frame, 'string_snap_t');
    return new StringSnap(name, snapid);
  }
}
