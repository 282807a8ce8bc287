import { CephError, ERRNO, isCephError } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { AUTH_METHOD } from '@cephts/async-messenger';
import { CEPH_ENTITY_TYPE_AUTH, CEPH_ENTITY_TYPE_MGR, Decoder, Encoder } from '@cephts/encoding';
import type { AuthEntityName } from '@cephts/encoding';
import type { AuthOutcome, ClientHandler } from './client-handler.js';
import type { CephxAuthorizer } from './cephx-authorizer.js';
import {
  CEPHX_GET_AUTH_SESSION_KEY,
  CEPHX_GET_PRINCIPAL_SESSION_KEY,
  CEPHX_GET_ROTATING_KEY,
  CephXAuthenticate,
  CephXChallengeBlob,
  CephXRequestHeader,
  CephXResponseHeader,
  CephXServerChallenge,
  CephXServiceTicketRequest,
} from './cephx-types.js';
import type { CryptoKey } from './crypto-key.js';
import { seal, unseal } from './encrypted.js';
import { RotatingSecrets } from './auth-types.js';
import type { RotatingKeyRing } from './rotating-keyring.js';
import { TicketManager } from './ticket-manager.js';

/** Where a handler finds its key. */
export interface KeySource {
  getSecret(name: AuthEntityName): CryptoKey | undefined;
}

/** What a {@link CephxClientHandler} is made with. */
export interface CephxClientInit {
  name: AuthEntityName;
  keys: KeySource;
  /** Kinds of service to get tickets for: a mask of entity types. */
  want: number;
  /** Filled by the answers to {@link CephxClientHandler.buildRotatingRequest}. */
  rotating: RotatingKeyRing;
}

/** Folds the encrypted challenges to 64 bits: shows that one has the key. */
export function challengeKey(secret: CryptoKey, blob: CephXChallengeBlob): bigint {
  const sealed = seal(secret, (e) => blob.encode(e));
  const bytes = new Encoder(64).blob(sealed).toBytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let key = 0n;
  for (let at = 0; at + 8 <= bytes.length; at += 8) key ^= view.getBigUint64(at, true);
  return key;
}

/**
 * cephx, the client's side: one exchange with a monitor gives the tickets for it and for the other services; they are renewed over the
 * session that follows. After a reconnect the old ticket proves that the global id is still one's own.
 *
 * @see src/auth/cephx/CephxClientHandler.cc (16.2.15)
 */
export class CephxClientHandler implements ClientHandler {
  readonly method = AUTH_METHOD.CEPHX;
  readonly #cct: CephContext;
  readonly #init: CephxClientInit;
  readonly #tickets: TicketManager;
  #globalId = 0;
  #starting = true;
  #serverChallenge = 0n;

  constructor(cct: CephContext, init: CephxClientInit, tickets?: TicketManager) {
    this.#cct = cct;
    this.#init = init;
    this.#tickets = tickets ?? new TicketManager(cct.clock, cct.random);
  }

  clone(): CephxClientHandler {
    const copy = new CephxClientHandler(this.#cct, this.#init, this.#tickets.clone());
    copy.#globalId = this.#globalId;
    return copy;
  }

  /** Begins an exchange anew, with the tickets there are. */
  reset(): void {
    this.#starting = true;
    this.#serverChallenge = 0n;
  }

  setGlobalId(globalId: number): void {
    this.#globalId = globalId;
  }

  get clockSkewMs(): number {
    return this.#tickets.clockSkewMs;
  }

  #want(): number {
    return this.#init.want | CEPH_ENTITY_TYPE_AUTH;
  }

  #need(): number {
    return this.#tickets.needed(this.#want());
  }

  needTickets(): boolean {
    const need = this.#need();
    // a cluster whose managers have no secrets yet gives none: not worth asking for alone
    return need !== 0 && need !== CEPH_ENTITY_TYPE_MGR;
  }

  #secret(): CryptoKey {
    const { name, keys } = this.#init;
    const secret = keys.getSecret(name);
    if (!secret || secret.isEmpty) {
      throw new CephError('ERR_CEPH_NO_KEY', `no key for ${String(name)}`, { errno: ERRNO.ENOENT });
    }
    return secret;
  }

  /** The next request; empty where nothing is needed. @throws CephError without a usable key */
  buildRequest(): Uint8Array {
    const need = this.#need();
    const e = new Encoder(512);
    if ((need & CEPH_ENTITY_TYPE_AUTH) !== 0) {
      new CephXRequestHeader(CEPHX_GET_AUTH_SESSION_KEY).encode(e);
      const req = new CephXAuthenticate();
      req.clientChallenge = this.#cct.random.u64();
      req.key = challengeKey(this.#secret(), new CephXChallengeBlob(this.#serverChallenge, req.clientChallenge));
      req.oldTicket = this.#tickets.authTicket;
      req.otherKeys = need;
      req.encode(e);
    } else if (this.needTickets()) {
      const authorizer = this.#tickets.buildAuthorizer(CEPH_ENTITY_TYPE_AUTH, this.#globalId);
      if (!authorizer) return e.toBytes();
      new CephXRequestHeader(CEPHX_GET_PRINCIPAL_SESSION_KEY).encode(e);
      e.raw(authorizer.build());
      new CephXServiceTicketRequest(need).encode(e);
    }
    return e.toBytes();
  }

  buildRotatingRequest(): Uint8Array {
    const e = new Encoder(8);
    new CephXRequestHeader(CEPHX_GET_ROTATING_KEY).encode(e);
    return e.toBytes();
  }

  handleResponse(result: number, payload: Uint8Array): AuthOutcome {
    if (result < 0) return { r: result };
    try {
      return this.#handle(new Decoder(payload, 'cephx response'));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#cct.dout('auth', 0, () => `cephx client: ${why}`);
      return { r: isCephError(error) && error.code === 'ERR_CEPH_NO_KEY' ? -ERRNO.ENOENT : -ERRNO.EACCES };
    }
  }

  #handle(d: Decoder): AuthOutcome {
    if (this.#starting) {
      this.#serverChallenge = CephXServerChallenge.decode(d).serverChallenge;
      this.#starting = false;
      this.#tickets.invalidate(CEPH_ENTITY_TYPE_AUTH);
      return { r: -ERRNO.EAGAIN };
    }
    const { requestType, status } = CephXResponseHeader.decode(d);
    if (status < 0) return { r: status };
    switch (requestType) {
      case CEPHX_GET_AUTH_SESSION_KEY:
        return this.#handleSessionKey(d);
      case CEPHX_GET_PRINCIPAL_SESSION_KEY:
        this.#tickets.takeReply(this.#authSessionKey(), d);
        return { r: 0 };
      case CEPHX_GET_ROTATING_KEY:
        this.#init.rotating.setSecrets(unseal(this.#secret(), d.blob(), 'rotating secrets', (d) => RotatingSecrets.decode(d)));
        return { r: 0 };
      default:
        throw d.error(`request type ${requestType}`);
    }
  }

  #authSessionKey(): CryptoKey {
    const key = this.#tickets.sessionKey(CEPH_ENTITY_TYPE_AUTH);
    if (!key) throw new CephError('ERR_CEPH_CRYPTO', 'there is no session with the monitors', { errno: ERRNO.EACCES });
    return key;
  }

  #handleSessionKey(d: Decoder): AuthOutcome {
    this.#tickets.takeReply(this.#secret(), d);
    const sessionKey = this.#authSessionKey();
    let connectionSecret: Uint8Array = new Uint8Array(0);
    if (d.remaining > 0) {
      const sealed = d.blob();
      const extra = d.blob();
      if (sealed.length > 0) {
        const secret = new Decoder(sealed, 'connection secret');
        connectionSecret = unseal(sessionKey, secret.blob(), 'connection secret', (d) => d.blob().slice());
      }
      // upstream leaves these aside in a session that goes on, and asks once more
      if (extra.length > 0) this.#tickets.takeReply(sessionKey, new Decoder(extra, 'service tickets'));
    }
    return { r: this.needTickets() ? -ERRNO.EAGAIN : 0, sessionKey: sessionKey.secret, connectionSecret };
  }

  buildAuthorizer(service: number): CephxAuthorizer | undefined {
    return this.#tickets.buildAuthorizer(service, this.#globalId);
  }

  invalidateTicket(service: number): boolean {
    return this.#tickets.invalidate(service);
  }
}
