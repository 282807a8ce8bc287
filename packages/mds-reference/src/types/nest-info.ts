import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime } from '@cephts/encoding';

/**
 * nest_info_t: what lies below an inode, all the way down.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class NestInfo {
  version = 0;
  rctime = UTime.ZERO;
  rbytes = 0;
  rfiles = 0;
  rsubdirs = 0;
  rsnaps = 0;

  get rsize(): number {
    return this.rfiles + this.rsubdirs;
  }

  zero(): void {
    this.version = 0;
    this.rctime = UTime.ZERO;
    this.rbytes = 0;
    this.rfiles = 0;
    this.rsubdirs = 0;
    this.rsnaps = 0;
  }

  assign(other: NestInfo): this {
    this.version = other.version;
    this.rctime = other.rctime;
    this.rbytes = other.rbytes;
    this.rfiles = other.rfiles;
    this.rsubdirs = other.rsubdirs;
    this.rsnaps = other.rsnaps;
    return this;
  }

  clone(): NestInfo {
    return new NestInfo().assign(this);
  }

  add(other: NestInfo): void {
    if (other.rctime.compare(this.rctime) > 0) this.rctime = other.rctime;
    this.rbytes += other.rbytes;
    this.rfiles += other.rfiles;
    this.rsubdirs += other.rsubdirs;
    this.rsnaps += other.rsnaps;
  }

  sub(other: NestInfo): void {
    if (other.rctime.compare(this.rctime) > 0) this.rctime = other.rctime;
    this.rbytes -= other.rbytes;
    this.rfiles -= other.rfiles;
    this.rsubdirs -= other.rsubdirs;
    this.rsnaps -= other.rsnaps;
  }

  /** Adds the difference of `current` to what was `accounted` for. */
  addDelta(current: NestInfo, accounted: NestInfo): void {
    if (current.rctime.compare(this.rctime) > 0) this.rctime = current.rctime;
    this.rbytes += current.rbytes - accounted.rbytes;
    this.rfiles += current.rfiles - accounted.rfiles;
    this.rsubdirs += current.rsubdirs - accounted.rsubdirs;
    this.rsnaps += current.rsnaps - accounted.rsnaps;
  }

  /** The same sums, and not newer than `other`. */
  sameSums(other: NestInfo): boolean {
    return (
      this.rctime.compare(other.rctime) <= 0 &&
      this.rbytes === other.rbytes &&
      this.rfiles === other.rfiles &&
      this.rsubdirs === other.rsubdirs &&
      this.rsnaps === other.rsnaps
    );
  }

  equals(other: NestInfo): boolean {
    return (
      this.version === other.version &&
      this.rbytes === other.rbytes &&
      this.rfiles === other.rfiles &&
      this.rsubdirs === other.rsubdirs &&
      this.rsnaps === other.rsnaps &&
      this.rctime.equals(other.rctime)
    );
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    // The 0 is where anchors were counted.
    e.u64(this.version).s64(this.rbytes).s64(this.rfiles).s64(this.rsubdirs).s64(0).s64(this.rsnaps);
    this.rctime.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): NestInfo {
    return new NestInfo().decodeFrom(d);
  }

  /** Takes over what is read. */
  decodeFrom(d: Decoder): this {
    const frame = d.start(3, 'nest_info_t');
    this.version = d.u64();
    this.rbytes = d.s64();
    this.rfiles = d.s64();
    this.rsubdirs = d.s64();
    d.skip(8);
    this.rsnaps = d.s64();
    this.rctime = UTime.decode(d);
    d.finish(frame, 'nest_info_t');
    return this;
  }

  toString(): string {
    if (this.version === 0 && this.rsize === 0 && this.rctime.isZero() && this.rbytes === 0) return 'n()';
    const rctime = this.rctime.isZero() ? '' : ` rc${this.rctime}`;
    const bytes = this.rbytes !== 0 ? ` b${this.rbytes}` : '';
    const snaps = this.rsnaps !== 0 ? ` rs${this.rsnaps}` : '';
    const counts = this.rfiles !== 0 || this.rsubdirs !== 0 ? ` ${this.rsize}=${this.rfiles}+${this.rsubdirs}` : '';
    return `n(v${this.version}${rctime}${bytes}${snaps}${counts})`;
  }
}
