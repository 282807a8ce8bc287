/** Where randomness comes from: the platform's generator, or a seeded one in a simulation. */
export interface RandomSource {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, 2^32). */
  u32(): number;
  /** A bigint in [0, 2^64). */
  u64(): bigint;
  bytes(length: number): Uint8Array;
}

const platform = globalThis as unknown as { crypto: { getRandomValues<T>(array: T): T } };

/** Cryptographically strong, from the platform. */
export const systemRandom: RandomSource = {
  next: () => systemRandom.u32() / 2 ** 32,
  u32: () => platform.crypto.getRandomValues(new Uint32Array(1))[0] as number,
  u64: () => platform.crypto.getRandomValues(new BigUint64Array(1))[0] as bigint,
  bytes(length) {
    const bytes = new Uint8Array(length);
    // the platform fills no more than this at once
    for (let at = 0; at < length; at += 65_536) platform.crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  },
};

/** The same sequence for the same seed (sfc32); for tests and simulations, never for keys. */
export function seededRandom(seed: number): RandomSource {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162 ^ (seed * 0x85ebca6b);
  let counter = 1;
  const u32 = (): number => {
    const t = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) u32();
  const u64 = (): bigint => (BigInt(u32()) << 32n) | BigInt(u32());
  return {
    u32,
    u64,
    next: () => u32() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => u32() & 0xff),
  };
}
