import { setText, svg } from './dom.js';
import { short } from './format.js';

/** Something that flows from one box to another. */
export interface Flow {
  from: HTMLElement | undefined;
  to: HTMLElement | undefined;
  kind: 'request' | 'journal' | 'reply';
  /** Per second. */
  rate: number;
  /** Where along the narrower box it leaves or arrives, 0 to 1. @defaultValue 0.5 */
  side?: number;
  /** A box that it goes by on the right, before it turns to its end. */
  past?: HTMLElement | undefined;
  /** Number among those that go by. */
  lane?: number;
  /** Is the rate written beside it? */
  label?: boolean;
  /** Left out where there is little room. */
  minor?: boolean;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Where a flow runs. */
interface Route {
  d: string;
  /** Middle, for the label. */
  x: number;
  y: number;
}

/** Distance of the dots of a flow, in px, by how much flows per second. */
const DISTANCES = [
  [50, 18],
  [5, 36],
  [0, 90],
] as const;
/** Width below which minor flows are left out, in px. */
const NARROW = 720;
const MARGIN = 14;

const clamp = (value: number, low: number, high: number): number =>
  low > high ? (low + high) / 2 : Math.min(high, Math.max(low, value));

/** px per second: faster for more, without ever becoming a blur. */
const speedOf = (rate: number): number => 12 + Math.log10(1 + rate) * 14;

/** One flow: a wire, and the dots that run along it. */
class Edge {
  readonly wire = svg('path');
  readonly dots = svg('path');
  readonly label = svg('text');
  readonly #moves = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  #run: Animation | undefined;
  #distance = 0;

  update({ kind, rate, label = false }: Flow, route: Route | undefined): void {
    const flows = rate > 0.05;
    this.wire.setAttribute('class', `wire ${kind}${flows ? ' on' : ''}`);
    this.dots.setAttribute('class', `dots ${kind}${flows ? ' on' : ''}`);
    this.label.setAttribute('class', `label ${kind}`);
    this.#move(flows ? rate : 0);
    for (const path of [this.wire, this.dots]) path.setAttribute('d', route?.d ?? '');
    this.label.setAttribute('x', String((route?.x ?? 0) + 8));
    this.label.setAttribute('y', String((route?.y ?? 0) + 4));
    setText(this.label, label && flows && route ? `${short(rate)}/s` : '');
  }

  #move(rate: number): void {
    const distance = DISTANCES.find(([least]) => rate > least)?.[1] ?? this.#distance;
    if (distance !== this.#distance && distance > 0) {
      this.#distance = distance;
      this.dots.style.strokeDasharray = `0 ${distance}`;
      this.#run?.cancel();
      if (this.#moves) {
        const keyframes = [{ strokeDashoffset: distance }, { strokeDashoffset: 0 }];
        // by whole pixels: what does not move is not painted again
        this.#run = this.dots.animate(keyframes, { duration: distance * 1000, iterations: Infinity, easing: `steps(${distance})` });
      }
    }
    if (!this.#run) return;
    if (rate > 0) {
      this.#run.updatePlaybackRate(speedOf(rate));
      if (this.#run.playState !== 'running') this.#run.play();
    } else this.#run.pause();
  }
}

/** All flows, drawn behind the boxes wherever these stand. */
export class Edges {
  readonly #root: HTMLElement;
  readonly #svg = svg('svg', { class: 'edges', 'aria-hidden': 'true' });
  readonly #edges: Edge[] = [];
  #flows: readonly Flow[] = [];

  constructor(root: HTMLElement) {
    this.#root = root;
    root.append(this.#svg);
    new ResizeObserver(() => this.#draw()).observe(root);
  }

  update(flows: readonly Flow[]): void {
    this.#flows = flows;
    this.#draw();
  }

  #draw(): void {
    const origin = this.#root.getBoundingClientRect();
    const box = (element: HTMLElement): Box => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top };
    };
    while (this.#edges.length < this.#flows.length) {
      const edge = new Edge();
      this.#edges.push(edge);
      this.#svg.append(edge.wire, edge.dots, edge.label);
    }
    this.#edges.forEach((edge, i) => {
      const flow = this.#flows[i];
      if (!flow) return;
      const { from, to, past, minor = false } = flow;
      const shown = from !== undefined && to !== undefined && !(minor && origin.width < NARROW);
      edge.update(flow, shown ? routeOf(flow, box(from), box(to), past && box(past)) : undefined);
    });
  }
}

function routeOf({ side = 0.5, lane = 0 }: Flow, from: Box, to: Box, past: Box | undefined): Route {
  if (to.top >= from.bottom) return vertical(from, to, from.bottom, to.top, side);
  if (to.bottom <= from.top) return past ? around(from, to, past, side, lane) : vertical(from, to, from.top, to.bottom, side);
  return horizontal(from, to);
}

/** Straight where the boxes stand above each other, else a bend. */
function vertical(from: Box, to: Box, y1: number, y2: number, side: number): Route {
  const fromWidth = from.right - from.left;
  const toWidth = to.right - to.left;
  const narrow = fromWidth <= toWidth ? from : to;
  const x = narrow.left + (narrow.right - narrow.left) * side;
  const x1 = clamp(x, from.left + MARGIN, from.right - MARGIN);
  const x2 = clamp(x, to.left + MARGIN, to.right - MARGIN);
  const bend = (y2 - y1) / 2;
  return { d: `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`, x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
}

/** Up on the right of `past`, then over to its end. */
function around(from: Box, to: Box, past: Box, side: number, lane: number): Route {
  const x1 = clamp(past.right + 24 + lane * 9, from.left + MARGIN, from.right - MARGIN);
  const x2 = to.left + (to.right - to.left) * side;
  const turn = past.top;
  const bend = (turn - to.bottom) / 2;
  return {
    d: `M${x1} ${from.top}L${x1} ${turn}C${x1} ${turn - bend} ${x2} ${to.bottom + bend} ${x2} ${to.bottom}`,
    x: x1,
    y: (from.top + past.bottom) / 2,
  };
}

function horizontal(from: Box, to: Box): Route {
  const leftwards = to.right <= from.left;
  const x1 = leftwards ? from.left : from.right;
  const x2 = leftwards ? to.right : to.left;
  const middle = ({ top, bottom }: Box): number => (top + bottom) / 2;
  const y1 = middle(from);
  const y2 = middle(to);
  const bend = (x2 - x1) / 2;
  return { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
}
