import { hasFeature } from '@cephts/encoding';
import type { EntityAddr, EntityAddrVec, EntityName } from '@cephts/encoding';
import type { Message } from './message.js';
import type { Policy } from './policy.js';

/**
 * A connection to one peer: what outlives its sockets. {@link Connection.sendMessage} never waits and never throws for the network's
 * sake; what became of it the dispatchers are told.
 *
 * @see src/msg/Connection.h (16.2.15)
 */
export abstract class Connection {
  /** Number within the messenger; the class of its messages in the dispatch queue. */
  readonly connId: number;
  /** Whatever the user keeps with it, as in Ceph: a Session. */
  priv: unknown = undefined;
  /** The global id the peer was authenticated with, 0 before. */
  peerGlobalId = 0;
  /** The name the peer was authenticated with, as in `'client.admin'`; '' before. */
  peerAuthName = '';
  /** What the auth server wants kept with it: caps. */
  peerCapsInfo: unknown = undefined;
  /** When the peer's last keepalive came, and when its last answer to ours was sent by us; wall-clock ms, 0 for never. */
  lastKeepalive = 0;
  lastKeepaliveAck = 0;

  constructor(connId: number) {
    this.connId = connId;
  }

  /**
   * Queues a message; it goes to the wire when I/O has its turn. Dropped on a connection that is down.
   * @throws CephError `ERR_CEPH_INVALID_ARGUMENT` for a priority that is no integer from 0 to 65535
   */
  abstract sendMessage(m: Message): void;
  /** Asks the peer for a sign of life; see {@link lastKeepaliveAck}. */
  abstract sendKeepalive(): void;
  /** Closes it for good and drops what is queued; the dispatchers are not told. */
  abstract markDown(): void;
  /** From now on a fault ends it, as if its policy were lossy. */
  abstract markDisposable(): void;
  /** Is a session up, so that messages go out at once? */
  abstract get isConnected(): boolean;
  abstract get peerAddrs(): EntityAddrVec;
  abstract get peerName(): EntityName;
  /** CEPH_ENTITY_TYPE_… */
  abstract get peerType(): number;
  /** Feature bits both ends have. */
  abstract get features(): bigint;
  abstract get policy(): Policy;
  /** Messages that wait to be written. */
  abstract get queued(): number;
  /** Resolves when fewer than the low-water mark of messages wait to be written, or the connection is down; at once where that is so. */
  abstract drained(): Promise<void>;

  /** Name of the thread that has its socket, as in `'msgr-worker-0'`; '' where the sockets are in this isolate, or there is none. */
  get threadName(): string {
    return '';
  }

  get peerAddr(): EntityAddr {
    return this.peerAddrs.front();
  }

  hasFeature(bit: bigint): boolean {
    return hasFeature(this.features, bit);
  }
}
