import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * object_locator_t: where an object lives, beside its name (object_t, which is a plain string).
 * @see src/osd/osd_types.{h,cc} (16.2.15)
 */
export class RawObjectLocator {
  /** −1 for none. */
  pool: number;
  /** Hashed in place of the object's name where it is not empty. */
  key: string;
  nspace: string;
  /** The hash itself where it is not −1. */
  hash: number;

  constructor(pool = -1, nspace = '', key = '', hash = -1) {
    this.pool = pool;
    this.nspace = nspace;
    this.key = key;
    this.hash = hash;
  }

  encode(e: Encoder): void {
    const mark = e.start(6, this.hash === -1 ? 3 : 6);
    e.s64(this.pool).s32(-1).string(this.key).string(this.nspace).s64(this.hash);
    e.finish(mark);
  }

  static decode(d: Decoder): RawObjectLocator {
    return d.struct(
      6,
      (d, version) => {
        if (version < 2) throw d.error(`object_locator_t version ${version} is older than any supported release`);
        const pool = d.s64();
        d.skip(4);
        const key = d.string();
        const nspace = version >= 5 ? d.string() : '';
        return new RawObjectLocator(pool, nspace, key, version >= 6 ? d.s64() : -1);
      },
      'object_locator_t',
    );
  }
}
