import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_INLINE_NONE } from './ceph-fs.js';

/**
 * inline_data_t: the bytes of a small file, kept in its inode. An unchanging value.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class InlineData {
  /** A file that has none, and will not have any. */
  static readonly NONE = new InlineData(CEPH_INLINE_NONE);
  /** What an inode starts with. */
  static readonly EMPTY = new InlineData(1n);

  readonly version: bigint;
  readonly data: Uint8Array;

  constructor(version: bigint, data: Uint8Array = new Uint8Array(0)) {
    this.version = version;
    this.data = data;
  }

  encode(e: Encoder): void {
    e.u64big(this.version).blob(this.data);
  }

  static decode(d: Decoder): InlineData {
    const version = d.u64big();
    const data = d.blob();
    if (data.length > 0) return new InlineData(version, data.slice());
    return version === CEPH_INLINE_NONE ? InlineData.NONE : version === 1n ? InlineData.EMPTY : new InlineData(version);
  }
}
