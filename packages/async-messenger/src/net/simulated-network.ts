import { CephError, Fifo } from '@cephts/common';
import type { Clock, RandomSource } from '@cephts/common';
import { EntityAddr } from '@cephts/encoding';
import type { ByteSocket, ByteSocketOwner } from './byte-socket.js';
import { FramedWire } from './framed-wire.js';
import type { Listener, NetworkStack } from './network-stack.js';
import { NOBODY } from './posix-stack.js';
import type { Wire, WireOwner } from './wire.js';

/** What a {@link SimulatedNetwork} does to its sockets; times in ms, probabilities from 0 to 1. May be changed at any time. */
export interface SimulatedFaults {
  /** Longest delay of a piece of data, and of a connection. @defaultValue 1 */
  maxDelay: number;
  /** That a write is cut into pieces that arrive one by one. @defaultValue 0 */
  split: number;
  /** That a write breaks the connection, some of it arriving or none. @defaultValue 0 */
  cut: number;
  /** That a connection is refused. @defaultValue 0 */
  refuse: number;
  /** That a write stalls for {@link stallTime} before it arrives. @defaultValue 0 */
  stall: number;
  /** @defaultValue 3000 */
  stallTime: number;
}

type Accept = (socket: SimulatedSocket) => void;

/**
 * A network in memory and in the time of a clock: hosts with addresses, sockets that delay, split, stall, break and refuse as a source of
 * randomness says. With a VirtualClock and a seed, one seed gives one history.
 */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly faults: SimulatedFaults = { maxDelay: 1, split: 0, cut: 0, refuse: 0, stall: 0, stallTime: 3000 };
  readonly #doors = new Map<string, Accept>();
  readonly #sockets = new Set<SimulatedSocket>();
  /** Hosts that cannot reach each other, as pairs. */
  readonly #partitions = new Set<string>();
  #nextPort = 40_000;

  constructor(clock: Clock, random: RandomSource) {
    this.clock = clock;
    this.random = random;
  }

  /** The network as a host of that address sees it. */
  stack(ip: string): NetworkStack {
    return new SimulatedStack(this, ip);
  }

  /** Sockets that are open. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Breaks every connection between two hosts and lets none through until {@link heal}. */
  partition(a: string, b: string): void {
    this.#partitions.add(pairKey(a, b));
    for (const socket of [...this.#sockets])
      if (this.#isParted(socket.local.ip, socket.peer.ip)) socket.break('network is unreachable');
  }

  heal(a: string, b: string): void {
    this.#partitions.delete(pairKey(a, b));
  }

  /** Breaks every connection there is. */
  cutAll(): void {
    for (const socket of [...this.#sockets]) socket.break('connection reset by peer');
  }

  /** @internal */
  listen(addr: EntityAddr, accept: Accept): EntityAddr {
    const bound = addr.port === 0 ? addr.withPort(this.#nextPort++) : addr;
    const key = doorKey(bound);
    if (this.#doors.has(key)) throw new CephError('ERR_CEPH_EADDRINUSE', `${key} is taken`, { errno: 98 });
    this.#doors.set(key, accept);
    return bound;
  }

  /** @internal */
  unlisten(addr: EntityAddr): void {
    this.#doors.delete(doorKey(addr));
  }

  /** A connection from a host to an address. */
  connect(ip: string, to: EntityAddr): ByteSocket {
    const from = EntityAddr.of(EntityAddr.TYPE_MSGR2, ip, this.#nextPort++);
    const near = new SimulatedSocket(this, from, to);
    this.#sockets.add(near);
    const refused = this.chance(this.faults.refuse);
    this.clock.setTimeout(() => {
      if (near.closed) return;
      const accept = this.#doors.get(doorKey(to));
      if (refused || !accept || this.#isParted(ip, to.ip)) {
        near.close('connection refused', 'ECONNREFUSED');
        return;
      }
      const far = new SimulatedSocket(this, to, from);
      this.#sockets.add(far);
      near.other = far;
      far.other = near;
      accept(far);
      near.owner.onConnected();
    }, this.delay());
    return near;
  }

  /** @internal */
  closed(socket: SimulatedSocket): void {
    this.#sockets.delete(socket);
  }

  /** @internal */
  chance(probability: number): boolean {
    return probability > 0 && this.random.next() < probability;
  }

  /** @internal */
  delay(): number {
    return this.random.next() * this.faults.maxDelay;
  }

  #isParted(a: string, b: string): boolean {
    return this.#partitions.has(pairKey(a, b));
  }
}

function doorKey(addr: EntityAddr): string {
  return `${addr.ip}:${addr.port}`;
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** One end of a connection. */
class SimulatedSocket implements ByteSocket {
  owner!: ByteSocketOwner;
  readonly local: EntityAddr;
  readonly peer: EntityAddr;
  other: SimulatedSocket | undefined;
  closed = false;
  pending = 0;
  readonly #net: SimulatedNetwork;
  /** When what was written last arrives: nothing overtakes. */
  #arrival = 0;
  /** What arrives, in order, a timer each. A real clock rounds, so the timers may fire in another order: each lets the first one arrive. */
  readonly #underWay = new Fifo<() => void>();
  #paused = false;
  readonly #unread = new Fifo<Uint8Array>();

  constructor(net: SimulatedNetwork, local: EntityAddr, peer: EntityAddr) {
    this.#net = net;
    this.local = local;
    this.peer = peer;
  }

  write(pieces: readonly Uint8Array[]): boolean {
    // a copy of them
    if (!this.closed) this.#write(new Uint8Array(Buffer.concat(pieces)));
    return true;
  }

  #write(bytes: Uint8Array): void {
    const { faults, random } = this.#net;
    if (this.#net.chance(faults.cut)) {
      this.#send(bytes.subarray(0, Math.floor(random.next() * (bytes.length + 1))));
      this.#later(() => this.break('connection reset by peer'));
      return;
    }
    if (!this.#net.chance(faults.split)) {
      this.#send(bytes);
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const count = 1 + Math.floor(random.next() * Math.min(64, bytes.length - at));
      this.#send(bytes.subarray(at, at + count));
      at += count;
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#net.clock.defer(() => this.#readOn());
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.#net.closed(this);
    const { other } = this;
    this.#later(() => other?.close('peer closed the connection', undefined));
  }

  /** Both ends hear of it, what is on its way is lost. */
  break(reason: string): void {
    const { other } = this;
    this.close(reason, 'ECONNRESET');
    other?.close(reason, 'ECONNRESET');
  }

  close(reason: string, code: string | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#net.closed(this);
    this.owner.onClose(reason, code);
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pending += bytes.length;
    this.#later(() => {
      const before = this.pending;
      this.pending -= bytes.length;
      const { other } = this;
      if (other) other.#read(bytes);
      if (!this.closed && before > 0 && this.pending === 0) this.owner.onDrain();
    });
  }

  #later(action: () => void): void {
    const { clock, faults } = this.#net;
    const now = clock.monotonicNow();
    const stall = this.#net.chance(faults.stall) ? faults.stallTime : 0;
    this.#arrival = Math.max(this.#arrival, now + this.#net.delay() + stall);
    this.#underWay.push(action);
    clock.setTimeout(() => this.#underWay.shift()!(), this.#arrival - now);
  }

  #read(chunk: Uint8Array): void {
    if (this.#paused || this.#unread.length > 0) this.#unread.push(chunk);
    else if (!this.closed) this.owner.onData(chunk, chunk.length, false);
  }

  /** What came while it was paused goes first. */
  #readOn(): void {
    while (!this.#paused && !this.closed) {
      const chunk = this.#unread.shift();
      if (!chunk) break;
      this.owner.onData(chunk, chunk.length, false);
    }
  }
}

class SimulatedStack implements NetworkStack {
  readonly name = 'simulated';
  readonly #net: SimulatedNetwork;
  readonly #ip: string;

  constructor(net: SimulatedNetwork, ip: string) {
    this.#net = net;
    this.#ip = ip;
  }

  connect(addr: EntityAddr, owner: WireOwner): Wire {
    return new FramedWire(this.#net.connect(this.#ip, addr), owner);
  }

  listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<Listener> {
    const bound = this.#net.listen(addr, (socket) => {
      const wire = new FramedWire(socket, NOBODY);
      const owner = accept(wire);
      if (owner) wire.owner = owner;
      else wire.destroy();
    });
    return Promise.resolve({
      addr: bound,
      close: () => {
        this.#net.unlisten(bound);
        return Promise.resolve();
      },
    });
  }

  retain(): void {
    // nothing to keep alive
  }

  async release(): Promise<void> {
    // nothing to end
  }
}
