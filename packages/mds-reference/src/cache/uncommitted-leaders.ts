import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { ECommitted } from '../journal/events/e-committed.js';
import type { LogSegment } from '../journal/log-segment.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { MetaReqId } from '../types/meta-req-id.js';

interface Uncommitted {
  readonly reqid: MetaReqId;
  readonly ls: LogSegment;
  readonly waiters: Completion[];
}

/**
 * Requests that this rank led, and that others had a part in: done, as they are in the journal, but nothing says that the others have done their parts.
 * Their segments wait for that.
 *
 * @see MDCache::uncommitted_leaders in src/mds/MDCache.cc (16.2.15)
 */
export class UncommittedLeaders {
  readonly #mds: MDSRank;
  readonly #leaders = new Map<string, Uncommitted>();

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  add(reqid: MetaReqId, ls: LogSegment): void {
    const key = reqid.toString();
    ls.uncommittedLeaders.add(key);
    this.#leaders.set(key, { reqid, ls, waiters: [] });
  }

  finish(reqid: string): void {
    const leader = this.#leaders.get(reqid);
    if (!leader) return;
    this.#leaders.delete(reqid);
    leader.ls.uncommittedLeaders.delete(reqid);
    this.#mds.queueWaiters(leader.waiters);
  }

  wait(reqid: string, completion: Completion): void {
    const leader = this.#leaders.get(reqid);
    if (leader) leader.waiters.push(completion);
    else complete(completion, 0);
  }

  /** No other rank is left, and none goes with a part undone: all of them are done. @see MDCache::finish_committed_leaders */
  commitAll(): void {
    for (const [key, { reqid }] of this.#leaders) {
      const done = new MDSLogContextWrapper(this.#mds, () => this.finish(key));
      this.#mds.mdlog.startSubmitEntry(new ECommitted(reqid), done);
    }
  }
}
