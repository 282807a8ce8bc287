import type { AbortSignalLike, Limits, OptionTypes, Throttle } from '@cephts/common';
import type { MessageAccessors } from './dispatch-handler.js';

/**
 * `strict`: Ceph's own: a lower priority gets its turn when no higher one waits, or, below 64, by token bucket.
 * `weighted`: each priority that waits gets a share of the deliveries in proportion to its weight, so none starves.
 */
export type DispatchPolicy = 'strict' | 'weighted';

/** Options of {@link DispatchQueue}; all optional. */
export interface DispatchQueueOptions<M> {
  /** Registers perf counters `dispatch_queue-NAME` (queue_len, dispatch_latency, dispatch_latency_histogram) with the context. @defaultValue none: no counters, no cost */
  name?: string;
  /** How to read a message. @defaultValue its properties priority, cost, recvStamp, dispatchThrottleSize */
  accessors?: MessageAccessors<M>;
  /** In what order priorities are served. @defaultValue `'strict'` */
  policy?: DispatchPolicy;
  /** For the weighted policy: the weight of a priority, above 0; asked when the priority is used first. @defaultValue priority + 1 */
  weight?: (priority: number) => number;
  /**
   * Bounds the bytes of messages that are being read, queued or dispatched, as `msgr_dispatch_throttler` of `ms_dispatch_throttle_bytes`
   * does: whoever reads a message takes its bytes, the queue gives them back. It is the queue's from then on and ends with it.
   * @defaultValue none: no bound
   */
  dispatchThrottler?: Throttle;
  /** Tokens a priority below 64 may save up (`ms_pq_max_tokens_per_priority`), and the most one message can cost. @defaultValue 16777216 */
  maxTokensPerPriority?: number;
  /** What the cheapest message costs (`ms_pq_min_cost`). @defaultValue 65536 */
  minCost?: number;
  /** Longest time in ms that one turn works before I/O comes first. @defaultValue the context's (5) */
  sliceMs?: number;
  /** Delivers each message in the AsyncLocalStorage context of its submitter, where the platform has one. @defaultValue false */
  keepAsyncContext?: boolean;
  /** How much may wait: what `limits` makes of a capacity, marks and an overflow policy. @defaultValue no limit */
  limits?: Limits;
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

/** What each option may be. */
export const TYPES: OptionTypes<DispatchQueueOptions<never>> = {
  name: 'a string',
  policy: 'strict or weighted',
  accessors: 'an object',
  signal: 'an object',
  dispatchThrottler: 'an object',
  maxTokensPerPriority: 'a number of at least 0',
  minCost: 'a number of at least 0',
  sliceMs: 'a number of at least 0',
  weight: 'a function',
  onError: 'a function',
  keepAsyncContext: 'a boolean',
  limits: 'a function',
};
