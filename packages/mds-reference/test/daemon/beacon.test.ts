import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { EntityAddrVec, Uuid } from '@cephts/encoding';
import type { Message } from '@cephts/async-messenger';
import { MDSMap, MDS_STATE_ACTIVE, MDS_STATE_BOOT, MDS_STATE_STANDBY, MMDSBeacon } from '@cephts/rados';
import type { MonClient } from '@cephts/rados';
import { Beacon } from '../../src/daemon/beacon.js';
import { MDS_OPTIONS } from '../../src/daemon/options.js';

describe('the beacon', () => {
  let clock: VirtualClock;
  let cct: CephContext;
  let sent: MMDSBeacon[];
  /** How many beacons had left whenever the lines for the cluster's log did. */
  let flushes: number[];
  let beacon: Beacon;

  const mapOf = (epoch: number): MDSMap => Object.assign(new MDSMap(), { epoch });
  const answer = (seq: number): void => {
    const m = new MMDSBeacon(Uuid.ZERO, 4100, 'a', 1, MDS_STATE_STANDBY, seq);
    m.connection = { peerType: 1 } as never;
    expect(beacon.msDispatch(m)).toBe(true);
  };

  beforeEach(() => {
    clock = new VirtualClock();
    cct = new CephContext({ clock });
    cct.conf.define(MDS_OPTIONS);
    sent = [];
    flushes = [];
    const monc = {
      globalId: 4100,
      fsid: Uuid.ZERO,
      sendMonMessage: (m: Message) => sent.push(m as MMDSBeacon),
      flushLog: () => flushes.push(sent.length),
    };
    beacon = new Beacon(cct, monc as unknown as MonClient, 'a', () => EntityAddrVec.EMPTY);
  });

  it('begins with boot, tells of its machine, and then comes every 4 s', () => {
    beacon.init(mapOf(0));
    clock.advance(8500);
    expect(sent.map(({ beaconSeq }) => beaconSeq)).toEqual([1, 2, 3]);
    expect(sent[0]).toMatchObject({ state: MDS_STATE_BOOT, version: 0, name: 'a', globalId: 4100 });
    expect([...(sent[0]?.sysInfo.keys() ?? [])]).toEqual(
      expect.arrayContaining(['arch', 'ceph_version', 'hostname', 'kernel_version']),
    );
  });

  it('asks for a state at once, with the epoch that goes with it', () => {
    beacon.init(mapOf(0));
    clock.advance(100);
    beacon.setWantState(mapOf(4), MDS_STATE_ACTIVE);
    expect(beacon.send()).toBe(true);
    expect(sent[1]).toMatchObject({ state: MDS_STATE_ACTIVE, version: 4, beaconSeq: 2 });
    expect(sent[1]?.sysInfo.size).toBe(0);
  });

  it('counts its interval from whatever beacon was last', () => {
    beacon.init(mapOf(0));
    clock.advance(3000);
    beacon.send();
    clock.advance(3900);
    expect(sent).toHaveLength(2);
    clock.advance(200);
    expect(sent).toHaveLength(3);
  });

  it('takes no notice of the greatest epoch there is: it belongs to the null map', () => {
    beacon.notifyMdsmap(mapOf(7));
    beacon.notifyMdsmap(MDSMap.createNullMdsmap());
    beacon.send();
    expect(sent[0]?.version).toBe(7);
  });

  it('knows that the monitor lags after 15 s without an answer, and that it answers again', () => {
    beacon.init(mapOf(0));
    clock.advance(15_500);
    expect(beacon.isLaggy()).toBe(true);
    beacon.send();
    answer(sent.at(-1)?.beaconSeq ?? 0);
    expect(beacon.isLaggy()).toBe(false);
  });

  it('counts from when the answered beacon was sent, not from when the answer came', () => {
    beacon.init(mapOf(0));
    clock.advance(14_000);
    answer(1);
    clock.advance(1500);
    expect(beacon.isLaggy()).toBe(true);
  });

  it('ignores an answer to a beacon it never sent', () => {
    beacon.init(mapOf(0));
    clock.advance(16_000);
    answer(999);
    expect(beacon.isLaggy()).toBe(true);
  });

  it('is withheld while something here is stuck, and tried again after half a second', () => {
    const worker = cct.heartbeatMap.addWorker('MDSRank');
    cct.heartbeatMap.resetTimeout(worker, 1000);
    beacon.init(mapOf(0));
    clock.advance(6000);
    expect(sent).toHaveLength(1);
    cct.heartbeatMap.clearTimeout(worker);
    clock.advance(500);
    expect(sent).toHaveLength(2);
  });

  it('has the reason told before the last word', () => {
    beacon.init(mapOf(0));
    clock.advance(100);
    void beacon.sendAndWait(1);
    expect(flushes).toEqual([1]);
    expect(sent).toHaveLength(2);
  });

  it('can be waited for, but not for longer than was said', async () => {
    const done: string[] = [];
    void beacon.sendAndWait(1).then(() => done.push('answered'));
    answer(1);
    await clock.settle();
    expect(done).toEqual(['answered']);
    void beacon.sendAndWait(1).then(() => done.push('gave up'));
    await clock.advanceAsync(999);
    expect(done).toHaveLength(1);
    await clock.advanceAsync(2);
    expect(done).toEqual(['answered', 'gave up']);
  });

  it('ends at once, in the middle of its sleep', () => {
    beacon.init(mapOf(0));
    clock.advance(1000);
    expect(cct.threads.list().map(({ name, owner }) => `${name} ${owner}`)).toEqual(['ceph-mds Beacon::sender']);
    beacon.shutdown();
    expect(cct.threads.list()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
