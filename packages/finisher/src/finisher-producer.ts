import { CephError, EAGAIN, invalidOption } from '@cephts/common';
import { LaneWriter } from './lane-writer.js';
import type { FinisherHandle } from './remote-finisher.js';
import { CLAIMED, CLOSED, lanesEach, lanesOf, PRODUCERS } from './ring-layout.js';

/** Between looks for room, in ms. */
const RETRY_MS = 1;

/**
 * Another thread's end of a {@link RemoteFinisher}: completes contexts on the finisher by token. Entries of one producer run in order.
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
  readonly #claim: Int32Array;
  readonly #entries: LaneWriter;
  /** What was taken back to make room goes to a lane of its own, so that the finisher tells it whatever becomes of this thread. */
  readonly #drops: LaneWriter | undefined;
  /** Names this producer to {@link FinisherProducer.release}; no other has had it. */
  readonly id: number;
  #closed = false;

  /** @throws CephError `ERR_CEPH_FULL` when the handle has no place for one more producer; `ERR_CEPH_CLOSED` */
  constructor(handle: FinisherHandle) {
    this.#words = new Int32Array(handle.memory);
    this.#overflow = handle.overflow;
    this.#checkOpen();
    const lanes = lanesOf(handle.memory);
    const step = lanesEach(handle.overflow);
    this.id = Atomics.add(this.#words, PRODUCERS, 1) + 1;
    const place = lanes.findIndex((lane, i) => i % step === 0 && Atomics.compareExchange(lane, CLAIMED, 0, this.id) === 0);
    const lane = lanes[place];
    if (!lane)
      throw new CephError('ERR_CEPH_FULL', `All ${lanes.length / step} producers of the finisher are taken`, { errno: EAGAIN });
    this.#claim = lane;
    this.#entries = new LaneWriter(this.#words, lane);
    if (step > 1) this.#drops = new LaneWriter(this.#words, lanes[place + 1] as Int32Array);
  }

  /**
   * Completes the context of `token` on the finisher with `r`. Under `drop-oldest` the entry that makes room is completed with -EAGAIN.
   *
   * @param r 0 or positive for success, a negative errno for failure; an integer of 32 bits. @defaultValue 0
   * @returns false when there was no room under the policy `drop-newest`, or under `drop-oldest` not even for news of one more drop, of which
   *   there may be as many as entries; the context stays registered
   * @throws CephError `ERR_CEPH_FULL` under the policy `throw`; `ERR_CEPH_CLOSED` after {@link close}, and when the finisher takes nothing
   *   more; `ERR_CEPH_INVALID_OPTION` when `token` or `r` is no integer of 32 bits
   */
  queue(token: number, r = 0): boolean {
    this.#checkOpen();
    if ((token | 0) !== token) throw notInt32('token', token);
    if ((r | 0) !== r) throw notInt32('r', r);
    if (!this.#entries.hasRoom() && !this.#makeRoom()) return false;
    this.#entries.write(token, r);
    return true;
  }

  /**
   * Gives the place of a producer whose thread died to another; what it had queued still runs. Where the producer has closed, or was
   * released before, the place may be another's by now, who keeps it.
   */
  static release(handle: FinisherHandle, id: number): void {
    for (const lane of lanesOf(handle.memory)) Atomics.compareExchange(lane, CLAIMED, id, 0);
  }

  /** Gives the place to another producer; what was queued still runs. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    Atomics.compareExchange(this.#claim, CLAIMED, this.id, 0);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CephError('ERR_CEPH_CLOSED', 'The producer is closed');
    if (Atomics.load(this.#words, CLOSED) === 1) throw new CephError('ERR_CEPH_CLOSED', 'The finisher is closed');
  }

  /** Does what the policy asks for where the ring is full. @returns false when the new entry is not taken */
  #makeRoom(): boolean {
    if (this.#overflow === 'throw') throw new CephError('ERR_CEPH_FULL', 'The ring to the finisher is full', { errno: EAGAIN });
    if (this.#overflow === 'wait') return this.#waitForRoom();
    if (!this.#drops?.hasRoom()) return false;
    this.#entries.moveOldest(this.#drops, -EAGAIN);
    return true;
  }

  #waitForRoom(): true {
    while (!this.#entries.hasRoom()) {
      this.#checkOpen();
      this.#entries.sleep(RETRY_MS);
    }
    return true;
  }
}

function notInt32(name: string, value: unknown): CephError {
  return invalidOption(name, 'an integer of 32 bits', value);
}
