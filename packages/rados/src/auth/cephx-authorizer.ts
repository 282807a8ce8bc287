import { Decoder, Encoder } from '@cephts/encoding';
import { CephXAuthorize, CephXAuthorizeChallenge, CephXAuthorizeReply } from './cephx-types.js';
import type { CryptoKey } from './crypto-key.js';
import { seal, unseal } from './encrypted.js';

const U64 = 0xffff_ffff_ffff_ffffn;

/** `n + 1` as Ceph reckons it: in 64 bits. */
export function plusOne(n: bigint): bigint {
  return (n + 1n) & U64;
}

/**
 * What one shows to a service: the ticket, and a nonce sealed with the session key; once more with the service's challenge, so that who
 * overheard it gains nothing.
 *
 * @see CephXAuthorizer in src/auth/cephx/CephxProtocol.{h,cc} (16.2.15)
 */
export class CephxAuthorizer {
  readonly sessionKey: CryptoKey;
  readonly #base: Uint8Array;
  readonly #nonce: bigint;

  constructor(sessionKey: CryptoKey, base: Uint8Array, nonce: bigint) {
    this.sessionKey = sessionKey;
    this.#base = base;
    this.#nonce = nonce;
  }

  /** The first request. */
  build(): Uint8Array {
    const msg = new CephXAuthorize();
    msg.nonce = this.#nonce;
    return this.#request(msg);
  }

  /** The second one. @throws CephError `ERR_CEPH_CRYPTO`, DecodeError where the challenge is not by who has the session key */
  answerChallenge(challenge: Uint8Array): Uint8Array {
    const { serverChallenge } = unseal(this.sessionKey, challenge, 'challenge', (d) => CephXAuthorizeChallenge.decode(d));
    const msg = new CephXAuthorize();
    msg.nonce = this.#nonce;
    msg.haveChallenge = true;
    msg.serverChallengePlusOne = plusOne(serverChallenge);
    return this.#request(msg);
  }

  /**
   * The service's answer: it has the session key too.
   *
   * @returns the connection secret, empty in crc mode; undefined where the answer is wrong
   */
  verifyReply(reply: Uint8Array): Uint8Array | undefined {
    try {
      const d = new Decoder(reply, 'authorizer reply');
      const { noncePlusOne, connectionSecret } = unseal(this.sessionKey, d.blob(), 'authorizer reply', (d) =>
        CephXAuthorizeReply.decode(d),
      );
      return noncePlusOne === plusOne(this.#nonce) ? connectionSecret : undefined;
    } catch {
      return undefined;
    }
  }

  #request(msg: CephXAuthorize): Uint8Array {
    const sealed = seal(this.sessionKey, (e) => msg.encode(e));
    return new Encoder(this.#base.length + sealed.length + 4).raw(this.#base).blob(sealed).toBytes();
  }
}
