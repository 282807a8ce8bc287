import type { LogSegment } from '../journal/log-segment.js';
import type { CInode } from './cinode.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import type { MDCache } from './md-cache.js';
import { CDIR_AUTH_UNDEF } from './subtree-map.js';
import { Uncommitted } from './uncommitted.js';

/**
 * What this rank's part of a request that another rank leads has left in the cache, in case it is taken back.
 *
 * @see MDPeerUpdate in src/mds/MDCache.h (16.2.15)
 */
export class PeerUpdate {
  /** Directories that were renamed out of, or away. */
  readonly oldDirs = new Set<CInode>();
  /** Inodes without a place. */
  readonly unlinked = new Set<CInode>();
}

interface Part {
  readonly leader: number;
  readonly update: PeerUpdate;
}

/**
 * Parts this rank has in requests that others lead, prepared and not known to be committed. Only the leader knows.
 *
 * @see MDCache::uncommitted_peers in src/mds/MDCache.cc (16.2.15)
 */
export class UncommittedPeers extends Uncommitted<Part> {
  readonly #cache: MDCache;

  constructor(cache: MDCache) {
    super(cache.mds, (ls) => ls.uncommittedPeers);
    this.#cache = cache;
  }

  /** Each request with the rank that leads it. */
  *leaders(): IterableIterator<[reqid: string, leader: number]> {
    for (const [reqid, { leader }] of this.entries()) yield [reqid, leader];
  }

  add(reqid: string, leader: number, ls: LogSegment, update: PeerUpdate): void {
    this.begin(reqid, ls, { leader, update });
  }

  /** Committed, or taken back: nothing of before is needed. */
  override finish(reqid: string): Part | undefined {
    const part = super.finish(reqid);
    for (const inode of part?.update.oldDirs ?? []) if (!this.needsDirectory(inode)) this.#dropForeign(inode);
    for (const inode of part?.update.unlinked ?? []) {
      if (!this.#needsInode(inode) && !inode.getProjectedParentDn()) this.#cache.removeInodeRecursive(inode);
    }
    return part;
  }

  needsDirectory(inode: CInode): boolean {
    for (const [, { update }] of this.entries()) if (update.oldDirs.has(inode)) return true;
    return false;
  }

  #needsInode(inode: CInode): boolean {
    for (const [, { update }] of this.entries()) if (update.unlinked.has(inode)) return true;
    return false;
  }

  #dropForeign(inode: CInode): void {
    const { subtrees } = this.#cache;
    for (const dir of [...inode.getDirfrags()]) {
      const root = subtrees.getSubtreeRoot(dir);
      if (root?.dirAuthFirst !== CDIR_AUTH_UNDEF) continue;
      dropForeignSubtree(this.#cache, root);
      if (dir !== root) return;
    }
  }
}
