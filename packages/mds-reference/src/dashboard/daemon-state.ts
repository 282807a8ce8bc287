import { mdsStateName } from '@cephts/rados';
import type { MDSDaemon } from '../daemon/mds-daemon.js';
import type { MDLog } from '../journal/md-log.js';
import type { TrackedOp } from '../rank/op-tracker.js';
import type { Session } from '../tables/session.js';
import { Words } from '../trace/words.js';
import type { DaemonSample, JournalSample, OpSample, SessionSample } from './sample.js';

/** How many of each kind are told of; the numbers of all are told beside. */
const MAX_OPS = 20;
const MAX_SESSIONS = 50;

const micros = (ms: number): number => Math.round(ms * 1000) / 1000;

function opSample(op: TrackedOp, now: number, words: Words): OpSample {
  return {
    seq: op.seq,
    description: op.description,
    startedAt: op.initiatedAt,
    duration: micros((op.end < 0 ? now : op.end) - op.begin),
    done: op.end >= 0,
    marks: op
      .marks()
      .sort(([a], [b]) => a - b)
      .flatMap(([at, event, thread]) => [micros(at - op.begin), words.index(event), words.index(thread)]),
  };
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= count) break;
    taken.push(item);
  }
  return taken;
}

function journalSample(mdlog: MDLog): JournalSample | undefined {
  if (!mdlog.isOpen) return undefined;
  const { trimmedPos, expirePos, safePos, writePos, period } = mdlog.journaler;
  return {
    trimmed: trimmedPos,
    expire: expirePos,
    safe: safePos,
    write: writePos,
    segments: mdlog.getNumSegments(),
    events: mdlog.getNumEvents(),
    expiring: mdlog.getExpiringSegments().length,
    period,
  };
}

function sessionSample(session: Session, now: number): SessionSample {
  const { info } = session;
  return {
    id: session.getClient(),
    addr: String(info.inst.addr)
      .replace(/^v[12]:/, '')
      .replace(/\/\d+$/, ''),
    host: session.humanName,
    state: session.stateName,
    caps: session.numCaps,
    leases: session.leases.size,
    requests: session.requests.size,
    uptime: (now - session.birthTime) / 1000,
  };
}

/** What only the main isolate knows of a daemon, cut to a size that is cheap to tell several times a second. */
export function daemonSample(daemon: MDSDaemon): DaemonSample {
  const { monc, mdsmap, beacon, rank, cct } = daemon;
  const now = cct.clock.monotonicNow();
  const words = new Words();
  const ops = (list: Iterable<TrackedOp>): OpSample[] => take(list, MAX_OPS).map((op) => opSample(op, now, words));
  const history = rank?.opTracker.history();
  const sessions = [...(rank?.sessionmap.getSessions() ?? [])];
  return {
    state: mdsStateName(mdsmap.getStateGid(monc.globalId)),
    wantState: mdsStateName(beacon.wantState),
    whoami: rank?.whoami ?? -1,
    fsid: String(monc.fsid),
    fsName: mdsmap.fsName,
    addr: String(daemon.messenger.myaddrs),
    epoch: mdsmap.epoch,
    uptime: daemon.uptimeSeconds,
    store: rank?.objecter.constructor.name ?? '',
    cacheMemoryLimit: cct.conf.number('mds_cache_memory_limit'),
    journal: rank && journalSample(rank.mdlog),
    sessions: sessions.slice(0, MAX_SESSIONS).map((session) => sessionSample(session, now)),
    numSessions: sessions.length,
    numOps: rank?.opTracker.inFlight ?? 0,
    inFlight: ops(rank?.opTracker.inFlightOps() ?? []),
    latest: ops((history?.latest ?? []).slice().reverse()),
    longest: ops(history?.longest ?? []),
    words: words.list,
  };
}
