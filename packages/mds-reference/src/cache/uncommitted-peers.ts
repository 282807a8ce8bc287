import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { LogSegment } from '../journal/log-segment.js';
import type { CInode } from './cinode.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import type { MDCache } from './md-cache.js';
import { CDIR_AUTH_UNDEF } from './subtree-map.js';

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

interface Uncommitted {
  readonly leader: number;
  readonly ls: LogSegment;
  readonly update: PeerUpdate;
  readonly waiters: Completion[];
}

/**
 * Parts this rank has in requests that others lead, prepared and not known to be committed. Only the leader knows.
 *
 * @see MDCache::uncommitted_peers in src/mds/MDCache.cc (16.2.15)
 */
export class UncommittedPeers {
  readonly #cache: MDCache;
  readonly #peers = new Map<string, Uncommitted>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  /** Each request with the rank that leads it. */
  *leaders(): IterableIterator<[reqid: string, leader: number]> {
    for (const [reqid, { leader }] of this.#peers) yield [reqid, leader];
  }

  add(reqid: string, leader: number, ls: LogSegment, update: PeerUpdate): void {
    ls.uncommittedPeers.add(reqid);
    this.#peers.set(reqid, { leader, ls, update, waiters: [] });
  }

  /** Committed, or taken back: nothing of before is needed. One that is not known began before the journal does. */
  finish(reqid: string): void {
    const peer = this.#peers.get(reqid);
    if (!peer) return;
    this.#peers.delete(reqid);
    peer.ls.uncommittedPeers.delete(reqid);
    this.#cache.mds.queueWaiters(peer.waiters);
    for (const inode of peer.update.oldDirs) if (!this.needsDirectory(inode)) this.#dropForeign(inode);
    for (const inode of peer.update.unlinked) {
      if (!this.#needsInode(inode) && !inode.getProjectedParentDn()) this.#cache.removeInodeRecursive(inode);
    }
  }

  wait(reqid: string, completion: Completion): void {
    const peer = this.#peers.get(reqid);
    if (peer) peer.waiters.push(completion);
    else complete(completion, 0);
  }

  needsDirectory(inode: CInode): boolean {
    for (const { update } of this.#peers.values()) if (update.oldDirs.has(inode)) return true;
    return false;
  }

  #needsInode(inode: CInode): boolean {
    for (const { update } of this.#peers.values()) if (update.unlinked.has(inode)) return true;
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
