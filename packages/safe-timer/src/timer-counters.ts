import type { PerfCounters, PrimitiveContext } from '@cephts/common';
import type { SafeTimerOptions } from './options.js';

const QUEUE_LEN = 0;
const LATENESS = 1;
const LATENESS_HISTOGRAM = 2;

/** Perf counters of one named timer. */
export class TimerCounters {
  readonly #cct: PrimitiveContext;
  readonly #counters: PerfCounters;
  readonly #histogram: boolean;

  private constructor(cct: PrimitiveContext, counters: PerfCounters, histogram: boolean) {
    this.#cct = cct;
    this.#counters = counters;
    this.#histogram = histogram;
  }

  /** Undefined, and no cost, for a timer without a name or a context without counters. */
  static register(cct: PrimitiveContext, options: SafeTimerOptions): TimerCounters | undefined {
    const { name, latencyHistogram = false } = options;
    if (name === undefined || !cct.perf) return undefined;
    const counters = cct.perf.create(`timer-${name}`, [
      { key: 'queue_len', type: 'gauge', description: 'Events that are pending' },
      { key: 'lateness', type: 'timeavg', description: 'Time from when an event was due until it ran' },
      ...(latencyHistogram
        ? [
            {
              key: 'lateness_histogram',
              type: 'histogram',
              description: 'The same in ms',
              buckets: [0.1, 1, 2, 5, 10, 50, 100, 1000],
            } as const,
          ]
        : []),
    ]);
    return new TimerCounters(cct, counters, latencyHistogram);
  }

  queueLength(length: number): void {
    this.#counters.set(QUEUE_LEN, length);
  }

  ran(latenessMs: number): void {
    this.#counters.tinc(LATENESS, latenessMs);
    if (this.#histogram) this.#counters.hinc(LATENESS_HISTOGRAM, latenessMs);
  }

  remove(): void {
    this.#cct.perf?.remove(this.#counters);
  }
}
