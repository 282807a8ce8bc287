import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import type { MDSMap } from '@cephts/rados';
import {
  MDS_STATE_ACTIVE,
  MDS_STATE_BOOT,
  MDS_STATE_CREATING,
  MDS_STATE_DAMAGED,
  MDS_STATE_DNE,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MDS_STATE_STANDBY,
  toJson,
} from '@cephts/rados';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { MDSMonitor } from '../../src/embedded/mds-monitor.js';
import type { BeaconFacts } from '../../src/embedded/mds-monitor.js';
import { MemoryMonitorStore } from '../../src/embedded/monitor-store.js';
import type { MonitorState } from '../../src/embedded/monitor-store.js';

const GID = 4100;

describe('the monitor’s map', () => {
  let clock: VirtualClock;
  let cct: CephContext;
  let store: MemoryMonitorStore;
  let state: MonitorState;
  let maps: MDSMap[];
  let monitor: MDSMonitor;
  let seq = 0;

  const start = (): void => {
    maps = [];
    monitor = new MDSMonitor(cct, store, state, (map) => maps.push(map));
  };
  const beacon = (wanted: number, more: Partial<BeaconFacts> = {}): string =>
    monitor.handleBeacon({
      gid: GID,
      name: 'a',
      version: monitor.map.epoch,
      state: wanted,
      seq: ++seq,
      addrs: EntityAddrVec.parse('v2:127.0.0.1:6800/1') as EntityAddrVec,
      mdsFeatures: 0n,
      ...more,
    });
  const states = (): number[] => maps.map((map) => map.getStateGid(GID));

  beforeEach(() => {
    clock = new VirtualClock();
    cct = new CephContext({ clock });
    cct.conf.define(MDS_OPTIONS);
    store = new MemoryMonitorStore();
    state = { format: 1, fsid: '', epoch: 0, nextGlobalId: GID, created: false };
    seq = 0;
    start();
  });

  it('makes who boots a standby and then gives it the rank, to create', () => {
    expect(beacon(MDS_STATE_BOOT)).toBe('ack');
    expect(states()).toEqual([MDS_STATE_STANDBY, MDS_STATE_CREATING]);
    expect(monitor.map.getRankGid(GID)).toBe(0);
    expect(monitor.map.getIncGid(GID)).toBe(monitor.map.epoch);
  });

  it('has every state in a map of its own, with the next epoch', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    expect(maps.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
    expect(monitor.map.getState(0)).toBe(MDS_STATE_ACTIVE);
  });

  it('sends a daemon through replay once the rank was active, also after a restart of the monitor', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    state = store.load() as MonitorState;
    expect(state.created).toBe(true);
    start();
    expect(monitor.map.failed.has(0)).toBe(true);
    seq = 0;
    beacon(MDS_STATE_BOOT, { gid: GID });
    beacon(MDS_STATE_RECONNECT);
    beacon(MDS_STATE_REJOIN);
    beacon(MDS_STATE_ACTIVE);
    expect(states()).toEqual([MDS_STATE_STANDBY, MDS_STATE_REPLAY, MDS_STATE_RECONNECT, MDS_STATE_REJOIN, MDS_STATE_ACTIVE]);
  });

  it('creates again when the daemon died before it was active', () => {
    beacon(MDS_STATE_BOOT);
    state = store.load() as MonitorState;
    start();
    beacon(MDS_STATE_BOOT, { gid: GID + 1 });
    expect(monitor.map.getStateGid(GID + 1)).toBe(MDS_STATE_CREATING);
  });

  it('grants no state that was asked for on grounds of an old map', () => {
    beacon(MDS_STATE_BOOT);
    expect(beacon(MDS_STATE_ACTIVE, { version: 1 })).toBe('ack');
    expect(monitor.map.getState(0)).toBe(MDS_STATE_CREATING);
  });

  it('grants no state that does not follow', () => {
    state.created = true;
    start();
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    expect(monitor.map.getState(0)).toBe(MDS_STATE_REPLAY);
  });

  it('tells who is in no map that it is unknown', () => {
    expect(beacon(MDS_STATE_ACTIVE)).toBe('unknown');
  });

  it('drops a second boot and old beacons', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    expect(beacon(MDS_STATE_BOOT)).toBe('dropped');
    expect(beacon(MDS_STATE_ACTIVE, { seq: 1 })).toBe('dropped');
  });

  it('lets a daemon go that says so, and fails its rank', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    expect(beacon(MDS_STATE_DNE)).toBe('ack');
    expect(monitor.map.isDneGid(GID)).toBe(true);
    expect(monitor.map.failed.has(0)).toBe(true);
  });

  it('gives a damaged rank to nobody', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    beacon(MDS_STATE_DAMAGED);
    beacon(MDS_STATE_BOOT, { gid: GID + 1 });
    expect(monitor.map.damaged.has(0)).toBe(true);
    expect(monitor.map.getStateGid(GID + 1)).toBe(MDS_STATE_STANDBY);
  });

  it('replaces an older daemon of the same name', () => {
    beacon(MDS_STATE_BOOT);
    beacon(MDS_STATE_ACTIVE);
    beacon(MDS_STATE_BOOT, { gid: GID + 1 });
    expect(monitor.map.isDneGid(GID)).toBe(true);
    expect(monitor.map.getStateGid(GID + 1)).toBe(MDS_STATE_REPLAY);
  });

  it('marks who fell silent, and unmarks it when it is back', () => {
    beacon(MDS_STATE_BOOT);
    clock.advance(16_000);
    monitor.tick();
    expect(monitor.map.isLaggyGid(GID)).toBe(true);
    beacon(MDS_STATE_CREATING);
    expect(monitor.map.isLaggyGid(GID)).toBe(false);
  });

  it('never changes a map that was handed out', () => {
    beacon(MDS_STATE_BOOT);
    const before = maps.map((map) => toJson(map.dump()));
    beacon(MDS_STATE_ACTIVE);
    expect(maps.slice(0, before.length).map((map) => toJson(map.dump()))).toEqual(before);
  });
});
