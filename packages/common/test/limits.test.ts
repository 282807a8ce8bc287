import { describe, expect, it } from '@jest/globals';
import { limits } from '../src/index.js';
import type { LimitsOptions } from '../src/index.js';

const unheard = (error: unknown): never => {
  throw error;
};

describe('limits', () => {
  it('refuses a capacity below 1, and low marks that are above their high mark or have none', () => {
    const wrong: [LimitsOptions, string][] = [
      [{ capacity: 0 }, 'Expected `capacity` to be at least 1, got `0` (number)'],
      [{ highWater: 3, lowWater: 4 }, 'Expected `lowWater` to be at most highWater, got `4` (number)'],
      [{ capacity: 3, lowWater: 4 }, 'Expected `lowWater`'],
      [{ lowWater: 1 }, 'Expected `lowWater`'],
      [{ capacity: 9, highWaterCost: 3, lowWaterCost: 4 }, 'Expected `lowWaterCost` to be at most highWaterCost'],
      [{ lowWaterCost: 1 }, 'Expected `lowWaterCost`'],
    ];
    for (const [options, message] of wrong) expect(() => limits(options)).toThrow(message);
  });

  it('takes marks without a capacity, a capacity without marks, and low marks as high as the high ones', () => {
    for (const options of [
      { highWater: 4 },
      { capacity: 1 },
      { capacity: 4, lowWater: 4 },
      { highWaterCost: 2, lowWaterCost: 0 },
      { capacityCost: 0 },
    ])
      expect(limits(options)(unheard)).toMatchObject({ items: 0, cost: 0, overflow: 'throw' });
  });

  it('refuses a cost that is none, an infinite one too, and counts nothing of it', () => {
    const counted = limits({ capacityCost: 9 })(unheard);
    for (const cost of [-1, NaN, Infinity])
      expect(() => counted.isFull(cost)).toThrow('Expected `cost` to be a number of at least 0');
    expect(counted).toMatchObject({ items: 0, cost: 0 });
  });

  it('tells of the high mark in cost, and of the low ones once both are reached', () => {
    const marks: string[] = [];
    const counted = limits({
      highWater: 5,
      lowWater: 1,
      highWaterCost: 10,
      lowWaterCost: 4,
      onHighWater: () => marks.push('high'),
      onLowWater: () => marks.push('low'),
    })(unheard);
    for (const cost of [2, 2, 6]) counted.add(cost);
    expect(marks).toEqual(['high']);
    counted.remove(6);
    // the cost has sunk, the entries have not
    expect(marks).toEqual(['high']);
    counted.remove(2);
    expect(marks).toEqual(['high', 'low']);
  });

  it('reports what the marks throw, and what they reject with', async () => {
    const errors: unknown[] = [];
    const counted = limits({
      highWater: 1,
      onHighWater: () => {
        throw 'high';
      },
      onLowWater: (() => Promise.reject('low')) as () => void,
    })((error) => errors.push(error));
    counted.add(1);
    counted.remove(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual(['high', 'low']);
  });
});
