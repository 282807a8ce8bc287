import type { PerfCounters } from '@cephts/common';
import type { DaemonSample, ThreadSample } from './sample.js';

/** Content-Type of the text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string | number>>;

/** A counter's name as ceph-exporter and the prometheus module of ceph-mgr write it: `mds_mem.ino+` is `ceph_mds_mem_ino_plus`. */
export function metricName(path: string): string {
  const name = path.replaceAll(/[./\s]|::/g, '_').replaceAll('+', '_plus');
  const end = name.endsWith('-') ? `${name.slice(0, -1)}_minus` : name;
  return `ceph_${end}`.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    .join(',');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

/**
 * Metrics in the text format of Prometheus. The numbers are counted elsewhere, in shared memory, histograms too: so this only writes them.
 */
export class MetricsText {
  readonly #families = new Map<string, string[]>();

  /** One more sample of a metric; its head is that of the first. */
  add(name: string, type: 'counter' | 'gauge' | 'untyped', help: string, labels: Labels, value: number): void {
    this.#family(name, type, help).push(`${name}{${labelText(labels)}} ${number(value)}`);
  }

  /** A histogram; `buckets` are not cumulative yet, and the last one has no bound. */
  addHistogram(
    name: string,
    help: string,
    labels: Labels,
    { count, sum, buckets }: { count: number; sum: number; buckets: readonly { le: number | null; count: number }[] },
  ): void {
    const lines = this.#family(name, 'histogram', help);
    let total = 0;
    for (const bucket of buckets) {
      total += bucket.count;
      lines.push(`${name}_bucket{${labelText({ ...labels, le: bucket.le ?? '+Inf' })}} ${total}`);
    }
    lines.push(`${name}_sum{${labelText(labels)}} ${number(sum)}`, `${name}_count{${labelText(labels)}} ${number(count)}`);
  }

  #family(name: string, type: string, help: string): string[] {
    let lines = this.#families.get(name);
    if (!lines) this.#families.set(name, (lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`]));
    return lines;
  }

  toString(): string {
    return `${[...this.#families.values()].flat().join('\n')}\n`;
  }
}

function addCounters(text: MetricsText, counters: PerfCounters, daemon: string): void {
  // the workers of the messenger are told apart by a label
  const [, group = counters.name, id] = /^(AsyncMessenger::Worker)-(\d+)$/.exec(counters.name) ?? [];
  const labels: Labels = { ceph_daemon: daemon, ...(id === undefined ? {} : { id }) };
  const values = counters.dump();
  for (const { key, type, description } of counters.specs) {
    const name = metricName(`${group}.${key}`);
    const value = values[key];
    if (type === 'histogram') text.addHistogram(name, description, labels, value as Parameters<MetricsText['addHistogram']>[3]);
    else if (type === 'timeavg' || type === 'longrunavg') {
      const { avgcount, sum } = value as { avgcount: number; sum: number };
      text.add(`${name}_sum`, 'counter', `${description} Total`, labels, sum);
      text.add(`${name}_count`, 'counter', `${description} Count`, labels, avgcount);
    } else text.add(name, type, description, labels, value as number);
  }
}

function addThreads(text: MetricsText, threads: readonly ThreadSample[], daemon: string): void {
  for (const { id, name, owner, kind, items, wakeups, slices, busyMs, maxSliceMs, queued } of threads) {
    const labels = { ceph_daemon: daemon, id, thread: name, owner, kind };
    text.add('cephts_thread_busy_seconds_total', 'counter', 'Time the thread has worked', labels, busyMs / 1000);
    text.add('cephts_thread_items_total', 'counter', 'Items of work done', labels, items);
    text.add('cephts_thread_wakeups_total', 'counter', 'Times the thread was woken', labels, wakeups);
    text.add('cephts_thread_slices_total', 'counter', 'Turns the thread had', labels, slices);
    text.add('cephts_thread_longest_slice_seconds', 'gauge', 'Longest turn so far', labels, maxSliceMs / 1000);
    text.add('cephts_thread_queued', 'gauge', 'Entries that wait in its queue', labels, queued);
  }
}

/** What {@link renderMetrics} tells of. */
export interface MetricsSource {
  /** Entity name, as in `'mds.a'`. */
  name: string;
  ceph: string;
  host: string;
  perf: readonly PerfCounters[];
  threads: readonly ThreadSample[];
  rss: number;
  cpu: number;
  daemon: DaemonSample | undefined;
}

/**
 * Everything, for `/metrics`: perf counters under the names ceph-exporter gives them, and the threads under our own.
 *
 * @see src/pybind/mgr/prometheus/module.py (16.2.15), src/exporter/DaemonMetricCollector.cc (later releases)
 */
export function renderMetrics({ name, ceph, host, perf, threads, rss, cpu, daemon }: MetricsSource): string {
  const text = new MetricsText();
  for (const counters of perf) addCounters(text, counters, name);
  if (daemon) {
    const { fsName, addr, whoami } = daemon;
    const labels = { ceph_daemon: name, fs_id: fsName, hostname: host, public_addr: addr, rank: whoami, ceph_version: ceph };
    text.add('ceph_mds_metadata', 'untyped', 'MDS Metadata', labels, 1);
  }
  addThreads(text, threads, name);
  text.add('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes', { ceph_daemon: name }, rss);
  text.add('process_cpu_seconds_total', 'counter', 'User and system CPU time spent in seconds', { ceph_daemon: name }, cpu);
  return text.toString();
}
