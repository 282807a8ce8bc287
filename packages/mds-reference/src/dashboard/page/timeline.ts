import type { OpSample } from '../sample.js';
import { el } from './dom.js';
import { clock, ms, precise } from './format.js';
import { describeOp, marksOf, MEANING, stretchesOf } from './stages.js';
import type { Mark, Stretch } from './stages.js';

const LANE = 36;

/** The way of one operation through the threads: a lane for each, and what happened when. */
export function timeline(op: OpSample, words: readonly string[]): HTMLElement {
  const marks = marksOf(op, words);
  const stretches = stretchesOf(op, marks);
  const { client, target } = describeOp(op.description);
  return el(
    'div',
    { class: 'timeline' },
    el('p', {
      class: 'quiet',
      text: `${target}${client ? ` for ${client}` : ''}, ${clock(op.startedAt)}: ${op.done ? 'took' : 'in flight for'} ${ms(op.duration)}`,
    }),
    lanes(stretches, marks, op.duration),
    table(marks),
    el('p', { class: 'code', text: op.description }),
  );
}

function lanes(stretches: readonly Stretch[], marks: readonly Mark[], duration: number): HTMLElement {
  const names = [...new Set(marks.map(({ thread }) => thread))];
  const percent = (at: number): string => `${duration > 0 ? (at / duration) * 100 : 0}%`;
  const tracks = el('div', { class: 'tracks' });
  tracks.style.height = `${names.length * LANE}px`;
  let lane = 0;
  for (const { stage, from, to, thread, until } of stretches) {
    const next = names.indexOf(thread);
    if (next !== lane) tracks.append(handOver(lane, next, percent(from)));
    lane = next;
    const text = `${until ?? 'so far'}: ${ms(to - from)}`;
    const bar = el('div', { class: `bar stage-${stage}`, title: text });
    if (to - from > duration / 12) bar.append(el('span', { text: ms(to - from) }));
    bar.style.left = percent(from);
    bar.style.width = percent(to - from);
    bar.style.top = `${lane * LANE}px`;
    tracks.append(bar);
  }
  const labels = el('ol', { class: 'lane-names', 'aria-hidden': 'true' }, ...names.map((text) => el('li', { text })));
  const axis = el('div', { class: 'axis' }, ...[0, 0.25, 0.5, 0.75, 1].map((share) => el('span', { text: ms(share * duration) })));
  return el('div', { class: 'lanes' }, labels, el('div', {}, tracks, axis));
}

/** The arrow from one lane to another. */
function handOver(from: number, to: number, left: string): HTMLElement {
  const arrow = el('div', { class: `hand-over${to < from ? ' up' : ''}` });
  arrow.style.left = left;
  arrow.style.top = `${(Math.min(from, to) + 0.5) * LANE}px`;
  arrow.style.height = `${(Math.abs(to - from) - 0.5) * LANE}px`;
  return arrow;
}

function table(marks: readonly Mark[]): HTMLElement {
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      { class: 'marks' },
      el('caption', { class: 'hidden', text: 'What happened when' }),
      el('thead', {}, el('tr', {}, ...['at', 'after', 'thread', 'event', ''].map((text) => el('th', { scope: 'col', text })))),
      el(
        'tbody',
        {},
        ...marks.map(({ at, event, thread }, i) =>
          el(
            'tr',
            {},
            el('td', { class: 'number', text: precise(at) }),
            el('td', { class: 'number', text: i === 0 ? '' : `+${precise(at - (marks[i - 1] as Mark).at)}` }),
            el('td', { class: 'name', text: thread }),
            el('td', { class: 'name', text: event }),
            el('td', { class: 'quiet', text: MEANING[event] ?? '' }),
          ),
        ),
      ),
    ),
  );
}
