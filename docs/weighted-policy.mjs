// Draws docs/weighted-policy.svg: which share of the deliveries each priority gets as the load grows, by policy.
// A simulation without chance or clock: the same picture each time. Run after `npm run build`: node docs/weighted-policy.mjs
import { writeFileSync } from 'node:fs';
import { PrioritizedQueue, PRIORITY, WeightedPriorityQueue } from '@cephts/dispatch-queue';

const LEVELS = [
  { name: 'HIGHEST 255', priority: PRIORITY.HIGHEST, color: '#c0392b' },
  { name: 'HIGH 196', priority: PRIORITY.HIGH, color: '#d68910' },
  { name: 'DEFAULT 127', priority: PRIORITY.DEFAULT, color: '#2471a3' },
  { name: 'LOW 64', priority: PRIORITY.LOW, color: '#1e8449' },
];
const TICKS = 8000;
const LOADS = Array.from({ length: 29 }, (_, i) => 0.5 + i * 0.125);

/** Each tick delivers one message; each priority sends a quarter of `load` messages a tick. Deliveries a tick of each priority. */
function shares(policy, load) {
  const queue = policy === 'strict' ? new PrioritizedQueue() : new WeightedPriorityQueue();
  const due = LEVELS.map(() => 0);
  const got = LEVELS.map(() => 0);
  for (let tick = 0; tick < TICKS; tick++) {
    LEVELS.forEach(({ priority }, i) => {
      for (due[i] += load / LEVELS.length; due[i] >= 1; due[i]--) {
        if (policy === 'strict') queue.enqueueStrict(1, priority, i);
        else queue.enqueue(1, priority, 0, i);
      }
    });
    const i = queue.dequeue();
    if (i !== undefined) got[i]++;
  }
  return got.map((count) => count / TICKS);
}

const WIDTH = 330;
const HEIGHT = 240;
const x = (load) => 50 + ((load - LOADS[0]) / (LOADS.at(-1) - LOADS[0])) * (WIDTH - 70);
const y = (share) => HEIGHT - 40 - share * (HEIGHT - 80);

function panel(policy, left) {
  const rows = LOADS.map((load) => shares(policy, load));
  const lines = LEVELS.map(({ color }, i) => {
    const points = LOADS.map((load, at) => `${x(load).toFixed(1)},${y(rows[at][i]).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/>`;
  });
  const ticksX = [1, 2, 3, 4].map((load) => `<text x="${x(load)}" y="${HEIGHT - 22}" text-anchor="middle">${load}×</text>`);
  const ticksY = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="50" x2="${WIDTH - 20}" y1="${y(share)}" y2="${y(share)}" stroke="#ddd"/><text x="44" y="${y(share) + 4}" text-anchor="end">${share * 100} %</text>`,
  );
  const title = policy === 'strict' ? 'strict: LOW starves beyond 1×' : 'weighted: everyone keeps a share';
  return `<g transform="translate(${left},0)"><text x="50" y="20" font-weight="bold">${title}</text>${ticksY.join('')}${ticksX.join('')}${lines.join('')}<text x="${(WIDTH + 30) / 2}" y="${HEIGHT - 6}" text-anchor="middle">load, in multiples of what can be delivered</text></g>`;
}

/** The picture, as text. */
export function draw() {
  const legend = LEVELS.map(
    ({ name, color }, i) =>
      `<g transform="translate(${60 + i * 150},${HEIGHT + 12})"><line x1="0" x2="20" y1="-4" y2="-4" stroke="${color}" stroke-width="2"/><text x="26">${name}</text></g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH * 2}" height="${HEIGHT + 24}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${panel('strict', 0)}${panel('weighted', WIDTH)}${legend.join('')}</svg>\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(new URL('./weighted-policy.svg', import.meta.url), draw());
