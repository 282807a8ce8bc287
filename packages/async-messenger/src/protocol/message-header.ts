/** Bytes of ceph_msg_header2. */
export const HEADER_LENGTH = 41;

/**
 * ceph_msg_header2, as numbers.
 *
 * @see src/include/msgr.h (16.2.15)
 */
export interface MessageHeader {
  seq: number;
  tid: number;
  type: number;
  priority: number;
  version: number;
  dataPrePaddingLen: number;
  dataOff: number;
  ackSeq: number;
  flags: number;
  compatVersion: number;
  reserved: number;
}

export function blankHeader(): MessageHeader {
  return {
    seq: 0,
    tid: 0,
    type: 0,
    priority: 0,
    version: 1,
    dataPrePaddingLen: 0,
    dataOff: 0,
    ackSeq: 0,
    flags: 0,
    compatVersion: 1,
    reserved: 0,
  };
}

/** @internal */
export function writeU32(b: Uint8Array, at: number, value: number): void {
  b[at] = value;
  b[at + 1] = value >>> 8;
  b[at + 2] = value >>> 16;
  b[at + 3] = value >>> 24;
}

/** @internal */
export function readU32(b: Uint8Array, at: number): number {
  return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
}

function writeU64(b: Uint8Array, at: number, value: number): void {
  writeU32(b, at, value | 0);
  writeU32(b, at + 4, value < 0x1_0000_0000 ? 0 : Math.floor(value / 0x1_0000_0000));
}

function readU64(b: Uint8Array, at: number): number {
  const high = readU32(b, at + 4);
  return high === 0 ? readU32(b, at) : high * 0x1_0000_0000 + readU32(b, at);
}

function writeU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value;
  b[at + 1] = value >>> 8;
}

function readU16(b: Uint8Array, at: number): number {
  return b[at]! | (b[at + 1]! << 8);
}

/** Writes the {@link HEADER_LENGTH} bytes of a header. */
export function writeHeader(b: Uint8Array, at: number, h: MessageHeader): void {
  writeU64(b, at, h.seq);
  writeU64(b, at + 8, h.tid);
  writeU16(b, at + 16, h.type);
  writeU16(b, at + 18, h.priority);
  writeU16(b, at + 20, h.version);
  writeU32(b, at + 22, h.dataPrePaddingLen);
  writeU16(b, at + 26, h.dataOff);
  writeU64(b, at + 28, h.ackSeq);
  b[at + 36] = h.flags;
  writeU16(b, at + 37, h.compatVersion);
  writeU16(b, at + 39, h.reserved);
}

/** Reads a header into `h`, which is returned. */
export function readHeader(b: Uint8Array, at: number, h: MessageHeader): MessageHeader {
  h.seq = readU64(b, at);
  h.tid = readU64(b, at + 8);
  h.type = readU16(b, at + 16);
  h.priority = readU16(b, at + 18);
  h.version = readU16(b, at + 20);
  h.dataPrePaddingLen = readU32(b, at + 22);
  h.dataOff = readU16(b, at + 26);
  h.ackSeq = readU64(b, at + 28);
  h.flags = b[at + 36]!;
  h.compatVersion = readU16(b, at + 37);
  h.reserved = readU16(b, at + 39);
  return h;
}
