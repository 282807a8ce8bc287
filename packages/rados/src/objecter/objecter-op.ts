import type { TimerHandle, Completion } from '@cephts/common';
import type { UTime } from '@cephts/encoding';
import { HObject } from '../osdmap/hobject.js';
import { ObjectOperation } from './object-operation.js';
import type { OpTarget } from './op-target.js';
import type { OsdSession } from './osd-session.js';

/** Of those that are done. */
const NO_OPERATION = new ObjectOperation();
const nothing = (): void => undefined;

/** An operation under way. */
export class ObjecterOp {
  tid = 0;
  readonly target: OpTarget;
  operation: ObjectOperation;
  onFinish: Completion;
  snap: bigint;
  snapSeq = 0;
  snaps: readonly number[] = [];
  mtime: UTime;
  session: OsdSession | undefined = undefined;
  /** Times it was sent. */
  attempts = 0;
  /** When it was handed in, and when it was sent last; monotonic ms, 0 for not yet. */
  readonly since: number;
  sentAt = 0;
  /** Units held of the throttles. */
  budget = -1;
  timer: TimerHandle | undefined = undefined;
  /** From which epoch on the pool is known to be gone; 0 while the monitors are asked. */
  poolGoneAt = -1;
  /** The object's version, once it is done. */
  version = 0;
  done = false;

  constructor(target: OpTarget, operation: ObjectOperation, onFinish: Completion, snap: bigint, mtime: UTime, since: number) {
    this.target = target;
    this.operation = operation;
    this.onFinish = onFinish;
    this.snap = snap;
    this.mtime = mtime;
    this.since = since;
  }

  /**
   * It is done. Whoever remembers it, such as an old table of a Map until V8 has gone over all old objects, no longer holds what it read.
   */
  end(): void {
    this.done = true;
    this.operation = NO_OPERATION;
    this.onFinish = nothing;
  }

  /** The object as OSDs order it. */
  hobject(): HObject {
    const { target, targetOid, hash } = this.target;
    return HObject.of(target.pool, hash, targetOid, target.nspace, target.key);
  }
}
