import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { lnTable } from '../../src/crush/crush-ln.js';
import { hash2, hash3, hash4, hashBytes } from '../../src/crush/rjenkins.js';

describe('the table of logarithms', () => {
  it('rises from −2^48 to about 0', () => {
    const table = lnTable();
    expect(table[0]).toBe(-(2 ** 48));
    expect(table[65535]).toBe(-(2 ** 28));
    expect(createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex')).toMatchInlineSnapshot(
      `"6ea27d76cedec2b29542d42abd6599b96de52fd5e7ea71c5e2bc94d6b197d2b3"`,
    );
  });
});

describe('the hashes', () => {
  it('have the values that Ceph gives names', () => {
    // ceph osd map POOL NAME, as the raw placement seed
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    expect(hashBytes(text('foo')).toString(16)).toBe('7fc1f406');
    expect(hashBytes(text('')).toString(16)).toBe('bd49d10d');
  });

  it('give unsigned integers of 32 bits', () => {
    for (const value of [hash2(1, 2), hash3(-1, 5, 7), hash4(1, 2, 3, 4)]) {
      expect(Number.isInteger(value)).toBe(true);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(2 ** 32);
    }
  });
});
