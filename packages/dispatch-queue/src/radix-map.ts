/** One node: `bits` says which of the 32 slots are in use. */
interface Node {
  bits: number;
  readonly slots: unknown[];
}

/** Largest key of a {@link RadixMap}. */
export const MAX_KEY: number = 2 ** 30 - 1;

const newNode = (): Node => ({ bits: 0, slots: new Array<unknown>(32).fill(undefined) });

/** Position of the lowest bit that is set. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/**
 * An ordered map from integers (0 to 2^30−1): what std::map is to Ceph's queues, at a cost that depends on the size of the largest key
 * only: one step for each five bits of it, so two steps for keys up to 1023.
 */
export class RadixMap<V> {
  #root: Node = newNode();
  /** Bits to the right of the root's digit: 0, 5, … 25. */
  #shift = 0;

  get(key: number): V | undefined {
    let shift = this.#shift;
    if (key >>> shift > 31) return undefined;
    let node = this.#root;
    for (; shift > 0; shift -= 5) {
      const next = node.slots[(key >>> shift) & 31] as Node | undefined;
      if (!next) return undefined;
      node = next;
    }
    return node.slots[key & 31] as V | undefined;
  }

  set(key: number, value: V): void {
    while (key >>> this.#shift > 31) this.#grow();
    let node = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= 5) {
      const digit = (key >>> shift) & 31;
      let next = node.slots[digit] as Node | undefined;
      if (!next) {
        next = newNode();
        node.slots[digit] = next;
        node.bits |= 1 << digit;
      }
      node = next;
    }
    const digit = key & 31;
    node.bits |= 1 << digit;
    node.slots[digit] = value;
  }

  /** @param key one that is there */
  delete(key: number): void {
    this.#delete(this.#root, this.#shift, key);
  }

  /** The smallest key of at least `key`; -1 where there is none. */
  firstFrom(key: number): number {
    if (key >>> this.#shift > 31) return -1;
    return this.#firstFrom(this.#root, this.#shift, key);
  }

  /** The largest key; -1 where the map is empty. */
  last(): number {
    let node = this.#root;
    if (node.bits === 0) return -1;
    let key = 0;
    for (let shift = this.#shift; ; shift -= 5) {
      const digit = 31 - Math.clz32(node.bits);
      key = (key << 5) | digit;
      if (shift === 0) return key;
      node = node.slots[digit] as Node;
    }
  }

  /** Puts another root above: the old one holds the keys whose new first digit is 0. */
  #grow(): void {
    const root = newNode();
    if (this.#root.bits !== 0) {
      root.slots[0] = this.#root;
      root.bits = 1;
    }
    this.#root = root;
    this.#shift += 5;
  }

  #delete(node: Node, shift: number, key: number): void {
    const digit = (key >>> shift) & 31;
    if (shift > 0) {
      const child = node.slots[digit] as Node;
      this.#delete(child, shift - 5, key);
      if (child.bits !== 0) return;
    }
    node.slots[digit] = undefined;
    node.bits &= ~(1 << digit);
  }

  #firstFrom(node: Node, shift: number, key: number): number {
    const digit = (key >>> shift) & 31;
    if (shift === 0) {
      const rest = node.bits & (-1 << digit);
      return rest === 0 ? -1 : key - digit + lowest(rest);
    }
    if ((node.bits & (1 << digit)) !== 0) {
      const found = this.#firstFrom(node.slots[digit] as Node, shift - 5, key);
      if (found >= 0) return found;
    }
    const rest = digit === 31 ? 0 : node.bits & (-2 << digit);
    if (rest === 0) return -1;
    const next = lowest(rest);
    const base = ((key >>> shift) - digit + next) << shift;
    return this.#firstFrom(node.slots[next] as Node, shift - 5, base);
  }
}
