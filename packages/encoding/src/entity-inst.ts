import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import { EntityAddr } from './entity-addr.js';
import { EntityName } from './entity-name.js';
import { CEPH_FEATURES_ALL } from './features.js';

/**
 * entity_inst_t: somebody at one address.
 * @see src/msg/msg_types.h (16.2.15)
 */
export class EntityInst {
  readonly name: EntityName;
  readonly addr: EntityAddr;

  constructor(name: EntityName = new EntityName(), addr: EntityAddr = EntityAddr.BLANK) {
    this.name = name;
    this.addr = addr;
  }

  equals(other: EntityInst): boolean {
    return this.name.equals(other.name) && this.addr.equals(other.addr);
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    this.name.encode(e);
    this.addr.encode(e, features);
  }

  static decode(d: Decoder): EntityInst {
    const name = EntityName.decode(d);
    return new EntityInst(name, EntityAddr.decode(d));
  }

  toString(): string {
    return `${this.name} ${this.addr}`;
  }
}
