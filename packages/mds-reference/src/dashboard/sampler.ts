import { pointOf } from './sample.js';
import type { DaemonSample, Point, Sample } from './sample.js';

/** How long the charts reach back, in ms. */
const HISTORY = 5 * 60_000;
/** How long a sample waits for the main isolate before it goes without news of it, in ms. */
const PATIENCE = 100;

/** Where a {@link Sampler} looks. */
export interface SamplerSource {
  /** All that shared memory tells. */
  look: () => Omit<Sample, 'at' | 'blockedMs' | 'daemon'>;
  /** Asks the main isolate; the answer goes to {@link Sampler.answered}. */
  ask: (id: number) => void;
}

/**
 * Takes samples while somebody watches, and none otherwise. Each asks the main isolate first; one that is stuck is not waited for, only
 * shown to be stuck.
 */
export class Sampler {
  readonly #source: SamplerSource;
  readonly #interval: number;
  readonly #watchers = new Set<(sample: Sample) => void>();
  readonly #onAnswer = new Set<() => void>();
  #history: Point[] = [];
  #timer: NodeJS.Timeout | undefined;
  #daemon: DaemonSample | undefined;
  #askedId = 0;
  #answeredId = 0;
  /** When the question that waits was asked; monotonic ms. */
  #askedAt = 0;

  constructor(source: SamplerSource, interval: number) {
    this.#source = source;
    this.#interval = interval;
  }

  /** Points of the last minutes, as far as somebody watched. */
  get history(): readonly Point[] {
    return this.#history;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Calls back with each sample from now on; returns a function that ends it. */
  watch(watcher: (sample: Sample) => void): () => void {
    this.#watchers.add(watcher);
    if (!this.#timer) {
      this.#timer = setInterval(() => void this.#tick(), this.#interval);
      void this.#tick();
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** One sample, now. */
  async sample(): Promise<Sample> {
    await this.#ask();
    const blocked = this.#answeredId === this.#askedId ? 0 : performance.now() - this.#askedAt;
    return { ...this.#source.look(), at: Date.now(), blockedMs: Math.round(blocked), daemon: this.#daemon };
  }

  answered(id: number, daemon: DaemonSample): void {
    this.#answeredId = id;
    this.#daemon = daemon;
    for (const done of [...this.#onAnswer]) done();
  }

  /** Resolves with the answer, or without one. */
  #ask(): Promise<void> {
    if (this.#answeredId === this.#askedId) {
      this.#askedAt = performance.now();
      this.#source.ask(++this.#askedId);
    }
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#onAnswer.delete(done);
        resolve();
      };
      const timer = setTimeout(done, PATIENCE);
      this.#onAnswer.add(done);
    });
  }

  async #tick(): Promise<void> {
    const sample = await this.sample();
    const oldest = sample.at - HISTORY;
    this.#history = [...this.#history.filter(({ at }) => at >= oldest), pointOf(sample)];
    for (const watcher of this.#watchers) watcher(sample);
  }
}
