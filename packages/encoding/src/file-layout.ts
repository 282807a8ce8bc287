import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { CEPH_FEATURE, CEPH_FEATURES_ALL } from './features.js';

const MIN_STRIPE_UNIT = 65536;

/**
 * file_layout_t: how a file is cut into objects. An unchanging value.
 * @see src/include/fs_types.h, src/common/fs_types.cc (16.2.15)
 */
export class FileLayout {
  /** No layout: every field 0, pool −1. */
  static readonly NONE: FileLayout = new FileLayout();

  /** Nearly all files of a file system have the same layout: one value serves them all. */
  static #lastRead = FileLayout.NONE;

  /** Bytes in a row on one object. */
  readonly stripeUnit: number;
  /** Objects a stripe goes over. */
  readonly stripeCount: number;
  /** Bytes of an object, a multiple of the stripe unit. */
  readonly objectSize: number;
  /** −1 for none. */
  readonly poolId: number;
  readonly poolNs: string;

  constructor(stripeUnit = 0, stripeCount = 0, objectSize = 0, poolId = -1, poolNs = '') {
    this.stripeUnit = stripeUnit;
    this.stripeCount = stripeCount;
    this.objectSize = objectSize;
    this.poolId = poolId;
    this.poolNs = poolNs;
  }

  /** What a new file gets: one object of 4 MiB after the other. */
  static default(poolId: number): FileLayout {
    return new FileLayout(1 << 22, 1, 1 << 22, poolId);
  }

  /** Bytes of a whole set of objects. */
  get period(): number {
    return this.stripeCount * this.objectSize;
  }

  isNone(): boolean {
    return this.equals(FileLayout.NONE);
  }

  isValid(): boolean {
    if (this.stripeUnit === 0 || this.stripeUnit % MIN_STRIPE_UNIT !== 0) return false;
    if (this.objectSize === 0 || this.objectSize % MIN_STRIPE_UNIT !== 0) return false;
    if (this.objectSize < this.stripeUnit || this.objectSize % this.stripeUnit !== 0) return false;
    return this.stripeCount !== 0;
  }

  equals(other: FileLayout): boolean {
    return (
      this.stripeUnit === other.stripeUnit &&
      this.stripeCount === other.stripeCount &&
      this.objectSize === other.objectSize &&
      this.poolId === other.poolId &&
      this.poolNs === other.poolNs
    );
  }

  /** @param features of whom it is for; without FS_FILE_LAYOUT_V2 the old 28-byte form is written */
  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    if ((features & CEPH_FEATURE.FS_FILE_LAYOUT_V2) === 0n) {
      this.encodeLegacy(e);
      return;
    }
    const mark = e.start(2, 2);
    e.u32(this.stripeUnit).u32(this.stripeCount).u32(this.objectSize).s64(this.poolId).string(this.poolNs);
    e.finish(mark);
  }

  /** ceph_file_layout: seven u32, no namespace. */
  encodeLegacy(e: Encoder): void {
    e.u32(this.stripeUnit).u32(this.stripeCount).u32(this.objectSize).u32(0).u32(0).u32(0);
    e.u32(Math.max(0, this.poolId));
  }

  static decode(d: Decoder): FileLayout {
    // The stripe unit of the old form is a multiple of 256, so its first byte is 0; the new form begins with its version.
    if (d.peekU8() === 0) return FileLayout.decodeLegacy(d);
    const frame = d.start(2, 'file_layout_t');
    const stripeUnit = d.u32();
    const stripeCount = d.u32();
    const objectSize = d.u32();
    const poolId = d.s64();
    const poolNs = d.string();
    d.finish(frame, 'file_layout_t');
    if (objectSize === 0 && stripeUnit === 0 && stripeCount === 0 && poolId === -1 && poolNs === '') return FileLayout.NONE;
    const last = FileLayout.#lastRead;
    if (
      last.stripeUnit === stripeUnit &&
      last.stripeCount === stripeCount &&
      last.objectSize === objectSize &&
      last.poolId === poolId &&
      last.poolNs === poolNs
    ) {
      return last;
    }
    return (FileLayout.#lastRead = new FileLayout(stripeUnit, stripeCount, objectSize, poolId, poolNs));
  }

  static decodeLegacy(d: Decoder): FileLayout {
    const stripeUnit = d.u32();
    const stripeCount = d.u32();
    const objectSize = d.u32();
    d.skip(12);
    const poolId = d.s32();
    // All zeros was "no layout" in the old form.
    if (poolId === 0 && stripeUnit === 0 && stripeCount === 0 && objectSize === 0) return FileLayout.NONE;
    return new FileLayout(stripeUnit, stripeCount, objectSize, poolId);
  }

  toString(): string {
    const { stripeUnit, stripeCount, objectSize, poolId, poolNs } = this;
    return `{"stripe_unit":${stripeUnit},"stripe_count":${stripeCount},"object_size":${objectSize},"pool_id":${poolId},"pool_ns":"${poolNs}"}`;
  }
}
