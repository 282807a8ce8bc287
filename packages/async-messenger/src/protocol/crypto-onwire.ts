import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CephError } from '@cephts/common';

const KEY = 16;
const NONCE = 12;
/** Bytes of an authentication tag. */
export const TAG_LENGTH = 16;
/** Bytes to which segments are padded in secure mode. */
export const BLOCK_LENGTH = 16;
/** Bytes of a connection secret that are used. */
export const SECRET_LENGTH: number = KEY + 2 * NONCE;

/** Key and first nonces of one secure connection, from the point of view of one end. */
export interface OnwireKeys {
  key: Uint8Array;
  rxNonce: Uint8Array;
  txNonce: Uint8Array;
}

/**
 * Cuts a connection secret: key, then the connector's receiving nonce, then its sending one.
 *
 * @param crossed is this the acceptor?
 * @throws CephError `ERR_CEPH_CRYPTO` where the secret is too short
 * @see src/msg/async/crypto_onwire.cc (16.2.15)
 */
export function onwireKeys(secret: Uint8Array, crossed: boolean): OnwireKeys {
  if (secret.length < SECRET_LENGTH) {
    throw new CephError('ERR_CEPH_CRYPTO', `a connection secret takes ${SECRET_LENGTH} bytes, this one has ${secret.length}`);
  }
  const first = secret.slice(KEY, KEY + NONCE);
  const second = secret.slice(KEY + NONCE, SECRET_LENGTH);
  return { key: secret.slice(0, KEY), rxNonce: crossed ? second : first, txNonce: crossed ? first : second };
}

/** A nonce that counts: 64 bits from byte 4 on since msgr2.1, the first 32 bits before. */
class Nonce {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rev1: boolean;
  readonly #first: bigint;
  #used = false;

  constructor(bytes: Uint8Array, rev1: boolean) {
    this.#bytes = bytes.slice();
    this.#view = new DataView(this.#bytes.buffer);
    this.#rev1 = rev1;
    this.#first = this.#counter;
  }

  get #counter(): bigint {
    return this.#rev1 ? this.#view.getBigUint64(4, true) : BigInt(this.#view.getUint32(0, true));
  }

  /** A copy to use; the next one is another. @throws CephError `ERR_CEPH_CRYPTO` before one would come twice */
  next(): Uint8Array {
    if (this.#used && this.#counter === this.#first) throw new CephError('ERR_CEPH_CRYPTO', 'out of nonces');
    this.#used = true;
    const nonce = this.#bytes.slice();
    if (this.#rev1) this.#view.setBigUint64(4, this.#counter + 1n, true);
    else this.#view.setUint32(0, this.#view.getUint32(0, true) + 1, true);
    return nonce;
  }
}

/** Seals what is sent: AES-128-GCM, a nonce for each record. */
export class OnwireTx {
  readonly #key: Uint8Array;
  readonly #nonce: Nonce;

  constructor({ key, txNonce }: OnwireKeys, rev1: boolean) {
    this.#key = key;
    this.#nonce = new Nonce(txNonce, rev1);
  }

  /** The ciphertext of `pieces` as one record, and its tag, in the order they go out. */
  seal(...pieces: Uint8Array[]): Uint8Array[] {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce.next());
    const sealed: Uint8Array[] = pieces.map((piece) => cipher.update(piece));
    cipher.final();
    sealed.push(cipher.getAuthTag());
    return sealed;
  }
}

/** A record that takes shape piece by piece. */
export interface OnwireRecord {
  update(sealed: Uint8Array): Uint8Array;
  /** @throws CephError `ERR_CEPH_CRYPTO` where the tag does not fit: what was opened must not be used */
  final(tag: Uint8Array): void;
}

/** Opens what is received. */
export class OnwireRx {
  readonly #key: Uint8Array;
  readonly #nonce: Nonce;

  constructor({ key, rxNonce }: OnwireKeys, rev1: boolean) {
    this.#key = key;
    this.#nonce = new Nonce(rxNonce, rev1);
  }

  begin(): OnwireRecord {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce.next(), { authTagLength: TAG_LENGTH });
    return {
      update: (sealed) => decipher.update(sealed),
      final(tag) {
        decipher.setAuthTag(tag);
        try {
          decipher.final();
        } catch (error) {
          throw new CephError('ERR_CEPH_CRYPTO', 'bad auth tag', { cause: error });
        }
      },
    };
  }

  /** Opens a record of ciphertext and tag. @throws CephError `ERR_CEPH_CRYPTO` */
  open(sealed: Uint8Array): Uint8Array {
    const record = this.begin();
    const opened = record.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
    record.final(sealed.subarray(sealed.length - TAG_LENGTH));
    return opened;
  }
}
