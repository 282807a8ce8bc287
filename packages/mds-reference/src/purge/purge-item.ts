import { CEPH_FEATURE, FileLayout, FragTree, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

export const PURGE_NONE = 0;
export const PURGE_FILE = 1;
/** All but the first object goes, and the first one's data. */
export const TRUNCATE_FILE = 2;
export const PURGE_DIR = 3;

const NAMES = ['NONE', 'PURGE_FILE', 'TRUNCATE_FILE', 'PURGE_DIR'];

/** SnapContext: the newest snapshot and those there are, newest first. */
export interface SnapContext {
  readonly seq: bigint;
  readonly snaps: readonly bigint[];
}

export const NO_SNAPS: SnapContext = { seq: 0n, snaps: [] };

/**
 * PurgeItem: objects to delete, those of one file or folder.
 *
 * @see src/mds/PurgeQueue.{h,cc} (16.2.15)
 */
export class PurgeItem {
  action = PURGE_NONE;
  ino = 0;
  /** Of the file, in bytes: says how many objects there are. */
  size = 0;
  layout = FileLayout.NONE;
  /** Pools where the first object's backtrace was before. */
  oldPools: readonly number[] = [];
  snapc: SnapContext = NO_SNAPS;
  fragtree = new FragTree();
  /** When it was queued. */
  stamp = UTime.ZERO;
  /** Bytes of padding, of an item that a tool has made to fit. */
  padSize = 0;

  get typeName(): string {
    return NAMES[this.action] ?? 'UNKNOWN';
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 1);
    e.u8(this.action).u64(this.ino).u64(this.size);
    this.layout.encode(e, CEPH_FEATURE.FS_FILE_LAYOUT_V2);
    e.list(this.oldPools, (to, pool) => to.s64(pool));
    e.u64big(this.snapc.seq);
    e.list(this.snapc.snaps, (to, snapid) => to.u64big(snapid));
    this.fragtree.encode(e);
    this.stamp.encode(e);
    e.raw(new Uint8Array(this.padSize).fill(0xff));
    e.finish(mark);
  }

  static decode(d: Decoder): PurgeItem {
    const frame = d.start(2, 'PurgeItem');
    const item = new PurgeItem();
    item.action = d.u8();
    item.ino = d.u64();
    item.size = d.u64();
    item.layout = FileLayout.decode(d);
    item.oldPools = d.list((each) => each.s64(), 8);
    item.snapc = { seq: d.u64big(), snaps: d.list((each) => each.u64big(), 8) };
    item.fragtree = FragTree.decode(d);
    if (frame.version >= 2) {
      item.stamp = UTime.decode(d);
      item.padSize = d.remaining;
    }
    d.finish(frame, 'PurgeItem');
    return item;
  }

  /** Objects a file of this size has. @see Striper::get_num_objects in src/osdc/Striper.cc (16.2.15) */
  get numObjects(): number {
    const { stripeCount, stripeUnit, period } = this.layout;
    if (this.size === 0 || period === 0) return 0;
    const rest = this.size % period;
    const missing = rest > 0 && rest < stripeCount * stripeUnit ? stripeCount - Math.ceil(rest / stripeUnit) : 0;
    return Math.ceil(this.size / period) * stripeCount - missing;
  }
}
