import { FragTree, decodeXattrs, encodeXattrs, sortedSnaps } from '@cephts/encoding';
import type { Decoder, Encoder, XattrMap } from '@cephts/encoding';
import { CEPH_NOSNAP } from '../../types/ceph-fs.js';
import { Inode } from '../../types/inode.js';
import { OldInode } from '../../types/old-inode.js';

const EMPTY = new Uint8Array(0);
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_TREE = new FragTree();

const copyOf = (bytes: Uint8Array): Uint8Array => (bytes.length === 0 ? EMPTY : bytes.slice());

export const FULLBIT_DIRTY = 1;
export const FULLBIT_DIRTYPARENT = 2;
export const FULLBIT_DIRTYPOOL = 4;
export const FULLBIT_NEED_SNAPFLUSH = 8;
export const FULLBIT_EPHEMERAL_RANDOM = 16;

/**
 * EMetaBlob::fullbit: a dentry with its inode.
 *
 * Inode, xattrs, fragment tree and old inodes are shared with the cache, which replaces them and never changes them once they are projected.
 *
 * @see src/mds/events/EMetaBlob.h (16.2.15)
 */
export class FullBit {
  dn = '';
  dnFirst = 0n;
  dnLast = CEPH_NOSNAP;
  dnVersion = 0;
  inode: Inode;
  xattrs: ReadonlyMap<string, Uint8Array> = NO_XATTRS;
  /** Target, where it is a symbolic link. */
  symlink = '';
  dirfragtree: FragTree = NO_TREE;
  /** An encoded SnapRealmNode, or nothing. */
  snapBlob: Uint8Array = EMPTY;
  /** FULLBIT_… */
  state = 0;
  oldInodes: ReadonlyMap<bigint, OldInode> | undefined;
  oldestSnap = CEPH_NOSNAP;
  alternateName = '';

  constructor(inode = new Inode()) {
    this.inode = inode;
  }

  get isDirty(): boolean {
    return (this.state & FULLBIT_DIRTY) !== 0;
  }
  get isDirtyParent(): boolean {
    return (this.state & FULLBIT_DIRTYPARENT) !== 0;
  }
  get isDirtyPool(): boolean {
    return (this.state & FULLBIT_DIRTYPOOL) !== 0;
  }
  get needSnapflush(): boolean {
    return (this.state & FULLBIT_NEED_SNAPFLUSH) !== 0;
  }
  get isExportEphemeralRandom(): boolean {
    return (this.state & FULLBIT_EPHEMERAL_RANDOM) !== 0;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(9, 5);
    const { inode } = this;
    e.string(this.dn).u64big(this.dnFirst).u64big(this.dnLast).u64(this.dnVersion);
    inode.encode(e, features);
    encodeXattrs(e, this.xattrs);
    if (inode.isSymlink()) e.string(this.symlink);
    const isDir = inode.isDir();
    if (isDir) {
      this.dirfragtree.encode(e);
      e.blob(this.snapBlob);
    }
    e.u8(this.state);
    const old = this.oldInodes;
    if (old === undefined || old.size === 0) e.u8(0);
    else {
      e.u8(1).u32(old.size);
      for (const [last, oldInode] of sortedSnaps(old)) {
        e.u64big(last);
        oldInode.encode(e, features);
      }
    }
    if (!isDir) e.blob(this.snapBlob);
    e.u64big(this.oldestSnap).string(this.alternateName);
    e.finish(mark);
  }

  static decode(d: Decoder): FullBit {
    const frame = d.start(9, 'EMetaBlob::fullbit');
    const { version } = frame;
    if (version < 8) throw d.error(`version ${version} is older than any supported release`);
    const dn = d.string();
    const dnFirst = d.u64big();
    const dnLast = d.u64big();
    const dnVersion = d.u64();
    const bit = new FullBit(Inode.decode(d));
    bit.dn = dn;
    bit.dnFirst = dnFirst;
    bit.dnLast = dnLast;
    bit.dnVersion = dnVersion;
    bit.xattrs = decodeXattrs(d) satisfies XattrMap;
    const { inode } = bit;
    if (inode.isSymlink()) bit.symlink = d.string();
    const isDir = inode.isDir();
    if (isDir) {
      bit.dirfragtree = FragTree.decode(d);
      bit.snapBlob = copyOf(d.blob());
    }
    bit.state = d.u8();
    if (d.bool()) {
      const old = new Map<bigint, OldInode>();
      for (let left = d.count(14); left > 0; left--) {
        const last = d.u64big();
        old.set(last, OldInode.decode(d));
      }
      bit.oldInodes = old;
    }
    if (!isDir) bit.snapBlob = copyOf(d.blob());
    bit.oldestSnap = d.u64big();
    if (version >= 9) bit.alternateName = d.string();
    d.finish(frame, 'EMetaBlob::fullbit');
    return bit;
  }
}

/**
 * EMetaBlob::remotebit: a dentry that names an inode which lives elsewhere (a hard link).
 *
 * @see src/mds/events/EMetaBlob.h (16.2.15)
 */
export class RemoteBit {
  dn = '';
  dnFirst = 0n;
  dnLast = CEPH_NOSNAP;
  dnVersion = 0;
  ino = 0;
  dType = 0;
  dirty = false;
  alternateName = '';

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    e.string(this.dn).u64big(this.dnFirst).u64big(this.dnLast).u64(this.dnVersion);
    e.u64(this.ino).u8(this.dType).bool(this.dirty).string(this.alternateName);
    e.finish(mark);
  }

  static decode(d: Decoder): RemoteBit {
    const frame = d.start(3, 'EMetaBlob::remotebit');
    const bit = new RemoteBit();
    bit.dn = d.string();
    bit.dnFirst = d.u64big();
    bit.dnLast = d.u64big();
    bit.dnVersion = d.u64();
    bit.ino = d.u64();
    bit.dType = d.u8();
    bit.dirty = d.bool();
    if (frame.version >= 3) bit.alternateName = d.string();
    d.finish(frame, 'EMetaBlob::remotebit');
    return bit;
  }
}

/**
 * EMetaBlob::nullbit: a name with nothing behind it (any more).
 *
 * @see src/mds/events/EMetaBlob.h (16.2.15)
 */
export class NullBit {
  dn = '';
  dnFirst = 0n;
  dnLast = CEPH_NOSNAP;
  dnVersion = 0;
  dirty = false;

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.string(this.dn).u64big(this.dnFirst).u64big(this.dnLast).u64(this.dnVersion).bool(this.dirty);
    e.finish(mark);
  }

  static decode(d: Decoder): NullBit {
    const frame = d.start(2, 'EMetaBlob::nullbit');
    const bit = new NullBit();
    bit.dn = d.string();
    bit.dnFirst = d.u64big();
    bit.dnLast = d.u64big();
    bit.dnVersion = d.u64();
    bit.dirty = d.bool();
    d.finish(frame, 'EMetaBlob::nullbit');
    return bit;
  }
}
