import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { crc32c } from '../src/index.js';
import { onwireKeys } from '../src/protocol/crypto-onwire.js';
import { FrameWriter } from '../src/protocol/frame-writer.js';
import { Tag } from '../src/protocol/tag.js';

// Frames of msgr2.0 put together anew, byte by byte: see src/msg/async/frames_v2.cc, asm_crc_rev0 and asm_secure_rev0 (16.2.15)

const SECRET = Uint8Array.from({ length: 40 }, (_, i) => 255 - i);
const PAGE = 4096;
const bytes = (length: number, seed = 1): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => i * 31 + seed));
const crcOf = (b: Uint8Array, seed: number): number => crc32c(seed, b) >>> 0;

/** Tag, number of segments, length and alignment of each of four, flags, a byte in reserve, crc. */
function preamble(tag: number, segments: readonly Buffer[]): Buffer {
  const b = Buffer.alloc(32);
  b[0] = tag;
  b[1] = segments.length;
  segments.forEach(({ length }, i) => {
    b.writeUInt32LE(length, 2 + 6 * i);
    b.writeUInt16LE(i === 3 ? PAGE : 8, 6 + 6 * i);
  });
  b.writeUInt32LE(crcOf(b.subarray(0, 28), 0), 28);
  return b;
}

/** Preamble, segments, late flags, the crc of each segment: zero for those that are not there. */
function plain(tag: number, segments: readonly Buffer[]): Buffer {
  const epilogue = Buffer.alloc(1 + 4 * 4);
  segments.forEach((segment, i) => epilogue.writeUInt32LE(crcOf(segment, 0xffff_ffff), 1 + 4 * i));
  return Buffer.concat([preamble(tag, segments), ...segments, epilogue]);
}

const padded = (b: Buffer): Buffer => Buffer.concat([b, Buffer.alloc((16 - (b.length % 16)) % 16)]);

/** One record: preamble, padded segments, a block of late flags; its nonce counts in its first 32 bits. */
function sealed(tag: number, segments: readonly Buffer[], record: number): Buffer {
  const nonce = Buffer.from(SECRET.subarray(28, 40));
  nonce.writeUInt32LE((nonce.readUInt32LE(0) + record) >>> 0, 0);
  const cipher = createCipheriv('aes-128-gcm', SECRET.subarray(0, 16), nonce);
  const text = Buffer.concat([preamble(tag, segments), ...segments.map(padded), Buffer.alloc(16)]);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

const frames: [string, number, Buffer[]][] = [
  ['a control frame', Tag.HELLO, [bytes(29)]],
  ['a control frame with nothing', Tag.WAIT, [bytes(0)]],
  ['a message of all segments', Tag.MESSAGE, [bytes(41), bytes(20, 2), bytes(16, 3), bytes(1, 4)]],
  ['a message of data only', Tag.MESSAGE, [bytes(41), bytes(0), bytes(0), bytes(33)]],
  ['a message of a front', Tag.MESSAGE, [bytes(41), bytes(7)]],
  ['a message of much data', Tag.MESSAGE, [bytes(41), bytes(7), bytes(0), bytes(20_000)]],
];

function writer(): FrameWriter {
  const w = new FrameWriter();
  w.rev1 = false;
  return w;
}

describe('frames of msgr2.0', () => {
  it.each(frames)('are as Ceph has them in crc mode: %s', (_name, tag, segments) => {
    const w = writer();
    w.segments(tag, segments);
    expect(Buffer.concat(w.take()).equals(plain(tag, segments))).toBe(true);
  });

  it('are as Ceph has them in secure mode, one record each', () => {
    const w = writer();
    // the connector's keys: it sends with the second nonce
    w.secure(onwireKeys(SECRET, false));
    for (const [record, [name, tag, segments]] of frames.entries()) {
      w.segments(tag, segments);
      expect([name, Buffer.concat(w.take()).equals(sealed(tag, segments, record))]).toEqual([name, true]);
      w.sent();
    }
  });
});
