import type { DaemonSample, JournalSample, PerfAverage, Sample } from '../sample.js';
import { byId, el, LiveTable, setText } from './dom.js';
import { bytes, count, exact, ms, percent, seconds } from './format.js';
import type { Recent } from './recent.js';

/** Sessions of clients. */
export class Sessions {
  readonly #table = new LiveTable('Sessions', ['client', 'from', 'state', '#caps', '#requests', 'for']);

  constructor() {
    byId('sessions').append(this.#table.element);
  }

  update({ sessions, numSessions }: DaemonSample): void {
    const more = numSessions - sessions.length;
    setText(byId('sessions-count'), more > 0 ? `${count(numSessions)}, ${count(more)} not shown` : count(numSessions));
    this.#table.update(
      sessions.map(({ id, addr, host, state, caps, requests, uptime }) => ({
        key: String(id),
        cells: [
          `client.${id}`,
          host === String(id) ? addr : `${host} ${addr}`,
          state,
          count(caps),
          count(requests),
          seconds(uptime),
        ],
      })),
    );
  }
}

const POSITIONS = [
  ['expire', 'needed after a crash'],
  ['safe', 'durable'],
  ['write', 'appended'],
] as const satisfies readonly (readonly [keyof JournalSample, string])[];

/** Positions of the journal, as a bar and in numbers. */
export class Journal {
  readonly #bar = el('div', { class: 'journal-bar', role: 'img' }, el('i', { class: 'needed' }), el('i', { class: 'pending' }));
  readonly #facts = el('dl', { class: 'facts-list' });
  readonly #values = new Map<string, HTMLElement>();

  constructor() {
    byId('journal').append(this.#bar, this.#facts);
  }

  #set(label: string, text: string): void {
    let value = this.#values.get(label);
    if (!value) {
      this.#values.set(label, (value = el('dd')));
      this.#facts.append(el('div', {}, el('dt', { text: label }), value));
    }
    setText(value, text);
  }

  update(journal: JournalSample | undefined): void {
    if (!journal) return;
    const { trimmed, expire, safe, write, segments, events, expiring, period } = journal;
    // whole objects, so that the bar does not jump with every write
    const from = Math.min(trimmed, expire);
    const to = Math.max(write, from + period);
    const share = (position: number): number => ((position - from) / (to - from)) * 100;
    const [live, pending] = [...this.#bar.children] as [HTMLElement, HTMLElement];
    live.style.left = `${share(expire)}%`;
    live.style.width = `${share(safe) - share(expire)}%`;
    pending.style.left = `${share(safe)}%`;
    pending.style.width = `${share(write) - share(safe)}%`;
    this.#bar.setAttribute('aria-label', `Journal from ${bytes(from)} to ${bytes(write)}, ${bytes(write - expire)} of it needed`);
    for (const [key, meaning] of POSITIONS) this.#set(`${key} position, ${meaning}`, count(journal[key]));
    this.#set('not durable yet', bytes(write - safe));
    this.#set('segments', `${count(segments)}${expiring > 0 ? `, ${count(expiring)} expiring` : ''}`);
    this.#set('events', count(events));
  }
}

/** `thread ls`. */
export class ThreadTable {
  readonly #table = new LiveTable('Every thread', [
    'thread',
    'owner',
    'kind',
    'state',
    '#busy',
    '#busy ms',
    '#wake-ups',
    '#turns',
    '#items',
    '#queued',
    '#longest turn',
  ]);
  readonly #details = byId<HTMLDetailsElement>('thread-table');

  constructor() {
    this.#details.querySelector('.scroll')?.append(this.#table.element);
  }

  update(sample: Sample, recent: Recent): void {
    if (!this.#details.open) return;
    this.#table.update(
      sample.threads.map(({ id, name, owner, kind, state, busyMs, wakeups, slices, items, queued, maxSliceMs }) => ({
        key: String(id),
        cells: [
          name,
          owner,
          kind,
          state,
          percent(recent.busy(id)),
          count(busyMs),
          count(wakeups),
          count(slices),
          count(items),
          count(queued),
          ms(maxSliceMs),
        ],
      })),
    );
  }
}

/** `perf dump`, to be searched. */
export class Counters {
  readonly #table = new LiveTable('Every counter', ['logger', 'counter', '#value', '#average']);
  readonly #details = byId<HTMLDetailsElement>('counters');
  readonly #filter = byId<HTMLInputElement>('filter');
  #last: Sample | undefined;

  constructor() {
    this.#details.querySelector('.scroll')?.append(this.#table.element);
    this.#filter.addEventListener('input', () => this.#show());
    this.#details.addEventListener('toggle', () => this.#show());
  }

  update(sample: Sample): void {
    this.#last = sample;
    this.#show();
  }

  #show(): void {
    if (!this.#details.open || !this.#last) return;
    const wanted = this.#filter.value.trim().toLowerCase();
    const rows = Object.entries(this.#last.perf).flatMap(([logger, counters]) =>
      Object.entries(counters).map(([counter, value]) => ({ logger, counter, value, key: `${logger}.${counter}` })),
    );
    this.#table.update(
      rows
        .filter(({ key }) => key.toLowerCase().includes(wanted))
        .map(({ key, logger, counter, value }) => ({ key, cells: [logger, counter, ...cellsOf(value)], dim: isIdle(value) })),
    );
  }
}

function cellsOf(value: unknown): [value: string, average: string] {
  if (typeof value === 'number') return [exact(value), ''];
  const { avgcount, sum, count: samples } = value as Partial<PerfAverage> & { count?: number };
  const number = avgcount ?? samples ?? 0;
  return [exact(number), number > 0 ? exact((sum ?? 0) / number) : ''];
}

const isIdle = (value: unknown): boolean => cellsOf(value)[0] === '0';
