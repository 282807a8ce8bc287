export type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';
export { SafeTimer } from './safe-timer.js';
