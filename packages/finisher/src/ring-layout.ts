// The shared memory between a finisher and the threads that complete contexts on it: one ring (a lane) for each producer, so that no
// producer ever waits for another, nor is hurt by one that dies half way.
//
//   word 0          1 while the finisher sleeps: whoever turns it to 0 rings the doorbell
//   word 1          1 once the finisher takes nothing more
//   word 2, 3       entries in a lane (a power of two), lanes
//   from HEADERS    LANE_HEADER words a lane, in cache lines of their own: claimed, tail (the producer's), head (moved by compare and
//                   exchange, since under `drop-oldest` the producer takes from it too)
//   then            two words an entry, token and result, lane after lane

export const SLEEPING = 0;
export const CLOSED = 1;
export const CAPACITY = 2;
export const LANES = 3;
export const HEADERS = 16;
export const LANE_HEADER = 48;
export const CLAIMED = 0;
export const TAIL = 16;
export const HEAD = 32;

/** Words of a lane's header and entries begin here. */
export function headerOf(lane: number): number {
  return HEADERS + lane * LANE_HEADER;
}

/** First word of the entry that a head or tail points to. */
export function entryAt(words: Int32Array, lane: number, position: number): number {
  const capacity = words[CAPACITY] as number;
  return headerOf(words[LANES] as number) + (lane * capacity + (position & (capacity - 1))) * 2;
}
