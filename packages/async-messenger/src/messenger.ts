import { AbortedError, CephError, Throttle, invalidArgument } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { DispatchQueue } from '@cephts/dispatch-queue';
import { AuthEntityName, CEPH_ENTITY_TYPE_MON, EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { EntityName } from '@cephts/encoding';
import { AsyncConnection, targetOf } from './async-connection.js';
import { AuthNone } from './auth/auth-none.js';
import type { AuthClient, AuthServer } from './auth/auth.js';
import { bindAddrs } from './bind-addrs.js';
import type { Connection } from './connection.js';
import type { Dispatcher } from './dispatcher.js';
import { DispatcherChain } from './dispatcher-chain.js';
import { LoopbackConnection } from './loopback-connection.js';
import type { Message } from './message.js';
import { MessengerPerf } from './messenger-perf.js';
import { EventCenter } from './net/event-center.js';
import type { Listener, NetworkStack } from './net/network-stack.js';
import { stackFor } from './net/stacks.js';
import type { Wire, WireOwner } from './net/wire.js';
import { resolveOptions } from './options.js';
import type { MessengerInit, MessengerOptions } from './options.js';
import { Policy } from './policy.js';
import type { ProtocolHost } from './protocol/protocol-host.js';

/** Options of {@link Messenger.connectTo}. */
export interface ConnectOptions {
  /**
   * A connection of its own, found by nobody else, of which there may be several to one peer. Its policy must be lossy, and the peer's, too:
   * a peer finds sessions by the address of this messenger, so that one would take the other's.
   *
   * @defaultValue false
   */
  anon?: boolean;
}

/**
 * One end of a network of ordered, typed messages: Ceph's AsyncMessenger, speaking msgr2.1.
 *
 * Connections with a lossless policy deliver each message exactly once and in order for as long as both ends live, whatever happens to
 * their sockets; lossy ones tell of their end.
 *
 * @see src/msg/Messenger.h, src/msg/async/AsyncMessenger.cc (16.2.15)
 *
 * @example
 * ```ts
 * const server = new Messenger(cct, { name: EntityName.mds(0), logicalName: 'mds', registry });
 * server.setDefaultPolicy(Policy.statefulServer());
 * const addrs = await server.bindv(EntityAddrVec.parse('v2:127.0.0.1:0/0')!);
 * server.start();
 * server.addDispatcherTail({ msDispatch: (m) => (m.connection?.sendMessage(new Reply()), true) });
 *
 * const con = client.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
 * con.sendMessage(new Request());
 * ```
 */
export class Messenger {
  readonly dispatchQueue: DispatchQueue<Message, Connection>;
  /** The connection to oneself. */
  readonly loopbackConnection: Connection;
  readonly #cct: CephContext;
  readonly #options: MessengerOptions;
  readonly #stack: NetworkStack;
  readonly #center: EventCenter;
  readonly #perf: MessengerPerf;
  readonly #chain: DispatcherChain;
  readonly #nonce: number;
  /** Who this end is and what lets it in are kept there, for all to read. */
  readonly #host: { -readonly [K in keyof ProtocolHost]: ProtocolHost[K] };
  readonly #policies = new Map<number, Policy>();
  /** By the text of their peer's addresses. */
  readonly #conns = new Map<string, AsyncConnection>();
  /** All that are not closed: registered, anonymous, and accepted ones that have not said who they are. */
  readonly #live = new Set<AsyncConnection>();
  #defaultPolicy = Policy.losslessClient();
  /** Under way or done; undefined where there is none that has not failed. */
  #binding: Promise<Listener[]> | undefined;
  readonly #closing = new AbortController();
  #globalSeq = 0;
  #started = false;
  #stopped = false;
  #stopping: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  /** @throws CephError `ERR_CEPH_INVALID_OPTION` */
  constructor(cct: CephContext, init: MessengerInit) {
    this.#options = resolveOptions(cct, init);
    const { conf } = cct;
    this.#cct = cct;
    this.#nonce = init.nonce ?? (init.name.type === CEPH_ENTITY_TYPE_MON ? 0 : cct.random.u32() || 1);
    this.#chain = new DispatcherChain(cct);
    this.dispatchQueue = new DispatchQueue<Message, Connection>(cct, this.#chain, {
      name: init.logicalName,
      dispatchThrottler: new Throttle(
        cct,
        `msgr_dispatch_throttler-${init.logicalName}`,
        conf.number('ms_dispatch_throttle_bytes'),
      ),
      maxTokensPerPriority: conf.number('ms_pq_max_tokens_per_priority'),
      minCost: conf.number('ms_pq_min_cost'),
    });
    this.#perf = new MessengerPerf(cct);
    this.#center = new EventCenter(cct);
    this.#stack = stackFor(cct, init.stack, this.#center);
    this.#stack.retain();
    this.#center.start(this.#stack.name);
    this.#host = this.#makeHost(init);
    this.loopbackConnection = new LoopbackConnection(this.#host);
  }

  get cct(): CephContext {
    return this.#cct;
  }

  get myname(): EntityName {
    return this.#host.myname;
  }

  get myaddrs(): EntityAddrVec {
    return this.#host.myaddrs;
  }

  get nonce(): number {
    return this.#nonce;
  }

  /** The network stack it works on. */
  get stack(): NetworkStack {
    return this.#stack;
  }

  /** Connections that are not closed. */
  get connectionCount(): number {
    return this.#live.size;
  }

  /** Who this end says it is, from the next handshake on. */
  setMyname(name: EntityName): void {
    this.#host.myname = name;
  }

  /** What lets this end in, from the next handshake on. */
  setAuthClient(client: AuthClient): void {
    this.#host.authClient = client;
  }

  /** What lets others in, from the next handshake on. */
  setAuthServer(server: AuthServer): void {
    this.#host.authServer = server;
  }

  setDefaultPolicy(policy: Policy): void {
    this.#defaultPolicy = policy;
  }

  /** The policy for peers of one type. */
  setPolicy(entityType: number, policy: Policy): void {
    this.#policies.set(entityType, policy);
  }

  getPolicy(entityType: number): Policy {
    return this.#policies.get(entityType) ?? this.#defaultPolicy;
  }

  /**
   * Listens at each msgr2 address; port 0 takes a free one of `ms_bind_port_min` to `ms_bind_port_max`.
   *
   * @returns the addresses with their ports and the messenger's nonce
   * @throws CephError `ERR_CEPH_EADDRINUSE` and the like, after which another call may follow; `ERR_CEPH_ABORTED` when the messenger is shut
   * down meanwhile; `ERR_CEPH_STATE` when bound already; `ERR_CEPH_INVALID_ARGUMENT` where there is no msgr2 address to listen at
   */
  async bindv(addrs: EntityAddrVec): Promise<EntityAddrVec> {
    if (this.#binding || this.#stopped) throw new CephError('ERR_CEPH_STATE', 'a messenger binds once, before its shutdown');
    if (!addrs.addrs.some((addr) => addr.isIp() && !addr.isLegacy()))
      throw invalidArgument(`there is no msgr2 address in '${String(addrs)}'`);
    const { signal } = this.#closing;
    const accept = (wire: Wire): WireOwner | undefined => this.#accept(wire);
    const binding = bindAddrs({ cct: this.#cct, stack: this.#stack, accept, signal }, addrs);
    this.#binding = binding;
    try {
      const listeners = await binding;
      signal.throwIfAborted();
      this.#host.myaddrs = new EntityAddrVec(listeners.map(({ addr }) => addr.withNonce(this.#nonce)));
    } catch (error) {
      this.#binding = undefined;
      throw error;
    }
    return this.#host.myaddrs;
  }

  /** From now on connections are accepted. */
  start(): void {
    this.#started = true;
  }

  addDispatcherHead(dispatcher: Dispatcher): void {
    if (this.#chain.add(dispatcher, 'head')) this.ready();
  }

  addDispatcherTail(dispatcher: Dispatcher): void {
    if (this.#chain.add(dispatcher, 'tail')) this.ready();
  }

  /** Starts the dispatch queue; the first dispatcher does. */
  ready(): void {
    if (!this.dispatchQueue.started && !this.#stopped) this.dispatchQueue.start();
  }

  /**
   * The connection to a peer: the one there is, or a new one that begins to connect. One's own addresses give the loopback one. Of several
   * msgr2 addresses the first one is taken that is of the family, IPv4 or IPv6, of an own one, bound or learned, else the first one.
   *
   * @throws CephError `ERR_CEPH_INVALID_ARGUMENT` for addresses that nobody can be at: none, a blank one, port 0; for an anonymous connection whose
   * policy is not lossy
   */
  connectTo(entityType: number, addrs: EntityAddrVec, { anon = false }: ConnectOptions = {}): Connection {
    if (!anon && this.#host.myaddrs.length > 0 && this.#host.myaddrs.equals(addrs)) return this.loopbackConnection;
    const existing = anon ? undefined : this.#conns.get(String(addrs));
    if (existing) return existing;
    const target = targetOf(addrs, this.#host.myaddrs.addrs);
    if (target.isBlankIp() || target.port === 0) throw invalidArgument(`there is nobody to connect to at '${String(addrs)}'`);
    const policy = this.getPolicy(entityType);
    if (anon && !policy.lossy) {
      throw invalidArgument(
        'an anonymous connection needs a lossy policy: another one of this messenger would take its session at the peer',
      );
    }
    const con = new AsyncConnection(this.#host, entityType, policy, anon);
    if (this.#stopped) {
      con.markDown();
      return con;
    }
    this.#live.add(con);
    if (!anon) this.#register(con, String(addrs));
    con.connect(addrs, target);
    return con;
  }

  sendTo(m: Message, entityType: number, addrs: EntityAddrVec): void {
    this.connectTo(entityType, addrs).sendMessage(m);
  }

  /** Closes a connection for good; the dispatchers are not told. */
  markDown(con: Connection): void {
    con.markDown();
  }

  /** Closes the connection to these addresses, if there is one; the dispatchers are told of its reset. */
  markDownAddrs(addrs: EntityAddrVec): void {
    this.#conns.get(String(addrs))?.protocol.stopAndReset();
  }

  /** Closes every connection, with a reset; the messenger goes on. */
  markDownAll(): void {
    for (const con of [...this.#live]) con.protocol.stopAndReset();
  }

  /** Stops listening and closes every connection. What was received and not dispatched is discarded by {@link wait}. */
  shutdown(): Promise<void> {
    this.#stopping ??= this.#shutdown();
    return this.#stopping;
  }

  /** Resolves after the shutdown, when the dispatch queue's threads have ended. */
  async wait(): Promise<void> {
    if (!this.#stopped) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    await this.#stopping;
    this.dispatchQueue.shutdown();
    await this.dispatchQueue.wait();
  }

  /** Shutdown and wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
    await this.wait();
  }

  async #shutdown(): Promise<void> {
    this.#stopped = true;
    // real threads do not hold the process open, but who awaits their end must see it
    const hold = setInterval(() => undefined, 60_000);
    try {
      await this.#close();
    } finally {
      clearInterval(hold);
    }
  }

  async #close(): Promise<void> {
    this.#closing.abort(new AbortedError('the messenger is shut down'));
    const closed = this.#closeDoors();
    this.markDownAll();
    this.loopbackConnection.markDown();
    this.#center.stop();
    this.#perf.remove();
    await closed;
    await this.#stack.release();
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** A bind that is under way ends first: nobody listens when the stack is released. */
  async #closeDoors(): Promise<void> {
    const listeners = (await this.#binding?.catch(() => [])) ?? [];
    await Promise.all(listeners.map((listener) => listener.close()));
  }

  #accept(wire: Wire): WireOwner | undefined {
    if (this.#stopped || !this.#started) return undefined;
    const con = new AsyncConnection(this.#host, -1, this.#defaultPolicy);
    this.#live.add(con);
    con.accept(wire);
    return con.protocol;
  }

  #register(con: AsyncConnection, key: string): void {
    con.registeredAs = key;
    this.#conns.set(key, con);
  }

  #acceptConn(con: AsyncConnection): boolean {
    if (con.anon) return true;
    const { policy } = con;
    if (policy.server && policy.lossy && !policy.registerLossyClients) return true;
    const key = String(con.peerAddrs);
    const other = this.#conns.get(key);
    if (other && other !== con && !other.protocol.isClosed) return false;
    this.#register(con, key);
    return true;
  }

  #unregister(con: AsyncConnection): void {
    this.#live.delete(con);
    const key = con.registeredAs;
    if (key !== undefined && this.#conns.get(key) === con) this.#conns.delete(key);
  }

  #learnedAddr(addr: EntityAddr): void {
    if (!addr.isIp()) return;
    if (this.#host.myaddrs.isEmpty()) {
      this.#host.myaddrs = new EntityAddrVec([addr.withType(EntityAddr.TYPE_ANY).withNonce(this.#nonce).withPort(0)]);
    } else {
      const known = this.#host.myaddrs.addrs.map((one) =>
        one.isBlankIp() && one.family === addr.family ? one.withIp(addr.ip) : one,
      );
      this.#host.myaddrs = new EntityAddrVec(known);
    }
    this.#cct.dout('ms', 1, () => `learned my addr ${String(this.#host.myaddrs)}`);
  }

  /** Nothing but values: an object whose literal has getters is a dictionary to V8, slow in every property. */
  #makeHost(init: MessengerInit): ProtocolHost {
    const chain = this.#chain;
    const none = new AuthNone({
      name: () => AuthEntityName.parse(this.#cct.name) ?? new AuthEntityName(this.myname.type, String(this.myname.num)),
      globalId: () => Math.max(0, this.myname.num),
    });
    return {
      cct: this.#cct,
      options: this.#options,
      perf: this.#perf,
      registry: init.registry,
      stack: this.#stack,
      center: this.#center,
      dispatchQueue: this.dispatchQueue,
      authClient: init.authClient ?? none,
      authServer: init.authServer ?? none,
      myname: init.name,
      myaddrs: EntityAddrVec.EMPTY,
      getGlobalSeq: (after = 0) => (this.#globalSeq = Math.max(this.#globalSeq, after) + 1),
      getPolicy: (type) => this.getPolicy(type),
      learnedAddr: (addr) => this.#learnedAddr(addr),
      lookupConn: (addrs) => this.#conns.get(String(addrs)),
      acceptConn: (con) => this.#acceptConn(con),
      unregisterConn: (con) => this.#unregister(con),
      isFast: () => chain.isFast,
      fastConnect: (con) => chain.fastConnect(con),
      fastAccept: (con) => chain.fastAccept(con),
      handleAuthentication: (con) => chain.handleAuthentication(con),
    };
  }
}
