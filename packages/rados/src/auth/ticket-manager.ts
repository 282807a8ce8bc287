import type { Clock, RandomSource } from '@cephts/common';
import { CEPH_ENTITY_TYPE_AUTH, Decoder, Encoder, entityTypeName } from '@cephts/encoding';
import { CephxAuthorizer } from './cephx-authorizer.js';
import { CephXServiceTicket, CephXTicketBlob } from './cephx-types.js';
import { CryptoKey } from './crypto-key.js';
import { unseal } from './encrypted.js';

/** A ticket one holds for a kind of service. Times are monotonic ms. */
interface Ticket {
  sessionKey: CryptoKey;
  blob: CephXTicketBlob;
  renewAfter: number;
  expires: number;
  /** False for one that is to be replaced: it was refused, or is of another session with the monitors. */
  valid: boolean;
}

/**
 * The tickets of one principal: one for each kind of service, and the one for the monitors' authentication itself.
 *
 * Validity is counted on the monotonic clock, so a step of the wall clock neither ends nor prolongs it (upstream counts on the wall clock).
 *
 * @see src/auth/cephx/CephxProtocol.cc (16.2.15)
 */
export class TicketManager {
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #tickets: Map<number, Ticket>;
  /** Our clock against the stamp of the newest session key, which was made for us. */
  clockSkewMs = 0;

  constructor(clock: Clock, random: RandomSource, tickets = new Map<number, Ticket>()) {
    this.#clock = clock;
    this.#random = random;
    this.#tickets = tickets;
  }

  /** The same tickets, which then go their own way. */
  clone(): TicketManager {
    return new TicketManager(
      this.#clock,
      this.#random,
      new Map([...this.#tickets].map(([service, ticket]) => [service, { ...ticket }])),
    );
  }

  /** The ticket for the monitors, valid or not: proves who one was before. */
  get authTicket(): CephXTicketBlob {
    return this.#tickets.get(CEPH_ENTITY_TYPE_AUTH)?.blob ?? new CephXTicketBlob();
  }

  sessionKey(service: number): CryptoKey | undefined {
    return this.#tickets.get(service)?.sessionKey;
  }

  haveKey(service: number): boolean {
    const ticket = this.#tickets.get(service);
    return ticket !== undefined && ticket.valid && this.#clock.monotonicNow() < ticket.expires;
  }

  /** Is there none, or is it time to renew it? */
  needKey(service: number): boolean {
    const ticket = this.#tickets.get(service);
    return !ticket?.valid || this.#clock.monotonicNow() >= ticket.renewAfter;
  }

  /** The services of the mask whose ticket is missing or due. */
  needed(mask: number): number {
    let need = 0;
    for (let service = 1; service <= mask; service *= 2) if ((mask & service) !== 0 && this.needKey(service)) need |= service;
    return need;
  }

  /** The ticket is to be replaced. @returns was that news? */
  invalidate(service: number): boolean {
    const ticket = this.#tickets.get(service);
    if (!ticket?.valid) return false;
    ticket.valid = false;
    return true;
  }

  /**
   * Takes the tickets of an answer.
   *
   * @param secret what the session keys are sealed with
   * @throws CephError `ERR_CEPH_CRYPTO` where the answer does not come from who has the secret; DecodeError
   */
  takeReply(secret: CryptoKey, d: Decoder): void {
    d.u8();
    for (let left = d.count(11); left > 0; left--) {
      const service = d.u32();
      this.#take(service, secret, d);
    }
  }

  #take(service: number, secret: CryptoKey, d: Decoder): void {
    d.u8();
    const { sessionKey, validity } = unseal(secret, d.blob(), `ticket for ${entityTypeName(service)}`, (d) =>
      CephXServiceTicket.decode(d),
    );
    if (service === CEPH_ENTITY_TYPE_AUTH && !sessionKey.created.isZero())
      this.clockSkewMs = this.#clock.now() - sessionKey.created.toMillis();
    const sealed = d.bool();
    let blob = d.blob();
    if (sealed) {
      // a ticket that replaces one comes sealed with the old one's session key
      const before = this.#tickets.get(service)?.sessionKey ?? new CryptoKey();
      blob = unseal(before, blob, 'renewed ticket', (d) => d.blob());
    }
    const ms = validity.toMillis();
    const now = this.#clock.monotonicNow();
    this.#tickets.set(service, {
      sessionKey,
      blob: CephXTicketBlob.decode(new Decoder(blob, 'ticket')),
      valid: true,
      expires: ms === 0 ? Infinity : now + ms,
      renewAfter: ms === 0 ? Infinity : now + ms * 0.75,
    });
  }

  /**
   * What shows a service who one is; undefined where there never was a ticket for it. One that was refused is shown again until another is
   * there: a service that has just started refuses every ticket until it has the secrets.
   */
  buildAuthorizer(service: number, globalId: number): CephxAuthorizer | undefined {
    const ticket = this.#tickets.get(service);
    if (!ticket) return undefined;
    const e = new Encoder(256).u8(1).u64(globalId).u32(service);
    ticket.blob.encode(e);
    return new CephxAuthorizer(ticket.sessionKey, e.toBytes(), this.#random.u64());
  }
}
