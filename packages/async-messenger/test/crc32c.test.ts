import { describe, expect, it } from '@jest/globals';
import { crc32c as library } from '@node-rs/crc32';
import fc from 'fast-check';
import { crc32c, crc32cTable } from '../src/protocol/crc32c.js';

const KIB = 1024;
const pattern = Uint8Array.from({ length: 600 * KIB }, (_, i) => (i * 167) ^ (i >> 7) ^ (i >> 11));
/** The rest of the world inverts before and after. */
const expected = (seed: number, bytes: Uint8Array): number => ~library(bytes, ~seed >>> 0) >>> 0;

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
/** About the lengths at which another way begins, and anything in between. */
const lengths = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 12 * KIB - 70, max: 12 * KIB + 70 }),
  fc.integer({ min: 128 * KIB - 70, max: 128 * KIB + 70 }),
  fc.integer({ min: 138 * KIB, max: 142 * KIB }),
  fc.nat(400 * KIB),
);

describe('crc32c', () => {
  it('is what RFC 3720 says of its examples', () => {
    const whole = (bytes: number[] | Uint8Array): number => ~crc32c(0xffff_ffff, Uint8Array.from(bytes)) >>> 0;
    expect(whole(new Uint8Array(32))).toBe(0x8a91_36aa);
    expect(whole(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43);
    expect(whole(Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd_794e);
  });

  it("is the library's for any length, place and seed", () => {
    fc.assert(
      fc.property(seeds, lengths, fc.nat(100), (seed, length, from) => {
        const bytes = pattern.subarray(3, 3 + from + length + 5);
        expect(crc32c(seed, bytes, from, from + length)).toBe(expected(seed, bytes.subarray(from, from + length)));
        if (length < 20 * KIB) {
          expect(crc32cTable(seed, bytes, from, from + length)).toBe(expected(seed, bytes.subarray(from, from + length)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('changes with every bit', () => {
    const bytes = pattern.slice(0, 140 * KIB);
    const before = crc32c(0, bytes);
    for (let at = 0; at < bytes.length; at += 97) {
      bytes[at] = bytes[at]! ^ (1 << (at & 7));
      expect(crc32c(0, bytes)).not.toBe(before);
      bytes[at] = bytes[at]! ^ (1 << (at & 7));
    }
    expect(crc32c(0, bytes)).toBe(before);
  });
});
