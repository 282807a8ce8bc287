import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { EntityAddr } from './entity-addr.js';
import { CEPH_FEATURE, CEPH_FEATURES_ALL } from './features.js';

/** Least bytes of one encoded address. */
const MIN_ADDR = 19;

/**
 * entity_addrvec_t: all the addresses of one daemon, `[v2:10.0.0.1:6800/1,v1:10.0.0.1:6801/1]`. An unchanging value.
 * @see src/msg/msg_types.h (16.2.15)
 */
export class EntityAddrVec {
  static readonly EMPTY: EntityAddrVec = new EntityAddrVec();

  readonly addrs: readonly EntityAddr[];

  constructor(addrs: readonly EntityAddr[] = []) {
    this.addrs = addrs;
  }

  /** One address, or several in brackets; undefined for what is none. */
  static parse(text: string, defaultType: number = EntityAddr.TYPE_MSGR2): EntityAddrVec | undefined {
    const single = EntityAddr.parse(text, defaultType);
    if (single !== undefined) return new EntityAddrVec([single]);
    if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
    const addrs: EntityAddr[] = [];
    for (const part of text.slice(1, -1).split(',')) {
      const addr = EntityAddr.parse(part, defaultType);
      if (addr === undefined) return undefined;
      addrs.push(addr);
    }
    return new EntityAddrVec(addrs);
  }

  get length(): number {
    return this.addrs.length;
  }

  isEmpty(): boolean {
    return this.addrs.length === 0;
  }

  front(): EntityAddr {
    return this.addrs[0] ?? EntityAddr.BLANK;
  }

  /** The first of `type`, or the blank one. */
  addrOfType(type: number): EntityAddr {
    for (const addr of this.addrs) if (addr.type === type) return addr;
    return EntityAddr.BLANK;
  }

  legacyAddr(): EntityAddr {
    return this.addrOfType(EntityAddr.TYPE_LEGACY);
  }

  msgr2Addr(): EntityAddr {
    return this.addrOfType(EntityAddr.TYPE_MSGR2);
  }

  hasMsgr2(): boolean {
    return this.addrs.some((addr) => addr.isMsgr2());
  }

  legacyOrFrontAddr(): EntityAddr {
    const legacy = this.legacyAddr();
    return legacy === EntityAddr.BLANK ? this.front() : legacy;
  }

  contains(addr: EntityAddr): boolean {
    return this.addrs.some((one) => one.equals(addr));
  }

  probablyEquals(other: EntityAddrVec): boolean {
    return this.length === other.length && this.addrs.every((addr, i) => addr.probablyEquals(other.addrs[i] as EntityAddr));
  }

  equals(other: EntityAddrVec): boolean {
    return this.length === other.length && this.addrs.every((addr, i) => addr.equals(other.addrs[i] as EntityAddr));
  }

  /** By the first address that differs; the shorter one first. */
  compare(other: EntityAddrVec): number {
    for (const [i, addr] of this.addrs.entries()) {
      const theirs = other.addrs[i];
      if (theirs === undefined) return 1;
      const order = addr.compare(theirs);
      if (order !== 0) return order;
    }
    return this.length - other.length;
  }

  /** @param features of whom it is for; without MSG_ADDR2 only the msgr1 address is written, in its old form */
  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    if ((features & CEPH_FEATURE.MSG_ADDR2) === 0n) {
      this.legacyAddr().encode(e, 0n);
      return;
    }
    e.u8(2);
    e.u32(this.addrs.length);
    for (const addr of this.addrs) addr.encode(e, features);
  }

  static decode(d: Decoder): EntityAddrVec {
    const at = d.offset;
    const marker = d.u8();
    if (marker === 0) return new EntityAddrVec([EntityAddr.decodeLegacyAfterMarker(d)]);
    if (marker === 1) return new EntityAddrVec([EntityAddr.decodeAfterMarker(d)]);
    if (marker !== 2) throw d.error(`entity_addrvec_t marker ${marker}`, at);
    return new EntityAddrVec(d.list((d) => EntityAddr.decode(d), MIN_ADDR));
  }

  toString(): string {
    return this.length === 1 ? this.front().toString() : this.isEmpty() ? '' : `[${this.addrs.join(',')}]`;
  }
}
