/** 32 places: for values in the lowest level, for nodes above. */
type Node = unknown[];

/** Largest key of a {@link RadixMap}. */
export const MAX_KEY: number = 2 ** 30 - 1;

const newNode = (): Node => new Array<unknown>(32).fill(undefined);

/**
 * An ordered map from integers (0 to 2^30−1) to objects: what std::map is to Ceph's queues. What a call costs depends on the largest key
 * only, one level of the tree for each five bits of it: two levels for keys up to 1023.
 */
export class RadixMap<V extends object> {
  #root: Node = newNode();
  /** Bits to the right of the root's digit: 0, 5, … 25. */
  #shift = 0;

  get(key: number): V | undefined {
    if (key >>> this.#shift > 31) return undefined;
    let node: unknown = this.#root;
    for (let shift = this.#shift; node && shift >= 0; shift -= 5) node = (node as Node)[(key >>> shift) & 31];
    return node as V | undefined;
  }

  set(key: number, value: V): void {
    for (; key >>> this.#shift > 31; this.#shift += 5) {
      // another root above: the old one holds the keys whose new first digit is 0
      const root = newNode();
      root[0] = this.#root;
      this.#root = root;
    }
    let node = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= 5) node = (node[(key >>> shift) & 31] ??= newNode()) as Node;
    node[key & 31] = value;
  }

  /** @param key one that is there */
  delete(key: number): void {
    this.#delete(this.#root, this.#shift, key);
  }

  /** The value of the smallest key of at least `key`; undefined where there is none. */
  from(key: number): V | undefined {
    return key >>> this.#shift > 31 ? undefined : this.#from(this.#root, this.#shift, key);
  }

  #delete(node: Node, shift: number, key: number): void {
    const digit = (key >>> shift) & 31;
    if (shift > 0) {
      const child = node[digit] as Node;
      this.#delete(child, shift - 5, key);
      if (this.#from(child, shift - 5, 0)) return;
    }
    node[digit] = undefined;
  }

  #from(node: Node, shift: number, key: number): V | undefined {
    let rest = key;
    for (let digit = (key >>> shift) & 31; digit < 32; digit++) {
      const here = node[digit];
      const found = here && shift > 0 ? this.#from(here as Node, shift - 5, rest) : here;
      if (found) return found as V;
      // to the right of here every key will do
      rest = 0;
    }
    return undefined;
  }
}
