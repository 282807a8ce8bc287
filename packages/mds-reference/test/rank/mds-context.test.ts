import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { Finisher } from '@cephts/finisher';
import {
  C_IO_Wrapper,
  C_MDS_RetryMessage,
  IoContextList,
  MDSInternalContextWrapper,
  MDSIOContextWrapper,
  MDSLogContextWrapper,
} from '../../src/rank/mds-context.js';
import type { MDSRank } from '../../src/rank/mds-rank.js';

interface FakeRank {
  stopping: boolean;
  respawned: string[];
  beats: number;
  safePos: number;
  retried: unknown[];
  ioContexts: IoContextList;
}

describe('contexts of the MDS', () => {
  let clock: VirtualClock;
  let fake: FakeRank;
  let mds: MDSRank;
  let ran: number[];

  beforeEach(() => {
    clock = new VirtualClock();
    const cct = new CephContext({ clock });
    const finisher = new Finisher(cct, { threadName: 'MR_Finisher' });
    finisher.start();
    fake = {
      stopping: false,
      respawned: [],
      beats: 0,
      safePos: 0,
      retried: [],
      ioContexts: new IoContextList(() => clock.monotonicNow()),
    };
    mds = {
      cct,
      finisher,
      ioContexts: fake.ioContexts,
      mdlog: { setSafePos: (position: number) => (fake.safePos = position) },
      isDaemonStopping: () => fake.stopping,
      respawn: (why: string) => fake.respawned.push(why),
      heartbeatReset: () => fake.beats++,
      retryDispatch: (m: unknown) => fake.retried.push(m),
    } as unknown as MDSRank;
    ran = [];
  });

  it('count as a sign of life', () => {
    new MDSInternalContextWrapper(mds, (r) => ran.push(r)).complete(5);
    expect(ran).toEqual([5]);
    expect(fake.beats).toBe(1);
  });

  it('of I/O are dropped while the daemon stops', () => {
    fake.stopping = true;
    new MDSIOContextWrapper(mds, (r) => ran.push(r)).complete(0);
    expect(ran).toEqual([]);
  });

  it.each([
    ['blocklisted', -108],
    ['timed out', -110],
  ])('of I/O make the daemon start anew when it was %s', (_what, r) => {
    new MDSIOContextWrapper(mds, (result) => ran.push(result)).complete(r);
    expect(ran).toEqual([]);
    expect(fake.respawned).toHaveLength(1);
  });

  it('of I/O are in a list while they are pending, oldest first', () => {
    const first = new MDSIOContextWrapper(mds, () => undefined);
    clock.advance(40_000);
    const second = new MDSIOContextWrapper(mds, () => undefined);
    expect(fake.ioContexts.size).toBe(2);
    expect(fake.ioContexts.oldest).toBe(0);
    expect(fake.ioContexts.countOlderThan(30_000)).toBe(1);
    first.complete(0);
    expect(fake.ioContexts.oldest).toBe(40_000);
    second.complete(0);
    expect(fake.ioContexts.size).toBe(0);
    expect(fake.ioContexts.oldest).toBeUndefined();
  });

  it('of the log tell it how far all is completed, after they ran', () => {
    const context = new MDSLogContextWrapper(mds, () => ran.push(fake.safePos));
    context.setWritePos(4096);
    context.complete(0);
    expect(ran).toEqual([0]);
    expect(fake.safePos).toBe(4096);
  });

  it('wrapped for I/O run on MR_Finisher, wherever they were completed', () => {
    const on: (string | undefined)[] = [];
    new C_IO_Wrapper(mds, () => on.push(mds.cct.currentThread)).complete(0);
    expect(on).toEqual([]);
    clock.runDeferred();
    expect(on).toEqual(['MR_Finisher']);
  });

  it('retry a message as one that has waited', () => {
    const message = {} as never;
    new C_MDS_RetryMessage(mds, message).complete(0);
    expect(fake.retried).toEqual([message]);
  });
});
