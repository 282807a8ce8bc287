import type { CInode } from '../cache/cinode.js';
import type { Session } from '../tables/session.js';

/**
 * A session as `session ls` shows it.
 *
 * @param now monotonic ms
 * @see Session::dump in src/mds/SessionMap.cc (16.2.15)
 */
export function dumpSession(session: Session, now: number, capDump = false): Record<string, unknown> {
  const { info } = session;
  const addr = info.inst.addr;
  return {
    id: session.getClient(),
    entity: {
      name: { type: 'client', num: session.getClient() },
      addr: {
        type: addr.type === 2 ? 'v2' : 'v1',
        addr: String(addr)
          .replace(/^v[12]:/, '')
          .replace(/\/\d+$/, ''),
        nonce: addr.nonce,
      },
    },
    state: session.stateName,
    num_leases: session.leases.size,
    num_caps: session.numCaps,
    ...(capDump
      ? {
          caps: [...session.caps].map((cap) => ({
            ino: (cap.inode as CInode).ino,
            issued: cap.issued,
            pending: cap.pending,
          })),
        }
      : {}),
    uptime: (now - session.birthTime) / 1000,
    requests_in_flight: session.requests.size,
    num_completed_requests: session.numCompletedRequests,
    num_completed_flushes: session.numCompletedFlushes,
    reconnecting: session.reconnecting,
    delegated_inos: dumpRanges(session.delegatedInos),
    inst: String(info.inst),
    completed_requests: [...info.completedRequests].map(([tid, ino]) => ({ tid, created_ino: `0x${ino.toString(16)}` })),
    prealloc_inos: dumpRanges(info.preallocInos),
    client_metadata: {
      client_features: { feature_bits: String(info.clientMetadata.features) },
      ...Object.fromEntries(info.clientMetadata.kvMap),
    },
  };
}

function dumpRanges(ranges: Iterable<readonly [start: number, length: number]>): { start: number; length: number }[] {
  return [...ranges].map(([start, length]) => ({ start, length }));
}
