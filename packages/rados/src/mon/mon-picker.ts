import type { RandomSource } from '@cephts/common';
import type { MonMap } from '../maps/mon-map.js';

/**
 * Chooses which monitors to try: those of the lowest priority first, by weight at random, none twice before all were tried.
 *
 * @see MonClient::_add_conns in src/mon/MonClient.cc (16.2.15)
 */
export class MonPicker {
  readonly #random: RandomSource;
  readonly #tried = new Set<string>();

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** The map has changed: begins anew. */
  reset(): void {
    this.#tried.clear();
  }

  /** Names of up to `count` monitors; 0 for all there are. */
  pick(monmap: MonMap, count: number): string[] {
    let candidates = this.#candidates(monmap);
    if (candidates.length === 0) {
      this.#tried.clear();
      candidates = this.#candidates(monmap);
    }
    const chosen = this.#shuffle(candidates, monmap).slice(0, count === 0 ? undefined : count);
    for (const name of chosen) this.#tried.add(name);
    return chosen;
  }

  #candidates(monmap: MonMap): string[] {
    const left = [...monmap.monInfo.values()].filter(({ name, publicAddrs }) => !this.#tried.has(name) && publicAddrs.hasMsgr2());
    const lowest = Math.min(...left.map(({ priority }) => priority));
    return left.filter(({ priority }) => priority === lowest).map(({ name }) => name);
  }

  #shuffle(names: string[], monmap: MonMap): string[] {
    const weightOf = (name: string): number => monmap.monInfo.get(name)?.weight ?? 0;
    const even = names.every((name) => weightOf(name) === 0);
    // the smaller the key, the earlier: exponentially distributed with the weight as rate
    const keyed = names.map((name) => ({ name, key: -Math.log(1 - this.#random.next()) / (even ? 1 : weightOf(name)) }));
    return keyed.sort((a, b) => a.key - b.key).map(({ name }) => name);
  }
}
