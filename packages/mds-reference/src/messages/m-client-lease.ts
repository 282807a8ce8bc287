import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { leaseOpName } from '../types/op-names.js';
import { CEPH_MSG_CLIENT_LEASE } from './message-types.js';

/**
 * client_lease: revokes, releases and renews the lease on an entry; `action` is a CEPH_MDS_LEASE_….
 * @see src/messages/MClientLease.h (16.2.15)
 */
export class MClientLease extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_LEASE;
  readonly type = CEPH_MSG_CLIENT_LEASE;
  readonly typeName = 'client_lease';

  action: number;
  mask: number;
  /** The folder. */
  ino: number;
  first: bigint;
  last: bigint;
  leaseSeq: number;
  durationMs = 0;
  dname: string;

  constructor(action = 0, leaseSeq = 0, mask = 0, ino = 0, first = 0n, last = CEPH_NOSNAP, dname = '') {
    super();
    this.action = action;
    this.leaseSeq = leaseSeq;
    this.mask = mask;
    this.ino = ino;
    this.first = first;
    this.last = last;
    this.dname = dname;
  }

  encodePayload(e: Encoder): void {
    e.u8(this.action).u16(this.mask).u64(this.ino).u64big(this.first).u64big(this.last).u32(this.leaseSeq).u32(this.durationMs);
    e.string(this.dname);
  }

  decodePayload(d: Decoder): void {
    this.action = d.u8();
    this.mask = d.u16();
    this.ino = d.u64();
    this.first = d.u64big();
    this.last = d.u64big();
    this.leaseSeq = d.u32();
    this.durationMs = d.u32();
    this.dname = d.string();
  }

  override print(): string {
    const snaps = this.last !== CEPH_NOSNAP ? ` [${this.first},${this.last}]` : '';
    const name = this.dname !== '' ? `/${this.dname}` : '';
    return `client_lease(a=${leaseOpName(this.action)} seq ${this.leaseSeq} mask ${this.mask} 0x${this.ino.toString(16)}${snaps}${name})`;
  }
}
