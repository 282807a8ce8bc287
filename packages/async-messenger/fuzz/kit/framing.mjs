// Frames of msgr2.1 as bytes, written apart from the messenger's own: what is changed in a frame goes out with the right checksums, or
// well sealed, so that it gets behind them. See src/msg/async/frames_v2.cc (16.2.15).
import { createCipheriv } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';

const PREAMBLE = 32;
const INLINE = 48;
const BLOCK = 16;
const CRC = 4;
const MAX_SEGMENTS = 4;
export const COMPLETE = 0x0e;
export const BANNER_LENGTH = 26;

const NAMES =
  'HELLO AUTH_REQUEST AUTH_BAD_METHOD AUTH_REPLY_MORE AUTH_REQUEST_MORE AUTH_DONE AUTH_SIGNATURE CLIENT_IDENT SERVER_IDENT ' +
  'IDENT_MISSING_FEATURES SESSION_RECONNECT SESSION_RESET SESSION_RETRY SESSION_RETRY_GLOBAL SESSION_RECONNECT_OK WAIT MESSAGE ' +
  'KEEPALIVE2 KEEPALIVE2_ACK ACK';
/** Numbers of the frames, by name. */
export const TAG = Object.fromEntries(NAMES.split(' ').map((name, i) => [name, i + 1]));

/** Ceph's crc32c: not inverted. */
const crcOf = (seed, bytes) => ~crc32c(bytes, ~seed >>> 0) >>> 0;

/**
 * A frame: `tag`, `segments`, and what a liar says of them: `lengths` that they do not have, `late` that is not complete.
 *
 * @typedef {{ tag: number, segments: Uint8Array[], lengths?: number[], late?: number }} Frame
 */

function preamble({ tag, segments, lengths = segments.map((segment) => segment.length) }) {
  const b = Buffer.alloc(PREAMBLE);
  b[0] = tag;
  b[1] = segments.length;
  for (let i = 0; i < Math.min(lengths.length, MAX_SEGMENTS); i++) {
    b.writeUInt32LE(lengths[i] >>> 0, 2 + 6 * i);
    b.writeUInt16LE(i === 3 ? 4096 : 8, 6 + 6 * i);
  }
  b.writeUInt32LE(crcOf(0, b.subarray(0, PREAMBLE - CRC)), PREAMBLE - CRC);
  return b;
}

function crcBytes(segment) {
  const b = Buffer.alloc(CRC);
  if (segment) b.writeUInt32LE(crcOf(0xffff_ffff, segment));
  return b;
}

const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))]);

/** A frame in crc mode. @param {Frame} frame */
export function plain(frame) {
  const [first, ...rest] = frame.segments;
  const head = [preamble(frame), first, ...(first.length > 0 ? [crcBytes(first)] : [])];
  if (rest.length === 0) return Buffer.concat(head);
  const crcs = Array.from({ length: MAX_SEGMENTS - 1 }, (_, i) => (i < rest.length ? crcBytes(rest[i]) : Buffer.alloc(CRC)));
  return Buffer.concat([...head, ...rest, Buffer.of(frame.late ?? COMPLETE), ...crcs]);
}

/** Seals the frames of one direction, record by record. */
export class Sealer {
  #key;
  #nonce;

  /** @param secret of the connection @param isConnector whose frames are these? */
  constructor(secret, isConnector) {
    this.#key = secret.subarray(0, 16);
    this.#nonce = Buffer.from(isConnector ? secret.subarray(28, 40) : secret.subarray(16, 28));
  }

  /** @param {Frame} frame */
  seal(frame) {
    const [first, ...rest] = frame.segments;
    const inline = Buffer.alloc(INLINE);
    inline.set(first.subarray(0, INLINE));
    const records = [this.#record(Buffer.concat([preamble(frame), inline]))];
    if (first.length > INLINE) records.push(this.#record(padded(first.subarray(INLINE))));
    if (rest.length > 0)
      records.push(this.#record(Buffer.concat([...rest.map(padded), padded(Buffer.of(frame.late ?? COMPLETE))])));
    return Buffer.concat(records);
  }

  #record(bytes) {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce);
    this.#nonce.writeBigUInt64LE(BigInt.asUintN(64, this.#nonce.readBigUInt64LE(4) + 1n), 4);
    return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/** The frames of one direction in crc mode, the banner apart. @returns {{ banner: Uint8Array, frames: Frame[] }} */
export function parse(bytes) {
  const frames = [];
  let at = BANNER_LENGTH;
  const take = (length) => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const head = Buffer.from(take(PREAMBLE));
    const lengths = Array.from({ length: head[1] }, (_, i) => head.readUInt32LE(2 + 6 * i));
    const segments = lengths.map((length, i) => {
      const segment = take(length);
      if (i === 0 && length > 0) take(CRC);
      return segment;
    });
    if (segments.length > 1) take(1 + (MAX_SEGMENTS - 1) * CRC);
    frames.push({ tag: head[0], segments });
  }
  return { banner: bytes.subarray(0, BANNER_LENGTH), frames };
}
