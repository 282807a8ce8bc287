import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Decoder, Encoder, compareText, decodeText, encodeText } from '../src/index.js';

describe('text', () => {
  it('brings any bytes back, UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect([...encodeText(decodeText(bytes))]).toEqual([...bytes]);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('brings any text back through an encoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const e = new Encoder(1);
        e.string(text).u8(7);
        const d = new Decoder(e.toBytes());
        expect(d.string()).toBe(text);
        expect(d.u8()).toBe(7);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('keeps a byte that is no UTF-8 as a lone surrogate', () => {
    expect(decodeText(new Uint8Array([0x61, 0xff, 0x62]))).toBe('a\udcffb');
  });

  it('keeps a byte order mark and NUL', () => {
    expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0]))).toBe('\ufeff\0');
  });

  it('sorts by the bytes, as Ceph does, not by UTF-16 units', () => {
    const names = ['\u{1f600}', '\uffee', 'a', 'ab', '', 'é', '\udcff'];
    const byText = [...names].sort(compareText);
    const byBytes = [...names].sort((a, b) => Buffer.compare(encodeText(a), encodeText(b)));
    expect(byText).toEqual(byBytes);
    expect(byText.indexOf('\uffee')).toBeLessThan(byText.indexOf('\u{1f600}'));
  });
});
