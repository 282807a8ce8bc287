import { encodeText, EVersion, IntervalSet, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { hash2, hashBytes, hashBytesLinux } from '../crush/rjenkins.js';
import { HitSetParams } from './hit-set-params.js';
import { PgId } from './pg.js';
import { PoolOpts } from './pool-opts.js';

/** How a pool keeps its objects. */
export const POOL_TYPE = { replicated: 1, erasure: 3 } as const;

/** Bits of {@link PgPool.flags}. */
export const POOL_FLAG = {
  hashpspool: 1 << 0,
  full: 1 << 1,
  ecOverwrites: 1 << 2,
  incompleteClones: 1 << 3,
  nodelete: 1 << 4,
  nopgchange: 1 << 5,
  nosizechange: 1 << 6,
  writeFadviseDontneed: 1 << 7,
  noscrub: 1 << 8,
  nodeepScrub: 1 << 9,
  fullQuota: 1 << 10,
  nearfull: 1 << 11,
  backfillfull: 1 << 12,
  selfmanagedSnaps: 1 << 13,
  poolSnaps: 1 << 14,
  creating: 1 << 15,
} as const;

const LINUX_HASH = 1;
/** Between namespace and name where they are hashed together. */
const SEPARATOR = '\x1f';

/** A snapshot of a whole pool. */
export interface PoolSnapInfo {
  snapid: number;
  stamp: UTime;
  name: string;
}

export function encodePoolSnapInfo(e: Encoder, info: PoolSnapInfo): void {
  const mark = e.start(2, 2);
  e.u64(info.snapid);
  info.stamp.encode(e);
  e.string(info.name).finish(mark);
}

export function decodePoolSnapInfo(d: Decoder): PoolSnapInfo {
  return d.struct(2, (d) => ({ snapid: d.u64(), stamp: UTime.decode(d), name: d.string() }), 'pool_snap_info_t');
}

/** The merge of two placement groups that is on its way. */
export interface PgMergeMeta {
  sourcePgid: PgId;
  readyEpoch: number;
  lastEpochStarted: number;
  lastEpochClean: number;
  sourceVersion: EVersion;
  targetVersion: EVersion;
}

/** `x` folded into 0 … b−1 so that few move when b grows; `mask` is the next power of two, less one. */
export function stableMod(x: number, b: number, mask: number): number {
  const folded = (x & mask) >>> 0;
  return folded < b ? folded : (x & (mask >>> 1)) >>> 0;
}

function maskOf(n: number): number {
  return n <= 1 ? 0 : 2 ** (32 - Math.clz32(n - 1)) - 1;
}

/** Decoders as old as this one cope with what later releases write. */
const VERSION = 30;
const COMPAT = 5;

/**
 * A pool: how many placement groups it has and how they are placed.
 *
 * @see struct pg_pool_t in src/osd/osd_types.h (16.2.15)
 */
export class PgPool {
  flags = 0;
  type: number = POOL_TYPE.replicated;
  size = 0;
  minSize = 0;
  crushRule = 0;
  objectHash = 2;
  lastChange = 0;
  lastForceOpResend = 0;
  lastForceOpResendPrenautilus = 0;
  lastForceOpResendPreluminous = 0;
  autoscaleMode = 0;
  pgNumPending = 0;
  pgNumTarget = 0;
  pgpNumTarget = 0;
  lastPgMergeMeta: PgMergeMeta = {
    sourcePgid: new PgId(0, 0),
    readyEpoch: 0,
    lastEpochStarted: 0,
    lastEpochClean: 0,
    sourceVersion: new EVersion(),
    targetVersion: new EVersion(),
  };
  auid = 0;
  crashReplayInterval = 0;
  snapSeq = 0;
  snapEpoch = 0;
  snaps: Map<number, PoolSnapInfo> = new Map();
  removedSnaps: IntervalSet = new IntervalSet();
  quotaMaxBytes = 0;
  quotaMaxObjects = 0;
  tiers: Set<number> = new Set();
  tierOf = -1;
  cacheMode = 0;
  readTier = -1;
  writeTier = -1;
  properties: Map<string, string> = new Map();
  hitSetParams: HitSetParams = new HitSetParams();
  hitSetPeriod = 0;
  hitSetCount = 0;
  stripeWidth = 0;
  targetMaxBytes = 0;
  targetMaxObjects = 0;
  cacheTargetDirtyRatioMicro = 0;
  cacheTargetDirtyHighRatioMicro = 0;
  cacheTargetFullRatioMicro = 0;
  cacheMinFlushAge = 0;
  cacheMinEvictAge = 0;
  erasureCodeProfile = '';
  minReadRecencyForPromote = 0;
  minWriteRecencyForPromote = 0;
  expectedNumObjects = 0;
  useGmtHitset = true;
  fastRead = false;
  hitSetGradeDecayRate = 0;
  hitSetSearchLastN = 0;
  opts: PoolOpts = new PoolOpts();
  applicationMetadata: Map<string, Map<string, string>> = new Map();
  createTime: UTime = UTime.ZERO;
  peeringCrushBucketCount = 0;
  peeringCrushBucketTarget = 0;
  peeringCrushBucketBarrier = 0;
  peeringCrushMandatoryMember = 0x7fffffff;
  #pgNum = 1;
  #pgpNum = 1;
  #pgNumMask = 0;
  #pgpNumMask = 0;
  /** Written again as it was read: releases differ, and so do their maps' checksums. */
  #version = 29;

  get pgNum(): number {
    return this.#pgNum;
  }

  set pgNum(n: number) {
    this.#pgNum = n;
    this.#pgNumMask = maskOf(n);
  }

  get pgpNum(): number {
    return this.#pgpNum;
  }

  set pgpNum(n: number) {
    this.#pgpNum = n;
    this.#pgpNumMask = maskOf(n);
  }

  get pgNumMask(): number {
    return this.#pgNumMask;
  }

  get isErasure(): boolean {
    return this.type === POOL_TYPE.erasure;
  }

  /** May the members of a placement group move up where one is missing? In an erasure-coded pool each has its own shard. */
  get canShiftOsds(): boolean {
    return this.type === POOL_TYPE.replicated;
  }

  hasFlag(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Bytes that appends and writes to an erasure-coded pool must come in; 0 for any. */
  get requiredAlignment(): number {
    return this.isErasure && !this.hasFlag(POOL_FLAG.ecOverwrites) ? this.stripeWidth : 0;
  }

  get isTier(): boolean {
    return this.tierOf >= 0;
  }

  /** The placement seed of a name in a namespace. */
  hashKey(key: string, nspace = ''): number {
    const bytes = encodeText(nspace === '' ? key : `${nspace}${SEPARATOR}${key}`);
    return this.objectHash === LINUX_HASH ? hashBytesLinux(bytes) : hashBytes(bytes);
  }

  /** Which of the pool's placement groups a seed is in. */
  foldSeed(seed: number): number {
    return stableMod(seed, this.#pgNum, this.#pgNumMask);
  }

  /** What CRUSH is given for a seed. */
  placementSeed(pool: number, seed: number): number {
    const folded = stableMod(seed, this.#pgpNum, this.#pgpNumMask);
    return this.hasFlag(POOL_FLAG.hashpspool) ? hash2(folded, pool) : folded + pool;
  }

  encode(e: Encoder): void {
    const v = this.#version;
    const mark = e.start(v, COMPAT);
    e.u8(this.type).u8(this.size).u8(this.crushRule).u8(this.objectHash).u32(this.#pgNum).u32(this.#pgpNum).u32(0).u32(0);
    e.u32(this.lastChange).u64(this.snapSeq).u32(this.snapEpoch);
    e.map(this.snaps, (e, id) => e.u64(id), encodePoolSnapInfo);
    this.removedSnaps.encode(e);
    e.u64(this.auid).u64(this.flags).u32(this.crashReplayInterval).u8(this.minSize);
    e.u64(this.quotaMaxBytes).u64(this.quotaMaxObjects);
    e.list(this.tiers, (e, pool) => e.u64(pool));
    e.s64(this.tierOf).u8(this.cacheMode).s64(this.readTier).s64(this.writeTier);
    encodeStrings(e, this.properties);
    this.hitSetParams.encode(e);
    e.u32(this.hitSetPeriod).u32(this.hitSetCount).u32(this.stripeWidth).u64(this.targetMaxBytes).u64(this.targetMaxObjects);
    e.u32(this.cacheTargetDirtyRatioMicro)
      .u32(this.cacheTargetFullRatioMicro)
      .u32(this.cacheMinFlushAge)
      .u32(this.cacheMinEvictAge);
    e.string(this.erasureCodeProfile).u32(this.lastForceOpResendPreluminous).u32(this.minReadRecencyForPromote);
    e.u64(this.expectedNumObjects).u32(this.cacheTargetDirtyHighRatioMicro).u32(this.minWriteRecencyForPromote);
    e.bool(this.useGmtHitset).bool(this.fastRead).u32(this.hitSetGradeDecayRate).u32(this.hitSetSearchLastN);
    this.opts.encode(e);
    e.u32(this.lastForceOpResendPrenautilus);
    e.map(
      this.applicationMetadata,
      (e, name) => e.string(name),
      (e, values) => encodeStrings(e, values),
    );
    this.createTime.encode(e);
    if (v >= 28) {
      e.u32(this.pgNumTarget).u32(this.pgpNumTarget).u32(this.pgNumPending).u32(0).u32(0);
      e.u32(this.lastForceOpResend).u8(this.autoscaleMode);
    }
    if (v >= 29) encodeMergeMeta(e, this.lastPgMergeMeta);
    if (v >= 30) {
      e.u32(this.peeringCrushBucketCount).u32(this.peeringCrushBucketTarget).u32(this.peeringCrushBucketBarrier);
      e.s32(this.peeringCrushMandatoryMember);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): PgPool {
    return d.struct(
      VERSION,
      (d, v) => {
        if (v < 27) throw d.error(`pg_pool_t version ${v} is older than any supported release`);
        const pool = new PgPool();
        pool.#decode(d, v);
        return pool;
      },
      'pg_pool_t',
    );
  }

  #decode(d: Decoder, v: number): void {
    // what later releases have after this is arranged otherwise, and is skipped
    this.#version = v > VERSION ? 29 : v;
    this.type = d.u8();
    this.size = d.u8();
    this.crushRule = d.u8();
    this.objectHash = d.u8();
    this.pgNum = d.u32();
    this.pgpNum = d.u32();
    if (this.pgNum === 0 || this.pgpNum === 0) throw d.error('a pool without placement groups');
    d.skip(8); // local placement groups, of old
    this.lastChange = d.u32();
    this.snapSeq = d.u64();
    this.snapEpoch = d.u32();
    this.snaps = d.map((d) => d.u64(), decodePoolSnapInfo, 14);
    this.removedSnaps = IntervalSet.decode(d);
    this.auid = d.u64();
    this.flags = d.u64();
    this.crashReplayInterval = d.u32();
    this.minSize = d.u8();
    this.quotaMaxBytes = d.u64();
    this.quotaMaxObjects = d.u64();
    this.tiers = new Set(d.list((d) => d.u64(), 8));
    this.tierOf = d.s64();
    this.cacheMode = d.u8();
    this.readTier = d.s64();
    this.writeTier = d.s64();
    this.properties = decodeStrings(d);
    this.hitSetParams = HitSetParams.decode(d);
    this.hitSetPeriod = d.u32();
    this.hitSetCount = d.u32();
    this.stripeWidth = d.u32();
    this.targetMaxBytes = d.u64();
    this.targetMaxObjects = d.u64();
    this.cacheTargetDirtyRatioMicro = d.u32();
    this.cacheTargetFullRatioMicro = d.u32();
    this.cacheMinFlushAge = d.u32();
    this.cacheMinEvictAge = d.u32();
    this.erasureCodeProfile = d.string();
    this.lastForceOpResendPreluminous = d.u32();
    this.minReadRecencyForPromote = d.u32();
    this.expectedNumObjects = d.u64();
    this.cacheTargetDirtyHighRatioMicro = d.u32();
    this.minWriteRecencyForPromote = d.u32();
    this.useGmtHitset = d.bool();
    this.fastRead = d.bool();
    this.hitSetGradeDecayRate = d.u32();
    this.hitSetSearchLastN = d.u32();
    this.opts = PoolOpts.decode(d);
    this.lastForceOpResendPrenautilus = d.u32();
    this.applicationMetadata = d.map((d) => d.string(), decodeStrings, 8);
    this.createTime = UTime.decode(d);
    if (v >= 28) {
      this.pgNumTarget = d.u32();
      this.pgpNumTarget = d.u32();
      this.pgNumPending = d.u32();
      d.skip(8);
      this.lastForceOpResend = d.u32();
      this.autoscaleMode = d.u8();
    } else {
      this.pgNumTarget = this.pgNumPending = this.pgNum;
      this.pgpNumTarget = this.pgpNum;
      this.lastForceOpResend = this.lastForceOpResendPrenautilus;
    }
    if (v >= 29) this.lastPgMergeMeta = decodeMergeMeta(d);
    if (v === 30) {
      this.peeringCrushBucketCount = d.u32();
      this.peeringCrushBucketTarget = d.u32();
      this.peeringCrushBucketBarrier = d.u32();
      this.peeringCrushMandatoryMember = d.s32();
    }
  }
}

function encodeStrings(e: Encoder, map: ReadonlyMap<string, string>): void {
  e.map(
    map,
    (e, key) => e.string(key),
    (e, value) => e.string(value),
  );
}

function decodeStrings(d: Decoder): Map<string, string> {
  return d.map(
    (d) => d.string(),
    (d) => d.string(),
    8,
  );
}

function encodeMergeMeta(e: Encoder, meta: PgMergeMeta): void {
  const mark = e.start(1, 1);
  meta.sourcePgid.encode(e);
  e.u32(meta.readyEpoch).u32(meta.lastEpochStarted).u32(meta.lastEpochClean);
  meta.sourceVersion.encode(e);
  meta.targetVersion.encode(e);
  e.finish(mark);
}

function decodeMergeMeta(d: Decoder): PgMergeMeta {
  return d.struct(
    1,
    (d) => ({
      sourcePgid: PgId.decode(d),
      readyEpoch: d.u32(),
      lastEpochStarted: d.u32(),
      lastEpochClean: d.u32(),
      sourceVersion: EVersion.decode(d),
      targetVersion: EVersion.decode(d),
    }),
    'pg_merge_meta_t',
  );
}
