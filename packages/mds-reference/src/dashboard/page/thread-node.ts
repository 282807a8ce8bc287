import type { ThreadSample } from '../sample.js';
import { el, setText } from './dom.js';
import { count, ms, percent, short } from './format.js';
import type { Recent } from './recent.js';

/** Share of its time from which on a thread is marked as busy. */
const HOT = 0.75;

/** A thread in the topology: its state, how busy it is, what waits and how long. */
export class ThreadNode {
  readonly element: HTMLButtonElement;
  /** Where it stands; '' for a chip. */
  readonly place: string;
  thread: ThreadSample;
  readonly #rate = el('span', { class: 'rate' });
  readonly #fill = el('i');
  readonly #numbers = el('span', { class: 'numbers' });

  constructor(thread: ThreadSample, place: string, onClick: () => void) {
    this.thread = thread;
    this.place = place;
    const { name, owner, kind } = thread;
    this.element = el(
      'button',
      {
        type: 'button',
        class: `node thread ${kind} ${place === '' ? 'chip' : place}`,
        'data-thread': thread.id,
        'data-place': place,
      },
      el('span', { class: 'name' }, el('i', { class: 'lamp' }), el('b', { text: name }), this.#rate),
      el('span', { class: 'owner', text: owner }),
      el('span', { class: 'meter' }, this.#fill),
      this.#numbers,
    );
    this.element.addEventListener('click', onClick);
  }

  /** @param latency how long its work waits lately, in ms */
  update(thread: ThreadSample, recent: Recent, latency: number | undefined): void {
    this.thread = thread;
    const { id, name, owner, state, queued } = thread;
    const share = recent.busy(id);
    const items = recent.items(id);
    // what was asleep at the very moment of the sample may still have worked all the time
    this.element.dataset['state'] = state === 'stopped' ? 'stopped' : share > 0.02 || state === 'running' ? 'working' : 'waiting';
    this.element.classList.toggle('hot', share >= HOT);
    this.#fill.style.width = percent(share).replace(' ', '');
    setText(this.#rate, items > 0 ? `${short(items)}/s` : '');
    setText(
      this.#numbers,
      [percent(share), `queue ${count(queued)}`, ...(latency === undefined ? [] : [`waits ${ms(latency)}`])].join(' · '),
    );
    const label = `${name}, ${owner}: ${state}, ${percent(share)} busy, ${count(queued)} queued; show details`;
    if (this.element.getAttribute('aria-label') !== label) this.element.setAttribute('aria-label', label);
  }
}
