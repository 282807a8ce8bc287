import { createHmac } from 'node:crypto';
import { invalidArgument } from '@cephts/common';
import type { TimerHandle } from '@cephts/common';
import { Decoder, Encoder, EntityAddr, EntityName, UTime } from '@cephts/encoding';
import type { AsyncConnection } from '../async-connection.js';
import { AuthConnectionMeta } from '../auth/auth.js';
import { servedPriority } from '../message-priority.js';
import type { Message } from '../message.js';
import type { Wire, WireOwner } from '../net/wire.js';
import { UnknownMessage } from '../unknown-message.js';
import { ClientHandshake } from './client-handshake.js';
import {
  MSGR2_REQUIRED,
  MSGR2_REVISION_1,
  MSGR2_SUPPORTED,
  SIGNATURE_LENGTH,
  decodeBanner,
  decodeHello,
  decodeSeq,
  decodeSignature,
  decodeStamp,
  encodeBanner,
  encodeHello,
  encodeSeq,
  encodeStamp,
} from './control-frames.js';
import { assembleControl } from './frame-writer.js';
import { blankHeader } from './message-header.js';
import type { MessageParts } from './message-parts.js';
import type { ProtocolHost } from './protocol-host.js';
import { ServerHandshake } from './server-handshake.js';
import { Session } from './session.js';
import { FRAME_STATES, State, stateName } from './state.js';
import { Tag, tagName } from './tag.js';

/** Footer flags that Ceph sends with every message: complete, and no checksum beside the frame's own. */
const FOOTER_FLAGS = 3;
const NOTHING = new Uint8Array(0);

/** One for all: a message is encoded and copied into its frame before the next one. */
const encoder = new Encoder(64 * 1024);
const outHeader = blankHeader();

/**
 * msgr2.1 at one end of a connection: the state machine, what is written and read in state READY, and what a fault leads to. The way to
 * READY is in {@link ClientHandshake} and {@link ServerHandshake}.
 *
 * @see src/msg/async/ProtocolV2.cc (16.2.15)
 */
export class ProtocolV2 implements WireOwner {
  readonly con: AsyncConnection;
  readonly host: ProtocolHost;
  readonly session: Session = new Session();
  state: State = State.NONE;
  wire: Wire | undefined = undefined;
  authMeta: AuthConnectionMeta = new AuthConnectionMeta();
  peerName: EntityName = new EntityName();
  /** Messenger features of the peer, from its banner. */
  peerSupported = 0n;
  rev1 = false;
  /** Is a session being taken up again (acceptors)? */
  reconnecting = false;
  /** Feature bits both ends have. */
  features: bigint = 0n;
  #backoff = 0;
  /** The way to READY, while it is gone. */
  #handshake: ClientHandshake | ServerHandshake | undefined;
  /** All bytes of both directions until the authentication is done: they are signed. */
  #transcript: { rx: Uint8Array[]; tx: Uint8Array[] } | undefined;
  #canWrite = false;
  /** What is to be written as soon as the wire takes more: a keepalive, and the answer to the peer's last one. */
  #keepalive = false;
  #keepaliveAck: UTime | undefined;
  #writeQueued = false;
  #handshakeTimer: TimerHandle;
  #idleTimer: TimerHandle;
  #backoffTimer: TimerHandle;
  #lastActive = 0;
  /** Has a fault led to another try at once, and nothing been heard from the peer since? The next try waits. */
  #retried = false;
  /** Throttle units of the message being read. */
  #size = 0;
  #recvStamp = 0;
  #throttleStamp = 0;
  /** Counts sockets, so that what comes late for an old one is told apart. */
  #generation = 0;

  constructor(con: AsyncConnection, host: ProtocolHost) {
    this.con = con;
    this.host = host;
  }

  get isConnected(): boolean {
    return this.#canWrite;
  }

  get isClosed(): boolean {
    return this.state === State.CLOSED;
  }

  /** Connects, now. */
  connect(): void {
    const { con, host } = this;
    this.log(1, 'connect');
    this.#clearTimers();
    this.state = State.START_CONNECT;
    this.#handshake = new ClientHandshake(this);
    this.#transcript = { rx: [], tx: [] };
    this.#generation++;
    this.#armHandshake();
    this.wire = host.stack.connect(con.targetAddr, this);
  }

  /** Takes a socket that was accepted. */
  accept(wire: Wire): void {
    this.log(1, 'accept');
    this.state = State.START_ACCEPT;
    this.#handshake = new ServerHandshake(this);
    this.#transcript = { rx: [], tx: [] };
    this.wire = wire;
    this.#armHandshake();
    this.state = State.BANNER_ACCEPTING;
    this.#sendBanner();
  }

  sendMessage(m: Message): void {
    if (this.state === State.CLOSED) {
      this.log(10, () => `connection closed, dropping ${m.print()}`);
      return;
    }
    this.session.out.push(m);
    if (this.#canWrite || this.state === State.STANDBY) this.queueWrite();
  }

  sendKeepalive(): void {
    if (this.state === State.CLOSED) return;
    this.#keepalive = true;
    this.queueWrite();
  }

  /** Asks the event center for a turn to write. */
  queueWrite(): void {
    if (this.#writeQueued) return;
    this.#writeQueued = true;
    this.host.center.add(this);
  }

  /** The turn to write: everything there is, in one go. */
  writeEvent(): void {
    this.#writeQueued = false;
    const { session, wire, con } = this;
    if (!this.#canWrite || !wire) {
      if (this.state === State.STANDBY && !con.policy.server && session.out.length > 0) {
        if (session.serverCookie !== 0n) session.connectSeq++;
        this.connect();
      }
      return;
    }
    // a peer that does not read gets nothing more, however much it sends
    if (!wire.congested) this.#writeKeepalives(wire);
    this.#writeMessages(wire);
    if (session.ackLeft > 0 && !wire.congested) {
      session.ackLeft = 0;
      wire.control(Tag.ACK, encodeSeq(session.inSeq));
    }
    wire.flush();
    con.queueShrank();
  }

  #writeKeepalives(wire: Wire): void {
    if (this.#keepalive) {
      this.#keepalive = false;
      wire.control(Tag.KEEPALIVE2, encodeStamp(UTime.fromMillis(this.host.cct.clock.now())));
    }
    if (this.#keepaliveAck) {
      wire.control(Tag.KEEPALIVE2_ACK, encodeStamp(this.#keepaliveAck));
      this.#keepaliveAck = undefined;
    }
  }

  #writeMessages(wire: Wire): void {
    const { session, con, host } = this;
    const { out } = session;
    const { lossy } = con.policy;
    while (!wire.congested) {
      const m = out.shift();
      if (!m) break;
      try {
        this.#encode(m);
      } catch (error) {
        host.cct.reportError(error, 'msgr-worker-0');
        continue;
      }
      m.seq = outHeader.seq = ++session.outSeq;
      outHeader.ackSeq = session.inSeq;
      if (!lossy) session.sent.push(m);
      session.ackLeft = 0;
      const front = encoder.view();
      wire.message(outHeader, front, m.middle, m.data);
      host.perf.sent(front.length + m.middle.length + m.data.length);
      if (host.cct.log.shouldGather('ms', 5)) this.log(5, `sending message seq=${m.seq} ${m.print()}`);
    }
  }

  /** Has the message say what it is, while nothing has been written of it: its class is the user's, and may throw. */
  #encode(m: Message): void {
    encoder.reset();
    m.encodePayload(encoder, this.features);
    if (!(m.middle instanceof Uint8Array && m.data instanceof Uint8Array)) {
      throw invalidArgument(`Expected \`middle\` and \`data\` of ${m.typeName} to be bytes`);
    }
    outHeader.tid = m.tid;
    outHeader.type = m.type;
    outHeader.priority = m.priority;
    outHeader.version = m.headVersion;
    outHeader.compatVersion = m.compatVersion;
    outHeader.flags = FOOTER_FLAGS;
  }

  // ---- WireOwner

  onConnected(): void {
    if (this.state !== State.START_CONNECT) return;
    this.session.globalSeq = this.host.getGlobalSeq();
    this.state = State.BANNER_CONNECTING;
    this.#sendBanner();
  }

  onBanner(payload: Uint8Array, raw: Uint8Array): void {
    this.#guard(() => this.#handleBanner(payload, raw));
  }

  onFrame(tag: Tag, payload: Uint8Array, raw: Uint8Array | undefined): void {
    if (!FRAME_STATES[tag].includes(this.state)) {
      this.fault(`frame ${tagName(tag)} in state ${stateName(this.state)}`);
      return;
    }
    if (raw) this.#transcript?.rx.push(raw.slice());
    this.#guard(() => this.#handleFrame(tag, payload));
  }

  admit(size: number): boolean {
    if (this.state !== State.READY) {
      this.fault(`frame MESSAGE in state ${stateName(this.state)}`);
      return false;
    }
    this.#recvStamp = this.wire?.receivedAt ?? this.host.center.now;
    this.#size = size;
    this.state = State.THROTTLE_MESSAGE;
    return this.#throttle(false);
  }

  onMessage(parts: MessageParts, wireLength: number): void {
    const { ackSeq } = parts.header;
    try {
      if (!this.con.policy.lossy) this.session.checkReceived(ackSeq);
      this.#handOver(this.#decode(parts), ackSeq, wireLength);
    } catch (error) {
      // who has the wire, and other connections with it, hears nothing of it
      this.fault(`decode message failed: ${errorText(error)}`);
    }
  }

  onAborted(): void {
    this.#releaseThrottles();
    this.state = State.READY;
  }

  onDrain(): void {
    const { out, ackLeft } = this.session;
    if (out.length > 0 || ackLeft > 0 || this.#keepalive || this.#keepaliveAck) this.queueWrite();
  }

  onFault(reason: string, code: string | undefined): void {
    this.wire = undefined;
    if (code === 'ECONNREFUSED' && this.state === State.START_CONNECT) {
      this.log(1, `connection refused by ${String(this.con.targetAddr)}`);
      this.host.dispatchQueue.queueRefused(this.con);
    }
    this.fault(reason);
  }

  // ---- to READY and from it

  /** Sends a frame of the handshake at once. */
  send(tag: Tag, payload: Uint8Array): void {
    const { wire } = this;
    if (!wire) return;
    if (this.#transcript) {
      const raw = assembleControl(this.rev1, tag, payload);
      this.#transcript.tx.push(raw);
      wire.sendRaw(raw);
    } else {
      wire.control(tag, payload);
      wire.flush();
    }
  }

  /** Sends a frame of the handshake and reads the answer. */
  ask(tag: Tag, payload: Uint8Array): void {
    this.send(tag, payload);
    this.wire?.next();
  }

  /** The authentication is done: what went before is signed, what follows is as agreed. `txSignature` is ours, to send. */
  takeSignatures(): { own: Uint8Array; expected: Uint8Array } {
    const { rx, tx } = this.#transcript ?? { rx: [], tx: [] };
    this.#transcript = undefined;
    const { sessionKey } = this.authMeta;
    return { own: sign(sessionKey, rx), expected: sign(sessionKey, tx) };
  }

  /** The session is up. */
  ready(): void {
    const { con, host, session } = this;
    this.reconnecting = false;
    this.#handshake = undefined;
    this.#clearTimers();
    this.#lastActive = host.cct.clock.monotonicNow();
    this.#armIdle();
    this.#canWrite = true;
    this.state = State.READY;
    this.log(
      1,
      () =>
        `ready entity=${String(this.peerName)} client_cookie=${session.clientCookie.toString(16)} server_cookie=${session.serverCookie.toString(16)} in_seq=${session.inSeq} out_seq=${session.outSeq}`,
    );
    // what the peer had received before is not queued any more
    con.queueShrank();
    if (session.out.length > 0 || this.#keepalive) this.queueWrite();
    this.wire?.stream();
  }

  /** The session is lost at the other end: everything that is queued goes, and the dispatchers are told. */
  resetSession(): void {
    const { host, con } = this;
    this.log(1, 'reset_session');
    // what is discarded gives its throttle units back: the message that waits for them is of the lost session, too
    this.#generation++;
    host.dispatchQueue.discardQueue(con.connId);
    host.dispatchQueue.queueRemoteReset(con);
    this.session.reset();
    this.#canWrite = false;
    con.queueShrank();
  }

  /** Takes over the socket of `from`, which is done with: this connection stays who it is. */
  adopt(from: ProtocolV2): Wire | undefined {
    const { wire } = from;
    from.wire = undefined;
    this.#dropWire();
    this.#releaseThrottles();
    this.#clearTimers();
    this.#generation++;
    this.#canWrite = false;
    this.#transcript = undefined;
    this.authMeta = from.authMeta;
    // a socket that takes over brings its own framing, whether or not the session goes on
    this.peerSupported = from.peerSupported;
    this.rev1 = from.rev1;
    this.wire = wire;
    this.session.requeueSent();
    this.state = State.SESSION_ACCEPTING;
    this.#armHandshake();
    if (wire) wire.owner = this;
    return wire;
  }

  /** Something broke: what follows is up to the policy and the state. */
  fault(reason: string): void {
    const { con, host, session } = this;
    if (this.state === State.CLOSED || this.state === State.NONE) return;
    this.log(con.policy.lossy ? 1 : 0, `fault: ${reason}`);
    const { state } = this;
    const connecting = state >= State.START_CONNECT && state <= State.SESSION_RECONNECTING;
    if (con.policy.lossy && !connecting) {
      this.#end('on lossy channel, failing');
      return;
    }
    this.#canWrite = false;
    session.requeueSent();
    if (session.out.length === 0 && state >= State.START_ACCEPT && state <= State.SESSION_ACCEPTING) {
      this.#end('with nothing to send and in the half accept state, closed');
      return;
    }
    this.#dropWire();
    this.#releaseThrottles();
    this.#clearTimers();
    this.reconnecting = false;
    if (con.policy.standby && session.out.length === 0 && !this.#keepalive && state !== State.WAIT) {
      this.log(1, 'with nothing to send, going to standby');
      this.state = State.STANDBY;
    } else if (con.policy.server) {
      this.log(1, 'server, going to standby, even though there is something queued');
      this.state = State.STANDBY;
    } else if (connecting || state === State.WAIT || state === State.SESSION_ACCEPTING || this.#isFruitless()) {
      this.#connectLater(state);
    } else {
      this.log(1, 'initiating reconnect');
      session.connectSeq++;
      session.globalSeq = host.getGlobalSeq();
      this.#backoff = 0;
      this.#retried = true;
      this.state = State.START_CONNECT;
      this.#backoffTimer = host.cct.clock.setTimeout(() => this.connect(), 0);
    }
  }

  /** Closes for good, without a word to the dispatchers. */
  stop(): void {
    if (this.state === State.CLOSED) return;
    this.log(1, 'stop');
    this.#dropWire();
    this.#releaseThrottles();
    this.#clearTimers();
    this.session.discardOut();
    this.#canWrite = false;
    this.#transcript = undefined;
    this.state = State.CLOSED;
    this.con.stopped();
  }

  log(level: number, message: string | (() => string)): void {
    const { log } = this.host.cct;
    if (!log.shouldGather('ms', level)) return;
    const { con, session } = this;
    const text = typeof message === 'function' ? message() : message;
    log.write(
      'ms',
      level,
      `--2- ${String(this.host.myaddrs)} >> ${String(con.peerAddrs.isEmpty() ? con.targetAddr : con.peerAddrs)} conn(${con.connId} s=${stateName(this.state)} pgs=${session.peerGlobalSeq} cs=${session.connectSeq} l=${con.policy.lossy ? 1 : 0}).${text}`,
    );
  }

  /** Stops and tells the dispatchers of the reset. */
  #end(why: string): void {
    this.log(1, why);
    this.stopAndReset();
  }

  stopAndReset(): void {
    this.stop();
    this.host.dispatchQueue.queueReset(this.con);
  }

  /** Something of the peer's got through: the session works. */
  #heard(now: number): void {
    this.#lastActive = now;
    this.#retried = false;
    this.#backoff = 0;
  }

  /**
   * Has the session come up only to break again, with nothing heard and soon? One of the two ends may not be able to take the message that
   * comes first, each time. Ceph tries again at once, for as long as it runs.
   */
  #isFruitless(): boolean {
    const { cct, options } = this.host;
    return this.#retried && cct.clock.monotonicNow() - this.#lastActive < options.maxBackoff;
  }

  #connectLater(state: State): void {
    const { host, session } = this;
    const { initialBackoff, maxBackoff } = host.options;
    if (state === State.WAIT) this.#backoff = maxBackoff;
    else this.#backoff = this.#backoff === 0 ? initialBackoff : Math.min(this.#backoff * 2, maxBackoff);
    if (session.serverCookie !== 0n) session.connectSeq++;
    session.globalSeq = host.getGlobalSeq();
    this.state = State.START_CONNECT;
    this.log(1, `waiting ${this.#backoff / 1000}`);
    this.#backoffTimer = host.cct.clock.setTimeout(() => this.connect(), this.#backoff);
  }

  #sendBanner(): void {
    const banner = encodeBanner({ supported: MSGR2_SUPPORTED, required: MSGR2_REQUIRED });
    this.#transcript?.tx.push(banner);
    this.wire?.sendRaw(banner);
    this.wire?.next();
  }

  #handleBanner(payload: Uint8Array, raw: Uint8Array): void {
    this.#transcript?.rx.push(raw.slice());
    const { supported, required } = decodeBanner(payload);
    if ((MSGR2_REQUIRED & supported) !== MSGR2_REQUIRED || (MSGR2_SUPPORTED & required) !== required) {
      this.#end(`messenger features do not match: peer supports ${supported.toString(16)} and requires ${required.toString(16)}`);
      return;
    }
    this.peerSupported = supported;
    this.rev1 = (supported & MSGR2_REVISION_1) !== 0n;
    this.wire?.startFrames(this.rev1, this.host.options.maxMessageBytes);
    this.state = this.state === State.BANNER_CONNECTING ? State.HELLO_CONNECTING : State.HELLO_ACCEPTING;
    this.ask(Tag.HELLO, encodeHello({ entityType: this.host.myname.type, peerAddr: this.con.targetAddr }));
  }

  #handleFrame(tag: Tag, payload: Uint8Array): void {
    switch (tag) {
      case Tag.ACK:
        this.#handleAck(decodeSeq(payload, 'ACK'));
        break;
      case Tag.KEEPALIVE2:
        this.#handleKeepalive(payload);
        break;
      case Tag.KEEPALIVE2_ACK:
        this.#heard(this.host.cct.clock.monotonicNow());
        this.con.lastKeepaliveAck = decodeStamp(payload).toMillis();
        break;
      case Tag.HELLO:
        this.#handleHello(payload);
        break;
      case Tag.AUTH_SIGNATURE:
        this.#handleSignature(payload);
        break;
      default:
        this.#handshake?.handleFrame(tag, payload);
    }
  }

  #handleHello(payload: Uint8Array): void {
    const { con, host } = this;
    const { entityType, peerAddr } = decodeHello(payload);
    if (this.state === State.HELLO_ACCEPTING) con.setPeerType(entityType);
    else if (con.peerType !== entityType) {
      this.#end(`connection peer type does not match what peer advertises: ${con.peerType} != ${entityType}`);
      return;
    }
    if (host.myaddrs.isEmpty() || host.myaddrs.front().isBlankIp()) {
      host.learnedAddr(host.options.learnAddrFromPeer ? peerAddr : (this.wire?.local ?? EntityAddr.BLANK));
    }
    if (this.#handshake instanceof ClientHandshake) this.#handshake.start();
    else if (this.state === State.HELLO_ACCEPTING) {
      this.state = State.AUTH_ACCEPTING;
      this.wire?.next();
    }
  }

  #expectedSignature: Uint8Array = NOTHING;

  /** What the peer's signature must be. */
  expectSignature(signature: Uint8Array): void {
    this.#expectedSignature = signature;
  }

  #handleSignature(payload: Uint8Array): void {
    const signature = decodeSignature(payload);
    if (Buffer.compare(signature, this.#expectedSignature) !== 0) {
      this.fault('pre-auth signature mismatch');
      return;
    }
    this.#expectedSignature = NOTHING;
    if (this.#handshake instanceof ClientHandshake) {
      this.#handshake.finishAuth();
      return;
    }
    this.state = State.SESSION_ACCEPTING;
    this.wire?.next();
  }

  #handleAck(seq: number): void {
    const { session, con, host } = this;
    if (!con.policy.lossy) {
      session.checkReceived(seq);
      session.acknowledge(seq);
    }
    this.#heard(host.cct.clock.monotonicNow());
  }

  #handleKeepalive(payload: Uint8Array): void {
    const now = this.host.cct.clock;
    this.#heard(now.monotonicNow());
    this.con.lastKeepalive = now.now();
    // the newest tells the peer all that the others would
    this.#keepaliveAck = decodeStamp(payload);
    this.queueWrite();
  }

  /** Makes the message: the class of it is the user's, and may throw. */
  #decode(parts: MessageParts): Message {
    const { header } = parts;
    const m = this.host.registry.create(header.type) ?? new UnknownMessage(header.type);
    m.seq = header.seq;
    m.tid = header.tid;
    m.priority = header.priority;
    m.src = this.peerName;
    if (parts.middleLength > 0) m.middle = parts.middle;
    if (parts.dataLength > 0) m.data = parts.data;
    m.decodedHeadVersion = header.version;
    m.connection = this.con;
    m.recvStamp = this.#recvStamp;
    m.throttleStamp = this.#throttleStamp;
    m.recvCompleteStamp = this.#throttleStamp;
    m.decodePayload(new Decoder(parts.bytes, m.typeName, parts.frontAt, parts.frontAt + parts.frontLength), header.version);
    return m;
  }

  /** A message is whole: the throttle units that were taken for it are its own from here on. */
  #handOver(m: Message, ackSeq: number, wireLength: number): void {
    const { session, con, host } = this;
    const { dispatchQueue, perf } = host;
    const { policy } = con;
    m.dispatchThrottleSize = this.#size;
    if (policy.throttlerMessages || policy.throttlerBytes) {
      m.holdThrottles(policy.throttlerMessages, policy.throttlerBytes, this.#size);
    }
    this.state = State.READY;
    if (m.seq <= session.inSeq) {
      this.#drop(m);
      this.log(0, () => `got old message ${m.seq} <= ${session.inSeq} ${m.print()}, discarding`);
      return;
    }
    if (m.seq > session.inSeq + 1) this.log(0, `missed message?  skipped from seq ${session.inSeq} to ${m.seq}`);
    const isFast = host.isFast() && this.#isFast(m);
    if (!isFast) this.#enqueue(m);
    session.inSeq = m.seq;
    this.#heard(this.#recvStamp);
    if (!policy.lossy) {
      session.ackLeft++;
      this.queueWrite();
      session.acknowledge(ackSeq);
    }
    perf.received(wireLength);
    if (isFast) dispatchQueue.fastDispatch(m);
  }

  #isFast(m: Message): boolean {
    const { dispatchQueue } = this.host;
    dispatchQueue.fastPreprocess(m);
    return dispatchQueue.canFastDispatch(m);
  }

  /** What is not queued, as the message says what it costs by throwing, was not received. */
  #enqueue(m: Message): void {
    try {
      this.host.dispatchQueue.enqueue(m, servedPriority(m), this.con.connId);
    } catch (error) {
      this.#drop(m);
      throw error;
    }
  }

  #drop(m: Message): void {
    const size = m.dispatchThrottleSize;
    m.dispatchThrottleSize = 0;
    this.host.dispatchQueue.dispatchThrottleRelease(size);
    m.put();
  }

  /** Takes what the throttles ask for, in Ceph's order. True when all is got at once. */
  #throttle(waited: boolean): boolean {
    const { policy } = this.con;
    if (this.state === State.THROTTLE_MESSAGE) {
      if (policy.throttlerMessages && !this.#get(policy.throttlerMessages, 1, State.THROTTLE_BYTES)) return false;
      this.state = State.THROTTLE_BYTES;
    }
    if (this.state === State.THROTTLE_BYTES) {
      if (policy.throttlerBytes && this.#size > 0 && !this.#get(policy.throttlerBytes, this.#size, State.THROTTLE_DISPATCH_QUEUE))
        return false;
      this.state = State.THROTTLE_DISPATCH_QUEUE;
    }
    if (this.state === State.THROTTLE_DISPATCH_QUEUE) {
      const { dispatchThrottler } = this.host.dispatchQueue;
      if (dispatchThrottler && this.#size > 0 && !this.#get(dispatchThrottler, this.#size, State.THROTTLE_DONE)) return false;
      this.state = State.THROTTLE_DONE;
    }
    this.#throttleStamp = waited ? this.host.cct.clock.monotonicNow() : this.#recvStamp;
    return true;
  }

  /** Takes `amount` at once, or goes on in state `next` when it is got. */
  #get(
    throttle: { getOrFail(n: number): boolean; get(n: number, done: (r: number) => void): boolean; put(n: number): number },
    amount: number,
    next: State,
  ): boolean {
    if (throttle.getOrFail(amount)) return true;
    const generation = this.#generation;
    this.log(10, `${stateName(this.state)}: wants ${amount}, waits`);
    throttle.get(amount, (r) => {
      if (r < 0) return;
      if (generation !== this.#generation || this.state === State.CLOSED) {
        throttle.put(amount);
        return;
      }
      this.state = next;
      if (this.#throttle(true)) this.wire?.next();
    });
    return false;
  }

  /** Gives back what was taken for a message that was not read to its end. */
  #releaseThrottles(): void {
    const { state } = this;
    const { policy } = this.con;
    // who still waits finds the generation changed
    this.#generation++;
    if (state > State.THROTTLE_MESSAGE && state <= State.THROTTLE_DONE) policy.throttlerMessages?.put(1);
    if (state > State.THROTTLE_BYTES && state <= State.THROTTLE_DONE && this.#size > 0) policy.throttlerBytes?.put(this.#size);
    if (state === State.THROTTLE_DONE) this.host.dispatchQueue.dispatchThrottleRelease(this.#size);
  }

  #dropWire(): void {
    const { wire } = this;
    this.wire = undefined;
    this.#keepaliveAck = undefined;
    wire?.destroy();
  }

  #armHandshake(): void {
    const { clock } = this.host.cct;
    const { readyTimeout } = this.host.options;
    if (readyTimeout === 0) return;
    this.#handshakeTimer = clock.setTimeout(() => {
      this.#handshakeTimer = undefined;
      this.fault(`no progress in ${readyTimeout / 1000} s during ${stateName(this.state)}`);
    }, readyTimeout);
  }

  #armIdle(): void {
    const { clock } = this.host.cct;
    const { idleTimeout } = this.host.options;
    if (idleTimeout === 0) return;
    const left = this.#lastActive + idleTimeout - clock.monotonicNow();
    this.#idleTimer = clock.setTimeout(() => {
      this.#idleTimer = undefined;
      if (clock.monotonicNow() - this.#lastActive >= idleTimeout) this.fault(`idle for more than ${idleTimeout / 1000} s`);
      else this.#armIdle();
    }, left);
    clock.unref(this.#idleTimer);
  }

  #clearTimers(): void {
    const { clock } = this.host.cct;
    clock.clearTimeout(this.#handshakeTimer);
    clock.clearTimeout(this.#idleTimer);
    clock.clearTimeout(this.#backoffTimer);
    this.#handshakeTimer = this.#idleTimer = this.#backoffTimer = undefined;
  }

  /** What the peer sent may be anything: an error is a fault. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.fault(errorText(error));
    }
  }
}

function sign(key: Uint8Array, transcript: readonly Uint8Array[]): Uint8Array {
  if (key.length === 0) return new Uint8Array(SIGNATURE_LENGTH);
  const hmac = createHmac('sha256', key);
  for (const bytes of transcript) hmac.update(bytes);
  return new Uint8Array(hmac.digest());
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
