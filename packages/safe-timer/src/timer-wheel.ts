import type { TimerEvent } from './options.js';

/** A tick is a quarter of a millisecond. */
const TICKS = 4;
/** Buckets of one level; seven levels span 2^49 ticks. Most events are due within a level or two, and need not be placed again often. */
const BITS = 7;
const WHEEL = 1 << BITS;
const BUCKETS = 7 * WHEEL;
/** Where the wheel ends, in ms: two thousand years. */
export const MAX_TIME: number = 2 ** 48 / TICKS;
/**
 * A slot's numbers lie side by side, for the sake of the processor's cache: its time as one double, then three integers of the same
 * memory, here as offsets in integers.
 */
const STRIDE = 6;
const DOUBLES = 3;
const NEXT = 2;
const PREVIOUS = 3;
/** Of an event: how often its slot was used before. Of a bucket: 1 when its events are not in order of time. */
const GENERATION = 4;
const UNSORTED = GENERATION;
/** An event's name is generation * SLOTS + slot; a slot whose generations are used up is not used again, so no name is used twice. */
const SLOTS = 2 ** 26;
const GENERATIONS = 2 ** 27;
/** What `previous` says of a slot that was taken. */
const TAKEN = -1;

/**
 * Pending events in order of time, and of insertion where times are equal. Adding and cancelling cost the same whatever is pending.
 *
 * ```text
 *   level 0   128 buckets of 1 tick          ticks that differ from `current` in the last digit (to base 128) only
 *   level 1   128 buckets of 128 ticks       … in the last two
 *   level 2   128 buckets of 16,384 ticks    … in the last three
 *   …
 *
 *   `current` reaches a bucket of level n > 0: its events are placed again, into the levels below
 *   `current` reaches a bucket of level 0: its events fall due one by one
 * ```
 *
 * An event is a slot of one flat memory (24 bytes), a bucket a doubly linked list of them whose head is the slot of the bucket's own
 * number. Events of one tick are always in the same bucket, in order of insertion; a bucket in which one came after a later one is put
 * in order of time when it falls due.
 */
export class TimerWheel<T extends object> {
  /** What each slot's event is; undefined once it was removed. */
  readonly items: (T | undefined)[] = [];
  /** When an event is due, at slot * DOUBLES. Of a bucket: nothing in it is due before. */
  #times = new Float64Array(1024 * DOUBLES);
  /** The other numbers of a slot, in the same memory. */
  #slots = new Int32Array(this.#times.buffer);
  /** First of the list of free slots, through NEXT; 0 where there is none. */
  #free = 0;
  /** Slots from here on have not been used since all were free. */
  #used = BUCKETS + 1;
  /** Slots that are not free. */
  #taken = 0;
  /** The tick up to which buckets were emptied; late events are in its bucket too. */
  #current = 0;

  /** Events that are pending. */
  length = 0;

  constructor() {
    // one bucket more, which stops the search for the first that holds something
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      this.#clear(bucket);
      this.items.push(undefined);
    }
    this.#slots[BUCKETS * STRIDE + NEXT] = 0;
  }

  add(time: number, item: T, now: number): TimerEvent {
    let slot = this.#free;
    if (slot > 0) {
      this.#free = this.#slots[slot * STRIDE + NEXT]!;
    } else {
      do {
        slot = this.#used++;
        if (slot * STRIDE === this.#slots.length) this.#grow();
      } while (this.#slots[slot * STRIDE + GENERATION] === GENERATIONS);
    }
    // nothing was pending: no need to start from when something last was
    if (this.#taken++ === 0) this.#current = Math.max(this.#current, Math.floor(now * TICKS));
    this.items[slot] = item;
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
    return this.items[slot] && this.eventOf(slot) === event ? slot : 0;
  }

  /** Forgets an event that is pending or taken. */
  remove(slot: number): void {
    // one that was taken is freed when it is released
    if (this.#slots[slot * STRIDE + PREVIOUS] === TAKEN) {
      this.items[slot] = undefined;
    } else {
      this.#unlink(slot);
      this.release(slot);
    }
  }

  /** Frees a slot that was taken; its event's name is void from now on. */
  release(slot: number): void {
    this.items[slot] = undefined;
    if (++this.#slots[slot * STRIDE + GENERATION]! < GENERATIONS) {
      this.#slots[slot * STRIDE + NEXT] = this.#free;
      this.#free = slot;
    }
    if (--this.#taken > 0) return;
    // all are free: from the first on again, so that neighbours in time are neighbours in memory
    this.#free = 0;
    this.#used = BUCKETS + 1;
  }

  /** The slots of everything pending or taken, in no order. */
  *used(): Generator<number> {
    for (let slot = BUCKETS; ++slot < this.items.length;) if (this.items[slot]) yield slot;
  }

  /** A time before which nothing is due: that of the first event, unless that was cancelled. Infinity where nothing is pending. */
  earliest(): number {
    return this.timeOf(this.#firstBucket());
  }

  /** Takes the first event due at `now` or earlier; 0 where none is. The slot stays taken until it is put back or released. */
  takeDue(now: number): number {
    const tick = Math.floor(now * TICKS);
    for (;;) {
      let bucket = this.#current & (WHEEL - 1);
      if (this.#slots[bucket * STRIDE + UNSORTED]! > 0) this.#sort(bucket);
      const slot = this.#slots[bucket * STRIDE + NEXT]!;
      if (slot !== bucket) {
        const time = this.timeOf(slot);
        this.#times[bucket * DOUBLES] = time;
        if (time > now) return 0;
        this.#unlink(slot);
        this.#slots[slot * STRIDE + PREVIOUS] = TAKEN;
        return slot;
      }
      bucket = this.#firstBucket();
      if (bucket === BUCKETS) return 0;
      const unit = WHEEL ** Math.floor(bucket / WHEEL);
      // digits above the level are those of the current tick, digits below are 0
      const start = (Math.floor(this.#current / (unit * WHEEL)) * WHEEL + (bucket % WHEEL)) * unit;
      this.#current = Math.max(this.#current, Math.min(start, tick));
      if (start > tick) return 0;
      if (unit > 1) for (const slot of this.#empty(bucket)) this.#place(slot);
    }
  }

  /**
   * Appends a slot to the bucket of its time: at the level of the highest digit in which that differs from the current tick. What is
   * late already goes into the bucket of the current tick.
   */
  #place(slot: number): void {
    const time = this.timeOf(slot);
    let current = this.#current;
    let tick = Math.max(Math.floor(time * TICKS), current);
    let bucket = 0;
    for (let above; (above = Math.floor(tick / WHEEL)) !== (current = Math.floor(current / WHEEL)); bucket += WHEEL) tick = above;
    bucket += tick % WHEEL;
    const last = this.#slots[bucket * STRIDE + PREVIOUS]!;
    if (time < this.timeOf(last) && last !== bucket) this.#slots[bucket * STRIDE + UNSORTED] = 1;
    if (time < this.timeOf(bucket)) this.#times[bucket * DOUBLES] = time;
    this.#append(bucket, slot);
  }

  #append(bucket: number, slot: number): void {
    const slots = this.#slots;
    const last = slots[bucket * STRIDE + PREVIOUS]!;
    slots[last * STRIDE + NEXT] = slot;
    slots[slot * STRIDE + PREVIOUS] = last;
    slots[slot * STRIDE + NEXT] = bucket;
    slots[bucket * STRIDE + PREVIOUS] = slot;
  }

  /** Sorts a bucket by time, keeping the order of equals: merges neighbouring runs until one is left. */
  #sort(bucket: number): void {
    let from = this.#empty(bucket);
    const times = this.#times;
    const { length } = from;
    let to = from.slice();
    const endOfRun = (at: number): number => {
      while (++at < length && times[from[at - 1]! * DOUBLES]! <= times[from[at]! * DOUBLES]!);
      return Math.min(at, length);
    };
    while (endOfRun(0) < length) {
      for (let at = 0; at < length;) {
        let left = at;
        const middle = endOfRun(at);
        const end = endOfRun(middle);
        for (let right = middle; at < end; at++) {
          const fromLeft = right === end || (left < middle && times[from[left]! * DOUBLES]! <= times[from[right]! * DOUBLES]!);
          to[at] = from[fromLeft ? left++ : right++]!;
        }
      }
      [from, to] = [to, from];
    }
    for (const slot of from) this.#append(bucket, slot);
    this.#times[bucket * DOUBLES] = this.timeOf(from[0]!);
  }

  #unlink(slot: number): void {
    const slots = this.#slots;
    const previous = slots[slot * STRIDE + PREVIOUS]!;
    const next = slots[slot * STRIDE + NEXT]!;
    slots[previous * STRIDE + NEXT] = next;
    slots[next * STRIDE + PREVIOUS] = previous;
    // it was the last one of its bucket
    if (next === previous) this.#times[next * DOUBLES] = Infinity;
    this.length--;
  }

  /** The first bucket that holds something, BUCKETS where none does: events of a level all come before those of the levels above. */
  #firstBucket(): number {
    let bucket = 0;
    while (this.#slots[bucket * STRIDE + NEXT] === bucket) bucket++;
    return bucket;
  }

  #clear(bucket: number): void {
    this.#slots[bucket * STRIDE + NEXT] = this.#slots[bucket * STRIDE + PREVIOUS] = bucket;
    this.#slots[bucket * STRIDE + UNSORTED] = 0;
    this.#times[bucket * DOUBLES] = Infinity;
  }

  /** Takes everything out of a bucket. @returns the slots, in order */
  #empty(bucket: number): number[] {
    const taken: number[] = [];
    for (let slot = bucket; (slot = this.#slots[slot * STRIDE + NEXT]!) !== bucket;) taken.push(slot);
    this.#clear(bucket);
    return taken;
  }
}
