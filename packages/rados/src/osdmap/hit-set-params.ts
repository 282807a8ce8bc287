import type { Decoder, Encoder } from '@cephts/encoding';

const BLOOM = 3;
const TYPE_NAMES = ['none', 'explicit_hash', 'explicit_object', 'bloom'];

/** How a cache pool remembers what was used. @see class HitSet::Params in src/osd/HitSet.h (16.2.15) */
export class HitSetParams {
  type = 0;
  /** For bloom: false positives per million, how many to expect, seed. */
  fppMicro = 0;
  targetSize = 0;
  seed = 0;

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u8(this.type);
    if (this.type !== 0) {
      e.struct(1, 1, (e) => {
        if (this.type === BLOOM) e.u32(this.fppMicro).u64(this.targetSize).u64(this.seed);
      });
    }
    e.finish(mark);
  }

  static decode(d: Decoder): HitSetParams {
    return d.struct(
      1,
      (d) => {
        const params = new HitSetParams();
        params.type = d.u8();
        if (params.type === 0) return params;
        d.struct(1, (d) => {
          if (params.type !== BLOOM) return;
          params.fppMicro = d.u32();
          params.targetSize = d.u64();
          params.seed = d.u64();
        });
        return params;
      },
      'HitSet::Params',
    );
  }

  toJSON(): Record<string, unknown> {
    const type = TYPE_NAMES[this.type] ?? '???';
    if (this.type !== BLOOM) return { type };
    return { type, false_positive_probability: this.fppMicro / 1e6, target_size: this.targetSize, seed: this.seed };
  }
}
