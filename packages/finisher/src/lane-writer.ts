import { capacityOf, entryAt, HEAD, SLEEPING, TAIL } from './ring-layout.js';

/** The producer's end of one lane. */
export class LaneWriter {
  readonly #words: Int32Array;
  readonly #lane: Int32Array;
  readonly #capacity: number;
  #tail: number;
  /** As last seen. */
  #head: number;

  /** @param words of the whole memory */
  constructor(words: Int32Array, lane: Int32Array) {
    this.#words = words;
    this.#lane = lane;
    this.#capacity = capacityOf(lane);
    this.#tail = Atomics.load(lane, TAIL);
    this.#head = Atomics.load(lane, HEAD);
  }

  /** The head as last seen will do while it leaves room: looking at it costs the two processors a word of their caches. */
  hasRoom(): boolean {
    if (((this.#tail - this.#head) | 0) < this.#capacity) return true;
    this.#head = Atomics.load(this.#lane, HEAD);
    return ((this.#tail - this.#head) | 0) < this.#capacity;
  }

  /** There is room for it. */
  write(token: number, r: number): void {
    const words = this.#words;
    this.#put(token, r);
    this.#tail = (this.#tail + 1) | 0;
    // what was written before this store is seen by who loads it
    Atomics.store(this.#lane, TAIL, this.#tail);
    if (Atomics.load(words, SLEEPING) === 1 && Atomics.compareExchange(words, SLEEPING, 1, 0) === 1)
      Atomics.notify(words, SLEEPING);
  }

  /** Sleeps until the finisher moves on, `ms` at most; it does not ring for that. */
  sleep(ms: number): void {
    Atomics.wait(this.#lane, HEAD, Atomics.load(this.#lane, HEAD), ms);
  }

  /**
   * Moves the oldest entry, where there is no room, to another lane that has some, with a result of its own; unless the finisher has taken
   * it since. A thread may be ended at any call: there is none while the entry is in neither lane.
   */
  moveOldest(to: LaneWriter, r: number): void {
    const lane = this.#lane;
    // not the head as it is by now: the finisher may have emptied the lane, and there would be nothing to take
    const head = this.#head;
    const tail = (to.#tail + 1) | 0;
    to.#put(lane[entryAt(lane, head)] as number, r);
    if (Atomics.compareExchange(lane, HEAD, head, (head + 1) | 0) !== head) return;
    Atomics.store(to.#lane, TAIL, tail);
    to.#tail = tail;
  }

  /** Writes an entry where the next one belongs, which nobody sees before the tail moves. */
  #put(token: number, r: number): void {
    const at = entryAt(this.#lane, this.#tail);
    this.#lane[at] = token;
    this.#lane[at + 1] = r;
  }
}
