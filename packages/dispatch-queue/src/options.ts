import { checkOptions } from '@cephts/common';
import type { AbortSignalLike, BoundsOptions, OptionRule } from '@cephts/common';
import type { MessageAccessors } from './dispatch-handler.js';

/**
 * `strict`: Ceph's own: a lower priority gets its turn when no higher one waits, or, below 64, by token bucket.
 * `weighted`: each priority that waits gets a share of the deliveries in proportion to its weight, so none starves.
 */
export type DispatchPolicy = 'strict' | 'weighted';

/** Options of {@link DispatchQueue}; all optional. */
export interface DispatchQueueOptions<M> extends BoundsOptions {
  /** Names the queue in perf counters: `dispatch_queue-NAME` and `throttle-msgr_dispatch_throttler-NAME`, where the context keeps any. @defaultValue none: no counters, no cost */
  name?: string;
  /** How to read a message. @defaultValue its properties priority, cost, recvStamp, dispatchThrottleSize */
  accessors?: MessageAccessors<M>;
  /** In what order priorities are served. @defaultValue `'strict'` */
  policy?: DispatchPolicy;
  /** For the weighted policy: the weight of a priority, above 0. @defaultValue priority + 1 */
  weight?: (priority: number) => number;
  /** Bytes of dispatched messages that may be in memory at once; 0 for no bound (`ms_dispatch_throttle_bytes`). @defaultValue 104857600 (100 MiB) */
  dispatchThrottleBytes?: number;
  /** Tokens a priority below 64 may save up (`ms_pq_max_tokens_per_priority`), and the most one message can cost. @defaultValue 16777216 */
  maxTokensPerPriority?: number;
  /** What the cheapest message costs (`ms_pq_min_cost`). @defaultValue 65536 */
  minCost?: number;
  /** Longest time in ms that one turn works before I/O comes first. @defaultValue the context's (5) */
  sliceMs?: number;
  /** Delivers each message in the AsyncLocalStorage context of its submitter, where the platform has one. @defaultValue false */
  keepAsyncContext?: boolean;
  /** Destroys the queue. */
  signal?: AbortSignalLike;
  /** Told, once each, what a handler threw or rejected with, and with which message or connection. @defaultValue the context's reportError: an uncaught exception */
  onError?: (error: unknown, entry: unknown) => void;
}

/** Options of one message. */
export interface EnqueueOptions {
  /** Withdraws the message at once, unless it was delivered: it leaves the queue and is handed to `discard`. */
  signal?: AbortSignalLike;
}

const anyFunction: OptionRule = { type: 'function' };
const count: OptionRule = { type: 'number', min: 0 };

const RULES: Readonly<Record<keyof DispatchQueueOptions<unknown>, OptionRule>> = {
  name: { type: 'string' },
  accessors: { type: 'object' },
  policy: { type: 'string', oneOf: ['strict', 'weighted'] },
  weight: anyFunction,
  dispatchThrottleBytes: count,
  maxTokensPerPriority: { type: 'integer', min: 1 },
  minCost: { type: 'integer', min: 1 },
  sliceMs: count,
  keepAsyncContext: { type: 'boolean' },
  signal: { type: 'object' },
  onError: anyFunction,
  capacity: count,
  capacityCost: count,
  overflow: { type: 'string' },
  highWater: count,
  lowWater: count,
  highWaterCost: count,
  lowWaterCost: count,
  onHighWater: anyFunction,
  onLowWater: anyFunction,
};

/** @throws CephError `ERR_CEPH_INVALID_OPTION` */
export function checkDispatchQueueOptions(options: DispatchQueueOptions<never>): void {
  checkOptions('DispatchQueue', options, RULES);
}
