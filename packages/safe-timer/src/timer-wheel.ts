import type { Completion } from '@cephts/common';
import type { TimerEvent } from './options.js';

/** A wheel is a level of 64 buckets; five of them span 2^30 ms (12 days), and one more bucket takes what lies beyond. */
const BITS = 6;
const WHEEL = 1 << BITS;
const LEVELS = 5;
const SPAN = 2 ** (BITS * LEVELS);
const BEYOND = WHEEL * LEVELS;
/** The first slot that holds an event; those before are the heads of the buckets' lists. */
const FIRST = BEYOND + 1;
/** An event's name is generation * SLOTS + slot, so a name is never used twice; a slot whose generations are used up is not used again. */
const SLOTS = 2 ** 26;
const GENERATIONS = 2 ** 27;

/** What `previous` says of a slot that is in no bucket. */
const IN_RUN = -1;
const TAKEN = -2;

/**
 * Pending events in order of time and, among equal times, of insertion. Adding and cancelling cost the same whatever is pending.
 *
 * ```text
 *   level 0   64 buckets of 1 ms       ticks that differ from `current` in the last 6 bits only
 *   level 1   64 buckets of 64 ms      … in the last 12 bits
 *   …
 *   beyond    one bucket               … further up: more than 12 days ahead
 *
 *   current tick reaches a bucket of level n: its events are put again, into levels below n
 *   current tick reaches a bucket of level 0: its events go to `run`, sorted by time, and are due one by one
 * ```
 *
 * Each event is an index into flat arrays (28 bytes), each bucket a doubly linked list through them. Events of one time are always in the
 * same bucket, in order of insertion, and sorting is stable: that is the whole order. Times are in ms since an origin of the caller's.
 */
export class TimerWheel {
  #time = new Float64Array(512);
  #next = new Int32Array(this.#time.length);
  #previous = new Int32Array(this.#time.length);
  #generation = new Uint32Array(this.#time.length);
  readonly #callbacks: (Completion | undefined)[] = [];
  #used = FIRST;
  /** First of the list of free slots, through `next`; 0 where there is none. */
  #free = 0;
  #length = 0;

  /** Two words a level: which buckets may hold something (a bucket emptied by cancelling is found out later). */
  readonly #occupied = new Int32Array(2 * (LEVELS + 1));
  /** No event of the bucket is due before this (exact but for cancelled events). */
  readonly #earliest = new Float64Array(FIRST).fill(Infinity);
  /** The tick whose events are in `run`, as multiple of SPAN and rest. */
  #currentHigh = 0;
  #currentLow = 0;

  /** Events of the current tick and earlier, sorted, from `runAt` on; cancelled ones stay until they are passed. */
  #run: number[] = [];
  #runAt = 0;

  constructor() {
    for (let bucket = 0; bucket < FIRST; bucket++) this.#next[bucket] = this.#previous[bucket] = bucket;
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
      if (slot >= this.#time.length) this.#grow();
      this.#generation[slot] = 1;
    }
    this.#callbacks[slot] = callback;
    this.put(slot, time);
    return (this.#generation[slot] as number) * SLOTS + slot;
  }

  /** Puts a slot that was taken back, due at `time`. */
  put(slot: number, time: number): void {
    this.#time[slot] = time;
    this.#place(slot, time);
    this.#length++;
  }

  /** The slot of a pending or taken event; 0 where there is no such event any more. */
  slotOf(event: TimerEvent): number {
    const generation = Math.floor(event / SLOTS);
    const slot = event - generation * SLOTS;
    return slot >= FIRST && slot < this.#used && this.#generation[slot] === generation && this.#callbacks[slot] !== undefined
      ? slot
      : 0;
  }

  eventOf(slot: number): TimerEvent {
    return (this.#generation[slot] as number) * SLOTS + slot;
  }

  timeOf(slot: number): number {
    return this.#time[slot] as number;
  }

  /** Undefined once the event was removed. */
  callbackOf(slot: number): Completion | undefined {
    return this.#callbacks[slot];
  }

  /** False for one that was taken. */
  isPending(slot: number): boolean {
    return this.#previous[slot] !== TAKEN;
  }

  /** Forgets an event that is pending or taken. */
  remove(slot: number): void {
    const previous = this.#previous[slot] as number;
    this.#callbacks[slot] = undefined;
    // one in the run, or taken, is freed when it is passed or given back
    if (previous >= 0) {
      this.#unlink(slot, previous);
      this.release(slot);
    }
    if (previous !== TAKEN) this.#length--;
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
    this.#skipCancelled();
    const bucket = this.#firstBucket();
    const ofBucket = bucket < 0 ? Infinity : (this.#earliest[bucket] as number);
    return this.#runAt < this.#run.length ? Math.min(ofBucket, this.timeOf(this.#run[this.#runAt] as number)) : ofBucket;
  }

  /** Takes the first event due at `now` or earlier; 0 where none is. The slot stays taken until it is put back or released. */
  takeDue(now: number): number {
    const nowTick = Math.floor(now);
    for (;;) {
      const current = this.#currentLow & (WHEEL - 1);
      if (this.#next[current] !== current) this.#load(current);
      this.#skipCancelled();
      if (this.#runAt < this.#run.length) {
        const slot = this.#run[this.#runAt] as number;
        if (this.timeOf(slot) > now) return 0;
        this.#runAt++;
        this.#previous[slot] = TAKEN;
        this.#length--;
        return slot;
      }
      const bucket = this.#firstBucket();
      const start = this.#startOf(bucket);
      if (start > nowTick) {
        this.#moveTo(nowTick);
        return 0;
      }
      if (bucket < 0) return 0;
      this.#moveTo(start);
      if (bucket >= WHEEL) this.#cascade(bucket);
    }
  }

  /** Forgets everything, pending or taken, naming each. @returns how many there were */
  clear(forgotten: (event: TimerEvent) => void): number {
    let count = 0;
    for (let slot = FIRST; slot < this.#used; slot++) {
      if (this.#callbacks[slot] === undefined) continue;
      const event = this.eventOf(slot);
      this.remove(slot);
      forgotten(event);
      count++;
    }
    return count;
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

  #place(slot: number, time: number): void {
    let tick = Math.floor(time);
    let high = 0;
    if (tick >= SPAN || this.#currentHigh > 0) {
      high = Math.floor(tick / SPAN);
      tick -= high * SPAN;
    }
    const current = this.#currentLow;
    let bucket = BEYOND;
    if (high < this.#currentHigh || (high === this.#currentHigh && tick <= current)) {
      bucket = current & (WHEEL - 1);
    } else if (high === this.#currentHigh) {
      const level = ((31 - Math.clz32(tick ^ current)) / BITS) | 0;
      bucket = level * WHEEL + ((tick >>> (level * BITS)) & (WHEEL - 1));
    }
    const last = this.#previous[bucket] as number;
    this.#next[last] = slot;
    this.#previous[slot] = last;
    this.#next[slot] = bucket;
    this.#previous[bucket] = slot;
    if (time < (this.#earliest[bucket] as number)) this.#earliest[bucket] = time;
    (this.#occupied[bucket >> 5] as number) |= 1 << (bucket & 31);
  }

  #unlink(slot: number, previous: number): void {
    const next = this.#next[slot] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  /** The first bucket that holds something: events of a level all come before those of the levels above. -1 where all are empty. */
  #firstBucket(): number {
    for (let word = 0; word < this.#occupied.length; word++) {
      for (let bits = this.#occupied[word] as number; bits !== 0; bits &= bits - 1) {
        const bucket = word * 32 + 31 - Math.clz32(bits & -bits);
        if (this.#next[bucket] !== bucket) return bucket;
        this.#markEmpty(bucket);
      }
    }
    return -1;
  }

  #markEmpty(bucket: number): void {
    (this.#occupied[bucket >> 5] as number) &= ~(1 << (bucket & 31));
    this.#earliest[bucket] = Infinity;
  }

  /** First tick of a bucket; Infinity for none. */
  #startOf(bucket: number): number {
    if (bucket < 0) return Infinity;
    if (bucket === BEYOND) return Math.floor((this.#earliest[bucket] as number) / SPAN) * SPAN;
    const shift = (bucket >> BITS) * BITS;
    // digits above the level are those of the current tick, digits below are 0
    const above = Math.floor(this.#currentLow / 2 ** (shift + BITS)) * WHEEL;
    return this.#currentHigh * SPAN + (above + (bucket & (WHEEL - 1))) * 2 ** shift;
  }

  #moveTo(tick: number): void {
    if (tick <= this.#currentHigh * SPAN + this.#currentLow || tick === Infinity) return;
    this.#currentHigh = Math.floor(tick / SPAN);
    this.#currentLow = tick - this.#currentHigh * SPAN;
  }

  /** Empties a bucket into the levels below, keeping the order. */
  #cascade(bucket: number): void {
    let slot = this.#detach(bucket);
    while (slot !== bucket) {
      const next = this.#next[slot] as number;
      this.#place(slot, this.timeOf(slot));
      slot = next;
    }
  }

  /** Empties the list of a bucket. @returns its first slot; the last one's `next` is the bucket */
  #detach(bucket: number): number {
    const first = this.#next[bucket] as number;
    this.#next[bucket] = this.#previous[bucket] = bucket;
    this.#markEmpty(bucket);
    return first;
  }

  /** Moves the events of the current tick's bucket into the run. */
  #load(bucket: number): void {
    // what was passed is cut off when it is half of the run, so that cutting costs little an event
    if (this.#runAt * 2 >= this.#run.length) {
      this.#run.splice(0, this.#runAt);
      this.#runAt = 0;
    }
    const run = this.#run;
    const late: number[] = [];
    let lastTime = run.length === this.#runAt ? -Infinity : this.timeOf(run[run.length - 1] as number);
    for (let slot = this.#detach(bucket); slot !== bucket; slot = this.#next[slot] as number) {
      const time = this.timeOf(slot);
      this.#previous[slot] = IN_RUN;
      if (time < lastTime) {
        late.push(slot);
      } else {
        run.push(slot);
        lastTime = time;
      }
    }
    if (late.length * 16 > run.length - this.#runAt) {
      this.#run = run.slice(this.#runAt).concat(late);
      this.#run.sort((a, b) => this.timeOf(a) - this.timeOf(b));
      this.#runAt = 0;
    } else for (const slot of late) run.splice(this.#after(this.timeOf(slot)), 0, slot);
  }

  /** Where in the run an event of this time belongs: after its equals. */
  #after(time: number): number {
    let low = this.#runAt;
    let high = this.#run.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeOf(this.#run[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #skipCancelled(): void {
    for (; this.#runAt < this.#run.length; this.#runAt++) {
      const slot = this.#run[this.#runAt] as number;
      if (this.#callbacks[slot] !== undefined) return;
      this.release(slot);
    }
  }
}
