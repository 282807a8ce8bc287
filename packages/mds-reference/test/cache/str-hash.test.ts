import { describe, expect, it } from '@jest/globals';
import { strHash } from '../../src/cache/str-hash.js';
import { CEPH_STR_HASH_LINUX, CEPH_STR_HASH_RJENKINS } from '../../src/types/ceph-fs.js';

describe('the hash of a name', () => {
  it.each([
    ['rbd_directory', 0x30a98c1c],
    ['100000052f4.00000023', 0x38d9dda4],
  ])('of %s is what Ceph places an object of that name by', (name, hash) => {
    expect(strHash(CEPH_STR_HASH_RJENKINS, name)).toBe(hash);
  });

  it('covers the bytes of a name that is no ASCII', () => {
    expect(strHash(CEPH_STR_HASH_RJENKINS, 'ä')).not.toBe(strHash(CEPH_STR_HASH_RJENKINS, 'a'));
    expect(strHash(CEPH_STR_HASH_RJENKINS, '\udcff')).toBe(strHash(CEPH_STR_HASH_RJENKINS, '\udcff'));
  });

  it('differs for every length around a block of twelve', () => {
    const hashes = Array.from({ length: 40 }, (_, length) => strHash(CEPH_STR_HASH_RJENKINS, 'x'.repeat(length)));
    expect(new Set(hashes).size).toBe(40);
  });

  it('is that of the Linux dentry cache where the directory says so', () => {
    expect(strHash(CEPH_STR_HASH_LINUX, 'a')).toBe(((0x61 << 4) + (0x61 >> 4)) * 11);
  });
});
