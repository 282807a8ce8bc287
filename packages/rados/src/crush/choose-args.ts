import type { Decoder, Encoder } from '@cephts/encoding';

/** Other weights or ids than the bucket's own, for one set of pools. */
export interface ChooseArg {
  /** One set of weights for each place in the result; the last one serves the places beyond. */
  weightSets: Uint32Array[];
  ids: Int32Array;
}

/** By bucket index (−1 − id). */
export type ChooseArgs = Map<number, ChooseArg>;

/** The choose_args that serve pools without their own. */
export const DEFAULT_CHOOSE_ARGS = -1;

export function encodeChooseArgs(e: Encoder, args: ChooseArgs): void {
  e.u32(args.size);
  for (const [index, { weightSets, ids }] of [...args].sort(([a], [b]) => a - b)) {
    e.u32(index).u32(weightSets.length);
    for (const weights of weightSets) {
      e.u32(weights.length);
      for (const weight of weights) e.u32(weight);
    }
    e.u32(ids.length);
    for (const id of ids) e.s32(id);
  }
}

export function decodeChooseArgs(d: Decoder): ChooseArgs {
  const args: ChooseArgs = new Map();
  for (let left = d.count(12); left > 0; left--) {
    const index = d.u32();
    const weightSets: Uint32Array[] = [];
    for (let sets = d.count(4); sets > 0; sets--) weightSets.push(Uint32Array.from({ length: d.count(4) }, () => d.u32()));
    args.set(index, { weightSets, ids: Int32Array.from({ length: d.count(4) }, () => d.s32()) });
  }
  return args;
}
