import { describe, expect, it } from '@jest/globals';
import {
  CompatSet,
  Decoder,
  DirFrag,
  EVersion,
  Encoder,
  FeatureBitset,
  FeatureSet,
  FileLayout,
  RawObjectLocator,
  UTime,
  Uuid,
  fragMake,
} from '../src/index.js';

function bytesOf(value: { encode(e: Encoder, features?: bigint): unknown }, features?: bigint): Uint8Array {
  const e = new Encoder(4);
  value.encode(e, features);
  return e.toBytes();
}

describe('UTime', () => {
  it('keeps microseconds of a clock and prints as Ceph does', () => {
    const stamp = UTime.fromMillis(Date.UTC(2021, 3, 12, 11, 8, 47) + 363.25);
    expect(stamp.toString()).toBe('2021-04-12T11:08:47.363250+0000');
    expect(new UTime(2, 500_000_000).toString()).toBe('2.500000');
    expect(stamp.toMillis()).toBeCloseTo(Date.UTC(2021, 3, 12, 11, 8, 47) + 363.25, 3);
  });

  it('orders by seconds, then by nanoseconds', () => {
    expect(new UTime(1, 5).compare(new UTime(1, 6))).toBeLessThan(0);
    expect(new UTime(2, 0).compare(new UTime(1, 999))).toBeGreaterThan(0);
    expect(UTime.decode(new Decoder(new Uint8Array(8)))).toBe(UTime.ZERO);
  });
});

describe('FileLayout', () => {
  it('is a struct to new peers and 28 bytes to old ones, which lose the namespace', () => {
    const layout = new FileLayout(1 << 22, 1, 1 << 22, 3, 'ns');
    expect(FileLayout.decode(new Decoder(bytesOf(layout))).equals(layout)).toBe(true);
    const old = FileLayout.decode(new Decoder(bytesOf(layout, 0n)));
    expect([old.poolId, old.poolNs]).toEqual([3, '']);
  });

  it('all zeros of an old layout is none', () => {
    expect(FileLayout.decode(new Decoder(new Uint8Array(28))).isNone()).toBe(true);
  });

  it('is valid where an object is whole stripe units of 64 KiB', () => {
    expect(FileLayout.default(1).isValid()).toBe(true);
    expect(FileLayout.NONE.isValid()).toBe(false);
    expect(new FileLayout(65536, 2, 98304, 1).isValid()).toBe(false);
  });
});

describe('CompatSet', () => {
  const older = new CompatSet(new FeatureSet(), new FeatureSet([[2, 'two']]), new FeatureSet([[1, 'one']]));
  const newer = new CompatSet(
    new FeatureSet(),
    new FeatureSet([
      [2, 'two'],
      [5, 'five'],
    ]),
    new FeatureSet([[1, 'one']]),
  );

  it('who knows all incompat features may read, who knows ro_compat too may write', () => {
    expect(older.readable(newer)).toBe(true);
    expect(older.writeable(newer)).toBe(false);
    expect(newer.writeable(older)).toBe(true);
    expect([older.compare(older), newer.compare(older), older.compare(newer)]).toEqual([0, 1, -1]);
  });

  it('names what is missing, and takes it in', () => {
    expect([...older.unsupported(newer).roCompat.names]).toEqual([[5, 'five']]);
    const merged = CompatSet.decode(new Decoder(bytesOf(older)));
    expect(merged.merge(newer)).toBe(true);
    expect(merged.compare(newer)).toBe(0);
    expect(merged.merge(older)).toBe(false);
  });

  it('makes the mask of a very old writer anew from the names', () => {
    const e = new Encoder();
    e.u64big(0b1001n).u32(1).u64(4).string('four');
    expect(FeatureSet.decode(new Decoder(e.toBytes())).mask).toBe(0b10001n);
  });
});

describe('FeatureBitset', () => {
  it('keeps its bits in blocks of 64', () => {
    const set = new FeatureBitset([0, 18, 64]);
    expect(set.blocks).toEqual([0x40001n, 1n]);
    expect(FeatureBitset.decode(new Decoder(bytesOf(set))).bits()).toEqual([0, 18, 64]);
    set.erase(64);
    expect(set.blocks.length).toBe(1);
    expect(set.minus(new FeatureBitset([18])).bits()).toEqual([0]);
  });

  it('reads a length that is no whole block', () => {
    expect(FeatureBitset.decode(new Decoder(new Uint8Array([2, 0, 0, 0, 1, 1]))).bits()).toEqual([0, 8]);
  });
});

it('Uuid is sixteen bytes and a text', () => {
  const uuid = Uuid.parse('01234567-89ab-cdef-0123-456789abcdef') as Uuid;
  expect(uuid.toString()).toBe('01234567-89ab-cdef-0123-456789abcdef');
  expect(Uuid.decode(new Decoder(bytesOf(uuid))).equals(uuid)).toBe(true);
  expect(Uuid.parse('what')).toBeUndefined();
  expect(Uuid.fromRandom(new Uint8Array(16).fill(0xff)).toString()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
});

it('DirFrag prints its fragment where it is not the whole folder', () => {
  expect(new DirFrag(0x10000000000).toString()).toBe('0x10000000000');
  expect(new DirFrag(1, fragMake(2, 0x400000)).toString()).toBe('0x1.01*');
});

it('EVersion orders by epoch first', () => {
  expect(new EVersion(1, 2).compare(new EVersion(9, 1))).toBeGreaterThan(0);
  expect(EVersion.decode(new Decoder(bytesOf(new EVersion(3, 4)))).toString()).toBe("4'3");
});

it('an object locator needs a new reader only where it has a hash', () => {
  expect(bytesOf(new RawObjectLocator(1, 'ns'))[1]).toBe(3);
  expect(bytesOf(new RawObjectLocator(1, '', '', 5))[1]).toBe(6);
});
