import type { TimerEvent } from './options.js';

/** A tick is a quarter of a millisecond. */
const TICKS = 4;
/** Buckets of one level: most events are due within that many ticks, and need not be placed again. */
const BITS = 9;
const WHEEL = 1 << BITS;
/** Ticks of three levels, nine hours: what lies further ahead waits in one bucket, FAR. */
const SPAN = WHEEL ** 3;
const FAR = 3 * WHEEL;
/** Where time ends, in ms: two thousand years. */
export const MAX_TIME: number = 2 ** 46;
/** One bucket more, which always seems to hold something, stops the search for the first that does. */
const END = FAR + 1;
/**
 * A slot's numbers lie side by side, for the sake of the processor's cache: its time and its name as doubles, then two integers, the rest
 * is to spare. Where slot n begins, n << DOUBLES, counted in doubles, is found without a multiplication that may overflow; n << INTEGERS
 * is the same place of the same memory, counted in integers.
 */
const DOUBLES = 2;
const INTEGERS = 3;
const NAME = 1;
const NEXT = 4;
const PREVIOUS = 5;
/**
 * An event's name is uses of its slot * SLOTS + slot; a slot whose names are used up is not used again, so no name is used twice. So many
 * pending events, 67 million, would take more memory (2 GiB here, and their callbacks) than V8 has.
 */
const SLOTS = 2 ** 26;
const NAMES = 2 ** 53;

/**
 * Pending events in order of time, to the tick, and of insertion within a tick. Adding and cancelling cost the same whatever is pending.
 *
 * ```text
 *   level 0   512 buckets of 1 tick          ticks that differ from `current` in the last digit (to base 512) only
 *   level 1   512 buckets of 512 ticks       … in the last two
 *   level 2   512 buckets of 262,144 ticks   … in the last three
 *   FAR       one bucket                     … in a digit before those
 *
 *   `current` reaches a bucket of level n > 0: its events are placed again, into the levels below
 *   `current` reaches a bucket of level 0: its events fall due one by one
 * ```
 *
 * An event is a slot of one flat memory (32 bytes), a bucket a doubly linked list of them whose head is the slot of the bucket's own
 * number. Events of one tick are always in the same bucket, in order of insertion.
 */
export class TimerWheel<T extends object> {
  /** What each slot's event is; undefined where it is free. Without holes, which would be slow. */
  readonly items: (T | undefined)[] = [...new Array<undefined>(FAR + 2)];
  /**
   * At slot << DOUBLES when an event is due (of a bucket: nothing in it is due before), and behind that the name of the slot's event, or of
   * its next one.
   */
  #doubles = new Float64Array((2 * WHEEL) << DOUBLES);
  /** The other numbers of a slot, in the same memory. */
  #integers!: Int32Array;
  /** First of the list of free slots, through NEXT; 0 where there is none. */
  #free = 0;
  /** Slots from here on have not been used since all were free. */
  #used = END + 1;
  /** Is there a slot whose names are used up? It is never free again. */
  #worn = false;
  /** The tick that `current` counts from: the digits before the last three. */
  #base = 0;
  /** The tick up to which buckets were emptied; late events are in its bucket too. */
  #current = 0;
  /** No bucket before holds anything. */
  #first = END;

  /** Slots that are not free. */
  length = 0;

  constructor() {
    this.#grow();
    for (let bucket = 0; bucket <= END; bucket++) this.#clear(bucket);
    this.#integers[(END << INTEGERS) | NEXT] = 0;
  }

  add(time: number, item: T): TimerEvent {
    const slot = this.#takeSlot();
    this.length++;
    this.items[slot] = item;
    this.#place(slot, time);
    return this.#doubles[(slot << DOUBLES) | NAME]!;
  }

  #takeSlot(): number {
    const slot = this.#free;
    if (slot === 0) return this.#unusedSlot();
    this.#free = this.#integers[(slot << INTEGERS) | NEXT]!;
    return slot;
  }

  #unusedSlot(): number {
    const slot = this.#used++;
    if (slot << DOUBLES === this.#doubles.length) this.#grow();
    return slot;
  }

  /** Makes room for twice as many slots, and names the new ones. */
  #grow(): void {
    const old = this.#doubles;
    const doubles = (this.#doubles = new Float64Array(old.length * 2));
    doubles.set(old);
    for (let slot = old.length >> DOUBLES; slot << DOUBLES < doubles.length; slot++)
      doubles[(slot << DOUBLES) | NAME] = SLOTS + slot;
    this.#integers = new Int32Array(doubles.buffer);
  }

  timeOf(slot: number): number {
    return this.#doubles[slot << DOUBLES]!;
  }

  /** Makes an event due at another time, perhaps never: Infinity. */
  move(slot: number, time: number): void {
    this.#unlink(slot);
    this.#place(slot, time);
  }

  /** The slot of an event; 0 where there is no such event any more. */
  slotOf(event: TimerEvent): number {
    const slot = event & (SLOTS - 1);
    return this.items[slot] && this.#doubles[(slot << DOUBLES) | NAME] === event ? slot : 0;
  }

  /** Frees an event's slot; its name is void from now on. */
  remove(slot: number): void {
    this.#unlink(slot);
    this.items[slot] = undefined;
    this.length--;
    if ((this.#doubles[(slot << DOUBLES) | NAME]! += SLOTS) < NAMES) {
      this.#integers[(slot << INTEGERS) | NEXT] = this.#free;
      this.#free = slot;
    } else {
      this.#worn = true;
    }
    if (this.length > 0 || this.#worn || this.#used === END + 2) return;
    // all of them, and more than one, are free: from the first on again, so that neighbours in time are neighbours in memory
    this.#free = 0;
    this.#used = END + 1;
  }

  /** All events, in no order. */
  events(): TimerEvent[] {
    const events: TimerEvent[] = [];
    for (let slot = END; ++slot < this.#used;) if (this.items[slot]) events.push(this.#doubles[(slot << DOUBLES) | NAME]!);
    return events;
  }

  /** A time before which nothing is due: that of the first event, unless that was cancelled. Infinity where nothing is pending. */
  earliest(): number {
    return this.timeOf(this.#firstBucket());
  }

  /** The slot of the first event due at `now` or earlier, which is for the caller to move or remove; 0 where none is. */
  firstDue(now: number): number {
    for (;;) {
      let bucket = this.#current & (WHEEL - 1);
      const slot = this.#integers[(bucket << INTEGERS) | NEXT]!;
      if (slot !== bucket) {
        // those behind the first of a tick wait for it
        const time = (this.#doubles[bucket << DOUBLES] = this.timeOf(slot));
        return time > now ? 0 : slot;
      }
      bucket = this.#firstBucket();
      // the ticks of its time's digits down to the bucket's level, and zeros below
      const unit = WHEEL ** (bucket >> BITS);
      const start = Math.floor((this.timeOf(bucket) * TICKS) / unit) * unit;
      if (!(start <= now * TICKS)) {
        this.#advance(now * TICKS);
        return 0;
      }
      this.#advance(start);
      if (unit > 1) this.#spread(bucket);
    }
  }

  /** Time has come to `now`, or gone back to it, as it does where a test puts a clock of its own in place: what was late may be ahead again. */
  turnTo(now: number): void {
    // rounding may have let it run ahead by a tick
    if (now * TICKS - this.#base <= this.#current - 1) {
      this.#base = this.#current = 0;
      for (let bucket = 0; bucket < END; bucket++) this.#spread(bucket);
    }
    this.firstDue(now);
  }

  /** Time has come to `tick`: nothing is pending before. */
  #advance(tick: number): void {
    if (tick - this.#base < this.#current + 1) return;
    this.#base = Math.floor(tick / SPAN) * SPAN;
    this.#current = Math.floor(tick - this.#base);
  }

  /**
   * Puts a slot into the bucket of its time: at the level of the highest digit in which that differs from the current tick. What is late
   * already goes into the bucket of the current tick.
   */
  #place(slot: number, time: number): void {
    const doubles = this.#doubles;
    const integers = this.#integers;
    const current = this.#current;
    const ticks = time * TICKS - this.#base;
    let bucket = FAR;
    if (ticks < SPAN) {
      const near = Math.max(ticks | 0, current);
      // the number of the highest bit that differs, divided by BITS
      const level = ((31 - Math.clz32((near ^ current) | 1)) * 57) >> 9;
      bucket = (level << BITS) + ((near >> (level * BITS)) & (WHEEL - 1));
    }
    if (bucket < this.#first) this.#first = bucket;
    doubles[slot << DOUBLES] = time;
    if (time < doubles[bucket << DOUBLES]!) doubles[bucket << DOUBLES] = time;
    const last = integers[(bucket << INTEGERS) | PREVIOUS]!;
    integers[(last << INTEGERS) | NEXT] = integers[(bucket << INTEGERS) | PREVIOUS] = slot;
    integers[(slot << INTEGERS) | NEXT] = bucket;
    integers[(slot << INTEGERS) | PREVIOUS] = last;
  }

  #unlink(slot: number): void {
    const integers = this.#integers;
    const next = integers[(slot << INTEGERS) | NEXT]!;
    const previous = integers[(slot << INTEGERS) | PREVIOUS]!;
    integers[(previous << INTEGERS) | NEXT] = next;
    integers[(next << INTEGERS) | PREVIOUS] = previous;
    // it was the last one of its bucket
    if (next === previous) this.#doubles[next << DOUBLES] = Infinity;
  }

  /** The first bucket that holds something, END where none does: events of a level all come before those of the levels above. */
  #firstBucket(): number {
    let bucket = this.#first;
    while (this.#integers[(bucket << INTEGERS) | NEXT] === bucket) bucket++;
    return (this.#first = bucket);
  }

  #clear(bucket: number): void {
    this.#integers[(bucket << INTEGERS) | NEXT] = this.#integers[(bucket << INTEGERS) | PREVIOUS] = bucket;
    this.#doubles[bucket << DOUBLES] = Infinity;
  }

  /** Places everything in a bucket again, in order: where time has come to it, into the levels below. */
  #spread(bucket: number): void {
    let slot = this.#integers[(bucket << INTEGERS) | NEXT]!;
    this.#clear(bucket);
    while (slot !== bucket) {
      const next = this.#integers[(slot << INTEGERS) | NEXT]!;
      this.#place(slot, this.timeOf(slot));
      slot = next;
    }
  }
}
