import { compareText } from '@cephts/encoding';
import type { CDentry } from './cdentry.js';

function compare(a: CDentry, b: CDentry): number {
  return a.hash - b.hash || compareText(a.name, b.name);
}

/**
 * The head dentries of a fragment in the order of their hashes, and names where those are equal: the order they are listed in.
 *
 * Listings are rare and changes are many, so the order is made when it is asked for: what was added since is sorted and merged in, what
 * was removed is left out then.
 */
export class DentryOrder {
  #sorted: CDentry[] = [];
  #added: CDentry[] = [];
  #gone = 0;
  /** Before the first listing nothing is kept: everything is in the fragment's map. */
  #begun = false;

  noteAdded(dn: CDentry): void {
    if (this.#begun) this.#added.push(dn);
  }

  noteRemoved(): void {
    if (this.#begun) this.#gone++;
  }

  /** The dentries in order. `items` is the fragment's map. */
  sorted(items: ReadonlyMap<string, CDentry>): readonly CDentry[] {
    const alive = (dn: CDentry): boolean => items.get(dn.name) === dn;
    if (!this.#begun) {
      this.#begun = true;
      this.#sorted = [...items.values()].sort(compare);
    } else if (this.#added.length > 0 || this.#gone > 0) {
      // one that was removed and added again is in both lists: the old object is no longer alive
      const added = this.#added.filter(alive).sort(compare);
      const old = this.#gone > 0 ? this.#sorted.filter(alive) : this.#sorted;
      this.#sorted = added.length === 0 ? old : merge(old, added);
      this.#added = [];
      this.#gone = 0;
    }
    return this.#sorted;
  }

  /** Forgets the order until the next listing. */
  clear(): void {
    this.#sorted = [];
    this.#added = [];
    this.#gone = 0;
    this.#begun = false;
  }

  /** Place of the first dentry beyond (hash, name). */
  static after(sorted: readonly CDentry[], hash: number, name: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const dn = sorted[middle] as CDentry;
      const order = dn.hash - hash || compareText(dn.name, name);
      if (order <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function merge(a: readonly CDentry[], b: readonly CDentry[]): CDentry[] {
  const merged: CDentry[] = [];
  let i = 0;
  for (const dn of b) {
    while (i < a.length && compare(a[i] as CDentry, dn) < 0) merged.push(a[i++] as CDentry);
    merged.push(dn);
  }
  while (i < a.length) merged.push(a[i++] as CDentry);
  return merged;
}
