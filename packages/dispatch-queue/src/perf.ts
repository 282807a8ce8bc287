import type { PerfCounters, PrimitiveContext } from '@cephts/common';

const BUCKETS_MS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

const LENGTH = 0;
const LATENCY = 1;
const HISTOGRAM = 2;
const DISPATCHED = 3;
const DISCARDED = 4;

/** The counters of one dispatch queue, `dispatch_queue-NAME`. */
export class DispatchPerf {
  readonly #cct: PrimitiveContext;
  readonly #counters: PerfCounters;

  private constructor(cct: PrimitiveContext, counters: PerfCounters) {
    this.#cct = cct;
    this.#counters = counters;
  }

  /** Counters where the queue has a name and the context keeps any. */
  static create(cct: PrimitiveContext, name: string | undefined): DispatchPerf | undefined {
    const counters =
      name === undefined
        ? undefined
        : cct.perf?.create(`dispatch_queue-${name}`, [
            { key: 'queue_len', type: 'gauge', description: 'messages and codes that wait' },
            { key: 'dispatch_latency', type: 'timeavg', description: 'from receipt to delivery' },
            {
              key: 'dispatch_latency_histogram',
              type: 'histogram',
              description: 'from receipt to delivery, ms',
              buckets: BUCKETS_MS,
            },
            { key: 'dispatched', type: 'counter', description: 'messages delivered' },
            { key: 'discarded', type: 'counter', description: 'messages dropped, withdrawn or discarded' },
          ]);
    return counters && new DispatchPerf(cct, counters);
  }

  setLength(length: number): void {
    this.#counters.set(LENGTH, length);
  }

  dispatching(stamp: number): void {
    const ms = this.#cct.clock.monotonicNow() - stamp;
    this.#counters.tinc(LATENCY, ms);
    this.#counters.hinc(HISTOGRAM, ms);
    this.#counters.inc(DISPATCHED);
  }

  discarded(): void {
    this.#counters.inc(DISCARDED);
  }

  remove(): void {
    this.#cct.perf?.remove(this.#counters);
  }
}
