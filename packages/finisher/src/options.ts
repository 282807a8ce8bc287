import type { AbortSignalLike } from '@cephts/common';
import type { OverflowPolicy } from './overflow.js';

/** Options of {@link Finisher}; all optional. */
export interface FinisherOptions {
  /** Registers perf counters `finisher-NAME` (queue_len, complete_latency). @defaultValue none: no counters, no cost */
  name?: string;
  /** Name in the thread table, at most 15 characters as Linux shows it. @defaultValue `'fn_anonymous'` */
  threadName?: string;
  /** The class the finisher works for, for the thread table. @defaultValue `'Finisher'` */
  owner?: string;
  /** One sentence for the thread table. */
  purpose?: string;
  /** Longest time in ms that one turn works before I/O comes first. @defaultValue the context's (5) */
  sliceMs?: number;
  /** Most entries that may wait. @defaultValue Infinity */
  capacity?: number;
  /** Most cost that may wait, in the unit of the entries' `cost`. @defaultValue Infinity */
  capacityCost?: number;
  /** What happens to an entry for which there is no room. @defaultValue `'throw'` */
  overflow?: OverflowPolicy;
  /** Entries from which on {@link FinisherOptions.onHighWater} is told. @defaultValue the capacity */
  highWater?: number;
  /** Entries down to which the queue must sink before {@link FinisherOptions.onLowWater} is told. @defaultValue half of highWater */
  lowWater?: number;
  /** As highWater, in cost. @defaultValue capacityCost */
  highWaterCost?: number;
  /** As lowWater, in cost. @defaultValue half of highWaterCost */
  lowWaterCost?: number;
  /** Told once when the queue reaches a high-water mark; again only after the low one. */
  onHighWater?: () => void;
  /** Told once when the queue has sunk to both low-water marks after a high one. */
  onLowWater?: () => void;
  /** Told, once each, what a completion threw or rejected with. @defaultValue the context's reportError: an uncaught exception */
  onError?: (error: unknown) => void;
  /** Runs each completion in the AsyncLocalStorage context of its submitter, where the platform has one. @defaultValue false */
  keepAsyncContext?: boolean;
  /** Counts latencies in a histogram beside the average; needs `name`. @defaultValue false */
  latencyHistogram?: boolean;
}

/** Options of one entry. */
export interface QueueOptions {
  /** Withdraws the entry: it is completed with -ECANCELED at once, unless it has run. */
  signal?: AbortSignalLike;
  /** Weight against `capacityCost` and the cost watermarks. @defaultValue 1 */
  cost?: number;
}
