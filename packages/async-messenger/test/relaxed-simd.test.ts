import v8 from 'node:v8';
import { createCipheriv } from 'node:crypto';
import { expect, it, jest } from '@jest/globals';
import { ShortGcm } from '../src/protocol/short-gcm.js';
import { knowsRelaxed, withRelaxed } from '../src/protocol/wasm-code.js';

// other tests hash with them: Node 20 knows them when it is told to
it('hashes many blocks without the instructions of relaxed SIMD as with them', () => {
  const tell = jest.spyOn(v8, 'setFlagsFromString').mockImplementation(() => undefined);
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
  expect(tell).toHaveBeenCalledTimes(knowsRelaxed() ? 0 : 2);
});

it('are known while they are asked for, and the engine is left as it was', () => {
  jest.restoreAllMocks();
  const before = knowsRelaxed();
  expect(withRelaxed((isRelaxed) => isRelaxed && knowsRelaxed())).toBe(true);
  expect(knowsRelaxed()).toBe(before);
});
