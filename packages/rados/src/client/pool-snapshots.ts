import { ERRNO, errnoError } from '@cephts/common';
import { POOL_OP } from '../messages/osd/m-pool-op.js';
import { checkWhole } from '../objecter/check-args.js';
import { ObjectOperation } from '../objecter/object-operation.js';
import type { PoolSnapInfo } from '../osdmap/pg-pool.js';
import { cancellable } from './call-options.js';
import type { CallOptions } from './call-options.js';
import type { IoCtxHost } from './io-ctx-host.js';

/** What it is about: a pool, and operations on its objects. */
interface Pool {
  readonly pool: number;
  operate(oid: string, operation: ObjectOperation, options?: CallOptions): Promise<number>;
}

/**
 * A pool's snapshots: those with names, which keep every object of the pool, or self-managed ones, whose writers say with each write what to
 * keep. A pool has one kind or the other.
 */
export class PoolSnapshots {
  readonly #host: IoCtxHost;
  readonly #pool: Pool;

  constructor(host: IoCtxHost, pool: Pool) {
    this.#host = host;
    this.#pool = pool;
  }

  /** Those with names, by number. */
  list(): PoolSnapInfo[] {
    return [...(this.#host.osdmap.pools.get(this.#pool.pool)?.snaps.values() ?? [])].sort((a, b) => a.snapid - b.snapid);
  }

  /** The number of the one of that name. @throws CephError `ERR_CEPH_ENOENT` */
  lookup(name: string): number {
    const found = this.list().find((snap) => snap.name === name);
    if (!found) throw errnoError(-ERRNO.ENOENT, `snapshot ${name}`);
    return found.snapid;
  }

  /** @throws CephError `ERR_CEPH_EEXIST` where there is one of that name */
  async create(name: string, options?: CallOptions): Promise<void> {
    // the monitors take one that is there already for done
    if (this.list().some((snap) => snap.name === name)) throw errnoError(-ERRNO.EEXIST, `snapshot ${name}`);
    await this.#request(POOL_OP.CREATE_SNAP, { name }, `making snapshot ${name}`, options);
  }

  async remove(name: string, options?: CallOptions): Promise<void> {
    this.lookup(name);
    await this.#request(POOL_OP.DELETE_SNAP, { name }, `removing snapshot ${name}`, options);
  }

  /** Takes an object back to what it was at a snapshot. */
  async rollback(oid: string, name: string, options?: CallOptions): Promise<void> {
    await this.#pool.operate(oid, new ObjectOperation().rollback(this.lookup(name)), options);
  }

  /** Makes a self-managed snapshot. @returns its number, for `withSnapContext` */
  createSelfManaged(options?: CallOptions): Promise<number> {
    return this.#request(POOL_OP.CREATE_UNMANAGED_SNAP, {}, 'making a snapshot', options);
  }

  async removeSelfManaged(snapid: number, options?: CallOptions): Promise<void> {
    checkWhole('snapid', snapid);
    await this.#request(POOL_OP.DELETE_UNMANAGED_SNAP, { snapid }, `removing snapshot ${snapid}`, options);
  }

  async #request(
    op: number,
    what: { name?: string; snapid?: number },
    text: string,
    { signal }: CallOptions = {},
  ): Promise<number> {
    const { pools } = this.#host.objecter;
    const { epoch, snapid } = await cancellable<{ epoch: number; snapid: number }>(
      text,
      signal,
      (resolve, reject) =>
        pools.poolOp(op, this.#pool.pool, what, (r, epoch, snapid) => {
          if (r < 0) reject(errnoError(r, text));
          else resolve({ epoch, snapid });
        }),
      (tid) => pools.cancel(tid),
    );
    await this.#host.waitForMap(epoch, signal ? { signal } : {});
    return snapid;
  }
}
