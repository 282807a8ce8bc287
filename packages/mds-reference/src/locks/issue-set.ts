import type { CInode } from '../cache/cinode.js';

/** Inodes whose caps have to be looked at once a series of lock changes is over; each counts once. */
export class IssueSet {
  readonly #inodes: CInode[] = [];

  add(inode: CInode): void {
    if (!this.#inodes.includes(inode)) this.#inodes.push(inode);
  }

  has(inode: CInode): boolean {
    return this.#inodes.includes(inode);
  }

  get size(): number {
    return this.#inodes.length;
  }

  /** Calls back for each inode; the set is empty afterwards. */
  drain(callback: (inode: CInode) => void): void {
    for (let inode = this.#inodes.shift(); inode; inode = this.#inodes.shift()) callback(inode);
  }
}
