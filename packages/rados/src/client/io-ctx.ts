import type { Readable, Writable } from 'node:stream';
import { CephError, ERRNO, errnoError } from '@cephts/common';
import { RawObjectLocator } from '@cephts/encoding';
import { OSD_FLAG } from '../messages/osd/osd-op-codes.js';
import { checkNumber, checkText, checkWhole, U32_MAX } from '../objecter/check-args.js';
import { ObjectOperation } from '../objecter/object-operation.js';
import type { SubmitOptions } from '../objecter/objecter.js';
import { signals } from '../signals.js';
import type {
  CloneInfo,
  ListedObject,
  ObjectStat,
  OmapKeysPage,
  OmapPage,
  OpResult,
  SparseRead,
  Watcher,
} from '../objecter/operation-results.js';
import { HObject, CEPH_NOSNAP, CEPH_SNAPDIR } from '../osdmap/hobject.js';
import { SnapContext } from '../osdmap/osd-types.js';
import type { PgPool } from '../osdmap/pg-pool.js';
import type { PoolStat } from '../osdmap/pool-stat.js';
import { givenUp } from './call-options.js';
import type { CallOptions } from './call-options.js';
import type { IoCtxHost } from './io-ctx-host.js';
import { PoolSnapshots } from './pool-snapshots.js';
import { readStream, writeStream } from './streams.js';
import type { ReadStreamOptions, WriteStreamOptions } from './streams.js';
import { notify, Watch } from './watch.js';
import type { NotifyOptions, NotifyReply, WatchOptions } from './watch.js';

export interface OperateOptions extends CallOptions {
  /** Further OSD_FLAG bits. */
  flags?: number;
  /** Wall clock, ms from 1970 to 2106: what a write sets an object's time to. @defaultValue now */
  mtime?: number;
}

export interface ReadOptions extends CallOptions {
  /** @defaultValue 0 */
  off?: number;
  /** Bytes at the most: 0 reads nothing of an object that is there, Infinity all from `off` on. @defaultValue Infinity */
  len?: number;
}

/** What an {@link IoCtx} is bound to beside its pool. */
interface Binding {
  namespace: string;
  locator: string;
  snap: bigint;
  snapContext: SnapContext | undefined;
}

/** All namespaces, for listing. */
const ALL_NAMESPACES = '\x01';
/** Objects in one page of a listing, keys in one page of an omap. */
const PAGE = 1000;
const NO_BYTES = new Uint8Array(0);
/** Beyond all errnos: a comparison of data failed so many bytes on. */
const MAX_ERRNO = 4095;

/**
 * A pool, with a namespace, a locator key and snapshots: what operations on objects start from. It never changes; `with…` gives another one.
 *
 * Every call rejects with a CephError whose code is `ERR_CEPH_<errno name>`, such as `ERR_CEPH_ENOENT`. Numbers that cannot be (NaN, fractions,
 * negative ones, 2^53 and beyond), bytes that are no Uint8Array, and names and keys that are no strings are refused with `ERR_CEPH_EINVAL` before
 * anything is sent.
 *
 * @see src/librados/IoCtxImpl.cc (16.2.15)
 */
export class IoCtx {
  readonly pool: number;
  readonly namespace: string;
  /** Hashed in place of objects' names, where it is not empty. */
  readonly locator: string;
  /** The snapshot that is read. */
  readonly snap: bigint;
  readonly snapshots: PoolSnapshots;
  readonly #host: IoCtxHost;
  readonly #snapContext: SnapContext | undefined;
  readonly #oloc: RawObjectLocator;

  /** @internal */
  constructor(host: IoCtxHost, pool: number, binding: Partial<Binding> = {}) {
    this.#host = host;
    this.pool = pool;
    this.namespace = binding.namespace ?? '';
    this.locator = binding.locator ?? '';
    this.snap = binding.snap ?? CEPH_NOSNAP;
    this.#snapContext = binding.snapContext;
    this.#oloc = new RawObjectLocator(pool, this.namespace, this.locator);
    this.snapshots = new PoolSnapshots(host, this);
  }

  #with(binding: Partial<Binding>): IoCtx {
    const { namespace, locator, snap } = this;
    return new IoCtx(this.#host, this.pool, { namespace, locator, snap, snapContext: this.#snapContext, ...binding });
  }

  withNamespace(namespace: string): IoCtx {
    return this.#with({ namespace: checkText('namespace', namespace) });
  }

  /** Objects whose names hash as `key` does share a placement group. */
  withLocator(key: string): IoCtx {
    return this.#with({ locator: checkText('key', key) });
  }

  /** Reads what a snapshot has kept. @param snapid @defaultValue the present. @throws CephError `ERR_CEPH_EINVAL` */
  withSnap(snapid?: number): IoCtx {
    return this.#with({ snap: snapid === undefined ? CEPH_NOSNAP : BigInt(checkWhole('snapid', snapid)) });
  }

  /**
   * Writes keep the state that these self-managed snapshots have to keep.
   * @param snaps newest first. @throws CephError `ERR_CEPH_EINVAL` where they are not in that order, or beyond `seq`
   */
  withSnapContext(seq: number, snaps: readonly number[]): IoCtx {
    checkWhole('seq', seq);
    for (const snap of snaps) checkWhole('snap', snap);
    const snapContext = new SnapContext(seq, [...snaps]);
    if (!snapContext.isValid()) throw errnoError(-ERRNO.EINVAL, `snapshot context ${seq}: ${snaps.join()}`);
    return this.#with({ snapContext });
  }

  /** The pool's name; '' once it is gone. */
  get poolName(): string {
    return this.#host.osdmap.poolNames.get(this.pool) ?? '';
  }

  /** The pool as the map has it now. @throws CephError `ERR_CEPH_ENOENT` */
  get pgPool(): PgPool {
    const pool = this.#host.osdmap.pools.get(this.pool);
    if (!pool) throw errnoError(-ERRNO.ENOENT, `pool ${this.pool}`);
    return pool;
  }

  /** In an erasure-coded pool without overwrites: bytes that writes come in multiples of; else 0. */
  get requiredAlignment(): number {
    return this.pgPool.requiredAlignment;
  }

  // ---- operations

  /** The snapshots that a write has to keep: one's own, or those of the pool. */
  #writeContext(): SnapContext {
    if (this.#snapContext) return this.#snapContext;
    const pool = this.#host.osdmap.pools.get(this.pool);
    if (!pool || pool.snaps.size === 0) return new SnapContext(pool?.snapSeq ?? 0);
    return new SnapContext(
      pool.snapSeq,
      [...pool.snaps.keys()].sort((a, b) => b - a),
    );
  }

  #submitOptions(operation: ObjectOperation, { flags, mtime }: OperateOptions): SubmitOptions {
    const options: SubmitOptions = { snap: this.snap };
    if (operation.flags & OSD_FLAG.WRITE) options.snapContext = this.#writeContext();
    if (flags !== undefined) options.flags = flags;
    if (mtime !== undefined) options.mtime = checkNumber('mtime', mtime, { max: U32_MAX * 1000 });
    return options;
  }

  /**
   * Carries out a compound operation; its results are then filled in.
   *
   * @returns 0, or above 0 where the OSD says so
   * @throws CephError; the results of single steps are filled in then, too
   */
  operate(oid: string, operation: ObjectOperation, options: OperateOptions = {}): Promise<number> {
    return new Promise((resolve, reject) => this.#submit(oid, operation, options, resolve, reject));
  }

  /** Tells `onDone` the result, or `onError` what went wrong: one of them, once. */
  #submit(
    oid: string,
    operation: ObjectOperation,
    options: OperateOptions,
    onDone: (r: number) => void,
    onError: (error: Error) => void,
  ): void {
    const { objecter } = this.#host;
    const { signal } = options;
    if (signal?.aborted) {
      onError(givenUp(`the call for ${oid}`, signal));
      return;
    }
    // a snapshot cannot be changed
    if (this.snap !== CEPH_NOSNAP && operation.flags & OSD_FLAG.WRITE) {
      onError(errnoError(-ERRNO.EROFS, oid));
      return;
    }
    const done = (r: number): void => {
      unlisten?.();
      if (r >= 0) onDone(r);
      else if (signal?.aborted && r === -ERRNO.ECANCELED) onError(givenUp(`the call for ${oid}`, signal));
      else onError(failure(r, oid));
    };
    const op = objecter.submit(oid, this.#oloc, operation, done, this.#submitOptions(operation, options));
    const unlisten = signal && signals.add(signal, () => void objecter.cancel(op));
  }

  /** Carries out what `build` adds and gives what the step it returns has read: with no promise in between, one at a time counts. */
  #get<T>(oid: string, options: CallOptions | undefined, build: (op: ObjectOperation) => OpResult<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const operation = new ObjectOperation();
      const result = build(operation);
      this.#submit(oid, operation, options ?? {}, () => resolve(result.value as T), reject);
    });
  }

  /** Carries out what `build` adds. */
  #change(oid: string, options: OperateOptions | undefined, build: (op: ObjectOperation) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const operation = new ObjectOperation();
      build(operation);
      this.#submit(oid, operation, options ?? {}, () => resolve(), reject);
    });
  }

  /** @throws CephError `ERR_CEPH_ENOENT` where there is no such object */
  read(oid: string, options: ReadOptions = {}): Promise<Uint8Array> {
    const { off = 0, len = Infinity } = options;
    // an OSD takes length 0 for all there is
    return this.#get(oid, options, (op) => (len === 0 ? nothingRead(op, off, NO_BYTES) : op.read(off, len === Infinity ? 0 : len)));
  }

  /** The parts of a range that were ever written. @param len 0 reads nothing, as with {@link read} */
  sparseRead(oid: string, off: number, len: number, options?: CallOptions): Promise<SparseRead> {
    return this.#get(oid, options, (op) =>
      len === 0 ? nothingRead(op, off, { extents: [], data: NO_BYTES }) : op.sparseRead(off, len),
    );
  }

  write(oid: string, bytes: Uint8Array, off = 0, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.write(off, bytes));
  }

  writeFull(oid: string, bytes: Uint8Array, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.writeFull(bytes));
  }

  append(oid: string, bytes: Uint8Array, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.append(bytes));
  }

  /** Writes `bytes` again and again over `len` bytes, a multiple of theirs. */
  writeSame(oid: string, bytes: Uint8Array, len: number, off = 0, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.writeSame(off, len, bytes));
  }

  truncate(oid: string, size: number, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.truncate(size));
  }

  zero(oid: string, off: number, len: number, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.zero(off, len));
  }

  /** Makes an empty object, unless there is one. @param exclusive `ERR_CEPH_EEXIST` where there is one */
  create(oid: string, exclusive = false, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.create(exclusive));
  }

  remove(oid: string, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.remove());
  }

  stat(oid: string, options?: CallOptions): Promise<ObjectStat> {
    return this.#get(oid, options, (op) => op.stat());
  }

  /**
   * Compares data.
   * @returns −1 where it is the same, else the offset within `bytes` of the first byte that differs
   */
  async cmpExt(oid: string, off: number, bytes: Uint8Array, options?: CallOptions): Promise<number> {
    try {
      await this.operate(oid, new ObjectOperation().cmpExt(off, bytes), options);
      return -1;
    } catch (error) {
      if (error instanceof CephError && error.code === 'ERR_CEPH_MISMATCH') return (error.errno ?? MAX_ERRNO) - MAX_ERRNO;
      throw error;
    }
  }

  // ---- xattrs

  getXattr(oid: string, name: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#get(oid, options, (op) => op.getXattr(name));
  }

  getXattrs(oid: string, options?: CallOptions): Promise<Map<string, Uint8Array>> {
    return this.#get(oid, options, (op) => op.getXattrs());
  }

  setXattr(oid: string, name: string, bytes: Uint8Array, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.setXattr(name, bytes));
  }

  rmXattr(oid: string, name: string, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.rmXattr(name));
  }

  // ---- omap

  omapGetHeader(oid: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#get(oid, options, (op) => op.omapGetHeader());
  }

  omapSetHeader(oid: string, bytes: Uint8Array, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.omapSetHeader(bytes));
  }

  /** A page of keys and values; see {@link omapEntries} for all. */
  omapGetVals(oid: string, startAfter = '', filterPrefix = '', max = PAGE, options?: CallOptions): Promise<OmapPage> {
    return this.#get(oid, options, (op) => op.omapGetVals(startAfter, filterPrefix, max));
  }

  omapGetKeys(oid: string, startAfter = '', max = PAGE, options?: CallOptions): Promise<OmapKeysPage> {
    return this.#get(oid, options, (op) => op.omapGetKeys(startAfter, max));
  }

  omapGetValsByKeys(oid: string, keys: Iterable<string>, options?: CallOptions): Promise<Map<string, Uint8Array>> {
    return this.#get(oid, options, (op) => op.omapGetValsByKeys(keys));
  }

  omapSet(oid: string, vals: ReadonlyMap<string, Uint8Array>, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.omapSet(vals));
  }

  omapRmKeys(oid: string, keys: Iterable<string>, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.omapRmKeys(keys));
  }

  /** Removes keys and header. */
  omapClear(oid: string, options?: OperateOptions): Promise<void> {
    return this.#change(oid, options, (op) => op.omapClear());
  }

  /** All keys and values, page by page, in the order of the keys' bytes. */
  async *omapEntries(oid: string, filterPrefix = '', options?: CallOptions): AsyncGenerator<[string, Uint8Array]> {
    let after = '';
    for (let more = true; more;) {
      const page = await this.omapGetVals(oid, after, filterPrefix, PAGE, options);
      for (const entry of page.vals) {
        yield entry;
        after = entry[0];
      }
      more = page.more && page.vals.size > 0;
    }
  }

  // ---- the rest

  /** Runs a method of an object class in the OSD. @param input @defaultValue none */
  exec(oid: string, cls: string, method: string, input?: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#get(oid, options, (op) => op.exec(cls, method, input));
  }

  listWatchers(oid: string, options?: CallOptions): Promise<Watcher[]> {
    return this.#get(oid, options, (op) => op.listWatchers());
  }

  /** The states of an object that snapshots keep. */
  async listSnaps(oid: string, options: CallOptions = {}): Promise<{ clones: CloneInfo[]; seq: number }> {
    const op = new ObjectOperation();
    const result = op.listSnaps();
    await this.#with({ snap: CEPH_SNAPDIR }).operate(oid, op, options);
    return result.value as { clones: CloneInfo[]; seq: number };
  }

  /**
   * All objects of this namespace, or of all with `allNamespaces`. What is written meanwhile may or may not be among them; each object that
   * is there all the time comes exactly once, whatever splits or moves.
   */
  async *listObjects(options: CallOptions & { allNamespaces?: boolean } = {}): AsyncGenerator<ListedObject> {
    const namespace = options.allNamespaces ? ALL_NAMESPACES : this.namespace;
    let from = HObject.of(this.pool, 0, '', '', '', 0n);
    while (!from.max) {
      const op = new ObjectOperation();
      const result = op.list(from, PAGE, this.#host.osdmap.epoch);
      const hashed = new IoCtxPage(this.#host, new RawObjectLocator(this.pool, namespace, '', from.hash));
      await hashed.run(op, options.signal);
      const page = result.value;
      if (!page) return;
      yield* page.entries;
      if (page.next.compare(from) <= 0) throw new CephError('ERR_CEPH_EIO', 'the listing does not advance', { errno: ERRNO.EIO });
      from = page.next;
    }
  }

  /** What is in the pool. */
  async stats(options?: CallOptions): Promise<PoolStat> {
    const { stats } = await this.#host.poolStats([this.poolName], options);
    const stat = stats.get(this.poolName);
    if (!stat) throw errnoError(-ERRNO.ENOENT, `pool ${this.pool}`);
    return stat;
  }

  /** Watches an object: notifications come by async iteration until {@link Watch.close}. */
  watch(oid: string, options: WatchOptions = {}): Promise<Watch> {
    return Watch.open(this.#host, oid, this.#oloc, options);
  }

  /** Tells all who watch an object; resolves when they have acknowledged, or their time is up. */
  notify(oid: string, payload?: Uint8Array, options?: NotifyOptions): Promise<NotifyReply> {
    return notify(this.#host, oid, this.#oloc, payload, options);
  }

  /** An object's data as a stream of Node's, some pieces ahead. */
  createReadStream(oid: string, options?: ReadStreamOptions): Readable {
    return readStream(this, oid, options);
  }

  /** A stream of Node's into an object, which is replaced. */
  createWriteStream(oid: string, options?: WriteStreamOptions): Writable {
    return writeStream(this, oid, options);
  }
}

/** An operation on a placement group, found by a hash. */
class IoCtxPage {
  readonly #host: IoCtxHost;
  readonly #oloc: RawObjectLocator;

  constructor(host: IoCtxHost, oloc: RawObjectLocator) {
    this.#host = host;
    this.#oloc = oloc;
  }

  run(operation: ObjectOperation, signal: AbortSignal | undefined): Promise<void> {
    const { objecter } = this.#host;
    if (signal?.aborted) return Promise.reject(givenUp('listing objects', signal));
    return new Promise((resolve, reject) => {
      const op = objecter.submit('', this.#oloc, operation, (r) => {
        unlisten?.();
        if (r >= 0) resolve();
        else reject(signal?.aborted ? givenUp('listing objects', signal) : errnoError(r, 'listing objects'));
      });
      const unlisten = signal && signals.add(signal, () => void objecter.cancel(op));
    });
  }
}

/** Nothing, of an object that has to be there. */
function nothingRead<T>(op: ObjectOperation, off: number, value: T): OpResult<T> {
  checkWhole('off', off);
  op.assertExists();
  return { r: 0, value };
}

function failure(r: number, oid: string): CephError {
  if (r > -MAX_ERRNO) return errnoError(r, oid);
  return new CephError('ERR_CEPH_MISMATCH', `${oid}: data differ at byte ${-r - MAX_ERRNO}`, { errno: -r });
}
