export { AbortHub } from './abort.js';
export type { AbortSignalLike } from './abort.js';
export { checkOption, checkOptions } from './check.js';
export type { OptionRule } from './check.js';
export { CephContext, defaultContext } from './ceph-context.js';
export type { CephContextOptions } from './ceph-context.js';
export { realClock } from './clock.js';
export type { Clock, TimerHandle } from './clock.js';
export { MdConfig, parseConfigValue } from './config.js';
export type { ConfigObserver, ConfigOption, ConfigType, ConfigValue } from './config.js';
export {
  C_SaferCond,
  complete,
  completeReporting,
  Context,
  finishContexts,
  GatherBuilder,
  isPromise,
  LambdaContext,
  toContext,
} from './context.js';
export type { Completion, CompletionFn } from './context.js';
export {
  AbortedError,
  CephError,
  EAGAIN,
  ECANCELED,
  EINVAL,
  ERRNO,
  errnoError,
  errnoName,
  invalidArgument,
  isCephError,
  resultOf,
} from './errors.js';
export type { CephErrorOptions, ErrnoName } from './errors.js';
export { Fifo } from './fifo.js';
export { HeartbeatMap } from './heartbeat-map.js';
export type { HeartbeatHandle } from './heartbeat-map.js';
export { LoopThread } from './loop-thread.js';
export type { LoopContext, LoopThreadOptions } from './loop-thread.js';
export { limits } from './limits.js';
export type { Limits, LimitsOptions, OverflowPolicy, QueueLimits } from './limits.js';
export { functionLog, nullLog } from './log.js';
export type { LogSink } from './log.js';
export { Cond, Mutex } from './mutex.js';
export { Pacer } from './pacer.js';
export { PerfCounters, PerfCountersCollection } from './perf-counters.js';
export type { PerfCountersDescriptor, PerfCountersListener, PerfCounterSpec, PerfCounterType } from './perf-counters.js';
export { bindAsyncContext, captureAsyncContext, diagnosticsChannel, publish } from './platform.js';
export type { AsyncContextRunner, DiagnosticsChannel } from './platform.js';
export { bareContext, primitiveContext } from './primitive-context.js';
export type { PrimitiveContext, QueueCounters, ThrottleCounters } from './primitive-context.js';
export { seededRandom, systemRandom } from './random.js';
export type { RandomSource } from './random.js';
export { checkOptionTypes, invalidOption } from './option-types.js';
export type { OptionTypes } from './option-types.js';
export { RunQueue } from './run-queue.js';
export type { Runnable } from './run-queue.js';
export { SharedSlab } from './shared-slab.js';
export type { SlabSlots } from './shared-slab.js';
export { CooperativeThread, TransientThread } from './thread.js';
export type { CooperativeThreadOptions, ThreadContext } from './thread.js';
export { THREAD_STATES, ThreadEntry, ThreadTable } from './thread-table.js';
export type {
  ThreadDescriptor,
  ThreadInfo,
  ThreadKind,
  ThreadObserver,
  ThreadSnapshot,
  ThreadState,
  ThreadTableListener,
} from './thread-table.js';
export { Throttle } from './throttle.js';
export { VirtualClock } from './virtual-clock.js';
