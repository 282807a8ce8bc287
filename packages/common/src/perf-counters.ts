import type { SharedSlab } from './shared-slab.js';

/** Kinds of counter, with Ceph's meaning: a counter only grows, a gauge goes both ways, an average has a count and a sum. */
export type PerfCounterType = 'counter' | 'gauge' | 'longrunavg' | 'timeavg' | 'histogram';

/** One counter of a {@link PerfCounters}, as `perf schema` describes it. */
export interface PerfCounterSpec {
  key: string;
  type: PerfCounterType;
  description: string;
  /** Ceph's short column name for daemonperf. */
  nick?: string;
  /** @defaultValue 0 (debug only) */
  priority?: number;
  unit?: 'none' | 'bytes';
  /** For histograms: upper bounds of the buckets, in the unit of the values; one bucket more takes the rest. */
  buckets?: readonly number[];
}

/** Where the numbers of one {@link PerfCounters} lie, for another thread. */
export interface PerfCountersDescriptor {
  name: string;
  chunk: number;
  index: number;
  specs: PerfCounterSpec[];
}

function slotsOf(spec: PerfCounterSpec): number {
  if (spec.type === 'longrunavg' || spec.type === 'timeavg') return 2;
  if (spec.type === 'histogram') return (spec.buckets?.length ?? 0) + 3;
  return 1;
}

/**
 * Named counters of one component, kept in shared memory so that admin_socket can print them while this thread is blocked.
 * A key is turned into an index once, with {@link PerfCounters.idx}; the calls on the hot path take the index.
 *
 * @see src/common/perf_counters.cc (16.2.15)
 */
export class PerfCounters {
  readonly name: string;
  readonly specs: readonly PerfCounterSpec[];
  readonly #a: Float64Array;
  readonly #base: number;
  readonly #chunk: number;
  readonly #offsets: number[] = [];
  readonly #byKey = new Map<string, number>();

  constructor(name: string, specs: readonly PerfCounterSpec[], slots: { array: Float64Array; index: number; chunk: number }) {
    this.name = name;
    this.specs = specs;
    this.#a = slots.array;
    this.#base = slots.index;
    this.#chunk = slots.chunk;
    let offset = slots.index;
    specs.forEach((spec, idx) => {
      this.#offsets.push(offset);
      this.#byKey.set(spec.key, idx);
      offset += slotsOf(spec);
    });
  }

  static slotsFor(specs: readonly PerfCounterSpec[]): number {
    return specs.reduce((sum, spec) => sum + slotsOf(spec), 0);
  }

  /** Index of a key, for the calls below; -1 where there is no such key. */
  idx(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }

  inc(idx: number, by = 1): void {
    (this.#a[this.#offsets[idx] as number] as number) += by;
  }

  dec(idx: number, by = 1): void {
    (this.#a[this.#offsets[idx] as number] as number) -= by;
  }

  set(idx: number, value: number): void {
    this.#a[this.#offsets[idx] as number] = value;
  }

  get(idx: number): number {
    return this.#a[this.#offsets[idx] as number] as number;
  }

  /** Adds one sample to an average; for a `timeavg` in seconds. */
  avg(idx: number, value: number): void {
    const at = this.#offsets[idx] as number;
    (this.#a[at] as number)++;
    (this.#a[at + 1] as number) += value;
  }

  /** Adds one sample of `ms` milliseconds to a `timeavg`. */
  tinc(idx: number, ms: number): void {
    this.avg(idx, ms / 1000);
  }

  /** Adds one sample to a histogram. */
  hinc(idx: number, value: number): void {
    const at = this.#offsets[idx] as number;
    const buckets = this.specs[idx]?.buckets ?? [];
    let low = 0;
    let high = buckets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (buckets[middle] as number)) high = middle;
      else low = middle + 1;
    }
    (this.#a[at] as number)++;
    (this.#a[at + 1] as number) += value;
    (this.#a[at + 2 + low] as number)++;
  }

  reset(): void {
    this.specs.forEach((spec, idx) => {
      if (spec.type === 'gauge') return;
      const at = this.#offsets[idx] as number;
      this.#a.fill(0, at, at + slotsOf(spec));
    });
  }

  describe(): PerfCountersDescriptor {
    return { name: this.name, chunk: this.#chunk, index: this.#base, specs: [...this.specs] };
  }

  /** The same counters, over the shared memory that another thread described. */
  static attach(descriptor: PerfCountersDescriptor, chunks: readonly Float64Array[]): PerfCounters {
    const { name, specs, chunk, index } = descriptor;
    return new PerfCounters(name, specs, { array: chunks[chunk] as Float64Array, index, chunk });
  }

  /** Values in the form of `perf dump`. */
  dump(): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    this.specs.forEach((spec, idx) => {
      const at = this.#offsets[idx] as number;
      const value = this.#a[at] as number;
      if (spec.type === 'histogram') {
        const counts = [...this.#a.subarray(at + 2, at + 3 + (spec.buckets?.length ?? 0))];
        out[spec.key] = {
          count: value,
          sum: this.#a[at + 1],
          buckets: counts.map((count, i) => ({ le: spec.buckets?.[i] ?? null, count })),
        };
      } else if (spec.type === 'timeavg' || spec.type === 'longrunavg') {
        const sum = this.#a[at + 1] as number;
        out[spec.key] =
          spec.type === 'timeavg' ? { avgcount: value, sum, avgtime: value > 0 ? sum / value : 0 } : { avgcount: value, sum };
      } else {
        out[spec.key] = value;
      }
    });
    return out;
  }

  /** The form of `perf schema`. */
  schema(): Record<string, unknown> {
    // bit values of Ceph's PERFCOUNTER_* flags: 1 time, 2 u64, 4 long-run average, 8 counter, 16 histogram
    const bits = { counter: 10, gauge: 2, longrunavg: 6, timeavg: 5, histogram: 18 };
    const metric = { counter: 'counter', gauge: 'gauge', longrunavg: 'gauge', timeavg: 'gauge', histogram: 'counter' };
    const value = {
      counter: 'integer',
      gauge: 'integer',
      longrunavg: 'integer-integer-pair',
      timeavg: 'real-integer-pair',
      histogram: 'integer-2d-histogram',
    };
    return Object.fromEntries(
      this.specs.map((spec) => [
        spec.key,
        {
          type: bits[spec.type],
          metric_type: metric[spec.type],
          value_type: value[spec.type],
          description: spec.description,
          nick: spec.nick ?? '',
          priority: spec.priority ?? 0,
          units: spec.unit ?? 'none',
        },
      ]),
    );
  }
}

/** What changed in a {@link PerfCountersCollection}. */
export type PerfCountersListener = (event: 'add' | 'remove', counters: PerfCounters) => void;

/** All counters of a process, by component name. */
export class PerfCountersCollection {
  readonly #slab: SharedSlab;
  readonly #all = new Map<string, PerfCounters>();
  readonly #listeners = new Set<PerfCountersListener>();

  constructor(slab: SharedSlab) {
    this.#slab = slab;
  }

  /** Makes and registers the counters of a component; a name that is taken gets the suffix `-2`, `-3`, …. */
  create(name: string, specs: readonly PerfCounterSpec[]): PerfCounters {
    let unique = name;
    for (let n = 2; this.#all.has(unique); n++) unique = `${name}-${n}`;
    const counters = new PerfCounters(unique, specs, this.#slab.allocate(PerfCounters.slotsFor(specs)));
    this.#all.set(unique, counters);
    for (const listener of this.#listeners) listener('add', counters);
    return counters;
  }

  remove(counters: PerfCounters): void {
    if (this.#all.get(counters.name) !== counters) return;
    this.#all.delete(counters.name);
    for (const listener of this.#listeners) listener('remove', counters);
  }

  get(name: string): PerfCounters | undefined {
    return this.#all.get(name);
  }

  list(): PerfCounters[] {
    return [...this.#all.values()];
  }

  dump(): Record<string, unknown> {
    return Object.fromEntries(this.list().map((counters) => [counters.name, counters.dump()]));
  }

  schema(): Record<string, unknown> {
    return Object.fromEntries(this.list().map((counters) => [counters.name, counters.schema()]));
  }

  onChange(listener: PerfCountersListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
