import { EntityName, IntervalSet, RawObjectLocator, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

/** When an OSD was up, by epoch. @see struct osd_info_t in src/osd/OSDMap.h (16.2.15) */
export class OsdInfo {
  lastCleanBegin = 0;
  lastCleanEnd = 0;
  upFrom = 0;
  upThru = 0;
  downAt = 0;
  lostAt = 0;

  encode(e: Encoder): void {
    e.u8(1).u32(this.lastCleanBegin).u32(this.lastCleanEnd).u32(this.upFrom).u32(this.upThru).u32(this.downAt).u32(this.lostAt);
  }

  static decode(d: Decoder): OsdInfo {
    const info = new OsdInfo();
    d.skip(1); // version: there was only one
    info.lastCleanBegin = d.u32();
    info.lastCleanEnd = d.u32();
    info.upFrom = d.u32();
    info.upThru = d.u32();
    info.downAt = d.u32();
    info.lostAt = d.u32();
    return info;
  }
}

/** What else is known of an OSD. @see struct osd_xinfo_t in src/osd/OSDMap.h (16.2.15) */
export class OsdXInfo {
  downStamp: UTime = UTime.ZERO;
  /** Of 2^32 − 1. */
  laggyProbability = 0;
  laggyInterval = 0;
  features = 0n;
  /** Weight before it was marked out automatically. */
  oldWeight = 0;
  lastPurgedSnapsScrub: UTime = UTime.ZERO;
  deadEpoch = 0;
  #version = 4;

  encode(e: Encoder): void {
    const mark = e.start(this.#version, 1);
    this.downStamp.encode(e);
    e.u32(this.laggyProbability).u32(this.laggyInterval).u64big(this.features).u32(this.oldWeight);
    if (this.#version >= 4) {
      this.lastPurgedSnapsScrub.encode(e);
      e.u32(this.deadEpoch);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): OsdXInfo {
    return d.struct(
      4,
      (d, version) => {
        const info = new OsdXInfo();
        info.#version = Math.min(version, 4);
        info.downStamp = UTime.decode(d);
        info.laggyProbability = d.u32();
        info.laggyInterval = d.u32();
        if (version >= 2) info.features = d.u64big();
        if (version >= 3) info.oldWeight = d.u32();
        if (version >= 4) {
          info.lastPurgedSnapsScrub = UTime.decode(d);
          info.deadEpoch = d.u32();
        }
        return info;
      },
      'osd_xinfo_t',
    );
  }
}

/** Who asked for an operation, and which. @see struct osd_reqid_t in src/osd/osd_types.h (16.2.15) */
export class OsdReqId {
  readonly name: EntityName;
  readonly tid: number;
  readonly inc: number;

  constructor(name: EntityName = new EntityName(), tid = 0, inc = 0) {
    this.name = name;
    this.tid = tid;
    this.inc = inc;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    this.name.encode(e);
    e.u64(this.tid).s32(this.inc).finish(mark);
  }

  static decode(d: Decoder): OsdReqId {
    return d.struct(
      2,
      (d) => {
        const name = EntityName.decode(d);
        const tid = d.u64();
        return new OsdReqId(name, tid, d.s32());
      },
      'osd_reqid_t',
    );
  }
}

/** Where else an object is to be looked for. @see struct request_redirect_t in src/osd/osd_types.h (16.2.15) */
export class RequestRedirect {
  locator: RawObjectLocator = new RawObjectLocator();
  object = '';

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    this.locator.encode(e);
    e.string(this.object).u32(0).finish(mark);
  }

  static decode(d: Decoder): RequestRedirect {
    return d.struct(
      1,
      (d) => {
        const redirect = new RequestRedirect();
        redirect.locator = RawObjectLocator.decode(d);
        redirect.object = d.string();
        d.blob(); // instructions to the OSD, which never came to be
        return redirect;
      },
      'request_redirect_t',
    );
  }
}

/** The snapshots a write has to keep, newest first. @see struct SnapContext in src/common/snap_types.h (16.2.15) */
export class SnapContext {
  seq: number;
  snaps: number[];

  constructor(seq = 0, snaps: number[] = []) {
    this.seq = seq;
    this.snaps = snaps;
  }

  /** Descending, none beyond `seq`? */
  isValid(): boolean {
    if (this.snaps.length > 0 && (this.snaps[0] as number) > this.seq) return false;
    return this.snaps.every((snap, i) => i === 0 || snap < (this.snaps[i - 1] as number));
  }

  encode(e: Encoder): void {
    e.u64(this.seq).list(this.snaps, (e, snap) => e.u64(snap));
  }

  static decode(d: Decoder): SnapContext {
    const seq = d.u64();
    return new SnapContext(
      seq,
      d.list((d) => d.u64(), 8),
    );
  }
}

/** An object's clones. @see struct SnapSet in src/osd/osd_types.h (16.2.15) */
export class SnapSet {
  seq = 0;
  /** Before luminous: the snapshots of the writer's context. */
  snaps: number[] = [];
  clones: number[] = [];
  cloneOverlap: Map<number, IntervalSet> = new Map();
  cloneSize: Map<number, number> = new Map();
  cloneSnaps: Map<number, number[]> = new Map();

  encode(e: Encoder): void {
    const ids = (list: readonly number[]): void => void e.list(list, (e, id) => e.u64(id));
    const mark = e.start(3, 2);
    e.u64(this.seq).bool(true);
    ids(this.snaps);
    ids(this.clones);
    e.map(
      this.cloneOverlap,
      (e, clone) => e.u64(clone),
      (e, overlap) => overlap.encode(e),
    );
    e.map(
      this.cloneSize,
      (e, clone) => e.u64(clone),
      (e, size) => e.u64(size),
    );
    e.map(
      this.cloneSnaps,
      (e, clone) => e.u64(clone),
      (_e, snaps) => ids(snaps),
    );
    e.finish(mark);
  }

  static decode(d: Decoder): SnapSet {
    const ids = (d: Decoder): number[] => d.list((d) => d.u64(), 8);
    return d.struct(
      3,
      (d, version) => {
        const set = new SnapSet();
        set.seq = d.u64();
        d.skip(1); // head_exists, of old
        set.snaps = ids(d);
        set.clones = ids(d);
        set.cloneOverlap = d.map((d) => d.u64(), IntervalSet.decode, 12);
        set.cloneSize = d.map(
          (d) => d.u64(),
          (d) => d.u64(),
          16,
        );
        if (version >= 3) set.cloneSnaps = d.map((d) => d.u64(), ids, 12);
        return set;
      },
      'SnapSet',
    );
  }
}
