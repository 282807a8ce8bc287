import { complete, ERRNO } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import { RawObjectLocator } from '@cephts/encoding';
import { ObjectOperation as RadosOperation } from '@cephts/rados';
import type { Objecter, OpResult as RadosResult } from '@cephts/rados';
import type { InFlightOperation, ObjectLocator, ObjectOperation, ObjectStep, ObjectStore } from './object-store.js';
import { OperationLog } from './operation-log.js';

/**
 * Objects in the pools of a cluster. The Objecter belongs to who made it: it outlives this store, and where it is shut down everything in
 * flight completes with -ESHUTDOWN.
 */
export class RadosObjectStore implements ObjectStore {
  readonly #cct: CephContext;
  readonly #objecter: Objecter;
  readonly #log: OperationLog;
  #running = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(cct: CephContext, objecter: Objecter) {
    this.#cct = cct;
    this.#objecter = objecter;
    this.#log = new OperationLog(cct.clock);
  }

  operate(oid: string, loc: ObjectLocator, op: ObjectOperation, onFinish: Completion): void {
    if (this.#closed) {
      this.#cct.clock.defer(() => complete(onFinish, -ERRNO.ECANCELED));
      return;
    }
    const tid = this.#log.add(oid, loc, op);
    this.#running++;
    const translated = new Translation(op);
    const locator = new RawObjectLocator(loc.pool, loc.namespace ?? '');
    this.#objecter.submit(oid, locator, translated.operation, (r) => {
      translated.finish();
      this.#log.remove(tid);
      this.#running--;
      try {
        complete(onFinish, Math.min(r, 0));
      } finally {
        if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
      }
    });
  }

  inFlight(): InFlightOperation[] {
    return this.#log.list();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}

/** An operation of the port in the form of RADOS, and the way of its results back. */
class Translation {
  readonly operation = new RadosOperation();
  readonly #results: (() => void)[] = [];

  constructor(op: ObjectOperation) {
    for (const step of op.steps) this.#step(step);
  }

  finish(): void {
    for (const copy of this.#results) copy();
  }

  #give<T>(from: RadosResult<T>, to: { r: number; value: T | undefined }): void {
    this.#results.push(() => {
      to.r = Math.min(from.r, 0);
      to.value = from.value;
    });
  }

  #step(step: ObjectStep): void {
    const { operation } = this;
    switch (step.op) {
      case 'create':
        operation.create(step.exclusive);
        break;
      case 'write':
        operation.write(step.off, step.bytes);
        break;
      case 'writeFull':
        operation.writeFull(step.bytes);
        break;
      case 'append':
        operation.append(step.bytes);
        break;
      case 'zero':
        operation.zero(step.off, step.len);
        break;
      case 'truncate':
        operation.truncate(step.size);
        break;
      case 'remove':
        operation.remove();
        break;
      case 'setXattr':
        operation.setXattr(step.name, step.bytes);
        break;
      case 'rmXattr':
        operation.rmXattr(step.name);
        break;
      case 'omapSet':
        operation.omapSet(step.vals);
        break;
      case 'omapRmKeys':
        operation.omapRmKeys(step.keys);
        break;
      case 'omapClear':
        // OSDs would fail it on an object that does not exist
        operation.omapClear().failOk();
        break;
      case 'omapSetHeader':
        operation.omapSetHeader(step.bytes);
        break;
      default:
        this.#read(step);
    }
  }

  #read(step: Extract<ObjectStep, { result: unknown }>): void {
    const { operation } = this;
    switch (step.op) {
      case 'read':
        this.#give(operation.read(step.off, step.len), step.result);
        break;
      case 'stat':
        this.#give(operation.stat(), step.result);
        break;
      case 'getXattr':
        this.#give(operation.getXattr(step.name), step.result);
        break;
      case 'getXattrs':
        this.#give(operation.getXattrs(), step.result);
        break;
      case 'omapGetHeader':
        this.#give(operation.omapGetHeader(), step.result);
        break;
      case 'omapGetVals':
        this.#give(operation.omapGetVals(step.startAfter, step.filterPrefix, step.max), step.result);
        break;
      case 'omapGetValsByKeys':
        this.#give(operation.omapGetValsByKeys(step.keys), step.result);
        break;
    }
  }
}
