import type { CephxAuthorizer } from './cephx-authorizer.js';

/** What an answer of the monitor comes to. */
export interface AuthOutcome {
  /** 0 let in, −EAGAIN there is more to ask for, else a negative errno. */
  r: number;
  sessionKey?: Uint8Array;
  connectionSecret?: Uint8Array;
}

/**
 * One method of authentication, the client's side of it.
 *
 * @see src/auth/AuthClientHandler.h (16.2.15)
 */
export interface ClientHandler {
  readonly method: number;
  /** How far our clock is ahead of the monitors', in ms, where the method tells. */
  readonly clockSkewMs?: number;
  /** The same, for another connection: what it holds goes its own way from here. */
  clone(): ClientHandler;
  reset(): void;
  setGlobalId(globalId: number): void;
  /** Is something missing, or due to be renewed? */
  needTickets(): boolean;
  buildRequest(): Uint8Array;
  /** Undefined where the method has none. */
  buildRotatingRequest?(): Uint8Array;
  handleResponse(result: number, payload: Uint8Array): AuthOutcome;
  buildAuthorizer(service: number): Authorizer | undefined;
  /** The ticket for a service was refused: {@link needTickets} says so until there is another. @returns was that news? */
  invalidateTicket(service: number): boolean;
}

/** What one shows to a service other than the monitors. */
export interface Authorizer extends Pick<CephxAuthorizer, 'build' | 'answerChallenge' | 'verifyReply'> {
  readonly sessionKey: { readonly secret: Uint8Array };
}
