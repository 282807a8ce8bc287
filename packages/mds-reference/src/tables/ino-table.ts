import { IntervalSet } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import type { MDSRank } from '../rank/mds-rank.js';
import { MDSTable } from './mds-table.js';

/** Each rank has so many numbers of its own. */
const INOS_PER_RANK = 2 ** 40;
const INOS_PASSED_OVER_BY_RESET = 10_000_000;

/**
 * The inode numbers a rank may still give out. A number is taken from `projectedFree` when its allocation is journaled and from `free` when
 * that is safe.
 *
 * @see src/mds/InoTable.{h,cc} (16.2.15)
 */
export class InoTable extends MDSTable {
  readonly free = new IntervalSet();
  readonly projectedFree = new IntervalSet();

  constructor(mds: MDSRank) {
    super(mds, 'inotable', true);
  }

  protected resetState(): void {
    this.free.clear();
    this.free.insert((this.rank + 1) * INOS_PER_RANK, INOS_PER_RANK);
    this.projectedFree.assign(this.free);
  }

  protected encodeState(e: Encoder): void {
    const mark = e.start(2, 2);
    this.free.encode(e);
    e.finish(mark);
  }

  protected decodeState(d: Decoder): void {
    const frame = d.start(2, 'InoTable');
    this.free.assign(IntervalSet.decode(d));
    d.finish(frame, 'InoTable');
    this.projectedFree.assign(this.free);
  }

  // ---- one number

  /**
   * Takes a number.
   * @param ino a certain one. @defaultValue the lowest
   * @throws RangeError where the certain one, or any, is not free
   */
  projectAllocId(ino = 0): number {
    const taken = ino || this.projectedFree.rangeStart;
    this.projectedFree.erase(taken);
    this.projectedVersion++;
    return taken;
  }

  applyAllocId(ino: number): void {
    this.free.erase(ino);
    this.version++;
  }

  /** The number that was just projected is in use already: it is gone for good, without a version, since no entry of the journal tells of it. */
  passOver(ino: number): void {
    this.free.erase(ino);
    this.projectedVersion--;
  }

  // ---- many numbers

  /** Takes up to `max` numbers, the lowest, and adds them to `ids`. */
  projectAllocIds(ids: IntervalSet, max: number): void {
    for (let left = max; left > 0 && !this.projectedFree.isEmpty();) {
      const start = this.projectedFree.rangeStart;
      let length = left;
      while (!this.projectedFree.contains(start, length)) length = Math.floor(length / 2);
      this.projectedFree.erase(start, length);
      ids.insert(start, length);
      left -= length;
    }
    this.projectedVersion++;
  }

  applyAllocIds(ids: IntervalSet): void {
    this.free.subtract(ids);
    this.version++;
  }

  projectReleaseIds(ids: IntervalSet): void {
    this.projectedFree.insertSet(ids);
    this.projectedVersion++;
  }

  applyReleaseIds(ids: IntervalSet): void {
    this.free.insertSet(ids);
    this.version++;
  }

  // ---- replay

  replayAllocId(ino: number): void {
    const one = IntervalSet.of([ino, 1]);
    this.replayAllocIds(one);
  }

  /** Numbers that are not free are skipped, with a line to the cluster's log. */
  replayAllocIds(ids: IntervalSet): void {
    const known = this.free.intersection(ids);
    if (!known.equals(ids)) this.mds.clog('error', `journal replay alloc ${ids}, only ${known} is in free ${this.free}`);
    this.free.subtract(known);
    this.projectedFree.assign(this.free);
    this.projectedVersion = ++this.version;
  }

  replayReleaseIds(ids: IntervalSet): void {
    this.free.unionSet(ids);
    this.projectedFree.assign(this.free);
    this.projectedVersion = ++this.version;
  }

  /** The journal was thrown away, with the numbers that it told of and the table does not know yet: so many are passed over, in the hope of all. */
  replayReset(): void {
    this.skipInos(INOS_PASSED_OVER_BY_RESET);
    this.projectedFree.assign(this.free);
    this.projectedVersion = ++this.version;
  }

  forceReplayVersion(version: number): void {
    this.version = this.projectedVersion = version;
  }

  // ---- questions

  /** Is any of these numbers free, although a session holds it? */
  intersectsFree(ids: IntervalSet): boolean {
    for (const [start, length] of ids) if (this.free.intersects(start, length)) return true;
    return false;
  }

  isMarkedFree(ino: number): boolean {
    return this.free.contains(ino) || this.projectedFree.contains(ino);
  }

  /** Takes out for good what is free of the `count` numbers from the lowest free one on (`mds_skip_ino`). */
  skipInos(count: number): void {
    if (this.free.isEmpty()) return;
    this.free.subtract(this.free.intersection(IntervalSet.of([this.free.rangeStart, count])));
    this.projectedFree.assign(this.free);
    this.projectedVersion = ++this.version;
  }

  dump(): Record<string, unknown> {
    return {
      inotable: {
        projected_free: [...this.projectedFree].map(([start, len]) => ({ start, len })),
        free: [...this.free].map(([start, len]) => ({ start, len })),
      },
    };
  }
}
