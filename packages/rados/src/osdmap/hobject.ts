import { compareText } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

/** Snapshot ids that mean something else. */
export const CEPH_NOSNAP: bigint = -2n & 0xffffffffffffffffn;
/** Where OSDs once kept the snapshots of an object that was removed. */
export const CEPH_SNAPDIR: bigint = -1n & 0xffffffffffffffffn;

/** The pool of an object that is of none. */
const NO_POOL = -1;
/** The pool of the least of all objects. */
const MIN_POOL = -(2n ** 63n);

function reverseBits(value: number): number {
  let v = value >>> 0;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  return ((v >>> 16) | (v << 16)) >>> 0;
}

/**
 * An object's full name in the order that OSDs keep objects in: by pool, by hash with its bits reversed, by namespace, key and name, so
 * that a placement group is a range, and stays one when it splits.
 *
 * @see struct hobject_t in src/common/hobject.h (16.2.15)
 */
export class HObject {
  key = '';
  oid = '';
  snap = 0n;
  hash = 0;
  /** Beyond all objects? */
  max = false;
  nspace = '';
  pool: bigint = BigInt(NO_POOL);

  static readonly MIN_POOL: bigint = MIN_POOL;

  static of(pool: number, hash: number, oid: string, nspace = '', key = '', snap: bigint = CEPH_NOSNAP): HObject {
    const object = new HObject();
    object.pool = BigInt(pool);
    object.hash = hash;
    object.oid = oid;
    object.nspace = nspace;
    object.key = key === oid ? '' : key;
    object.snap = snap;
    return object;
  }

  /** The least of all: nothing is before it. */
  static min(): HObject {
    const object = new HObject();
    object.pool = MIN_POOL;
    return object;
  }

  isMin(): boolean {
    return this.pool === MIN_POOL && !this.max && this.hash === 0 && this.oid === '';
  }

  compare(other: HObject): number {
    if (this.max !== other.max) return this.max ? 1 : -1;
    if (this.pool !== other.pool) return this.pool < other.pool ? -1 : 1;
    const order =
      reverseBits(this.hash) - reverseBits(other.hash) ||
      compareText(this.nspace, other.nspace) ||
      (this.key === '' && other.key === '' ? 0 : compareText(this.key || this.oid, other.key || other.oid)) ||
      compareText(this.oid, other.oid);
    if (order !== 0) return order;
    return this.snap === other.snap ? 0 : this.snap < other.snap ? -1 : 1;
  }

  encode(e: Encoder): void {
    const mark = e.start(4, 3);
    e.string(this.key).string(this.oid).u64big(this.snap).u32(this.hash).bool(this.max).string(this.nspace);
    e.u64big(BigInt.asUintN(64, this.pool)).finish(mark);
  }

  static decode(d: Decoder): HObject {
    return d.struct(
      4,
      (d, version) => {
        const object = new HObject();
        object.key = d.string();
        object.oid = d.string();
        object.snap = d.u64big();
        object.hash = d.u32();
        object.max = version >= 2 && d.bool();
        if (version >= 4) {
          object.nspace = d.string();
          object.pool = BigInt.asIntN(64, d.u64big());
        }
        return object;
      },
      'hobject_t',
    );
  }
}

/** An object on an OSD: also which generation of it and which shard. @see struct ghobject_t in src/common/hobject.h (16.2.15) */
export class GHObject {
  hobject: HObject = new HObject();
  generation: bigint = 0xffffffffffffffffn;
  shard = -1;
  max = false;

  encode(e: Encoder): void {
    const { hobject } = this;
    const mark = e.start(6, 3);
    e.string(hobject.key).string(hobject.oid).u64big(hobject.snap).u32(hobject.hash).bool(hobject.max).string(hobject.nspace);
    e.u64big(BigInt.asUintN(64, hobject.pool)).u64big(this.generation);
    e.u8(this.shard & 0xff)
      .bool(this.max)
      .finish(mark);
  }

  static decode(d: Decoder): GHObject {
    return d.struct(
      6,
      (d, version) => {
        if (version < 6) throw d.error(`version ${version} is older than any supported release`);
        const object = new GHObject();
        const { hobject } = object;
        hobject.key = d.string();
        hobject.oid = d.string();
        hobject.snap = d.u64big();
        hobject.hash = d.u32();
        hobject.max = d.bool();
        hobject.nspace = d.string();
        hobject.pool = BigInt.asIntN(64, d.u64big());
        object.generation = d.u64big();
        object.shard = (d.u8() << 24) >> 24;
        object.max = d.bool();
        return object;
      },
      'ghobject_t',
    );
  }
}
