// What the suites share.
import { setTimeout as sleep } from 'node:timers/promises';

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export function check(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

/**
 * Runs the contenders in turn, `rounds` times each (after three to warm up), so that whatever disturbs the machine disturbs all of
 * them. A contender returns its ms, or undefined where run() is to be timed as a whole. Returns each one's times, round by round.
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
  return samples;
}

/**
 * A row in millions of items a second, from the ms that `n` items took us and the peer in each round: of the rounds, the one whose ratio is
 * the median. The two of a round ran one after the other, whatever phase the machine was in.
 */
export function rateRow(name, n, { ours, ...others }, bounds = {}) {
  const [[peer, theirs]] = Object.entries(others);
  const rounds = ours.map((ms, round) => ({ ours: n / ms / 1000, peer: n / theirs[round] / 1000 }));
  rounds.sort((a, b) => a.ours / a.peer - b.ours / b.peer);
  const middle = rounds[rounds.length >> 1];
  return { name, unit: 'M/s', ours: middle.ours, peers: { [peer]: middle.peer }, ratio: middle.ours / middle.peer, ...bounds };
}

/**
 * What an item costs while 10^3, 10^5 and 10^7 are queued; `sample(n)` measures its ns once. Each depth has its turn in every round and its best
 * counts: a machine that others work on too is slow for many seconds now and then, which must not fall on one depth alone. A turn is at least
 * two samples, so that one of them finds the memory that the depth needs: to get it from the system may cost more than all else.
 */
export async function depthRow(name, sample, rounds = 5) {
  const depths = [1e3, 1e5, 1e7];
  const best = depths.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [i, n] of depths.entries()) {
      for (let times = n > 1e6 ? 2 : 6; times > 0; times--) {
        globalThis.gc?.();
        best[i] = Math.min(best[i], await sample(n));
      }
    }
  }
  return {
    name,
    unit: 'ns',
    ours: best.map((ns) => ns.toFixed(1)).join(' / '),
    peers: {},
    ratio: Math.max(...best) / Math.min(...best),
    atMost: 2,
  };
}
