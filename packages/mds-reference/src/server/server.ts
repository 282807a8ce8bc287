import type { Message } from '@cephts/async-messenger';
import type { Completion } from '@cephts/common';
import { ERRNO } from '@cephts/common';
import { Encoder } from '@cephts/encoding';
import { MDS_STATE_RECONNECT } from '@cephts/rados';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { LogEvent } from '../journal/log-event.js';
import { MClientReclaim } from '../messages/m-client-reclaim.js';
import { MClientReconnect } from '../messages/m-client-reconnect.js';
import { MClientRequest } from '../messages/m-client-request.js';
import { MClientSession } from '../messages/m-client-session.js';
import { C_MDS_RetryMessage } from '../rank/mds-context.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { RankPerf } from '../rank/rank-perf.js';
import type { Session } from '../tables/session.js';
import { CEPH_STAT_CAP_INODE_ALL } from '../types/caps.js';
import * as ops from '../types/op-names.js';
import { dispatchOp } from './client-ops.js';
import { Reconnect } from './reconnect.js';
import { Replies } from './reply.js';
import { ServerConf } from './server-conf.js';
import { ServerPerf } from './server-perf.js';
import { Sessions } from './sessions.js';
import { checkFull } from './when-full.js';

const NO_RELEASES: MClientRequest['releases'] = [];

/**
 * Serves clients: sessions, requests, replies. Each kind of request has its handler in a file of its family (`client-….ts`).
 *
 * @see src/mds/Server.cc (16.2.15)
 */
export class Server {
  readonly mds: MDSRank;
  readonly conf: ServerConf;
  readonly perf: ServerPerf;
  readonly sessions: Sessions;
  readonly reconnect: Reconnect;
  readonly #replies: Replies;
  /** Is the metadata pool full? */
  isFull = false;

  constructor(mds: MDSRank) {
    this.mds = mds;
    this.conf = new ServerConf(mds.cct.conf);
    this.perf = new ServerPerf(mds.cct);
    this.sessions = new Sessions(this);
    this.reconnect = new Reconnect(this);
    this.#replies = new Replies(this);
  }

  /** CLIENT_RECONNECT, CLIENT_SESSION, CLIENT_REQUEST, CLIENT_RECLAIM, MDS_PEER_REQUEST. */
  dispatch(m: Message): void {
    if (m instanceof MClientReconnect) {
      this.reconnect.handleClientReconnect(m);
    } else if (m instanceof MClientRequest) {
      if (this.mds.isActive() || !this.#waits(m)) this.handleClientRequest(m);
    } else if (m instanceof MClientSession) {
      this.sessions.handleClientSession(m);
    } else if (m instanceof MClientReclaim) {
      this.sessions.handleClientReclaim(m);
    } else {
      this.perf.inc(ServerPerf.handlePeerRequest);
      this.mds.dout(0, () => `server drops ${m.typeName} from ${m.src}: there is no other rank to work with`);
    }
  }

  /** Not active: is the request put off, or dropped? */
  #waits(req: MClientRequest): boolean {
    const { mds } = this;
    if (mds.isReconnect() || mds.getWantState() === MDS_STATE_RECONNECT) {
      const session = mds.getSession(req);
      if (!session?.isOpen()) return true;
      if (this.#queueForReplay(req, session)) {
        req.queuedForReplay = true;
        mds.enqueueReplay(new C_MDS_RetryMessage(mds, req));
        return true;
      }
    }
    if (mds.isStopping() || (mds.isClientReplay() && req.queuedForReplay)) return false;
    mds.waitForActive(new C_MDS_RetryMessage(mds, req));
    return true;
  }

  #queueForReplay(req: MClientRequest, session: Session): boolean {
    const { tid } = req;
    if (req.isReplay() || req.isAsync()) {
      if (req.ino !== 0 && session.haveCompletedRequest(tid) === undefined) this.mds.mdcache.reconnected.addReplayInoAlloc(req.ino);
      return true;
    }
    if (req.numRetry === 0) return false;
    // made before the caps were reconnected: what it releases is no longer held
    req.releases = NO_RELEASES;
    return session.haveCompletedRequest(tid) !== undefined;
  }

  /** Registers a request and runs it; one that was completed before is only answered again. */
  handleClientRequest(req: MClientRequest): void {
    const { mds } = this;
    this.perf.inc(ServerPerf.handleClientRequest);
    mds.logger.inc(RankPerf.request);
    if (!mds.mdcache.isOpen()) {
      mds.mdcache.waitForOpen(new C_MDS_RetryMessage(mds, req));
      return;
    }
    const session = mds.getSession(req);
    if (!session || session.isClosed() || session.isClosing() || session.isKilling()) {
      if (req.queuedForReplay) mds.queueOneReplay();
      return;
    }
    let hasCompleted = false;
    if (req.isReplay() || req.numRetry > 0) {
      const created = session.haveCompletedRequest(req.tid);
      if (created !== undefined) {
        if (!session.isOpen() || this.#answerCompleted(req, session, created)) return;
        hasCompleted = true;
      }
    }
    if (req.oldestClientTid > 0) this.#trimCompleted(req, session);

    const mdr = mds.mdcache.requests.start(req);
    if (!mdr) return;
    mdr.session = session;
    session.requests.add(mdr);
    if (hasCompleted) mdr.hasCompleted = true;
    if (req.releases.length > 0 && !req.isReplay()) {
      const client = session.getClient();
      for (const item of req.releases) mds.locker.processRequestCapRelease(mdr, client, item);
      req.releases = NO_RELEASES;
    }
    this.dispatchClientRequest(mdr);
  }

  /** @returns false when the request runs after all: as an open, or as a lookup of what it made */
  #answerCompleted(req: MClientRequest, session: Session, created: number): boolean {
    const opens = req.op === ops.CEPH_MDS_OP_OPEN || req.op === ops.CEPH_MDS_OP_CREATE;
    if (req.isReplay() || ((created === 0 || !this.mds.isClientReplay()) && !opens)) {
      const extra = created === 0 ? undefined : new Encoder(8).u64(created).toBytes();
      this.#replies.sendTraceless(req, session, extra);
      if (req.queuedForReplay) this.mds.queueOneReplay();
      return true;
    }
    if (!opens) {
      req.op = req.isDentryWanted() ? ops.CEPH_MDS_OP_LOOKUP : ops.CEPH_MDS_OP_GETATTR;
      req.args.getattr.mask = CEPH_STAT_CAP_INODE_ALL;
    }
    return false;
  }

  #trimCompleted(req: MClientRequest, session: Session): void {
    if (session.trimCompletedRequests(req.oldestClientTid)) {
      this.mds.mdlog.getCurrentSegment().touchedSessions.add(session.info.inst.name.toString());
      return;
    }
    const { size } = session.info.completedRequests;
    if (size < this.mds.cct.conf.number('mds_max_completed_requests') << session.numTrimRequestsWarnings) return;
    session.numTrimRequestsWarnings++;
    this.mds.clog(
      'warn',
      `client.${session.getClient()} does not advance its oldest_client_tid (${req.oldestClientTid}), ${size} completed requests recorded in session`,
    );
  }

  /** Runs a request, for the first time or again after it had to wait. */
  dispatchClientRequest(mdr: MDRequestImpl): void {
    if (mdr.killed) return;
    const { mdcache } = this.mds;
    if (mdr.aborted) {
      mdr.aborted = false;
      mdcache.requests.kill(mdr);
      return;
    }
    const req = mdr.clientRequest;
    if (!req) return;
    this.perf.inc(ServerPerf.dispatchClientRequest);
    if (mdcache.isReadonly() && req.mayWrite()) this.respondToRequest(mdr, -ERRNO.EROFS);
    else if (!this.isFull || checkFull(this, mdr)) dispatchOp(this, mdr, req.op);
  }

  // -- replies --

  journalAndReply(
    mdr: MDRequestImpl,
    tracei: CInode | undefined,
    tracedn: CDentry | undefined,
    event: LogEvent,
    fin: MDSLogContextBase,
  ): void {
    this.#replies.journalAndReply(mdr, tracei, tracedn, event, fin);
  }

  respondToRequest(mdr: MDRequestImpl, r = 0): void {
    this.#replies.respondToRequest(mdr, r);
  }

  // -- what the rank calls --

  /** Waits for the clients of the session map to come back; `onDone` follows when all did or mds_reconnect_timeout has passed. */
  reconnectClients(onDone: Completion): void {
    this.reconnect.reconnectClients(onDone);
  }

  reconnectTick(): void {
    this.reconnect.tick();
  }

  /** Stale and idle sessions; every tick. */
  findIdleSessions(): void {
    this.sessions.findIdleSessions();
  }

  evictCapRevokeNonResponders(): void {
    this.sessions.evictCapRevokeNonResponders();
  }

  /** Ends all sessions in good order, as the rank stops. */
  terminateSessions(): void {
    this.sessions.terminateSessions();
  }

  /** Ends a session, journals that, and lets go of all it holds. */
  killSession(session: Session, onSafe?: Completion): void {
    this.sessions.killSession(session, onSafe);
  }

  /** Ends the session of a client by number. @returns false where there is none */
  evictClient(client: number, onSafe?: Completion): boolean {
    return this.sessions.evictClient(client, onSafe);
  }

  /** Sessions that wait to be reclaimed before the rank can become active: none, those that don't come back are ended. */
  getNumPendingReclaim(): number {
    return 0;
  }

  forceClientsReadonly(): void {
    this.sessions.forceClientsReadonly();
  }

  /** Asks clients with many caps to release some. */
  recallClientState(): void {
    this.sessions.recallClientState();
  }

  /** Drops perf counters and observers. */
  shutdown(): void {
    this.conf.close();
    this.mds.cct.perf.remove(this.perf.counters);
  }
}
