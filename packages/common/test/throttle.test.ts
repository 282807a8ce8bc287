import { describe, expect, it } from '@jest/globals';
import { CephContext, seededRandom, Throttle, VirtualClock } from '../src/index.js';

function make(
  max: number,
  usePerf = true,
): { clock: VirtualClock; cct: CephContext; throttle: Throttle; got: string[]; get: (name: string, amount: number) => boolean } {
  const clock = new VirtualClock();
  const cct = new CephContext({ clock, onError: (error) => got.push(String(error)) });
  const got: string[] = [];
  const throttle = new Throttle(cct, 'test', max, usePerf);
  return {
    clock,
    cct,
    throttle,
    got,
    get: (name, amount) => throttle.get(amount, (r) => void got.push(r === 0 ? name : `${name} ${r}`)),
  };
}

describe('Throttle', () => {
  it('lets through what fits, at once', () => {
    const { throttle, got, get } = make(10);
    expect([get('a', 4), get('b', 6)]).toEqual([true, true]);
    expect([got, throttle.count, throttle.waiting]).toEqual([['a', 'b'], 10, 0]);
  });

  it('makes wait what would exceed the maximum, and admits it when enough is given back', () => {
    const { throttle, got, get } = make(10);
    get('a', 8);
    expect(get('b', 3)).toBe(false);
    throttle.put(0);
    expect(got).toEqual(['a']);
    throttle.put(1);
    expect([got, throttle.count]).toEqual([['a', 'b'], 10]);
  });

  it('admits a request larger than the maximum as soon as no more than the maximum is in use', () => {
    const { throttle, got, get } = make(10);
    expect(get('huge', 50)).toBe(true);
    expect(get('huge 2', 60)).toBe(false);
    throttle.put(39);
    expect(got).toEqual(['huge']);
    throttle.put(1);
    expect([got, throttle.count]).toEqual([['huge', 'huge 2'], 70]);
  });

  it('lets nobody go before one who waits, even one who would fit', () => {
    const { throttle, got, get } = make(10);
    get('a', 8);
    get('b', 5);
    expect(get('c', 1)).toBe(false);
    expect([got, throttle.waiting]).toEqual([['a'], 2]);
    throttle.put(8);
    expect(got).toEqual(['a', 'b', 'c']);
  });

  it('passes the turn on: one put admits all who fit, in order', () => {
    const { throttle, got, get } = make(10);
    get('a', 10);
    for (const name of ['b', 'c', 'd', 'e']) get(name, 3);
    throttle.put(10);
    expect([got, throttle.waiting]).toEqual([['a', 'b', 'c', 'd'], 1]);
  });

  it('getOrFail refuses where it would wait or where anyone waits', () => {
    const { throttle, get } = make(10);
    expect([throttle.getOrFail(7), throttle.getOrFail(4), throttle.getOrFail(3)]).toEqual([true, false, true]);
    get('a', 5);
    throttle.put(4);
    expect(throttle.getOrFail(1)).toBe(false);
  });

  it('take asks nobody and may exceed the maximum', () => {
    const { throttle, get } = make(10);
    expect(throttle.take(25)).toBe(25);
    expect(get('a', 1)).toBe(false);
  });

  it('refuses to take back more than is in use', () => {
    const { throttle } = make(10);
    throttle.take(3);
    expect(() => throttle.put(4)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_THROTTLE', errno: 22 }));
    expect(throttle.count).toBe(3);
    expect(throttle.put()).toBe(2);
  });

  it('with maximum 0 never makes anyone wait, counts what is got and given back, but not what is taken', () => {
    const { throttle, get } = make(0);
    expect([get('a', 1e12), throttle.getOrFail(5), throttle.take(7)]).toEqual([true, true, 0]);
    expect(throttle.count).toBe(1e12 + 5);
    expect(throttle.put(5)).toBe(0);
    expect(throttle.count).toBe(1e12);
    expect(throttle.pastMidpoint()).toBe(false);
    throttle.put(2e12);
    expect(throttle.count).toBe(0);
  });

  it('admits who fits into a new maximum', () => {
    const { throttle, got, get } = make(10);
    get('a', 10);
    get('b', 5);
    get('c', 3);
    throttle.resetMax(15);
    expect([got, throttle.max]).toEqual([['a', 'b'], 15]);
    throttle.resetMax(0);
    expect(got).toEqual(['a', 'b', 'c']);
  });

  it('forgets what is in use where asked', () => {
    const { throttle, got, get } = make(10);
    get('a', 10);
    get('b', 1);
    throttle.reset();
    expect([got, throttle.count]).toEqual([['a', 'b'], 1]);
  });

  it('knows when half of it is in use', () => {
    const { throttle } = make(10);
    throttle.take(4);
    expect(throttle.pastMidpoint()).toBe(false);
    throttle.take(1);
    expect(throttle.pastMidpoint()).toBe(true);
  });

  it.each([-1, NaN, Infinity])('refuses an amount of %p everywhere', (amount) => {
    const { throttle, get } = make(10);
    for (const call of [
      () => get('a', amount),
      () => throttle.getOrFail(amount),
      () => throttle.take(amount),
      () => throttle.put(amount),
      () => throttle.resetMax(amount),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CEPH_THROTTLE' }));
    }
    expect(() => make(amount)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_THROTTLE' }));
  });

  it('tells everyone who waits -ECANCELED at shutdown, and rejects promises', async () => {
    const { throttle, got, get } = make(1);
    get('a', 1);
    get('b', 1);
    const waiting = throttle.getAsync(1);
    throttle.shutdown();
    expect(got).toEqual(['a', 'b -125']);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CEPH_ABORTED' });
    expect(throttle.waiting).toBe(0);
  });

  it('resolves promises in order', async () => {
    const { throttle } = make(1);
    await throttle.getAsync(1);
    const order: number[] = [];
    const both = [throttle.getAsync(1).then(() => order.push(1)), throttle.getAsync(1).then(() => order.push(2))];
    throttle.put(1);
    throttle.put(1);
    await Promise.all(both);
    expect(order).toEqual([1, 2]);
  });

  it('reports what a waiter throws, and admits the next', () => {
    const { throttle, got, get } = make(1);
    get('a', 1);
    throttle.get(1, () => {
      throw new Error('boom');
    });
    get('b', 1);
    throttle.put(1);
    expect(throttle.put(1)).toBe(1);
    expect(got).toEqual(['a', 'Error: boom', 'b']);
  });

  it('counts as Ceph does, under throttle-NAME', () => {
    const { clock, cct, throttle, get } = make(10);
    get('a', 6);
    get('b', 6);
    throttle.getOrFail(1);
    throttle.take(2);
    clock.advance(250);
    throttle.put(8);
    throttle.getOrFail(1);
    expect(cct.perf.get('throttle-test')?.dump()).toEqual({
      val: 7,
      max: 10,
      get_started: 2,
      get: 3,
      get_sum: 13,
      get_or_fail_fail: 1,
      get_or_fail_success: 1,
      take: 1,
      take_sum: 2,
      put: 1,
      put_sum: 8,
      wait: { avgcount: 1, sum: 0.25, avgtime: 0.25 },
    });
    throttle.shutdown();
    expect(cct.perf.list()).toEqual([]);
    expect(make(10, false).cct.perf.list()).toEqual([]);
  });

  it('keeps its promises over random calls: never beyond the maximum but for one large one, first in first out, all settled', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seededRandom(seed);
      const pick = (n: number): number => Math.floor(random.next() * n);
      const { throttle, got, get } = make(1 + pick(20));
      const asked: string[] = [];
      const held: number[] = [];
      let seen = 0;
      for (let step = 0; step < 60; step++) {
        if (pick(2) === 0) {
          const amount = pick(25);
          asked.push(`${asked.length}:${amount}`);
          get(asked.at(-1)!, amount);
        } else if (held.length > 0) throttle.put(held.splice(pick(held.length), 1)[0]!);
        for (; seen < got.length; seen++) held.push(Number(got[seen]!.split(':')[1]));
        expect(got).toEqual(asked.slice(0, got.length));
        expect(throttle.count).toBe(held.reduce((sum, amount) => sum + amount, 0));
        expect(throttle.waiting).toBe(asked.length - got.length);
      }
      throttle.reset();
      while (throttle.waiting > 0) throttle.reset();
      expect(got).toEqual(asked);
    }
  });
});
