import { perfNumber } from '../sample.js';
import type { Sample } from '../sample.js';
import { GAP } from './history.js';

/** Time over which present rates are taken, in ms: long enough to be calm. */
const WINDOW = 2000;

/** The last samples, and what happens now: rates and averages over the last two seconds. */
export class Recent {
  readonly #samples: Sample[] = [];

  /** @param sample the newest */
  add(sample: Sample): void {
    const samples = this.#samples;
    if (samples.length > 0 && sample.at - (samples.at(-1) as Sample).at > GAP) samples.length = 0;
    samples.push(sample);
    while (samples.length > 2 && sample.at - (samples[1] as Sample).at >= WINDOW) samples.shift();
  }

  get #span(): { first: Sample; last: Sample; ms: number } | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    return first && last && last.at > first.at ? { first, last, ms: last.at - first.at } : undefined;
  }

  #perSecond(total: (sample: Sample) => number): number {
    const span = this.#span;
    return span ? (Math.max(0, total(span.last) - total(span.first)) / span.ms) * 1000 : 0;
  }

  /** How much a counter grows per second. */
  rate(logger: string, counter: string): number {
    return this.#perSecond(({ perf }) => perfNumber(perf, logger, counter));
  }

  /** What a `timeavg` was lately, in ms; undefined where nothing was measured. */
  average(logger: string, counter: string): number | undefined {
    const span = this.#span;
    if (!span) return undefined;
    const grown = (part: string): number =>
      perfNumber(span.last.perf, logger, counter, part) - perfNumber(span.first.perf, logger, counter, part);
    const samples = grown('avgcount');
    return samples > 0 ? (Math.max(0, grown('sum')) / samples) * 1000 : undefined;
  }

  /** Items of work that a thread does per second. */
  items(id: number): number {
    return this.#perSecond((sample) => sample.threads.find((thread) => thread.id === id)?.items ?? 0);
  }

  /** Share of its time that a thread works: 0 to 1. */
  busy(id: number): number {
    return Math.min(1, this.#perSecond((sample) => sample.threads.find((thread) => thread.id === id)?.busyMs ?? 0) / 1000);
  }

  /** Share of a processor that the process uses. */
  get cpu(): number {
    return this.#perSecond((sample) => sample.cpu);
  }
}
