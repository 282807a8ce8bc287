import { Decoder } from '@cephts/encoding';
import type { MDSRank } from '../rank/mds-rank.js';
import { TABLE_SNAP } from '../messages/m-mds-table-request.js';
import { SESSION_OPEN } from '../tables/session.js';
import type { EMetaBlob } from './events/e-meta-blob.js';
import type { EPurged } from './events/e-purged.js';
import type { ESession } from './events/e-session.js';
import { decodeClientMap, decodeMetadataMap } from './events/e-sessions.js';
import type { ESessions } from './events/e-sessions.js';
import type { ETableClient } from './events/e-table-client.js';
import type { ETableServer } from './events/e-table-server.js';
import type { LogSegment } from './log-segment.js';

// What of the journal goes into tables and sessions. Each event says which version of its table it made; a table that has it already was
// saved after the event.
//
// see src/mds/journal.cc (16.2.15)

export function replayESession(mds: MDSRank, event: ESession, segment: LogSegment): void {
  const { sessionmap, inotable } = mds;
  if (!event.inosToPurge.isEmpty()) segment.purgingInodes.unionSet(event.inosToPurge);
  if (sessionmap.version + 1 === event.cmapv) replaySession(mds, event);
  else if (sessionmap.version < event.cmapv) {
    mds.clog('error', `ESession.replay sessionmap v ${event.cmapv} - 1 > table ${sessionmap.version}`);
    sessionmap.wipe();
    sessionmap.setVersion(event.cmapv);
  }
  if (!event.inosToFree.isEmpty() && event.inotablev > 0 && inotable.version < event.inotablev) {
    inotable.replayReleaseIds(event.inosToFree);
    if (inotable.version !== event.inotablev) inotable.forceReplayVersion(event.inotablev);
  }
  event.updateSegment(segment);
}

function replaySession(mds: MDSRank, event: ESession): void {
  const { sessionmap } = mds;
  if (event.open) {
    const session = sessionmap.getOrAddSession(event.clientInst);
    sessionmap.setState(session, SESSION_OPEN);
    session.setClientMetadata(event.clientMetadata);
    sessionmap.replayDirtySession(session);
    return;
  }
  const session = sessionmap.getSession(event.clientInst.name.toString());
  if (session?.connection) {
    // the client is back already: the session stays, empty
    session.clear();
    sessionmap.replayDirtySession(session);
    return;
  }
  if (session) sessionmap.removeSession(session);
  else mds.clog('error', `replayed stray Session close event for ${event.clientInst.name}, ignoring`);
  sessionmap.replayAdvanceVersion();
}

export function replayESessions(mds: MDSRank, event: ESessions, segment: LogSegment): void {
  if (mds.sessionmap.version < event.cmapv) {
    mds.sessionmap.replayOpenSessions(event.cmapv, event.clientMap, event.clientMetadataMap);
  }
  event.updateSegment(segment);
}

/** Sessions that another event opened along: of EUpdate and EImportStart. */
export function replayClientMap(mds: MDSRank, clientMap: Uint8Array, cmapv: number): void {
  if (clientMap.length === 0 || mds.sessionmap.version >= cmapv) return;
  const d = new Decoder(clientMap, 'client map');
  const instances = decodeClientMap(d);
  const metadata = d.remaining > 0 ? decodeMetadataMap(d) : new Map();
  mds.sessionmap.replayOpenSessions(cmapv, instances, metadata);
}

export function replayETableServer(mds: MDSRank, event: ETableServer, segment: LogSegment): void {
  if (event.table !== TABLE_SNAP || mds.snapserver.version >= event.version) return;
  if (!mds.snapserver.replay(event)) {
    mds.damaged(`${event} does not follow version ${mds.snapserver.version} of the table`);
    return;
  }
  event.updateSegment(segment);
}

export function replayETableClient(mds: MDSRank, event: ETableClient): void {
  if (event.table === TABLE_SNAP) mds.snapclient.gotJournaledAck(event.tid);
}

export function replayEPurged(mds: MDSRank, event: EPurged, segment: LogSegment): void {
  if (event.inos.isEmpty()) return;
  mds.mdlog.getSegment(event.seq)?.purged(event.inos);
  if (mds.inotable.version < event.inotablev) {
    mds.inotable.replayReleaseIds(event.inos);
    if (mds.inotable.version !== event.inotablev) mds.inotable.forceReplayVersion(event.inotablev);
  }
  event.updateSegment(segment);
}

/**
 * What an EMetaBlob carries beside dentries: table transactions, inode numbers that were given out, completed requests and flushes.
 */
export function replayBlobTables(mds: MDSRank, blob: EMetaBlob, segment: LogSegment): void {
  for (const { table, tid } of blob.tableTids) if (table === TABLE_SNAP) mds.snapclient.gotJournaledAgree(tid, segment);
  replayInotable(mds, blob);
  replayPrealloc(mds, blob);
  replayClientOps(mds, blob);
  blob.updateSegment(segment);
}

function replayInotable(mds: MDSRank, blob: EMetaBlob): void {
  const { inotable } = mds;
  if (blob.inotablev === 0 || inotable.version >= blob.inotablev) return;
  if (blob.allocatedIno !== 0) inotable.replayAllocId(blob.allocatedIno);
  if (!blob.preallocatedInos.isEmpty()) inotable.replayAllocIds(blob.preallocatedInos);
  if (inotable.version === blob.inotablev) return;
  mds.clog('error', `journal replay inotablev mismatch ${inotable.version} -> ${blob.inotablev}`);
  inotable.forceReplayVersion(blob.inotablev);
}

function replayPrealloc(mds: MDSRank, blob: EMetaBlob): void {
  const { sessionmap } = mds;
  const { usedPreallocatedIno: used, preallocatedInos: inos, sessionmapv } = blob;
  if (sessionmapv === 0 || sessionmap.version >= sessionmapv) return;
  const steps = (used !== 0 ? 1 : 0) + (inos.isEmpty() ? 0 : 1);
  if (sessionmap.version + Math.max(steps, 1) !== sessionmapv) {
    mds.clog('error', `EMetaBlob.replay sessionmap v ${sessionmapv} - ${steps} > table ${sessionmap.version}`);
    sessionmap.wipe();
    sessionmap.setVersion(sessionmapv);
    return;
  }
  const session = sessionmap.getSession(blob.clientName.toString());
  if (!session) {
    // closed since, and saved: only the count goes on
    sessionmap.setVersion(sessionmapv);
    return;
  }
  if (used !== 0) {
    if (session.takeIno(used) === used) session.info.preallocInos.erase(used);
    sessionmap.replayDirtySession(session);
  }
  if (!inos.isEmpty()) {
    session.freePreallocInos.unionSet(inos);
    session.info.preallocInos.unionSet(inos);
    sessionmap.replayDirtySession(session);
  }
}

function replayClientOps(mds: MDSRank, blob: EMetaBlob): void {
  const created = blob.allocatedIno || blob.usedPreallocatedIno;
  for (const { reqid, oldest } of blob.clientReqs) {
    const session = reqid.name.isClient() ? mds.sessionmap.getSession(reqid.name.toString()) : undefined;
    session?.addCompletedRequest(reqid.tid, created);
    if (oldest > 0) session?.trimCompletedRequests(oldest);
  }
  for (const { reqid, oldest } of blob.clientFlushes) {
    const session = reqid.name.isClient() ? mds.sessionmap.getSession(reqid.name.toString()) : undefined;
    session?.addCompletedFlush(reqid.tid);
    if (oldest > 0) session?.trimCompletedFlushes(oldest);
  }
}
