import type { AbortSignalLike, Mutex } from '@cephts/common';

/** Options of {@link SafeTimer}; all optional. */
export interface SafeTimerOptions {
  /** Names the timer in perf counters `timer-NAME`. @defaultValue none: no counters, no cost */
  name?: string;
  /** Name in the thread table. @defaultValue `'safe_timer'` */
  threadName?: string;
  /** The class it works for, for the thread table. @defaultValue `'SafeTimer'` */
  owner?: string;
  /** One sentence for the thread table. */
  purpose?: string;
  /**
   * True: callbacks run with `lock` held, so an event that was cancelled under the lock never runs. False: they run without it.
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
}

/** Options of one event. */
export interface EventOptions {
  /** Cancels the event. */
  signal?: AbortSignalLike;
}

/**
 * Names a pending event to {@link SafeTimer.cancelEvent}: a positive number, never used twice by one timer; 0 names none, so a field
 * may start out as 0.
 */
export type TimerEvent = number;
