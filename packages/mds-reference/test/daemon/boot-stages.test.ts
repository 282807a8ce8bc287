import { afterEach, describe, expect, it } from '@jest/globals';
import { THREAD_GUIDE } from '../../src/daemon/thread-guide.js';
import type { BootStage } from '../../src/daemon/main.js';
import { MemoryMonitorStore } from '../../src/embedded/monitor-store.js';
import { startEmbeddedMds } from '../../src/embedded/start-embedded-mds.js';
import type { EmbeddedMds, EmbeddedMdsOptions } from '../../src/embedded/start-embedded-mds.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';

/** Rows of the thread table as `name (owner)`, for those whose name others share. */
type Rows = string[];

const SHARED = new Set(['ceph-mds', 'safe_timer', 'ms_dispatch', 'fn_anonymous']);
const MAIN = ['ceph-mds (main)'];
// with ms_async_op_threads = 0 the event center is a cooperative thread of the isolate
const MESSENGER = [...MAIN, 'msgr-worker-0'];
const SIGNALS = [...MESSENGER, 'signal_handler'];
const INIT = [
  ...SIGNALS,
  'ms_dispatch (DispatchQueue)',
  'ms_local',
  'safe_timer (MonClient::timer)',
  'fn_anonymous (MonClient::finisher)',
  'safe_timer (MDSDaemon::timer)',
  'ceph-mds (Beacon::sender)',
];
const RANK = [
  ...INIT,
  'safe_timer (MgrClient::timer)',
  'ceph_timer',
  'OpHistorySvc',
  'ms_dispatch (MDCache::upkeeper)',
  'mds_rank_progr',
  'PQ_Finisher',
  'safe_timer (PurgeQueue::timer)',
  'MR_Finisher',
];
const METRICS = ['ms_dispatch (MetricsHandler::updater)', 'ms_dispatch (MetricAggregator::pinger)'];

describe('the boot of an MDS', () => {
  let mds: EmbeddedMds | undefined;

  afterEach(async () => {
    await mds?.close();
    mds = undefined;
  });

  const boot = async (options: EmbeddedMdsOptions): Promise<[BootStage, Rows][]> => {
    const stages: [BootStage, Rows][] = [];
    mds = await startEmbeddedMds({
      services: false,
      msgrWorkers: 0,
      ...options,
      onStage: (stage, cct) => {
        const rows = cct.threads.list().map(({ name, owner }) => (SHARED.has(name) ? `${name} (${owner})` : name));
        stages.push([stage, rows]);
      },
    });
    return stages;
  };
  const names = (stages: [BootStage, Rows][]): BootStage[] => stages.map(([stage]) => stage);
  const rowsAt = (stages: [BootStage, Rows][], stage: BootStage): Rows | undefined => stages.find(([name]) => name === stage)?.[1];

  it('on an empty store goes through every stage in order, up to active', async () => {
    const stages = await boot({});
    expect(names(stages)).toEqual([
      'globalInit',
      'commonInitFinish',
      'messengerCreate',
      'bindv',
      'signalHandler',
      'monClientBuild',
      'newMDSDaemon',
      'mdsInit',
      'handleMdsMap',
      'rankInit',
      'bootCreate',
      'state:up:creating',
      'state:up:active',
    ]);
  });

  it('has at each stage the threads that belong to it, in order of creation', async () => {
    const stages = await boot({});
    expect(rowsAt(stages, 'globalInit')).toEqual(MAIN);
    expect(rowsAt(stages, 'messengerCreate')).toEqual(MESSENGER);
    expect(rowsAt(stages, 'signalHandler')).toEqual(SIGNALS);
    expect(rowsAt(stages, 'mdsInit')).toEqual(INIT);
    expect(rowsAt(stages, 'rankInit')).toEqual(RANK);
    expect(rowsAt(stages, 'bootCreate')).toEqual([...RANK, 'md_submit']);
    expect(rowsAt(stages, 'state:up:active')).toEqual([...RANK, 'md_submit', ...METRICS]);
  });

  it('says of every thread what kind it is and what it is for', async () => {
    await boot({});
    for (const { name, kind, purpose, owner } of mds?.cct.threads.list() ?? []) {
      expect(`${name}: ${purpose}`).toMatch(/: \S+ \S+/);
      expect(owner).not.toBe('');
      expect(kind).toBe(owner === 'main' ? 'real' : 'cooperative');
    }
  });

  it('has no thread that the guide does not explain', async () => {
    await boot({});
    const known = THREAD_GUIDE.map(({ name, owner }) => `${name} (${owner})`);
    for (const { name, owner } of mds?.cct.threads.list() ?? [])
      expect(known).toContain(`${name.replace(/-\d+$/, '-N')} (${owner})`);
  });

  it('on a used store replays the journal, with its threads there while they work', async () => {
    const store = new MemoryObjectStore();
    const monitorStore = new MemoryMonitorStore();
    await boot({ store, monitorStore });
    await mds?.close();
    const stages = await boot({ store, monitorStore });
    expect(names(stages).slice(-5)).toEqual([
      'bootStart',
      'state:up:replay',
      'state:up:reconnect',
      'state:up:rejoin',
      'state:up:active',
    ]);
    expect(rowsAt(stages, 'bootStart')).toEqual([...RANK, 'md_recov_open', 'md_submit']);
    expect(rowsAt(stages, 'state:up:active')).toEqual([...RANK, 'md_submit', ...METRICS]);
  });

  it('leaves no thread, no timer and no socket behind when it is closed', async () => {
    await boot({});
    const cct = mds?.cct;
    await mds?.close();
    expect(cct?.threads.list()).toEqual([]);
    expect(cct?.heartbeatMap.workers()).toEqual([]);
  });
});
