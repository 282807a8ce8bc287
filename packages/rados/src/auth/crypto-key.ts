import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CephError, ERRNO } from '@cephts/common';
import { Decoder, Encoder, UTime } from '@cephts/encoding';

/** @see src/include/ceph_fs.h (16.2.15) */
export const CEPH_CRYPTO = { NONE: 0, AES: 1, AES256KRB5: 2 } as const;

const AES_KEY_LENGTH = 16;
/** Every Ceph encrypts with this one. */
const IV: Uint8Array = new TextEncoder().encode('cephsageyudagreg');

function cryptoError(message: string): CephError {
  return new CephError('ERR_CEPH_CRYPTO', message, { errno: ERRNO.EINVAL });
}

/**
 * A secret key, as in a keyring. It never prints: texts, JSON and `console.log` show its type only.
 *
 * @see src/auth/Crypto.{h,cc} (16.2.15)
 */
export class CryptoKey {
  readonly type: number;
  readonly created: UTime;
  readonly #secret: Uint8Array;

  constructor(type: number = CEPH_CRYPTO.NONE, created: UTime = UTime.ZERO, secret: Uint8Array = new Uint8Array(0)) {
    this.type = type;
    this.created = created;
    this.#secret = secret;
  }

  /** A new AES key. */
  static generate(now: number = Date.now(), random: (length: number) => Uint8Array = randomBytes): CryptoKey {
    return new CryptoKey(CEPH_CRYPTO.AES, UTime.fromMillis(now), Uint8Array.from(random(AES_KEY_LENGTH)));
  }

  /**
   * Reads the form keyrings have.
   *
   * @throws CephError `ERR_CEPH_CRYPTO`, without any of the text
   */
  static parse(base64: string): CryptoKey {
    const text = base64.trim();
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw cryptoError('a key is not base64');
    try {
      const d = new Decoder(new Uint8Array(Buffer.from(text, 'base64')), 'CryptoKey');
      const key = CryptoKey.decode(d);
      d.expectEnd();
      return key;
    } catch {
      throw cryptoError('a key is damaged: its length or type is wrong');
    }
  }

  /** The form keyrings have: the one way to see the secret. */
  toBase64(): string {
    const e = new Encoder(32);
    this.encode(e);
    return Buffer.from(e.view()).toString('base64');
  }

  get isEmpty(): boolean {
    return this.#secret.length === 0;
  }

  /** The bytes, for a signature. */
  get secret(): Uint8Array {
    return this.#secret;
  }

  equals(other: CryptoKey): boolean {
    return this.type === other.type && Buffer.from(this.#secret).equals(other.#secret);
  }

  /** @throws CephError `ERR_CEPH_CRYPTO` for a key that is none, or of a type this version does not know */
  encrypt(plain: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-128-cbc', this.#aesKey(), IV);
    return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final()]));
  }

  /** @throws CephError `ERR_CEPH_CRYPTO` where the bytes were not encrypted with this key */
  decrypt(sealed: Uint8Array): Uint8Array {
    const decipher = createDecipheriv('aes-128-cbc', this.#aesKey(), IV);
    try {
      return new Uint8Array(Buffer.concat([decipher.update(sealed), decipher.final()]));
    } catch {
      throw cryptoError('decryption failed: it was encrypted with another key');
    }
  }

  #aesKey(): Uint8Array {
    if (this.type !== CEPH_CRYPTO.AES)
      throw cryptoError(`a key is of type ${this.type}; this version encrypts with type 1 (AES-128) only`);
    if (this.#secret.length < AES_KEY_LENGTH) throw cryptoError('a key is too short for AES-128');
    return this.#secret.subarray(0, AES_KEY_LENGTH);
  }

  encode(e: Encoder): void {
    e.u16(this.type);
    this.created.encode(e);
    e.u16(this.#secret.length).raw(this.#secret);
  }

  static decode(d: Decoder): CryptoKey {
    const at = d.offset;
    const type = d.u16();
    const created = UTime.decode(d);
    const secret = d.raw(d.u16()).slice();
    if (type === CEPH_CRYPTO.AES && secret.length < AES_KEY_LENGTH) throw d.error('an AES key that is too short', at);
    return new CryptoKey(type, created, secret);
  }

  toString(): string {
    return `CryptoKey(type ${this.type})`;
  }

  toJSON(): string {
    return this.toString();
  }
}
