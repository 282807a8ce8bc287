// The part of @cephts/common that needs Node: real threads.
export { attachThread, WorkerThread } from './node/worker-thread.js';
export type { ThreadAttachment, WorkerThreadData, WorkerThreadOptions } from './node/worker-thread.js';
