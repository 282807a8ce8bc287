import type { PerfCounters } from '@cephts/common';

/**
 * How many objects of one kind the cache holds: the gauge of `mds_mem` itself, which is therefore right at any time, beside the
 * counters of how many came and went. Upstream's `mds_mem` is as old as the last tick (MDSRank::update_mlogger).
 */
export class Population {
  readonly #mem: PerfCounters;
  readonly #now: number;
  readonly #came: number;
  readonly #went: number;

  constructor(mem: PerfCounters, key: 'ino' | 'dir' | 'dn' | 'cap') {
    this.#mem = mem;
    this.#now = mem.idx(key);
    this.#came = mem.idx(`${key}+`);
    this.#went = mem.idx(`${key}-`);
  }

  get count(): number {
    return this.#mem.get(this.#now);
  }

  add(): void {
    this.#mem.inc(this.#now);
    this.#mem.inc(this.#came);
  }

  remove(): void {
    this.#mem.dec(this.#now);
    this.#mem.inc(this.#went);
  }
}
