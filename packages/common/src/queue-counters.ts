import type { PerfCountersCollection } from './perf-counters.js';
import type { QueueCounters } from './primitive-context.js';

const QUEUE_LEN = 0;
const LATENCY = 1;
const HISTOGRAM = 2;
const BUCKETS_MS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1000];

/**
 * Registers the counters of a queue: `queue_len`, a `timeavg` under `latencyKey`, and, where asked for, the same as a histogram in ms.
 */
export function createQueueCounters(
  perf: PerfCountersCollection,
  name: string,
  latencyKey: string,
  histogram = false,
): QueueCounters {
  const counters = perf.create(name, [
    { key: 'queue_len', type: 'gauge', description: 'Entries that wait' },
    { key: latencyKey, type: 'timeavg', description: 'Latency' },
    ...(histogram
      ? [{ key: `${latencyKey}_histogram`, type: 'histogram', description: 'Latency in ms', buckets: BUCKETS_MS } as const]
      : []),
  ]);
  return {
    length: (count) => counters.set(QUEUE_LEN, count),
    latency(ms) {
      counters.tinc(LATENCY, ms);
      if (histogram) counters.hinc(HISTOGRAM, ms);
    },
    remove: () => perf.remove(counters),
  };
}
