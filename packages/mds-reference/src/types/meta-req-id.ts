import type { Decoder, Encoder } from '@cephts/encoding';
import { EntityName } from '@cephts/encoding';

/**
 * metareqid_t: a request, by who sent it and its transaction number there. An unchanging value.
 * @see src/mds/mdstypes.h (16.2.15)
 */
export class MetaReqId {
  readonly name: EntityName;
  readonly tid: number;

  constructor(name: EntityName = new EntityName(), tid = 0) {
    this.name = name;
    this.tid = tid;
  }

  /** True where it names no request. */
  isNone(): boolean {
    return this.tid === 0 && this.name.type === 0;
  }

  equals(other: MetaReqId): boolean {
    return this.tid === other.tid && this.name.equals(other.name);
  }

  encode(e: Encoder): void {
    this.name.encode(e);
    e.u64(this.tid);
  }

  static decode(d: Decoder): MetaReqId {
    const name = EntityName.decode(d);
    return new MetaReqId(name, d.u64());
  }

  toString(): string {
    return `${this.name}:${this.tid}`;
  }
}
