import { RawObjectLocator } from '@cephts/encoding';
import { OSD_FLAG } from '../messages/osd/osd-op-codes.js';
import { OSDMAP_FLAG } from '../osdmap/osd-flags.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import { POOL_FLAG } from '../osdmap/pg-pool.js';
import type { PgPool } from '../osdmap/pg-pool.js';
import { PgId, SpgId } from '../osdmap/pg.js';
import type { PgPlacement } from '../osdmap/placement.js';

/** What a new map means for an operation. */
export type TargetChange = 'none' | 'resend' | 'noPool';

const NOWHERE = new SpgId(new PgId(-1, 0));

/** Flags of the map whose change begins a new interval. */
const INTERVAL_FLAGS = OSDMAP_FLAG.sortbitwise | OSDMAP_FLAG.recoveryDeletes;

function sameOsds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((osd, i) => osd === b[i]);
}

/**
 * Where an operation goes, and what of the map that depended on: from it follows whether it has to be sent again.
 *
 * @see Objecter::_calc_target in src/osdc/Objecter.cc (16.2.15)
 */
export class OpTarget {
  readonly oid: string;
  readonly base: RawObjectLocator;
  /** After redirections and cache tiers. */
  targetOid: string;
  target: RawObjectLocator;
  flags: number;
  /** −1 for none. */
  osd = -1;
  pgid: SpgId = NOWHERE;
  /** The whole hash of the name. */
  hash = 0;
  paused = false;
  epoch = 0;
  /** The pool has its operations sent again from this epoch on. */
  #forcedAt = 0;
  #placement: PgPlacement | undefined = undefined;
  #pool: PgPool | undefined = undefined;
  #flags = 0;
  #hashed = false;
  #everPlaced = false;

  constructor(oid: string, base: RawObjectLocator, flags: number) {
    this.oid = oid;
    this.base = base;
    this.targetOid = oid;
    this.target = base;
    this.flags = flags;
  }

  get isWrite(): boolean {
    return (this.flags & OSD_FLAG.WRITE) !== 0;
  }

  /** Forgets where it was: the next {@link update} says "resend". */
  reset(): void {
    this.#placement = undefined;
    this.pgid = NOWHERE;
    this.osd = -1;
    this.#hashed = false;
  }

  /** Did its pool exist once? Then its end needs no further proof. */
  get everPlaced(): boolean {
    return this.#everPlaced;
  }

  redirect(locator: RawObjectLocator, oid: string): void {
    const { target } = this;
    const pool = locator.pool >= 0 ? locator.pool : target.pool;
    this.target = new RawObjectLocator(pool, locator.nspace || target.nspace, locator.key || target.key, locator.hash);
    if (oid !== '') this.targetOid = oid;
    this.flags |= OSD_FLAG.REDIRECTED | OSD_FLAG.IGNORE_CACHE | OSD_FLAG.IGNORE_OVERLAY;
    this.reset();
  }

  update(map: OsdMap): TargetChange {
    this.epoch = map.epoch;
    const pool = map.pools.get(this.base.pool);
    if (!pool) {
      this.osd = -1;
      this.#placement = undefined;
      return 'noPool';
    }
    const forced = pool.lastForceOpResend > this.#forcedAt && map.epoch >= pool.lastForceOpResend;
    if (pool.lastForceOpResend > this.#forcedAt) this.#forcedAt = pool.lastForceOpResend;
    if ((this.flags & OSD_FLAG.REDIRECTED) === 0) this.#overlay(pool);
    const targetPool = map.pools.get(this.target.pool);
    if (!targetPool) {
      this.osd = -1;
      this.#placement = undefined;
      return 'noPool';
    }
    const { hash, key, nspace } = this.target;
    if (!this.#hashed) this.hash = hash >= 0 ? hash : targetPool.hashKey(key || this.targetOid, nspace);
    this.#hashed = true;
    const placement = map.placePg(this.target.pool, targetPool.foldSeed(this.hash));
    const wasPaused = this.paused;
    this.paused = this.#shouldPause(map, targetPool);
    const changed = forced || this.#isNewInterval(map, targetPool, placement);
    this.#placement = placement;
    this.#pool = targetPool;
    this.#flags = map.flags & INTERVAL_FLAGS;
    if (placement) {
      this.#everPlaced = true;
      this.pgid = placement.primaryShard;
      this.osd = placement.actingPrimary;
    } else this.osd = -1;
    return changed || (wasPaused && !this.paused) ? 'resend' : 'none';
  }

  #overlay(pool: PgPool): void {
    if (this.flags & OSD_FLAG.IGNORE_OVERLAY) return;
    let to = this.base.pool;
    if (this.flags & OSD_FLAG.READ && pool.readTier >= 0) to = pool.readTier;
    if (this.flags & OSD_FLAG.WRITE && pool.writeTier >= 0) to = pool.writeTier;
    const { base } = this;
    this.target = to === base.pool ? base : new RawObjectLocator(to, base.nspace, base.key, base.hash);
  }

  #shouldPause(map: OsdMap, pool: PgPool): boolean {
    const { flags } = this;
    if (flags & OSD_FLAG.READ && map.hasFlag(OSDMAP_FLAG.pauserd)) return true;
    if ((flags & OSD_FLAG.WRITE) === 0) return false;
    if (map.hasFlag(OSDMAP_FLAG.pausewr)) return true;
    if (flags & (OSD_FLAG.FULL_TRY | OSD_FLAG.FULL_FORCE)) return false;
    return map.hasFlag(OSDMAP_FLAG.full) || pool.hasFlag(POOL_FLAG.full);
  }

  /**
   * OSDs drop what they have of a placement group when its interval ends: whoever sent it sends it again.
   *
   * @see PastIntervals::is_new_interval in src/osd/osd_types.cc (16.2.15)
   */
  #isNewInterval(map: OsdMap, pool: PgPool, placement: PgPlacement | undefined): boolean {
    const before = this.#placement;
    const poolBefore = this.#pool;
    if (!before || !poolBefore || !placement) return before !== placement;
    return (
      before.actingPrimary !== placement.actingPrimary ||
      before.upPrimary !== placement.upPrimary ||
      !before.pgid.equals(placement.pgid) ||
      !sameOsds(before.acting, placement.acting) ||
      !sameOsds(before.up, placement.up) ||
      poolBefore.size !== pool.size ||
      poolBefore.minSize !== pool.minSize ||
      splitsOrMerges(before.pgid, poolBefore, pool) ||
      poolBefore.peeringCrushBucketCount !== pool.peeringCrushBucketCount ||
      poolBefore.peeringCrushBucketTarget !== pool.peeringCrushBucketTarget ||
      poolBefore.peeringCrushBucketBarrier !== pool.peeringCrushBucketBarrier ||
      poolBefore.peeringCrushMandatoryMember !== pool.peeringCrushMandatoryMember ||
      this.#flags !== (map.flags & INTERVAL_FLAGS)
    );
  }
}

/** Of all placement groups of a pool whose pg_num changes only some do, or are about to. */
function splitsOrMerges(pgid: PgId, before: PgPool, now: PgPool): boolean {
  const [num, newNum, pending, newPending] = [before.pgNum, now.pgNum, before.pgNumPending, now.pgNumPending];
  return (
    (num !== newNum && (pgid.isSplit(num, newNum) || pgid.isMergeSource(num, newNum) || pgid.isMergeTarget(num, newNum))) ||
    // made ready for a merger, or no longer
    (pending !== newPending &&
      (pgid.isMergeSource(pending, newPending) ||
        pgid.isMergeSource(newPending, pending) ||
        pgid.isMergeTarget(pending, newPending) ||
        pgid.isMergeTarget(newPending, pending)))
  );
}
