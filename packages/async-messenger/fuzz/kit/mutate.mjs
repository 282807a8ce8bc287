// Changes: of a frame, which then gets the right checksums, or of the bytes on the wire.
import { TAG } from './framing.mjs';

const u64 = (value) => {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt(value));
  return b;
};
const u32s = (...values) => {
  const b = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => b.writeInt32LE(value, 4 * i));
  return b;
};

/** Frames that a good conversation does not have. */
const RARE = [
  { tag: TAG.SESSION_RESET, segments: [Buffer.of(0)] },
  { tag: TAG.SESSION_RESET, segments: [Buffer.of(1)] },
  { tag: TAG.SESSION_RETRY, segments: [u64(3)] },
  { tag: TAG.SESSION_RETRY_GLOBAL, segments: [u64(1000)] },
  { tag: TAG.SESSION_RECONNECT_OK, segments: [u64(2)] },
  { tag: TAG.WAIT, segments: [Buffer.alloc(0)] },
  { tag: TAG.ACK, segments: [u64(1)] },
  { tag: TAG.KEEPALIVE2, segments: [u64(1)] },
  { tag: TAG.AUTH_BAD_METHOD, segments: [u32s(1, -95, 1, 2, 1, 1)] },
  { tag: TAG.AUTH_REPLY_MORE, segments: [u32s(4, 7)] },
  { tag: TAG.AUTH_REQUEST_MORE, segments: [u32s(4, 7)] },
  { tag: TAG.IDENT_MISSING_FEATURES, segments: [u64(5)] },
];

const LENGTHS = [0, 1, 47, 48, 49, 4096, 65_536, 70_000, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff];

export const below = (rng, n) => Math.floor(rng.next() * n);
export const pick = (rng, items) => items[below(rng, items.length)];

/** Other frames for one: as often as not one, changed. @param others frames of the whole conversation */
export function mutateFrame(frame, others, rng) {
  switch (below(rng, 9)) {
    case 0:
      return [];
    case 1:
      return [frame, frame];
    case 2:
      return [frame, pick(rng, rng.next() < 0.5 ? RARE : others)];
    case 3:
      return [pick(rng, rng.next() < 0.7 ? RARE : others)];
    case 4:
      return [{ ...frame, tag: 1 + below(rng, 22) }];
    case 5: {
      const lengths = frame.segments.map((segment) => segment.length);
      lengths[below(rng, lengths.length)] = pick(rng, LENGTHS);
      return [{ ...frame, lengths }];
    }
    case 6:
      return [{ ...frame, late: rng.next() < 0.5 ? 1 : below(rng, 256) }];
    case 7:
      return [{ ...frame, segments: reshape(frame.segments, rng) }];
    default:
      return [{ ...frame, segments: frame.segments.map((segment) => (rng.next() < 0.7 ? mutateBytes(segment, rng) : segment)) }];
  }
}

/** Segments more or less. */
function reshape(segments, rng) {
  if (segments.length > 1 && rng.next() < 0.4) return segments.slice(0, -1);
  const added = new Uint8Array(pick(rng, [0, 1, 1000, 60_000, 70_000]));
  return segments.length < 4 ? [...segments, added] : [added, ...segments.slice(1)];
}

/** Bytes with something changed in them, or more or fewer of them. */
export function mutateBytes(bytes, rng) {
  const at = below(rng, bytes.length);
  const copy = Buffer.from(bytes);
  switch (below(rng, 6)) {
    case 0:
      if (copy.length > 0) copy[at] ^= 1 << below(rng, 8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([copy.subarray(0, at), rng.bytes(1 + below(rng, 8)), copy.subarray(at)]);
    case 3:
      copy.set(rng.bytes(Math.min(4, copy.length - at)), at);
      return copy;
    case 4:
      // a count, or a length
      if (copy.length >= 4) copy.writeUInt32LE(pick(rng, LENGTHS), Math.min(at, copy.length - 4));
      return copy;
    default:
      return Buffer.concat([copy, copy]);
  }
}
