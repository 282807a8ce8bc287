import type { EntityAddr } from '@cephts/encoding';
import type { Wire, WireOwner } from './wire.js';

/** A place where a stack listens. */
export interface Listener {
  /** With the port that was taken. */
  readonly addr: EntityAddr;
  close(): Promise<void>;
}

/**
 * Where wires come from. One suite of tests runs on all implementations: posix inline, posix in msgr-worker threads, simulated.
 *
 * @see src/msg/async/Stack.h (16.2.15)
 */
export interface NetworkStack {
  readonly name: 'posix' | 'workers' | 'simulated';
  /** Starts a connection; the owner is told how it went. */
  connect(addr: EntityAddr, owner: WireOwner): Wire;
  /**
   * Listens at one address and port (0: any). `accept` gives the owner of a new wire, or undefined to close it.
   *
   * @throws CephError `ERR_CEPH_EADDRINUSE` and the like
   */
  listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<Listener>;
  /** Another user of the stack. */
  retain(): void;
  /** One user less; the last one ends threads. */
  release(): Promise<void>;
}
