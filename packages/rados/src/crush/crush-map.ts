import { Decoder } from '@cephts/encoding';
import type { Encoder } from '@cephts/encoding';
import { decodeChooseArgs, DEFAULT_CHOOSE_ARGS, encodeChooseArgs } from './choose-args.js';
import type { ChooseArgs } from './choose-args.js';
import { CrushBucket } from './crush-bucket.js';
import { CrushRule } from './crush-rule.js';
import { doRule } from './mapper.js';

const CRUSH_MAGIC = 0x00010000;

/** How hard placement tries; the defaults are those of a map that does not say. */
export interface CrushTunables {
  chooseLocalTries: number;
  chooseLocalFallbackTries: number;
  chooseTotalTries: number;
  chooseleafDescendOnce: number;
  chooseleafVaryR: number;
  chooseleafStable: number;
  strawCalcVersion: number;
  /** A bit for each algorithm. */
  allowedBucketAlgs: number;
}

const LEGACY: CrushTunables = {
  chooseLocalTries: 2,
  chooseLocalFallbackTries: 5,
  chooseTotalTries: 19,
  chooseleafDescendOnce: 0,
  chooseleafVaryR: 0,
  chooseleafStable: 0,
  strawCalcVersion: 0,
  allowedBucketAlgs: 22,
};

function sorted<V>(map: ReadonlyMap<number, V>): Map<number, V> {
  return new Map([...map].sort(([a], [b]) => a - b));
}

/** Names by number, where very old maps had 64-bit numbers. */
function decodeNames(d: Decoder): Map<number, string> {
  const names = new Map<number, string>();
  for (let left = d.count(8); left > 0; left--) {
    const key = d.s32();
    let length = d.u32();
    // that was the upper half of the number
    if (length === 0) length = d.u32();
    names.set(key, new TextDecoder().decode(d.raw(length)));
  }
  return names;
}

function encodeNames(e: Encoder, names: ReadonlyMap<number, string>): void {
  e.map(
    sorted(names),
    (e, key) => e.s32(key),
    (e, name) => e.string(name),
  );
}

/**
 * The cluster's hierarchy of devices, and the rules that place data on them.
 *
 * @see src/crush/CrushWrapper.cc (16.2.15)
 */
export class CrushMap {
  maxDevices = 0;
  /** By −1 − id. */
  buckets: (CrushBucket | undefined)[] = [];
  rules: (CrushRule | undefined)[] = [];
  typeNames: Map<number, string> = new Map();
  /** Names of buckets and devices. */
  names: Map<number, string> = new Map();
  ruleNames: Map<number, string> = new Map();
  tunables: CrushTunables = { ...LEGACY };
  /** Device to number of its class. */
  classes: Map<number, number> = new Map();
  classNames: Map<number, string> = new Map();
  /** Bucket to class to the bucket's shadow, which holds only devices of the class. */
  classBuckets: Map<number, Map<number, number>> = new Map();
  /** By pool, or DEFAULT_CHOOSE_ARGS. */
  chooseArgs: Map<number, ChooseArgs> = new Map();
  /** What a newer release added, as it came. */
  #rest: Uint8Array = new Uint8Array(0);
  /** How many of the optional parts at the end the map came with. */
  #parts = 6;

  /** The rule for a pool, or −1. */
  findRule(ruleset: number, type: number, size: number): number {
    return this.rules.findIndex(
      (rule) => rule && rule.ruleset === ruleset && rule.type === type && rule.minSize <= size && rule.maxSize >= size,
    );
  }

  /** The devices for input `x`; see `doRule`. `pool` picks the choose_args. */
  doRule(ruleno: number, x: number, resultMax: number, weights: ArrayLike<number>, pool = DEFAULT_CHOOSE_ARGS): number[] {
    const args = this.chooseArgs.get(pool) ?? this.chooseArgs.get(DEFAULT_CHOOSE_ARGS);
    return doRule(this, ruleno, x, resultMax, weights, args);
  }

  encode(e: Encoder): void {
    e.u32(CRUSH_MAGIC).s32(this.buckets.length).u32(this.rules.length).s32(this.maxDevices);
    for (const bucket of this.buckets) {
      e.u32(bucket?.alg ?? 0);
      bucket?.encode(e);
    }
    for (const rule of this.rules) {
      e.u32(rule ? 1 : 0);
      rule?.encode(e);
    }
    encodeNames(e, this.typeNames);
    encodeNames(e, this.names);
    encodeNames(e, this.ruleNames);
    const t = this.tunables;
    const parts = this.#parts;
    if (parts >= 1) e.u32(t.chooseLocalTries).u32(t.chooseLocalFallbackTries).u32(t.chooseTotalTries);
    if (parts >= 2) e.u32(t.chooseleafDescendOnce);
    if (parts >= 3) e.u8(t.chooseleafVaryR);
    if (parts >= 4) e.u8(t.strawCalcVersion).u32(t.allowedBucketAlgs);
    if (parts >= 5) e.u8(t.chooseleafStable);
    if (parts >= 6) this.#encodeClasses(e);
    e.raw(this.#rest);
  }

  #encodeClasses(e: Encoder): void {
    e.map(
      sorted(this.classes),
      (e, device) => e.s32(device),
      (e, cls) => e.s32(cls),
    );
    encodeNames(e, this.classNames);
    e.map(
      sorted(this.classBuckets),
      (e, bucket) => e.s32(bucket),
      (e, byClass) =>
        e.map(
          sorted(byClass),
          (e, cls) => e.s32(cls),
          (e, shadow) => e.s32(shadow),
        ),
    );
    e.map(
      sorted(this.chooseArgs),
      (e, pool) => e.s64(pool),
      (e, args) => encodeChooseArgs(e, args),
    );
  }

  /** @throws DecodeError */
  static decode(d: Decoder): CrushMap {
    const map = new CrushMap();
    const magic = d.u32();
    if (magic !== CRUSH_MAGIC) throw d.error(`bad CRUSH magic 0x${magic.toString(16)}`, d.offset - 4);
    const maxBuckets = d.s32();
    const maxRules = d.u32();
    map.maxDevices = d.s32();
    if (maxBuckets < 0 || (maxBuckets + maxRules) * 4 > d.remaining)
      throw d.error(`${maxBuckets} buckets, ${maxRules} rules claimed`);
    for (let i = 0; i < maxBuckets; i++) map.buckets.push(d.u32() === 0 ? undefined : CrushBucket.decode(d));
    for (let i = 0; i < maxRules; i++) map.rules.push(d.u32() === 0 ? undefined : CrushRule.decode(d));
    map.typeNames = decodeNames(d);
    map.names = decodeNames(d);
    map.ruleNames = decodeNames(d);
    map.#decodeTunables(d);
    return map;
  }

  static fromBytes(bytes: Uint8Array): CrushMap {
    return CrushMap.decode(new Decoder(bytes, 'CrushMap'));
  }

  /** Each release added some at the end. */
  #decodeTunables(d: Decoder): void {
    const t = this.tunables;
    const steps: (() => void)[] = [
      () => {
        t.chooseLocalTries = d.u32();
        t.chooseLocalFallbackTries = d.u32();
        t.chooseTotalTries = d.u32();
      },
      () => (t.chooseleafDescendOnce = d.u32()),
      () => (t.chooseleafVaryR = d.u8()),
      () => {
        t.strawCalcVersion = d.u8();
        t.allowedBucketAlgs = d.u32();
      },
      () => (t.chooseleafStable = d.u8()),
      () => this.#decodeClasses(d),
    ];
    this.#parts = 0;
    for (const step of steps) {
      if (d.remaining === 0) return;
      step();
      this.#parts++;
    }
    this.#rest = d.rest().slice();
  }

  #decodeClasses(d: Decoder): void {
    this.classes = d.map(
      (d) => d.s32(),
      (d) => d.s32(),
      8,
    );
    this.classNames = decodeNames(d);
    this.classBuckets = d.map(
      (d) => d.s32(),
      (d) =>
        d.map(
          (d) => d.s32(),
          (d) => d.s32(),
          8,
        ),
      8,
    );
    this.chooseArgs = d.map((d) => d.s64(), decodeChooseArgs, 12);
  }
}
