import type { CephContext } from '@cephts/common';
import { Decoder, Encoder, entityTypeName } from '@cephts/encoding';
import { plusOne } from './cephx-authorizer.js';
import {
  CephXAuthorize,
  CephXAuthorizeChallenge,
  CephXAuthorizeReply,
  CephXServiceTicketInfo,
  CephXTicketBlob,
} from './cephx-types.js';
import type { CryptoKey } from './crypto-key.js';
import { seal, unseal } from './encrypted.js';
import type { RotatingKeyRing } from './rotating-keyring.js';

/** What became of an authorizer: accepted, answered by a challenge, or refused. */
export type AuthorizerVerdict =
  | { accepted: CephXServiceTicketInfo; reply: Uint8Array; connectionSecret: Uint8Array }
  | { challenge: bigint; reply: Uint8Array }
  | { refused: string };

/** What is asked of {@link verifyAuthorizer}. */
export interface VerifyInit {
  keys: RotatingKeyRing;
  authorizer: Uint8Array;
  /** The challenge sent for the first request on this socket; undefined for the first request. */
  challenge: bigint | undefined;
  /** Bytes of connection secret to make: 0 in crc mode. */
  connectionSecretLength: number;
  /** How long an expired ticket still counts, in ms: clocks differ. */
  graceMs: number;
}

/**
 * Looks at what a client shows to this service. A first request is never enough: it may have been overheard, so it is answered by a
 * challenge. Unlike upstream, which relies on secrets rotating away, an expired ticket is refused by its own date too.
 *
 * @see cephx_verify_authorizer in src/auth/cephx/CephxProtocol.cc (16.2.15)
 */
export function verifyAuthorizer(cct: CephContext, init: VerifyInit): AuthorizerVerdict {
  try {
    return verify(cct, init);
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

function verify(cct: CephContext, { keys, authorizer, challenge, connectionSecretLength, graceMs }: VerifyInit): AuthorizerVerdict {
  const d = new Decoder(authorizer, 'authorizer');
  d.u8();
  const globalId = d.u64();
  const serviceId = d.u32();
  const blob = CephXTicketBlob.decode(d);
  const secret = keys.getServiceSecret(serviceId, blob.secretId);
  if (!secret) return { refused: `no secret ${blob.secretId} for service ${entityTypeName(serviceId)}` };
  const info = unseal(secret, blob.blob, 'ticket', (d) => CephXServiceTicketInfo.decode(d));
  const { ticket, sessionKey } = info;
  if (ticket.globalId !== globalId) return { refused: `it says ${globalId}, its ticket is for ${ticket.globalId}` };
  if (cct.clock.now() > ticket.expires.toMillis() + graceMs) return { refused: `its ticket expired at ${String(ticket.expires)}` };
  const msg = unseal(sessionKey, d.blob(), 'authorize', (d) => CephXAuthorize.decode(d));
  if (challenge === undefined || !msg.haveChallenge) {
    const fresh = new CephXAuthorizeChallenge(cct.random.u64());
    return { challenge: fresh.serverChallenge, reply: seal(sessionKey, (e) => fresh.encode(e)) };
  }
  if (msg.serverChallengePlusOne !== plusOne(challenge)) return { refused: 'it does not answer the challenge' };
  return { accepted: info, ...acceptance(cct, sessionKey, msg, connectionSecretLength) };
}

function acceptance(
  cct: CephContext,
  sessionKey: CryptoKey,
  msg: CephXAuthorize,
  length: number,
): { reply: Uint8Array; connectionSecret: Uint8Array } {
  const answer = new CephXAuthorizeReply();
  answer.noncePlusOne = plusOne(msg.nonce);
  answer.connectionSecret = cct.random.bytes(length);
  const sealed = seal(sessionKey, (e) => answer.encode(e));
  return { reply: new Encoder(sealed.length + 4).blob(sealed).toBytes(), connectionSecret: answer.connectionSecret };
}
