import { el, setText, svg } from './dom.js';
import { seconds } from './format.js';
import { HISTORY_MS } from './history.js';

/** A line of a chart: where it goes and how it is written. */
export interface ChartLine {
  label: string;
  /** Class that gives its colour: `c1` to `c6`. */
  color: string;
  points: readonly { at: number; value: number | undefined }[];
}

const WIDTH = 480;
const HEIGHT = 150;
const LEFT = 58;
const BOTTOM = 18;
const TOP = 8;
/** How far back the scale may reach, in ms. */
const SPANS = [60_000, 2 * 60_000, HISTORY_MS];

/** The next round number above `value`: for bytes, to the base 1024. */
function roundUp(value: number, base: number): number {
  if (value <= 0) return 1;
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  const steps = base === 10 ? [1, 2, 4, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  return (steps.find((step) => step * power >= value) ?? base) * power;
}

/** Lines over the last minutes, with a legend that tells the present values, or those under the pointer. */
export class Chart {
  readonly element: HTMLElement;
  readonly #format: (value: number) => string;
  readonly #title: string;
  readonly #svg: SVGSVGElement;
  readonly #lines = svg('g');
  readonly #grid = svg('g', { class: 'grid' });
  readonly #cursor = svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
  readonly #legend = el('ul', { class: 'legend' });
  readonly #floor: number;
  readonly #base: number;
  #shown: readonly ChartLine[] = [];
  #span = HISTORY_MS;
  #end = 0;
  #hover: number | undefined;

  /**
   * @param floor the scale reaches at least up to here
   * @param base of round numbers: 10, or 1024 for bytes
   */
  constructor(title: string, format: (value: number) => string, floor = 1, base: 10 | 1024 = 10) {
    this.#title = title;
    this.#format = format;
    this.#floor = floor;
    this.#base = base;
    this.#svg = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'chart' },
      this.#grid,
      this.#lines,
      this.#cursor,
    );
    this.element = el('figure', { class: 'card' }, el('figcaption', {}, el('h3', { text: title }), this.#legend), this.#svg);
    this.#svg.addEventListener('pointermove', (event) => this.#point(event));
    this.#svg.addEventListener('pointerleave', () => {
      this.#hover = undefined;
      this.#draw();
    });
  }

  update(end: number, lines: readonly ChartLine[]): void {
    this.#end = end;
    // a minute at first, so that what there is can be seen
    const age = Math.max(0, ...lines.map(({ points }) => end - (points[0]?.at ?? end)));
    this.#span = SPANS.find((span) => age <= span) ?? HISTORY_MS;
    this.#shown = lines;
    this.#draw();
  }

  #point(event: PointerEvent): void {
    const box = this.#svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    this.#hover = x < LEFT ? undefined : this.#end - this.#span * (1 - (x - LEFT) / (WIDTH - LEFT));
    this.#draw();
  }

  #draw(): void {
    const values = this.#shown.flatMap(({ points }) => points.map(({ value }) => value ?? 0));
    const max = roundUp(Math.max(this.#floor, ...values), this.#base);
    const x = (at: number): number => LEFT + (1 - (this.#end - at) / this.#span) * (WIDTH - LEFT);
    const y = (value: number): number => TOP + (1 - value / max) * (HEIGHT - TOP - BOTTOM);
    this.#drawGrid(max, y);
    this.#lines.replaceChildren(
      ...this.#shown.flatMap(({ color, points }) => {
        const stretches = stretchesOf(points).map((stretch) => ({ stretch, d: pathOf(stretch, x, y) }));
        return [
          ...stretches.map(({ stretch: [first, ...rest], d }) =>
            svg('path', {
              class: `fill ${color}`,
              d: `${d}L${x((rest.at(-1) ?? first).at)} ${y(0)}L${x(first.at)} ${y(0)}Z`,
            }),
          ),
          svg('path', { class: `line ${color}`, d: stretches.map(({ d }) => d).join('') }),
        ];
      }),
    );
    const { visibility, at } =
      this.#hover === undefined ? { visibility: 'hidden', at: this.#end } : { visibility: 'visible', at: this.#hover };
    this.#cursor.setAttribute('visibility', visibility);
    this.#cursor.setAttribute('x1', String(x(at)));
    this.#cursor.setAttribute('x2', String(x(at)));
    this.#drawLegend();
  }

  #drawGrid(max: number, y: (value: number) => number): void {
    const rows = [0, 0.5, 1].map((share) => share * max);
    const ticks = [1, 0.75, 0.5, 0.25];
    this.#grid.replaceChildren(
      ...rows.flatMap((value) => [
        svg('line', { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }),
        svg('text', { x: LEFT - 6, y: y(value) + 3.5, 'text-anchor': 'end', text: this.#format(value) }),
      ]),
      ...ticks.map((ago) =>
        svg('text', {
          x: LEFT + (1 - ago) * (WIDTH - LEFT),
          y: HEIGHT - 4,
          'text-anchor': ago === 1 ? 'start' : 'middle',
          text: `−${seconds((ago * this.#span) / 1000)}`,
        }),
      ),
      svg('text', { x: WIDTH, y: HEIGHT - 4, 'text-anchor': 'end', text: 'now' }),
    );
  }

  #drawLegend(): void {
    const rows = this.#shown.map(({ label, color, points }) => {
      const point = this.#hover === undefined ? points.at(-1) : nearest(points, this.#hover);
      return { label, color, value: point?.value === undefined ? '–' : this.#format(point.value) };
    });
    if (this.#legend.children.length !== rows.length)
      this.#legend.replaceChildren(...rows.map(({ color }) => el('li', {}, el('i', { class: `stream ${color}` }), el('span'))));
    rows.forEach(({ label, value }, i) => setText(this.#legend.children[i]?.lastChild as Element, `${label} ${value}`));
    this.#svg.setAttribute('aria-label', `${this.#title}: ${rows.map(({ label, value }) => `${label} ${value}`).join(', ')}`);
  }
}

type ShownPoint = { at: number; value: number };

/** Points without those that are unknown, cut there. */
function stretchesOf(points: ChartLine['points']): [ShownPoint, ...ShownPoint[]][] {
  const stretches: [ShownPoint, ...ShownPoint[]][] = [];
  let open: [ShownPoint, ...ShownPoint[]] | undefined;
  for (const { at, value } of points) {
    if (value === undefined) open = undefined;
    else if (open) open.push({ at, value });
    else stretches.push((open = [{ at, value }]));
  }
  return stretches;
}

function pathOf(points: readonly ShownPoint[], x: (at: number) => number, y: (value: number) => number): string {
  return points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('');
}

function nearest(points: ChartLine['points'], at: number): ChartLine['points'][number] | undefined {
  let best: ChartLine['points'][number] | undefined;
  for (const point of points) if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  return best;
}
