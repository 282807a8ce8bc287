import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CephError } from '@cephts/common';
import { countMemory } from './body-memory.js';
import { MOST_IN_RUN, MOST_OF_RUN, MOST_SEALED, ShortGcm } from './short-gcm.js';

const KEY = 16;
const NONCE = 12;
/** Records up to this many bytes are joined before they are sealed. */
const JOINED = 16 * 1024;
const scratch = new Uint8Array(JOINED);
const BAD_TAG = 'bad auth tag';
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

/** The nonces of one direction, by the number of their record: 64 bits that count from byte 4 on since msgr2.1, the first 32 before. */
class Nonces {
  readonly #bytes: Uint8Array;
  readonly #words: readonly number[];
  readonly #rev1: boolean;
  #record = 0;

  constructor(bytes: Uint8Array, rev1: boolean) {
    this.#bytes = bytes.slice();
    this.#words = [...new Int32Array(this.#bytes.buffer)];
    this.#rev1 = rev1;
  }

  /** The same, which stays the next. */
  get peek(): number {
    return this.#record;
  }

  /** Number of the next record. @throws CephError `ERR_CEPH_CRYPTO` before a nonce would come twice */
  next(): number {
    if (!this.#rev1 && this.#record === 0x1_0000_0000) throw new CephError('ERR_CEPH_CRYPTO', 'out of nonces');
    return this.#record++;
  }

  /** Writes the nonce of a record as three words. */
  readonly write = (record: number, words: Int32Array, at: number): void => {
    const [w0, w1, w2] = this.#words as [number, number, number];
    if (this.#rev1) {
      const low = (w1 >>> 0) + record;
      words[at] = w0;
      words[at + 1] = low;
      words[at + 2] = w2 + Math.floor(low / 0x1_0000_0000);
    } else {
      words[at] = w0 + record;
      words[at + 1] = w1;
      words[at + 2] = w2;
    }
  };

  /** The next record's nonce. */
  take(): Uint8Array {
    const words = new Int32Array(NONCE / 4);
    this.write(this.next(), words, 0);
    return new Uint8Array(words.buffer);
  }
}

/** Seals what is sent: AES-128-GCM, a nonce for each record. */
export class OnwireTx {
  readonly #key: Uint8Array;
  readonly #nonces: Nonces;
  #short: ShortGcm | undefined;
  /** Records that are to be sealed together: where the first begins, the number of it, where the last ends. */
  #bytes: Uint8Array = scratch;
  #begin = 0;
  #end = 0;
  #first = 0;
  readonly #lengths: number[] = [];

  constructor({ key, txNonce }: OnwireKeys, rev1: boolean) {
    this.#key = key.slice();
    this.#nonces = new Nonces(txNonce, rev1);
  }

  /** The ciphertext of `pieces` as one record, and its tag, in the order they go out. */
  seal(...pieces: Uint8Array[]): Uint8Array[] {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonces.take());
    // every call costs as much as a KiB does
    const whole = pieces.length > 1 ? joined(pieces) : undefined;
    const sealed: Uint8Array[] = (whole ? [whole] : pieces).map((piece) => cipher.update(piece));
    cipher.final();
    for (const { length } of sealed) countMemory(length);
    sealed.push(cipher.getAuthTag());
    return sealed;
  }

  /** Seals a record of up to {@link SHORT_RECORD} bytes where it is, now or by {@link finish}; its tag follows it. */
  sealShort(b: Uint8Array, at: number, length: number): void {
    const lengths = this.#lengths;
    const isApart = at !== this.#end || b !== this.#bytes || length > MOST_IN_RUN;
    const isFull = lengths.length === MOST_OF_RUN || at + length + TAG_LENGTH - this.#begin > MOST_SEALED;
    if (isApart || isFull) this.finish();
    const record = this.#nonces.next();
    if (length > MOST_IN_RUN) {
      this.#gcm.seal(record, b, at, length);
      return;
    }
    if (lengths.length === 0) {
      this.#bytes = b;
      this.#begin = at;
      this.#first = record;
    }
    lengths.push(length);
    this.#end = at + length + TAG_LENGTH;
  }

  /** Seals what was not yet. Nothing must be sent before. */
  finish(): void {
    const lengths = this.#lengths;
    if (lengths.length === 0) return;
    this.#gcm.sealRun(this.#first, this.#bytes, this.#begin, lengths);
    lengths.length = 0;
    this.#bytes = scratch;
  }

  get #gcm(): ShortGcm {
    return (this.#short ??= new ShortGcm(this.#key, this.#nonces.write));
  }
}

/** The pieces as one, where that is not too much to copy; valid until the next call. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length > JOINED) return undefined;
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.length;
  }
  return new Uint8Array(scratch.buffer, 0, length);
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
  readonly #nonces: Nonces;
  #short: ShortGcm | undefined;

  constructor({ key, rxNonce }: OnwireKeys, rev1: boolean) {
    this.#key = key.slice();
    this.#nonces = new Nonces(rxNonce, rev1);
  }

  begin(): OnwireRecord {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonces.take(), { authTagLength: TAG_LENGTH });
    return {
      update(sealed) {
        countMemory(sealed.length);
        return decipher.update(sealed);
      },
      final(tag) {
        decipher.setAuthTag(tag);
        try {
          decipher.final();
        } catch (error) {
          throw new CephError('ERR_CEPH_CRYPTO', BAD_TAG, { cause: error });
        }
      },
    };
  }

  /** Opens a record of ciphertext and tag. @throws CephError `ERR_CEPH_CRYPTO` */
  open(sealed: Uint8Array): Uint8Array {
    const record = this.begin();
    const length = sealed.length - TAG_LENGTH;
    const opened = record.update(new Uint8Array(sealed.buffer, sealed.byteOffset, length));
    record.final(new Uint8Array(sealed.buffer, sealed.byteOffset + length, TAG_LENGTH));
    return opened;
  }

  /** Begins to look ahead: see {@link ShortGcm.beginRun}. Whoever looked calls its `endRun`. */
  lookAhead(b: Uint8Array, at: number, end: number): ShortGcm {
    const gcm = this.#gcm;
    gcm.beginRun(this.#nonces.peek, b, at, end);
    return gcm;
  }

  /** Is the next record known to be genuine? */
  get isAhead(): boolean {
    return this.#short?.knows(this.#nonces.peek) ?? false;
  }

  get #gcm(): ShortGcm {
    return (this.#short ??= new ShortGcm(this.#key, this.#nonces.write));
  }

  /** Opens a record of up to {@link SHORT_RECORD} bytes, which its tag follows, into `out`. @throws CephError `ERR_CEPH_CRYPTO` */
  openShort(b: Uint8Array, at: number, length: number, out: Uint8Array, outAt: number): void {
    if (!this.#gcm.open(this.#nonces.next(), b, at, length, out, outAt)) throw new CephError('ERR_CEPH_CRYPTO', BAD_TAG);
  }
}
