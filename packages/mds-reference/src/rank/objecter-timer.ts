import type { CephContext } from '@cephts/common';
import { SafeTimer } from '@cephts/safe-timer';
import type { ObjectStore } from '../store/object-store.js';

/**
 * `ceph_timer`: looks from time to time for object store operations that take too long, and tells the log.
 *
 * @see Objecter::tick in src/osdc/Objecter.cc (16.2.15)
 */
export class ObjecterTimer {
  readonly #cct: CephContext;
  readonly #store: ObjectStore;
  readonly #timer: SafeTimer;
  #laggy = 0;

  constructor(cct: CephContext, store: ObjectStore) {
    this.#cct = cct;
    this.#store = store;
    this.#timer = new SafeTimer(cct, {
      threadName: 'ceph_timer',
      owner: 'Objecter::timer',
      purpose: 'looks for object store operations that take too long',
    });
    this.#timer.init();
    this.#timer.addEventEvery(cct.conf.number('objecter_tick_interval') * 1000, () => this.#tick());
  }

  shutdown(): void | Promise<void> {
    return this.#timer.shutdown();
  }

  #tick(): void {
    const limit = this.#cct.conf.number('objecter_timeout');
    const laggy = this.#store.inFlight().filter((op) => ((op as { age?: number }).age ?? 0) > limit).length;
    if (laggy > 0 || this.#laggy > 0)
      this.#cct.dout('objecter', laggy > 0 ? 0 : 1, `${laggy} operations are older than ${limit} s`);
    this.#laggy = laggy;
  }
}
