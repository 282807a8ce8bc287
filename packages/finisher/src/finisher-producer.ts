import { CephError, EAGAIN, realClock } from '@cephts/common';
import type { FinisherHandle } from './remote-finisher.js';
import { CAPACITY, CLAIMED, CLOSED, entryAt, HEAD, headerOf, LANES, SLEEPING, TAIL } from './ring-layout.js';

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
  readonly #lane: number;
  readonly #header: number;
  #tail: number;
  #head: number;
  /** Tokens that made room for others and have not been told yet. */
  #dropped: number[] = [];
  #retrying = false;

  /** @throws CephError `ERR_CEPH_FULL` when the handle has no place for one more producer; `ERR_CEPH_CLOSED` */
  constructor(handle: FinisherHandle) {
    const words = new Int32Array(handle.memory);
    this.#words = words;
    this.#overflow = handle.overflow;
    this.#checkOpen();
    let lane = 0;
    while (lane < (words[LANES] as number) && Atomics.compareExchange(words, headerOf(lane) + CLAIMED, 0, 1) !== 0) lane++;
    if (lane === words[LANES])
      throw new CephError('ERR_CEPH_FULL', `All ${lane} producers of the finisher are taken`, { errno: EAGAIN });
    this.#lane = lane;
    this.#header = headerOf(lane);
    this.#tail = Atomics.load(words, this.#header + TAIL);
    this.#head = Atomics.load(words, this.#header + HEAD);
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

  /** Names this producer to {@link FinisherProducer.release}. */
  get id(): number {
    return this.#lane;
  }

  /** Gives the place of a producer whose thread died to another; what it had queued still runs. */
  static release(handle: FinisherHandle, id: number): void {
    Atomics.store(new Int32Array(handle.memory), headerOf(id) + CLAIMED, 0);
  }

  /** Gives the place to another producer; what was queued still runs. */
  close(): void {
    Atomics.store(this.#words, this.#header + CLAIMED, 0);
  }

  #checkOpen(): void {
    if (Atomics.load(this.#words, CLOSED) === 1) throw new CephError('ERR_CEPH_CLOSED', 'The finisher is closed');
  }

  /** The head as last seen will do while it leaves room: looking at it costs the two processors a word of their caches. */
  #hasRoom(): boolean {
    const capacity = this.#words[CAPACITY] as number;
    if (((this.#tail - this.#head) | 0) < capacity) return true;
    this.#head = Atomics.load(this.#words, this.#header + HEAD);
    return ((this.#tail - this.#head) | 0) < capacity;
  }

  #write(token: number, r: number): void {
    const words = this.#words;
    const at = entryAt(words, this.#lane, this.#tail);
    words[at] = token;
    words[at + 1] = r;
    this.#tail = (this.#tail + 1) | 0;
    // what was written before this store is seen by who loads it
    Atomics.store(words, this.#header + TAIL, this.#tail);
    if (Atomics.load(words, SLEEPING) === 1 && Atomics.compareExchange(words, SLEEPING, 1, 0) === 1)
      Atomics.notify(words, SLEEPING);
  }

  /** Sleeps until the finisher has moved on; it does not ring for that, so the sleep is short. */
  #waitForRoom(): void {
    const at = this.#header + HEAD;
    while (!this.#hasRoom()) {
      this.#checkOpen();
      Atomics.wait(this.#words, at, Atomics.load(this.#words, at), RETRY_MS);
    }
  }

  #dropOldest(): void {
    const words = this.#words;
    const head = Atomics.load(words, this.#header + HEAD);
    const token = words[entryAt(words, this.#lane, head)] as number;
    // the finisher may have taken it meanwhile, which makes room as well
    if (Atomics.compareExchange(words, this.#header + HEAD, head, (head + 1) | 0) === head) this.#dropped.push(token);
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
