import type { PerfCounters, PrimitiveContext } from '@cephts/common';
import type { FinisherOptions } from './options.js';

const QUEUE_LEN = 0;
const COMPLETE_LATENCY = 1;
const COMPLETE_LATENCY_HISTOGRAM = 2;

/** Perf counters of one named finisher; the latency is that of a batch, from its swap to its last completion. */
export class FinisherCounters {
  readonly #cct: PrimitiveContext;
  readonly #counters: PerfCounters;
  readonly #histogram: boolean;

  private constructor(cct: PrimitiveContext, counters: PerfCounters, histogram: boolean) {
    this.#cct = cct;
    this.#counters = counters;
    this.#histogram = histogram;
  }

  /** Undefined, and no cost, for a finisher without a name or a context without counters. */
  static register(cct: PrimitiveContext, options: FinisherOptions): FinisherCounters | undefined {
    const { name, latencyHistogram = false } = options;
    if (name === undefined || !cct.perf) return undefined;
    const counters = cct.perf.create(`finisher-${name}`, [
      { key: 'queue_len', type: 'gauge', description: 'Contexts that wait' },
      { key: 'complete_latency', type: 'timeavg', description: 'Time to complete a batch of contexts' },
      ...(latencyHistogram
        ? [
            {
              key: 'complete_latency_histogram',
              type: 'histogram',
              description: 'The same in ms',
              buckets: [0.01, 0.1, 1, 5, 10, 50, 100, 1000],
            } as const,
          ]
        : []),
    ]);
    return new FinisherCounters(cct, counters, latencyHistogram);
  }

  queueLength(length: number): void {
    this.#counters.set(QUEUE_LEN, length);
  }

  batchDone(ms: number): void {
    this.#counters.tinc(COMPLETE_LATENCY, ms);
    if (this.#histogram) this.#counters.hinc(COMPLETE_LATENCY_HISTOGRAM, ms);
  }

  remove(): void {
    this.#cct.perf?.remove(this.#counters);
  }
}
