export type { OverflowPolicy } from '@cephts/common';
export { C_OnFinisher } from './c-on-finisher.js';
export { Finisher } from './finisher.js';
export type { FinisherOptions, QueueOptions } from './options.js';
