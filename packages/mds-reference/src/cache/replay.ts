import { Decoder, FRAG_ROOT } from '@cephts/encoding';
import { ECommitted } from '../journal/events/e-committed.js';
import { EExport } from '../journal/events/e-export.js';
import {
  EFragment,
  FRAGMENT_OP_COMMIT,
  FRAGMENT_OP_FINISH,
  FRAGMENT_OP_PREPARE,
  FRAGMENT_OP_ROLLBACK,
} from '../journal/events/e-fragment.js';
import { EImportFinish } from '../journal/events/e-import-finish.js';
import { EImportStart } from '../journal/events/e-import-start.js';
import { EOpen } from '../journal/events/e-open.js';
import { EPeerUpdate } from '../journal/events/e-peer-update.js';
import { EPurged } from '../journal/events/e-purged.js';
import { EResetJournal } from '../journal/events/e-reset-journal.js';
import { ESession } from '../journal/events/e-session.js';
import { decodeClientMap, decodeMetadataMap, ESessions } from '../journal/events/e-sessions.js';
import { ESubtreeMap } from '../journal/events/e-subtree-map.js';
import { ETableClient } from '../journal/events/e-table-client.js';
import { ETableServer } from '../journal/events/e-table-server.js';
import { EUpdate } from '../journal/events/e-update.js';
import type { LogEvent } from '../journal/log-event.js';
import type { LogSegment } from '../journal/log-segment.js';
import { SESSION_OPEN } from '../tables/session.js';
import type { Session } from '../tables/session.js';
import { adjustDirFragments } from './dir-fragments.js';
import type { MDCache } from './md-cache.js';
import { replayMetaBlob, ReplayError } from './replay-blob.js';

/**
 * Replays an event of any kind: into the cache, the tables, the session map.
 *
 * A journal that tells of other ranks (a subtree that came or went, a request led elsewhere) can be replayed up to where this rank would have to
 * ask them; then it is refused.
 *
 * @throws ReplayError where the event contradicts what was replayed before it
 * @see src/mds/journal.cc (16.2.15)
 */
export function replayEvent(cache: MDCache, event: LogEvent, ls: LogSegment): void {
  if (event instanceof EUpdate) replayUpdate(cache, event, ls);
  else if (event instanceof EOpen) replayOpen(cache, event, ls);
  else if (event instanceof ESession) replaySession(cache, event, ls);
  else if (event instanceof ESessions) replaySessions(cache, event, ls);
  else if (event instanceof ESubtreeMap) replaySubtreeMap(cache, event, ls);
  else if (event instanceof EPurged) replayPurged(cache, event, ls);
  else if (event instanceof ETableServer) replayTableServer(cache, event, ls);
  else if (event instanceof ETableClient) cache.mds.snapclient.gotJournaledAck(event.tid);
  else if (event instanceof EFragment) replayFragment(cache, event, ls);
  else if (event instanceof ECommitted) cache.uncommitted.finishLeader(event.reqid.toString());
  else if (event instanceof EPeerUpdate) replayPeerUpdate(cache, event, ls);
  else if (event instanceof EResetJournal) replayReset(cache);
  else if (event instanceof EExport || event instanceof EImportStart || event instanceof EImportFinish) {
    throw new ReplayError(`${event.typeName}: the journal is of a rank that shares its tree with others`);
  }
}

function replayUpdate(cache: MDCache, event: EUpdate, ls: LogSegment): void {
  replayMetaBlob(cache, event.metablob, ls);
  if (event.hadPeers) cache.uncommitted.addLeader(event.reqid.toString(), ls);
  if (event.clientMap.length > 0) replayClientMap(cache, event.clientMap, event.cmapv);
  event.updateSegment(ls);
}

function replayClientMap(cache: MDCache, bytes: Uint8Array, version: number): void {
  const { sessionmap } = cache.mds;
  if (sessionmap.version >= version) return;
  const d = new Decoder(bytes, 'client map');
  const clients = decodeClientMap(d);
  sessionmap.replayOpenSessions(version, clients, d.remaining > 0 ? decodeMetadataMap(d) : new Map());
}

function replayOpen(cache: MDCache, event: EOpen, ls: LogSegment): void {
  replayMetaBlob(cache, event.metablob, ls);
  for (const ino of event.inos) {
    const inode = cache.getInode(ino);
    if (!inode) throw new ReplayError(`EOpen: inode 0x${ino.toString(16)} is not in the event`);
    inode.noteOpenFile(ls);
  }
  for (const { ino, snapid } of event.snapInos) cache.getInode(ino, snapid)?.noteOpenFile(ls);
}

function replaySession(cache: MDCache, event: ESession, ls: LogSegment): void {
  const { mds } = cache;
  const { sessionmap, inotable } = mds;
  if (!event.inosToPurge.isEmpty()) ls.purgingInodes.insertSet(event.inosToPurge);
  if (sessionmap.version + 1 === event.cmapv) {
    let session: Session | undefined;
    if (event.open) {
      session = sessionmap.getOrAddSession(event.clientInst);
      sessionmap.setState(session, SESSION_OPEN);
      session.setClientMetadata(event.clientMetadata);
    } else {
      session = sessionmap.getSession(event.clientInst.name.toString());
      if (!session) {
        mds.clog('error', `replayed stray Session close event for ${event.clientInst.name} from time ${event.stamp}, ignoring`);
      } else if (session.connection) {
        // the client has connected again already
        session.clear();
      } else {
        sessionmap.removeSession(session);
        session = undefined;
      }
    }
    if (session) sessionmap.replayDirtySession(session);
    else sessionmap.replayAdvanceVersion();
  } else if (sessionmap.version < event.cmapv) {
    mds.clog('error', `ESession.replay sessionmap v ${event.cmapv} - 1 > table ${sessionmap.version}`);
    if (!mds.cct.conf.bool('mds_wipe_sessions'))
      throw new ReplayError(`sessionmap v ${sessionmap.version} can't become v ${event.cmapv}`);
    sessionmap.wipe();
    sessionmap.setVersion(event.cmapv);
  }
  if (!event.inosToFree.isEmpty() && event.inotablev > inotable.version) inotable.replayReleaseIds(event.inosToFree);
  event.updateSegment(ls);
}

function replaySessions(cache: MDCache, event: ESessions, ls: LogSegment): void {
  const { sessionmap } = cache.mds;
  if (sessionmap.version < event.cmapv) sessionmap.replayOpenSessions(event.cmapv, event.clientMap, event.clientMetadataMap);
  event.updateSegment(ls);
}

/** The first one says where the subtrees are; later ones are checked against what was replayed since. */
function replaySubtreeMap(cache: MDCache, event: ESubtreeMap, ls: LogSegment): void {
  const { mds, subtrees } = cache;
  const { journaler } = mds.mdlog;
  if (event.expirePos > journaler.expirePos) journaler.setExpirePos(event.expirePos);
  if (event.ambiguousSubtrees.length > 0) throw new ReplayError('ESubtreeMap: an import from another rank was under way');
  if (!subtrees.isSubtrees()) {
    replayMetaBlob(cache, event.metablob, ls);
    for (const { root, bounds } of event.subtrees) {
      const dir = cache.getDirfrag(root);
      if (!dir) throw new ReplayError(`ESubtreeMap: subtree root ${root} is not in the event`);
      subtrees.adjustSubtreeAuth(dir, mds.whoami);
      if (bounds.length > 0) throw new ReplayError(`ESubtreeMap: below ${root} begins a subtree of another rank`);
    }
    return;
  }
  for (const { root } of event.subtrees) {
    const dir = cache.getDirfrag(root);
    if (!dir || !subtrees.has(dir)) {
      mds.clog('error', `replayed ESubtreeMap at ${event.startOff} subtree root ${root} not ${dir ? 'a subtree ' : ''}in cache`);
    }
  }
  for (const dir of subtrees.roots()) {
    if (dir.dirAuthFirst !== mds.whoami || event.subtrees.some(({ root }) => root.equals(dir.dirfrag))) continue;
    mds.clog('error', `replayed ESubtreeMap at ${event.startOff} does not include cache subtree ${dir.dirfrag}`);
  }
}

function replayPurged(cache: MDCache, event: EPurged, ls: LogSegment): void {
  const { inotable, mdlog } = cache.mds;
  if (event.inos.isEmpty()) return;
  const begun = mdlog.getSegment(event.seq);
  if (begun) begun.purgingInodes.subtract(begun.purgingInodes.intersection(event.inos));
  if (event.inotablev > inotable.version) inotable.replayReleaseIds(event.inos);
  event.updateSegment(ls);
}

function replayTableServer(cache: MDCache, event: ETableServer, ls: LogSegment): void {
  if (!cache.mds.snapserver.replay(event)) throw new ReplayError(`${event}: the table is at another version`);
  event.updateSegment(ls);
}

/**
 * A directory was cut into other fragments. What of it is in the cache by then is cut as well, or, as long as nothing is, the directory is found
 * cut when it is read.
 */
function replayFragment(cache: MDCache, event: EFragment, ls: LogSegment): void {
  const inode = cache.getInode(event.ino);
  const base = event.basefrag;
  const key = `${event.ino}.${base}`;
  switch (event.op) {
    case FRAGMENT_OP_PREPARE:
      cache.uncommitted.addFragment(key, inode, base, ls);
      if (inode) adjustDirFragments(inode, base, event.bits);
      break;
    case FRAGMENT_OP_ROLLBACK:
      if (inode) adjustDirFragments(inode, base, -event.bits);
      cache.uncommitted.finishFragment(key);
      break;
    case FRAGMENT_OP_COMMIT:
    case FRAGMENT_OP_FINISH:
      cache.uncommitted.finishFragment(key);
      break;
    default:
      throw new ReplayError(`EFragment with unknown op ${event.op}`);
  }
  replayMetaBlob(cache, event.metablob, ls);
}

function replayPeerUpdate(cache: MDCache, event: EPeerUpdate, ls: LogSegment): void {
  // what this rank did for another one; whether that came about only the other one knows, unless it is said further on
  replayMetaBlob(cache, event.metablob, ls);
}

function replayReset(cache: MDCache): void {
  const { mds, subtrees } = cache;
  mds.sessionmap.wipe();
  mds.inotable.replayReset();
  for (const inode of [cache.root, cache.myin]) {
    if (inode) subtrees.adjustSubtreeAuth(inode.getOrOpenDirfrag(FRAG_ROOT), mds.whoami);
  }
}
