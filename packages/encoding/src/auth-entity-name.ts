import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { entityTypeByName, entityTypeName } from './entity-name.js';

/**
 * Who somebody authenticates as, `client.admin`: Ceph's EntityName (not entity_name_t, which is {@link EntityName} here).
 * @see src/common/entity_name.h (16.2.15)
 */
export class AuthEntityName {
  readonly type: number;
  readonly id: string;

  constructor(type = 0, id = '') {
    this.type = type;
    this.id = id;
  }

  /** `client.admin` and the like; undefined for what is no name. */
  static parse(text: string): AuthEntityName | undefined {
    const dot = text.indexOf('.');
    const type = entityTypeByName(text.slice(0, dot));
    return dot < 0 || type === undefined ? undefined : new AuthEntityName(type, text.slice(dot + 1));
  }

  equals(other: AuthEntityName): boolean {
    return this.type === other.type && this.id === other.id;
  }

  encode(e: Encoder): void {
    e.u32(this.type).string(this.id);
  }

  static decode(d: Decoder): AuthEntityName {
    const type = d.u32();
    return new AuthEntityName(type, d.string());
  }

  toString(): string {
    return `${entityTypeName(this.type)}.${this.id}`;
  }
}
