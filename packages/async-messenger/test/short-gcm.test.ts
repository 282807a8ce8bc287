import { describe, expect, it } from '@jest/globals';
import { createCipheriv } from 'node:crypto';
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
  new ShortGcm(key, (record, words, at) => words.set(new Int32Array(nonceOf(base, record).buffer), at));

function platformSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

const blocks = (minLength: number, maxLength: number) =>
  fc.array(bytes(16), { minLength, maxLength }).map((list) => Uint8Array.from(Buffer.concat(list)));

/** Up to more blocks than the hash takes at once several times over, and records that follow each other or leave some out. */
const records = fc.array(fc.record({ skip: fc.constantFrom(0, 0, 0, 1, 7), plain: blocks(0, 38) }), {
  minLength: 1,
  maxLength: 40,
});

/** Of up to 6 KiB: records of which many blocks are folded into few, among short ones. */
const longRecords = fc.array(
  fc.record({
    skip: fc.constantFrom(0, 0, 0, 1),
    plain: fc
      .tuple(fc.oneof(fc.integer({ min: 28, max: 70 }), fc.constantFrom(6, 383, 384), fc.nat(384)), fc.nat())
      .map(([length, seed]) => Uint8Array.from({ length: 16 * length }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24)),
  }),
  { minLength: 1, maxLength: 20 },
);

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** NIST's test cases for AES-128-GCM without additional data (The Galois/Counter Mode of Operation, appendix B). */
const CASES = [
  {
    key: '00000000000000000000000000000000',
    iv: '000000000000000000000000',
    plain: '',
    sealed: '58e2fccefa7e3061367f1d57a4e7455a',
  },
  {
    key: '00000000000000000000000000000000',
    iv: '000000000000000000000000',
    plain: '00000000000000000000000000000000',
    sealed: '0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308',
    iv: 'cafebabefacedbaddecaf888',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
    sealed:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985' +
      '4d5c2af327cd64a62cf35abd2ba6fab4',
  },
];

describe('AES-GCM for short records', () => {
  it.each(CASES)('seals $plain as NIST does', ({ key, iv, plain, sealed }) => {
    const length = plain.length / 2;
    const bytes = new Uint8Array(length + 16);
    bytes.set(hex(plain));
    gcm(hex(key), hex(iv)).seal(0, bytes, 0, length);
    expect(Buffer.from(bytes).toString('hex')).toBe(sealed);
  });

  it('gives the bytes that the platform gives, and opens them again', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), fc.oneof(records, longRecords), (key, base, list) => {
        const [tx, rx] = [gcm(key, base), gcm(key, base)];
        let number = 0;
        for (const { skip, plain } of list) {
          number += skip;
          const sealed = new Uint8Array(plain.length + 16 + 3);
          sealed.set(plain, 3);
          tx.seal(number, sealed, 3, plain.length);
          expect(Buffer.compare(sealed.subarray(3), platformSeal(key, nonceOf(base, number), plain))).toBe(0);
          const opened = new Uint8Array(plain.length);
          expect(rx.open(number, sealed, 3, plain.length, opened, 0)).toBe(true);
          expect(Buffer.compare(opened, plain)).toBe(0);
          number++;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('seals and opens a run of records as the platform does', () => {
    const lists = fc.array(fc.oneof(fc.constant(5), fc.integer({ min: 1, max: 31 })), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(bytes(16), bytes(12), fc.nat(1000), lists, fc.nat(), (key, base, first, list, seed) => {
        const lengths = list
          .filter((_, i) => list.slice(0, i + 1).reduce((sum, n) => sum + 16 * n + 16, 0) <= 8192)
          .map((n) => 16 * n);
        const plains = lengths.map((length, k) =>
          Uint8Array.from({ length }, (_, i) => Math.imul(i + k + seed, 0x9e3779b1) >>> 24),
        );
        const run = new Uint8Array(Buffer.concat([new Uint8Array(3), ...plains.flatMap((plain) => [plain, new Uint8Array(16)])]));
        gcm(key, base).sealRun(first, run, 3, lengths);
        const sealed = Buffer.concat(plains.map((plain, i) => platformSeal(key, nonceOf(base, first + i), plain)));
        expect(Buffer.compare(run.subarray(3), sealed)).toBe(0);

        const open = (rx: ShortGcm): boolean[] => {
          rx.beginRun(first, run, 3, run.length);
          for (const length of lengths) expect(rx.nextOfRun(length)).toBeGreaterThanOrEqual(0);
          rx.endRun();
          let at = 3;
          return plains.map((plain, i) => {
            const out = new Uint8Array(plain.length + 1);
            const isGenuine = rx.open(first + i, run, at, plain.length, out, 1);
            expect(out.subarray(1)).toEqual(isGenuine ? plain : new Uint8Array(plain.length));
            at += plain.length + 16;
            return isGenuine;
          });
        };
        expect(open(gcm(key, base))).toEqual(plains.map(() => true));

        const bit = seed % (8 * (run.length - 3));
        run[3 + (bit >> 3)]! ^= 1 << (bit & 7);
        let end = 0;
        const changed = lengths.findIndex((length) => bit >> 3 < (end += length + 16));
        const rx = gcm(key, base);
        expect(open(rx)).toEqual(plains.map((_, i) => i !== changed));
        expect(rx.knows(first)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps keys apart that take turns', () => {
    fc.assert(
      fc.property(
        fc.array(bytes(16), { minLength: 2, maxLength: 4 }),
        bytes(12),
        fc.oneof(blocks(0, 20), blocks(32, 50)),
        (keys, base, plain) => {
          const all = keys.map((key) => gcm(key, base));
          for (let number = 0; number < 3; number++) {
            all.forEach((one, i) => {
              const sealed = new Uint8Array(plain.length + 16);
              sealed.set(plain);
              one.seal(number, sealed, 0, plain.length);
              expect(Buffer.from(sealed)).toEqual(Buffer.from(platformSeal(keys[i]!, nonceOf(base, number), plain)));
            });
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses a record of which any bit was changed, and leaves nothing of it', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), fc.oneof(blocks(1, 13), blocks(32, 60)), fc.nat(), (key, base, plain, which) => {
        const sealed = Uint8Array.from(platformSeal(key, base, plain));
        const bit = which % (sealed.length * 8);
        sealed[bit >> 3]! ^= 1 << (bit & 7);
        const out = new Uint8Array(plain.length).fill(1);
        expect(gcm(key, base).open(0, sealed, 0, plain.length, out, 0)).toBe(false);
        expect(out).toEqual(new Uint8Array(plain.length));
      }),
      { numRuns: 200 },
    );
  });
});
