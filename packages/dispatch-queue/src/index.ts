export type { DispatchHandler, MessageAccessors } from './dispatch-handler.js';
export { DispatchQueue } from './dispatch-queue.js';
export type { OpQueue, Withdrawal } from './op-queue.js';
export type { DispatchPolicy, DispatchQueueOptions, EnqueueOptions } from './options.js';
export { PrioritizedQueue } from './prioritized-queue.js';
export type { PrioritizedQueueOptions } from './prioritized-queue.js';
export { MAX_PRIORITY, PRIORITY } from './priorities.js';
export { WeightedPriorityQueue } from './weighted-priority-queue.js';
export type { WeightedPriorityQueueOptions } from './weighted-priority-queue.js';
