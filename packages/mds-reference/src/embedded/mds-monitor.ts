import type { CephContext } from '@cephts/common';
import { UTime } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import {
  MDSMap,
  MDS_RANK_NONE,
  MDS_STATE_ACTIVE,
  MDS_STATE_BOOT,
  MDS_STATE_CREATING,
  MDS_STATE_DAMAGED,
  MDS_STATE_DNE,
  MDS_STATE_REPLAY,
  MDS_STATE_STANDBY,
  MDS_STATE_STOPPED,
  MdsInfo,
  mdsCompatSetDefault,
} from '@cephts/rados';
import type { MonitorState, MonitorStore } from './monitor-store.js';

/** Pools of the embedded file system. */
export const METADATA_POOL = 1;
export const DATA_POOL = 2;

/** What a beacon says, as far as the map is concerned. */
export interface BeaconFacts {
  gid: number;
  name: string;
  /** Epoch the daemon knows. */
  version: number;
  state: number;
  seq: number;
  addrs: EntityAddrVec;
  mdsFeatures: bigint;
}

/** What became of a beacon: `dropped` ones get no answer, `unknown` senders the null map. */
export type BeaconVerdict = 'ack' | 'dropped' | 'unknown';

/**
 * Decides about ranks: who holds which, in what state; one file system with one rank.
 *
 * @see src/mon/MDSMonitor.cc (16.2.15)
 */
export class MDSMonitor {
  readonly #cct: CephContext;
  readonly #store: MonitorStore;
  readonly #state: MonitorState;
  readonly #onMap: (map: MDSMap) => void;
  readonly #lastBeacon = new Map<number, number>();
  #map: MDSMap;

  /**
   * @param onMap told of every new map, which is never changed afterwards
   */
  constructor(cct: CephContext, store: MonitorStore, state: MonitorState, onMap: (map: MDSMap) => void) {
    this.#cct = cct;
    this.#store = store;
    this.#state = state;
    this.#onMap = onMap;
    const map = new MDSMap();
    map.epoch = state.epoch + 1;
    map.enabled = true;
    map.metadataPool = METADATA_POOL;
    map.dataPools = [DATA_POOL];
    map.compat = mdsCompatSetDefault();
    map.created = this.#now();
    map.modified = map.created;
    if (state.created) {
      map.in.add(0);
      map.failed.add(0);
    }
    this.#map = map;
    this.#save();
  }

  get map(): MDSMap {
    return this.#map;
  }

  /** Takes a beacon in; a new map may follow before this returns. */
  handleBeacon(beacon: BeaconFacts): BeaconVerdict {
    const { gid, state, seq, version } = beacon;
    const info = this.#map.mdsInfo.get(gid);
    if (!info) {
      if (state !== MDS_STATE_BOOT) return 'unknown';
      this.#boot(beacon);
      return 'ack';
    }
    if (state === MDS_STATE_BOOT) return 'dropped';
    if (info.stateSeq > seq) return 'dropped';
    this.#lastBeacon.set(gid, this.#cct.clock.monotonicNow());
    if (info.isLaggy()) this.#change((map) => (map.mdsInfo.get(gid)!.laggySince = UTime.ZERO));
    // a state asked for on grounds of an old map is not granted
    const effective = version === this.#map.epoch;
    if (state === info.state || !effective) return 'ack';
    this.#setState(info, state, seq);
    return 'ack';
  }

  /** Time passes: daemons that fell silent are marked. */
  tick(): void {
    const limit = this.#cct.clock.monotonicNow() - this.#cct.conf.number('mds_beacon_grace') * 1000;
    for (const [gid, at] of this.#lastBeacon) {
      const info = this.#map.mdsInfo.get(gid);
      if (!info || info.isLaggy() || at > limit) continue;
      this.#cct.dout('mon', 0, `mds.${info.name} (gid ${gid}) is silent`);
      this.#change((map) => (map.mdsInfo.get(gid)!.laggySince = this.#now()));
    }
  }

  #boot({ gid, name, seq, addrs, mdsFeatures }: BeaconFacts): void {
    const older = this.#map.findGidByName(name);
    if (older > 0) this.#fail(older);
    this.#lastBeacon.set(gid, this.#cct.clock.monotonicNow());
    this.#change((map) => {
      const info = new MdsInfo();
      info.globalId = gid;
      info.name = name;
      info.rank = MDS_RANK_NONE;
      info.state = MDS_STATE_STANDBY;
      info.stateSeq = seq;
      info.addrs = addrs;
      info.mdsFeatures = mdsFeatures;
      info.compat = mdsCompatSetDefault();
      map.mdsInfo.set(gid, info);
    });
    this.#assignRank(gid);
  }

  /** Rank 0 goes to a standby while nobody holds it. */
  #assignRank(gid: number): void {
    if (this.#map.up.has(0) || this.#map.damaged.has(0)) return;
    this.#change((map) => {
      const info = map.mdsInfo.get(gid)!;
      info.rank = 0;
      info.inc = map.epoch;
      info.state = this.#state.created ? MDS_STATE_REPLAY : MDS_STATE_CREATING;
      map.in.add(0);
      map.failed.delete(0);
      map.stopped.delete(0);
      map.up.set(0, gid);
      map.inc.set(0, map.epoch);
    });
  }

  #setState(info: MdsInfo, state: number, seq: number): void {
    const gid = info.globalId;
    if (state === MDS_STATE_DNE) {
      this.#fail(gid);
    } else if (state === MDS_STATE_DAMAGED) {
      this.#fail(gid, true);
    } else if (state === MDS_STATE_STOPPED) {
      this.#change((map) => {
        map.mdsInfo.delete(gid);
        map.up.delete(info.rank);
        map.in.delete(info.rank);
        map.stopped.add(info.rank);
      });
    } else if (info.rank >= 0 && MDSMap.stateTransitionValid(info.state, state)) {
      if (state === MDS_STATE_ACTIVE) this.#state.created = true;
      this.#change((map) => {
        const changed = map.mdsInfo.get(gid)!;
        changed.state = state;
        changed.stateSeq = seq;
      });
    }
  }

  /** The daemon is gone: its rank waits for the next one. */
  #fail(gid: number, damaged = false): void {
    this.#lastBeacon.delete(gid);
    this.#change((map) => {
      const info = map.mdsInfo.get(gid);
      map.mdsInfo.delete(gid);
      if (!info || info.rank < 0) return;
      map.up.delete(info.rank);
      if (damaged) map.damaged.add(info.rank);
      else if (this.#state.created) map.failed.add(info.rank);
      else map.in.delete(info.rank);
      map.lastFailure = map.epoch;
    });
  }

  /** The next epoch: a copy of the map, changed. */
  #change(edit: (map: MDSMap) => void): void {
    const next = cloneMap(this.#map);
    next.epoch++;
    next.modified = this.#now();
    edit(next);
    this.#map = next;
    this.#save();
    this.#cct.dout('mon', 1, () => `mdsmap ${next.toString()}`);
    this.#onMap(next);
  }

  #save(): void {
    this.#state.epoch = this.#map.epoch;
    this.#store.save(this.#state);
  }

  #now(): UTime {
    return UTime.fromMillis(this.#cct.clock.now());
  }
}

function cloneMap(map: MDSMap): MDSMap {
  const copy = Object.assign(new MDSMap(), map);
  copy.in = new Set(map.in);
  copy.inc = new Map(map.inc);
  copy.failed = new Set(map.failed);
  copy.stopped = new Set(map.stopped);
  copy.damaged = new Set(map.damaged);
  copy.up = new Map(map.up);
  copy.mdsInfo = new Map([...map.mdsInfo].map(([gid, info]) => [gid, Object.assign(new MdsInfo(), info)]));
  return copy;
}
