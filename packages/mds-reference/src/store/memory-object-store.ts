import { complete, ERRNO, realClock } from '@cephts/common';
import type { Clock, Completion } from '@cephts/common';
import { applyRead, applyWrite, cloneImage, emptyImage } from './object-image.js';
import type { ObjectImage } from './object-image.js';
import { OperationLog } from './operation-log.js';
import { dropResults } from './object-store.js';
import type { InFlightOperation, ObjectLocator, ObjectOperation, ObjectStore } from './object-store.js';

/** Options of {@link MemoryObjectStore}; all optional. */
export interface MemoryObjectStoreOptions {
  /** @defaultValue the platform's clock */
  clock?: Clock;
  /** Time in ms an operation takes. @defaultValue 0: as soon as the event loop comes round */
  latencyMs?: number;
}

function imageKey(oid: string, loc: ObjectLocator): string {
  return `${loc.pool}/${loc.namespace ?? ''}/${oid}`;
}

/**
 * Objects in memory, for tests and simulations: everything an {@link ObjectStore} is but durable.
 */
export class MemoryObjectStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #objects: Map<string, ObjectImage>;
  readonly #log: OperationLog;
  #closed = false;
  #idle: (() => void)[] = [];
  #running = 0;

  constructor(options: MemoryObjectStoreOptions = {}, objects = new Map<string, ObjectImage>()) {
    this.#clock = options.clock ?? realClock;
    this.#latencyMs = options.latencyMs ?? 0;
    this.#log = new OperationLog(this.#clock);
    this.#objects = objects;
  }

  operate(oid: string, loc: ObjectLocator, op: ObjectOperation, onFinish: Completion): void {
    const r = this.#closed ? -ERRNO.ECANCELED : this.apply(oid, loc, op);
    const tid = this.#log.add(oid, loc, op);
    this.#running++;
    const finish = (): void => {
      this.#log.remove(tid);
      this.#running--;
      complete(onFinish, r);
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
    if (this.#latencyMs > 0) this.#clock.setTimeout(finish, this.#latencyMs);
    else this.#clock.defer(finish);
  }

  /** Carries the operation out at once. @returns 0 or -errno */
  apply(oid: string, loc: ObjectLocator, op: ObjectOperation): number {
    const key = imageKey(oid, loc);
    const now = this.#clock.now();
    const before = this.#objects.get(key);
    // a copy only where a step may fail after another has changed something
    const keep = before && op.isWrite && op.steps.length > 1 ? cloneImage(before) : before;
    let image = before;
    for (const step of op.steps) {
      let r = 0;
      if (step.op === 'remove') {
        if (image) image = undefined;
        else r = -ERRNO.ENOENT;
      } else if (step.op === 'create') {
        if (image && step.exclusive) r = -ERRNO.EEXIST;
        else image ??= emptyImage(now);
      } else if ('result' in step) {
        r = image ? applyRead(image, step) : (step.result.r = -ERRNO.ENOENT);
      } else if (step.op === 'zero' || step.op === 'truncate' || step.op === 'omapClear' || step.op === 'rmXattr') {
        // these make no object
        if (image) r = applyWrite(image, step, now);
        else if (step.op === 'rmXattr') r = -ERRNO.ENOENT;
      } else {
        image ??= emptyImage(now);
        r = applyWrite(image, step, now);
      }
      if (r < 0) {
        if (keep) this.#objects.set(key, keep);
        return r;
      }
    }
    if (image) this.#objects.set(key, image);
    else this.#objects.delete(key);
    dropResults(op);
    return 0;
  }

  inFlight(): InFlightOperation[] {
    return this.#log.list();
  }

  /** Names of all objects of a pool and namespace, sorted. */
  list(loc: ObjectLocator): string[] {
    const prefix = imageKey('', loc);
    return [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .sort();
  }

  /** A store with copies of the objects as they are now. */
  clone(options: MemoryObjectStoreOptions = { clock: this.#clock, latencyMs: this.#latencyMs }): MemoryObjectStore {
    return new MemoryObjectStore(options, new Map([...this.#objects].map(([key, image]) => [key, cloneImage(image)])));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
