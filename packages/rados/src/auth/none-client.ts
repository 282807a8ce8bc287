import { AUTH_METHOD } from '@cephts/async-messenger';
import { Encoder } from '@cephts/encoding';
import type { AuthEntityName } from '@cephts/encoding';
import { AUTH_MODE } from './auth-types.js';
import type { AuthOutcome, Authorizer, ClientHandler } from './client-handler.js';

const NOTHING = new Uint8Array(0);

/**
 * No authentication: one is believed.
 *
 * @see src/auth/none/ (16.2.15)
 */
export class NoneClientHandler implements ClientHandler {
  readonly method = AUTH_METHOD.NONE;
  readonly #name: AuthEntityName;
  #globalId = 0;

  constructor(name: AuthEntityName) {
    this.#name = name;
  }

  clone(): NoneClientHandler {
    const copy = new NoneClientHandler(this.#name);
    copy.#globalId = this.#globalId;
    return copy;
  }

  reset(): void {
    // there is nothing to begin anew
  }

  setGlobalId(globalId: number): void {
    this.#globalId = globalId;
  }

  needTickets(): boolean {
    return false;
  }

  buildRequest(): Uint8Array {
    return NOTHING;
  }

  handleResponse(result: number): AuthOutcome {
    return { r: Math.min(0, result), sessionKey: NOTHING, connectionSecret: NOTHING };
  }

  buildAuthorizer(): Authorizer {
    const e = new Encoder(64).u8(AUTH_MODE.AUTHORIZER);
    this.#name.encode(e);
    e.u64(this.#globalId);
    return {
      sessionKey: { secret: NOTHING },
      build: () => e.toBytes(),
      answerChallenge: () => NOTHING,
      verifyReply: () => NOTHING,
    };
  }

  invalidateTicket(): boolean {
    // there are none
    return false;
  }
}
