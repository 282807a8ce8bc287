import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime } from '@cephts/encoding';

/**
 * frag_info_t: what lies directly in a directory or a fragment of it.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class FragInfo {
  version = 0;
  mtime = UTime.ZERO;
  changeAttr = 0;
  nfiles = 0;
  nsubdirs = 0;

  /** Entries, folders and others. */
  get size(): number {
    return this.nfiles + this.nsubdirs;
  }

  zero(): void {
    this.version = 0;
    this.mtime = UTime.ZERO;
    this.changeAttr = 0;
    this.nfiles = 0;
    this.nsubdirs = 0;
  }

  assign(other: FragInfo): this {
    this.version = other.version;
    this.mtime = other.mtime;
    this.changeAttr = other.changeAttr;
    this.nfiles = other.nfiles;
    this.nsubdirs = other.nsubdirs;
    return this;
  }

  clone(): FragInfo {
    return new FragInfo().assign(this);
  }

  /** Adds the difference of `current` to what was `accounted` for. @returns whether mtime and changeAttr moved */
  addDelta(current: FragInfo, accounted: FragInfo): { touchedMtime: boolean; touchedChattr: boolean } {
    const touchedMtime = current.mtime.compare(this.mtime) > 0;
    const touchedChattr = current.changeAttr > this.changeAttr;
    if (touchedMtime) this.mtime = current.mtime;
    if (touchedChattr) this.changeAttr = current.changeAttr;
    this.nfiles += current.nfiles - accounted.nfiles;
    this.nsubdirs += current.nsubdirs - accounted.nsubdirs;
    return { touchedMtime, touchedChattr };
  }

  add(other: FragInfo): void {
    if (other.mtime.compare(this.mtime) > 0) this.mtime = other.mtime;
    if (other.changeAttr > this.changeAttr) this.changeAttr = other.changeAttr;
    this.nfiles += other.nfiles;
    this.nsubdirs += other.nsubdirs;
  }

  /** The same counts, and not newer than `other`. */
  sameSums(other: FragInfo): boolean {
    return this.mtime.compare(other.mtime) <= 0 && this.nfiles === other.nfiles && this.nsubdirs === other.nsubdirs;
  }

  equals(other: FragInfo): boolean {
    return (
      this.version === other.version &&
      this.changeAttr === other.changeAttr &&
      this.nfiles === other.nfiles &&
      this.nsubdirs === other.nsubdirs &&
      this.mtime.equals(other.mtime)
    );
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    e.u64(this.version);
    this.mtime.encode(e);
    e.s64(this.nfiles).s64(this.nsubdirs).u64(this.changeAttr);
    e.finish(mark);
  }

  static decode(d: Decoder): FragInfo {
    return new FragInfo().decodeFrom(d);
  }

  /** Takes over what is read. */
  decodeFrom(d: Decoder): this {
    const frame = d.start(3, 'frag_info_t');
    this.version = d.u64();
    this.mtime = UTime.decode(d);
    this.nfiles = d.s64();
    this.nsubdirs = d.s64();
    this.changeAttr = frame.version >= 3 ? d.u64() : 0;
    d.finish(frame, 'frag_info_t');
    return this;
  }

  toString(): string {
    if (this.version === 0 && this.size === 0 && this.mtime.isZero()) return 'f()';
    const mtime = this.mtime.isZero() ? '' : ` m${this.mtime}`;
    const counts = this.nfiles !== 0 || this.nsubdirs !== 0 ? ` ${this.size}=${this.nfiles}+${this.nsubdirs}` : '';
    return `f(v${this.version}${mtime}${counts})`;
  }
}
