import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * SnapRealmInfo: a realm as a client sees it; a snap trace is these one after the other, up to the root.
 * @see src/common/snap_types.{h,cc} (16.2.15)
 */
export class SnapRealmInfo {
  ino = 0;
  created = 0n;
  parent = 0;
  parentSince = 0n;
  seq = 0n;
  /** Newest first. */
  mySnaps: bigint[] = [];
  priorParentSnaps: bigint[] = [];

  encode(e: Encoder): void {
    e.u64(this.ino).u64big(this.created).u64(this.parent).u64big(this.parentSince).u64big(this.seq);
    e.u32(this.mySnaps.length).u32(this.priorParentSnaps.length);
    for (const snap of this.mySnaps) e.u64big(snap);
    for (const snap of this.priorParentSnaps) e.u64big(snap);
  }

  static decode(d: Decoder): SnapRealmInfo {
    const info = new SnapRealmInfo();
    info.ino = d.u64();
    info.created = d.u64big();
    info.parent = d.u64();
    info.parentSince = d.u64big();
    info.seq = d.u64big();
    const at = d.offset;
    const snaps = d.u32();
    const priorSnaps = d.u32();
    if ((snaps + priorSnaps) * 8 > d.remaining)
      throw d.error(`${snaps} and ${priorSnaps} snaps claimed in ${d.remaining} bytes`, at);
    for (let i = 0; i < snaps; i++) info.mySnaps.push(d.u64big());
    for (let i = 0; i < priorSnaps; i++) info.priorParentSnaps.push(d.u64big());
    return info;
  }

  /** A whole snap trace. */
  static decodeTrace(d: Decoder): SnapRealmInfo[] {
    const trace: SnapRealmInfo[] = [];
    while (d.remaining > 0) trace.push(SnapRealmInfo.decode(d));
    return trace;
  }
}
