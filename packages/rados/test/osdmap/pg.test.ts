import { describe, expect, it } from '@jest/globals';
import { PgPool } from '../../src/osdmap/pg-pool.js';
import { PgId } from '../../src/osdmap/pg.js';

const poolOf = (pgNum: number): PgPool => Object.assign(new PgPool(), { pgNum });

/** Beyond every pg_num here. */
const HASHES = Array.from({ length: 128 }, (_, i) => i);
const members = (pool: PgPool, seed: number): string => HASHES.filter((hash) => pool.foldSeed(hash) === seed).join();

describe('a placement group', () => {
  it('splits and merges where its hashes become others, and only there, for all pairs of pg_num up to 64', () => {
    const wrong: string[] = [];
    const pools = Array.from({ length: 65 }, (_, n) => poolOf(Math.max(1, n)));
    const keys = pools.map((pool) => HASHES.map((seed) => members(pool, seed)));
    for (let from = 1; from <= 64; from++)
      for (let to = 1; to <= 64; to++)
        for (let seed = 0; seed < from; seed++) {
          const pg = new PgId(1, seed);
          const changes = keys[from]?.[seed] !== keys[to]?.[seed];
          const split = pg.isSplit(from, to);
          const source = pg.isMergeSource(from, to);
          const target = pg.isMergeTarget(from, to);
          const right = split === (to > from && changes) && source === seed >= to && target === (to < from && changes && seed < to);
          if (!right) wrong.push(`${from} to ${to}: ${seed.toString(16)} ${String([split, source, target])}`);
        }
    expect(wrong).toEqual([]);
  });
});
