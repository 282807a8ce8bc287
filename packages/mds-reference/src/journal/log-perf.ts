import type { PerfCounters, PerfCountersCollection, PerfCounterType } from '@cephts/common';

type Row = readonly [key: string, type: PerfCounterType, description: string, nick?: string, priority?: number];

const ROWS = [
  ['evadd', 'counter', 'Events submitted', 'subm', 8],
  ['ev', 'gauge', 'Events', 'evts', 8],
  ['seg', 'gauge', 'Segments', 'segs', 8],
  ['evexg', 'gauge', 'Expiring events', '', 5],
  ['evexd', 'gauge', 'Current expired events', '', 5],
  ['segexg', 'gauge', 'Expiring segments', '', 5],
  ['segexd', 'gauge', 'Current expired segments', '', 5],
  ['replayed', 'counter', 'Events replayed', 'repl', 8],
  ['jlat', 'timeavg', 'Journaler flush latency', '', 5],
  ['evex', 'counter', 'Total expired events', '', 5],
  ['evtrm', 'counter', 'Trimmed events', '', 5],
  ['segadd', 'counter', 'Segments added', '', 5],
  ['segex', 'counter', 'Total expired segments', '', 5],
  ['segtrm', 'counter', 'Trimmed segments', '', 5],
  ['expos', 'gauge', 'Journaler xpire position'],
  ['wrpos', 'gauge', 'Journaler  write position'],
  ['rdpos', 'gauge', 'Journaler  read position'],
] as const satisfies readonly Row[];

/** The counters `mds_log`, by index in this order. */
export enum LogPerf {
  evadd,
  ev,
  seg,
  evexg,
  evexd,
  segexg,
  segexd,
  replayed,
  jlat,
  evex,
  evtrm,
  segadd,
  segex,
  segtrm,
  expos,
  wrpos,
  rdpos,
}

/** @see MDLog::create_logger in src/mds/MDLog.cc (16.2.15) */
export function createLogPerf(perf: PerfCountersCollection): PerfCounters {
  return perf.create(
    'mds_log',
    ROWS.map(([key, type, description, nick, priority]) => ({ key, type, description, nick: nick ?? '', priority: priority ?? 0 })),
  );
}
