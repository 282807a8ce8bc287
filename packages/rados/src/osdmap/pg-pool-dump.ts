import { compareText } from '@cephts/encoding';
import { dumpTextMap } from '../maps/dump.js';
import { POOL_FLAG } from './pg-pool.js';
import type { PgMergeMeta, PgPool } from './pg-pool.js';

/** By bit. */
const FLAG_NAMES = [
  ...['hashpspool', 'full', 'ec_overwrites', 'incomplete_clones', 'nodelete', 'nopgchange', 'nosizechange'],
  ...['write_fadvise_dontneed', 'noscrub', 'nodeep-scrub', 'full_quota', 'nearfull', 'backfillfull', 'selfmanaged_snaps'],
  ...['pool_snaps', 'creating', 'eio', 'bulk'],
];
const AUTOSCALE_MODES = ['off', 'warn', 'on'];
const CACHE_MODES = ['none', 'writeback', 'forward', 'readonly', 'readforward', 'readproxy', 'proxy'];

function flagNames(flags: number): string {
  const names: string[] = [];
  // more than 32 bits wide
  for (let bit = 0, rest = flags; rest > 0; bit++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) names.push(FLAG_NAMES[bit] ?? '???');
  return names.join();
}

function dumpMergeMeta(meta: PgMergeMeta): Record<string, unknown> {
  return {
    source_pgid: String(meta.sourcePgid),
    ready_epoch: meta.readyEpoch,
    last_epoch_started: meta.lastEpochStarted,
    last_epoch_clean: meta.lastEpochClean,
    source_version: String(meta.sourceVersion),
    target_version: String(meta.targetVersion),
  };
}

/** What a hit in each of a cache pool's hit sets is worth, the newest first: of a million, and less with each. */
function gradeTable({ hitSetCount, hitSetGradeDecayRate }: PgPool): number[] {
  let grade = 1_000_000;
  return Array.from({ length: hitSetCount }, () => (grade = Math.trunc(grade * (1 - hitSetGradeDecayRate / 100))));
}

/** A pool as `ceph osd dump` shows it. @see pg_pool_t::dump in src/osd/osd_types.cc (16.2.15) */
export function dumpPgPool(pool: PgPool): Record<string, unknown> {
  return {
    create_time: String(pool.createTime),
    flags: pool.flags,
    flags_names: flagNames(pool.flags),
    type: pool.type,
    size: pool.size,
    min_size: pool.minSize,
    crush_rule: pool.crushRule,
    peering_crush_bucket_count: pool.peeringCrushBucketCount,
    peering_crush_bucket_target: pool.peeringCrushBucketTarget,
    peering_crush_bucket_barrier: pool.peeringCrushBucketBarrier,
    peering_crush_bucket_mandatory_member: pool.peeringCrushMandatoryMember,
    object_hash: pool.objectHash,
    pg_autoscale_mode: AUTOSCALE_MODES[pool.autoscaleMode] ?? '???',
    pg_num: pool.pgNum,
    pg_placement_num: pool.pgpNum,
    pg_placement_num_target: pool.pgpNumTarget,
    pg_num_target: pool.pgNumTarget,
    pg_num_pending: pool.pgNumPending,
    last_pg_merge_meta: dumpMergeMeta(pool.lastPgMergeMeta),
    last_change: String(pool.lastChange),
    last_force_op_resend: String(pool.lastForceOpResend),
    last_force_op_resend_prenautilus: String(pool.lastForceOpResendPrenautilus),
    last_force_op_resend_preluminous: String(pool.lastForceOpResendPreluminous),
    auid: pool.auid,
    snap_mode: pool.hasFlag(POOL_FLAG.poolSnaps) ? 'pool' : 'selfmanaged',
    snap_seq: pool.snapSeq,
    snap_epoch: pool.snapEpoch,
    pool_snaps: [...pool.snaps]
      .sort(([a], [b]) => a - b)
      .map(([, { snapid, stamp, name }]) => ({ snapid, stamp: String(stamp), name })),
    removed_snaps: `[${[...pool.removedSnaps].map(([start, length]) => `${start.toString(16)}~${length.toString(16)}`).join()}]`,
    quota_max_bytes: pool.quotaMaxBytes,
    quota_max_objects: pool.quotaMaxObjects,
    tiers: [...pool.tiers].sort((a, b) => a - b),
    tier_of: pool.tierOf,
    read_tier: pool.readTier,
    write_tier: pool.writeTier,
    cache_mode: CACHE_MODES[pool.cacheMode] ?? 'unknown',
    target_max_bytes: pool.targetMaxBytes,
    target_max_objects: pool.targetMaxObjects,
    cache_target_dirty_ratio_micro: pool.cacheTargetDirtyRatioMicro,
    cache_target_dirty_high_ratio_micro: pool.cacheTargetDirtyHighRatioMicro,
    cache_target_full_ratio_micro: pool.cacheTargetFullRatioMicro,
    cache_min_flush_age: pool.cacheMinFlushAge,
    cache_min_evict_age: pool.cacheMinEvictAge,
    erasure_code_profile: pool.erasureCodeProfile,
    hit_set_params: pool.hitSetParams.toJSON(),
    hit_set_period: pool.hitSetPeriod,
    hit_set_count: pool.hitSetCount,
    use_gmt_hitset: pool.useGmtHitset,
    min_read_recency_for_promote: pool.minReadRecencyForPromote,
    min_write_recency_for_promote: pool.minWriteRecencyForPromote,
    hit_set_grade_decay_rate: pool.hitSetGradeDecayRate,
    hit_set_search_last_n: pool.hitSetSearchLastN,
    grade_table: gradeTable(pool),
    stripe_width: pool.stripeWidth,
    expected_num_objects: pool.expectedNumObjects,
    fast_read: pool.fastRead,
    options: pool.opts.toJSON(),
    application_metadata: Object.fromEntries(
      [...pool.applicationMetadata].sort(([a], [b]) => compareText(a, b)).map(([app, values]) => [app, dumpTextMap(values)]),
    ),
  };
}
