import { ERRNO } from '@cephts/common';
import { AuthEntityName, CEPH_ENTITY_TYPE_MON, Decoder, Encoder } from '@cephts/encoding';
import type { Connection } from '../connection.js';
import { AUTH_METHOD, CON_MODE } from './auth.js';
import type { AuthClient, AuthConnectionMeta, AuthRequestPlan, AuthServer, AuthVerdict } from './auth.js';

/** First byte of a request to a daemon, and to a monitor. */
const AUTH_MODE_AUTHORIZER = 1;
const AUTH_MODE_AUTHORIZER_MAX = 9;
const AUTH_MODE_MON = 10;
const NOTHING = new Uint8Array(0);

/** Options of {@link AuthNone}. */
export interface AuthNoneOptions {
  /** Who the connector says it is, as in `'client.admin'`. Asked at each connection. */
  name: () => AuthEntityName;
  /** Its global id, 0 to be given one by a monitor. */
  globalId: () => number;
  /** As a monitor: gives out ids to those who have none. */
  allocateGlobalId?: () => number;
  /** Modes taken and asked for, the best first. @defaultValue crc only: without a key there is no secret to encrypt with */
  modes?: readonly number[];
}

/**
 * Authentication that believes what it is told: both sides of method `none`.
 *
 * @see src/auth/none/ (16.2.15)
 */
export class AuthNone implements AuthClient, AuthServer {
  readonly #options: AuthNoneOptions;
  readonly #modes: readonly number[];

  constructor(options: AuthNoneOptions) {
    this.#options = options;
    this.#modes = options.modes ?? [CON_MODE.CRC];
  }

  getAuthRequest(con: Connection): AuthRequestPlan {
    const e = new Encoder(64);
    e.u8(con.peerType === CEPH_ENTITY_TYPE_MON ? AUTH_MODE_MON : AUTH_MODE_AUTHORIZER);
    this.#options.name().encode(e);
    e.u64(this.#options.globalId());
    return { method: AUTH_METHOD.NONE, preferredModes: this.#modes, payload: e.toBytes() };
  }

  handleAuthReplyMore(): number {
    return -ERRNO.EINVAL;
  }

  handleAuthDone(): number {
    return 0;
  }

  handleAuthBadMethod(): number {
    return -ERRNO.EACCES;
  }

  supportedMethods(): { methods: readonly number[]; modes: readonly number[] } {
    return { methods: [AUTH_METHOD.NONE], modes: this.#modes };
  }

  pickConMode(_peerType: number, method: number, preferredModes: readonly number[]): number {
    if (method !== AUTH_METHOD.NONE) return CON_MODE.UNKNOWN;
    return preferredModes.find((mode) => this.#modes.includes(mode)) ?? CON_MODE.UNKNOWN;
  }

  handleAuthRequest(con: Connection, _meta: AuthConnectionMeta, more: boolean, method: number, payload: Uint8Array): AuthVerdict {
    if (more || method !== AUTH_METHOD.NONE) return -ERRNO.EOPNOTSUPP;
    // heartbeats of old daemons come without any
    if (payload.length === 0) return { done: true, reply: NOTHING };
    const d = new Decoder(payload, 'auth none');
    const mode = d.u8();
    if (mode !== AUTH_MODE_MON && (mode < AUTH_MODE_AUTHORIZER || mode > AUTH_MODE_AUTHORIZER_MAX)) return -ERRNO.EACCES;
    con.peerAuthName = AuthEntityName.decode(d).toString();
    con.peerGlobalId = d.u64();
    if (mode === AUTH_MODE_MON && con.peerGlobalId === 0) con.peerGlobalId = this.#options.allocateGlobalId?.() ?? 0;
    return { done: true, reply: NOTHING };
  }
}
