import type { Decoder, Encoder } from '@cephts/encoding';
import { DirFrag } from '@cephts/encoding';

/**
 * MDSCacheObjectInfo: names an inode (ino, snapid), a fragment (dirfrag) or an entry (dirfrag, dname, snapid) between MDSs.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class MdsCacheObjectInfo {
  ino = 0;
  dirfrag = new DirFrag();
  dname = '';
  snapid = 0n;

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u64(this.ino);
    this.dirfrag.encode(e);
    e.string(this.dname).u64big(this.snapid);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsCacheObjectInfo {
    const frame = d.start(2, 'MDSCacheObjectInfo');
    const info = new MdsCacheObjectInfo();
    info.ino = d.u64();
    info.dirfrag = DirFrag.decode(d);
    info.dname = d.string();
    info.snapid = d.u64big();
    d.finish(frame, 'MDSCacheObjectInfo');
    return info;
  }
}
