import type { Completion } from '@cephts/common';
import { complete, ERRNO } from '@cephts/common';
import { IntervalSet } from '@cephts/encoding';
import { MDS_STATE_ACTIVE, MDS_STATE_CLIENTREPLAY } from '@cephts/rados';
import type { CInode } from '../cache/cinode.js';
import { ESession } from '../journal/events/e-session.js';
import type { LogSegment } from '../journal/log-segment.js';
import { ClientLease } from '../locks/client-lease.js';
import { MClientReclaim, MClientReclaimReply } from '../messages/m-client-reclaim.js';
import { MClientSession } from '../messages/m-client-session.js';
import { C_MDS_RetryMessage } from '../rank/mds-context.js';
import {
  SESSION_CLOSED,
  SESSION_CLOSING,
  SESSION_KILLING,
  SESSION_OPEN,
  SESSION_OPENING,
  SESSION_STALE,
} from '../tables/session.js';
import type { Session } from '../tables/session.js';
import { CEPH_RECLAIM_RESET } from '../types/ceph-fs.js';
import { CEPHFS_FEATURE_MIMIC, cephfsFeaturesAll, cephfsMetricFeaturesAll } from '../types/cephfs-features.js';
import { ClientMetadata } from '../types/client-metadata.js';
import {
  CEPH_SESSION_CLOSE,
  CEPH_SESSION_FLUSHMSG_ACK,
  CEPH_SESSION_FORCE_RO,
  CEPH_SESSION_OPEN,
  CEPH_SESSION_RECALL_STATE,
  CEPH_SESSION_REJECT,
  CEPH_SESSION_RENEWCAPS,
  CEPH_SESSION_REQUEST_CLOSE,
  CEPH_SESSION_REQUEST_FLUSH_MDLOG,
  CEPH_SESSION_REQUEST_OPEN,
  CEPH_SESSION_REQUEST_RENEWCAPS,
  CEPH_SESSION_STALE,
} from '../types/op-names.js';
import { ServerLogContext } from './finish.js';
import { ServerPerf } from './server-perf.js';
import type { Server } from './server.js';

/** The numbers a session lets go of as it closes. */
interface ReleasedInos {
  free: IntervalSet;
  inotableVersion: number;
  purge: IntervalSet;
  ls: LogSegment;
}

/**
 * Clients' sessions: opening and closing (journaled), renewing, going stale, eviction.
 *
 * @see Server::handle_client_session in src/mds/Server.cc (16.2.15)
 */
export class Sessions {
  readonly #server: Server;
  readonly #supportedFeatures = cephfsFeaturesAll();
  readonly #metricFeatures = cephfsMetricFeaturesAll();
  #terminating = false;

  constructor(server: Server) {
    this.#server = server;
  }

  // -- CLIENT_SESSION --

  handleClientSession(m: MClientSession): void {
    const { mds } = this.#server;
    const session = mds.getSession(m);
    if (!session) {
      const reject = new MClientSession(CEPH_SESSION_REJECT);
      reject.metadata.set('error_string', 'sessionless');
      if (m.connection) mds.sendMessage(reject, m.connection);
      return;
    }
    if (m.op === CEPH_SESSION_REQUEST_CLOSE) {
      if (mds.state < MDS_STATE_ACTIVE) {
        mds.waitForActive(new C_MDS_RetryMessage(mds, m));
        return;
      }
    } else if (m.op !== CEPH_SESSION_REQUEST_RENEWCAPS && mds.state < MDS_STATE_CLIENTREPLAY) {
      mds.waitForReplay(new C_MDS_RetryMessage(mds, m));
      return;
    }
    this.#server.perf.inc(ServerPerf.handleClientSession);
    switch (m.op) {
      case CEPH_SESSION_REQUEST_OPEN:
        this.#requestOpen(m, session);
        break;
      case CEPH_SESSION_REQUEST_RENEWCAPS:
        this.#requestRenewcaps(m, session);
        break;
      case CEPH_SESSION_REQUEST_CLOSE:
        this.#requestClose(m, session);
        break;
      case CEPH_SESSION_FLUSHMSG_ACK:
        session.finishFlush(m.sessionSeq);
        break;
      case CEPH_SESSION_REQUEST_FLUSH_MDLOG:
        if (mds.isActive()) mds.mdlog.flush();
        break;
      default:
        mds.dout(0, () => `client_session of ${m.src} with unknown op ${m.op}, dropped`);
    }
  }

  #requestOpen(m: MClientSession, session: Session): void {
    const { mds } = this.#server;
    if (
      session.isOpening() ||
      session.isOpen() ||
      session.isStale() ||
      session.isKilling() ||
      this.#terminating ||
      mds.isStopping()
    )
      return;
    const metadata = new ClientMetadata(m.metadata, m.supportedFeatures, m.metricSpec);
    const why = this.#whyRefuse(session, metadata);
    session.setClientMetadata(metadata);
    if (why !== undefined) {
      const reject = new MClientSession(CEPH_SESSION_REJECT);
      if (session.info.hasFeature(CEPHFS_FEATURE_MIMIC)) reject.metadata.set('error_string', why);
      mds.sendMessageClient(reject, session);
      mds.clog('warn', `client session with ${why} denied (${session.name})`);
      session.clear();
      return;
    }
    const { sessionmap, mdlog } = mds;
    if (session.isClosed()) sessionmap.addSession(session);
    const version = sessionmap.markProjected(session);
    const stateSeq = sessionmap.setState(session, SESSION_OPENING);
    sessionmap.touchSession(session);
    const event = new ESession({ clientInst: session.info.inst, open: true, cmapv: version, clientMetadata: metadata });
    mdlog.startSubmitEntry(event, new ServerLogContext(mds, () => this.#logged(session, stateSeq, true)));
    mdlog.flush();
  }

  /** Why the session can't be opened; undefined: it can. */
  #whyRefuse(session: Session, metadata: ClientMetadata): string | undefined {
    const { mds } = this.#server;
    const missing = mds.mdsmap.requiredClientFeatures.minus(metadata.features);
    if (!missing.isEmpty()) return `missing required features '${missing}'`;
    const root = metadata.kvMap.get('root');
    if (root !== undefined) {
      if (!root.startsWith('/')) return `invalue root '${root}'`;
      if (session.authCaps && !session.authCaps.pathCapable(root.slice(1))) return `non-allowable root '${root}'`;
    }
    const uuid = metadata.kvMap.get('uuid');
    if (uuid !== undefined && this.findSessionByUuid(uuid)) return 'duplicated session uuid';
    return undefined;
  }

  #requestRenewcaps(m: MClientSession, session: Session): void {
    const { mds } = this.#server;
    if (!session.isOpen() && !session.isStale()) return;
    mds.sessionmap.touchSession(session);
    if (session.isStale()) {
      mds.sessionmap.setState(session, SESSION_OPEN);
      mds.locker.caps.resumeStaleCaps(session);
      mds.sessionmap.touchSession(session);
    }
    mds.sendMessageClient(new MClientSession(CEPH_SESSION_RENEWCAPS, m.sessionSeq), session);
  }

  #requestClose(m: MClientSession, session: Session): void {
    const { mds } = this.#server;
    if (session.isClosed() || session.isClosing() || session.isKilling() || session.isImporting()) return;
    // the client hasn't seen all we sent, so it may hold caps it doesn't know of: it asks again
    if (m.sessionSeq < session.pushSeq) return;
    if (m.sessionSeq !== session.pushSeq) {
      mds.clog('warn', `incorrect push seq ${m.sessionSeq} != ${session.pushSeq}, dropping from client : ${session.humanName}`);
      return;
    }
    this.#journalClose(session, SESSION_CLOSING);
  }

  // -- opening and closing are journaled --

  #journalClose(session: Session, state: number, onSafe?: Completion): void {
    const { mds } = this.#server;
    const { sessionmap, inotable, mdlog, mdcache } = mds;
    const stateSeq = sessionmap.setState(session, state);
    const version = sessionmap.markProjected(session);
    const free = new IntervalSet();
    free.unionSet(session.pendingPreallocInos);
    free.unionSet(session.freePreallocInos);
    let inotableVersion = 0;
    if (!free.isEmpty()) {
      inotable.projectReleaseIds(free);
      inotableVersion = inotable.projectedVersion;
    }
    const purge = session.delegatedInos.clone();
    const event = new ESession({
      clientInst: session.info.inst,
      cmapv: version,
      inosToFree: free,
      inotablev: inotableVersion,
      inosToPurge: purge,
    });
    const released: ReleasedInos = { free, inotableVersion, purge, ls: mdlog.getCurrentSegment() };
    const fin = new ServerLogContext(mds, () => {
      this.#logged(session, stateSeq, false, released);
      if (onSafe) complete(onSafe, 0);
    });
    mdlog.startSubmitEntry(event, fin);
    mdlog.flush();
    for (const mdr of [...session.requests]) mdcache.requests.kill(mdr);
    session.finishFlush(session.pushSeq);
  }

  /** What was journaled is safe. `stateSeq` tells whether the session has changed again since. */
  #logged(session: Session, stateSeq: number, open: boolean, released?: ReleasedInos): void {
    const { mds } = this.#server;
    if (released) {
      if (!released.purge.isEmpty()) {
        session.info.preallocInos.subtract(released.purge);
        mds.mdcache.purgeInodes(released.purge, released.ls);
      }
      if (!released.free.isEmpty()) {
        session.info.preallocInos.subtract(released.free.intersection(session.info.preallocInos));
        mds.inotable.applyReleaseIds(released.free);
      }
      session.freePreallocInos.assign(session.info.preallocInos);
      session.delegatedInos.clear();
    }
    mds.sessionmap.markDirty(session);
    if (session.stateSeq !== stateSeq) return;
    if (open) this.#opened(session);
    else this.#closed(session);
  }

  #opened(session: Session): void {
    const { mds } = this.#server;
    mds.sessionmap.setState(session, SESSION_OPEN);
    mds.sessionmap.touchSession(session);
    this.sendOpen(session);
    if (mds.mdcache.isReadonly()) mds.sendMessageClient(new MClientSession(CEPH_SESSION_FORCE_RO), session);
  }

  /** Tells the client that its session is open. */
  sendOpen(session: Session): void {
    const reply = new MClientSession(CEPH_SESSION_OPEN);
    if (session.info.hasFeature(CEPHFS_FEATURE_MIMIC)) {
      reply.supportedFeatures = this.#supportedFeatures;
      reply.metricSpec = this.#metricFeatures;
    }
    this.#server.mds.sendMessageClient(reply, session);
  }

  #closed(session: Session): void {
    const { mds, reconnect } = this.#server;
    const killing = session.isKilling();
    for (const cap of [...session.caps]) mds.locker.removeClientCap(cap.inode as CInode, cap, killing);
    dropLeases(session);
    reconnect.forget(session.getClient());
    const { connection } = session;
    if (killing) {
      connection?.markDown();
    } else {
      // before the message goes out: a client that doesn't get it reconnects, and learns it then
      connection?.markDisposable();
      mds.sendMessageClient(new MClientSession(CEPH_SESSION_CLOSE), session);
    }
    mds.sessionmap.setState(session, SESSION_CLOSED);
    if (killing) session.setConnection(undefined);
    else session.clear();
    mds.sessionmap.removeSession(session);
  }

  // -- eviction --

  killSession(session: Session, onSafe?: Completion): void {
    const { mdlog } = this.#server.mds;
    if ((session.isOpening() || session.isOpen() || session.isStale()) && !session.isImporting()) {
      this.#journalClose(session, SESSION_KILLING, onSafe);
    } else if (onSafe) {
      if (session.isClosing() || session.isKilling())
        mdlog.waitForSafe(new ServerLogContext(this.#server.mds, () => complete(onSafe, 0)));
      else complete(onSafe, 0);
    }
  }

  evictClient(client: number, onSafe?: Completion): boolean {
    const session = this.#server.mds.sessionmap.getSessionByClient(client);
    if (!session) return false;
    this.#evict(session, 'mds_session_blocklist_on_evict', onSafe);
    return true;
  }

  /** Ends the session of a client that says nothing. */
  evictSilent(session: Session): void {
    this.#evict(session, 'mds_session_blocklist_on_timeout');
  }

  /** In a cluster the OSDs are told first: what the client still writes must not meet what others do to the file. */
  #evict(session: Session, blocklistOption: string, onSafe?: Completion): void {
    const { osds, cct } = this.#server.mds;
    if (!osds || !cct.conf.bool(blocklistOption)) {
      this.killSession(session, onSafe);
      return;
    }
    osds.blocklist(session.info.inst.addr, () => this.killSession(session, onSafe));
  }

  terminateSessions(): void {
    const { mds } = this.#server;
    this.#terminating = true;
    for (const session of mds.sessionmap.clientSessions()) {
      if (!session.isClosing() && !session.isKilling() && !session.isClosed()) this.#journalClose(session, SESSION_CLOSING);
    }
    mds.mdlog.waitForSafe(new ServerLogContext(mds, () => (this.#terminating = false)));
  }

  evictCapRevokeNonResponders(): void {
    const { mds, conf, perf } = this.#server;
    const timeout = conf.capRevokeEvictionTimeout;
    if (timeout === 0) return;
    for (const client of mds.locker.caps.getLateRevokingClients(timeout)) {
      mds.clog('warn', `client id ${client} has not responded to cap revoke by MDS for over ${timeout} seconds, evicting`);
      if (this.evictClient(client)) perf.inc(ServerPerf.capRevokeEviction);
    }
  }

  // -- sessions that say nothing --

  findIdleSessions(): void {
    const { mds } = this.#server;
    const { sessionmap, mdsmap, locker } = mds;
    const now = mds.cct.clock.monotonicNow();
    const staleAfter = mdsmap.sessionTimeout * 1000;
    const closeAfter = mdsmap.sessionAutoclose * 1000;
    const defer = mds.cct.conf.bool('mds_defer_session_stale');
    const evict: Session[] = [];
    for (const session of sessionmap.sessionsInState(SESSION_OPEN)) {
      const silent = now - Math.max(session.lastCapRenew, session.lastSeen);
      if (silent < staleAfter) continue;
      if (silent >= closeAfter) {
        evict.push(session);
        continue;
      }
      if (defer && !session.isAnyFlushWaiter() && !locker.caps.isRevokingAnyCapsFrom(session.getClient())) continue;
      const own = session.info.clientMetadata.kvMap.get('timeout');
      if (own !== undefined) {
        const seconds = Number(own);
        if (seconds > 0 && silent >= seconds * 1000) evict.push(session);
        continue;
      }
      if (!this.#markStale(session)) evict.push(session);
    }
    for (const session of sessionmap.sessionsInState(SESSION_STALE)) {
      if (now - session.lastCapRenew >= closeAfter && !evict.includes(session)) evict.push(session);
    }
    for (const session of evict) {
      if (session.isImporting()) continue;
      mds.clog(
        'warn',
        `evicting unresponsive client ${session.humanName}, after ${((now - session.lastCapRenew) / 1000).toFixed(3)} seconds`,
      );
      this.evictSilent(session);
    }
  }

  /** @returns false when it holds what others wait for and might have changed it: it has to be evicted */
  #markStale(session: Session): boolean {
    const { mds } = this.#server;
    mds.sessionmap.setState(session, SESSION_STALE);
    if (!mds.locker.caps.revokeStaleCaps(session)) return false;
    dropLeases(session);
    session.finishFlush(session.pushSeq);
    mds.sendMessageClient(new MClientSession(CEPH_SESSION_STALE, session.pushSeq), session);
    return true;
  }

  // -- to all clients --

  forceClientsReadonly(): void {
    const { mds } = this.#server;
    for (const session of mds.sessionmap.clientSessions()) {
      if (session.isOpen() || session.isStale()) mds.sendMessageClient(new MClientSession(CEPH_SESSION_FORCE_RO), session);
    }
  }

  /** Asks clients that hold more caps than they should to release the least used. */
  recallClientState(): void {
    const { mds } = this.#server;
    const { conf } = mds.cct;
    const most = conf.number('mds_max_caps_per_client');
    const least = conf.number('mds_min_caps_per_client');
    const atOnce = conf.number('mds_recall_max_caps');
    for (const session of mds.sessionmap.clientSessions()) {
      const { numCaps } = session;
      if (!session.isOpen() || !session.connection || numCaps <= most) continue;
      const m = new MClientSession(CEPH_SESSION_RECALL_STATE);
      m.maxCaps = Math.max(least, numCaps - atOnce);
      mds.sendMessageClient(m, session);
    }
  }

  // -- reclaim --

  findSessionByUuid(uuid: string): Session | undefined {
    for (const session of this.#server.mds.sessionmap.clientSessions()) {
      if (session.info.clientMetadata.kvMap.get('uuid') === uuid) return session;
    }
    return undefined;
  }

  /** A client that was started anew ends the session it had before. */
  handleClientReclaim(m: MClientReclaim): void {
    const { mds } = this.#server;
    const session = mds.getSession(m);
    if (!session) return;
    if (mds.state < MDS_STATE_CLIENTREPLAY) {
      mds.waitForReplay(new C_MDS_RetryMessage(mds, m));
      return;
    }
    if (m.flags & MClientReclaim.FLAG_FINISH) {
      const target = session.reclaimingFrom;
      session.reclaimingFrom = undefined;
      if (target) this.killSession(target);
      return;
    }
    if (!session.isOpen() && !session.isStale()) return;
    const reply = new MClientReclaimReply(0);
    const target = this.findSessionByUuid(m.uuid);
    if (m.uuid === '') reply.result = -ERRNO.EINVAL;
    else if (m.flags !== CEPH_RECLAIM_RESET) reply.result = -ERRNO.EOPNOTSUPP;
    if (reply.result < 0 || !target || target === session) mds.sendMessageClient(reply, session);
    else this.killSession(target, () => mds.sendMessageClient(reply, session));
  }
}

/** Its leases end at once. */
function dropLeases(session: Session): void {
  for (const lease of [...session.leases]) if (lease instanceof ClientLease) lease.parent.removeClientLease(lease);
}
