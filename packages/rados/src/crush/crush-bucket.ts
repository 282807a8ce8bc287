import type { Decoder, Encoder } from '@cephts/encoding';

/** How a bucket chooses among its items. */
export const BUCKET_ALG = { uniform: 1, list: 2, tree: 3, straw: 4, straw2: 5 } as const;

const ALG_NAMES = ['', 'uniform', 'list', 'tree', 'straw', 'straw2'];

/** `'straw2'` for 5. */
export function bucketAlgName(alg: number): string {
  return ALG_NAMES[alg] ?? 'unknown';
}

const NO_NUMBERS = new Uint32Array(0);

/**
 * A node of the CRUSH hierarchy: hosts, racks and so on hold devices (0 and above) or other buckets (below 0). Weights are in 1/65536.
 *
 * @see struct crush_bucket in src/crush/crush.h (16.2.15)
 */
export class CrushBucket {
  /** Below 0. */
  id = -1;
  type = 0;
  alg = 0;
  hash = 0;
  weight = 0;
  items: Int32Array = new Int32Array(0);
  /** One for each item; for uniform a single one. */
  itemWeights: Uint32Array = NO_NUMBERS;
  /** list: the sum of this item's weight and of those before it. */
  sumWeights: Uint32Array = NO_NUMBERS;
  /** tree: the weight below each node. */
  nodeWeights: Uint32Array = NO_NUMBERS;
  /** straw: the length of each straw. */
  straws: Uint32Array = NO_NUMBERS;

  get size(): number {
    return this.items.length;
  }

  /** Weight of the item at a place. */
  itemWeight(i: number): number {
    if (this.alg === BUCKET_ALG.uniform) return this.itemWeights[0] ?? 0;
    if (this.alg === BUCKET_ALG.tree) return this.nodeWeights[2 * i + 1] ?? 0;
    return this.itemWeights[i] ?? 0;
  }

  encode(e: Encoder): void {
    e.s32(this.id).u16(this.type).u8(this.alg).u8(this.hash).u32(this.weight).u32(this.items.length);
    for (const item of this.items) e.s32(item);
    const { itemWeights: weights } = this;
    const second = this.alg === BUCKET_ALG.list ? this.sumWeights : this.straws;
    switch (this.alg) {
      case BUCKET_ALG.uniform:
        e.u32(weights[0] ?? 0);
        break;
      case BUCKET_ALG.tree:
        e.u8(this.nodeWeights.length);
        for (const weight of this.nodeWeights) e.u32(weight);
        break;
      case BUCKET_ALG.straw2:
        for (const weight of weights) e.u32(weight);
        break;
      default:
        weights.forEach((weight, i) => e.u32(weight).u32(second[i] as number));
    }
  }

  static decode(d: Decoder): CrushBucket {
    const bucket = new CrushBucket();
    bucket.id = d.s32();
    if (bucket.id >= 0) throw d.error(`bucket id ${bucket.id}, expected one below 0`);
    bucket.type = d.u16();
    const at = d.offset;
    bucket.alg = d.u8();
    bucket.hash = d.u8();
    bucket.weight = d.u32();
    const size = d.count(4);
    bucket.items = Int32Array.from({ length: size }, () => d.s32());
    switch (bucket.alg) {
      case BUCKET_ALG.uniform:
        bucket.itemWeights = Uint32Array.of(d.u32());
        break;
      case BUCKET_ALG.tree:
        bucket.nodeWeights = Uint32Array.from({ length: d.u8() }, () => d.u32());
        break;
      case BUCKET_ALG.straw2:
        bucket.itemWeights = Uint32Array.from({ length: size }, () => d.u32());
        break;
      case BUCKET_ALG.list:
      case BUCKET_ALG.straw: {
        const weights = new Uint32Array(size);
        const second = new Uint32Array(size);
        for (let i = 0; i < size; i++) {
          weights[i] = d.u32();
          second[i] = d.u32();
        }
        bucket.itemWeights = weights;
        if (bucket.alg === BUCKET_ALG.list) bucket.sumWeights = second;
        else bucket.straws = second;
        break;
      }
      default:
        throw d.error(`bucket algorithm ${bucket.alg}`, at);
    }
    return bucket;
  }
}
