import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * client_writeable_range_t: bytes of a file that a client may write, `[first, last)`. An unchanging value.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class ClientWriteableRange {
  readonly first: number;
  readonly last: number;
  /** Snapshot up to which data and metadata were flushed. */
  readonly follows: bigint;

  constructor(first = 0, last = 0, follows = 0n) {
    this.first = first;
    this.last = last;
    this.follows = follows;
  }

  equals(other: ClientWriteableRange): boolean {
    return this.first === other.first && this.last === other.last && this.follows === other.follows;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u64(this.first).u64(this.last).u64big(this.follows);
    e.finish(mark);
  }

  static decode(d: Decoder): ClientWriteableRange {
    const frame = d.start(2, 'client_writeable_range_t');
    const first = d.u64();
    const last = d.u64();
    const follows = d.u64big();
    d.finish(frame, 'client_writeable_range_t');
    return new ClientWriteableRange(first, last, follows);
  }

  toString(): string {
    return `${this.first}-${this.last}@${this.follows}`;
  }
}
