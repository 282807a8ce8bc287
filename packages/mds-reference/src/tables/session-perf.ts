import type { PerfCounters, PerfCountersCollection } from '@cephts/common';

/** The counters `mds_sessions`, by index in this order. */
export enum SessionPerf {
  sessionCount,
  sessionAdd,
  sessionRemove,
  sessionsOpen,
  sessionsStale,
}

/** @see SessionMap::register_perfcounters in src/mds/SessionMap.cc (16.2.15) */
export function createSessionPerf(perf: PerfCountersCollection): PerfCounters {
  return perf.create('mds_sessions', [
    { key: 'session_count', type: 'gauge', description: 'Session count', nick: 'sess', priority: 8 },
    { key: 'session_add', type: 'counter', description: 'Sessions added' },
    { key: 'session_remove', type: 'counter', description: 'Sessions removed' },
    { key: 'sessions_open', type: 'gauge', description: 'Sessions currently open' },
    { key: 'sessions_stale', type: 'gauge', description: 'Sessions currently stale' },
  ]);
}
