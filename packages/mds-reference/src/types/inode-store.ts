import type { Decoder, Encoder, XattrMap } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, FragTree, decodeXattrs, encodeXattrs, sortedSnaps } from '@cephts/encoding';
import { CEPH_NOSNAP } from './ceph-fs.js';
import { Inode } from './inode.js';
import { OldInode } from './old-inode.js';

const EMPTY = new Uint8Array(0);

/**
 * An inode with all that is stored with it. `encode`/`decode` are the versioned form (a dentry's value, an `.inode` object after its
 * magic); `encodeBare`/`decodeBare` the same without the envelope (journal events, dentries of old releases).
 * @see src/mds/CInode.{h,cc} InodeStoreBase (16.2.15)
 */
export class InodeStore {
  inode = new Inode();
  /** Target, where it is a symbolic link. */
  symlink = '';
  dirfragtree = new FragTree();
  xattrs: XattrMap = new Map();
  /** An encoded {@link SnapRealmNode}, or nothing. */
  snapBlob: Uint8Array = EMPTY;
  /** By the last snapshot each holds for. */
  oldInodes = new Map<bigint, OldInode>();
  oldestSnap = CEPH_NOSNAP;
  damageFlags = 0;

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(6, 4);
    this.encodeBare(e, features);
    e.finish(mark);
  }

  encodeBare(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    this.inode.encode(e, features);
    if (this.inode.isSymlink()) e.string(this.symlink);
    this.dirfragtree.encode(e);
    encodeXattrs(e, this.xattrs);
    e.blob(this.snapBlob);
    e.u32(this.oldInodes.size);
    if (this.oldInodes.size > 0) {
      for (const [last, old] of sortedSnaps(this.oldInodes)) {
        e.u64big(last);
        old.encode(e, features);
      }
    }
    e.u64big(this.oldestSnap).u32(this.damageFlags);
  }

  static decode(d: Decoder): InodeStore {
    const frame = d.start(6, 'InodeStore');
    const store = InodeStore.decodeBare(d);
    d.finish(frame, 'InodeStore');
    return store;
  }

  /** The last two fields are read where the input goes on that far. */
  static decodeBare(d: Decoder): InodeStore {
    const store = new InodeStore();
    store.inode = Inode.decode(d);
    if (store.inode.isSymlink()) store.symlink = d.string();
    store.dirfragtree = FragTree.decode(d);
    store.xattrs = decodeXattrs(d);
    const snapBlob = d.blob();
    if (snapBlob.length > 0) store.snapBlob = snapBlob.slice();
    for (let left = d.count(14); left > 0; left--) {
      const last = d.u64big();
      store.oldInodes.set(last, OldInode.decode(d));
    }
    if (d.remaining > 0) store.oldestSnap = d.u64big();
    if (d.remaining > 0) store.damageFlags = d.u32();
    store.inode.oldestSnap = store.oldestSnap;
    return store;
  }
}
