import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { MAX_KEY, RadixMap } from '../src/radix-map.js';

describe('RadixMap', () => {
  it('agrees with a sorted array over random calls, keys small and large', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const pick = (n: number): number => Math.floor(random.next() * n);
      const range = [40, 1100, 40_000, MAX_KEY + 1][seed % 4]!;
      const map = new RadixMap<{ key: number }>();
      const plain = new Map<number, { key: number }>();
      for (let step = 0; step < 200; step++) {
        const key = pick(range);
        if (pick(2) === 0) {
          const value = { key };
          map.set(key, value);
          plain.set(key, value);
        } else {
          const there = [...plain.keys()];
          const gone = there[pick(there.length)];
          if (gone !== undefined) map.delete(gone);
          plain.delete(gone ?? -1);
        }
        const from = pick(range);
        const next = [...plain.keys()].filter((each) => each >= from).sort((a, b) => a - b)[0];
        expect(map.from(from)?.key).toBe(next);
        expect(map.get(from)).toBe(plain.get(from));
        expect(map.get(key)).toBe(plain.get(key));
      }
    }
  });
});
