/** One node: `bits` says which of the 32 slots are in use. */
interface Node {
  bits: number;
  readonly slots: unknown[];
}

/** Largest key of a {@link RadixMap}. */
export const MAX_KEY: number = 2 ** 30 - 1;

const newNode = (): Node => ({ bits: 0, slots: new Array<unknown>(32).fill(undefined) });

/** Position of the lowest bit that is set; -1 where none is. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/**
 * An ordered map from integers (0 to 2^30−1) to objects: what std::map is to Ceph's queues, at a cost that depends on the size of the largest key
 * only: one step for each five bits of it, so two steps for keys up to 1023.
 */
export class RadixMap<V extends object> {
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

  /** The value of the smallest key of at least `key`; undefined where there is none. */
  from(key: number): V | undefined {
    return key >>> this.#shift > 31 ? undefined : this.#from(this.#root, this.#shift, key);
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

  #from(node: Node, shift: number, key: number): V | undefined {
    const digit = (key >>> shift) & 31;
    const above = node.bits & (-2 << digit);
    const here = node.slots[digit];
    if (shift === 0) return (here ?? node.slots[lowest(above)]) as V | undefined;
    const found = here && this.#from(here as Node, shift - 5, key);
    if (found || above === 0) return found as V | undefined;
    return this.#from(node.slots[lowest(above)] as Node, shift - 5, 0);
  }
}
