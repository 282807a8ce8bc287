// What the suites share.
import { setTimeout as sleep } from 'node:timers/promises';

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export function check(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

/**
 * Runs the contenders in turn, `rounds` times each (after three to warm up), so that whatever disturbs the machine disturbs all of
 * them. A contender returns its ms, or undefined where run() is to be timed as a whole. Returns the median of each.
 *
 * Each has its turn twice in a row and the second one counts, so that it finds the heap as itself leaves it: it pays for its own garbage, and
 * has what memory it had before. The other's garbage is gone by then, and V8's threads are done with giving its memory back to the system, which
 * holds up whoever runs beside it.
 */
export async function interleave(contenders, rounds) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = -3; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      globalThis.gc?.();
      await sleep(50);
      await run();
      const begin = performance.now();
      const own = await run();
      const ms = own ?? performance.now() - begin;
      if (round >= 0) samples[name].push(ms);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
}

/** A row in millions of items a second, from the ms that `n` items took each contender; the first one is ours. */
export function rateRow(name, n, times, bounds = {}) {
  const rates = Object.entries(times).map(([contender, ms]) => [contender, n / ms / 1000]);
  const [[, ours], ...peers] = rates;
  return {
    name,
    unit: 'M/s',
    ours,
    peers: Object.fromEntries(peers),
    ratio: ours / Math.max(...peers.map(([, rate]) => rate)),
    ...bounds,
  };
}
