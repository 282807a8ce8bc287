export type { OverflowPolicy } from '@cephts/common';
export { C_OnFinisher } from './c-on-finisher.js';
export { Finisher } from './finisher.js';
export { FinisherProducer } from './finisher-producer.js';
export type { FinisherOptions, QueueOptions } from './options.js';
export { RemoteFinisher } from './remote-finisher.js';
export type { FinisherHandle, RemoteOptions } from './remote-finisher.js';
