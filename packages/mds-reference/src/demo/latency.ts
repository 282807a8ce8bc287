/** Latencies of one kind of operation, in ms: count, rate over the span from the first start to the last end, and percentiles. */
export interface LatencySummary {
  kind: string;
  count: number;
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
}

/** Collects latencies by kind of operation. */
export class LatencyBook {
  readonly #samples = new Map<string, { values: number[]; first: number; last: number }>();

  /** @param start monotonic ms at which the operation began @param end and ended */
  add(kind: string, start: number, end: number): void {
    let book = this.#samples.get(kind);
    if (!book) this.#samples.set(kind, (book = { values: [], first: start, last: end }));
    book.values.push(end - start);
    book.first = Math.min(book.first, start);
    book.last = Math.max(book.last, end);
  }

  summary(): LatencySummary[] {
    return [...this.#samples].map(([kind, { values, first, last }]) => {
      const sorted = Float64Array.from(values).sort();
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
      return {
        kind,
        count: sorted.length,
        perSecond: sorted.length / Math.max(1e-3, (last - first) / 1000),
        p50: at(0.5),
        p99: at(0.99),
        max: at(1),
      };
    });
  }
}
