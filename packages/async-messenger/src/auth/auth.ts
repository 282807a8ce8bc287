import type { Connection } from '../connection.js';

/** @see src/include/ceph_fs.h (16.2.15) */
export const AUTH_METHOD = { UNKNOWN: 0, NONE: 1, CEPHX: 2, GSS: 4 } as const;
/** How frames are protected: `CRC` checks them, `SECURE` seals them with AES-128-GCM. */
export const CON_MODE = { UNKNOWN: 0, CRC: 1, SECURE: 2 } as const;

const NO_KEY = new Uint8Array(0);

/** What the authentication of one socket found out; begins anew with each socket. */
export class AuthConnectionMeta {
  authMethod: number = AUTH_METHOD.UNKNOWN;
  conMode: number = CON_MODE.UNKNOWN;
  /** Signs what went before the authentication; empty for none. */
  sessionKey: Uint8Array = NO_KEY;
  /** Key and nonces of secure mode; see `onwireKeys`. */
  connectionSecret: Uint8Array = NO_KEY;
  /** Whatever the method keeps between its steps. */
  state: unknown = undefined;

  get isSecure(): boolean {
    return this.conMode === CON_MODE.SECURE;
  }
}

/** What a connector asks to be let in with. */
export interface AuthRequestPlan {
  method: number;
  preferredModes: readonly number[];
  payload: Uint8Array;
}

/**
 * The connector's side of an authentication method. Where a method gives back a negative errno, the connection faults.
 *
 * @see src/auth/AuthClient.h (16.2.15)
 */
export interface AuthClient {
  getAuthRequest(con: Connection, meta: AuthConnectionMeta): AuthRequestPlan | number;
  /** The acceptor wants more. Returns what to say. */
  handleAuthReplyMore(con: Connection, meta: AuthConnectionMeta, payload: Uint8Array): Uint8Array | number;
  /** Let in: may set the session key and the connection secret. Returns 0 or a negative errno. */
  handleAuthDone(con: Connection, meta: AuthConnectionMeta, globalId: number, conMode: number, payload: Uint8Array): number;
  /** Not let in. Returns 0 to try again by {@link getAuthRequest}, or a negative errno. */
  handleAuthBadMethod(
    con: Connection,
    meta: AuthConnectionMeta,
    method: number,
    result: number,
    allowedMethods: readonly number[],
    allowedModes: readonly number[],
  ): number;
}

/** An acceptor's verdict: let in, wants more, or a negative errno (-EBUSY: without an answer). */
export type AuthVerdict = { done: boolean; reply: Uint8Array } | number;

/**
 * The acceptor's side.
 *
 * @see src/auth/AuthServer.h (16.2.15)
 */
export interface AuthServer {
  supportedMethods(peerType: number): { methods: readonly number[]; modes: readonly number[] };
  /** One of the modes the connector would like, or CON_MODE.UNKNOWN. */
  pickConMode(peerType: number, method: number, preferredModes: readonly number[]): number;
  /** May set the connection's peerGlobalId, peerAuthName and peerCapsInfo. */
  handleAuthRequest(con: Connection, meta: AuthConnectionMeta, more: boolean, method: number, payload: Uint8Array): AuthVerdict;
}
