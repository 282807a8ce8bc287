import type { PerfCounters, PerfCountersCollection } from '@cephts/common';

/** The counters `purge_queue`, by index in this order. */
export enum PurgePerf {
  executingOps,
  executingOpsHighWater,
  executing,
  executingHighWater,
  executed,
  itemInJournal,
}

/** @see PurgeQueue::create_logger in src/mds/PurgeQueue.cc (16.2.15) */
export function createPurgePerf(perf: PerfCountersCollection): PerfCounters {
  return perf.create('purge_queue', [
    { key: 'pq_executing_ops', type: 'gauge', description: 'Purge queue ops in flight', priority: 5 },
    { key: 'pq_executing_ops_high_water', type: 'gauge', description: 'Maximum number of executing file purge ops', priority: 5 },
    { key: 'pq_executing', type: 'gauge', description: 'Purge queue tasks in flight', priority: 5 },
    { key: 'pq_executing_high_water', type: 'gauge', description: 'Maximum number of executing file purges', priority: 5 },
    { key: 'pq_executed', type: 'counter', description: 'Purge queue tasks executed', nick: 'purg', priority: 8 },
    { key: 'pq_item_in_journal', type: 'gauge', description: 'Purge item left in journal', priority: 5 },
  ]);
}
