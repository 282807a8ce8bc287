import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * Numbered features with names (1 to 63).
 * @see src/include/CompatSet.h (16.2.15)
 */
export class FeatureSet {
  readonly #names = new Map<number, string>();
  #mask = 1n;

  constructor(features: Iterable<readonly [id: number, name: string]> = []) {
    for (const [id, name] of features) this.insert(id, name);
  }

  /** Bit `id` for each feature; bit 0 is always set. */
  get mask(): bigint {
    return this.#mask;
  }

  /** By number. */
  get names(): ReadonlyMap<number, string> {
    return this.#names;
  }

  /** @throws RangeError where `id` is not in 1–63 */
  insert(id: number, name: string): void {
    if (id < 1 || id > 63) throw new RangeError(`Expected a feature number in 1–63, got ${id}`);
    this.#mask |= 1n << BigInt(id);
    this.#names.set(id, name);
  }

  contains(id: number): boolean {
    return this.#names.has(id);
  }

  remove(id: number): void {
    if (this.#names.delete(id)) this.#mask &= ~(1n << BigInt(id));
  }

  encode(e: Encoder): void {
    e.u64big(this.#mask & ~1n);
    const sorted = [...this.#names].sort(([a], [b]) => a - b);
    e.u32(sorted.length);
    for (const [id, name] of sorted) e.u64(id).string(name);
  }

  static decode(d: Decoder): FeatureSet {
    const set = new FeatureSet();
    const mask = d.u64big();
    // Very old writers set bit 0 and a wrong mask; theirs is made again from the names.
    const trusted = (mask & 1n) === 0n;
    for (let left = d.count(12); left > 0; left--) {
      const at = d.offset;
      const id = d.u64();
      const name = d.string();
      if (id < 1 || id > 63) throw d.error(`feature number ${id}`, at);
      set.insert(id, name);
    }
    if (trusted) set.#mask = mask | 1n;
    return set;
  }

  toString(): string {
    return `{${[...this.#names].map(([id, name]) => `${id}=${name}`).join(',')}}`;
  }
}

/**
 * What a store or a daemon needs from who reads it (`incompat`), from who writes it (`roCompat`), and what is merely there (`compat`).
 * @see src/include/CompatSet.h (16.2.15)
 */
export class CompatSet {
  readonly compat: FeatureSet;
  readonly roCompat: FeatureSet;
  readonly incompat: FeatureSet;

  constructor(
    compat: FeatureSet = new FeatureSet(),
    roCompat: FeatureSet = new FeatureSet(),
    incompat: FeatureSet = new FeatureSet(),
  ) {
    this.compat = compat;
    this.roCompat = roCompat;
    this.incompat = incompat;
  }

  /** True where one with these features may read what needs `other`. */
  readable(other: CompatSet): boolean {
    return (other.incompat.mask & ~this.incompat.mask) === 0n;
  }

  /** True where one with these features may write what needs `other`. */
  writeable(other: CompatSet): boolean {
    return this.readable(other) && (other.roCompat.mask & ~this.roCompat.mask) === 0n;
  }

  /** 0 the same features, 1 strictly more than `other`, −1 something of `other` is missing. */
  compare(other: CompatSet): -1 | 0 | 1 {
    if (
      other.compat.mask === this.compat.mask &&
      other.roCompat.mask === this.roCompat.mask &&
      other.incompat.mask === this.incompat.mask
    ) {
      return 0;
    }
    return this.writeable(other) && (other.compat.mask & ~this.compat.mask) === 0n ? 1 : -1;
  }

  /** The features of `other` that are missing here. */
  unsupported(other: CompatSet): CompatSet {
    const missing = (mine: FeatureSet, theirs: FeatureSet): FeatureSet =>
      new FeatureSet([...theirs.names].filter(([id]) => !mine.contains(id)));
    return new CompatSet(
      missing(this.compat, other.compat),
      missing(this.roCompat, other.roCompat),
      missing(this.incompat, other.incompat),
    );
  }

  /** Adds the features of `other`. @returns true where there were new ones */
  merge(other: CompatSet): boolean {
    if (this.compare(other) >= 0) return false;
    for (const [id, name] of other.compat.names) this.compat.insert(id, name);
    for (const [id, name] of other.roCompat.names) this.roCompat.insert(id, name);
    for (const [id, name] of other.incompat.names) this.incompat.insert(id, name);
    return true;
  }

  encode(e: Encoder): void {
    this.compat.encode(e);
    this.roCompat.encode(e);
    this.incompat.encode(e);
  }

  static decode(d: Decoder): CompatSet {
    const compat = FeatureSet.decode(d);
    const roCompat = FeatureSet.decode(d);
    return new CompatSet(compat, roCompat, FeatureSet.decode(d));
  }

  toString(): string {
    return `compat=${this.compat},rocompat=${this.roCompat},incompat=${this.incompat}`;
  }
}
