import { complete, ERRNO } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import type { RootDatabase } from 'lmdb';
import { objectPrefix } from './lmdb-keys.js';
import { ObjectPages } from './object-pages.js';
import type { PageSink, PageSource } from './object-pages.js';
import { OperationLog } from './operation-log.js';
import type { InFlightOperation, ObjectLocator, ObjectOperation, ObjectStore } from './object-store.js';
import { StoreFolder } from './store-folder.js';
import { StoredObject } from './stored-object.js';

type Database = RootDatabase<Buffer, Buffer>;

interface Finished {
  readonly tid: number;
  readonly completion: Completion;
  readonly r: number;
}

/** Objects kept at hand, beyond those that are being changed. */
const CACHED_OBJECTS = 256;
/** Objects looked at, at a time, when some are to go. */
const EVICT_LOOKS = 16;

/**
 * Objects in one folder on disk, in an LMDB database.
 *
 * Operations take effect in memory at once, one after the other, and are committed in groups: while one commit is on its way to the disk
 * (on a thread of LMDB's own), what is handed in gathers for the next. So each operation is durable when it completes, at the cost of one
 * flush of the disk for many of them. Readers see what is on its way; an operation that reads what is not durable yet completes with it.
 *
 * @example
 * ```ts
 * const store = await LmdbObjectStore.open(cct, '/var/lib/cephts');
 * ```
 */
export class LmdbObjectStore implements ObjectStore {
  readonly #cct: CephContext;
  readonly #folder: StoreFolder;
  readonly #db: Database;
  readonly #source: PageSource;
  readonly #sink: PageSink;
  readonly #log: OperationLog;
  /** By pool, namespace and name; used longest ago first. */
  readonly #objects = new Map<string, StoredObject>();
  #dirty = new Set<StoredObject>();
  /** To complete with the next commit. */
  #waiting: Finished[] = [];
  /** To complete soon: they need no commit. */
  #ready: Finished[] = [];
  #scheduled = false;
  #readyScheduled = false;
  #committing = false;
  /** With the commit that is on its way. */
  #inCommit: Finished[] = [];
  #failed = 0;
  #closing = false;
  #closed: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  private constructor(cct: CephContext, folder: StoreFolder, db: Database) {
    this.#cct = cct;
    this.#folder = folder;
    this.#db = db;
    this.#log = new OperationLog(cct.clock);
    this.#source = {
      get: (key) => db.getBinary(key),
      range: (start, end) => db.getRange({ start, end }),
    };
    this.#sink = {
      put: (key, value) => void db.put(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
      remove: (key) => void db.remove(key),
    };
  }

  /**
   * Opens the store in a folder, or makes one there.
   *
   * @throws CephError `ERR_CEPH_STORE` where the folder was written by a newer version or is damaged, `ERR_CEPH_STORE_BUSY` where a daemon
   *   has it; the folder is left as it is
   */
  static async open(cct: CephContext, path: string): Promise<LmdbObjectStore> {
    const folder = new StoreFolder(path);
    // loaded when it is needed, since it brings a binary along
    const lmdb = await import('lmdb');
    const fresh = folder.take();
    let db: Database | undefined;
    try {
      db = lmdb.open({
        path: folder.database,
        keyEncoding: 'binary',
        encoding: 'binary',
        // a commit counts once it is on the disk
        overlappingSync: false,
      });
      if (fresh) {
        await db.put(Buffer.from([0]), Buffer.from('cephts-objects'));
        folder.created();
      } else LmdbObjectStore.#check(folder, db);
      return new LmdbObjectStore(cct, folder, db);
    } catch (error) {
      await db?.close();
      folder.release();
      throw error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_CEPH')
        ? error
        : folder.damaged('the database cannot be opened', error);
    }
  }

  static #check(folder: StoreFolder, db: Database): void {
    const stats = db.getStats() as { lastPageNumber: number; pageSize: number };
    folder.checkLength(stats.lastPageNumber + 1, stats.pageSize);
    if (db.getBinary(Buffer.from([0]))?.toString() !== 'cephts-objects')
      throw folder.damaged('the database is not of an object store');
  }

  operate(oid: string, loc: ObjectLocator, op: ObjectOperation, onFinish: Completion): void {
    const tid = this.#log.add(oid, loc, op);
    const object = this.#failed === 0 && !this.#closing ? this.#object(oid, loc) : undefined;
    if (!object) {
      const r = this.#closing ? -ERRNO.ECANCELED : this.#failed || -ERRNO.EINVAL;
      this.#soon({ tid, completion: onFinish, r });
      return;
    }
    const finished: Finished = { tid, completion: onFinish, r: this.#apply(object, op) };
    const { pages } = object;
    if (pages.isDirty) {
      this.#dirty.add(object);
      this.#waiting.push(finished);
      this.#schedule();
    } else if (pages.isCommitting) this.#inCommit.push(finished);
    else this.#soon(finished);
  }

  #apply(object: StoredObject, op: ObjectOperation): number {
    try {
      return object.apply(op, this.#cct.clock.now());
    } catch (error) {
      this.#cct.dout('objecter', -1, `reading the object store failed: ${(error as Error).message}`);
      return -ERRNO.EIO;
    }
  }

  #object(oid: string, loc: ObjectLocator): StoredObject | undefined {
    const name = `${loc.pool}/${loc.namespace ?? ''}/${oid}`;
    let object = this.#objects.get(name);
    if (object) this.#objects.delete(name);
    else {
      const prefix = objectPrefix(oid, loc);
      if (!prefix) return undefined;
      object = new StoredObject(new ObjectPages(prefix, this.#source));
      if (this.#objects.size >= CACHED_OBJECTS) this.#evict();
    }
    this.#objects.set(name, object);
    return object;
  }

  /** Looks at a few only: with many objects being changed a full look at each call would cost more than what it frees. */
  #evict(): void {
    let looks = EVICT_LOOKS;
    for (const [name, { pages }] of this.#objects) {
      if (this.#objects.size < CACHED_OBJECTS || looks-- === 0) return;
      if (!pages.isDirty && !pages.isCommitting) this.#objects.delete(name);
    }
  }

  #soon(finished: Finished): void {
    this.#ready.push(finished);
    if (this.#readyScheduled) return;
    this.#readyScheduled = true;
    this.#cct.clock.defer(() => {
      this.#readyScheduled = false;
      this.#finish(this.#ready.splice(0));
    });
  }

  #finish(list: Finished[], failure = 0): void {
    for (const { tid, completion, r } of list) {
      this.#log.remove(tid);
      try {
        complete(completion, failure || r);
      } catch (error) {
        this.#cct.reportError(error, 'object store');
      }
    }
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #isIdle(): boolean {
    return !this.#committing && this.#waiting.length === 0 && this.#ready.length === 0;
  }

  /** The next commit begins when this turn is over, so that what the turn hands in goes together. */
  #schedule(): void {
    if (this.#scheduled || this.#committing) return;
    this.#scheduled = true;
    this.#cct.clock.defer(() => {
      this.#scheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    const objects = this.#dirty;
    this.#dirty = new Set();
    this.#inCommit = this.#waiting;
    this.#waiting = [];
    this.#committing = true;
    const sink = this.#sink;
    const done = (failure: number): void => {
      this.#committing = false;
      for (const object of objects) object.pages.endCommit();
      if (failure < 0) this.#failed = failure;
      this.#finish(this.#inCommit.splice(0), failure);
      if (failure < 0) this.#finish(this.#waiting.splice(0), failure);
      else if (this.#waiting.length > 0) this.#schedule();
    };
    this.#db
      .batch(() => {
        for (const object of objects) object.pages.beginCommit(sink);
      })
      .then(
        () => done(0),
        (error: unknown) => {
          this.#cct.dout('objecter', -1, () => `committing to the object store failed: ${(error as Error).message}`);
          done(/ENOSPC|No space|MAP_FULL/.test(String((error as Error).message)) ? -ERRNO.ENOSPC : -ERRNO.EIO);
        },
      );
  }

  inFlight(): InFlightOperation[] {
    return this.#log.list();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing = true;
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#db.close();
    this.#folder.release();
  }
}
