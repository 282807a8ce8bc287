import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameReader } from '../src/protocol/frame-reader.js';
import { FrameWriter } from '../src/protocol/frame-writer.js';
import { blankHeader } from '../src/protocol/message-header.js';
import type { MessageParts } from '../src/protocol/message-parts.js';
import { NOBODY } from '../src/net/posix-stack.js';

const KEY = new Uint8Array(16).fill(1);
const NONCE = new Uint8Array(12).fill(2);
const KEYS = { key: KEY, rxNonce: NONCE, txNonce: NONCE };

/** A message's segments: of few bytes, of many, and of none. */
const segments = fc.tuple(fc.nat(600), fc.nat(40), fc.oneof(fc.nat(80), fc.nat(5000), fc.constant(40_000)));
const formats = fc.record({ rev1: fc.boolean(), secure: fc.boolean() });

const fill = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);

describe('messages from memory that is used again', () => {
  it('stay as they came, however the stream is cut', () => {
    fc.assert(
      fc.property(
        formats,
        fc.array(segments, { minLength: 1, maxLength: 8 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1000, max: 9000 })), { minLength: 2, maxLength: 20 }),
        ({ rev1, secure }, messages, cuts) => {
          const writer = new FrameWriter();
          writer.rev1 = rev1;
          writer.secure(secure ? KEYS : undefined);
          const sent = messages.map((lengths, i) => lengths.map((length, k) => fill(length, 3 * i + k)));
          for (const [front, middle, data] of sent) writer.message(blankHeader(), front!, middle!, data!);
          const stream = new Uint8Array(Buffer.concat(writer.take()));

          const got: Uint8Array[][] = [];
          const onMessage = ({ front, middle, data }: MessageParts): void => void got.push([front, middle, data]);
          const reader = new FrameReader({ ...NOBODY, onMessage }, 1024 * 1024);
          reader.rev1 = rev1;
          reader.secure(secure ? KEYS : undefined);
          reader.stream();
          const shared = new Uint8Array(9000);
          for (let at = 0, i = 0; at < stream.length; i++) {
            const piece = stream.subarray(at, at + cuts[i % cuts.length]!);
            shared.set(piece);
            reader.push(shared, piece.length, true);
            shared.fill(0xee);
            at += piece.length;
          }
          expect(got.map((parts) => parts.map((part) => part.length))).toEqual(messages);
          expect(Buffer.concat(got.flat()).equals(Buffer.concat(sent.flat()))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});
