export { limits } from '@cephts/common';
export type { Limits, LimitsOptions, OverflowPolicy } from '@cephts/common';
export { C_OnFinisher } from './c-on-finisher.js';
export { Finisher } from './finisher.js';
export { FinisherProducer } from './finisher-producer.js';
export type { FinisherOptions, QueueOptions } from './options.js';
export type { FinisherHandle, RemoteFinisher, RemoteOptions } from './remote-finisher.js';
