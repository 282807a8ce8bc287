import type { ThreadSample } from '../sample.js';
import { Chart } from './chart.js';
import type { ChartLine } from './chart.js';
import { byId } from './dom.js';
import { bytes, ms, percent, short } from './format.js';
import { busyShare, perSecond, ratio, valueOf } from './history.js';
import type { History } from './history.js';

const COLORS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'] as const;
/** Threads that the busy chart shows by themselves, at most. */
const BUSIEST = 4;

/** The charts under the threads. */
export class Charts {
  readonly #requests = new Chart('Requests and replies per second', short, 10);
  readonly #latency = new Chart('Latency', ms, 1);
  readonly #busy = new Chart('Busy share of threads', percent, 0.1);
  readonly #journal = new Chart('Journal', (value) => `${bytes(value)}/s`, 1024, 1024);
  readonly #cache = new Chart('Cache', short, 10);
  readonly #process = new Chart('Resident memory', bytes, 64 * 1024 * 1024, 1024);

  constructor() {
    byId('charts').append(
      ...[this.#requests, this.#latency, this.#busy, this.#journal, this.#cache, this.#process].map(({ element }) => element),
    );
  }

  update(history: History, threads: readonly ThreadSample[]): void {
    const end = history.last?.at ?? 0;
    const rate = (label: string, color: string, key: string): ChartLine => ({
      label,
      color,
      points: history.series((before, point) => perSecond(before, point, (one) => valueOf(one, key))),
    });
    const average = (label: string, color: string, key: string): ChartLine => ({
      label,
      color,
      points: history.series((before, point) => ratio(before, point, `${key}.sum`, `${key}.avgcount`) * 1000),
    });
    const level = (label: string, color: string, key: string): ChartLine => ({
      label,
      color,
      points: history.series((_, point) => valueOf(point, key)),
    });
    this.#requests.update(end, [
      rate('requests', 'c1', 'mds_server.handle_client_request'),
      rate('replies', 'c2', 'mds.reply'),
      rate('journal events', 'c3', 'mds_log.evadd'),
    ]);
    this.#latency.update(end, [average('reply', 'c2', 'mds.reply_latency'), average('journal flush', 'c3', 'mds_log.jlat')]);
    this.#journal.update(end, [rate('written', 'c3', 'mds_log.wrpos'), rate('expired', 'c5', 'mds_log.expos')]);
    this.#cache.update(end, [
      level('inodes', 'c1', 'mds_mem.ino'),
      level('dentries', 'c4', 'mds_mem.dn'),
      level('caps', 'c2', 'mds_mem.cap'),
    ]);
    this.#process.update(end, [{ label: 'rss', color: 'c6', points: history.series((_, point) => point.rss) }]);
    this.#updateBusy(history, threads, end);
  }

  #updateBusy(history: History, threads: readonly ThreadSample[], end: number): void {
    const cooperative = threads.filter(({ kind }) => kind === 'cooperative').map(({ id }) => id);
    const busiest = threads
      .filter(({ name }) => name !== 'ceph-mds')
      .sort((a, b) => b.busyMs - a.busyMs)
      .slice(0, BUSIEST);
    this.#busy.update(end, [
      {
        label: 'the isolate',
        color: 'c6',
        points: history.series((before, point) =>
          Math.min(
            1,
            cooperative.reduce((sum, id) => sum + busyShare(before, point, id), 0),
          ),
        ),
      },
      ...busiest.map(({ id, name }, i) => ({
        label: name,
        color: COLORS[i] as string,
        points: history.series((before, point) => busyShare(before, point, id)),
      })),
    ]);
  }
}
