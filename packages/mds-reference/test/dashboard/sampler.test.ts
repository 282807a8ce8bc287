import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pointOf } from '../../src/dashboard/sample.js';
import type { DaemonSample, Sample } from '../../src/dashboard/sample.js';
import { Sampler } from '../../src/dashboard/sampler.js';

const daemon = { state: 'up:active' } as DaemonSample;

describe('the sampler of the dashboard', () => {
  let looks: number;
  let asked: number[];
  let answers: boolean;
  let sampler: Sampler;

  beforeEach(() => {
    jest.useFakeTimers();
    looks = 0;
    asked = [];
    answers = true;
    sampler = new Sampler(
      {
        look: () => {
          looks++;
          return { threads: [], perf: { mds: { reply: looks } }, rss: 1, cpu: 1 };
        },
        ask: (id) => {
          asked.push(id);
          if (answers) queueMicrotask(() => sampler.answered(id, daemon));
        },
      },
      500,
    );
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('looks at once and then each interval while somebody watches, and not at all otherwise', async () => {
    await jest.advanceTimersByTimeAsync(5000);
    expect(looks).toBe(0);
    const seen: Sample[] = [];
    const unwatch = sampler.watch((sample) => seen.push(sample));
    await jest.advanceTimersByTimeAsync(1600);
    expect(seen).toHaveLength(4);
    expect(seen[0]).toMatchObject({ blockedMs: 0, daemon });
    unwatch();
    await jest.advanceTimersByTimeAsync(5000);
    expect(looks).toBe(4);
    expect(jest.getTimerCount()).toBe(0);
    expect(sampler.history).toEqual(seen.map(pointOf));
  });

  it('keeps five minutes of history', async () => {
    const unwatch = sampler.watch(() => undefined);
    await jest.advanceTimersByTimeAsync(10 * 60_000);
    expect(sampler.history).toHaveLength(601);
    unwatch();
  });

  it('goes on while the main isolate is stuck, says for how long, and does not pile questions up', async () => {
    const seen: Sample[] = [];
    const unwatch = sampler.watch((sample) => seen.push(sample));
    await jest.advanceTimersByTimeAsync(100);
    answers = false;
    await jest.advanceTimersByTimeAsync(2000);
    expect(seen.slice(1).map(({ blockedMs }) => blockedMs)).toEqual([100, 600, 1100, 1600]);
    expect(asked).toEqual([1, 2]);
    answers = true;
    sampler.answered(2, daemon);
    await jest.advanceTimersByTimeAsync(500);
    expect(seen.at(-1)?.blockedMs).toBe(0);
    unwatch();
  });
});
