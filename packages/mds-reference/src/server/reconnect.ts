import type { Completion } from '@cephts/common';
import { complete } from '@cephts/common';
import { MDS_STATE_RECONNECT } from '@cephts/rados';
import type { MClientReconnect } from '../messages/m-client-reconnect.js';
import { MClientSession } from '../messages/m-client-session.js';
import { C_MDS_RetryMessage } from '../rank/mds-context.js';
import type { Session } from '../tables/session.js';
import { CEPH_SESSION_CLOSE, CEPH_SESSION_REJECT } from '../types/op-names.js';
import type { Server } from './server.js';

/**
 * After a restart: the clients of the session map come back and say which caps they hold.
 *
 * @see Server::handle_client_reconnect in src/mds/Server.cc (16.2.15)
 */
export class Reconnect {
  readonly #server: Server;
  /** Clients that haven't come back yet. */
  readonly #gather = new Set<number>();
  readonly #denied = new Set<number>();
  #onDone: Completion | undefined;
  /** Monotonic ms. */
  #start = 0;
  #lastSeen = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Clients that are waited for, for `status`. */
  get waitingFor(): ReadonlySet<number> {
    return this.#gather;
  }

  reconnectClients(onDone: Completion): void {
    const { mds } = this.#server;
    this.#onDone = onDone;
    const now = mds.cct.clock.monotonicNow();
    for (const session of mds.sessionmap.clientSessions()) {
      if (!session.isOpen()) continue;
      this.#gather.add(session.getClient());
      session.reconnecting = true;
      session.lastCapRenew = now;
    }
    this.#start = now;
    this.#lastSeen = now;
    if (this.#gather.size === 0) this.#finish();
    else mds.dout(1, () => `reconnect_clients -- ${this.#gather.size} sessions`);
  }

  handleClientReconnect(m: MClientReconnect): void {
    const { mds, sessions } = this.#server;
    const session = mds.getSession(m);
    if (!session || !session.isOpen()) {
      const reply = new MClientSession(session ? CEPH_SESSION_CLOSE : CEPH_SESSION_REJECT);
      if (!session) reply.metadata.set('error_string', 'sessionless');
      if (m.connection) mds.sendMessage(reply, m.connection);
      return;
    }
    if (!mds.isReconnect() && mds.getWantState() === MDS_STATE_RECONNECT) {
      mds.waitForReconnect(new C_MDS_RetryMessage(mds, m));
      return;
    }
    const why = this.#whyDeny(session);
    if (why !== undefined) {
      mds.clog('info', `denied reconnect attempt from ${session.name} (${why})`);
      mds.sendMessageClient(new MClientSession(CEPH_SESSION_CLOSE), session);
      this.#denied.add(session.getClient());
      return;
    }
    const now = mds.cct.clock.monotonicNow();
    if (!m.more) sessions.sendOpen(session);
    session.lastCapRenew = now;
    this.#takeCaps(m, session);
    this.#lastSeen = now;
    if (m.more) return;
    session.reconnecting = false;
    this.#gather.delete(session.getClient());
    if (this.#gather.size === 0) this.#finish();
  }

  #whyDeny(session: Session): string | undefined {
    const { mds } = this.#server;
    if (mds.cct.conf.bool('mds_deny_all_reconnect')) return 'mds_deny_all_reconnect is set';
    if (!mds.isReconnect()) return 'mds is no longer in reconnect state';
    if (mds.mdcache.isReadonly()) return 'mds is readonly';
    const missing = mds.mdsmap.requiredClientFeatures.minus(session.info.clientMetadata.features);
    return missing.isEmpty() ? undefined : `missing required features '${missing}'`;
  }

  /** What the client holds: caps of inodes in the cache at once, of others when the rejoin stage has loaded them. */
  #takeCaps(m: MClientReconnect, session: Session): void {
    const { mdcache } = this.#server.mds;
    const client = session.getClient();
    for (const [ino, cap] of m.caps) {
      if (cap.capId > mdcache.lastCapId) mdcache.lastCapId = cap.capId;
      const inode = mdcache.getInode(ino);
      if (inode?.isPurging()) continue;
      if (inode) inode.reconnectCap(cap, session);
      else mdcache.reconnected.add(ino, client, cap);
    }
  }

  #finish(): void {
    const onDone = this.#onDone;
    this.#onDone = undefined;
    if (onDone) complete(onDone, 0);
  }

  /** A session ended: nobody is waited for any more on its account. */
  forget(client: number): void {
    if (this.#gather.delete(client) && this.#gather.size === 0) this.#finish();
  }

  /** Gives up on clients that don't come back within mds_reconnect_timeout. */
  tick(): void {
    if (this.#gather.size === 0) return;
    const { mds, sessions } = this.#server;
    const now = mds.cct.clock.monotonicNow();
    const timeout = mds.cct.conf.number('mds_reconnect_timeout') * 1000;
    const allDenied = [...this.#gather].every((client) => this.#denied.has(client));
    if (now - this.#start < timeout && !allDenied) return;
    const remaining: Session[] = [];
    for (const client of this.#gather) {
      const session = mds.sessionmap.getSessionByClient(client);
      if (!session) continue;
      remaining.push(session);
      // it sends what it had flushed before the reconnect: it's on its way
      if (session.lastSeen > this.#lastSeen) this.#lastSeen = session.lastSeen;
    }
    if (now - this.#lastSeen < timeout / 2 && !allDenied) return;
    this.#gather.clear();
    this.#denied.clear();
    for (const session of remaining) {
      mds.clog(
        'warn',
        `evicting unresponsive client ${session.humanName}, after waiting ${((now - this.#start) / 1000).toFixed(3)} seconds during MDS startup`,
      );
      sessions.evictSilent(session);
    }
    this.#finish();
  }
}
