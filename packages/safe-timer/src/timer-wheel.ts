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
 * An event is an index into flat arrays of numbers, a bucket a doubly linked list through them whose head is the slot of the bucket's own
 * number. Events of one time are always in the same bucket, in order of insertion, and sorting is stable: that is the whole order.
 */
export class TimerWheel {
  /** When the event of a slot is due. Of a bucket: nothing in it is due before this (exact but for cancelled events). */
  readonly times: number[] = [];
  /** What the event of a slot runs; undefined once it was removed. */
  readonly callbacks: (Completion | undefined)[] = [];
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  readonly #generation: number[] = [];
  /** First of the list of free slots, through `next`; 0 where there is none. */
  #free = 0;

  /** Events that are pending. */
  length = 0;

  /** The tick (ms) up to which buckets were emptied; its own events are in `run`. */
  #current = 0;
  /** Events of the current tick and earlier, sorted, from `runAt` on; cancelled ones stay until they are passed. */
  #run: number[] = [];
  #runAt = 0;

  constructor() {
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      this.callbacks.push(undefined);
      this.#generation.push(0);
      this.#previous.push(bucket);
      this.#next.push(bucket);
      this.times.push(Infinity);
    }
    // one bucket more, which stops the search for the first that holds something
    this.#next[BUCKETS] = 0;
  }

  add(time: number, callback: Completion): TimerEvent {
    let slot = this.#free;
    if (slot > 0) this.#free = this.#next[slot]!;
    else this.#generation[(slot = this.times.length)] = 1;
    this.callbacks[slot] = callback;
    this.put(slot, time);
    return this.eventOf(slot);
  }

  /** Puts a slot that was taken back, due at `time`. */
  put(slot: number, time: number): void {
    this.times[slot] = time;
    this.#place(slot);
    this.length++;
  }

  eventOf(slot: number): TimerEvent {
    return this.#generation[slot]! * SLOTS + slot;
  }

  /** The slot of a pending or taken event; 0 where there is no such event any more. */
  slotOf(event: TimerEvent): number {
    const slot = event - Math.floor(event / SLOTS) * SLOTS;
    return this.callbacks[slot] && this.eventOf(slot) === event ? slot : 0;
  }

  /** Forgets an event that is pending or taken. */
  remove(slot: number): void {
    const previous = this.#previous[slot]!;
    this.callbacks[slot] = undefined;
    if (previous !== TAKEN) this.length--;
    // one in the run is freed when it is passed, one that was taken when it is released
    if (previous < 0) return;
    const next = this.#next[slot]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.release(slot);
  }

  /** Frees a slot that was taken; its event's name is void from now on. */
  release(slot: number): void {
    this.callbacks[slot] = undefined;
    if (++this.#generation[slot]! === GENERATIONS) return;
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  /** Everything pending or taken, in no order. */
  *events(): Generator<TimerEvent> {
    for (let slot = BUCKETS + 1; slot < this.times.length; slot++) if (this.callbacks[slot]) yield this.eventOf(slot);
  }

  /** A time before which nothing is due: that of the first event, unless that was cancelled. Infinity where nothing is pending. */
  earliest(): number {
    const first = this.#firstOfRun();
    return Math.min(first > 0 ? this.times[first]! : Infinity, this.times[this.#firstBucket()]!);
  }

  /** Takes the first event due at `now` or earlier; 0 where none is. The slot stays taken until it is put back or released. */
  takeDue(now: number): number {
    for (;;) {
      this.#load(this.#current % WHEEL);
      const slot = this.#firstOfRun();
      if (slot > 0) {
        if (this.times[slot]! > now) return 0;
        this.#runAt++;
        this.#previous[slot] = TAKEN;
        this.length--;
        return slot;
      }
      const bucket = this.#firstBucket();
      if (bucket === BUCKETS) return 0;
      const unit = WHEEL ** (bucket >> 5);
      // digits above the level are those of the current tick, digits below are 0
      const start = (Math.floor(this.#current / (unit * WHEEL)) * WHEEL + (bucket % WHEEL)) * unit;
      this.#current = Math.max(this.#current, Math.min(start, Math.floor(now)));
      if (start > now) return 0;
      if (unit > 1) this.#empty(bucket, (slot) => this.#place(slot));
    }
  }

  /** Appends a slot to the bucket of its time: at the level of the highest digit in which that differs from the current tick. */
  #place(slot: number): void {
    const time = this.times[slot]!;
    let tick = Math.max(Math.floor(time), this.#current);
    let above = Math.floor(tick / WHEEL);
    let current = Math.floor(this.#current / WHEEL);
    let level = 0;
    for (; above !== current; level++) {
      tick = above;
      above = Math.floor(above / WHEEL);
      current = Math.floor(current / WHEEL);
    }
    const bucket = level * WHEEL + tick - above * WHEEL;
    const last = this.#previous[bucket]!;
    this.#next[last] = slot;
    this.#previous[slot] = last;
    this.#next[slot] = bucket;
    this.#previous[bucket] = slot;
    if (time < this.times[bucket]!) this.times[bucket] = time;
  }

  /** The first bucket that holds something, BUCKETS where none does: events of a level all come before those of the levels above. */
  #firstBucket(): number {
    let bucket = 0;
    while (this.#next[bucket] === bucket) bucket++;
    return bucket;
  }

  /** Takes the slots out of a bucket, in order. */
  #empty(bucket: number, each: (slot: number) => void): void {
    let slot = this.#next[bucket]!;
    this.#next[bucket] = this.#previous[bucket] = bucket;
    this.times[bucket] = Infinity;
    for (let next; slot !== bucket; slot = next) {
      next = this.#next[slot]!;
      each(slot);
    }
  }

  /** Moves the events of the current tick's bucket into the run. */
  #load(bucket: number): void {
    if (this.#next[bucket] === bucket) return;
    // what was passed is cut off when it is half of the run, so that cutting costs little an event
    if (this.#runAt * 2 >= this.#run.length) {
      this.#run.splice(0, this.#runAt);
      this.#runAt = 0;
    }
    const run = this.#run;
    let last = this.times[run[run.length - 1]!] ?? -Infinity;
    let sorted = true;
    this.#empty(bucket, (slot) => {
      const time = this.times[slot]!;
      sorted &&= time >= last;
      last = time;
      this.#previous[slot] = IN_RUN;
      run.push(slot);
    });
    if (sorted) return;
    this.#run = run.slice(this.#runAt).sort((a, b) => this.times[a]! - this.times[b]!);
    this.#runAt = 0;
  }

  /** First slot of the run that was not cancelled; 0 where there is none. */
  #firstOfRun(): number {
    for (let slot; (slot = this.#run[this.#runAt]); this.#runAt++) {
      if (this.callbacks[slot]) return slot;
      this.release(slot);
    }
    return 0;
  }
}
