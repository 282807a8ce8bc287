import { CEPH_FEATURES_ALL } from '@cephts/encoding';
import type { EntityAddrVec, EntityName } from '@cephts/encoding';
import { Connection } from './connection.js';
import type { Message } from './message.js';
import { Policy } from './policy.js';
import type { ProtocolHost } from './protocol/protocol-host.js';
import { servedPriority, settlePriority } from './message-priority.js';

const POLICY = new Policy();

/**
 * The connection to oneself. A message goes through ms_local, as it is: sender and receiver hold the same object, nothing is encoded.
 */
export class LoopbackConnection extends Connection {
  readonly #host: ProtocolHost;
  #up = true;

  constructor(host: ProtocolHost) {
    super(0);
    this.#host = host;
  }

  get isConnected(): boolean {
    return this.#up;
  }

  get peerAddrs(): EntityAddrVec {
    return this.#host.myaddrs;
  }

  get peerName(): EntityName {
    return this.#host.myname;
  }

  get peerType(): number {
    return this.#host.myname.type;
  }

  get features(): bigint {
    return CEPH_FEATURES_ALL;
  }

  get policy(): Policy {
    return POLICY;
  }

  get queued(): number {
    return 0;
  }

  sendMessage(m: Message): void {
    if (!this.#up) return;
    settlePriority(m);
    m.src = this.#host.myname;
    m.connection = this;
    this.#host.dispatchQueue.localDelivery(m, servedPriority(m));
  }

  sendKeepalive(): void {
    const now = this.#host.cct.clock.now();
    this.lastKeepalive = this.lastKeepaliveAck = now;
  }

  markDown(): void {
    this.#up = false;
  }

  markDisposable(): void {
    // nothing between it and its peer can break
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }
}
