import { CephError, EAGAIN, realClock } from '@cephts/common';
import type { FinisherHandle } from './remote-finisher.js';
import { capacityOf, CLAIMED, CLOSED, entryAt, HEAD, lanesOf, SLEEPING, TAIL } from './ring-layout.js';

/** Between looks for room. */
const RETRY_MS = 1;

/**
 * Another thread's end of {@link Finisher.remote}: completes contexts on the finisher by token. Entries of one producer run in order.
 *
 * @example
 * ```ts
 * // in a worker, with `handle` and `token` from the thread that has the finisher
 * const producer = new FinisherProducer(handle);
 * producer.queue(token, 0);
 * producer.close();
 * ```
 */
export class FinisherProducer {
  readonly #words: Int32Array;
  readonly #overflow: FinisherHandle['overflow'];
  readonly #lane: Int32Array;
  /** Names this producer to {@link FinisherProducer.release}. */
  readonly id: number;
  #tail: number;
  #head: number;
  /** Tokens that made room for others and have not been told yet. */
  #dropped: number[] = [];
  #retrying = false;

  /** @throws CephError `ERR_CEPH_FULL` when the handle has no place for one more producer; `ERR_CEPH_CLOSED` */
  constructor(handle: FinisherHandle) {
    this.#words = new Int32Array(handle.memory);
    this.#overflow = handle.overflow;
    this.#checkOpen();
    const lanes = lanesOf(handle.memory);
    this.id = lanes.findIndex((lane) => Atomics.compareExchange(lane, CLAIMED, 0, 1) === 0);
    const lane = lanes[this.id];
    if (!lane) throw new CephError('ERR_CEPH_FULL', `All ${lanes.length} producers of the finisher are taken`, { errno: EAGAIN });
    this.#lane = lane;
    this.#tail = Atomics.load(lane, TAIL);
    this.#head = Atomics.load(lane, HEAD);
  }

  /**
   * Completes the context of `token` on the finisher with `r`.
   *
   * @returns false when there was no room under the policy `drop-newest`; the context stays registered
   * @throws CephError `ERR_CEPH_FULL` under the policy `throw`; `ERR_CEPH_CLOSED` when the finisher takes nothing more
   */
  queue(token: number, r = 0): boolean {
    this.#checkOpen();
    if (!this.#hasRoom()) {
      if (this.#overflow === 'throw') throw new CephError('ERR_CEPH_FULL', 'The ring to the finisher is full', { errno: EAGAIN });
      if (this.#overflow === 'drop-newest') return false;
      if (this.#overflow === 'wait') this.#waitForRoom();
      else this.#dropOldest();
    }
    this.#write(token, r);
    if (this.#dropped.length > 0) this.#tellDropped();
    return true;
  }

  /** Gives the place of a producer whose thread died to another; what it had queued still runs. */
  static release(handle: FinisherHandle, id: number): void {
    const lane = lanesOf(handle.memory)[id];
    if (lane) Atomics.store(lane, CLAIMED, 0);
  }

  /** Gives the place to another producer; what was queued still runs. */
  close(): void {
    Atomics.store(this.#lane, CLAIMED, 0);
  }

  #checkOpen(): void {
    if (Atomics.load(this.#words, CLOSED) === 1) throw new CephError('ERR_CEPH_CLOSED', 'The finisher is closed');
  }

  /** The head as last seen will do while it leaves room: looking at it costs the two processors a word of their caches. */
  #hasRoom(): boolean {
    const capacity = capacityOf(this.#lane);
    if (((this.#tail - this.#head) | 0) < capacity) return true;
    this.#head = Atomics.load(this.#lane, HEAD);
    return ((this.#tail - this.#head) | 0) < capacity;
  }

  #write(token: number, r: number): void {
    const lane = this.#lane;
    const words = this.#words;
    const at = entryAt(lane, this.#tail);
    lane[at] = token;
    lane[at + 1] = r;
    this.#tail = (this.#tail + 1) | 0;
    // what was written before this store is seen by who loads it
    Atomics.store(lane, TAIL, this.#tail);
    if (Atomics.load(words, SLEEPING) === 1 && Atomics.compareExchange(words, SLEEPING, 1, 0) === 1)
      Atomics.notify(words, SLEEPING);
  }

  /** Sleeps until the finisher has moved on; it does not ring for that, so the sleep is short. */
  #waitForRoom(): void {
    while (!this.#hasRoom()) {
      this.#checkOpen();
      Atomics.wait(this.#lane, HEAD, Atomics.load(this.#lane, HEAD), RETRY_MS);
    }
  }

  #dropOldest(): void {
    const lane = this.#lane;
    const head = Atomics.load(lane, HEAD);
    const token = lane[entryAt(lane, head)] as number;
    // the finisher may have taken it meanwhile, which makes room as well
    if (Atomics.compareExchange(lane, HEAD, head, (head + 1) | 0) === head) this.#dropped.push(token);
  }

  /** Completes what was dropped with -EAGAIN, as soon as there is room for it beside what is queued. */
  #tellDropped(): void {
    while (this.#dropped.length > 0 && this.#hasRoom()) this.#write(this.#dropped.shift() as number, -EAGAIN);
    if (this.#dropped.length === 0 || this.#retrying) return;
    this.#retrying = true;
    realClock.setTimeout(() => {
      this.#retrying = false;
      this.#tellDropped();
    }, RETRY_MS);
  }
}
