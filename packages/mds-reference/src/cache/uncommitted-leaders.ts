import { ECommitted } from '../journal/events/e-committed.js';
import type { LogSegment } from '../journal/log-segment.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { MetaReqId } from '../types/meta-req-id.js';
import { Uncommitted } from './uncommitted.js';

/**
 * Requests that this rank led, and that others had a part in: done, as they are in the journal, but nothing says that the others have done their parts.
 * Their segments wait for that.
 *
 * @see MDCache::uncommitted_leaders in src/mds/MDCache.cc (16.2.15)
 */
export class UncommittedLeaders extends Uncommitted<MetaReqId> {
  constructor(mds: MDSRank) {
    super(mds, (ls) => ls.uncommittedLeaders);
  }

  add(reqid: MetaReqId, ls: LogSegment): void {
    this.begin(reqid, ls, reqid);
  }

  /** No other rank is left, and none goes with a part undone: all of them are done. @see MDCache::finish_committed_leaders */
  commitAll(): void {
    for (const [, reqid] of this.entries()) {
      const done = new MDSLogContextWrapper(this.mds, () => void this.finish(reqid));
      this.mds.mdlog.startSubmitEntry(new ECommitted(reqid), done);
    }
  }
}
