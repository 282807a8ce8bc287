import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { CEPH_FEATURE, CEPH_FEATURES_ALL, hasFeature } from './features.js';
import { formatIpv6, parseIpv4, parseIpv6 } from './ip-address.js';

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

/** Bytes of the socket address after its family. */
function sockaddrLength(family: number): number {
  return family === AF_INET ? 14 : 26;
}

/** A numeric address and port, `family` as Linux numbers it (2 IPv4, 10 IPv6). */
export interface SocketAddress {
  family: number;
  ip: string;
  port: number;
}

/** By type. */
const TYPE_PREFIXES = ['-', 'v1:', 'v2:', '', 'cidr:'];

/**
 * entity_addr_t: where somebody listens, `v2:10.0.0.1:6800/123`. An unchanging value; the blank one is `-`.
 *
 * To peers without MSG_ADDR2 it goes out in the old form (a sockaddr_storage, msgr1 only).
 * @see src/msg/msg_types.h (16.2.15)
 */
export class EntityAddr {
  static readonly TYPE_NONE = 0;
  /** msgr1. */
  static readonly TYPE_LEGACY = 1;
  static readonly TYPE_MSGR2 = 2;
  /** Either messenger, as in a blocklist. */
  static readonly TYPE_ANY = 3;
  /** A whole network, in a blocklist: the nonce is the length of its prefix. */
  static readonly TYPE_CIDR = 4;
  static readonly BLANK: EntityAddr = new EntityAddr();

  readonly type: number;
  /** Tells apart those that had the same address one after the other. */
  readonly nonce: number;
  readonly family: number;
  /** The socket address after its family, as it goes over the wire. */
  readonly sockaddr: Uint8Array;

  constructor(type = 0, nonce = 0, family: number = AF_UNSPEC, sockaddr: Uint8Array = new Uint8Array(sockaddrLength(family))) {
    this.type = type;
    this.nonce = nonce;
    this.family = family;
    this.sockaddr = sockaddr;
  }

  /** @throws RangeError where `ip` is no numeric address */
  static of(type: number, ip: string, port: number, nonce = 0): EntityAddr {
    const v4 = parseIpv4(ip);
    const v6 = v4 === undefined ? parseIpv6(ip) : undefined;
    const bytes = v4 ?? v6;
    if (bytes === undefined) throw new RangeError(`Expected a numeric IPv4 or IPv6 address, got '${ip}'`);
    const family = v4 === undefined ? AF_INET6 : AF_INET;
    const sockaddr = new Uint8Array(sockaddrLength(family));
    sockaddr[0] = port >> 8;
    sockaddr[1] = port & 0xff;
    sockaddr.set(bytes, v4 === undefined ? 6 : 2);
    return new EntityAddr(type, nonce, family, sockaddr);
  }

  /** `v2:127.0.0.1:6800/42`, `v1:[::1]:6789`, `any:…`, `-`, or without a prefix (then `defaultType`); undefined for what is none. */
  static parse(text: string, defaultType: number = EntityAddr.TYPE_MSGR2): EntityAddr | undefined {
    if (text === '-') return EntityAddr.BLANK;
    const match =
      /^(?:(v1|v2|any):)?(?:\[([0-9a-fA-F:.]+)\]|(\d+\.\d+\.\d+\.\d+)|([0-9a-fA-F:]+?))(?::(\d{1,5}))?(?:\/(\d{1,10}))?$/.exec(
        text,
      );
    if (match === null) return undefined;
    const [, prefix, bracketed, v4, v6, port = '0', nonce = '0'] = match;
    const type =
      prefix === 'v1'
        ? EntityAddr.TYPE_LEGACY
        : prefix === 'v2'
          ? EntityAddr.TYPE_MSGR2
          : prefix === 'any'
            ? EntityAddr.TYPE_ANY
            : defaultType;
    if (Number(port) > 0xffff || Number(nonce) > 0xffff_ffff) return undefined;
    // Without brackets every colon belongs to the address.
    const bare = v6 !== undefined && match[5] !== undefined ? `${v6}:${port}` : v6;
    try {
      return EntityAddr.of(
        type,
        bracketed ?? v4 ?? (bare as string),
        bare === undefined || bare === v6 ? Number(port) : 0,
        Number(nonce),
      );
    } catch {
      return undefined;
    }
  }

  get ip(): string {
    if (this.family === AF_INET) return this.sockaddr.subarray(2, 6).join('.');
    return this.family === AF_INET6 ? formatIpv6(this.sockaddr.subarray(6, 22)) : '';
  }

  get port(): number {
    return this.isIp() ? ((this.sockaddr[0] as number) << 8) | (this.sockaddr[1] as number) : 0;
  }

  get socketAddress(): SocketAddress {
    return { family: this.family, ip: this.ip, port: this.port };
  }

  isIp(): boolean {
    return this.family === AF_INET || this.family === AF_INET6;
  }

  isIpv4(): boolean {
    return this.family === AF_INET;
  }

  isIpv6(): boolean {
    return this.family === AF_INET6;
  }

  isMsgr2(): boolean {
    return this.type === EntityAddr.TYPE_MSGR2;
  }

  isLegacy(): boolean {
    return this.type === EntityAddr.TYPE_LEGACY;
  }

  isAny(): boolean {
    return this.type === EntityAddr.TYPE_ANY;
  }

  /** True where the host is not known (`0.0.0.0`, `::`, no family). */
  isBlankIp(): boolean {
    if (this.family === AF_INET) return this.sockaddr.subarray(2, 6).every((byte) => byte === 0);
    return this.family !== AF_INET6 || this.sockaddr.subarray(6, 22).every((byte) => byte === 0);
  }

  withType(type: number): EntityAddr {
    return new EntityAddr(type, this.nonce, this.family, this.sockaddr);
  }

  withNonce(nonce: number): EntityAddr {
    return new EntityAddr(this.type, nonce, this.family, this.sockaddr);
  }

  withPort(port: number): EntityAddr {
    return EntityAddr.of(this.type, this.ip, port, this.nonce);
  }

  withIp(ip: string): EntityAddr {
    return EntityAddr.of(this.type, ip, this.port, this.nonce);
  }

  isSameHost(other: EntityAddr): boolean {
    return this.isIp() && this.family === other.family && this.ip === other.ip;
  }

  /** Equal, or so but for a host that one of the two does not know. */
  probablyEquals(other: EntityAddr): boolean {
    if (this.port !== other.port || this.nonce !== other.nonce) return false;
    return this.isBlankIp() || other.isBlankIp() || this.isSameHost(other);
  }

  equals(other: EntityAddr): boolean {
    return this.compare(other) === 0;
  }

  /** An order among addresses, the same at both ends of a connection: it decides connection races. */
  compare(other: EntityAddr): number {
    const first = this.type - other.type || this.nonce - other.nonce || this.family - other.family;
    if (first !== 0) return first;
    const length = Math.max(this.sockaddr.length, other.sockaddr.length);
    for (let i = 0; i < length; i++) {
      const difference = (this.sockaddr[i] ?? 0) - (other.sockaddr[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** @param features of whom it is for; without MSG_ADDR2 the old form is written */
  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    if ((features & CEPH_FEATURE.MSG_ADDR2) === 0n) {
      e.u32(0).u32(this.nonce).u16be(this.family).raw(this.sockaddr);
      e.zeros(126 - this.sockaddr.length);
      return;
    }
    e.u8(1);
    const mark = e.start(1, 1);
    e.u32(this.isAny() && !hasFeature(features, CEPH_FEATURE.SERVER_NAUTILUS) ? EntityAddr.TYPE_LEGACY : this.type);
    e.u32(this.nonce);
    e.u32(2 + this.sockaddr.length);
    e.u16(this.family).raw(this.sockaddr);
    e.finish(mark);
  }

  static decode(d: Decoder): EntityAddr {
    const at = d.offset;
    const marker = d.u8();
    if (marker === 0) return EntityAddr.decodeLegacyAfterMarker(d);
    if (marker !== 1) throw d.error(`entity_addr_t marker ${marker}`, at);
    return EntityAddr.decodeAfterMarker(d);
  }

  /** @internal The new form, its marker read. */
  static decodeAfterMarker(d: Decoder): EntityAddr {
    const frame = d.start(1, 'entity_addr_t');
    const type = d.u32();
    const nonce = d.u32();
    const at = d.offset;
    const length = d.u32();
    let family = AF_UNSPEC;
    if (length === 1) throw d.error('socket address shorter than its family', at);
    if (length !== 0) family = d.u16();
    const sockaddr = new Uint8Array(sockaddrLength(family));
    if (length > sockaddr.length + 2) throw d.error(`socket address of ${length} bytes for family ${family}`, at);
    if (length !== 0) sockaddr.set(d.raw(length - 2));
    d.finish(frame, 'entity_addr_t');
    return new EntityAddr(type, nonce, family, sockaddr);
  }

  /** @internal The old form, its marker read. */
  static decodeLegacyAfterMarker(d: Decoder): EntityAddr {
    d.skip(3);
    const nonce = d.u32();
    const family = d.u16be();
    const bytes = d.raw(126);
    if (family !== AF_INET && family !== AF_INET6) return new EntityAddr(EntityAddr.TYPE_NONE, nonce);
    return new EntityAddr(EntityAddr.TYPE_LEGACY, nonce, family, bytes.slice(0, sockaddrLength(family)));
  }

  toString(): string {
    if (this.type === EntityAddr.TYPE_NONE) return '-';
    const prefix = TYPE_PREFIXES[this.type] ?? '???:';
    if (!this.isIp()) return `${prefix}(unrecognized address family ${this.family})/${this.nonce}`;
    const host = this.family === AF_INET6 ? `[${this.ip}]` : this.ip;
    return `${prefix}${host}:${this.port}/${this.nonce}`;
  }
}
