import type { PerfCounters } from '@cephts/common';

const KEYS = [
  'traverse',
  'traverse_hit',
  'traverse_lock',
  'traverse_dir_fetch',
  'traverse_remote_ino',
  'dir_fetch',
  'dir_commit',
  'openino_backtrace_fetch',
  'openino_dir_fetch',
  'inodes_expired',
] as const;

type Key = (typeof KEYS)[number];

/** Counters of `mds` that the cache counts in: each key is turned into its index once. */
export class CachePerf {
  readonly #logger: PerfCounters;
  readonly #idx: Record<Key, number>;

  constructor(logger: PerfCounters) {
    this.#logger = logger;
    this.#idx = Object.fromEntries(KEYS.map((key) => [key, logger.idx(key)])) as Record<Key, number>;
  }

  inc(key: Key, by = 1): void {
    this.#logger.inc(this.#idx[key], by);
  }

  /** A gauge of `mds`. */
  set(key: string, value: number): void {
    this.#logger.set(this.#logger.idx(key), value);
  }
}
