import v8 from 'node:v8';
import { createCipheriv } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { knowsRelaxed } from '../src/protocol/wasm-code.js';
import { ShortGcm } from '../src/protocol/short-gcm.js';

// Node 20 knows them only when it is told to
const FLAG = 'experimental-wasm-relaxed-simd';

it('hashes many blocks with the instructions of relaxed SIMD as without them', () => {
  const told = !knowsRelaxed();
  if (told) v8.setFlagsFromString(`--${FLAG}`);
  try {
    expect(knowsRelaxed()).toBe(true);
    const key = Uint8Array.from({ length: 16 }, (_, i) => 3 * i + 1);
    const gcm = new ShortGcm(key, (record, words, at) => words.set([7, record, 9], at));
    for (let blocks = 32; blocks <= 384; blocks += 11) {
      const plain = Uint8Array.from({ length: 16 * blocks }, (_, i) => Math.imul(i + blocks, 0x9e37_79b1) >>> 24);
      const sealed = new Uint8Array(plain.length + 16);
      sealed.set(plain);
      gcm.seal(blocks, sealed, 0, plain.length);
      const cipher = createCipheriv('aes-128-gcm', key, new Uint8Array(Int32Array.of(7, blocks, 9).buffer));
      expect(Buffer.compare(sealed, Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]))).toBe(0);
    }
  } finally {
    if (told) v8.setFlagsFromString(`--no-${FLAG}`);
  }
});
