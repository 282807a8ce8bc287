// A little drawing: boxes, arrows and words in an SVG that takes its colours from the page where it is inlined, and from the reader's light or
// dark setting where it stands alone.

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Alone, a drawing brings its own colours; in the site docs/site.css gives them, and the plugin leaves this style out. */
export const STANDALONE_STYLE = `<style>
svg.drawing{--ink:#1f2328;--muted:#59636e;--line:#8c959f;--fill:#f6f8fa;--accent:#0969da;--accent-fill:#ddf4ff;--warm:#9a6700;--warm-fill:#fff8c5;--paper:#ffffff}
@media (prefers-color-scheme:dark){svg.drawing{--ink:#e6edf3;--muted:#9198a1;--line:#6e7681;--fill:#161b22;--accent:#58a6ff;--accent-fill:#0c2d6b;--warm:#e3b341;--warm-fill:#3a2d00;--paper:#0d1117}}
</style>`;

const KINDS = {
  plain: ['var(--fill)', 'var(--line)'],
  accent: ['var(--accent-fill)', 'var(--accent)'],
  warm: ['var(--warm-fill)', 'var(--warm)'],
  none: ['none', 'none'],
};

/** A box with a title and, below it, smaller lines. */
export function box(x, y, w, h, title, { sub = '', kind = 'plain', dashed = false, align = 'middle' } = {}) {
  const [fill, stroke] = KINDS[kind];
  const lines = sub === '' ? [] : sub.split('\n');
  const top = y + h / 2 - (lines.length - (title === '' ? 1 : 0)) * 7.5 + 4.5;
  const at = align === 'middle' ? x + w / 2 : x + 10;
  const texts = [
    title === ''
      ? ''
      : `<text x="${at}" y="${top}" text-anchor="${align}" font-weight="600" fill="var(--ink)">${escape(title)}</text>`,
    ...lines.map((line, i) => words(at, top + 15 * (i + (title === '' ? 0 : 1)), line, { anchor: align })),
  ];
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" fill="${fill}" stroke="${stroke}"${dashed ? ' stroke-dasharray="5 4"' : ''}/>${texts.join('')}`;
}

/** Words without a box; `halo` keeps lines behind them at a distance. */
export function words(x, y, text, { anchor = 'middle', size = 11.5, bold = false, color = 'var(--muted)', halo = false } = {}) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}"${bold ? ' font-weight="600"' : ''} fill="${color}"${halo ? ' paint-order="stroke" stroke="var(--paper)" stroke-width="5"' : ''}>${escape(text)}</text>`;
}

/** An arrow along points `[x, y]`; words in the middle of its longest part, or at `at`. */
export function arrow(points, text = '', { at, anchor = 'middle', dashed = false, kind = 'line' } = {}) {
  const color = `var(--${kind})`;
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const [x1, y1] = points.at(-2);
  const [x2, y2] = points.at(-1);
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wing = (turn) => `${(x2 - 8 * Math.cos(angle + turn)).toFixed(1)} ${(y2 - 8 * Math.sin(angle + turn)).toFixed(1)}`;
  const head = `<path d="M${x2} ${y2}L${wing(0.4)}L${wing(-0.4)}Z" fill="${color}"/>`;
  const [lx, ly] = at ?? [(points[0][0] + x2) / 2, (points[0][1] + y2) / 2 - 6];
  const label = text.split('\n').map((line, i) => (line === '' ? '' : words(lx, ly + 14 * i, line, { anchor })));
  return `<path d="${d}" fill="none" stroke="${color}" stroke-width="1.5"${dashed ? ' stroke-dasharray="5 4"' : ''}/>${head}${label.join('')}`;
}

/** A thin line. */
export function line(x1, y1, x2, y2, { dashed = false } = {}) {
  return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="var(--line)"${dashed ? ' stroke-dasharray="4 4"' : ''}/>`;
}

/** The whole drawing; `title` is what a screen reader says. */
export function drawing(width, height, title, parts) {
  const body = parts.flat(Infinity).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-label="${escape(title)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">
${STANDALONE_STYLE}
<rect width="${width}" height="${height}" fill="var(--paper)"/>
${body}
</svg>
`;
}
