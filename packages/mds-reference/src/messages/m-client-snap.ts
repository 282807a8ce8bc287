import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { snapOpName } from '../types/op-names.js';
import { CEPH_MSG_CLIENT_SNAP } from './message-types.js';

const EMPTY = new Uint8Array(0);

/**
 * client_snap: a snap realm has changed; `op` is a CEPH_SNAP_OP_….
 * @see src/messages/MClientSnap.h (16.2.15)
 */
export class MClientSnap extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_SNAP;
  readonly type = CEPH_MSG_CLIENT_SNAP;
  readonly typeName = 'client_snap';

  op: number;
  /** Inode of the realm that is split off, 0 for none. */
  split = 0;
  splitInos: number[] = [];
  splitRealms: number[] = [];
  /** Snap trace. */
  bl: Uint8Array = EMPTY;

  constructor(op = 0) {
    super();
    this.op = op;
  }

  encodePayload(e: Encoder): void {
    e.u32(this.op).u64(this.split).u32(this.splitInos.length).u32(this.splitRealms.length).u32(this.bl.length);
    for (const ino of this.splitInos) e.u64(ino);
    for (const ino of this.splitRealms) e.u64(ino);
    e.raw(this.bl);
  }

  decodePayload(d: Decoder): void {
    this.op = d.u32();
    this.split = d.u64();
    const at = d.offset;
    const inos = d.u32();
    const realms = d.u32();
    const length = d.u32();
    if ((inos + realms) * 8 > d.remaining) throw d.error(`${inos} and ${realms} inodes claimed in ${d.remaining} bytes`, at);
    for (let i = 0; i < inos; i++) this.splitInos.push(d.u64());
    for (let i = 0; i < realms; i++) this.splitRealms.push(d.u64());
    this.bl = d.raw(length);
  }

  override print(): string {
    const split = this.split !== 0 ? ` split=0x${this.split.toString(16)}` : '';
    return `client_snap(${snapOpName(this.op)}${split} tracelen=${this.bl.length})`;
  }
}
