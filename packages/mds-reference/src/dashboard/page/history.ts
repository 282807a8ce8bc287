import { SERIES, seriesKey } from '../sample.js';
import type { Point } from '../sample.js';

/** How long the charts reach back, in ms. */
export const HISTORY_MS = 5 * 60_000;
/** Between points further apart nobody watched, in ms. */
export const GAP = 5000;

const INDEX = new Map(SERIES.map((row, i) => [seriesKey(row), i]));

/** Points of the last minutes, and what became of the totals between them. */
export class History {
  points: Point[] = [];

  add(point: Point): void {
    this.points.push(point);
    while ((this.points[0] as Point).at < point.at - HISTORY_MS) this.points.shift();
  }

  get last(): Point | undefined {
    return this.points.at(-1);
  }

  /** One value a point, from each and the one before it; undefined where nobody watched in between. */
  series(value: (before: Point, point: Point) => number): { at: number; value: number | undefined }[] {
    return this.points.slice(1).map((point, i) => {
      const before = this.points[i] as Point;
      return { at: point.at, value: point.at - before.at > GAP ? undefined : value(before, point) };
    });
  }
}

/** A value of {@link SERIES}. */
export function valueOf(point: Point, key: string): number {
  return point.values[INDEX.get(key) ?? -1] ?? 0;
}

/** How much a total grew, per second. */
export function perSecond(before: Point, point: Point, value: (point: Point) => number): number {
  const ms = point.at - before.at;
  return ms > 0 ? Math.max(0, ((value(point) - value(before)) / ms) * 1000) : 0;
}

export function ratio(before: Point, point: Point, sum: string, counter: string): number {
  const samples = valueOf(point, counter) - valueOf(before, counter);
  return samples > 0 ? Math.max(0, valueOf(point, sum) - valueOf(before, sum)) / samples : 0;
}

function busyOf(point: Point, id: number): number | undefined {
  for (let i = 0; i < point.busy.length; i += 2) if (point.busy[i] === id) return point.busy[i + 1];
  return undefined;
}

export function busyShare(before: Point, point: Point, id: number): number {
  const now = busyOf(point, id);
  const then = busyOf(before, id);
  if (now === undefined || then === undefined || point.at <= before.at) return 0;
  return Math.min(1, Math.max(0, (now - then) / (point.at - before.at)));
}
