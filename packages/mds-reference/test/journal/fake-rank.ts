import { IoContextList } from '../../src/rank/mds-context.js';
import type { MDSRank } from '../../src/rank/mds-rank.js';
import { ESubtreeMap } from '../../src/journal/events/e-subtree-map.js';
import type { LogEvent } from '../../src/journal/log-event.js';
import { MDLog } from '../../src/journal/md-log.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { InoTable } from '../../src/tables/ino-table.js';
import { OpenFileTable } from '../../src/tables/open-file-table.js';
import { SessionMap } from '../../src/tables/session-map.js';
import { SnapClient } from '../../src/tables/snap-client.js';
import { SnapServer } from '../../src/tables/snap-server.js';
import { SMALL } from './journal-kit.js';
import type { Kit } from './journal-kit.js';

export interface FakeRank {
  mds: MDSRank;
  mdlog: MDLog;
  inotable: InoTable;
  sessionmap: SessionMap;
  snapserver: SnapServer;
  snapclient: SnapClient;
  openFileTable: OpenFileTable;
  /** Events the cache was told to replay. */
  replayed: LogEvent[];
  /** Lines to the cluster's log, and what ended the rank. */
  complaints: string[];
  /** Is set where a test wants the rank to be on its way down. */
  stopping: boolean;
  /** Messages sent to ranks. */
  sent: { message: unknown; rank: number }[];
}

/** A rank that is nothing but journal and tables: what they need of it, over a real store. */
export function fakeRank(kit: Kit, objecter: ObjectStore): FakeRank {
  const { cct, finisher, clock } = kit;
  const fake = { replayed: [], complaints: [], stopping: false, sent: [] } as unknown as FakeRank;
  const mds = {
    cct,
    finisher,
    objecter,
    whoami: 0,
    metadataPool: 2,
    dataPool: 3,
    ioContexts: new IoContextList(() => clock.monotonicNow()),
    mdsmap: { getUpFeatures: () => undefined, tableserver: 0, dataPools: [3] },
    locker: {},
    dout: () => undefined,
    clog: (level: string, text: string) => fake.complaints.push(`${level}: ${text}`),
    damaged: (why: string) => fake.complaints.push(`damaged: ${why}`),
    handleWriteError: (r: number) => fake.complaints.push(`write error ${r}`),
    heartbeatReset: () => undefined,
    isDaemonStopping: () => fake.stopping,
    isStandbyReplay: () => false,
    isAnyReplay: () => false,
    isResolve: () => false,
    queueWaiter: (done: (r: number) => void) => done(0),
    sendMessage: (message: unknown) => fake.sent.push({ message, rank: -1 }),
    sendMessageMds: (message: unknown, rank: number) => fake.sent.push({ message, rank }),
    mdcache: {
      defaultLogLayout: SMALL,
      isReadonly: () => false,
      advanceStray: () => undefined,
      subtrees: {
        createSubtreeMap: () => {
          const event = new ESubtreeMap();
          mds.mdlog.startEntry(event);
          event.expirePos = mds.mdlog.journaler.expirePos;
          return event;
        },
      },
      replayEvent: (event: LogEvent) => fake.replayed.push(event),
    },
  } as unknown as MDSRank & { mdlog: MDLog };
  const parts = mds as unknown as Record<string, unknown>;
  fake.mds = mds;
  parts['inotable'] = fake.inotable = new InoTable(mds);
  parts['sessionmap'] = fake.sessionmap = new SessionMap(mds);
  parts['snapserver'] = fake.snapserver = new SnapServer(mds);
  parts['snapclient'] = fake.snapclient = new SnapClient(mds);
  (mds.mdcache as unknown as Record<string, unknown>)['openFileTable'] = fake.openFileTable = new OpenFileTable(mds);
  parts['mdlog'] = fake.mdlog = new MDLog(mds);
  for (const table of [fake.inotable, fake.sessionmap, fake.snapserver]) table.setRank(0);
  return fake;
}
