// Seeded randomness (xorshift32 over a mixed seed): the same seed gives the same inputs.

export function seeded(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
  return {
    u32: next,
    /** An integer in [0, limit). */
    below: (limit) => (limit <= 1 ? 0 : next() % limit),
    pick: (items) => items[next() % items.length],
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}
