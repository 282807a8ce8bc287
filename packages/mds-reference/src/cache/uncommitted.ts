import { complete, finishContexts } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { DirFrag } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import type { LogSegment } from '../journal/log-segment.js';
import type { CInode } from './cinode.js';

interface Uncommitted {
  readonly ls: LogSegment;
  readonly waiters: Completion[];
}

/**
 * Changes that take several journal entries, between the first and the last of them: requests in which other ranks take part, and
 * directories being cut into other fragments. Their segments wait for the last entry.
 *
 * @see MDCache::uncommitted_leaders in src/mds/MDCache.h (16.2.15)
 */
export class UncommittedUpdates {
  readonly #leaders = new Map<string, Uncommitted>();
  readonly #fragments = new Map<string, Uncommitted>();

  addLeader(reqid: string, ls: LogSegment): void {
    ls.uncommittedLeaders.add(reqid);
    this.#leaders.set(reqid, { ls, waiters: [] });
  }

  finishLeader(reqid: string): void {
    const leader = this.#leaders.get(reqid);
    if (!leader) return;
    this.#leaders.delete(reqid);
    leader.ls.uncommittedLeaders.delete(reqid);
    finishContexts(leader.waiters);
  }

  waitForLeader(reqid: string, completion: Completion): void {
    this.#wait(this.#leaders, reqid, completion);
  }

  addFragment(key: string, inode: CInode | undefined, base: Frag, ls: LogSegment): void {
    ls.uncommittedFragments.set(key, new DirFrag(inode?.ino ?? 0, base));
    this.#fragments.set(key, { ls, waiters: [] });
  }

  finishFragment(key: string): void {
    const fragment = this.#fragments.get(key);
    if (!fragment) return;
    this.#fragments.delete(key);
    fragment.ls.uncommittedFragments.delete(key);
    finishContexts(fragment.waiters);
  }

  waitForFragment(key: string, completion: Completion): void {
    this.#wait(this.#fragments, key, completion);
  }

  /** With a single rank nothing of the kind can be left open: whoever waits for the other ranks waits no longer. */
  abandon(): void {
    for (const reqid of [...this.#leaders.keys()]) this.finishLeader(reqid);
    for (const key of [...this.#fragments.keys()]) this.finishFragment(key);
  }

  #wait(map: Map<string, Uncommitted>, key: string, completion: Completion): void {
    const uncommitted = map.get(key);
    if (uncommitted) uncommitted.waiters.push(completion);
    else complete(completion, 0);
  }
}
