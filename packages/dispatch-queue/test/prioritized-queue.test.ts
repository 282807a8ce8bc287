import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { PRIORITY, PrioritizedQueue as Queue } from '../src/index.js';
import type { Withdrawal } from '../src/index.js';
import { ReferenceQueue } from './reference-queue.js';

/** Shows the buckets too. */
class PrioritizedQueue<T> extends Queue<T> {
  tokensOf(priority: number): number {
    return this.waiting.find((sub) => sub.rank === priority)?.tokens ?? 0;
  }
}

const drain = <T>(queue: PrioritizedQueue<T>): T[] => {
  const out: T[] = [];
  for (let item = queue.dequeue(); item !== undefined; item = queue.dequeue()) out.push(item);
  return out;
};

/** As expect(…).toBe(…), at a cost that allows for a million of them. */
const agree = (seed: number, ours: unknown, theirs: unknown): void => {
  if (!Object.is(ours, theirs)) throw new Error(`seed ${seed}: got ${String(ours)}, the model says ${String(theirs)}`);
};

describe('PrioritizedQueue, strict tier', () => {
  it('serves the highest priority first and is first in, first out within one class', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueueStrict(1, 64, 'low 1');
    queue.enqueueStrict(1, 196, 'high 1');
    queue.enqueueStrict(1, 64, 'low 2');
    queue.enqueueStrict(1, 196, 'high 2');
    expect(drain(queue)).toEqual(['high 1', 'high 2', 'low 1', 'low 2']);
  });

  it('gives the classes of one priority one item each in turn, in order of their numbers', () => {
    const queue = new PrioritizedQueue<string>();
    for (const item of ['a1', 'a2', 'a3']) queue.enqueueStrict(7, 127, item);
    for (const item of ['b1']) queue.enqueueStrict(9, 127, item);
    for (const item of ['c1', 'c2']) queue.enqueueStrict(8, 127, item);
    expect(drain(queue)).toEqual(['a1', 'c1', 'b1', 'a2', 'c2', 'a3']);
  });

  it('lets a new class join at the position of its number, so that one before the cursor waits for the next round', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueueStrict(5, 127, 'e1');
    queue.enqueueStrict(5, 127, 'e2');
    queue.enqueueStrict(6, 127, 'f1');
    expect(queue.dequeue()).toBe('e1');
    queue.enqueueStrict(1, 127, 'a1');
    queue.enqueueStrict(7, 127, 'g1');
    expect(drain(queue)).toEqual(['f1', 'g1', 'a1', 'e2']);
  });

  it('puts an item at the front of its class where asked', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueueStrict(1, 127, 'second');
    queue.enqueueStrictFront(1, 127, 'first');
    expect(drain(queue)).toEqual(['first', 'second']);
  });

  it('goes before every item of the token tier, whatever its priority', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueue(1, 200, 1, 'token');
    queue.enqueueStrict(1, 1, 'strict');
    expect(drain(queue)).toEqual(['strict', 'token']);
  });
});

describe('PrioritizedQueue, token tier', () => {
  it('begins without tokens, so the highest priority goes on credit', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueue(1, 10, 100_000, 'low');
    queue.enqueue(1, 20, 100_000, 'high');
    expect(queue.dequeue()).toBe('high');
  });

  it('fills each bucket by priority × cost / sum of priorities, rounded down, plus 1, after the item has left', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 1 });
    queue.enqueue(1, 10, 1000, 'a1');
    queue.enqueue(1, 20, 1000, 'b1');
    queue.enqueue(1, 20, 1000, 'b2');
    expect(queue.dequeue()).toBe('b1');
    expect([queue.tokensOf(10), queue.tokensOf(20)]).toEqual([334, 667]);
    expect(queue.dequeue()).toBe('b2');
    // priority 20 is empty now and no longer counts
    expect([queue.tokensOf(10), queue.tokensOf(20)]).toEqual([1335, 0]);
  });

  it('serves the lowest priority that has more tokens than its next item costs', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 1 });
    queue.enqueue(1, 10, 300, 'low');
    queue.enqueue(1, 20, 1000, 'high 1');
    queue.enqueue(1, 20, 1000, 'high 2');
    expect(drain(queue)).toEqual(['high 1', 'low', 'high 2']);
  });

  it('does not count tokens equal to the cost as enough', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 1 });
    queue.enqueue(1, 10, 334, 'low');
    queue.enqueue(1, 20, 1000, 'high 1');
    queue.enqueue(1, 20, 1000, 'high 2');
    expect(drain(queue)).toEqual(['high 1', 'high 2', 'low']);
  });

  it('takes a cost below the least as the least, and one above the bucket as the bucket', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 100, maxTokensPerPriority: 1000 });
    queue.enqueue(1, 1, 5, 'cheap');
    queue.enqueue(1, 2, 1, 'x');
    queue.dequeue();
    expect(queue.tokensOf(1)).toBe(101);
    queue.enqueue(1, 2, 1_000_000, 'dear');
    expect(queue.dequeue()).toBe('cheap');
    queue.enqueue(1, 1, 5, 'cheap');
    queue.dequeue();
    expect(queue.tokensOf(1)).toBe(1000);
  });

  it('saves up no more than the bucket holds', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 100, maxTokensPerPriority: 150 });
    queue.enqueue(1, 3, 150, 'kept');
    for (let i = 0; i < 5; i++) {
      queue.enqueue(2, 60, 150, 'served');
      expect(queue.dequeue()).toBe('served');
    }
    expect(queue.tokensOf(3)).toBe(150);
  });

  it('begins with an empty bucket again after a priority has been empty', () => {
    const queue = new PrioritizedQueue<string>({ minCost: 1 });
    queue.enqueue(1, 10, 2000, 'a');
    queue.enqueue(1, 20, 1000, 'b');
    queue.dequeue();
    expect(queue.tokensOf(10)).toBeGreaterThan(0);
    queue.dequeue();
    queue.enqueue(1, 10, 2000, 'a');
    expect(queue.tokensOf(10)).toBe(0);
  });

  it('needs no tokens at priority 0', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueue(1, 0, 1, 'a');
    queue.enqueue(1, 0, 1, 'b');
    expect(drain(queue)).toEqual(['a', 'b']);
  });
});

describe('PrioritizedQueue, whole', () => {
  it('takes out a class in order: strict before token, higher priorities first, and leaves the rest', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueue(1, 10, 1, 't10 a');
    queue.enqueue(1, 20, 1, 't20 a');
    queue.enqueue(1, 20, 1, 't20 b');
    queue.enqueueStrict(1, 64, 's64 a');
    queue.enqueueStrict(1, 64, 's64 b');
    queue.enqueueStrict(1, 127, 's127 a');
    queue.enqueueStrict(2, 127, 'other');
    const told: string[] = [];
    expect(queue.removeByClass(1, (item) => told.push(item))).toEqual(['s127 a', 's64 a', 's64 b', 't20 a', 't20 b', 't10 a']);
    expect(told).toHaveLength(6);
    expect(queue.length).toBe(1);
    expect(drain(queue)).toEqual(['other']);
  });

  it('passes the turn on when the class whose turn it was is taken out', () => {
    const queue = new PrioritizedQueue<string>();
    for (const cls of [1, 2, 3]) for (const n of [1, 2]) queue.enqueueStrict(cls, 127, `${cls}.${n}`);
    expect(queue.dequeue()).toBe('1.1');
    queue.removeByClass(2);
    expect(drain(queue)).toEqual(['3.1', '1.2', '3.2']);
  });

  it('withdraws one item wherever it lies, once', () => {
    const queue = new PrioritizedQueue<string>();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((item) => {
      queue.enqueueStrict(1, 127, item, 3);
      return queue.withdrawal(1, 127, true)!;
    });
    expect(b!()).toBe(3);
    expect(b!()).toBeUndefined();
    expect(a!()).toBe(3);
    expect(d!()).toBe(3);
    expect(queue.withdrawal(1, 127, true)).toBeUndefined();
    expect(queue.length).toBe(1);
    expect(drain(queue)).toEqual(['c']);
    expect(c!()).toBeUndefined();
  });

  it('takes what would be served last, unless it is above the priority given', () => {
    const queue = new PrioritizedQueue<string>();
    expect(queue.dequeueLowest()).toBeUndefined();
    queue.enqueueStrict(1, 127, 'b');
    queue.enqueueStrict(1, 64, 'a');
    queue.enqueue(1, 200, 1, 'token');
    expect(queue.dequeueLowest(199, false)).toBeUndefined();
    expect([queue.dequeueLowest(200, false), queue.dequeueLowest(200, false)]).toEqual(['token', undefined]);
    expect([queue.dequeueLowest(63, true), queue.dequeueLowest(64, true), queue.dequeueLowest()]).toEqual([undefined, 'a', 'b']);
  });

  it('knows the oldest stamp also where stamps came out of order', () => {
    const queue = new PrioritizedQueue<string>();
    expect(queue.oldest()).toBe(Infinity);
    queue.enqueueStrict(1, 127, 'a', 0, 50);
    queue.enqueueStrict(1, 127, 'b', 0, 10);
    queue.enqueueStrict(2, 127, 'c', 0, 30);
    expect(queue.oldest()).toBe(10);
    queue.dequeue();
    queue.dequeue();
    expect(queue.oldest()).toBe(10);
    queue.dequeue();
    expect(queue.oldest()).toBe(Infinity);
  });

  it.each([
    [-1, 127],
    [1.5, 127],
    [2 ** 30, 127],
    [1, -1],
    [1, NaN],
    [1, 512],
  ])('refuses class %p at priority %p', (cls, priority) => {
    const queue = new PrioritizedQueue<string>();
    expect(() => queue.enqueueStrict(cls, priority, 'x')).toThrow(/Expected class <= 1073741823, priority <= 511, cost >= 0, got/);
    expect(() => queue.enqueue(cls, priority, 1, 'x')).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_INVALID_ARGUMENT', errno: 22 }),
    );
    expect(queue.length).toBe(0);
  });

  it('takes the largest class and priority', () => {
    const queue = new PrioritizedQueue<string>();
    queue.enqueueStrict(2 ** 30 - 1, 511, 'top');
    queue.enqueueStrict(0, PRIORITY.HIGHEST, 'below');
    queue.enqueueStrict(0, 511, 'beside');
    expect(drain(queue)).toEqual(['top', 'beside', 'below']);
  });

  it('tells the cost and the stamp of each item, equal in runs or not, in classes used before or not', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const pick = (n: number): number => Math.floor(random.next() * n);
      const queue = new PrioritizedQueue<{ cost: number; stamp: number }>();
      for (let fill = 0; fill < 4; fill++) {
        let [cost, stamp] = [pick(3), pick(3)];
        for (let i = pick(400); i > 0; i--) {
          if (pick(20) === 0) cost = pick(3) + pick(2) / 2;
          if (pick(20) === 0) stamp = pick(5) / 2;
          const item = { cost, stamp };
          if (pick(10) === 0) queue.enqueueStrictFront(pick(3), 64, item, cost, stamp);
          else queue.enqueueStrict(pick(3), 64, item, cost, stamp);
        }
        for (let item = queue.dequeue(); item; item = queue.dequeue()) {
          agree(seed, queue.dequeued.cost, item.cost);
          agree(seed, queue.dequeued.stamp, item.stamp);
        }
      }
    }
  });

  it('agrees with a plain model over random sequences of every call', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed);
      const pick = (n: number): number => Math.floor(random.next() * n);
      const options = { maxTokensPerPriority: 1 + pick(300), minCost: 1 + pick(40) };
      const queue = new PrioritizedQueue<number>(options);
      const model = new ReferenceQueue<number>(options.maxTokensPerPriority, options.minCost);
      const priorities = [0, 1, 5, 63, 64, 127, 500].slice(pick(3), 4 + pick(4));
      const classes = [0, 1, 2, 31, 32, 33, 1024, 40_000].slice(pick(4), 5 + pick(4));
      const entries: { item: number; withdraw: Withdrawal }[] = [];
      let next = 0;
      for (let step = 0; step < 60; step++) {
        const call = pick(12);
        const cls = classes[pick(classes.length)]!;
        const priority = priorities[pick(priorities.length)]!;
        if (call < 6) {
          const [item, cost, stamp] = [next++, pick(400), pick(20)];
          const strict = pick(3) === 0;
          const front = pick(6) === 0;
          model.put(strict ? 'strict' : 'token', front, cls, priority, item, cost, stamp);
          if (strict && front) queue.enqueueStrictFront(cls, priority, item, cost, stamp);
          else if (strict) queue.enqueueStrict(cls, priority, item, cost, stamp);
          else if (front) queue.enqueueFront(cls, priority, cost, item, stamp);
          else queue.enqueue(cls, priority, cost, item, stamp);
          if (!front) entries.push({ item, withdraw: queue.withdrawal(cls, priority, strict)! });
        } else if (call < 10) {
          agree(seed, queue.dequeue(), model.dequeue());
        } else if (call === 10 && entries.length > 0) {
          const { item, withdraw } = entries[pick(entries.length)]!;
          agree(seed, withdraw() !== undefined, model.withdraw(item));
        } else if (pick(2) === 0) {
          agree(seed, String(queue.removeByClass(cls)), String(model.removeByClass(cls)));
        } else {
          agree(seed, queue.dequeueLowest(), model.dequeueLowest());
        }
        agree(seed, queue.length, model.length);
        agree(seed, queue.oldest(), model.oldest());
        for (const [each, { tokens }] of model.token) agree(seed, queue.tokensOf(each), tokens);
      }
      while (queue.length > 0) agree(seed, queue.dequeue(), model.dequeue());
      agree(seed, model.length, 0);
    }
  });
});
