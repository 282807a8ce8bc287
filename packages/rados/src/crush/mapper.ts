import { bucketChoose, permChoose } from './bucket-choose.js';
import type { Permutations } from './bucket-choose.js';
import type { ChooseArgs } from './choose-args.js';
import { BUCKET_ALG } from './crush-bucket.js';
import type { CrushBucket } from './crush-bucket.js';
import type { CrushMap } from './crush-map.js';
import { RULE_OP } from './crush-rule.js';
import { hash2 } from './rjenkins.js';

/** In a result: nothing was found for this place. */
export const CRUSH_ITEM_NONE = 0x7fffffff;
const CRUSH_ITEM_UNDEF = 0x7ffffffe;

/** In weights of devices: in. */
const FULLY_IN = 0x10000;

/**
 * One run of a rule. Scratch lists are as long as the result may be.
 *
 * @see src/crush/mapper.c (16.2.15)
 */
class Mapper {
  readonly #map: CrushMap;
  readonly #x: number;
  /** How much each device is in, in 1/65536. */
  readonly #weights: ArrayLike<number>;
  readonly #args: ChooseArgs | undefined;
  readonly #work: Permutations = new Map();
  #tries: number;
  #leafTries = 0;
  #localRetries: number;
  #localFallbackRetries: number;
  #varyR: number;
  #stable: number;

  constructor(map: CrushMap, x: number, weights: ArrayLike<number>, args: ChooseArgs | undefined) {
    this.#map = map;
    this.#x = x;
    this.#weights = weights;
    this.#args = args;
    const { tunables } = map;
    // the tunable counts retries, all else counts tries
    this.#tries = tunables.chooseTotalTries + 1;
    this.#localRetries = tunables.chooseLocalTries;
    this.#localFallbackRetries = tunables.chooseLocalFallbackTries;
    this.#varyR = tunables.chooseleafVaryR;
    this.#stable = tunables.chooseleafStable;
  }

  run(ruleno: number, resultMax: number): number[] {
    const rule = this.#map.rules[ruleno];
    const result: number[] = [];
    if (!rule) return result;
    let w: number[] = [];
    for (const { op, arg1, arg2 } of rule.steps) {
      switch (op) {
        case RULE_OP.take:
          if ((arg1 >= 0 && arg1 < this.#map.maxDevices) || this.#bucket(arg1)) w = [arg1];
          break;
        case RULE_OP.setChooseTries:
          if (arg1 > 0) this.#tries = arg1;
          break;
        case RULE_OP.setChooseleafTries:
          if (arg1 > 0) this.#leafTries = arg1;
          break;
        case RULE_OP.setChooseLocalTries:
          if (arg1 >= 0) this.#localRetries = arg1;
          break;
        case RULE_OP.setChooseLocalFallbackTries:
          if (arg1 >= 0) this.#localFallbackRetries = arg1;
          break;
        case RULE_OP.setChooseleafVaryR:
          if (arg1 >= 0) this.#varyR = arg1;
          break;
        case RULE_OP.setChooseleafStable:
          if (arg1 >= 0) this.#stable = arg1;
          break;
        case RULE_OP.chooseFirstn:
        case RULE_OP.chooseleafFirstn:
        case RULE_OP.chooseIndep:
        case RULE_OP.chooseleafIndep:
          if (w.length > 0) w = this.#choose(op, w, arg1, arg2, resultMax);
          break;
        case RULE_OP.emit:
          for (const item of w) if (result.length < resultMax) result.push(item);
          w = [];
          break;
        default:
          break;
      }
    }
    return result;
  }

  #bucket(id: number): CrushBucket | undefined {
    return id < 0 ? this.#map.buckets[-1 - id] : undefined;
  }

  #choose(op: number, from: readonly number[], count: number, type: number, resultMax: number): number[] {
    const firstn = op === RULE_OP.chooseFirstn || op === RULE_OP.chooseleafFirstn;
    const toLeaf = op === RULE_OP.chooseleafFirstn || op === RULE_OP.chooseleafIndep;
    const all: number[] = [];
    for (const id of from) {
      const numrep = count > 0 ? count : count + resultMax;
      if (numrep <= 0) continue;
      const bucket = this.#bucket(id);
      if (!bucket) continue;
      const room = resultMax - all.length;
      const out: number[] = [];
      const leaves: number[] | undefined = toLeaf ? [] : undefined;
      if (firstn) {
        const leafTries = this.#leafTries || (this.#map.tunables.chooseleafDescendOnce ? 1 : this.#tries);
        this.#firstn(bucket, numrep, type, out, 0, room, this.#tries, leafTries, this.#localRetries, leaves, 0);
      } else {
        const size = Math.min(numrep, room);
        this.#indep(bucket, size, numrep, type, out, 0, this.#tries, this.#leafTries || 1, leaves, 0);
      }
      all.push(...(leaves ? leaves.slice(0, out.length) : out));
    }
    return all;
  }

  #isOut(item: number): boolean {
    if (item >= this.#weights.length) return true;
    const weight = this.#weights[item] as number;
    if (weight >= FULLY_IN) return false;
    if (weight === 0) return true;
    return (hash2(this.#x, item) & 0xffff) >= weight;
  }

  /** Chooses distinct items of a type, the first that will do; later ones move up where one cannot be found. @returns how many there are */
  #firstn(
    bucket: CrushBucket,
    numrep: number,
    type: number,
    out: number[],
    begin: number,
    room: number,
    tries: number,
    leafTries: number,
    localRetries: number,
    leaves: number[] | undefined,
    parentR: number,
  ): number {
    const map = this.#map;
    let outpos = begin;
    let count = room;
    for (let rep = this.#stable ? 0 : outpos; rep < numrep && count > 0; rep++) {
      let item = 0;
      let ftotal = 0;
      let skip = false;
      let descend = true;
      while (descend) {
        descend = false;
        let inner = bucket;
        let flocal = 0;
        let again = true;
        while (again) {
          again = false;
          let collide = false;
          let reject = false;
          if (inner.size === 0) reject = true;
          else {
            const r = rep + parentR + ftotal;
            const arg = this.#args?.get(-1 - inner.id);
            item =
              this.#localFallbackRetries > 0 && flocal >= inner.size >> 1 && flocal > this.#localFallbackRetries
                ? permChoose(inner, this.#work, this.#x, r)
                : bucketChoose(inner, this.#work, this.#x, r, arg, outpos);
            if (item >= map.maxDevices) {
              skip = true;
              break;
            }
            const below = this.#bucket(item);
            const itemType = item < 0 ? (below?.type ?? 0) : 0;
            if (itemType !== type) {
              if (!below) {
                skip = true;
                break;
              }
              inner = below;
              again = true;
              continue;
            }
            for (let i = 0; i < outpos; i++) if (out[i] === item) collide = true;
            if (!collide && leaves) {
              if (below) {
                const subR = this.#varyR ? r >> (this.#varyR - 1) : 0;
                const reps = this.#stable ? 1 : outpos + 1;
                if (
                  this.#firstn(below, reps, 0, leaves, outpos, count, leafTries, 0, this.#localRetries, undefined, subR) <= outpos
                )
                  reject = true;
              } else leaves[outpos] = item;
            }
            if (!reject && !collide && itemType === 0) reject = this.#isOut(item);
          }
          if (reject || collide) {
            ftotal++;
            flocal++;
            if (collide && flocal <= localRetries) again = true;
            else if (this.#localFallbackRetries > 0 && flocal <= inner.size + this.#localFallbackRetries) again = true;
            else if (ftotal < tries) descend = true;
            else skip = true;
          }
        }
      }
      if (skip) continue;
      out[outpos++] = item;
      count--;
    }
    return outpos;
  }

  /** Chooses an item for each place on its own: where one cannot be found its place stays empty and the others stay where they are. */
  #indep(
    bucket: CrushBucket,
    size: number,
    numrep: number,
    type: number,
    out: number[],
    outpos: number,
    tries: number,
    leafTries: number,
    leaves: number[] | undefined,
    parentR: number,
  ): void {
    const end = outpos + size;
    let left = size;
    for (let rep = outpos; rep < end; rep++) {
      out[rep] = CRUSH_ITEM_UNDEF;
      if (leaves) leaves[rep] = CRUSH_ITEM_UNDEF;
    }
    for (let ftotal = 0; left > 0 && ftotal < tries; ftotal++) {
      for (let rep = outpos; rep < end; rep++) {
        if (out[rep] !== CRUSH_ITEM_UNDEF) continue;
        const item = this.#indepOne(bucket, rep, numrep, ftotal, type, out, outpos, end, leafTries, leaves, parentR);
        if (item === CRUSH_ITEM_UNDEF) continue;
        out[rep] = item;
        if (item === CRUSH_ITEM_NONE && leaves) leaves[rep] = CRUSH_ITEM_NONE;
        left--;
      }
    }
    for (let rep = outpos; rep < end; rep++) {
      if (out[rep] === CRUSH_ITEM_UNDEF) out[rep] = CRUSH_ITEM_NONE;
      if (leaves && leaves[rep] === CRUSH_ITEM_UNDEF) leaves[rep] = CRUSH_ITEM_NONE;
    }
  }

  /** One try for one place. @returns the item, NONE where none ever will do, UNDEF to try again */
  #indepOne(
    bucket: CrushBucket,
    rep: number,
    numrep: number,
    ftotal: number,
    type: number,
    out: number[],
    outpos: number,
    end: number,
    leafTries: number,
    leaves: number[] | undefined,
    parentR: number,
  ): number {
    let inner = bucket;
    for (;;) {
      if (inner.size === 0) return CRUSH_ITEM_UNDEF;
      // a uniform bucket whose size is a multiple would give the same items again
      const step = inner.alg === BUCKET_ALG.uniform && inner.size % numrep === 0 ? numrep + 1 : numrep;
      const r = rep + parentR + step * ftotal;
      const item = bucketChoose(inner, this.#work, this.#x, r, this.#args?.get(-1 - inner.id), outpos);
      if (item >= this.#map.maxDevices) return CRUSH_ITEM_NONE;
      const below = this.#bucket(item);
      const itemType = item < 0 ? (below?.type ?? 0) : 0;
      if (itemType !== type) {
        if (!below) return CRUSH_ITEM_NONE;
        inner = below;
        continue;
      }
      for (let i = outpos; i < end; i++) if (out[i] === item) return CRUSH_ITEM_UNDEF;
      if (leaves) {
        if (below) {
          this.#indep(below, 1, numrep, 0, leaves, rep, leafTries, 0, undefined, r);
          if (leaves[rep] === CRUSH_ITEM_NONE) return CRUSH_ITEM_UNDEF;
        } else leaves[rep] = item;
      }
      if (itemType === 0 && this.#isOut(item)) return CRUSH_ITEM_UNDEF;
      return item;
    }
  }
}

/**
 * The devices that a rule gives for input `x`.
 *
 * @param resultMax length of the result at the most
 * @param weights how much each device is in, in 1/65536; a device beyond the list is out
 * @see crush_do_rule in src/crush/mapper.c (16.2.15)
 */
export function doRule(
  map: CrushMap,
  ruleno: number,
  x: number,
  resultMax: number,
  weights: ArrayLike<number>,
  args?: ChooseArgs,
): number[] {
  // a signed integer in the hashes, as C has it
  return new Mapper(map, x | 0, weights, args).run(ruleno, resultMax);
}
