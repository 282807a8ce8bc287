import type { ThreadSample } from '../sample.js';
import { Chart } from './chart.js';
import { el, setText } from './dom.js';
import { count, ms, percent, short } from './format.js';
import { busyShare } from './history.js';
import type { History } from './history.js';
import type { Recent } from './recent.js';

/** Everything about a thread, for the dialog. */
export class ThreadDetail {
  readonly element: HTMLElement;
  readonly #chart = new Chart('Busy share', percent, 0.1);
  readonly #facts = el('dl', { class: 'facts-list' });

  constructor(thread: ThreadSample, guide: string) {
    this.#chart.element.classList.remove('card');
    this.element = el('div', {}, el('p', { text: guide === '' ? thread.purpose : guide }), this.#chart.element, this.#facts);
  }

  update(thread: ThreadSample, recent: Recent, history: History): void {
    const points = history.series((before, point) => busyShare(before, point, thread.id));
    this.#chart.update(history.last?.at ?? 0, [{ label: thread.name, color: thread.kind === 'real' ? 'c4' : 'c2', points }]);
    const facts: [string, string][] = [
      [
        'kind',
        thread.kind === 'real' ? 'real thread of the system' : 'cooperative: takes its turns in the isolate that is mds_lock',
      ],
      ['works for', thread.owner],
      ['state', thread.state],
      ['busy now', percent(recent.busy(thread.id))],
      ['busy so far', ms(thread.busyMs)],
      ['items per second', short(recent.items(thread.id))],
      ['items', count(thread.items)],
      ['queued', count(thread.queued)],
      ['wake-ups', count(thread.wakeups)],
      ['turns', count(thread.slices)],
      ['turn on average', thread.slices > 0 ? ms(thread.busyMs / thread.slices) : '–'],
      ['longest turn', ms(thread.maxSliceMs)],
    ];
    facts.forEach(([label, value], i) => {
      const row = this.#facts.children[i] ?? el('div', {}, el('dt', { text: label }), el('dd'));
      setText(row.lastElementChild as Element, value);
      if (!row.parentNode) this.#facts.append(row);
    });
  }
}
