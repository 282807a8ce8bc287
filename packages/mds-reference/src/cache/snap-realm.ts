import { Encoder } from '@cephts/encoding';
import { CEPH_INO_GLOBAL_SNAPREALM } from '../types/ceph-fs.js';
import { SnapRealmInfo } from '../types/snap-realm-info.js';
import type { SnapRealmNode } from '../types/snap-realm-node.js';
import type { CInode } from './cinode.js';

/**
 * A part of the tree with its own snapshots, from an inode downwards. A file system without snapshots has one, of the root, with number 1.
 *
 * @see src/mds/SnapRealm.h (16.2.15)
 */
export class SnapRealm {
  readonly inode: CInode;
  readonly srnode: SnapRealmNode;
  #trace: Uint8Array | undefined;

  constructor(inode: CInode, srnode: SnapRealmNode) {
    this.inode = inode;
    this.srnode = srnode;
  }

  get ino(): number {
    return this.inode.ino;
  }

  /** The realm of all: it knows the newest snapshot of the whole file system. */
  isGlobal(): boolean {
    return this.inode.ino === CEPH_INO_GLOBAL_SNAPREALM;
  }

  get parent(): SnapRealm | undefined {
    if (this.isGlobal()) return undefined;
    if (this.srnode.isParentGlobal()) return this.inode.mdcache.getGlobalSnaprealm();
    return this.inode.getOldestParentDn()?.dir.inode.findSnaprealm();
  }

  /** Is it a subvolume, or below one? */
  isInSubvolume(): boolean {
    return this.srnode.isSubvolume() || this.parent?.isInSubvolume() === true;
  }

  /** The newest change of this realm or one above it. */
  get newestSeq(): bigint {
    const own = this.srnode.seq;
    const above = this.parent?.newestSeq ?? 0n;
    return own > above ? own : above;
  }

  /** This realm and those above it, as a client is told: encoded, and kept until something changes. */
  getSnapTrace(): Uint8Array {
    if (this.#trace) return this.#trace;
    const info = new SnapRealmInfo();
    const { parent, srnode } = this;
    info.ino = this.ino;
    info.seq = srnode.seq;
    if (!this.isGlobal()) {
      info.created = srnode.created;
      info.parent = parent?.ino ?? 0;
      info.parentSince = srnode.currentParentSince;
    }
    info.mySnaps = [...srnode.snaps.keys()].sort((a, b) => (a > b ? -1 : 1));
    const e = new Encoder(64);
    info.encode(e);
    if (parent) e.raw(parent.getSnapTrace());
    return (this.#trace = e.toBytes());
  }

  /** Something changed, here or above. */
  invalidate(): void {
    this.#trace = undefined;
  }
}
