import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/**
 * uuid_d: sixteen bytes, as of a cluster's fsid. An unchanging value.
 * @see src/include/uuid.h (16.2.15)
 */
export class Uuid {
  static readonly ZERO: Uuid = new Uuid(new Uint8Array(16));

  readonly bytes: Uint8Array;

  /** @throws RangeError where `bytes` are not sixteen */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 16) throw new RangeError(`Expected 16 bytes, got ${bytes.length}`);
    this.bytes = bytes;
  }

  /** A random one (version 4) out of 16 random bytes. */
  static fromRandom(random: Uint8Array): Uuid {
    const bytes = random.slice(0, 16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return new Uuid(bytes);
  }

  /** Undefined for what is none. */
  static parse(text: string): Uuid | undefined {
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return undefined;
    const hex = text.replaceAll('-', '');
    return new Uuid(Uint8Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16)));
  }

  isZero(): boolean {
    return this.bytes.every((byte) => byte === 0);
  }

  equals(other: Uuid): boolean {
    return this.bytes.every((byte, i) => byte === other.bytes[i]);
  }

  encode(e: Encoder): void {
    e.raw(this.bytes);
  }

  static decode(d: Decoder): Uuid {
    return new Uuid(d.raw(16).slice());
  }

  toString(): string {
    const hex = Array.from(this.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
