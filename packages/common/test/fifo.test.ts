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

  it('goes on in order while it is long', () => {
    const fifo = new Fifo<number>();
    let expected = 0;
    for (let i = 0; i < 10_000; i++) {
      fifo.push(i);
      if (i % 3 > 0) expect(fifo.shift()).toBe(expected++);
    }
    expect([...fifo]).toEqual(Array.from({ length: 10_000 - expected }, (_, i) => expected + i));
    while (fifo.length > 0) expect(fifo.shift()).toBe(expected++);
    expect(expected).toBe(10_000);
  });

  it('takes all of another one in front', () => {
    const [fifo, before] = [new Fifo<string>(), new Fifo<string>()];
    for (const item of ['gone', 'c', 'd']) fifo.push(item);
    for (const item of ['gone', 'a', 'b']) before.push(item);
    fifo.shift();
    before.shift();
    fifo.prepend(before);
    fifo.push('e');
    expect([[...fifo], fifo.first, before.length, [...before]]).toEqual([['a', 'b', 'c', 'd', 'e'], 'a', 0, []]);
    fifo.clear();
    expect([fifo.length, fifo.first, fifo.shift()]).toEqual([0, undefined, undefined]);
    fifo.push('f');
    expect([...fifo]).toEqual(['f']);
  });
});
