export { Capability } from './capability.js';
export { LocalLock } from './local-lock.js';
export { LockOp, LockOpVec, LockSet } from './lock-op.js';
export { ScatterLock } from './scatter-lock.js';
export { LOCK_TYPE, SimpleLock } from './simple-lock.js';
export { ClientLease } from './client-lease.js';
export { Locker } from './locker.js';
