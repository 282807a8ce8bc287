import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';

/** A monitor. */
export const CEPH_ENTITY_TYPE_MON = 1;
/** A metadata server. */
export const CEPH_ENTITY_TYPE_MDS = 2;
/** An object storage daemon. */
export const CEPH_ENTITY_TYPE_OSD = 4;
/** A client. */
export const CEPH_ENTITY_TYPE_CLIENT = 8;
/** A manager. */
export const CEPH_ENTITY_TYPE_MGR = 16;
/** The authentication service of the monitors. */
export const CEPH_ENTITY_TYPE_AUTH = 32;
/** A mask of all types. */
export const CEPH_ENTITY_TYPE_ANY = 255;

const typeNames: ReadonlyMap<number, string> = new Map([
  [CEPH_ENTITY_TYPE_MON, 'mon'],
  [CEPH_ENTITY_TYPE_MDS, 'mds'],
  [CEPH_ENTITY_TYPE_OSD, 'osd'],
  [CEPH_ENTITY_TYPE_CLIENT, 'client'],
  [CEPH_ENTITY_TYPE_MGR, 'mgr'],
  [CEPH_ENTITY_TYPE_AUTH, 'auth'],
]);

/** `'mds'` for {@link CEPH_ENTITY_TYPE_MDS}, `'unknown'` for what is none. */
export function entityTypeName(type: number): string {
  return typeNames.get(type) ?? 'unknown';
}

/** The number for `'mds'`, or undefined. */
export function entityTypeByName(name: string): number | undefined {
  for (const [type, known] of typeNames) if (known === name) return type;
  return undefined;
}

/**
 * entity_name_t: who somebody is on the wire, `client.4407` or `mds.0`. An unchanging value.
 * @see src/msg/msg_types.h (16.2.15)
 */
export class EntityName {
  readonly type: number;
  /** −1 where it is not known yet (`mon.?`). */
  readonly num: number;

  constructor(type = 0, num = 0) {
    this.type = type;
    this.num = num;
  }

  static mon(num: number): EntityName {
    return new EntityName(CEPH_ENTITY_TYPE_MON, num);
  }

  static mds(num: number): EntityName {
    return new EntityName(CEPH_ENTITY_TYPE_MDS, num);
  }

  static osd(num: number): EntityName {
    return new EntityName(CEPH_ENTITY_TYPE_OSD, num);
  }

  static client(num: number): EntityName {
    return new EntityName(CEPH_ENTITY_TYPE_CLIENT, num);
  }

  static mgr(num: number): EntityName {
    return new EntityName(CEPH_ENTITY_TYPE_MGR, num);
  }

  /** `mds.0` and the like; undefined for what is no name. */
  static parse(text: string): EntityName | undefined {
    const dot = text.indexOf('.');
    const type = entityTypeByName(text.slice(0, dot));
    const digits = text.slice(dot + 1);
    if (dot < 0 || type === undefined || !/^\d{1,15}$/.test(digits)) return undefined;
    return new EntityName(type, Number(digits));
  }

  isMon(): boolean {
    return this.type === CEPH_ENTITY_TYPE_MON;
  }

  isMds(): boolean {
    return this.type === CEPH_ENTITY_TYPE_MDS;
  }

  isOsd(): boolean {
    return this.type === CEPH_ENTITY_TYPE_OSD;
  }

  isClient(): boolean {
    return this.type === CEPH_ENTITY_TYPE_CLIENT;
  }

  isMgr(): boolean {
    return this.type === CEPH_ENTITY_TYPE_MGR;
  }

  isNew(): boolean {
    return this.num < 0;
  }

  equals(other: EntityName): boolean {
    return this.type === other.type && this.num === other.num;
  }

  compare(other: EntityName): number {
    return this.type - other.type || this.num - other.num;
  }

  encode(e: Encoder): void {
    e.u8(this.type).s64(this.num);
  }

  static decode(d: Decoder): EntityName {
    const type = d.u8();
    return new EntityName(type, d.s64());
  }

  toString(): string {
    return `${entityTypeName(this.type)}.${this.num < 0 ? '?' : this.num}`;
  }
}
