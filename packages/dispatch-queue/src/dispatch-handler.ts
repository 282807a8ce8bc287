import type { CephError } from '@cephts/common';

/**
 * Where a dispatch queue delivers to: for the messenger, its chain of dispatchers. All but {@link DispatchHandler.deliver} are optional.
 * What they throw, or reject with, is reported once and stops nothing. Where {@link DispatchHandler.deliver} or a handler of codes returns
 * a promise, the next delivery waits until that has settled.
 */
export interface DispatchHandler<M, C = never> {
  /**
   * Takes one message, on ms_dispatch.
   *
   * @param begin when its delivery began, monotonic ms; undefined where the queue keeps no time
   * @see Messenger::ms_deliver_dispatch
   */
  deliver(message: M, begin?: number): unknown;
  /** Sees each message before the fast decision. */
  fastPreprocess?(message: M): void;
  /** May the message go past the queue, on the caller's stack? */
  canFastDispatch?(message: M): boolean;
  /** Takes one message past the queue. */
  fastDispatch?(message: M): void;
  /** D_CONNECT */
  handleConnect?(connection: C): void;
  /** D_ACCEPT */
  handleAccept?(connection: C): void;
  /** D_BAD_RESET */
  handleReset?(connection: C): void;
  /** D_BAD_REMOTE_RESET */
  handleRemoteReset?(connection: C): void;
  /** D_CONN_REFUSED */
  handleRefused?(connection: C): void;
  /**
   * Told of each message that was taken and will never be delivered, once, and why: `ERR_CEPH_FULL` (overflow), `ERR_CEPH_ABORTED`
   * (withdrawn, discarded, shut down), or what `destroy` was given as its `cause`. Its throttle bytes are given back already.
   */
  discard?(message: M, error: CephError): void;
}

/** How to read a message. Each defaults to the message's property of that name, where it is an object that has one. */
export interface MessageAccessors<M> {
  /** Priority, from 0 to 511. Without one: {@link PRIORITY.DEFAULT} */
  priority?: (message: M) => number;
  /** Weight for the token bucket, the weighted policy and `capacityCost`; for Ceph the length of the data, in bytes. Without one: 0 */
  cost?: (message: M) => number;
  /** When it was received, monotonic ms, for `getMaxAge`. Without one: when it was queued */
  recvStamp?: (message: M) => number;
  /**
   * Bytes the message holds of the dispatch throttle. Reads them and sets them to 0, so that a message queued twice gives them back
   * once. By default the property `dispatchThrottleSize`.
   */
  takeThrottleSize?: (message: M) => number;
  /** Stamps a locally delivered message as received now. By default sets `recvStamp` where the message has that property. */
  stampLocal?: (message: M, now: number) => void;
}
