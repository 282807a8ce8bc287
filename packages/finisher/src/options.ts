import type { AbortSignalLike, Limits, OptionTypes } from '@cephts/common';

/** Options of {@link Finisher}; all optional. */
export interface FinisherOptions {
  /** Registers perf counters `finisher-NAME` (queue_len, complete_latency) with the context. @defaultValue none: no counters, no cost */
  name?: string;
  /** Name in the thread table, at most 15 characters as Linux shows it. @defaultValue `'fn_anonymous'` */
  threadName?: string;
  /** The class the finisher works for, for the thread table. @defaultValue `'Finisher'` */
  owner?: string;
  /** One sentence for the thread table. */
  purpose?: string;
  /** Longest time in ms that one turn works before I/O comes first. @defaultValue what the context's other threads left of its slice (5) */
  sliceMs?: number;
  /** Told, once each, what a completion threw or rejected with. @defaultValue the context's reportError: an uncaught exception */
  onError?: (error: unknown) => void;
  /** Runs each completion in the AsyncLocalStorage context of its submitter, where the platform has one. @defaultValue false */
  keepAsyncContext?: boolean;
  /** Counts the latencies in a histogram too; needs `name`. @defaultValue false */
  latencyHistogram?: boolean;
  /** How much may wait: what `limits` makes of a capacity, marks and an overflow policy. @defaultValue no limit */
  limits?: Limits;
}

/** Options of one entry. */
export interface QueueOptions {
  /** Withdraws the entry when it aborts before the entry runs: it is completed with -ECANCELED at once. */
  signal?: AbortSignalLike;
  /** Weight against the limits in cost, at least 0. @defaultValue 1 */
  cost?: number;
  /** @internal It has a place already, whether there is room or not. */
  promised?: boolean;
}

/** What each option may be. */
export const TYPES: OptionTypes<FinisherOptions> = {
  name: 'a string',
  threadName: 'a string',
  owner: 'a string',
  purpose: 'a string',
  sliceMs: 'a number of at least 0',
  keepAsyncContext: 'a boolean',
  latencyHistogram: 'a boolean',
  onError: 'a function',
  limits: 'a function',
};
