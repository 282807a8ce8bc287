/** Places of a node: for values in the lowest level, for nodes above. */
const PLACES = 32;
/** Where a node keeps, bit by bit, which of its places are taken: the next one is found without a walk. */
const TAKEN = PLACES;

type Node = unknown[];

/** Largest key of a {@link RadixMap}. */
export const MAX_KEY: number = 2 ** 30 - 1;

function newNode(): Node {
  const node = new Array<unknown>(PLACES + 1).fill(undefined);
  node[TAKEN] = 0;
  return node;
}

function put(node: Node, digit: number, value: unknown): void {
  node[digit] = value;
  node[TAKEN] = (node[TAKEN] as number) | (1 << digit);
}

/**
 * An ordered map from integers (0 to 2^30−1) to objects: what std::map is to Ceph's queues. What a call costs depends on the largest key
 * only, one level of the tree for each five bits of it: two levels for keys up to 1023.
 */
export class RadixMap<V extends object> {
  #root: Node = newNode();
  /** Bits to the right of the root's digit: 0, 5, … 25. */
  #shift = 0;

  get(key: number): V | undefined {
    let shift = this.#shift;
    if (key >>> shift > 31) return undefined;
    let node: unknown = this.#root;
    for (; node !== undefined && shift >= 0; shift -= 5) node = (node as Node)[(key >>> shift) & 31];
    return node as V | undefined;
  }

  set(key: number, value: V): void {
    for (; key >>> this.#shift > 31; this.#shift += 5) {
      // another root above: the old one holds the keys whose new first digit is 0
      const root = newNode();
      put(root, 0, this.#root);
      this.#root = root;
    }
    let node = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= 5) {
      const digit = (key >>> shift) & 31;
      if (!node[digit]) put(node, digit, newNode());
      node = node[digit] as Node;
    }
    put(node, key & 31, value);
  }

  /** @param key one that is there */
  delete(key: number): void {
    this.#delete(this.#root, this.#shift, key);
  }

  /** The value of the smallest key of at least `key`; undefined where there is none. */
  from(key: number): V | undefined {
    return key >>> this.#shift > 31 ? undefined : this.#from(this.#root, this.#shift, key);
  }

  /** @returns true where the node has become empty */
  #delete(node: Node, shift: number, key: number): boolean {
    const digit = (key >>> shift) & 31;
    if (shift > 0 && !this.#delete(node[digit] as Node, shift - 5, key)) return false;
    node[digit] = undefined;
    return (node[TAKEN] = (node[TAKEN] as number) & ~(1 << digit)) === 0;
  }

  #from(node: Node, shift: number, key: number): V | undefined {
    for (let digit = (key >>> shift) & 31, rest = key; digit < PLACES; digit++, rest = 0) {
      const taken = (node[TAKEN] as number) >>> digit;
      if (taken === 0) return undefined;
      // on to the next place that is taken; to the right of the key's own every key will do
      const step = 31 - Math.clz32(taken & -taken);
      if (step > 0) rest = 0;
      digit += step;
      const found = shift > 0 ? this.#from(node[digit] as Node, shift - 5, rest) : node[digit];
      if (found) return found as V;
    }
    return undefined;
  }
}
