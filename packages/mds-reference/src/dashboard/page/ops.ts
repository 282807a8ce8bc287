import type { DaemonSample, OpSample } from '../sample.js';
import { byId, el, setText } from './dom.js';
import type { Detail } from './detail.js';
import { ms } from './format.js';
import { describeOp, marksOf, STAGES, stretchesOf } from './stages.js';
import { timeline } from './timeline.js';

const LISTS = [
  ['longest', 'Slowest', 'Nothing was done yet.'],
  ['latest', 'Latest', 'Nothing was done yet.'],
  ['inFlight', 'In flight', 'Nothing is in flight.'],
] as const;
type List = (typeof LISTS)[number][0];

const keyOf = (seq: number): string => `op ${seq}`;

/** Operations in flight, the latest and the slowest; each opens its timeline. */
export class Operations {
  readonly #detail: Detail;
  readonly #panel = byId('ops');
  readonly #tabs = new Map<List, HTMLButtonElement>();
  readonly #rows = new Map<number, HTMLElement>();
  #list: List = 'longest';
  /** What the dialog shows and is not over yet. */
  #open = '';
  #daemon: DaemonSample | undefined;

  constructor(detail: Detail) {
    this.#detail = detail;
    byId('ops-legend').append(...STAGES.map(([stage, label]) => el('li', {}, el('i', { class: `dot stage-${stage}` }), label)));
    const bar = byId('ops-tabs');
    for (const [list, label] of LISTS) {
      const tab = el('button', { type: 'button', role: 'tab', 'data-list': list, 'aria-controls': 'ops', text: label });
      tab.addEventListener('click', () => this.#choose(list));
      this.#tabs.set(list, tab);
      bar.append(tab);
    }
    bar.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      const at = LISTS.findIndex(([list]) => list === this.#list);
      const [next] = LISTS[(at + step + LISTS.length) % LISTS.length] as (typeof LISTS)[number];
      this.#choose(next);
      this.#tabs.get(next)?.focus();
    });
    this.#choose('longest');
  }

  update(daemon: DaemonSample): void {
    this.#daemon = daemon;
    setText(this.#tabs.get('inFlight') as Element, `In flight (${daemon.numOps})`);
    const all = [...daemon.inFlight, ...daemon.latest, ...daemon.longest];
    this.#detail.refresh((key) => {
      const op = key === this.#open ? all.find(({ seq }) => key === keyOf(seq)) : undefined;
      if (!op) return undefined;
      if (op.done) this.#open = '';
      return timeline(op, daemon.words);
    });
    // what someone is about to click stays where it is
    if (!this.#panel.matches(':hover') && !this.#panel.contains(document.activeElement)) this.#show();
  }

  #choose(list: List): void {
    this.#list = list;
    for (const [name, tab] of this.#tabs) {
      tab.setAttribute('aria-selected', String(name === list));
      tab.tabIndex = name === list ? 0 : -1;
    }
    this.#show();
  }

  #show(): void {
    const daemon = this.#daemon;
    if (!daemon) return;
    const ops = daemon[this.#list];
    if (ops.length === 0) {
      this.#rows.clear();
      this.#panel.replaceChildren(el('p', { class: 'quiet', text: LISTS.find(([list]) => list === this.#list)?.[2] ?? '' }));
      return;
    }
    const longest = Math.max(...ops.map(({ duration }) => duration));
    const rows = ops.map((op) => {
      const old = this.#rows.get(op.seq);
      const row = op.done && old?.dataset['longest'] === String(longest) ? old : this.#row(op, daemon.words, longest);
      this.#rows.set(op.seq, row);
      return row;
    });
    for (const seq of [...this.#rows.keys()]) if (!ops.some((op) => op.seq === seq)) this.#rows.delete(seq);
    this.#panel.replaceChildren(el('ol', { class: 'ops' }, ...rows.map((row) => el('li', {}, row))));
  }

  #row(op: OpSample, words: readonly string[], longest: number): HTMLElement {
    const { client, what, target } = describeOp(op.description);
    const bar = el('span', { class: 'way' });
    for (const { stage, from, to } of stretchesOf(op, marksOf(op, words))) {
      const part = el('i', { class: `stage-${stage}` });
      part.style.width = `${((to - from) / longest) * 100}%`;
      bar.append(part);
    }
    const row = el(
      'button',
      {
        type: 'button',
        class: 'op',
        'data-seq': op.seq,
        'data-longest': longest,
        'aria-label': `${what} ${target} of ${client}: ${ms(op.duration)}${op.done ? '' : ', in flight'}; show its way`,
      },
      el('b', { text: what }),
      el('span', { class: 'target', text: target }),
      bar,
      el('span', { class: 'number', text: ms(op.duration) }),
    );
    row.addEventListener('click', () => {
      this.#open = op.done ? '' : keyOf(op.seq);
      this.#detail.show(keyOf(op.seq), what, timeline(op, words));
    });
    return row;
  }
}
