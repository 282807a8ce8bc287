import { describe, expect, it } from '@jest/globals';
import { DecayCounter } from '../../src/balancer/decay-counter.js';

describe('DecayCounter', () => {
  it('halves in its half-life', () => {
    const counter = new DecayCounter(5, 0);
    counter.hit(0, 100);
    expect(counter.get(5000)).toBeCloseTo(50);
    expect(counter.get(10_000)).toBeCloseTo(25);
  });

  it('does not lose the decay of times shorter than a second', () => {
    const counter = new DecayCounter(5, 0);
    counter.hit(0, 100);
    for (let now = 100; now <= 5000; now += 100) counter.get(now);
    expect(counter.get(5000)).toBeCloseTo(50);
  });

  it('is zero again in the end', () => {
    const counter = new DecayCounter(5, 0);
    counter.hit(0);
    expect(counter.get(1_000_000)).toBe(0);
  });
});
