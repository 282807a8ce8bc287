import type { Decoder, Encoder, XattrMap } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, decodeXattrs, encodeXattrs } from '@cephts/encoding';
import { Inode } from './inode.js';

/**
 * old_inode_t: what an inode was like in a range of snapshots that begins with `first`.
 * @see src/mds/mdstypes.h (16.2.15)
 */
export class OldInode {
  first = 0n;
  inode = new Inode();
  xattrs: XattrMap = new Map();

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(2, 2);
    e.u64big(this.first);
    this.inode.encode(e, features);
    encodeXattrs(e, this.xattrs);
    e.finish(mark);
  }

  static decode(d: Decoder): OldInode {
    const frame = d.start(2, 'old_inode_t');
    const old = new OldInode();
    old.first = d.u64big();
    old.inode = Inode.decode(d);
    old.xattrs = decodeXattrs(d);
    d.finish(frame, 'old_inode_t');
    return old;
  }
}
