import { describe, expect, it } from '@jest/globals';
import { createCipheriv, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { ShortGcm } from '../src/protocol/short-gcm.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

function nonceOf(base: Uint8Array, record: number): Uint8Array {
  const nonce = base.slice();
  const view = new DataView(nonce.buffer);
  view.setBigUint64(4, BigInt.asUintN(64, view.getBigUint64(4, true) + BigInt(record)), true);
  return nonce;
}

const gcm = (key: Uint8Array, base: Uint8Array): ShortGcm =>
  new ShortGcm(createSecretKey(key), (record, words, at) => words.set(new Int32Array(nonceOf(base, record).buffer), at));

function platformSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Lengths around whole blocks and around what is made ahead, and records that follow each other or leave some out. */
const records = fc.array(fc.record({ skip: fc.constantFrom(0, 0, 0, 1, 7), plain: fc.uint8Array({ maxLength: 300 }) }), {
  minLength: 1,
  maxLength: 40,
});

describe('AES-GCM for short records', () => {
  it('gives the bytes that the platform gives, and opens them again', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), records, (key, base, list) => {
        const [tx, rx] = [gcm(key, base), gcm(key, base)];
        let number = 0;
        for (const { skip, plain } of list) {
          number += skip;
          const sealed = new Uint8Array(plain.length + 16 + 3);
          sealed.set(plain, 3);
          tx.seal(number, sealed, 3, plain.length);
          expect(Buffer.from(sealed.subarray(3))).toEqual(Buffer.from(platformSeal(key, nonceOf(base, number), plain)));
          const opened = new Uint8Array(plain.length);
          expect(rx.open(number, sealed, 3, plain.length, opened, 0)).toBe(true);
          expect(opened).toEqual(plain);
          number++;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a record of which any bit was changed, and writes nothing of it', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (key, base, plain, which) => {
        const sealed = Uint8Array.from(platformSeal(key, base, plain));
        const bit = which % (sealed.length * 8);
        sealed[bit >> 3]! ^= 1 << (bit & 7);
        const out = new Uint8Array(plain.length);
        expect(gcm(key, base).open(0, sealed, 0, plain.length, out, 0)).toBe(false);
        expect(out).toEqual(new Uint8Array(plain.length));
      }),
      { numRuns: 200 },
    );
  });
});
