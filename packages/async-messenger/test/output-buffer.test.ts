import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OutputBuffer } from '../src/protocol/output-buffer.js';

const WIRES = 3;

interface Taken {
  pieces: Uint8Array[];
  expected: Buffer;
}

interface Wire {
  output: OutputBuffer;
  queued: Uint8Array[];
  kept: Taken[];
}

const newWire = (): Wire => ({ output: new OutputBuffer(), queued: [], kept: [] });

function expectIntact(kept: readonly Taken[]): void {
  for (const { pieces, expected } of kept) expect(Buffer.concat(pieces).equals(expected)).toBe(true);
}

/** What a wire does: queues so many bytes, or hands over what it has to a socket that sends it at once or keeps it. */
const steps = fc.array(
  fc.record({
    wire: fc.nat(WIRES - 1),
    what: fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.constantFrom('sent', 'kept', 'given up')),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('OutputBuffer', () => {
  it('leaves alone what is queued, or kept by a socket, of any wire', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        let seed = 0;
        const wires = Array.from({ length: WIRES }, newWire);
        for (const { wire, what } of taken) {
          const it = wires[wire]!;
          if (typeof what === 'number') {
            const bytes = new Uint8Array(what).fill(++seed);
            it.output.copy(bytes);
            it.queued.push(bytes);
          } else if (what === 'given up') {
            // its connection was cut with something queued
            expectIntact(it.kept);
            wires[wire] = newWire();
          } else {
            const pieces = it.output.take();
            const expected = Buffer.concat(it.queued.splice(0));
            expect(Buffer.concat(pieces).equals(expected)).toBe(true);
            it.kept.push({ pieces, expected });
            if (what === 'sent') {
              // a socket sends in order: this, and what it kept before
              expectIntact(it.kept.splice(0));
              it.output.sent();
            }
          }
        }
        for (const { output, queued, kept } of wires) {
          expectIntact(kept);
          expect(Buffer.concat(output.take()).equals(Buffer.concat(queued))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('writes to the same memory again when all of it is sent', () => {
    const [a, b] = [new OutputBuffer(), new OutputBuffer()];
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 1000; i++) {
      a.copy(new Uint8Array(20_000));
      b.copy(new Uint8Array(10_000));
      for (const output of [a, b]) {
        for (const piece of output.take()) buffers.add(piece.buffer);
        output.sent();
      }
    }
    // what others left of the first one, and one more
    expect(buffers.size).toBeLessThanOrEqual(2);
  });
});
