import {
  AuthEntityName,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MGR,
  CEPH_ENTITY_TYPE_OSD,
  Decoder,
  UTime,
  sortedTexts,
} from '@cephts/encoding';
import type { Encoder } from '@cephts/encoding';
import { CryptoKey } from './crypto-key.js';

// What all methods of authentication share. @see src/auth/Auth.h (16.2.15)

/** First byte of what a connector says; also its encoding's version, hence the ranges. */
export const AUTH_MODE = { NONE: 0, AUTHORIZER: 1, AUTHORIZER_MAX: 9, MON: 10, MON_MAX: 19 } as const;

/** Written where an auid once was. */
const AUTH_UID_DEFAULT = 0xffff_ffff_ffff_ffffn;

/** What somebody may do at one kind of service. */
export class AuthCapsInfo {
  allowAll: boolean;
  /** An encoded string; see {@link text}. */
  caps: Uint8Array;

  constructor(allowAll = false, caps: Uint8Array = new Uint8Array(0)) {
    this.allowAll = allowAll;
    this.caps = caps;
  }

  /** The caps, as in `'allow rw path=/a'`; '' for none. @throws DecodeError */
  get text(): string {
    return this.caps.length === 0 ? '' : new Decoder(this.caps, 'caps').string();
  }

  encode(e: Encoder): void {
    e.u8(1).bool(this.allowAll).blob(this.caps);
  }

  static decode(d: Decoder): AuthCapsInfo {
    d.u8();
    const allowAll = d.bool();
    return new AuthCapsInfo(allowAll, d.blob().slice());
  }
}

/** Says that somebody was authenticated, with what caps, and for how long that counts. */
export class AuthTicket {
  name: AuthEntityName = new AuthEntityName();
  globalId = 0;
  created: UTime = UTime.ZERO;
  expires: UTime = UTime.ZERO;
  caps: AuthCapsInfo = new AuthCapsInfo();
  flags = 0;

  encode(e: Encoder): void {
    e.u8(2);
    this.name.encode(e);
    e.u64(this.globalId).u64big(AUTH_UID_DEFAULT);
    this.created.encode(e);
    this.expires.encode(e);
    this.caps.encode(e);
    e.u32(this.flags);
  }

  static decode(d: Decoder): AuthTicket {
    const ticket = new AuthTicket();
    const version = d.u8();
    ticket.name = AuthEntityName.decode(d);
    ticket.globalId = d.u64();
    if (version >= 2) d.skip(8);
    ticket.created = UTime.decode(d);
    ticket.expires = UTime.decode(d);
    ticket.caps = AuthCapsInfo.decode(d);
    ticket.flags = d.u32();
    return ticket;
  }
}

/** Key and caps of an entity, as the monitors keep them. */
export class EntityAuth {
  key: CryptoKey = new CryptoKey();
  /** By kind of service, each an encoded string. */
  caps = new Map<string, Uint8Array>();
  /** Since version 3 (Tentacle): the key that is to come. */
  pendingKey: CryptoKey | undefined = undefined;

  encode(e: Encoder): void {
    e.u8(this.pendingKey ? 3 : 2).u64big(AUTH_UID_DEFAULT);
    this.key.encode(e);
    e.u32(this.caps.size);
    for (const [service, caps] of sortedTexts(this.caps)) e.string(service).blob(caps);
    this.pendingKey?.encode(e);
  }

  static decode(d: Decoder): EntityAuth {
    const auth = new EntityAuth();
    const version = d.u8();
    if (version >= 2) d.skip(8);
    auth.key = CryptoKey.decode(d);
    for (let left = d.count(8); left > 0; left--) {
      const service = d.string();
      auth.caps.set(service, d.blob().slice());
    }
    if (version >= 3) auth.pendingKey = CryptoKey.decode(d);
    return auth;
  }
}

export class ExpiringCryptoKey {
  readonly key: CryptoKey;
  readonly expiration: UTime;

  constructor(key: CryptoKey, expiration: UTime) {
    this.key = key;
    this.expiration = expiration;
  }

  encode(e: Encoder): void {
    e.u8(1);
    this.key.encode(e);
    this.expiration.encode(e);
  }

  static decode(d: Decoder): ExpiringCryptoKey {
    d.u8();
    const key = CryptoKey.decode(d);
    return new ExpiringCryptoKey(key, UTime.decode(d));
  }
}

/** Previous, current and next. */
const KEY_ROTATE_NUM = 3;

/** The secrets of one kind of service, which the monitors replace one after the other. */
export class RotatingSecrets {
  /** By number, ascending. */
  secrets = new Map<number, ExpiringCryptoKey>();
  maxVersion = 0;

  /** Is the current one past `now`, or one missing? */
  needNewSecrets(now: UTime): boolean {
    const current = [...this.secrets.values()][1];
    return this.secrets.size < KEY_ROTATE_NUM || current === undefined || current.expiration.compare(now) <= 0;
  }

  encode(e: Encoder): void {
    e.u8(1).u32(this.secrets.size);
    for (const [id, key] of this.secrets) {
      e.u64(id);
      key.encode(e);
    }
    e.u64(this.maxVersion);
  }

  static decode(d: Decoder): RotatingSecrets {
    const rotating = new RotatingSecrets();
    d.u8();
    for (let left = d.count(29); left > 0; left--) {
      const id = d.u64();
      rotating.secrets.set(id, ExpiringCryptoKey.decode(d));
    }
    rotating.maxVersion = d.u64();
    return rotating;
  }
}

/** Does one of this type verify tickets, and so needs rotating secrets? */
export function needsRotatingKeys(entityType: number): boolean {
  return entityType === CEPH_ENTITY_TYPE_OSD || entityType === CEPH_ENTITY_TYPE_MDS || entityType === CEPH_ENTITY_TYPE_MGR;
}
