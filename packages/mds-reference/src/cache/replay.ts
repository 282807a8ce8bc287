import { Decoder, DirFrag, FRAG_ROOT } from '@cephts/encoding';
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
import {
  EPeerUpdate,
  PEERUPDATE_OP_COMMIT,
  PEERUPDATE_OP_PREPARE,
  PEERUPDATE_OP_ROLLBACK,
} from '../journal/events/e-peer-update.js';
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
import { adjustDirFragments, forceDirFragment } from './dir-fragments.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import type { MDCache } from './md-cache.js';
import { replayMetaBlob } from './replay-blob.js';
import { ReplayError } from './replay-error.js';
import { CDIR_AUTH_UNDEF } from './subtree-map.js';
import { PeerUpdate } from './uncommitted-peers.js';

/**
 * Replays an event of any kind: into the cache, the tables, the session map.
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
  else if (event instanceof ECommitted) cache.uncommittedLeaders.finish(event.reqid);
  else if (event instanceof EPeerUpdate) replayPeerUpdate(cache, event, ls);
  else if (event instanceof EResetJournal) replayReset(cache);
  else if (event instanceof EExport) replayExport(cache, event, ls);
  else if (event instanceof EImportStart) replayImportStart(cache, event, ls);
  else if (event instanceof EImportFinish) cache.imports.finish(event.base, event.success);
}

function replayUpdate(cache: MDCache, event: EUpdate, ls: LogSegment): void {
  replayMetaBlob(cache, event.metablob, ls);
  if (event.hadPeers) cache.uncommittedLeaders.add(event.reqid, ls);
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
  if (subtrees.isSubtrees()) {
    verifySubtreeMap(cache, event);
    return;
  }
  replayMetaBlob(cache, event.metablob, ls);
  for (const { root, bounds } of event.subtrees) {
    const dir = cache.getDirfrag(root);
    if (!dir) throw new ReplayError(`ESubtreeMap: subtree root ${root} is not in the event`);
    if (isAmbiguous(event, root)) cache.imports.begin(root, bounds);
    else subtrees.adjustBoundedSubtreeAuth(dir, cache.imports.openAll(bounds), mds.whoami);
  }
}

function isAmbiguous(event: ESubtreeMap, root: DirFrag): boolean {
  return event.ambiguousSubtrees.some((dirfrag) => dirfrag.equals(root));
}

/** What the cache has come to is what the rank had; where it is not, there is nothing to be done but to tell. */
function verifySubtreeMap(cache: MDCache, event: ESubtreeMap): void {
  const { subtrees, imports, mds } = cache;
  const complain = (what: string): void => mds.clog('error', `replayed ESubtreeMap at ${event.startOff} ${what}`);
  for (const { root, bounds } of event.subtrees) {
    const dir = cache.getDirfrag(root);
    if (!dir || !subtrees.has(dir)) {
      complain(`subtree root ${root} not ${dir ? 'a subtree ' : ''}in cache`);
      continue;
    }
    if (!subtrees.isOurs(dir)) {
      complain(`subtree root ${root} is not mine in cache`);
      continue;
    }
    const known = subtrees.bounds(dir);
    for (const bound of imports.openAll(bounds)) {
      if (!known.delete(bound)) complain(`subtree ${root} bound ${bound.dirfrag} not a bound in cache`);
    }
    for (const bound of known) complain(`subtree ${root} has extra bound in cache ${bound.dirfrag}`);
    const ambiguous = isAmbiguous(event, root);
    if (ambiguous !== imports.has(root))
      complain(`subtree ${root} is ${ambiguous ? '' : 'not '}ambiguous but is ${ambiguous ? 'not ' : ''}in our cache`);
  }
  for (const dir of subtrees.roots()) {
    if (!subtrees.isOurs(dir) || event.subtrees.some(({ root }) => root.equals(dir.dirfrag))) continue;
    complain(`does not include cache subtree ${dir.dirfrag}`);
  }
}

/** A subtree went to another rank. */
function replayExport(cache: MDCache, event: EExport, ls: LogSegment): void {
  replayMetaBlob(cache, event.metablob, ls);
  const root = cache.getDirfrag(event.base);
  if (!root) throw new ReplayError(`EExport: subtree ${event.base} is not known`);
  cache.subtrees.adjustBoundedSubtreeAuth(root, cache.imports.openAll(event.bounds), CDIR_AUTH_UNDEF);
  dropForeignSubtree(cache, root);
}

/** A subtree began to come from another rank, with sessions of the clients that have something open there. */
function replayImportStart(cache: MDCache, event: EImportStart, ls: LogSegment): void {
  replayMetaBlob(cache, event.metablob, ls);
  cache.imports.begin(event.base, event.bounds);
  replayClientMap(cache, event.clientMap, event.cmapv);
  event.updateSegment(ls);
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
  const { uncommittedFragments } = cache;
  const inode = cache.getInode(event.ino);
  const base = new DirFrag(event.ino, event.basefrag);
  switch (event.op) {
    case FRAGMENT_OP_PREPARE:
      uncommittedFragments.add(base, event.bits, event.origFrags, ls, event.rollback);
      if (inode) adjustDirFragments(inode, base.frag, event.bits);
      break;
    case FRAGMENT_OP_ROLLBACK: {
      const newFrags = inode?.dirfragtree.getLeavesUnder(base.frag) ?? [];
      if (inode && event.origFrags.length === 0) adjustDirFragments(inode, base.frag, -event.bits);
      if (inode) for (const frag of event.origFrags) forceDirFragment(inode, frag);
      uncommittedFragments.rolledBack(base, newFrags);
      break;
    }
    case FRAGMENT_OP_COMMIT:
      uncommittedFragments.commit(base);
      break;
    case FRAGMENT_OP_FINISH:
      uncommittedFragments.finish(base);
      break;
    default:
      throw new ReplayError(`EFragment with unknown op ${event.op}`);
  }
  replayMetaBlob(cache, event.metablob, ls);
}

/** This rank's part of a request that another one led: done first, then committed, or else taken back by a change of its own. */
function replayPeerUpdate(cache: MDCache, event: EPeerUpdate, ls: LogSegment): void {
  const { uncommittedPeers } = cache;
  const reqid = event.reqid.toString();
  switch (event.op) {
    case PEERUPDATE_OP_PREPARE: {
      const update = new PeerUpdate();
      replayMetaBlob(cache, event.metablob, ls, update);
      uncommittedPeers.add(reqid, event.leader, ls, update);
      break;
    }
    case PEERUPDATE_OP_COMMIT:
      uncommittedPeers.finish(reqid);
      break;
    case PEERUPDATE_OP_ROLLBACK:
      replayMetaBlob(cache, event.metablob, ls);
      uncommittedPeers.finish(reqid);
      break;
    default:
      throw new ReplayError(`EPeerUpdate with unknown op ${event.op}`);
  }
}

function replayReset(cache: MDCache): void {
  const { mds, subtrees } = cache;
  mds.sessionmap.wipe();
  mds.inotable.replayReset();
  for (const inode of [cache.root, cache.myin]) {
    if (inode) subtrees.adjustSubtreeAuth(inode.getOrOpenDirfrag(FRAG_ROOT), mds.whoami);
  }
}
