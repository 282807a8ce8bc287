import { perfNumber } from '../sample.js';
import type { Sample } from '../sample.js';
import { byId, el, setText, svg } from './dom.js';
import { bytes, count, counted, ms, percent, short } from './format.js';
import { busyShare, perSecond, ratio, valueOf } from './history.js';
import type { History } from './history.js';
import type { Recent } from './recent.js';

/** Points of a sparkline. */
const SPARK = 120;

interface Tile {
  label: string;
  value: (sample: Sample, recent: Recent) => string;
  note: (sample: Sample, recent: Recent) => string;
  spark?: (history: History, sample: Sample) => { value: number | undefined }[];
}

const n = ({ perf }: Sample, logger: string, counter: string, part?: string): number => perfNumber(perf, logger, counter, part);
const rateOf = (key: string) => (history: History) =>
  history.series((before, point) => perSecond(before, point, (one) => valueOf(one, key)));
const levelOf = (key: string) => (history: History) => history.series((_, point) => valueOf(point, key));

const cooperative = ({ threads }: Sample): Sample['threads'] => threads.filter(({ kind }) => kind === 'cooperative');

const TILES: readonly Tile[] = [
  {
    label: 'Requests per second',
    value: (_, recent) => short(recent.rate('mds_server', 'handle_client_request')),
    note: (sample) => `${count(n(sample, 'mds_server', 'handle_client_request'))} so far`,
    spark: rateOf('mds_server.handle_client_request'),
  },
  {
    label: 'Reply latency',
    value: (_, recent) => {
      const latency = recent.average('mds', 'reply_latency');
      return latency === undefined ? '–' : ms(latency);
    },
    note: (sample) => {
      const replies = n(sample, 'mds', 'reply_latency', 'avgcount');
      return replies === 0 ? 'no replies yet' : `${ms((n(sample, 'mds', 'reply_latency', 'sum') / replies) * 1000)} over all`;
    },
    spark: (history) =>
      history.series((before, point) => ratio(before, point, 'mds.reply_latency.sum', 'mds.reply_latency.avgcount')),
  },
  {
    label: 'mds_lock held',
    value: (sample, recent) =>
      percent(
        Math.min(
          1,
          cooperative(sample).reduce((sum, { id }) => sum + recent.busy(id), 0),
        ),
      ),
    note: (sample) => `longest turn ${ms(Math.max(0, ...cooperative(sample).map(({ maxSliceMs }) => maxSliceMs)))}`,
    spark: (history, sample) =>
      history.series((before, point) => cooperative(sample).reduce((sum, { id }) => sum + busyShare(before, point, id), 0)),
  },
  {
    label: 'In flight',
    value: ({ daemon }) => count(daemon?.numOps ?? 0),
    note: (sample) => `${count(n(sample, 'mds', 'reply'))} replies`,
  },
  {
    label: 'Sessions',
    value: (sample) => count(n(sample, 'mds_sessions', 'session_count')),
    note: (sample) => `${count(n(sample, 'mds_sessions', 'sessions_open'))} open`,
  },
  {
    label: 'Inodes in cache',
    value: (sample) => count(n(sample, 'mds_mem', 'ino')),
    note: (sample) => `${count(n(sample, 'mds_mem', 'dn'))} dentries, ${count(n(sample, 'mds_mem', 'cap'))} caps`,
    spark: levelOf('mds_mem.ino'),
  },
  {
    label: 'Journal',
    value: (sample) => bytes(Math.max(0, n(sample, 'mds_log', 'wrpos') - n(sample, 'mds_log', 'expos'))),
    note: (sample) => `${counted(n(sample, 'mds_log', 'seg'), 'segment')}, ${counted(n(sample, 'mds_log', 'ev'), 'event')}`,
    spark: rateOf('mds_log.wrpos'),
  },
  {
    label: 'Memory',
    value: ({ rss }) => bytes(rss),
    note: (_, recent) => `${percent(recent.cpu)} of a processor`,
    spark: (history) => history.series((_, point) => point.rss),
  },
];

/** The key figures on top. */
export class Tiles {
  readonly #tiles = TILES.map((tile) => {
    const value = el('strong');
    const note = el('span', { class: 'quiet' });
    const line = svg('path');
    const spark = svg('svg', { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line);
    const element = el('div', { class: 'card tile', 'data-tile': tile.label }, el('span', { text: tile.label }), value, note);
    if (tile.spark) element.append(spark);
    return { ...tile, element, valueNode: value, noteNode: note, line };
  });

  constructor() {
    byId('tiles').append(...this.#tiles.map(({ element }) => element));
  }

  update(sample: Sample, recent: Recent, history: History): void {
    for (const { value, note, spark, valueNode, noteNode, line } of this.#tiles) {
      setText(valueNode, value(sample, recent));
      setText(noteNode, note(sample, recent));
      if (spark) line.setAttribute('d', sparkPath(spark(history, sample).slice(-SPARK)));
    }
  }
}

function sparkPath(points: readonly { value: number | undefined }[]): string {
  const values = points.map(({ value }) => value ?? 0);
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (values.length < 2 || high === low) return '';
  const x = (i: number): string => (100 - ((values.length - 1 - i) / (SPARK - 1)) * 100).toFixed(1);
  return values
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${(22 - ((value - low) / (high - low)) * 20).toFixed(1)}`)
    .join('');
}
