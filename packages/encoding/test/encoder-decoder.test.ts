import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodeError, Decoder, Encoder } from '../src/index.js';

const encode = (write: (e: Encoder) => unknown, capacity = 1): Uint8Array => {
  const e = new Encoder(capacity);
  write(e);
  return e.toBytes();
};

describe('Encoder', () => {
  it('writes integers little-endian, at any place of a buffer that must grow', () => {
    for (let before = 0; before < 140; before++) {
      const bytes = encode((e) => e.zeros(before).u8(1).u16(2).u32(3).u64(4).s32(-5).u64big(6n));
      expect(Buffer.from(bytes.subarray(before)).toString('hex')).toBe(
        '01020003000000' + '0400000000000000' + 'fbffffff' + '0600000000000000',
      );
    }
  });

  it('puts version, oldest decoder and length before a struct', () => {
    expect([...encode((e) => e.struct(3, 2, (e) => e.u16(7)))]).toEqual([3, 2, 2, 0, 0, 0, 7, 0]);
  });

  it('puts the length before what it sizes', () => {
    expect([...encode((e) => e.sized((e) => e.u16(7)))]).toEqual([2, 0, 0, 0, 7, 0]);
  });

  it('forgets what is truncated and writes over it', () => {
    expect([...encode((e) => e.u32(1).truncate(2).u8(9))]).toEqual([1, 0, 9]);
  });

  it('gives bytes of one’s own, and a view that lives until the next write', () => {
    const e = new Encoder();
    e.u8(1);
    const own = e.toBytes();
    const view = e.view();
    e.patchU32(0, 0);
    e.reset().u8(2);
    expect([own[0], view[0]]).toEqual([1, 2]);
  });

  it('patches a number written before', () => {
    expect([...encode((e) => e.u32(0).u8(5).patchU32(0, 258))]).toEqual([2, 1, 0, 0, 5]);
  });
});

describe('Decoder', () => {
  it('reads back every number that was written', () => {
    const safe = fc.maxSafeNat();
    fc.assert(
      fc.property(
        fc.nat({ max: 255 }),
        fc.nat({ max: 65535 }),
        fc.nat(),
        safe,
        fc.maxSafeInteger(),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.double(),
        fc.float(),
        (u8, u16, u32, u64, s64, big, f64, f32) => {
          const d = new Decoder(
            encode((e) =>
              e
                .u8(u8)
                .u16(u16)
                .u16be(u16)
                .u32(u32)
                .s32(-u32)
                .u64(u64)
                .s64(s64)
                .u64big(big)
                .f64(f64)
                .f32(f32)
                .bool(u8 > 9),
            ),
          );
          expect([
            d.u8(),
            d.u16(),
            d.u16be(),
            d.u32(),
            d.s32() + 0,
            d.u64(),
            d.s64() + 0,
            d.u64big(),
            d.f64(),
            d.f32(),
            d.bool(),
          ]).toEqual([u8, u16, u16, u32, -u32 + 0, u64, s64 + 0, big, f64, f32, u8 > 9]);
          d.expectEnd();
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it('reads back lists, maps, strings and blobs', () => {
    const bytes = encode((e) =>
      e
        .list(['a', 'bc'], (e, item) => e.string(item))
        .map(
          new Map([['k', 1]]),
          (e, key) => e.string(key),
          (e, value) => e.u32(value),
        )
        .blob(new Uint8Array([1, 2])),
    );
    const d = new Decoder(bytes);
    expect(d.list((d) => d.string(), 4)).toEqual(['a', 'bc']);
    expect([
      ...d.map(
        (d) => d.string(),
        (d) => d.u32(),
        8,
      ),
    ]).toEqual([['k', 1]]);
    expect([...d.blob()]).toEqual([1, 2]);
  });

  it('says what was read, where, and how much was missing', () => {
    const d = new Decoder(new Uint8Array([1, 1, 4, 0, 0, 0, 9, 9, 9, 9]), 'outer');
    const frame = d.start(1, 'inner');
    d.u16();
    expect(() => d.u32()).toThrow(new DecodeError('outer > inner', 8, '4 bytes needed, 2 left'));
    d.finish(frame, 'inner');
    expect(() => d.u8()).toThrow('outer: 1 bytes needed, 0 left at offset 10');
  });

  it('keeps reads within the struct they belong to, though bytes follow', () => {
    const d = new Decoder(encode((e) => e.struct(1, 1, (e) => e.u8(5)).u32(7)));
    const frame = d.start(1);
    expect(() => d.u32()).toThrow(/4 bytes needed, 1 left/);
    d.finish(frame);
    expect(d.u32()).toBe(7);
  });

  it('skips what a newer writer added to a struct', () => {
    const d = new Decoder(encode((e) => e.struct(9, 1, (e) => e.u8(5).string('new')).u8(6)));
    expect(d.struct(1, (d) => d.u8())).toBe(5);
    expect(d.u8()).toBe(6);
  });

  it('refuses a struct that needs a newer decoder', () => {
    const d = new Decoder(encode((e) => e.struct(9, 5, (e) => e.u8(5))));
    expect(() => d.struct(4, (d) => d.u8())).toThrow(/version 9 needs a decoder of version 5, this one is 4/);
  });

  it('refuses a struct that claims more than there is', () => {
    expect(() => new Decoder(new Uint8Array([1, 1, 255, 255, 255, 255])).start(1)).toThrow(
      /struct of 4294967295 bytes claimed, 0 left/,
    );
  });

  it('refuses a count whose elements can’t be in the input, before it allocates', () => {
    expect(() => new Decoder(new Uint8Array([255, 255, 255, 255, 0])).list((d) => d.u8())).toThrow(
      /4294967295 elements claimed in 1 bytes/,
    );
  });

  it('refuses numbers that JavaScript can’t hold exactly', () => {
    const d = new Decoder(encode((e) => e.u64big(1n << 53n).u64big((1n << 53n) - 1n)));
    expect(() => d.u64()).toThrow(/2\^53 or more at offset 0/);
    expect(d.u64()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('looks at the next byte without taking it', () => {
    const d = new Decoder(new Uint8Array([7]));
    expect([d.peekU8(), d.u8()]).toEqual([7, 7]);
    expect(() => d.peekU8()).toThrow(DecodeError);
  });

  it('complains of bytes left over', () => {
    expect(() => {
      new Decoder(new Uint8Array(3)).expectEnd();
    }).toThrow(/3 bytes left over at offset 0/);
  });
});
