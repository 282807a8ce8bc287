import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, CooperativeThread, VirtualClock } from '@cephts/common';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { OpTracker } from '../../src/rank/op-tracker.js';
import { chromeTrace } from '../../src/trace/chrome-trace.js';
import type { ChromeTrace, TraceEvent } from '../../src/trace/chrome-trace.js';
import { TraceRecorder } from '../../src/trace/trace-recorder.js';
import { checkTrace } from './check-trace.js';

describe('a trace', () => {
  let clock: VirtualClock;
  let cct: CephContext;
  let tracker: OpTracker;
  let threads: Record<'ms_dispatch' | 'md_submit' | 'MR_Finisher', CooperativeThread>;
  let work: Record<string, () => void>;

  const thread = (name: string): CooperativeThread => {
    const made = new CooperativeThread(cct, {
      name,
      owner: `${name} owner`,
      purpose: '',
      entry: () => {
        work[name]?.();
        return false;
      },
    });
    made.startAsleep();
    return made;
  };

  beforeEach(() => {
    clock = new VirtualClock();
    cct = new CephContext({ clock, name: 'mds.a' });
    cct.conf.define(MDS_OPTIONS);
    cct.threads.add({ name: 'ceph-mds', owner: 'main', kind: 'real', purpose: '' });
    tracker = new OpTracker(cct);
    work = {};
    threads = { ms_dispatch: thread('ms_dispatch'), md_submit: thread('md_submit'), MR_Finisher: thread('MR_Finisher') };
    clock.advance(10);
  });

  afterEach(() => {
    for (const one of Object.values(threads)) one.stop();
    tracker.shutdown();
  });

  const stop = async (recorder: TraceRecorder): Promise<ChromeTrace> => {
    const stopped = recorder.stop();
    clock.advance(1000);
    return chromeTrace(await stopped, 'mds.a');
  };

  /** A request goes through three threads, each turn 2 ms long. */
  const request = (): void => {
    let op: ReturnType<OpTracker['createOp']> | undefined;
    const spend = (ms: number): void => void clock.advance(ms);
    work['ms_dispatch'] = (): void => {
      const now = clock.monotonicNow();
      const stamps = { recvStamp: now - 1, throttleStamp: now - 1, recvCompleteStamp: now - 1, dispatchStamp: now };
      op = tracker.createOp(() => 'client_request(client.1:1 create #0x1/a 2026-01-01T00:00:00)', {
        ...stamps,
        connection: undefined,
      });
      spend(2);
      op.markEvent('submit entry: journal_and_reply');
      threads.md_submit.wake();
    };
    work['md_submit'] = (): void => {
      spend(2);
      op?.markEvent('journal: appended');
      clock.setTimeout(() => {
        op?.markEvent('journal: durable');
        threads.MR_Finisher.wake();
      }, 5);
    };
    work['MR_Finisher'] = (): void => {
      op?.markEvent('journal_committed: ');
      spend(2);
      op?.finish();
    };
    threads.ms_dispatch.wake();
    clock.advance(100);
  };

  const named = (events: readonly TraceEvent[], ph: string, name: string): TraceEvent[] =>
    events.filter((event) => event.ph === ph && event.name === name);

  it('has a track for each thread, a slice for each turn and an arrow for each hand-over', async () => {
    const recorder = new TraceRecorder(cct, tracker);
    request();
    const { traceEvents, otherData } = await stop(recorder);
    checkTrace(traceEvents);
    expect(otherData).toMatchObject({ operations: 1, truncated: false });
    expect(named(traceEvents, 'M', 'thread_name').map(({ args }) => args?.['name'])).toEqual([
      'ceph-mds (main, real)',
      'OpHistorySvc (OpHistoryServiceThread)',
      'ms_dispatch (ms_dispatch owner)',
      'md_submit (md_submit owner)',
      'MR_Finisher (MR_Finisher owner)',
    ]);
    for (const name of ['ms_dispatch', 'md_submit', 'MR_Finisher']) {
      expect(named(traceEvents, 'X', name).map(({ dur }) => dur)).toEqual([2000]);
    }
    const trackOf = (name: string): number => named(traceEvents, 'X', name)[0]?.tid ?? -1;
    const request_ = traceEvents.filter(({ cat, ph }) => cat === 'request' && ['s', 't', 'f'].includes(ph));
    expect(request_.map(({ ph, tid }) => [ph, tid])).toEqual([
      ['s', trackOf('ms_dispatch')],
      ['t', trackOf('md_submit')],
      ['t', 1],
      ['f', trackOf('MR_Finisher')],
    ]);
    const wakes = traceEvents.filter(({ cat, ph }) => cat === 'wake' && ph === 's').map(({ tid }) => tid);
    expect(wakes).toEqual([1, trackOf('ms_dispatch'), 1, trackOf('MR_Finisher')]);
  });

  it('costs nothing and keeps nothing before it begins and after it ends', async () => {
    const observers = (): unknown[] => cct.threads.entries().map(({ observer, traced }) => observer ?? traced);
    expect(new Set(observers())).toEqual(new Set([false]));
    const recorder = new TraceRecorder(cct, tracker);
    expect(observers()).not.toContain(false);
    const { traceEvents } = await stop(recorder);
    request();
    expect(new Set(observers())).toEqual(new Set([false]));
    expect(tracker.onDone).toBeUndefined();
    expect(traceEvents.filter(({ ph }) => ph !== 'M')).toEqual([]);
  });

  it('sees threads that start meanwhile', async () => {
    const recorder = new TraceRecorder(cct, tracker);
    const late = thread('late');
    late.wake();
    clock.advance(1);
    late.stop();
    const { traceEvents } = await stop(recorder);
    expect(named(traceEvents, 'X', 'late')).toHaveLength(1);
  });

  it('keeps no more than its bound and says so', async () => {
    const recorder = new TraceRecorder(cct, tracker, { slices: 2, wakes: 2, ops: 2 });
    for (let i = 0; i < 5; i++) request();
    const { traceEvents, otherData } = await stop(recorder);
    checkTrace(traceEvents);
    expect(otherData['truncated']).toBe(true);
    expect(traceEvents.filter(({ ph, cat }) => ph === 'X' && cat === 'thread')).toHaveLength(2);
  });
});
