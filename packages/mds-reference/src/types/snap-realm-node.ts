import type { Decoder, Encoder } from '@cephts/encoding';
import { sortedSnaps } from '@cephts/encoding';
import { SnapInfo, SnapLink } from './snap-info.js';

/**
 * sr_t: the snapshots of one folder and where the realm hangs; what an inode's `snapBlob` holds.
 * @see src/mds/snap.{h,cc} (16.2.15)
 */
export class SnapRealmNode {
  static readonly PARENT_GLOBAL = 1;
  static readonly SUBVOLUME = 2;

  /** Version of this realm. */
  seq = 0n;
  created = 0n;
  lastCreated = 0n;
  lastDestroyed = 0n;
  currentParentSince = 1n;
  snaps = new Map<bigint, SnapInfo>();
  /** By the last snapshot for which it was the parent. */
  pastParents = new Map<bigint, SnapLink>();
  pastParentSnaps = new Set<bigint>();
  flags = 0;

  isParentGlobal(): boolean {
    return (this.flags & SnapRealmNode.PARENT_GLOBAL) !== 0;
  }

  markParentGlobal(): void {
    this.flags |= SnapRealmNode.PARENT_GLOBAL;
  }

  clearParentGlobal(): void {
    this.flags &= ~SnapRealmNode.PARENT_GLOBAL;
  }

  isSubvolume(): boolean {
    return (this.flags & SnapRealmNode.SUBVOLUME) !== 0;
  }

  clone(): SnapRealmNode {
    const copy = new SnapRealmNode();
    copy.seq = this.seq;
    copy.created = this.created;
    copy.lastCreated = this.lastCreated;
    copy.lastDestroyed = this.lastDestroyed;
    copy.currentParentSince = this.currentParentSince;
    copy.snaps = new Map(this.snaps);
    copy.pastParents = new Map(this.pastParents);
    copy.pastParentSnaps = new Set(this.pastParentSnaps);
    copy.flags = this.flags;
    return copy;
  }

  encode(e: Encoder): void {
    const mark = e.start(6, 4);
    e.u64big(this.seq).u64big(this.created).u64big(this.lastCreated).u64big(this.lastDestroyed).u64big(this.currentParentSince);
    e.u32(this.snaps.size);
    for (const [snapid, info] of sortedSnaps(this.snaps)) {
      e.u64big(snapid);
      info.encode(e);
    }
    e.u32(this.pastParents.size);
    for (const [last, link] of sortedSnaps(this.pastParents)) {
      e.u64big(last);
      link.encode(e);
    }
    e.u32(this.pastParentSnaps.size);
    for (const snap of [...this.pastParentSnaps].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) e.u64big(snap);
    e.u32(this.flags);
    e.finish(mark);
  }

  static decode(d: Decoder): SnapRealmNode {
    const frame = d.start(6, 'sr_t');
    const node = new SnapRealmNode();
    node.seq = d.u64big();
    node.created = d.u64big();
    node.lastCreated = d.u64big();
    node.lastDestroyed = d.u64big();
    node.currentParentSince = d.u64big();
    for (let left = d.count(14); left > 0; left--) {
      const snapid = d.u64big();
      node.snaps.set(snapid, SnapInfo.decode(d));
    }
    for (let left = d.count(14); left > 0; left--) {
      const last = d.u64big();
      node.pastParents.set(last, SnapLink.decode(d));
    }
    if (frame.version >= 5) for (let left = d.count(8); left > 0; left--) node.pastParentSnaps.add(d.u64big());
    if (frame.version >= 6) node.flags = d.u32();
    d.finish(frame, 'sr_t');
    return node;
  }
}
