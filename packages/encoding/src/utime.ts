import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/** Stamps below this many seconds print as plain numbers: they are spans, not dates. */
const TEN_YEARS = 60 * 60 * 24 * 365 * 10;

/**
 * A point in time or a span: seconds since the epoch and nanoseconds. An unchanging value, free to be shared.
 * @see src/include/utime.h (16.2.15)
 */
export class UTime {
  static readonly ZERO: UTime = new UTime(0, 0);

  readonly sec: number;
  readonly nsec: number;

  constructor(sec: number, nsec: number) {
    this.sec = sec;
    this.nsec = nsec;
  }

  /** @param ms milliseconds since the epoch, fractions kept, as `clock.wallNow()` or `Date.now()` give */
  static fromMillis(ms: number): UTime {
    const sec = Math.floor(ms / 1000);
    const nsec = Math.floor((ms - sec * 1000) * 1e6);
    return nsec >= 1e9 ? new UTime(sec + 1, 0) : new UTime(sec, nsec);
  }

  toMillis(): number {
    return this.sec * 1000 + this.nsec / 1e6;
  }

  isZero(): boolean {
    return this.sec === 0 && this.nsec === 0;
  }

  /** Below 0 where this is earlier than `other`, 0 where equal, else above. */
  compare(other: UTime): number {
    return this.sec - other.sec || this.nsec - other.nsec;
  }

  equals(other: UTime): boolean {
    return this.sec === other.sec && this.nsec === other.nsec;
  }

  encode(e: Encoder): void {
    e.u32(this.sec).u32(this.nsec);
  }

  static decode(d: Decoder): UTime {
    const sec = d.u32();
    const nsec = d.u32();
    return sec === 0 && nsec === 0 ? UTime.ZERO : new UTime(sec, nsec);
  }

  /** As Ceph prints it: `2021-04-12T11:08:47.363217+0000`, or seconds where it is a span. */
  toString(): string {
    const micros = String(Math.floor(this.nsec / 1000)).padStart(6, '0');
    if (this.sec < TEN_YEARS) return `${this.sec}.${micros}`;
    return `${new Date(this.sec * 1000).toISOString().slice(0, 19)}.${micros}+0000`;
  }
}
