import type { CInode } from './cinode.js';

/**
 * What a dentry leads to: an inode that is stored with it (primary), an inode that is stored elsewhere and known by number (remote, with
 * `inode` set once it is in the cache), or nothing (null).
 *
 * @see CDentry::linkage_t in src/mds/CDentry.h (16.2.15)
 */
export class Linkage {
  inode: CInode | undefined;
  remoteIno: number;
  remoteDType: number;

  constructor(inode?: CInode, remoteIno = 0, remoteDType = 0) {
    this.inode = inode;
    this.remoteIno = remoteIno;
    this.remoteDType = remoteDType;
  }

  isPrimary(): boolean {
    return this.remoteIno === 0 && this.inode !== undefined;
  }

  isRemote(): boolean {
    return this.remoteIno > 0;
  }

  isNull(): boolean {
    return this.remoteIno === 0 && this.inode === undefined;
  }
}
