import { CooperativeThread } from '@cephts/common';
import type { CephContext } from '@cephts/common';

/** What {@link ProgressThread} works for. */
export interface ProgressOwner {
  readonly cct: CephContext;
  /** Completes queued waiters, then handles messages that had to wait; true when work is left at `deadline`. */
  advanceQueues(deadline: number): boolean;
}

/**
 * mds_rank_progr: completes the waiters that others queued, so that whoever queues them never runs them inside its own work.
 *
 * @see MDSRank::ProgressThread in src/mds/MDSRank.cc (16.2.15)
 */
export class ProgressThread extends CooperativeThread {
  constructor(owner: ProgressOwner) {
    super(owner.cct, {
      name: 'mds_rank_progr',
      owner: 'MDSRank::ProgressThread',
      purpose: 'completes waiters that became ready, and messages that waited for a lagging monitor',
      entry: (deadline) => owner.advanceQueues(deadline),
    });
  }

  /** There may be something to do. */
  signal(): void {
    this.wake();
  }
}
