// The monitor's side of cephx, as far as tests need it: gives challenges and tickets by keys that are made up.
import { Decoder, Encoder, CEPH_ENTITY_TYPE_AUTH, UTime } from '@cephts/encoding';
import type { AuthEntityName } from '@cephts/encoding';
import { AuthCapsInfo, AuthTicket, ExpiringCryptoKey, RotatingSecrets } from '../../src/auth/auth-types.js';
import {
  CEPHX_GET_AUTH_SESSION_KEY,
  CEPHX_GET_PRINCIPAL_SESSION_KEY,
  CEPHX_GET_ROTATING_KEY,
  CephXAuthenticate,
  CephXChallengeBlob,
  CephXRequestHeader,
  CephXResponseHeader,
  CephXServerChallenge,
  CephXServiceTicket,
  CephXServiceTicketInfo,
  CephXServiceTicketRequest,
  CephXTicketBlob,
} from '../../src/auth/cephx-types.js';
import { challengeKey } from '../../src/auth/cephx-client.js';
import { CryptoKey } from '../../src/auth/crypto-key.js';
import { seal } from '../../src/auth/encrypted.js';

export interface MonSideOptions {
  name: AuthEntityName;
  key: CryptoKey;
  /** Seconds that tickets count. */
  ttl?: number;
  caps?: string;
  now?: () => number;
}

export class MonSide {
  readonly secrets = new Map<number, CryptoKey>();
  readonly rotating = new RotatingSecrets();
  readonly #options: Required<MonSideOptions>;
  challenge = 0x1234_5678_9abc_def0n;
  globalId = 4711;
  sessionKey = CryptoKey.generate();
  /** What came as old ticket with the last authentication. */
  oldTicket = new CephXTicketBlob();

  constructor(options: MonSideOptions) {
    this.#options = { ttl: 3600, caps: 'allow *', now: Date.now, ...options };
    for (const service of [1, 2, 4, 8, 16, CEPH_ENTITY_TYPE_AUTH]) this.secrets.set(service, CryptoKey.generate());
    const expiration = UTime.fromMillis(this.#options.now() + 3_600_000);
    for (let id = 1; id <= 3; id++) this.rotating.secrets.set(id, new ExpiringCryptoKey(CryptoKey.generate(), expiration));
    this.rotating.maxVersion = 3;
    this.secrets.set(2, (this.rotating.secrets.get(2) as ExpiringCryptoKey).key);
  }

  hello(): Uint8Array {
    const e = new Encoder();
    new CephXServerChallenge(this.challenge).encode(e);
    return e.toBytes();
  }

  /** Answers a request. @throws where the key is wrong */
  answer(request: Uint8Array): Uint8Array {
    const d = new Decoder(request, 'request');
    const { requestType } = CephXRequestHeader.decode(d);
    const e = new Encoder();
    new CephXResponseHeader(requestType, 0).encode(e);
    if (requestType === CEPHX_GET_AUTH_SESSION_KEY) this.#authenticate(d, e);
    else if (requestType === CEPHX_GET_PRINCIPAL_SESSION_KEY) this.#tickets(d, e);
    else if (requestType === CEPHX_GET_ROTATING_KEY) e.blob(seal(this.#options.key, (e) => this.rotating.encode(e)));
    return e.toBytes();
  }

  #authenticate(d: Decoder, e: Encoder): void {
    const { key } = this.#options;
    const req = CephXAuthenticate.decode(d);
    if (req.key !== challengeKey(key, new CephXChallengeBlob(this.challenge, req.clientChallenge))) throw new Error('EACCES');
    this.oldTicket = req.oldTicket;
    const before = this.sessionKey;
    const renews = req.oldTicket.blob.length > 0;
    this.sessionKey = CryptoKey.generate(this.#options.now());
    e.u8(1).u32(1);
    this.#ticket(e, CEPH_ENTITY_TYPE_AUTH, key, this.sessionKey, renews ? before : undefined);
    const secret = new Encoder().blob(seal(this.sessionKey, (e) => e.blob(new Uint8Array(64).fill(9)))).toBytes();
    e.blob(secret);
    const services = [1, 2, 4, 8, 16].filter((service) => (req.otherKeys & service) !== 0);
    const extra = new Encoder().u8(1).u32(services.length);
    for (const service of services) this.#ticket(extra, service, this.sessionKey, CryptoKey.generate());
    e.blob(extra.toBytes());
  }

  #tickets(d: Decoder, e: Encoder): void {
    d.skip(1 + 8 + 4);
    CephXTicketBlob.decode(d);
    d.blob();
    const { keys } = CephXServiceTicketRequest.decode(d);
    const services = [1, 2, 4, 8, 16].filter((service) => (keys & service) !== 0);
    e.u8(1).u32(services.length);
    for (const service of services) this.#ticket(e, service, this.sessionKey, CryptoKey.generate());
  }

  #ticket(e: Encoder, service: number, principal: CryptoKey, sessionKey: CryptoKey, sealWith?: CryptoKey): void {
    const { ttl, name, caps, now } = this.#options;
    const mine = new CephXServiceTicket();
    mine.sessionKey = sessionKey;
    mine.validity = UTime.fromMillis(ttl * 1000);
    const info = new CephXServiceTicketInfo();
    info.sessionKey = sessionKey;
    info.ticket = new AuthTicket();
    info.ticket.name = name;
    info.ticket.globalId = this.globalId;
    info.ticket.created = UTime.fromMillis(now());
    info.ticket.expires = UTime.fromMillis(now() + ttl * 1000);
    info.ticket.caps = new AuthCapsInfo(false, new Encoder().string(caps).toBytes());
    const blob = new Encoder();
    new CephXTicketBlob(
      2n,
      seal(this.secrets.get(service) as CryptoKey, (e) => info.encode(e)),
    ).encode(blob);
    e.u32(service).u8(1);
    e.blob(seal(principal, (e) => mine.encode(e)));
    e.bool(sealWith !== undefined);
    if (sealWith) e.blob(seal(sealWith, (e) => e.blob(blob.toBytes())));
    else e.blob(blob.toBytes());
  }
}
