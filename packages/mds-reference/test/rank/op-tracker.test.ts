import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { OpTracker } from '../../src/rank/op-tracker.js';

describe('the op tracker', () => {
  let clock: VirtualClock;
  let cct: CephContext;

  const make = (conf: Record<string, number | boolean> = {}): OpTracker => {
    clock = new VirtualClock();
    cct = new CephContext({ clock, conf });
    cct.conf.define(MDS_OPTIONS);
    return new OpTracker(cct);
  };
  let tracker: OpTracker;

  beforeEach(() => {
    tracker = make();
  });

  it('lists operations in flight with their age and events, oldest first', () => {
    const first = tracker.createOp(() => 'create /a');
    clock.advance(100);
    tracker.createOp(() => 'create /b');
    first.markEvent('dispatched');
    clock.advance(50);
    expect(tracker.dumpOpsInFlight()).toMatchObject({
      num_ops: 2,
      ops: [
        {
          description: 'create /a',
          age: 0.15,
          type_data: { flag_point: 'dispatched', events: [{ event: 'initiated' }, { event: 'dispatched' }] },
        },
        { description: 'create /b', age: 0.05, type_data: { flag_point: 'initiated' } },
      ],
    });
  });

  it('takes an operation off the list once, wherever it stood', () => {
    const ops = [1, 2, 3].map((n) => tracker.createOp(() => `op ${n}`));
    ops[1]?.finish();
    ops[1]?.finish();
    expect(tracker.inFlight).toBe(2);
    ops[0]?.finish();
    ops[2]?.finish();
    expect(tracker.dumpOpsInFlight()).toMatchObject({ num_ops: 0 });
  });

  it('remembers the latest and the longest of those that are done, through its own thread', () => {
    expect(cct.threads.list().map(({ name }) => name)).toEqual(['OpHistorySvc']);
    for (let i = 0; i < 30; i++) {
      const op = tracker.createOp(() => `op ${i}`);
      clock.advance(i === 3 ? 500 : 1);
      op.finish();
      clock.runDeferred();
    }
    const descriptions = (dump: Record<string, unknown>): string[] =>
      (dump['ops'] as { description: string }[]).map((op) => op.description);
    expect(descriptions(tracker.dumpHistoricOps())).toEqual(Array.from({ length: 20 }, (_, i) => `op ${i + 10}`));
    expect(descriptions(tracker.dumpHistoricOps(true))[0]).toBe('op 3');
  });

  it('forgets what is older than the history’s duration', () => {
    tracker.createOp(() => 'old').finish();
    clock.advance(601_000);
    tracker.createOp(() => 'new').finish();
    expect((tracker.dumpHistoricOps()['ops'] as unknown[]).length).toBe(1);
  });

  it('names slow operations once each', () => {
    tracker.createOp(() => 'stuck');
    expect(tracker.newlySlow()).toEqual([]);
    clock.advance(31_000);
    expect(tracker.newlySlow()).toEqual([expect.stringContaining('stuck')]);
    expect(tracker.newlySlow()).toEqual([]);
    expect(tracker.slowOps()).toEqual({ count: 1, oldestSeconds: 31 });
    expect(tracker.dumpOpsInFlight(true)).toMatchObject({ num_blocked_ops: 1, complaint_time: 30 });
  });

  it('does nothing when it is switched off', () => {
    tracker = make({ mds_enable_op_tracker: false });
    const op = tracker.createOp(() => 'unseen');
    op.markEvent('x');
    op.finish();
    expect(tracker.inFlight).toBe(0);
  });

  it('knows the way of a message from its first bytes on, thread by thread', () => {
    const connection = { threadName: 'msgr-worker-1' };
    clock.advance(50);
    const now = clock.monotonicNow();
    const op = tracker.createOp(() => 'create /a', {
      recvStamp: now - 9,
      throttleStamp: now - 8,
      recvCompleteStamp: now - 7,
      dispatchStamp: now - 1,
      connection,
    });
    cct.currentThread = 'md_submit';
    op.markEvent('journal: appended');
    expect(op.marks().map(([at, event, thread]) => [at - now, event, thread])).toEqual([
      [-9, 'initiated', 'msgr-worker-1'],
      [-8, 'throttled', 'msgr-worker-1'],
      [-9, 'header_read', 'msgr-worker-1'],
      [-7, 'all_read', 'msgr-worker-1'],
      [-1, 'dispatched', 'ms_dispatch'],
      [0, 'journal: appended', 'md_submit'],
    ]);
    expect(op.flagPoint).toBe('journal: appended');
    expect(clock.now() - op.initiatedAt).toBe(9);
  });
});
