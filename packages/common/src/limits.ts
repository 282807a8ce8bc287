import { Bounds, BOUNDS_TYPES } from './bounds.js';
import type { BoundsOptions } from './bounds.js';
import { completeReporting } from './context.js';
import type { Completion } from './context.js';
import { CephError, EAGAIN } from './errors.js';
import { checkOptionTypes } from './option-types.js';
import type { OptionTypes } from './option-types.js';

/** Options of {@link limits}; all optional. */
export interface LimitsOptions extends Omit<BoundsOptions, 'overflow'> {
  /** What happens to an entry for which there is no room. @defaultValue `'throw'` */
  overflow?: 'throw' | 'drop-newest';
}

/** The limits of one queue, and what waits there. */
export interface QueueLimits {
  /** Cost of the entries that wait. */
  readonly cost: number;
  /** Is there no room for one more entry of this cost? */
  isFull(cost: number): boolean;
  /**
   * One entry came.
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when its cost is no number of at least 0
   */
  add(cost: number): void;
  /** One entry left. */
  remove(cost: number): void;
  /**
   * For an entry that found no room: completes it with -EAGAIN where the policy is to drop it.
   * @throws CephError `ERR_CEPH_FULL` where the policy is to throw
   */
  refuse(entry: Completion): void;
}

/** Makes the limits of a queue; `report` is told what onHighWater, onLowWater and a completion that is dropped throw. */
export type Limits = (report: (error: unknown) => void) => QueueLimits;

/**
 * Limits for a primitive that takes them ready-made, so that a bundle in which nobody asks for any carries none. One call may serve
 * several queues: each has its own count.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 * @example
 * ```ts
 * new SafeTimer(cct, { limits: limits({ capacity: 1000, overflow: 'drop-newest' }) });
 * ```
 */
export function limits(options: LimitsOptions): Limits {
  const types: OptionTypes<LimitsOptions> = { ...BOUNDS_TYPES, overflow: 'throw or drop-newest' };
  checkOptionTypes('limits', types, options);
  // refuses here what it would refuse when the queue is made
  void new Bounds(options, () => undefined);
  return (report) => {
    const bounds = new Bounds(options, report);
    return {
      get cost() {
        return bounds.cost;
      },
      isFull: (cost) => bounds.isFull(cost),
      add: (cost) => bounds.add(cost),
      remove: (cost) => bounds.remove(cost),
      refuse(entry) {
        if (options.overflow !== 'drop-newest')
          throw new CephError('ERR_CEPH_FULL', `${bounds.items} entries wait`, { errno: EAGAIN });
        completeReporting(entry, -EAGAIN, report);
      },
    };
  };
}
