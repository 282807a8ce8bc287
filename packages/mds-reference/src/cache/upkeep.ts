import { CooperativeThread } from '@cephts/common';
import type { TimerHandle } from '@cephts/common';
import type { MDCache } from './md-cache.js';

/**
 * Once in a while: ends client leases that ran out, trims the cache, asks clients for caps back. It is the thread whose name is that of the
 * one that made it, ms_dispatch.
 *
 * @see MDCache::upkeep_main in src/mds/MDCache.cc (16.2.15)
 */
export class Upkeep {
  readonly #cache: MDCache;
  readonly #thread: CooperativeThread;
  #timer: TimerHandle | undefined;

  constructor(cache: MDCache) {
    this.#cache = cache;
    this.#thread = new CooperativeThread(cache.mds.cct, {
      name: 'ms_dispatch',
      owner: 'MDCache::upkeeper',
      purpose: 'trims the cache and asks clients for caps back, every mds_cache_trim_interval',
      entry: () => {
        this.#round();
        return false;
      },
    });
  }

  start(): void {
    this.#thread.startAsleep();
    this.#sleep();
  }

  #sleep(): void {
    const { clock, conf } = this.#cache.mds.cct;
    const seconds = Math.min(conf.number('mds_cache_trim_interval'), conf.number('mds_cache_release_free_interval'));
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#thread.wake();
    }, seconds * 1000);
    clock.unref(this.#timer);
  }

  #round(): void {
    const cache = this.#cache;
    if (cache.isOpen() && !cache.mds.isDaemonStopping()) {
      cache.leases.trim();
      cache.trim();
      cache.mds.server.recallClientState();
    } else {
      cache.mds.dout(20, 'cache not ready for trimming');
    }
    this.#checkMemoryUsage();
    this.#thread.stats?.addItems(1);
    if (this.#thread.started) this.#sleep();
  }

  /** What the process takes, in KiB. */
  #checkMemoryUsage(): void {
    const { mlogger } = this.#cache.mds;
    const { rss, heapTotal } = process.memoryUsage();
    mlogger.set(mlogger.idx('rss'), Math.round(rss / 1024));
    mlogger.set(mlogger.idx('heap'), Math.round(heapTotal / 1024));
  }

  stop(): void {
    if (this.#timer !== undefined) this.#cache.mds.cct.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#thread.stop();
  }
}
