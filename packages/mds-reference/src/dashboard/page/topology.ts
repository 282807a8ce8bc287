import type { Hello, Sample, ThreadSample } from '../sample.js';
import type { Detail } from './detail.js';
import { byId, el, setText } from './dom.js';
import { Edges } from './edges.js';
import type { Flow } from './edges.js';
import { bytes, count, counted, ms, percent, short } from './format.js';
import type { History } from './history.js';
import type { Recent } from './recent.js';
import { ThreadDetail } from './thread-detail.js';
import { ThreadNode } from './thread-node.js';

/** Where a thread stands: the place, by its owner and name. All others are chips beside. */
const PLACES: Readonly<Record<string, string>> = {
  'DispatchQueue/ms_dispatch': 'dispatch',
  'DispatchQueue/ms_local': 'local',
  'MDSRank::ProgressThread/mds_rank_progr': 'progress',
  'SignalHandler/signal_handler': 'signals',
  'MDLog::SubmitThread/md_submit': 'submit',
  'MDSRank::finisher/MR_Finisher': 'finisher',
  'PurgeQueue::finisher/PQ_Finisher': 'purge',
};

/** Counters that tell how long a thread's work waits: logger and average. */
const LATENCY: Readonly<Record<string, readonly [logger: string, counter: string]>> = {
  dispatch: ['dispatch_queue-mds', 'dispatch_latency'],
  finisher: ['finisher-MDSRank', 'complete_latency'],
  purge: ['finisher-PurgeQueue', 'complete_latency'],
};

const keyOf = (id: number): string => `thread ${id}`;

const STORES: Readonly<Record<string, string>> = {
  LmdbObjectStore: 'LMDB, on this disk',
  MemoryObjectStore: 'in memory',
  RadosObjectStore: 'RADOS',
};

/** A box that is no thread. */
function block(place: string, title: string): { element: HTMLElement; lines: HTMLElement[] } {
  const lines = [el('span', { class: 'quiet' }), el('span', { class: 'quiet' })];
  return { element: el('div', { class: `node block ${place}`, 'data-place': place }, el('b', { text: title }), ...lines), lines };
}

/**
 * The threads as the README draws them: real ones outside, cooperative ones inside the isolate that is mds_lock, and what flows between.
 */
export class Topology {
  readonly #root = byId('topology');
  readonly #detail: Detail;
  readonly #history: History;
  readonly #nodes = new Map<number, ThreadNode>();
  readonly #clients = block('clients', 'Clients');
  readonly #work = block('work', 'MDCache · Migrator · Server · Locker · MDBalancer');
  readonly #store = block('store', 'Object store');
  readonly #main = el('button', { type: 'button', class: 'isolate-name' });
  readonly #areas = new Map(
    ['workers', 'reals', 'flow', 'rest', 'chips'].map((name) => [name, el('div', { class: `area ${name}` })] as const),
  );
  readonly #edges: Edges;
  #guide: Hello['guide'] = [];
  #sample: Sample | undefined;
  #recent: Recent | undefined;
  #shown: ThreadDetail | undefined;

  constructor(detail: Detail, history: History) {
    this.#detail = detail;
    this.#history = history;
    this.#edges = new Edges(this.#root);
    const area = (name: string): HTMLElement => this.#areas.get(name) as HTMLElement;
    area('flow').append(this.#main, this.#work.element);
    area('rest').append(area('chips'));
    this.#root.append(
      this.#clients.element,
      area('workers'),
      area('reals'),
      el('div', { class: 'isolate' }),
      area('flow'),
      area('rest'),
      this.#store.element,
    );
    this.#main.addEventListener('click', () => {
      const main = this.#sample?.threads.find(({ owner }) => owner === 'main');
      if (main) this.#show(main);
    });
  }

  setGuide(guide: Hello['guide']): void {
    this.#guide = guide;
  }

  update(sample: Sample, recent: Recent): void {
    this.#sample = sample;
    this.#recent = recent;
    this.#updateNodes(sample, recent);
    this.#updateBlocks(sample, recent);
    this.#edges.update(this.#flows(sample, recent));
    this.#detail.refresh((key) => {
      const thread = sample.threads.find(({ id }) => key === keyOf(id));
      if (thread) this.#shown?.update(thread, recent, this.#history);
      return thread && this.#shown?.element;
    });
  }

  #guideOf({ name, owner }: ThreadSample): string {
    const numberless = name.replace(/\d+$/, 'N');
    return this.#guide.find((row) => row.owner === owner && (row.name === name || row.name === numberless))?.text ?? '';
  }

  #show(thread: ThreadSample): void {
    if (!this.#recent) return;
    this.#shown = new ThreadDetail(thread, this.#guideOf(thread));
    this.#shown.update(thread, this.#recent, this.#history);
    this.#detail.show(keyOf(thread.id), thread.name, this.#shown.element);
  }

  #updateNodes(sample: Sample, recent: Recent): void {
    const seen = new Set<number>();
    const taken = new Set<string>();
    for (const thread of sample.threads) {
      if (thread.owner === 'main') continue;
      seen.add(thread.id);
      let node = this.#nodes.get(thread.id);
      if (!node) {
        const wanted = thread.name.startsWith('msgr-worker-')
          ? thread.name
          : thread.kind === 'real'
            ? thread.name
            : PLACES[`${thread.owner}/${thread.name}`];
        // a second one of a kind is told apart as a chip
        const place = wanted !== undefined && !taken.has(wanted) && !this.#placeTaken(wanted) ? wanted : '';
        node = new ThreadNode(thread, place, () => this.#show(this.#nodes.get(thread.id)?.thread ?? thread));
        this.#nodes.set(thread.id, node);
        this.#areaOf(thread, place).append(node.element);
      }
      taken.add(node.place);
      const [logger, counter] = LATENCY[node.place] ?? [];
      node.update(thread, recent, logger && counter ? recent.average(logger, counter) : undefined);
    }
    for (const [id, node] of this.#nodes) {
      if (seen.has(id)) continue;
      node.element.remove();
      this.#nodes.delete(id);
    }
  }

  #placeTaken(place: string): boolean {
    return [...this.#nodes.values()].some((node) => node.place === place);
  }

  #areaOf({ name, kind }: ThreadSample, place: string): HTMLElement {
    const area = name.startsWith('msgr-worker-')
      ? 'workers'
      : kind === 'real'
        ? 'reals'
        : ['dispatch', 'submit', 'finisher'].includes(place)
          ? 'flow'
          : place === ''
            ? 'chips'
            : 'rest';
    return this.#areas.get(area) as HTMLElement;
  }

  #updateBlocks(sample: Sample, recent: Recent): void {
    const { threads, daemon, blockedMs } = sample;
    const cooperative = threads.filter(({ kind }) => kind === 'cooperative');
    const busy = Math.min(
      1,
      cooperative.reduce((sum, { id }) => sum + recent.busy(id), 0),
    );
    setText(
      this.#main,
      blockedMs > 200
        ? `the isolate that is mds_lock: no answer for ${ms(blockedMs)}`
        : `the isolate that is mds_lock: ${percent(busy)} busy`,
    );
    this.#root.classList.toggle('blocked', blockedMs > 200);
    const messenger = 'AsyncMessenger::Worker-0';
    const lines = (target: { lines: HTMLElement[] }, ...texts: string[]): void =>
      texts.forEach((text, i) => setText(target.lines[i] as Element, text));
    const sessions = daemon?.numSessions ?? 0;
    lines(
      this.#clients,
      `${counted(sessions, 'session')} over msgr2.1`,
      `in ${bytes(recent.rate(messenger, 'msgr_recv_bytes'))}/s, out ${bytes(recent.rate(messenger, 'msgr_send_bytes'))}/s`,
    );
    const latency = recent.average('mds', 'reply_latency');
    lines(
      this.#work,
      `${short(recent.rate('mds_server', 'handle_client_request'))} requests/s${latency === undefined ? '' : `, answered in ${ms(latency)}`}`,
      `${count(daemon?.numOps ?? 0)} in flight`,
    );
    const flush = recent.average('mds_log', 'jlat');
    lines(
      this.#store,
      STORES[daemon?.store ?? ''] ?? '',
      `${bytes(recent.rate('mds_log', 'wrpos'))}/s of journal${flush === undefined ? '' : `, durable in ${ms(flush)}`}`,
    );
  }

  #flows({ perf, threads }: Sample, recent: Recent): Flow[] {
    const messenger = Object.keys(perf).find((name) => name.startsWith('AsyncMessenger::Worker-')) ?? '';
    const place = (name: string): HTMLElement | undefined => [...this.#nodes.values()].find((node) => node.place === name)?.element;
    const items = (name: string): number => {
      const node = [...this.#nodes.values()].find((one) => one.place === name);
      return node ? recent.items(node.thread.id) : 0;
    };
    const clients = this.#clients.element;
    const work = this.#work.element;
    const store = this.#store.element;
    const dispatch = place('dispatch');
    const workers = threads.filter(({ name }) => name.startsWith('msgr-worker-'));
    const worked = workers.map(({ id }) => recent.items(id));
    const allWorked = Math.max(
      1e-9,
      worked.reduce((sum, rate) => sum + rate, 0),
    );
    const received = recent.rate(messenger, 'msgr_recv_messages');
    const sent = recent.rate(messenger, 'msgr_send_messages');
    const events = recent.rate('mds_log', 'evadd');
    const done = items('finisher');
    return [
      ...workers.flatMap(({ name }, i): Flow[] => {
        const worker = place(name);
        // messages are counted for all of them together
        const share = (worked[i] as number) / allWorked;
        return [
          { from: clients, to: worker, kind: 'request', rate: received * share, side: 0.3 },
          { from: worker, to: clients, kind: 'reply', rate: sent * share, side: 0.7 },
          { from: worker, to: dispatch, kind: 'request', rate: received * share, side: 0.3 },
          { from: work, to: worker, kind: 'reply', rate: sent * share, side: 0.7, past: dispatch, lane: i },
        ];
      }),
      { from: dispatch, to: work, kind: 'request', rate: items('dispatch'), label: true },
      { from: work, to: place('submit'), kind: 'journal', rate: events, label: true },
      { from: place('submit'), to: store, kind: 'journal', rate: events, label: true },
      { from: store, to: place('finisher'), kind: 'journal', rate: done, label: true },
      { from: place('finisher'), to: work, kind: 'reply', rate: done, label: true },
      { from: place('local'), to: dispatch, kind: 'request', rate: items('local'), minor: true },
      { from: place('progress'), to: work, kind: 'request', rate: items('progress'), minor: true },
      { from: place('purge'), to: store, kind: 'journal', rate: items('purge'), minor: true },
    ];
  }
}
