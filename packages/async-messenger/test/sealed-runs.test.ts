import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NOBODY } from '../src/net/posix-stack.js';
import { FrameReader } from '../src/protocol/frame-reader.js';
import { FrameWriter } from '../src/protocol/frame-writer.js';
import { blankHeader } from '../src/protocol/message-header.js';
import type { MessageParts } from '../src/protocol/message-parts.js';
import { Tag } from '../src/protocol/tag.js';

const EMPTY = new Uint8Array(0);

/** One direction of a secure connection of its own, and what came out of it. */
class Direction {
  readonly writer = new FrameWriter();
  readonly reader: FrameReader;
  readonly sent: string[] = [];
  readonly got: string[] = [];

  constructor(seed: number) {
    const keys = { key: new Uint8Array(16).fill(seed), rxNonce: new Uint8Array(12).fill(9), txNonce: new Uint8Array(12).fill(9) };
    const onMessage = ({ front, data }: MessageParts): void => void this.got.push(text(front) + text(data));
    const onFrame = (tag: Tag, payload: Uint8Array): void => void this.got.push(`${tag} ${text(payload)}`);
    this.reader = new FrameReader({ ...NOBODY, admit: () => true, onMessage, onFrame }, 1024 * 1024);
    this.writer.rev1 = this.reader.rev1 = true;
    this.writer.secure(keys);
    this.reader.secure(keys);
    this.reader.stream();
  }

  /** Bytes of frames: of a message, or, of an odd length, of a control frame. */
  frames(lengths: readonly number[]): Uint8Array {
    for (const length of lengths) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 5 + length + this.sent.length) & 0xff);
      if (length % 2 === 0) {
        this.writer.message(blankHeader(), bytes, EMPTY, length % 4 === 0 ? bytes : EMPTY);
        this.sent.push(text(bytes) + (length % 4 === 0 ? text(bytes) : ''));
      } else {
        this.writer.control(Tag.KEEPALIVE2, bytes);
        this.sent.push(`${Tag.KEEPALIVE2} ${text(bytes)}`);
      }
    }
    const stream = new Uint8Array(Buffer.concat(this.writer.take()));
    this.writer.sent();
    return stream;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Mostly short ones, of which many are sealed and opened together. */
const length = fc.oneof(fc.constant(64), fc.nat(200), fc.integer({ min: 400, max: 1200 }), fc.constant(9000));
const burst = fc.array(fc.oneof({ arbitrary: fc.constant(64), weight: 3 }, length), { minLength: 1, maxLength: 70 });

describe('short frames that are sealed and opened together', () => {
  it('arrive as they were sent, whoever else is sealed and opened in between and however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(burst, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        (bursts, cuts) => {
          const directions = [new Direction(1), new Direction(2)];
          for (const lengths of bursts) {
            const streams = directions.map((direction) => direction.frames(lengths));
            const size = streams[0]!.length;
            const marks = [0, ...cuts.map((cut) => cut % size).sort((a, b) => a - b), size];
            for (let i = 1; i < marks.length; i++) {
              directions.forEach(({ reader }, k) => reader.push(streams[k]!.slice(marks[i - 1], marks[i]), undefined, k === 0));
            }
          }
          for (const { sent, got } of directions) expect(got).toEqual(sent);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of which a bit was changed end the stream at the first one that is not genuine, and nothing of it is delivered', () => {
    fc.assert(
      fc.property(burst, fc.nat(), (lengths, which) => {
        const direction = new Direction(3);
        const ends: number[] = [];
        const stream = new Uint8Array(
          Buffer.concat(
            lengths.map((one) => {
              const bytes = direction.frames([one]);
              ends.push((ends.at(-1) ?? 0) + bytes.length);
              return bytes;
            }),
          ),
        );
        const bit = which % (8 * stream.length);
        stream[bit >> 3]! ^= 1 << (bit & 7);
        const genuine = ends.findIndex((end) => bit >> 3 < end);
        expect(() => direction.reader.push(stream)).toThrow('bad auth tag');
        expect(direction.got).toEqual(direction.sent.slice(0, genuine));
      }),
      { numRuns: 200 },
    );
  });

  it('are not opened together where frames come in another order', () => {
    const direction = new Direction(4);
    const frames = Array.from({ length: 20 }, () => direction.frames([64]));
    [frames[3], frames[4]] = [frames[4]!, frames[3]!];
    expect(() => direction.reader.push(new Uint8Array(Buffer.concat(frames)))).toThrow('bad auth tag');
    expect(direction.got).toEqual(direction.sent.slice(0, 3));
  });
});
