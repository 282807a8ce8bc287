import { describe, expect, it } from '@jest/globals';
import { Fifo } from '../src/fifo.js';

describe('Fifo', () => {
  it('gives back first what came first, undefined where nothing is left', () => {
    const fifo = new Fifo<number>();
    expect([fifo.shift(), fifo.first, fifo.length]).toEqual([undefined, undefined, 0]);
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < round % 7; i++) fifo.push(next++);
      for (let i = 0; i < round % 5 && fifo.length > 0; i++) {
        expect(fifo.first).toBe(expected);
        expect(fifo.shift()).toBe(expected++);
      }
      expect(fifo.length).toBe(next - expected);
    }
    while (fifo.length > 0) expect(fifo.shift()).toBe(expected++);
    expect(expected).toBe(next);
  });
});
