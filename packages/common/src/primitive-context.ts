import { realClock } from './clock.js';
import type { Clock } from './clock.js';
import { LoopThread } from './loop-thread.js';
import type { LoopThreadOptions } from './loop-thread.js';
import type { PerfCounters, PerfCounterSpec } from './perf-counters.js';
import type { ThreadEntry, ThreadInfo } from './thread-table.js';

/** Counters of one queue: how many wait, and a latency in ms. */
export interface QueueCounters {
  length(count: number): void;
  latency(ms: number): void;
  /** Takes the counters off the list. */
  remove(): void;
}

/** Counters of one throttle; see Throttle for what is counted. */
export interface ThrottleCounters {
  max(max: number): void;
  started(): void;
  got(amount: number, inUse: number): void;
  orFail(granted: boolean): void;
  took(amount: number, inUse: number): void;
  put(amount: number, inUse: number): void;
  reset(): void;
  waited(ms: number): void;
  /** Takes the counters off the list. */
  remove(): void;
}

/**
 * What a primitive needs of its context. A CephContext is one, with thread table and perf counters; {@link bareContext} makes one
 * without, so that `import { Finisher }` does not pull a daemon's configuration into a web page.
 */
export interface PrimitiveContext {
  readonly clock: Clock;
  /** Name of the cooperative thread whose turn it is, where the context keeps it. */
  currentThread?: string | undefined;
  /** Makes a thread; a context without a thread table has bare loops. */
  newThread(options: LoopThreadOptions): LoopThread;
  readonly threads?: { add(info: ThreadInfo): ThreadEntry; remove(entry: ThreadEntry): void };
  readonly perf?: { create(name: string, specs: readonly PerfCounterSpec[]): PerfCounters; remove(counters: PerfCounters): void };
  /** Counters for a queue; a context without counters has none to give. */
  queueCounters?(name: string, latencyKey: string, histogram?: boolean): QueueCounters;
  /** Counters for a throttle, `throttle-NAME`. */
  throttleCounters?(name: string): ThrottleCounters;
  /** Reports an error nobody awaits, once. It should not throw: who reports has more to do. */
  reportError(error: unknown, thread: string): void;
}

/** A context that has neither a thread table nor counters; errors become uncaught exceptions. */
export function bareContext(clock: Clock): PrimitiveContext {
  const cct: PrimitiveContext = {
    clock,
    newThread: (options) => new LoopThread(cct, options),
    reportError: (error) =>
      clock.defer(() => {
        throw error;
      }),
  };
  return cct;
}

let shared: PrimitiveContext | undefined;

/** The context of primitives that were given none: the default CephContext where one was made, else a bare one. */
export function primitiveContext(): PrimitiveContext {
  return (shared ??= bareContext(realClock));
}

/** Makes `context` the one that {@link primitiveContext} gives from now on. */
export function setPrimitiveContext(context: PrimitiveContext): void {
  shared = context;
}
