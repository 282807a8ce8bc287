import type { Message } from '@cephts/async-messenger';
import type { Completion } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { Session } from '../tables/session.js';

/**
 * Serves clients: sessions, requests, replies.
 *
 * @see src/mds/Server.cc (16.2.15)
 */
export declare class Server {
  constructor(mds: MDSRank);
  /** CLIENT_RECONNECT, CLIENT_SESSION, CLIENT_REQUEST, CLIENT_RECLAIM, MDS_PEER_REQUEST. */
  dispatch(m: Message): void;
  /** Called by MDCache.dispatchRequest, too: a retry. */
  dispatchClientRequest(mdr: MDRequestImpl): void;
  respondToRequest(mdr: MDRequestImpl, r?: number): void;
  /** Waits for the clients of the session map to come back; `onDone` follows when all did or mds_reconnect_timeout has passed. */
  reconnectClients(onDone: Completion): void;
  reconnectTick(): void;
  /** Stale and idle sessions; every tick. */
  findIdleSessions(): void;
  evictCapRevokeNonResponders(): void;
  terminateSessions(): void;
  /** Ends a session, journals that, and lets go of all it holds. */
  killSession(session: Session, onSafe?: Completion): void;
  /** MDSRank's loop of queued requests after a restart. */
  forceClientsReadonly(): void;
  recallClientState(): void;
}
