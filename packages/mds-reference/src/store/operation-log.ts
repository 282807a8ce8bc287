import type { Clock } from '@cephts/common';
import type { InFlightOperation, ObjectLocator, ObjectOperation } from './object-store.js';

/** An operation between being handed in and being completed. */
export interface PendingOperation {
  readonly tid: number;
  readonly oid: string;
  readonly loc: ObjectLocator;
  readonly op: ObjectOperation;
  /** Monotonic ms. */
  readonly since: number;
}

/** What is in flight, in the order it was handed in. */
export class OperationLog {
  readonly #clock: Clock;
  readonly #pending = new Map<number, PendingOperation>();
  #lastTid = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(oid: string, loc: ObjectLocator, op: ObjectOperation): number {
    const tid = ++this.#lastTid;
    this.#pending.set(tid, { tid, oid, loc, op, since: this.#clock.monotonicNow() });
    return tid;
  }

  remove(tid: number): void {
    this.#pending.delete(tid);
  }

  list(): InFlightOperation[] {
    const now = this.#clock.monotonicNow();
    return [...this.#pending.values()].map(({ tid, oid, loc, op, since }) => ({
      tid,
      oid,
      pool: loc.pool,
      namespace: loc.namespace ?? '',
      ops: op.steps.map((step) => step.op),
      age: now - since,
    }));
  }
}
