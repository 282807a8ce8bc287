export { limits } from '@cephts/common';
export type { Limits, LimitsOptions, OverflowPolicy } from '@cephts/common';
export type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';
export { SafeTimer } from './safe-timer.js';
