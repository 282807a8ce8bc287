import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime, decodeTextMap, encodeTextMap } from '@cephts/encoding';

/**
 * SnapInfo: one snapshot.
 * @see src/mds/snap.{h,cc} (16.2.15)
 */
export class SnapInfo {
  snapid = 0n;
  /** The folder it was made in. */
  ino = 0;
  stamp = UTime.ZERO;
  name = '';
  metadata: ReadonlyMap<string, string> = new Map();

  /** The name as seen in a folder below: `_name_ino`. */
  get longName(): string {
    return `_${this.name}_${this.ino}`;
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    e.u64big(this.snapid).u64(this.ino);
    this.stamp.encode(e);
    e.string(this.name);
    encodeTextMap(e, this.metadata);
    e.finish(mark);
  }

  static decode(d: Decoder): SnapInfo {
    const frame = d.start(3, 'SnapInfo');
    const info = new SnapInfo();
    info.snapid = d.u64big();
    info.ino = d.u64();
    info.stamp = UTime.decode(d);
    info.name = d.string();
    if (frame.version >= 3) info.metadata = decodeTextMap(d);
    d.finish(frame, 'SnapInfo');
    return info;
  }

  toString(): string {
    return `snap(${this.snapid} 0x${this.ino.toString(16)} '${this.name}' ${this.stamp})`;
  }
}

/** snaplink_t: a realm that was the parent from `first` on. An unchanging value. */
export class SnapLink {
  readonly ino: number;
  readonly first: bigint;

  constructor(ino = 0, first = 0n) {
    this.ino = ino;
    this.first = first;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u64(this.ino).u64big(this.first);
    e.finish(mark);
  }

  static decode(d: Decoder): SnapLink {
    const frame = d.start(2, 'snaplink_t');
    const ino = d.u64();
    const first = d.u64big();
    d.finish(frame, 'snaplink_t');
    return new SnapLink(ino, first);
  }
}
