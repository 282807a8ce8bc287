import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * eversion_t: a version of an object, by the epoch of the map it was written in.
 * @see src/osd/osd_types.h (16.2.15)
 */
export class EVersion {
  readonly version: number;
  readonly epoch: number;

  constructor(version = 0, epoch = 0) {
    this.version = version;
    this.epoch = epoch;
  }

  compare(other: EVersion): number {
    return this.epoch - other.epoch || this.version - other.version;
  }

  encode(e: Encoder): void {
    e.u64(this.version).u32(this.epoch);
  }

  static decode(d: Decoder): EVersion {
    const version = d.u64();
    return new EVersion(version, d.u32());
  }

  toString(): string {
    return `${this.epoch}'${this.version}`;
  }
}
