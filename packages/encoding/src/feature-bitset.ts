import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * feature_bitset_t: any number of feature bits, in blocks of 64.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class FeatureBitset {
  readonly #blocks: bigint[];

  constructor(bits: Iterable<number> = []) {
    this.#blocks = [];
    for (const bit of bits) this.insert(bit);
  }

  /** Blocks of 64 bits, lowest first. */
  get blocks(): readonly bigint[] {
    return this.#blocks;
  }

  isEmpty(): boolean {
    return this.#blocks.every((block) => block === 0n);
  }

  test(bit: number): boolean {
    const block = this.#blocks[Math.floor(bit / 64)];
    return block !== undefined && ((block >> BigInt(bit % 64)) & 1n) === 1n;
  }

  insert(bit: number): void {
    const n = Math.floor(bit / 64);
    while (this.#blocks.length <= n) this.#blocks.push(0n);
    this.#blocks[n] = (this.#blocks[n] as bigint) | (1n << BigInt(bit % 64));
  }

  erase(bit: number): void {
    const n = Math.floor(bit / 64);
    const block = this.#blocks[n];
    if (block === undefined) return;
    this.#blocks[n] = block & ~(1n << BigInt(bit % 64));
    while (this.#blocks.at(-1) === 0n) this.#blocks.pop();
  }

  clear(): void {
    this.#blocks.length = 0;
  }

  /** The bits of this that `other` has not. */
  minus(other: FeatureBitset): FeatureBitset {
    const rest = new FeatureBitset();
    for (const [i, block] of this.#blocks.entries()) rest.#blocks.push(block & ~(other.#blocks[i] ?? 0n));
    return rest;
  }

  /** Numbers of the bits that are set, ascending. */
  bits(): number[] {
    const bits: number[] = [];
    for (let bit = 0; bit < this.#blocks.length * 64; bit++) if (this.test(bit)) bits.push(bit);
    return bits;
  }

  clone(): FeatureBitset {
    const copy = new FeatureBitset();
    for (const block of this.#blocks) copy.#blocks.push(block);
    return copy;
  }

  equals(other: FeatureBitset): boolean {
    return this.#blocks.length === other.#blocks.length && this.#blocks.every((block, i) => block === other.#blocks[i]);
  }

  encode(e: Encoder): void {
    e.u32(this.#blocks.length * 8);
    for (const block of this.#blocks) e.u64big(block);
  }

  static decode(d: Decoder): FeatureBitset {
    const set = new FeatureBitset();
    let left = d.count(1);
    for (; left >= 8; left -= 8) set.#blocks.push(d.u64big());
    if (left > 0) {
      let block = 0n;
      for (const [i, byte] of d.raw(left).entries()) block |= BigInt(byte) << BigInt(8 * i);
      set.#blocks.push(block);
    }
    return set;
  }

  toString(): string {
    return `0x${this.#blocks
      .map((block) => block.toString(16).padStart(16, '0'))
      .reverse()
      .join('')}`;
  }
}
