import type { Completion } from '@cephts/common';
import type { TimerEvent } from './options.js';

/** Buckets of one level; ten levels span 2^50 ms. */
const WHEEL = 32;
const BUCKETS = 10 * WHEEL;
/** An event's name is generation * SLOTS + slot; a slot whose generations are used up is not used again, so no name is used twice. */
const SLOTS = 2 ** 26;
const GENERATIONS = 2 ** 27;

/** What `previous` says of a slot that is in no bucket. */
const IN_RUN = -1;
const TAKEN = -2;

/**
 * Pending events in order of time and, among equal times, of insertion. Adding and cancelling cost the same whatever is pending.
 *
 * ```text
 *   level 0   32 buckets of 1 ms        ticks that differ from `current` in the last digit (to base 32) only
 *   level 1   32 buckets of 32 ms       … in the last two
 *   level 2   32 buckets of 1024 ms     … in the last three
 *   …
 *
 *   `current` reaches a bucket of level n > 0: its events are placed again, into the levels below
 *   `current` reaches a bucket of level 0: its events go to `run`, sorted by time, and fall due one by one
 * ```
 *
 * An event is an index into flat arrays (28 bytes), a bucket a doubly linked list through them whose head is the slot of the bucket's
 * own number. Events of one time are always in the same bucket, in order of insertion, and sorting is stable: that is the whole order.
 */
export class TimerWheel {
  #time = new Float64Array(512);
  #next = new Int32Array(512);
  #previous = new Int32Array(512);
  #generation = new Uint32Array(512);
  readonly #callbacks: (Completion | undefined)[] = [];
  #used = BUCKETS;
  /** First of the list of free slots, through `next`; 0 where there is none. */
  #free = 0;
  #length = 0;

  /** A bit for each bucket that may hold something (one emptied by cancelling is found out later), a word a level. */
  readonly #occupied = new Int32Array(BUCKETS / WHEEL);
  /** No event of the bucket is due before this: exact but for cancelled events. */
  readonly #earliest = new Float64Array(BUCKETS).fill(Infinity);
  /** The tick (ms) up to which buckets were emptied; its own events are in `run`. */
  #current = 0;

  /** Events of the current tick and earlier, sorted, from `runAt` on; cancelled ones stay until they are passed. */
  #run: number[] = [];
  #runAt = 0;

  constructor() {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#next[bucket] = this.#previous[bucket] = bucket;
  }

  get length(): number {
    return this.#length;
  }

  add(time: number, callback: Completion): TimerEvent {
    let slot = this.#free;
    if (slot !== 0) {
      this.#free = this.#next[slot] as number;
    } else {
      slot = this.#used++;
      if (slot === this.#time.length) this.#grow();
    }
    this.#callbacks[slot] = callback;
    this.put(slot, time);
    return this.eventOf(slot);
  }

  /** Puts a slot that was taken back, due at `time`. */
  put(slot: number, time: number): void {
    this.#time[slot] = time;
    this.#place(slot);
    this.#length++;
  }

  /** The slot of a pending or taken event; 0 where there is no such event any more. */
  slotOf(event: TimerEvent): number {
    const slot = event - Math.floor(event / SLOTS) * SLOTS;
    return this.#callbacks[slot] !== undefined && this.eventOf(slot) === event ? slot : 0;
  }

  eventOf(slot: number): TimerEvent {
    return ((this.#generation[slot] as number) + 1) * SLOTS + slot;
  }

  timeOf(slot: number): number {
    return this.#time[slot] as number;
  }

  /** Undefined once the event was removed. */
  callbackOf(slot: number): Completion | undefined {
    return this.#callbacks[slot];
  }

  /** Forgets an event that is pending or taken. */
  remove(slot: number): void {
    const previous = this.#previous[slot] as number;
    this.#callbacks[slot] = undefined;
    if (previous !== TAKEN) this.#length--;
    // one in the run is freed when it is passed, one that was taken when it is released
    if (previous < 0) return;
    const next = this.#next[slot] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.release(slot);
  }

  /** Frees a slot that was taken; its event's name is void from now on. */
  release(slot: number): void {
    this.#callbacks[slot] = undefined;
    if (++(this.#generation[slot] as number) === GENERATIONS) return;
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  /** A time before which nothing is due: that of the first event, unless that was cancelled. Infinity where nothing is pending. */
  earliest(): number {
    const first = this.#firstOfRun();
    const bucket = this.#firstBucket();
    return Math.min(first === 0 ? Infinity : this.timeOf(first), bucket < 0 ? Infinity : (this.#earliest[bucket] as number));
  }

  /** Takes the first event due at `now` or earlier; 0 where none is. The slot stays taken until it is put back or released. */
  takeDue(now: number): number {
    for (;;) {
      const bucketOfNow = this.#current % WHEEL;
      if (this.#next[bucketOfNow] !== bucketOfNow) this.#load(bucketOfNow);
      const slot = this.#firstOfRun();
      if (slot !== 0) {
        if (this.timeOf(slot) > now) return 0;
        this.#runAt++;
        this.#previous[slot] = TAKEN;
        this.#length--;
        return slot;
      }
      const bucket = this.#firstBucket();
      if (bucket < 0) return 0;
      const unit = WHEEL ** (bucket >> 5);
      // digits above the level are those of the current tick, digits below are 0
      const start = (Math.floor(this.#current / (unit * WHEEL)) * WHEEL + (bucket % WHEEL)) * unit;
      this.#current = Math.max(this.#current, Math.min(start, Math.floor(now)));
      if (start > now) return 0;
      if (unit > 1)
        for (let s = this.#detach(bucket), next; s !== bucket; s = next) {
          next = this.#next[s] as number;
          this.#place(s);
        }
    }
  }

  /** Everything pending or taken, in no order. */
  *events(): Generator<TimerEvent> {
    for (let slot = BUCKETS; slot < this.#used; slot++) if (this.#callbacks[slot] !== undefined) yield this.eventOf(slot);
  }

  #grow(): void {
    const enlarge = <T extends Float64Array | Int32Array | Uint32Array>(array: T): T => {
      const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.#time = enlarge(this.#time);
    this.#next = enlarge(this.#next);
    this.#previous = enlarge(this.#previous);
    this.#generation = enlarge(this.#generation);
  }

  /** Appends a slot to the bucket of its time: at the level of the highest digit in which that differs from the current tick. */
  #place(slot: number): void {
    const time = this.timeOf(slot);
    let tick = Math.max(Math.floor(time), this.#current);
    let above = Math.floor(tick / WHEEL);
    let current = Math.floor(this.#current / WHEEL);
    let level = 0;
    for (; above !== current; level++) {
      tick = above;
      above = Math.floor(above / WHEEL);
      current = Math.floor(current / WHEEL);
    }
    const digit = tick - above * WHEEL;
    const bucket = level * WHEEL + digit;
    const last = this.#previous[bucket] as number;
    this.#next[last] = slot;
    this.#previous[slot] = last;
    this.#next[slot] = bucket;
    this.#previous[bucket] = slot;
    if (time < (this.#earliest[bucket] as number)) this.#earliest[bucket] = time;
    (this.#occupied[level] as number) |= 1 << digit;
  }

  /** The first bucket that holds something: events of a level all come before those of the levels above. -1 where all are empty. */
  #firstBucket(): number {
    for (let level = 0; level < BUCKETS / WHEEL; level++) {
      for (let bits = this.#occupied[level] as number; bits !== 0; bits &= bits - 1) {
        const bucket = level * WHEEL + 31 - Math.clz32(bits & -bits);
        if (this.#next[bucket] !== bucket) return bucket;
        this.#detach(bucket);
      }
    }
    return -1;
  }

  /** Empties the list of a bucket. @returns its first slot; the last one's `next` is the bucket */
  #detach(bucket: number): number {
    const first = this.#next[bucket] as number;
    this.#next[bucket] = this.#previous[bucket] = bucket;
    this.#earliest[bucket] = Infinity;
    (this.#occupied[bucket >> 5] as number) &= ~(1 << (bucket % WHEEL));
    return first;
  }

  /** Moves the events of the current tick's bucket into the run. */
  #load(bucket: number): void {
    // what was passed is cut off when it is half of the run, so that cutting costs little an event
    if (this.#runAt * 2 >= this.#run.length) {
      this.#run.splice(0, this.#runAt);
      this.#runAt = 0;
    }
    let last = this.#run.length === this.#runAt ? -Infinity : this.timeOf(this.#run[this.#run.length - 1] as number);
    let sorted = true;
    for (let slot = this.#detach(bucket); slot !== bucket; slot = this.#next[slot] as number) {
      const time = this.timeOf(slot);
      sorted &&= time >= last;
      last = time;
      this.#previous[slot] = IN_RUN;
      this.#run.push(slot);
    }
    if (sorted) return;
    this.#run = this.#run.slice(this.#runAt).sort((a, b) => this.timeOf(a) - this.timeOf(b));
    this.#runAt = 0;
  }

  /** First slot of the run that was not cancelled; 0 where there is none. */
  #firstOfRun(): number {
    for (; this.#runAt < this.#run.length; this.#runAt++) {
      const slot = this.#run[this.#runAt] as number;
      if (this.#callbacks[slot] !== undefined) return slot;
      this.release(slot);
    }
    return 0;
  }
}
