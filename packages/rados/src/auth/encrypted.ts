import { CephError, ERRNO } from '@cephts/common';
import { Decoder, Encoder } from '@cephts/encoding';
import type { CryptoKey } from './crypto-key.js';

/** In front of everything that is encrypted: tells that the right key decrypted it. */
const AUTH_ENC_MAGIC = 0xff009cad8826aa55n;

/**
 * Encrypts what `body` writes.
 *
 * @see src/auth/cephx/CephxProtocol.h (16.2.15)
 */
export function seal(key: CryptoKey, body: (e: Encoder) => unknown): Uint8Array {
  const e = new Encoder(256).u8(1).u64big(AUTH_ENC_MAGIC);
  body(e);
  return key.encrypt(e.view());
}

/**
 * Decrypts, and reads by `body`.
 *
 * @throws CephError `ERR_CEPH_CRYPTO` for another key, DecodeError for bytes that make no sense
 */
export function unseal<T>(key: CryptoKey, sealed: Uint8Array, type: string, body: (d: Decoder) => T): T {
  const d = new Decoder(key.decrypt(sealed), type);
  d.u8();
  if (d.u64big() !== AUTH_ENC_MAGIC) {
    throw new CephError('ERR_CEPH_CRYPTO', `${type}: it was encrypted with another key`, { errno: ERRNO.EINVAL });
  }
  return body(d);
}
