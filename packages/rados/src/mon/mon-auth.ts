import { ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { AUTH_METHOD, CON_MODE } from '@cephts/async-messenger';
import type { AuthClient, AuthConnectionMeta, AuthRequestPlan, AuthServer, AuthVerdict, Connection } from '@cephts/async-messenger';
import { AuthEntityName, CEPH_ENTITY_TYPE_MON, Decoder, entityTypeName } from '@cephts/encoding';
import type { AuthRegistry } from '../auth/auth-registry.js';
import { AUTH_MODE, AuthCapsInfo } from '../auth/auth-types.js';
import type { Authorizer, ClientHandler } from '../auth/client-handler.js';
import type { RotatingKeyRing } from '../auth/rotating-keyring.js';
import { verifyAuthorizer } from '../auth/verify-authorizer.js';
import type { MonConnection } from './mon-connection.js';

const NOTHING = new Uint8Array(0);
/** Bytes of connection secret that Ceph makes for secure mode. */
const CONNECTION_SECRET_LENGTH = 64;

/** What {@link MonAuthClient} asks its client. */
export interface AuthClientHost {
  readonly cct: CephContext;
  readonly registry: AuthRegistry;
  /** The handler of the session there is. */
  readonly handler: ClientHandler | undefined;
  findMonConnection(con: Connection): MonConnection | undefined;
  /** A ticket was refused: asks for another. */
  readonly renewTickets: () => void;
  /** One's authentication at a monitor has succeeded (0) or failed. */
  monAuthenticated(mon: MonConnection, r: number): void;
}

/**
 * Authenticates every connection one makes: at a monitor by an exchange of its own, elsewhere by a ticket.
 *
 * @see src/mon/MonClient.cc (16.2.15)
 */
export class MonAuthClient implements AuthClient {
  readonly #host: AuthClientHost;

  constructor(host: AuthClientHost) {
    this.#host = host;
  }

  getAuthRequest(con: Connection, meta: AuthConnectionMeta): AuthRequestPlan | number {
    if (con.peerType === CEPH_ENTITY_TYPE_MON) return this.#atMon(con, (mon) => mon.getAuthRequest());
    const { handler, registry, cct } = this.#host;
    const authorizer = handler?.buildAuthorizer(con.peerType);
    if (!handler || !authorizer) {
      cct.dout('monc', 0, () => `there is no ticket for ${entityTypeName(con.peerType)} yet`);
      return -ERRNO.EACCES;
    }
    meta.state = authorizer;
    const preferredModes = registry.supportedModes(con.peerType, handler.method);
    return { method: handler.method, preferredModes, payload: authorizer.build() };
  }

  handleAuthReplyMore(con: Connection, meta: AuthConnectionMeta, payload: Uint8Array): Uint8Array | number {
    if (con.peerType === CEPH_ENTITY_TYPE_MON) return this.#atMon(con, (mon) => mon.handleAuthReplyMore(payload));
    try {
      return (meta.state as Authorizer).answerChallenge(payload);
    } catch {
      return -ERRNO.EACCES;
    }
  }

  handleAuthDone(con: Connection, meta: AuthConnectionMeta, globalId: number, _conMode: number, payload: Uint8Array): number {
    if (con.peerType === CEPH_ENTITY_TYPE_MON) {
      const mon = this.#host.findMonConnection(con);
      if (!mon) return -ERRNO.ENOENT;
      const r = mon.handleAuthDone(meta, globalId, payload);
      this.#host.monAuthenticated(mon, r);
      return r;
    }
    const authorizer = meta.state as Authorizer;
    const secret = authorizer.verifyReply(payload);
    if (!secret) return -ERRNO.EACCES;
    meta.sessionKey = authorizer.sessionKey.secret;
    meta.connectionSecret = secret;
    return 0;
  }

  handleAuthBadMethod(
    con: Connection,
    _meta: AuthConnectionMeta,
    _method: number,
    result: number,
    allowedMethods: readonly number[],
  ): number {
    const { cct, handler, renewTickets } = this.#host;
    if (con.peerType !== CEPH_ENTITY_TYPE_MON) {
      cct.dout('monc', 1, () => `${entityTypeName(con.peerType)} at ${String(con.peerAddrs)} refuses the ticket (${result})`);
      // the secret it is sealed with may be gone
      if (handler?.invalidateTicket(con.peerType)) renewTickets();
      return -ERRNO.EACCES;
    }
    const mon = this.#host.findMonConnection(con);
    if (!mon) return -ERRNO.ENOENT;
    const r = mon.handleAuthBadMethod(result, allowedMethods);
    if (r < 0) this.#host.monAuthenticated(mon, r);
    return r;
  }

  /** A step of the exchange with a monitor; one that cannot be taken ends it. */
  #atMon<T>(con: Connection, step: (mon: MonConnection) => T | number): T | number {
    const mon = this.#host.findMonConnection(con);
    if (!mon) return -ERRNO.ENOENT;
    const next = step(mon);
    if (typeof next === 'number') this.#host.monAuthenticated(mon, next);
    return next;
  }
}

/** What {@link MonAuthServer} is made with. */
export interface AuthServerInit {
  cct: CephContext;
  registry: AuthRegistry;
  rotating: RotatingKeyRing;
}

/**
 * Lets peers in by their tickets, or by what they say where method none is allowed.
 *
 * @see MonClient::handle_auth_request in src/mon/MonClient.cc (16.2.15)
 */
export class MonAuthServer implements AuthServer {
  readonly #cct: CephContext;
  readonly #registry: AuthRegistry;
  readonly #rotating: RotatingKeyRing;

  constructor({ cct, registry, rotating }: AuthServerInit) {
    this.#cct = cct;
    this.#registry = registry;
    this.#rotating = rotating;
  }

  supportedMethods(peerType: number): { methods: readonly number[]; modes: readonly number[] } {
    const methods = this.#registry.supportedMethods(peerType);
    return { methods, modes: this.#registry.supportedModes(peerType, methods[0] ?? AUTH_METHOD.UNKNOWN) };
  }

  pickConMode(peerType: number, method: number, preferredModes: readonly number[]): number {
    return this.#registry.pickMode(peerType, method, preferredModes);
  }

  handleAuthRequest(con: Connection, meta: AuthConnectionMeta, more: boolean, method: number, payload: Uint8Array): AuthVerdict {
    const mode = payload[0] ?? AUTH_MODE.NONE;
    if (mode < AUTH_MODE.AUTHORIZER || mode > AUTH_MODE.AUTHORIZER_MAX) return -ERRNO.EACCES;
    if (!this.#registry.supportedMethods(con.peerType).includes(method)) return -ERRNO.EOPNOTSUPP;
    return method === AUTH_METHOD.NONE ? this.#believe(con, payload) : this.#verify(con, meta, more, payload);
  }

  #believe(con: Connection, payload: Uint8Array): AuthVerdict {
    const d = new Decoder(payload.subarray(1), 'auth none');
    con.peerAuthName = String(AuthEntityName.decode(d));
    con.peerGlobalId = d.u64();
    con.peerCapsInfo = new AuthCapsInfo(true);
    return { done: true, reply: NOTHING };
  }

  #verify(con: Connection, meta: AuthConnectionMeta, more: boolean, authorizer: Uint8Array): AuthVerdict {
    const challenge = meta.state as bigint | undefined;
    const ttl = this.#cct.conf.number('auth_service_ticket_ttl');
    const verdict = verifyAuthorizer(this.#cct, {
      keys: this.#rotating,
      authorizer,
      challenge,
      connectionSecretLength: meta.conMode === CON_MODE.SECURE ? CONNECTION_SECRET_LENGTH : 0,
      graceMs: Math.min(30, ttl / 4) * 1000,
    });
    meta.state = undefined;
    if ('accepted' in verdict) {
      const { ticket, sessionKey } = verdict.accepted;
      con.peerAuthName = String(ticket.name);
      con.peerGlobalId = ticket.globalId;
      con.peerCapsInfo = ticket.caps;
      meta.sessionKey = sessionKey.secret;
      meta.connectionSecret = verdict.connectionSecret;
      return { done: true, reply: verdict.reply };
    }
    if ('challenge' in verdict && !more && challenge === undefined) {
      meta.state = verdict.challenge;
      return { done: false, reply: verdict.reply };
    }
    const why = 'refused' in verdict ? verdict.refused : 'it does not answer the challenge';
    this.#cct.dout('monc', 0, () => `bad authorizer of ${String(con.peerAddrs)}: ${why}`);
    return -ERRNO.EACCES;
  }
}
