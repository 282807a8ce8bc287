import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import type { Frag } from './frag.js';
import {
  FRAG_ROOT,
  fragBits,
  fragChild,
  fragCompare,
  fragContains,
  fragMake,
  fragParent,
  fragSplit,
  fragToString,
  fragValue,
} from './frag.js';

/**
 * fragtree_t: how a directory's name space is cut into fragments.
 *
 * `splits` says which fragment is split into how many (2^bits); what is not in it is a leaf.
 * @see src/include/frag.h (16.2.15)
 */
export class FragTree {
  readonly #splits = new Map<Frag, number>();

  /** Fragment to bits it is split by, in no particular order. */
  get splits(): ReadonlyMap<Frag, number> {
    return this.#splits;
  }

  isEmpty(): boolean {
    return this.#splits.size === 0;
  }

  clear(): void {
    this.#splits.clear();
  }

  clone(): FragTree {
    const copy = new FragTree();
    for (const [frag, bits] of this.#splits) copy.#splits.set(frag, bits);
    return copy;
  }

  equals(other: FragTree): boolean {
    if (this.#splits.size !== other.#splits.size) return false;
    for (const [frag, bits] of this.#splits) if (other.#splits.get(frag) !== bits) return false;
    return true;
  }

  /** Bits `frag` is split by, 0 where it is a leaf or unknown. */
  getSplit(frag: Frag): number {
    return this.#splits.get(frag) ?? 0;
  }

  isLeaf(frag: Frag): boolean {
    const leaves = this.getLeavesUnder(frag);
    return leaves.length === 1 && leaves[0] === frag;
  }

  /** All leaves, left to right. */
  getLeaves(): Frag[] {
    return this.getLeavesUnderSplit(FRAG_ROOT);
  }

  /** Leaves below `under`, which is a split point or the root. */
  getLeavesUnderSplit(under: Frag): Frag[] {
    const leaves: Frag[] = [];
    const stack = [under];
    for (let frag = stack.pop(); frag !== undefined; frag = stack.pop()) {
      const by = this.getSplit(frag);
      if (by === 0) leaves.push(frag);
      else for (let i = (1 << by) - 1; i >= 0; i--) stack.push(fragChild(frag, by, i));
    }
    return leaves;
  }

  /** The nearest split point at or above `frag`, or the root. */
  getBranch(frag: Frag): Frag {
    let at = frag;
    while (fragBits(at) !== 0 && this.getSplit(at) === 0) at = fragParent(at);
    return at;
  }

  /** The nearest split point above `frag` (never itself), or the root. */
  getBranchAbove(frag: Frag): Frag {
    return fragBits(frag) === 0 ? frag : this.getBranch(fragParent(frag));
  }

  /** The split point or leaf at or above `frag`. */
  getBranchOrLeaf(frag: Frag): Frag {
    const branch = this.getBranch(frag);
    const by = this.getSplit(branch);
    return by > 0 && fragBits(branch) + by <= fragBits(frag) ? fragMake(fragBits(branch) + by, fragValue(frag)) : branch;
  }

  /** Leaves that lie wholly in `frag`, left to right. */
  getLeavesUnder(frag: Frag): Frag[] {
    const leaves: Frag[] = [];
    const stack = [this.getBranchOrLeaf(frag)];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const inside = fragContains(frag, at);
      if (fragBits(at) >= fragBits(frag) && !inside) continue;
      const by = this.getSplit(at);
      if (by === 0) {
        if (inside) leaves.push(at);
      } else for (let i = (1 << by) - 1; i >= 0; i--) stack.push(fragChild(at, by, i));
    }
    return leaves;
  }

  /** True where `frag` is exactly one of the leaves. */
  contains(frag: Frag): boolean {
    return this.getSplit(frag) === 0 && this.getBranchOrLeaf(frag) === frag;
  }

  /** The leaf that holds a name's hash. */
  leafOf(hash: number): Frag {
    let frag = FRAG_ROOT;
    for (let by = this.getSplit(frag); by !== 0; by = this.getSplit(frag)) frag = fragMake(fragBits(frag) + by, hash);
    return frag;
  }

  /** Splits the leaf `frag` in 2^`by`. @throws RangeError where it is no leaf or 24 bits are exceeded */
  split(frag: Frag, by: number, simplify = true): void {
    if (!this.isLeaf(frag) || by < 1 || fragBits(frag) + by > 24) {
      throw new RangeError(`${fragToString(frag)} can't be split by ${by}`);
    }
    this.#splits.set(frag, by);
    if (simplify) this.#assimilate(this.getBranchAbove(frag));
  }

  /** Undoes a split. @throws RangeError where `frag` is not split by `by` */
  merge(frag: Frag, by: number, simplify = true): void {
    if (this.getSplit(frag) !== by) throw new RangeError(`${fragToString(frag)} is not split by ${by}`);
    this.#splits.delete(frag);
    if (simplify) this.#assimilate(this.getBranchAbove(frag));
  }

  /** Where all children of a split are split alike, one wider split says the same. */
  #assimilate(frag: Frag): void {
    const by = this.getSplit(frag);
    if (by === 0) return;
    const children = fragSplit(frag, by);
    const childBits = this.getSplit(children[0] as Frag);
    if (childBits === 0 || children.some((child) => this.getSplit(child) !== childBits)) return;
    for (const child of children) this.#splits.delete(child);
    this.#splits.set(frag, by + childBits);
  }

  /** Splits and merges until `frag` is a leaf. @returns false where it was one */
  forceToLeaf(frag: Frag): boolean {
    if (this.isLeaf(frag)) return false;
    const parent = this.getBranchOrLeaf(frag);
    if (fragBits(parent) < fragBits(frag)) {
      const spread = fragBits(frag) - fragBits(parent);
      const by = this.getSplit(parent);
      if (by === 0) {
        this.split(parent, spread);
        return true;
      }
      this.#splits.set(parent, spread);
      for (const part of fragSplit(parent, spread)) this.#splits.set(part, by - spread);
    }
    for (const split of [...this.#splits.keys()]) if (fragContains(frag, split)) this.#splits.delete(split);
    return true;
  }

  encode(e: Encoder): void {
    e.u32(this.#splits.size);
    if (this.#splits.size === 0) return;
    for (const [frag, by] of this.#sorted()) e.u32(frag).s32(by);
  }

  #sorted(): [Frag, number][] {
    return [...this.#splits].sort(([a], [b]) => fragCompare(a, b));
  }

  /** @throws DecodeError where a split is not within 24 bits */
  static decode(d: Decoder): FragTree {
    const tree = new FragTree();
    for (let left = d.count(8); left > 0; left--) {
      const at = d.offset;
      const frag = d.u32();
      const by = d.s32();
      if (by < 1 || by > 24 - fragBits(frag)) throw d.error(`fragment ${fragToString(frag)} split by ${by}`, at);
      tree.#splits.set(frag, by);
    }
    return tree;
  }

  toString(): string {
    return `fragtree_t(${this.#sorted()
      .map(([frag, by]) => `${fragToString(frag)}^${by}`)
      .join(' ')})`;
  }
}
