// Plots of what `npm run bench -- SUITE --json docs/figures/SUITE.json` measured: a group of bars for each row, ours first. Rows of one unit
// are drawn against each other; a row whose only rival is its own best is left out.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { drawing, words } from './draw.mjs';

const WIDTH = 760;
const LEFT = 280;
const BAR = 15;
const SPACE = WIDTH - LEFT - 130;

/** Three figures, without a tail of zeros. */
export const figure = (value) => String(Number(value.toPrecision(3)));

/** Bars of one row; returns its parts and its height. */
function rowOf({ name, unit, ours, peers }, y) {
  const contenders = [['cephts', ours], ...Object.entries(peers)].filter(([, value]) => typeof value === 'number');
  const most = Math.max(...contenders.map(([, value]) => value));
  const parts = [words(20, y + 12, name, { anchor: 'start', bold: true, size: 12.5, color: 'var(--ink)' })];
  contenders.forEach(([who, value], i) => {
    const top = y + 22 + i * (BAR + 5);
    const width = Math.max(2, (value / most) * SPACE);
    parts.push(
      words(LEFT - 8, top + 12, who, { anchor: 'end', bold: i === 0, color: i === 0 ? 'var(--ink)' : 'var(--muted)' }),
      `<rect x="${LEFT}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="var(--${i === 0 ? 'accent' : 'line'})"/>`,
      words(LEFT + width + 8, top + 12, `${figure(value)} ${unit}`, { anchor: 'start', color: 'var(--ink)' }),
    );
  });
  return { parts, height: 22 + contenders.length * (BAR + 5) + 14 };
}

function plot({ suite, node, rows }) {
  let y = 40;
  const parts = [words(20, 22, `${suite}, Node ${node}`, { anchor: 'start' })];
  for (const row of rows.filter(({ peers }) => Object.keys(peers).some((peer) => peer !== 'best'))) {
    const { parts: bars, height } = rowOf(row, y);
    parts.push(...bars);
    y += height;
  }
  return drawing(WIDTH, y + 6, `Benchmark of ${suite}: ours beside its rivals`, parts);
}

/** What was measured last, by suite. */
export function figures(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
}

/** The plots, by their paths in docs/. */
export function plots(folder) {
  return figures(folder).map((result) => [`figures/${result.suite}.svg`, plot(result)]);
}
