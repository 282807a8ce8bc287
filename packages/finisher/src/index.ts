export { C_OnFinisher } from './c-on-finisher.js';
export { Finisher } from './finisher.js';
export type { FinisherOptions, QueueOptions } from './options.js';
export type { OverflowPolicy } from './overflow.js';
