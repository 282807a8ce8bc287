import type { ChooseArg } from './choose-args.js';
import type { CrushBucket } from './crush-bucket.js';
import { BUCKET_ALG } from './crush-bucket.js';
import { lnTable } from './crush-ln.js';
import { hash3, hash4 } from './rjenkins.js';

/** A random permutation of a bucket's items, made as far as it was asked for. */
interface Permutation {
  x: number;
  n: number;
  perm: Uint32Array;
}

/** What one placement remembers of the buckets it went through. */
export type Permutations = Map<CrushBucket, Permutation>;

/** In place of `n`: only the first was made, by the short way. */
const ONLY_FIRST = 0xffff;

export function permChoose(bucket: CrushBucket, work: Permutations, x: number, r: number): number {
  const { size, id } = bucket;
  const pr = (r >>> 0) % size;
  let p = work.get(bucket);
  if (!p) work.set(bucket, (p = { x: 0, n: 0, perm: new Uint32Array(size) }));
  const { perm } = p;
  if (p.x !== x || p.n === 0) {
    p.x = x;
    if (pr === 0) {
      const s = hash3(x, id, 0) % size;
      perm[0] = s;
      p.n = ONLY_FIRST;
      return bucket.items[s] as number;
    }
    for (let i = 0; i < size; i++) perm[i] = i;
    p.n = 0;
  } else if (p.n === ONLY_FIRST) {
    for (let i = 1; i < size; i++) perm[i] = i;
    perm[perm[0] as number] = 0;
    p.n = 1;
  }
  for (; p.n <= pr; p.n++) {
    const at = p.n;
    if (at >= size - 1) continue;
    const i = hash3(x, id, at) % (size - at);
    if (i === 0) continue;
    const t = perm[at + i] as number;
    perm[at + i] = perm[at] as number;
    perm[at] = t;
  }
  return bucket.items[perm[pr] as number] as number;
}

function listChoose(bucket: CrushBucket, x: number, r: number): number {
  const { items, itemWeights, sumWeights, id } = bucket;
  for (let i = items.length - 1; i >= 0; i--) {
    const w = hash4(x, items[i] as number, r, id) & 0xffff;
    if (Math.floor((w * (sumWeights[i] as number)) / 0x10000) < (itemWeights[i] as number)) return items[i] as number;
  }
  return items[0] as number;
}

/** Half the width of what is below a node of an implicit binary tree. */
function halfWidth(n: number): number {
  return (n & -n) >> 1;
}

function treeChoose(bucket: CrushBucket, x: number, r: number): number {
  const { nodeWeights } = bucket;
  let n = nodeWeights.length >> 1;
  while ((n & 1) === 0) {
    const w = nodeWeights[n] as number;
    // the high half of a product of 64 bits
    const hash = hash4(x, n, r, bucket.id);
    const t = Number((BigInt(hash) * BigInt(w)) >> 32n);
    const left = n - halfWidth(n);
    n = t < (nodeWeights[left] as number) ? left : n + halfWidth(n);
  }
  return bucket.items[n >> 1] as number;
}

function strawChoose(bucket: CrushBucket, x: number, r: number): number {
  const { items, straws } = bucket;
  let high = 0;
  let highDraw = 0;
  for (let i = 0; i < items.length; i++) {
    const draw = (hash3(x, items[i] as number, r) & 0xffff) * (straws[i] as number);
    if (i === 0 || draw > highDraw) {
      high = i;
      highDraw = draw;
    }
  }
  return items[high] as number;
}

/** Each item draws a straw of exponentially distributed length, scaled by its weight: a change of one weight moves only what it must. */
function straw2Choose(bucket: CrushBucket, x: number, r: number, arg: ChooseArg | undefined, position: number): number {
  const { items } = bucket;
  let weights = bucket.itemWeights;
  let ids = items;
  if (arg) {
    const { weightSets } = arg;
    if (weightSets.length > 0) weights = weightSets[Math.min(position, weightSets.length - 1)] as Uint32Array;
    if (arg.ids.length > 0) ids = arg.ids;
  }
  const ln = lnTable();
  let high = 0;
  let highDraw = 0;
  for (let i = 0; i < items.length; i++) {
    const weight = weights[i] as number;
    // exact: both are integers, and the quotient is below 2^48
    const draw = weight ? Math.trunc((ln[hash3(x, ids[i] as number, r) & 0xffff] as number) / weight) : -Infinity;
    if (i === 0 || draw > highDraw) {
      high = i;
      highDraw = draw;
    }
  }
  return items[high] as number;
}

/** The item a bucket gives for input `x` and try `r`. @see crush_bucket_choose in src/crush/mapper.c (16.2.15) */
export function bucketChoose(
  bucket: CrushBucket,
  work: Permutations,
  x: number,
  r: number,
  arg: ChooseArg | undefined,
  position: number,
): number {
  switch (bucket.alg) {
    case BUCKET_ALG.straw2:
      return straw2Choose(bucket, x, r, arg, position);
    case BUCKET_ALG.uniform:
      return permChoose(bucket, work, x, r);
    case BUCKET_ALG.list:
      return listChoose(bucket, x, r);
    case BUCKET_ALG.tree:
      return treeChoose(bucket, x, r);
    case BUCKET_ALG.straw:
      return strawChoose(bucket, x, r);
    default:
      return bucket.items[0] as number;
  }
}
