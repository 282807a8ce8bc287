import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Decoder, Encoder, IntervalSet } from '../src/index.js';

const ranges = fc.array(fc.tuple(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 20 })), { maxLength: 30 });

function both(operations: [number, number][]): { set: IntervalSet; model: Set<number> } {
  const set = new IntervalSet();
  const model = new Set<number>();
  for (const [start, length] of operations) {
    set.union(start, length);
    for (let i = start; i < start + length; i++) model.add(i);
  }
  return { set, model };
}

const numbers = (set: IntervalSet): number[] => [...set].flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i));

describe('IntervalSet', () => {
  it('holds what a plain set would hold, in ranges that do not touch', () => {
    fc.assert(
      fc.property(ranges, (operations) => {
        const { set, model } = both(operations);
        expect(numbers(set)).toEqual([...model].sort((a, b) => a - b));
        expect(set.size).toBe(model.size);
        let end = -1;
        for (const [start, length] of set) {
          expect(start).toBeGreaterThan(end);
          end = start + length;
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('gives up exactly what is erased', () => {
    fc.assert(
      fc.property(ranges, fc.nat({ max: 220 }), fc.integer({ min: 1, max: 10 }), (operations, start, length) => {
        const { set, model } = both(operations);
        if (set.contains(start, length)) {
          set.erase(start, length);
          for (let i = start; i < start + length; i++) expect(model.delete(i)).toBe(true);
        } else expect(() => set.erase(start, length)).toThrow(RangeError);
        expect(numbers(set)).toEqual([...model].sort((a, b) => a - b));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('intersects as sets do', () => {
    fc.assert(
      fc.property(ranges, ranges, (one, other) => {
        const a = both(one);
        const b = both(other);
        const common = [...a.model].filter((n) => b.model.has(n)).sort((x, y) => x - y);
        expect(numbers(a.set.intersection(b.set))).toEqual(common);
        expect(a.set.intersection(b.set).isSubsetOf(a.set)).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('comes back from its bytes', () => {
    const set = IntervalSet.of([0x10000000000, 1000], [0x20000000000, 5]);
    const e = new Encoder();
    set.encode(e);
    expect(IntervalSet.decode(new Decoder(e.toBytes())).equals(set)).toBe(true);
    expect(set.toString()).toBe('[0x10000000000~0x3e8,0x20000000000~0x5]');
  });

  it('refuses to take in what it has, and bytes whose ranges overlap', () => {
    const set = IntervalSet.of([10, 5]);
    expect(() => {
      set.insert(14, 2);
    }).toThrow(RangeError);
    const e = new Encoder();
    e.u32(2).u64(10).u64(5).u64(12).u64(1);
    expect(() => IntervalSet.decode(new Decoder(e.toBytes(), 'set'))).toThrow('set: range 12~1 out of order at offset 20');
  });

  it('clones apart from its origin', () => {
    const set = IntervalSet.of([1, 2]);
    const copy = set.clone();
    copy.erase(1);
    expect([set.size, copy.size, copy.rangeStart, copy.rangeEnd]).toEqual([2, 1, 2, 3]);
  });
});
