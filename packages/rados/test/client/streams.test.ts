import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { readStream, writeStream } from '../../src/client/streams.js';
import type { ByteObject } from '../../src/client/streams.js';

/** An object whose writes end when the test says so. */
class HeldObject implements ByteObject {
  readonly begun: number[] = [];
  readonly #held: (() => void)[] = [];

  read(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(0));
  }

  writeFull(oid: string, bytes: Uint8Array): Promise<void> {
    return this.write(oid, bytes, 0);
  }

  write(_oid: string, _bytes: Uint8Array, off: number): Promise<void> {
    this.begun.push(off);
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** Lets what is held end, and all that follows from it happen. */
  async release(): Promise<void> {
    for (const end of this.#held.splice(0)) end();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a write stream that is destroyed', () => {
  it('begins no further write, and closes when those under way are over', async () => {
    const object = new HeldObject();
    const stream = writeStream(object, 'a', { chunkSize: 10, inFlight: 2 });
    const errors: Error[] = [];
    let closed = false;
    stream.on('error', (error) => errors.push(error));
    stream.on('close', () => (closed = true));
    stream.write(Buffer.alloc(100));
    await object.release();
    expect(object.begun).toEqual([0, 10, 20]);
    const stop = new Error('stop');
    stream.destroy(stop);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    await object.release();
    await object.release();
    expect(closed).toBe(true);
    expect(object.begun).toEqual([0, 10, 20]);
    expect(errors).toEqual([stop]);
  });

  it('without an error closes without one', async () => {
    const object = new HeldObject();
    const stream = writeStream(object, 'a', { chunkSize: 10 });
    stream.write(Buffer.alloc(100));
    const closing = once(stream, 'close');
    stream.destroy();
    await object.release();
    await closing;
    expect(object.begun).toEqual([0]);
  });
});

describe('a write stream to a pool of whole stripes', () => {
  it('writes multiples of them, but for what is left at the end', async () => {
    const written: [number, number][] = [];
    const write = (_oid: string, bytes: Uint8Array, off: number): Promise<void> => {
      written.push([off, bytes.length]);
      return Promise.resolve();
    };
    const object: ByteObject = {
      requiredAlignment: 12,
      read: () => Promise.resolve(new Uint8Array(0)),
      write,
      writeFull: (oid, bytes) => write(oid, bytes, 0),
    };
    const stream = writeStream(object, 'a', { chunkSize: 16 });
    stream.end(Buffer.alloc(60));
    await once(stream, 'close');
    expect(written).toEqual([
      [0, 24],
      [24, 24],
      [48, 12],
    ]);
  });
});

describe('options of streams that cannot be', () => {
  const EINVAL = expect.objectContaining({ code: 'ERR_CEPH_EINVAL' }) as unknown as Error;

  it.each([0, -1, NaN, 0.5, Infinity])('%p pieces, or bytes of one, are refused', (n) => {
    const object = new HeldObject();
    expect(() => readStream(object, 'a', { chunkSize: n })).toThrow(EINVAL);
    expect(() => readStream(object, 'a', { readAhead: n })).toThrow(EINVAL);
    expect(() => writeStream(object, 'a', { chunkSize: n })).toThrow(EINVAL);
    expect(() => writeStream(object, 'a', { inFlight: n })).toThrow(EINVAL);
  });

  it.each([-1, NaN, 0.5])('a range from or to %p is refused', (n) => {
    const object = new HeldObject();
    expect(() => readStream(object, 'a', { start: n })).toThrow(EINVAL);
    expect(() => readStream(object, 'a', { end: n })).toThrow(EINVAL);
  });
});
