import { realClock } from './clock.js';
import type { Clock } from './clock.js';
import { MdConfig } from './config.js';
import type { ConfigValue } from './config.js';
import { HeartbeatMap } from './heartbeat-map.js';
import { nullLog } from './log.js';
import type { LogSink } from './log.js';
import { PerfCountersCollection } from './perf-counters.js';
import { createQueueCounters } from './queue-counters.js';
import { systemRandom } from './random.js';
import type { RandomSource } from './random.js';
import { bareContext, setPrimitiveContext } from './primitive-context.js';
import type { PrimitiveContext, QueueCounters, ThrottleCounters } from './primitive-context.js';
import { RunQueue } from './run-queue.js';
import { SharedSlab } from './shared-slab.js';
import { CooperativeThread } from './thread.js';
import type { CooperativeThreadOptions } from './thread.js';
import { ThreadTable } from './thread-table.js';
import { createThrottleCounters } from './throttle-counters.js';

/** Options of {@link CephContext}. */
export interface CephContextOptions {
  /** Entity name, as in `'mds.a'`. @defaultValue `'client.admin'` */
  name?: string;
  /** @defaultValue the platform's clock */
  clock?: Clock;
  /** @defaultValue the platform's generator */
  random?: RandomSource;
  /** Option values by Ceph's names; checked when their option is defined. */
  conf?: Readonly<Record<string, ConfigValue>>;
  /** @defaultValue a sink that drops everything */
  log?: LogSink;
  /** Longest time in ms that cooperative threads work before I/O has its turn. @defaultValue 5 */
  sliceMs?: number;
  /** Told of errors that a thread's body or a callback threw. @defaultValue rethrown as an uncaught exception, as is what it throws itself */
  onError?: (error: unknown, thread: string) => void;
}

/**
 * What every object of a daemon is handed, as in Ceph: clock, randomness, configuration, log, perf counters and the thread table.
 * Two contexts in one process share nothing.
 *
 * @see src/common/ceph_context.h (16.2.15)
 */
export class CephContext implements PrimitiveContext {
  readonly name: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly conf: MdConfig;
  readonly slab: SharedSlab = new SharedSlab();
  readonly perf: PerfCountersCollection = new PerfCountersCollection(this.slab);
  readonly threads: ThreadTable = new ThreadTable(this.slab);
  readonly heartbeatMap: HeartbeatMap;
  readonly runQueue: RunQueue;
  /** Replaceable, since the log thread starts after the context exists. */
  log: LogSink;
  /** Name of the cooperative thread whose turn it is, for log lines; outside of any turn the name of the main thread. */
  currentThread: string | undefined = 'main';
  readonly #onError: ((error: unknown, thread: string) => void) | undefined;

  constructor(options: CephContextOptions = {}) {
    this.name = options.name ?? 'client.admin';
    this.clock = options.clock ?? realClock;
    this.random = options.random ?? systemRandom;
    this.conf = new MdConfig(options.conf);
    this.log = options.log ?? nullLog;
    this.runQueue = new RunQueue(this.clock, options.sliceMs);
    this.heartbeatMap = new HeartbeatMap(this.clock, this.slab);
    this.#onError = options.onError;
  }

  /** Writes a log line if its level is wanted; `message` may be a function, called only then. */
  dout(subsys: string, level: number, message: string | (() => string)): void {
    if (!this.log.shouldGather(subsys, level)) return;
    this.log.write(subsys, level, typeof message === 'function' ? message() : message);
  }

  /** A cooperative thread of this context, for the primitives; it enters the thread table when it is started. */
  newThread(options: CooperativeThreadOptions): CooperativeThread {
    return new CooperativeThread(this, options);
  }

  /** Registers the counters of a queue: `queue_len`, and latencies under `latencyKey`. */
  queueCounters(name: string, latencyKey: string, histogram?: boolean): QueueCounters {
    return createQueueCounters(this.perf, name, latencyKey, histogram);
  }

  /** Registers the counters of a throttle, `throttle-NAME`. */
  throttleCounters(name: string): ThrottleCounters {
    return createThrottleCounters(this.perf, name);
  }

  /** Reports an error nobody awaits, once: to `onError`, else, as what `onError` throws, as an uncaught exception of the process. */
  reportError(error: unknown, thread: string): void {
    try {
      if (!this.#onError) throw error;
      this.#onError(error, thread);
    } catch (unheard) {
      bareContext(this.clock).reportError(unheard, thread);
    }
  }
}

let shared: CephContext | undefined;

/** The context used where none is given, so that `new Finisher()` just works. */
export function defaultContext(): CephContext {
  if (!shared) setPrimitiveContext((shared = new CephContext()));
  return shared;
}
