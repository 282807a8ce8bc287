import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * A placement group: pool and placement seed.
 *
 * @see struct pg_t in src/osd/osd_types.h (16.2.15)
 */
export class PgId {
  readonly pool: number;
  /** Before it is folded into the pool's pg_num: the hash of an object's name. */
  readonly seed: number;

  constructor(pool: number, seed: number) {
    this.pool = pool;
    this.seed = seed;
  }

  equals(other: PgId): boolean {
    return this.pool === other.pool && this.seed === other.seed;
  }

  /** Does it give some of its objects to new placement groups when the pool's pg_num becomes `newNum`? */
  isSplit(oldNum: number, newNum: number): boolean {
    if (this.seed >= oldNum) return false;
    // children are numbered by this seed with more bits above it, the first of them the nearest
    const step = 2 ** (32 - Math.clz32(oldNum - 1));
    const child = this.seed + (this.seed + step / 2 >= oldNum && this.seed < step / 2 ? step / 2 : step);
    return child < newNum;
  }

  /** Does it go up in another one when the pool's pg_num becomes `newNum`? */
  isMergeSource(oldNum: number, newNum: number): boolean {
    return this.seed < oldNum && this.seed >= newNum;
  }

  /** Does it take up others when the pool's pg_num becomes `newNum`? */
  isMergeTarget(oldNum: number, newNum: number): boolean {
    return this.isSplit(newNum, oldNum);
  }

  encode(e: Encoder): void {
    e.u8(1).u64(this.pool).u32(this.seed).s32(-1);
  }

  static decode(d: Decoder): PgId {
    const at = d.offset;
    const version = d.u8();
    if (version !== 1) throw d.error(`pg_t version ${version}`, at);
    const pool = d.u64();
    const pg = new PgId(pool, d.u32());
    d.skip(4); // preferred, of old
    return pg;
  }

  /** As Ceph prints it: `2.1f`. */
  toString(): string {
    return `${this.pool}.${this.seed.toString(16)}`;
  }
}

/** In a {@link SpgId}: the pool has no shards. */
export const NO_SHARD = -1;

/** A placement group and, in an erasure-coded pool, one of its shards. @see struct spg_t in src/osd/osd_types.h (16.2.15) */
export class SpgId {
  readonly pgid: PgId;
  readonly shard: number;

  constructor(pgid: PgId, shard: number = NO_SHARD) {
    this.pgid = pgid;
    this.shard = shard;
  }

  equals(other: SpgId): boolean {
    return this.shard === other.shard && this.pgid.equals(other.pgid);
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    this.pgid.encode(e);
    e.u8(this.shard & 0xff).finish(mark);
  }

  static decode(d: Decoder): SpgId {
    return d.struct(1, (d) => new SpgId(PgId.decode(d), (d.u8() << 24) >> 24), 'spg_t');
  }

  toString(): string {
    return this.shard === NO_SHARD ? String(this.pgid) : `${String(this.pgid)}s${this.shard}`;
  }
}
