import type { OverflowPolicy } from '@cephts/common';

// The shared memory between a finisher and the threads that complete contexts on it: one ring (a lane) for each producer, so that no
// producer ever waits for another, nor is hurt by one that dies half way. Under `drop-oldest` each has a second one, for what it drops.
//
//   word 0      1 while the finisher sleeps: whoever turns it to 0 rings the doorbell
//   word 1      1 once the finisher takes nothing more
//   word 2      words of a lane
//   word 3      how many producers there have been, which gives each a name
//   from LANES  the lanes: in cache lines of their own the name of its producer or 0, the tail (the producer's) and the head (moved by
//               compare and exchange, since under `drop-oldest` the producer takes from it too), then two words an entry, token and result

export const SLEEPING = 0;
export const CLOSED = 1;
const LANE_WORDS = 2;
export const PRODUCERS = 3;
const LANES = 16;
// Of a lane:
export const CLAIMED = 0;
export const TAIL = 16;
export const HEAD = 32;
const ENTRIES = 48;

/** How many lanes a producer has. */
export function lanesEach(overflow: OverflowPolicy | 'wait'): number {
  return overflow === 'drop-oldest' ? 2 : 1;
}

/** Memory for so many lanes of so many entries, a power of two. */
export function makeRings(lanes: number, entries: number): SharedArrayBuffer {
  const words = ENTRIES + entries * 2;
  const memory = new SharedArrayBuffer((LANES + lanes * words) * 4);
  new Int32Array(memory)[LANE_WORDS] = words;
  return memory;
}

/** The lanes of that memory. */
export function lanesOf(memory: SharedArrayBuffer): Int32Array[] {
  const words = new Int32Array(memory);
  const length = words[LANE_WORDS] as number;
  const lanes: Int32Array[] = [];
  for (let at = LANES; at < words.length; at += length) lanes.push(words.subarray(at, at + length));
  return lanes;
}

/** How many entries a lane has room for. */
export function capacityOf(lane: Int32Array): number {
  return (lane.length - ENTRIES) / 2;
}

/** First word of the entry that a head or tail points to. */
export function entryAt(lane: Int32Array, position: number): number {
  return ENTRIES + ((position * 2) & (lane.length - ENTRIES - 1));
}
