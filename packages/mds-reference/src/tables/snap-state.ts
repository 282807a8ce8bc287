import type { Decoder, Encoder } from '@cephts/encoding';
import { sortedEntries, sortedNumbers, sortedSnaps } from '@cephts/encoding';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { SnapInfo } from '../types/snap-info.js';

/** A snapshot that is being removed, and the sequence its realm gets then. */
export interface PendingDestroy {
  readonly snapid: bigint;
  readonly seq: bigint;
}

export function encodeSnaps(e: Encoder, snaps: ReadonlyMap<bigint, SnapInfo>): void {
  e.u32(snaps.size);
  for (const [snapid, info] of sortedSnaps(snaps)) {
    e.u64big(snapid);
    info.encode(e);
  }
}

export function decodeSnaps(d: Decoder): Map<bigint, SnapInfo> {
  return d.map((item) => item.u64big(), SnapInfo.decode, 14);
}

export function encodePendingUpdate(e: Encoder, pending: ReadonlyMap<number, SnapInfo>): void {
  e.u32(pending.size);
  for (const [version, info] of sortedEntries(pending)) {
    e.u64(version);
    info.encode(e);
  }
}

export function decodePendingUpdate(d: Decoder): Map<number, SnapInfo> {
  return d.map((item) => item.u64(), SnapInfo.decode, 14);
}

export function encodePendingDestroy(e: Encoder, pending: ReadonlyMap<number, PendingDestroy>): void {
  e.u32(pending.size);
  for (const [version, { snapid, seq }] of sortedEntries(pending)) e.u64(version).u64big(snapid).u64big(seq);
}

export function decodePendingDestroy(d: Decoder): Map<number, PendingDestroy> {
  return d.map(
    (item) => item.u64(),
    (item) => ({ snapid: item.u64big(), seq: item.u64big() }),
    24,
  );
}

/**
 * What the snap table holds: every snapshot of the file system, and changes that are prepared.
 *
 * @see SnapServer in src/mds/SnapServer.h (16.2.15)
 */
export class SnapState {
  lastSnap = 0n;
  lastCreated = 0n;
  lastDestroyed = 0n;
  snaprealmV2Since = 0n;
  snaps = new Map<bigint, SnapInfo>();
  /** By pool. */
  needToPurge = new Map<number, Set<bigint>>();
  pendingUpdate = new Map<number, SnapInfo>();
  pendingDestroy = new Map<number, PendingDestroy>();
  pendingNoop = new Set<number>();

  encode(e: Encoder): void {
    const mark = e.start(5, 3);
    e.u64big(this.lastSnap);
    encodeSnaps(e, this.snaps);
    e.u32(this.needToPurge.size);
    for (const [pool, snaps] of sortedEntries(this.needToPurge)) {
      e.s32(pool).u32(snaps.size);
      for (const snapid of [...snaps].sort((a, b) => (a < b ? -1 : 1))) e.u64big(snapid);
    }
    encodePendingUpdate(e, this.pendingUpdate);
    encodePendingDestroy(e, this.pendingDestroy);
    e.list(sortedNumbers(this.pendingNoop), (to, version) => to.u64(version));
    e.u64big(this.lastCreated).u64big(this.lastDestroyed).u64big(this.snaprealmV2Since);
    e.finish(mark);
  }

  static decode(d: Decoder): SnapState {
    const frame = d.start(5, 'SnapServer');
    const state = new SnapState();
    state.lastSnap = d.u64big();
    state.snaps = decodeSnaps(d);
    state.needToPurge = d.map(
      (item) => item.s32(),
      (item) => new Set(item.list((each) => each.u64big(), 8)),
      8,
    );
    state.pendingUpdate = decodePendingUpdate(d);
    state.pendingDestroy = decodePendingDestroy(d);
    state.pendingNoop = new Set(d.list((item) => item.u64(), 8));
    if (frame.version >= 4) {
      state.lastCreated = d.u64big();
      state.lastDestroyed = d.u64big();
    } else state.lastCreated = state.lastDestroyed = state.lastSnap;
    state.snaprealmV2Since = frame.version >= 5 ? d.u64big() : CEPH_NOSNAP;
    d.finish(frame, 'SnapServer');
    return state;
  }
}
