import type { Decoder, Encoder } from '@cephts/encoding';
import { osdOpName } from './osd-op-codes.js';

const NO_BYTES = new Uint8Array(0);

/** Bytes of one step's head. */
export const OSD_OP_BYTES = 38;

/** How the arguments of a step lie in its head. */
export type OsdOpArgs =
  | 'extent' // u64 offset, u64 length, u64 truncate size, u32 truncate seq
  | 'xattr' // u32 name length, u32 value length, u8 comparison, u8 mode
  | 'cls' // u8 class length, u8 method length, u8 0, u32 input length
  | 'watch' // u64 cookie, u64 version, u8 operation, u32 generation, u32 timeout
  | 'pair'; // u64, u64: everything else

/**
 * One step of an operation: a code, numbers, and bytes in and out.
 *
 * @see struct ceph_osd_op in src/include/rados.h, struct OSDOp in src/osd/osd_types.h (16.2.15)
 */
export class OsdOp {
  readonly code: number;
  readonly args: OsdOpArgs;
  n1: number;
  n2: number;
  n3 = 0;
  n4 = 0;
  n5 = 0;
  flags = 0;
  indata: Uint8Array;

  constructor(code: number, args: OsdOpArgs, n1 = 0, n2 = 0, indata: Uint8Array = NO_BYTES) {
    this.code = code;
    this.args = args;
    this.n1 = n1;
    this.n2 = n2;
    this.indata = indata;
  }

  encode(e: Encoder): void {
    e.u16(this.code).u32(this.flags);
    switch (this.args) {
      case 'extent':
        e.u64(this.n1).u64(this.n2).u64(this.n3).u32(this.n4);
        break;
      case 'xattr':
        e.u32(this.n1).u32(this.n2).u8(this.n3).u8(this.n4).zeros(18);
        break;
      case 'cls':
        e.u8(this.n1).u8(this.n2).u8(0).u32(this.n3).zeros(21);
        break;
      case 'watch':
        e.u64(this.n1).u64(this.n2).u8(this.n3).u32(this.n4).u32(this.n5).zeros(3);
        break;
      default:
        e.u64(this.n1).u64(this.n2).zeros(12);
    }
    e.u32(this.indata.length);
  }

  /** For who serves operations: the arguments' layout is told by the code. */
  static decode(d: Decoder, argsOf: (code: number) => OsdOpArgs): { op: OsdOp; length: number } {
    const code = d.u16();
    const op = new OsdOp(code, argsOf(code));
    op.flags = d.u32();
    const end = d.offset + 28;
    switch (op.args) {
      case 'xattr':
        op.n1 = d.u32();
        op.n2 = d.u32();
        op.n3 = d.u8();
        op.n4 = d.u8();
        break;
      case 'cls':
        op.n1 = d.u8();
        op.n2 = d.u8();
        d.skip(1);
        op.n3 = d.u32();
        break;
      case 'watch':
        op.n1 = d.u64();
        op.n2 = d.u64();
        op.n3 = d.u8();
        op.n4 = d.u32();
        op.n5 = d.u32();
        break;
      default:
        op.n1 = d.u64();
        op.n2 = d.u64();
    }
    d.skip(end - d.offset);
    return { op, length: d.u32() };
  }

  toString(): string {
    return this.args === 'extent' ? `${osdOpName(this.code)} ${this.n1}~${this.n2}` : osdOpName(this.code);
  }
}

/** The steps' inputs in one piece, without a copy where only one has any. */
export function joinInputs(ops: readonly OsdOp[]): Uint8Array {
  let total = 0;
  let filled: Uint8Array = NO_BYTES;
  for (const { indata } of ops) {
    if (indata.length === 0) continue;
    total += indata.length;
    filled = indata;
  }
  if (total === filled.length) return filled;
  const all = new Uint8Array(total);
  let at = 0;
  for (const { indata } of ops) {
    all.set(indata, at);
    at += indata.length;
  }
  return all;
}
