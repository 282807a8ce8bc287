import type { Decoder, Encoder } from '@cephts/encoding';
import { PgId } from './pg.js';

/** Something for each of some placement groups: a map by pool and seed, encoded in that order. */
export class PgTable<V> {
  readonly #pools = new Map<number, Map<number, V>>();

  get size(): number {
    let size = 0;
    for (const pool of this.#pools.values()) size += pool.size;
    return size;
  }

  isEmpty(): boolean {
    return this.#pools.size === 0;
  }

  get(pool: number, seed: number): V | undefined {
    return this.#pools.get(pool)?.get(seed);
  }

  set(pg: PgId, value: V): void {
    const seeds = this.#pools.get(pg.pool);
    if (seeds) seeds.set(pg.seed, value);
    else this.#pools.set(pg.pool, new Map([[pg.seed, value]]));
  }

  delete(pg: PgId): void {
    const seeds = this.#pools.get(pg.pool);
    if (seeds?.delete(pg.seed) && seeds.size === 0) this.#pools.delete(pg.pool);
  }

  /** In order. */
  entries(): [PgId, V][] {
    const all: [PgId, V][] = [];
    for (const [pool, seeds] of this.#pools) for (const [seed, value] of seeds) all.push([new PgId(pool, seed), value]);
    return all.sort(([a], [b]) => a.pool - b.pool || a.seed - b.seed);
  }

  encode(e: Encoder, write: (e: Encoder, value: V) => unknown): void {
    const entries = this.entries();
    e.u32(entries.length);
    for (const [pg, value] of entries) {
      pg.encode(e);
      write(e, value);
    }
  }

  static decode<V>(d: Decoder, read: (d: Decoder) => V): PgTable<V> {
    const table = new PgTable<V>();
    for (let left = d.count(17); left > 0; left--) table.set(PgId.decode(d), read(d));
    return table;
  }
}
