import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * interval_set: numbers (inode numbers, mostly) kept as ranges `[start, start + length)`, sorted, apart from each other. Looking up is a
 * binary search; taking the first number of a range costs no move.
 * @see src/include/interval_set.h (16.2.15)
 */
export class IntervalSet {
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #size = 0;

  static of(...ranges: readonly (readonly [start: number, length: number])[]): IntervalSet {
    const set = new IntervalSet();
    for (const [start, length] of ranges) set.insert(start, length);
    return set;
  }

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  get numIntervals(): number {
    return this.#starts.length;
  }

  isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  clear(): void {
    this.#starts.length = 0;
    this.#lengths.length = 0;
    this.#size = 0;
  }

  clone(): IntervalSet {
    const copy = new IntervalSet();
    copy.assign(this);
    return copy;
  }

  assign(other: IntervalSet): void {
    const starts = other.#starts.slice();
    const lengths = other.#lengths.slice();
    this.clear();
    for (const start of starts) this.#starts.push(start);
    for (const length of lengths) this.#lengths.push(length);
    this.#size = lengths.reduce((sum, length) => sum + length, 0);
  }

  equals(other: IntervalSet): boolean {
    return (
      this.#starts.length === other.#starts.length &&
      this.#starts.every((start, i) => start === other.#starts[i] && this.#lengths[i] === other.#lengths[i])
    );
  }

  /** Index of the last range that starts at or before `value`, or −1. */
  #find(value: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #endOf(i: number): number {
    return (this.#starts[i] as number) + (this.#lengths[i] as number);
  }

  /** True where all of `[start, start + length)` is in it. */
  contains(start: number, length = 1): boolean {
    const i = this.#find(start);
    return i >= 0 && start + length <= this.#endOf(i);
  }

  intersects(start: number, length: number): boolean {
    const i = this.#find(start + length - 1);
    return i >= 0 && this.#endOf(i) > start;
  }

  /** The smallest number. @throws RangeError where it is empty */
  get rangeStart(): number {
    const first = this.#starts[0];
    if (first === undefined) throw new RangeError('The set is empty');
    return first;
  }

  /** Just past the greatest number. @throws RangeError where it is empty */
  get rangeEnd(): number {
    if (this.isEmpty()) throw new RangeError('The set is empty');
    return this.#endOf(this.#starts.length - 1);
  }

  /** Adds a range none of which is in it yet; neighbours melt together. @throws RangeError where some of it is in already */
  insert(start: number, length = 1): void {
    if (length <= 0) throw new RangeError(`Expected a length above 0, got ${length}`);
    if (this.intersects(start, length)) throw new RangeError(`Some of ${start}~${length} is in the set already`);
    const i = this.#find(start);
    const joinsLeft = i >= 0 && this.#endOf(i) === start;
    const joinsRight = this.#starts[i + 1] === start + length;
    this.#size += length;
    if (joinsLeft && joinsRight) {
      this.#lengths[i] = (this.#lengths[i] as number) + length + (this.#lengths[i + 1] as number);
      this.#starts.splice(i + 1, 1);
      this.#lengths.splice(i + 1, 1);
    } else if (joinsLeft) this.#lengths[i] = (this.#lengths[i] as number) + length;
    else if (joinsRight) {
      this.#starts[i + 1] = start;
      this.#lengths[i + 1] = (this.#lengths[i + 1] as number) + length;
    } else {
      this.#starts.splice(i + 1, 0, start);
      this.#lengths.splice(i + 1, 0, length);
    }
  }

  /** Adds a range, whatever of it is in already. */
  union(start: number, length = 1): void {
    let at = start;
    const end = start + length;
    while (at < end) {
      const i = this.#find(at);
      if (i >= 0 && this.#endOf(i) > at) {
        at = this.#endOf(i);
        continue;
      }
      const stop = Math.min(end, this.#starts[i + 1] ?? end);
      this.insert(at, stop - at);
      at = stop;
    }
  }

  insertSet(other: IntervalSet): void {
    for (const [start, length] of other) this.insert(start, length);
  }

  unionSet(other: IntervalSet): void {
    for (const [start, length] of other) this.union(start, length);
  }

  /** Takes a range out. @throws RangeError where not all of it is in */
  erase(start: number, length = 1): void {
    const i = this.#find(start);
    if (length <= 0 || i < 0 || start + length > this.#endOf(i))
      throw new RangeError(`Not all of ${start}~${length} is in the set`);
    const before = start - (this.#starts[i] as number);
    const after = this.#endOf(i) - start - length;
    this.#size -= length;
    if (before === 0 && after === 0) {
      this.#starts.splice(i, 1);
      this.#lengths.splice(i, 1);
    } else if (before === 0) {
      this.#starts[i] = start + length;
      this.#lengths[i] = after;
    } else {
      this.#lengths[i] = before;
      if (after > 0) {
        this.#starts.splice(i + 1, 0, start + length);
        this.#lengths.splice(i + 1, 0, after);
      }
    }
  }

  /** Takes out all of `other`. @throws RangeError where not all of it is in */
  subtract(other: IntervalSet): void {
    for (const [start, length] of other) this.erase(start, length);
  }

  /** What is in both. */
  intersection(other: IntervalSet): IntervalSet {
    const both = new IntervalSet();
    for (let i = 0, j = 0; i < this.#starts.length && j < other.#starts.length;) {
      const start = Math.max(this.#starts[i] as number, other.#starts[j] as number);
      const end = Math.min(this.#endOf(i), other.#endOf(j));
      if (start < end) both.insert(start, end - start);
      if (this.#endOf(i) < other.#endOf(j)) i++;
      else j++;
    }
    return both;
  }

  isSubsetOf(other: IntervalSet): boolean {
    for (const [start, length] of this) if (!other.contains(start, length)) return false;
    return true;
  }

  /** The ranges, ascending. The set must not change meanwhile. */
  *[Symbol.iterator](): Generator<[start: number, length: number]> {
    for (let i = 0; i < this.#starts.length; i++) yield [this.#starts[i] as number, this.#lengths[i] as number];
  }

  encode(e: Encoder): void {
    const count = this.#starts.length;
    e.u32(count);
    for (let i = 0; i < count; i++) e.u64(this.#starts[i] as number).u64(this.#lengths[i] as number);
  }

  /** @throws DecodeError where ranges are empty, overlap or are not ascending */
  static decode(d: Decoder): IntervalSet {
    const set = new IntervalSet();
    let least = 0;
    for (let left = d.count(16); left > 0; left--) {
      const at = d.offset;
      const start = d.u64();
      const length = d.u64();
      if (length === 0 || start < least || !Number.isSafeInteger(start + length))
        throw d.error(`range ${start}~${length} out of order`, at);
      set.#starts.push(start);
      set.#lengths.push(length);
      set.#size += length;
      least = start + length;
    }
    return set;
  }

  /** As Ceph prints inode numbers: `[0x10000000000~0x3e8]`. */
  toString(): string {
    return `[${this.#starts.map((start, i) => `0x${start.toString(16)}~0x${(this.#lengths[i] as number).toString(16)}`).join(',')}]`;
  }
}
