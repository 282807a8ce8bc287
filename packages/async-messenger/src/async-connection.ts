import { EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { EntityName } from '@cephts/encoding';
import { Connection } from './connection.js';
import type { Message } from './message.js';
import type { Wire } from './net/wire.js';
import type { Policy } from './policy.js';
import type { ProtocolHost } from './protocol/protocol-host.js';
import { ProtocolV2 } from './protocol/protocol-v2.js';
import { settlePriority } from './message-priority.js';

/** Nobody waits: one for all connections, as thousands may be idle. */
const NONE: (() => void)[] = [];

/**
 * At which of its addresses a peer is connected to: the first msgr2 one of the family, IPv4 or IPv6, of one of `own`; where there is none
 * the first msgr2 one. Ceph takes the first, though there may be no way to its family.
 */
export function targetOf(addrs: EntityAddrVec, own: readonly EntityAddr[]): EntityAddr {
  const near = addrs.addrs.find((addr) => addr.isMsgr2() && own.some(({ family }) => family === addr.family));
  return near ?? (addrs.hasMsgr2() ? addrs.msgr2Addr() : addrs.front());
}

/**
 * A connection over the network: who the peer is and how it is treated; the rest is its protocol's.
 *
 * @see src/msg/async/AsyncConnection.cc (16.2.15)
 */
export class AsyncConnection extends Connection {
  readonly protocol: ProtocolV2;
  /** Is it kept out of the table of connections? */
  readonly anon: boolean;
  /** Its key in the table of connections, once it is there. */
  registeredAs: string | undefined = undefined;
  /** Where to connect to; for an acceptor, where the peer's socket is until it says who it is. */
  targetAddr: EntityAddr = EntityAddr.BLANK;
  readonly #host: ProtocolHost;
  #peerAddrs: EntityAddrVec = EntityAddrVec.EMPTY;
  #peerType = -1;
  #policy: Policy;
  #drainWaiters: (() => void)[] = NONE;

  constructor(host: ProtocolHost, peerType: number, policy: Policy, anon = false) {
    super(host.dispatchQueue.getId());
    this.#host = host;
    this.#peerType = peerType;
    this.#policy = policy;
    this.anon = anon;
    this.protocol = new ProtocolV2(this, host);
    host.perf.created();
  }

  get isConnected(): boolean {
    return this.protocol.isConnected;
  }

  get peerAddrs(): EntityAddrVec {
    return this.#peerAddrs;
  }

  get peerName(): EntityName {
    return this.protocol.peerName;
  }

  get peerType(): number {
    return this.#peerType;
  }

  get features(): bigint {
    return this.protocol.features;
  }

  get policy(): Policy {
    return this.#policy;
  }

  override get threadName(): string {
    return this.protocol.wire?.thread ?? '';
  }

  get queued(): number {
    return this.protocol.session.out.length;
  }

  /** Begins to connect to one of the addresses, see {@link targetOf}. */
  connect(addrs: EntityAddrVec, target: EntityAddr): void {
    this.#peerAddrs = addrs;
    this.targetAddr = target;
    this.protocol.connect();
  }

  /** Takes a socket that was accepted. */
  accept(wire: Wire): void {
    this.targetAddr = wire.peer;
    this.protocol.accept(wire);
  }

  sendMessage(m: Message): void {
    settlePriority(m);
    m.seq = 0;
    m.src = this.#host.myname;
    this.protocol.sendMessage(m);
  }

  sendKeepalive(): void {
    this.protocol.sendKeepalive();
  }

  markDown(): void {
    this.protocol.stop();
  }

  markDisposable(): void {
    this.setLossy(true);
  }

  drained(): Promise<void> {
    if (this.protocol.isClosed || this.queued < this.#host.options.sendHighWater) return Promise.resolve();
    if (this.#drainWaiters === NONE) this.#drainWaiters = [];
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  // ---- for the protocol

  /** An acceptor learns of what type its peer is, and so how to treat it. */
  setPeerType(type: number): void {
    this.#peerType = type;
    this.#policy = this.#host.getPolicy(type);
  }

  setPeerAddrs(addrs: EntityAddrVec): void {
    // decoded ones come in an array with room for more
    this.#peerAddrs = new EntityAddrVec(addrs.addrs.slice());
  }

  setLossy(lossy: boolean): void {
    this.#policy = this.#policy.withLossy(lossy);
  }

  /** An acceptor learns where its peer may be found: by the family that the peer's socket is of. */
  inferTargetAddr(addrs: EntityAddrVec): void {
    this.targetAddr = targetOf(addrs, [this.targetAddr]);
  }

  /** Fewer messages wait to be written. */
  queueShrank(): void {
    if (this.#drainWaiters.length > 0 && this.queued <= this.#host.options.sendLowWater) this.#tellDrained();
  }

  /** The protocol has closed. */
  stopped(): void {
    const host = this.#host;
    host.dispatchQueue.discardQueue(this.connId);
    host.perf.closed();
    host.unregisterConn(this);
    this.#tellDrained();
  }

  #tellDrained(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = NONE;
    for (const resolve of waiters) resolve();
  }
}
