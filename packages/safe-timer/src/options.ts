import type { AbortSignalLike, Limits, Mutex, OptionTypes } from '@cephts/common';

/** Options of {@link SafeTimer}; all optional. */
export interface SafeTimerOptions {
  /** Registers perf counters `timer-NAME` (queue_len, lateness) with the context. @defaultValue none: no counters, no cost */
  name?: string;
  /** Name in the thread table, at most 15 characters as Linux shows it. @defaultValue `'safe_timer'` */
  threadName?: string;
  /** The class it works for, for the thread table. @defaultValue `'SafeTimer'` */
  owner?: string;
  /** One sentence for the thread table. */
  purpose?: string;
  /**
   * True: callbacks run with `lock` held, so that what is cancelled under the lock is neither running nor runs later.
   * False: they run without it.
   * @defaultValue true
   */
  safeCallbacks?: boolean;
  /** The owner's lock, where its critical sections span awaits. @defaultValue none: the isolate is the lock */
  lock?: Mutex;
  /** Longest time in ms that one turn works before I/O comes first. @defaultValue the context's (5) */
  sliceMs?: number;
  /** Told, once each, what a callback threw or rejected with. @defaultValue the context's reportError: an uncaught exception */
  onError?: (error: unknown) => void;
  /** Does a pending event hold the process open? @defaultValue false */
  ref?: boolean;
  /** Runs each callback in the AsyncLocalStorage context of who added it, where the platform has one. @defaultValue false */
  keepAsyncContext?: boolean;
  /** Counts the lateness in a histogram too; needs `name`. @defaultValue false */
  latencyHistogram?: boolean;
  /** How much may be pending: what `limits` of `@cephts/common` makes of a capacity, marks and an overflow policy. @defaultValue no limit */
  limits?: Limits;
}

/** Options of one event. */
export interface EventOptions {
  /** Cancels the event when it aborts. */
  signal?: AbortSignalLike;
  /** Weight against the limits in cost, at least 0. @defaultValue 1 */
  cost?: number;
}

/**
 * Names an event to {@link SafeTimer.cancelEvent}: a positive number, never used twice by one timer. 0 names none, so a field may start
 * out as 0.
 */
export type TimerEvent = number;

/** What each option may be. */
export const TYPES: OptionTypes<SafeTimerOptions> = {
  name: 'a string',
  threadName: 'a string',
  owner: 'a string',
  purpose: 'a string',
  sliceMs: 'a number of at least 0',
  safeCallbacks: 'a boolean',
  ref: 'a boolean',
  keepAsyncContext: 'a boolean',
  latencyHistogram: 'a boolean',
  lock: 'an object',
  onError: 'a function',
  limits: 'a function',
};
