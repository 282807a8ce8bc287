import type { Completion } from '@cephts/common';
import type { TimerEvent } from './options.js';
import { sortByTime } from './sort-by-time.js';

/** Buckets of one level; eight levels span 2^48 ms. */
const BITS = 6;
const WHEEL = 1 << BITS;
const BUCKETS = 8 * WHEEL;
/**
 * A slot's numbers lie side by side, for the sake of the processor's cache: its time as one double, then three integers of the same
 * memory, here as offsets in integers.
 */
const STRIDE = 6;
const DOUBLES = 3;
const NEXT = 2;
const PREVIOUS = 3;
const GENERATION = 4;
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
 *   level 0   64 buckets of 1 ms        ticks that differ from `current` in the last digit (to base 64) only
 *   level 1   64 buckets of 64 ms       … in the last two
 *   level 2   64 buckets of 4096 ms     … in the last three
 *   …
 *
 *   `current` reaches a bucket of level n > 0: its events are placed again, into the levels below
 *   `current` reaches a bucket of level 0: its events go to `run`, sorted by time, and fall due one by one
 * ```
 *
 * An event is a slot of one flat memory (24 bytes), a bucket a doubly linked list of them whose head is the slot of the bucket's own number. Events of one time are always in the same bucket, in order of insertion, and sorting is stable: that is the whole order.
 */
export class TimerWheel {
  /** What the event of a slot runs; undefined once it was removed. */
  readonly callbacks: (Completion | undefined)[] = [];
  /** When an event is due, at slot * DOUBLES. Of a bucket: nothing in it is due before (exact but for cancelled events). */
  #times = new Float64Array(1024 * DOUBLES);
  /** The other numbers of a slot, in the same memory. */
  #slots = new Int32Array(this.#times.buffer);
  /** First of the list of free slots, through NEXT; 0 where there is none. */
  #free = 0;

  /** Slots from here on have not been used since all were free. */
  #used = BUCKETS + 1;
  /** Slots that are not free. */
  #taken = 0;

  /** Events that are pending. */
  length = 0;

  /** The tick (ms) up to which buckets were emptied; its own events are in `run`. */
  #current = 0;
  /** Events of the current tick and earlier, sorted, from `runAt` on; cancelled ones stay until they are passed. */
  readonly #run: number[] = [];
  readonly #runTimes: number[] = [];
  #runAt = 0;

  constructor() {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#clear(bucket);
      this.callbacks.push(undefined);
    }
    // one bucket more, which stops the search for the first that holds something
    this.#times[BUCKETS * DOUBLES] = Infinity;
    this.callbacks.push(undefined);
  }

  add(time: number, callback: Completion): TimerEvent {
    let slot = this.#free;
    if (slot > 0) {
      this.#free = this.#slots[slot * STRIDE + NEXT]!;
    } else {
      do {
        slot = this.#used++;
        if (slot * STRIDE === this.#slots.length) this.#grow();
      } while (this.#slots[slot * STRIDE + GENERATION] === GENERATIONS);
    }
    this.#taken++;
    this.callbacks[slot] = callback;
    this.put(slot, time);
    return this.eventOf(slot);
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    this.#slots = new Int32Array(times.buffer);
  }

  timeOf(slot: number): number {
    return this.#times[slot * DOUBLES]!;
  }

  /** Puts a slot that was taken back, due at `time`. */
  put(slot: number, time: number): void {
    this.#times[slot * DOUBLES] = time;
    this.#place(slot);
    this.length++;
  }

  eventOf(slot: number): TimerEvent {
    return (this.#slots[slot * STRIDE + GENERATION]! + 1) * SLOTS + slot;
  }

  /** The slot of a pending or taken event; 0 where there is no such event any more. */
  slotOf(event: TimerEvent): number {
    const slot = event & (SLOTS - 1);
    return this.callbacks[slot] && this.eventOf(slot) === event ? slot : 0;
  }

  /** Forgets an event that is pending or taken. */
  remove(slot: number): void {
    const slots = this.#slots;
    const previous = slots[slot * STRIDE + PREVIOUS]!;
    this.callbacks[slot] = undefined;
    if (previous !== TAKEN) this.length--;
    // one in the run is freed when it is passed, one that was taken when it is released
    if (previous < 0) return;
    const next = slots[slot * STRIDE + NEXT]!;
    slots[previous * STRIDE + NEXT] = next;
    slots[next * STRIDE + PREVIOUS] = previous;
    // it was the last one of its bucket
    if (next === previous) this.#times[next * DOUBLES] = Infinity;
    this.release(slot);
  }

  /** Frees a slot that was taken; its event's name is void from now on. */
  release(slot: number): void {
    this.callbacks[slot] = undefined;
    if (++this.#slots[slot * STRIDE + GENERATION]! < GENERATIONS) {
      this.#slots[slot * STRIDE + NEXT] = this.#free;
      this.#free = slot;
    }
    if (--this.#taken > 0) return;
    // all are free: from the first on again, so that neighbours in time are neighbours in memory
    this.#free = 0;
    this.#used = BUCKETS + 1;
  }

  /** Everything pending or taken, in no order. */
  *events(): Generator<TimerEvent> {
    for (let slot = BUCKETS; ++slot < this.callbacks.length;) if (this.callbacks[slot]) yield this.eventOf(slot);
  }

  /** A time before which nothing is due: that of the first event, unless that was cancelled. Infinity where nothing is pending. */
  earliest(): number {
    const first = this.#firstOfRun();
    return Math.min(first > 0 ? this.timeOf(first) : Infinity, this.timeOf(this.#firstBucket()));
  }

  /** Takes the first event due at `now` or earlier; 0 where none is. The slot stays taken until it is put back or released. */
  takeDue(now: number): number {
    for (;;) {
      this.#load(this.#current % WHEEL);
      const slot = this.#firstOfRun();
      if (slot > 0) {
        if (this.timeOf(slot) > now) return 0;
        this.#runAt++;
        this.#slots[slot * STRIDE + PREVIOUS] = TAKEN;
        this.length--;
        return slot;
      }
      const bucket = this.#firstBucket();
      if (bucket === BUCKETS) return 0;
      const unit = WHEEL ** Math.floor(bucket / WHEEL);
      // digits above the level are those of the current tick, digits below are 0
      const start = (Math.floor(this.#current / (unit * WHEEL)) * WHEEL + (bucket % WHEEL)) * unit;
      this.#current = Math.max(this.#current, Math.min(start, Math.floor(now)));
      if (start > now) return 0;
      if (unit > 1) this.#empty(bucket, (slot) => this.#place(slot));
    }
  }

  /** Appends a slot to the bucket of its time: at the level of the highest digit in which that differs from the current tick. */
  #place(slot: number): void {
    const slots = this.#slots;
    const time = this.timeOf(slot);
    let tick = Math.max(Math.floor(time), this.#current);
    let current = this.#current;
    let bucket = 0;
    // digits above the thirtieth bit, which bitwise operators do not reach
    if (tick >= 2 ** 30) {
      for (let above; (above = Math.floor(tick / WHEEL)) !== (current = Math.floor(current / WHEEL)); bucket += WHEEL) tick = above;
      bucket += tick % WHEEL;
    } else {
      const level = ((31 - Math.clz32((tick ^ current) | 1)) / BITS) | 0;
      bucket = level * WHEEL + ((tick >> (level * BITS)) & (WHEEL - 1));
    }
    const last = slots[bucket * STRIDE + PREVIOUS]!;
    slots[last * STRIDE + NEXT] = slot;
    slots[slot * STRIDE + PREVIOUS] = last;
    slots[slot * STRIDE + NEXT] = bucket;
    slots[bucket * STRIDE + PREVIOUS] = slot;
    if (time < this.timeOf(bucket)) this.#times[bucket * DOUBLES] = time;
  }

  /** The first bucket that holds something, BUCKETS where none does: events of a level all come before those of the levels above. */
  #firstBucket(): number {
    let bucket = 0;
    while (this.#slots[bucket * STRIDE + NEXT] === bucket) bucket++;
    return bucket;
  }

  #clear(bucket: number): void {
    this.#slots[bucket * STRIDE + NEXT] = this.#slots[bucket * STRIDE + PREVIOUS] = bucket;
    this.#times[bucket * DOUBLES] = Infinity;
  }

  /** Takes the slots out of a bucket, in order. */
  #empty(bucket: number, each: (slot: number) => void): void {
    let slot = this.#slots[bucket * STRIDE + NEXT]!;
    this.#clear(bucket);
    for (let next; slot !== bucket; slot = next) {
      next = this.#slots[slot * STRIDE + NEXT]!;
      each(slot);
    }
  }

  /** Moves the events of the current tick's bucket into the run. */
  #load(bucket: number): void {
    if (this.#slots[bucket * STRIDE + NEXT] === bucket) return;
    const run = this.#run;
    const times = this.#runTimes;
    // what was passed is cut off when it is half of the run, so that cutting costs little an event
    if (this.#runAt * 2 >= run.length) {
      run.splice(0, this.#runAt);
      times.splice(0, this.#runAt);
      this.#runAt = 0;
    }
    let last = times.length > 0 ? times[times.length - 1]! : -Infinity;
    let sorted = true;
    this.#empty(bucket, (slot) => {
      const time = this.timeOf(slot);
      sorted &&= time >= last;
      last = time;
      this.#slots[slot * STRIDE + PREVIOUS] = IN_RUN;
      run.push(slot);
      times.push(time);
    });
    if (!sorted) sortByTime(run, times, this.#runAt);
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
