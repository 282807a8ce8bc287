// One process of a simulation: it lives several times, with a messenger each, has one peer, and checks what it is told.
import { Line } from './line.mjs';
import { restore, save } from './saved-session.mjs';

const NOT_A_MESSAGE = new Uint8Array(0);
/** What both ends know in secure mode. */
const AGREED = { sessionKey: new Uint8Array(16).fill(1), connectionSecret: Uint8Array.from({ length: 40 }, (_, i) => i * 7) };

export class Process {
  /** How often it was started. */
  lives = 0;
  /** Has it begun anew with nothing, or dropped a session of its own accord? */
  forgot = false;
  messenger = undefined;
  /** What it talks to its peer by. */
  con = undefined;
  /** Does it dispatch on the stack of the event center? */
  fast = false;
  /** The last number that came, by stream. */
  received = new Map();
  /** How many messages it answers at once. */
  answers = 0;
  #down = true;
  #nonce = 77;
  #keptAliveAt = 0;
  #throttles = [];
  /** By the number its messenger gave the connection. */
  #lines = new Map();
  #nextLine = 1;
  /** Messages that it holds on to, with their throttle units. */
  #held = new Set();

  /**
   * @param world the simulation
   * @param {{ role: string, ip: string, name, policy, bound: boolean }} plan `bound`: it listens
   */
  constructor(world, plan) {
    this.world = world;
    this.plan = plan;
    this.role = plan.role;
  }

  /** Where its peer finds it; tells one life from the next where it moves. */
  get addrs() {
    return this.world.lib.encoding.EntityAddrVec.parse(`v2:${this.plan.ip}:6800/${this.#nonce}`);
  }

  /** The line of the connection it talks by. */
  get line() {
    return this.con && this.#lineOf(this.con);
  }

  get connections() {
    return this.messenger.connectionCount;
  }

  // ---- its life

  async start() {
    const { world, plan, role } = this;
    this.lives++;
    this.received = new Map();
    const moves = this.lives > 1 && (!plan.bound || world.scene.moves);
    if (moves) this.#nonce++;
    world.say(`${role} ${this.lives} starts`);
    await this.#boot();
    if (moves && plan.bound) world.peerOf(this).markDown(false);
  }

  async #boot() {
    const { world, plan, role } = this;
    const { scene } = world;
    const { CephContext, Throttle, functionLog, seededRandom } = world.lib.common;
    const cct = new CephContext({
      clock: world.clock,
      random: seededRandom(world.random.u32()),
      log: functionLog((_subsys, _level, line) => this.#onLog(line), 10),
      onError: (error) => world.fail(`${role}: ${error.stack}`),
      conf: { ms_dispatch_throttle_bytes: scene.dispatchBytes, ms_connection_idle_timeout: scene.idleTimeout },
    });
    const auth = scene.secure ? new world.kit.SharedSecret(AGREED) : undefined;
    const messenger = new world.lib.messenger.Messenger(cct, {
      name: plan.name,
      logicalName: role,
      registry: world.registry,
      nonce: this.#nonce,
      stack: world.net.stack(plan.ip),
      ...(auth && { authClient: auth, authServer: auth }),
    });
    const bytes = new Throttle(cct, 'bytes', scene.throttleBytes, false);
    const messages = new Throttle(cct, 'messages', scene.throttleMessages, false);
    messenger.setDefaultPolicy(plan.policy.withThrottlers(bytes, messages));
    this.#throttles = [bytes, messages, messenger.dispatchQueue.dispatchThrottler];
    this.#lines = new Map();
    this.messenger = messenger;
    this.fast = scene.fast.includes(role);
    if (plan.bound) await messenger.bindv(this.addrs);
    messenger.start();
    this.#down = false;
    messenger.addDispatcherTail(this.#dispatcher(messenger));
  }

  /** Ends; its next life knows nothing. */
  async die() {
    this.world.say(`${this.role} stops`);
    this.forgot = true;
    await this.#end();
    for (const line of this.#lines.values()) line.checkEnd();
  }

  async #end() {
    const { world, messenger } = this;
    this.#down = true;
    this.con = undefined;
    const done = messenger.shutdown().then(() => messenger.wait());
    await world.advance(1);
    await done;
    this.letGo();
    if (messenger.connectionCount !== 0) world.fail(`${this.role}: ${messenger.connectionCount} connections leaked`);
    this.checkThrottles();
  }

  /** Ends, and goes on as another messenger that has the session of the one before, but for its count of connections. */
  async hibernate() {
    const { world } = this;
    const { dispatchQueue } = this.messenger;
    world.say(`${this.role} hibernates`);
    dispatchQueue.resume();
    await world.advance(50);
    const { line } = this;
    if (!line?.isUp) {
      await this.die();
      await this.start();
      return;
    }
    const saved = save(line.con.protocol.session);
    // what becomes of the old connection is nobody's business
    this.#lines.delete(line.con.connId);
    line.settle();
    await this.#end();
    await world.advance(world.below(3000));
    await this.#boot();
    world.say(`${this.role} wakes`);
    this.connect(line);
    restore(this.con.protocol.session, saved);
  }

  // ---- what it does

  /** @param {Line} [line] of a connection that goes on */
  connect(line) {
    const peer = this.world.peerOf(this);
    this.con = this.messenger.connectTo(peer.plan.name.type, peer.addrs);
    if (line) this.#lines.set(this.con.connId, line);
    this.#lineOf(this.con);
  }

  send(count) {
    const { world } = this;
    if (this.#down) return;
    this.dial();
    const { con, line } = this;
    if (!con) return;
    for (let i = 0; i < count; i++) {
      const m = new world.kit.Note();
      m.priority = world.pick([64, 127, 127, 127, 196]);
      m.stream = line.stream(m.priority);
      m.value = (line.sent.get(m.priority) ?? 0) + 1;
      line.sent.set(m.priority, m.value);
      m.data = this.#payload(600);
      if (world.below(8) === 0) m.middle = this.#payload(100);
      world.say(`${this.role} sends ${m.print()}`);
      con.sendMessage(m);
    }
  }

  #payload(most) {
    const { world } = this;
    return world.below(5) === 0 ? NOT_A_MESSAGE : new Uint8Array(world.below(world.below(30) === 0 ? 100 * most : most));
  }

  /** Begins to connect, with nothing to say. */
  dial() {
    if (!this.#down && !this.con && this.world.peerOf(this).plan.bound) this.connect();
  }

  sendKeepalive() {
    if (!this.con) return;
    this.line.keptAlive = true;
    this.#keptAliveAt = Math.floor(this.world.clock.now());
    this.con.sendKeepalive();
  }

  /** Drops its session, telling itself or not. */
  markDown(told) {
    const { con, line } = this;
    if (!con) return;
    this.world.say(`${this.role} marks down its connection`);
    this.forgot = true;
    this.con = undefined;
    // one that is not registered is not found by its address
    if (told && con.policy.registerLossyClients) this.messenger.markDownAddrs(con.peerAddrs);
    else {
      line.markedDown = !line.stopped;
      con.markDown();
    }
  }

  /** Dispatches nothing for a while. */
  doze(ms) {
    const { dispatchQueue } = this.messenger;
    dispatchQueue.pause();
    this.world.clock.setTimeout(() => dispatchQueue.resume(), ms);
  }

  #hold(m) {
    const held = m.get();
    this.#held.add(held);
    this.world.clock.setTimeout(() => {
      if (this.#held.delete(held)) held.put();
    }, this.world.below(2000));
  }

  letGo() {
    for (const m of this.#held) m.put();
    this.#held.clear();
  }

  // ---- what it is told

  #dispatcher(messenger) {
    const isOurs = () => this.messenger === messenger && !this.#down;
    return {
      msCanFastDispatchAny: () => this.fast,
      msCanFastDispatch: () => this.fast,
      msFastDispatch: (m) => this.#take(m),
      msDispatch: (m) => (this.#take(m), true),
      msHandleFastAccept: (con) => isOurs() && this.#accept(con),
      msHandleRemoteReset: (con) => {
        this.world.say(`${this.role} is told that a session is lost`);
        this.#lineOf(con).toldLost++;
      },
      msHandleReset: (con) => {
        this.#lineOf(con).toldEnd++;
        if (isOurs()) this.#ended(con);
        return true;
      },
    };
  }

  #take(m) {
    const { world } = this;
    world.delivered++;
    world.say(`${this.role} ${this.lives} got ${m.print()}`);
    if (this.#down) return;
    this.received.set(m.stream, m.value);
    this.#lineOf(m.connection).onNote(m);
    if (world.below(10) === 0) this.#hold(m);
    if (this.answers > 0) {
      this.answers--;
      this.send(1);
    }
  }

  #accept(con) {
    const { con: before, line } = this;
    if (before && before !== con && !line.stopped) {
      // as a server does when a client comes from another address: nobody will come back for that one
      line.markedDown = true;
      before.markDown();
    }
    this.con = con;
    this.#lineOf(con);
  }

  #ended(con) {
    if (con !== this.con) return;
    this.world.say(`${this.role} is told that its connection has ended`);
    if (!con.policy.lossy) this.world.fail(`${this.role}: a connection that loses nothing has ended`);
    this.con = undefined;
  }

  #onLog(line) {
    const { world } = this;
    world.say(`${this.role} ${line}`);
    const at = line.indexOf('conn(');
    if (at < 0) return;
    const text = line.slice(line.indexOf(').', at) + 2);
    world.coverage.note(text);
    this.#line(parseInt(line.slice(at + 5), 10)).onLog(text);
    if (this.line && text.startsWith('connection race detected, this')) this.line.mustGetThrough();
  }

  #line(id) {
    let line = this.#lines.get(id);
    if (!line) this.#lines.set(id, (line = new Line(this, this.#nextLine++)));
    return line;
  }

  #lineOf(con) {
    const line = this.#line(con.connId);
    line.con = con;
    return line;
  }

  // ---- what must be so at rest

  /** Has all come that was sent on the session there is? */
  get isDone() {
    const { line } = this;
    if (!line?.isUp) return true;
    if (line.con.queued > 0 || line.con.protocol.session.sent.length > 0) return false;
    return this.missing.length === 0;
  }

  get missing() {
    const { line, world } = this;
    if (!line?.isUp) return [];
    return [...line.sent].flatMap(([priority, count]) => {
      const last = world.peerOf(this).received.get(line.stream(priority));
      return last === count ? [] : [`${line.stream(priority)}: sent ${count}, the last that came is ${last ?? 'none'}`];
    });
  }

  checkRest() {
    const { world, line, role } = this;
    for (const what of this.missing) world.fail(`${role}: ${what}`);
    if (line?.isUp) {
      const { out, sent } = line.con.protocol.session;
      if (out.length > 0) world.fail(`${role}: ${out.length} messages are still to be sent`);
      if (sent.length > 0) world.fail(`${role}: ${sent.length} messages wait for their acknowledgement`);
      if (line.con.lastKeepaliveAck < this.#keptAliveAt) world.fail(`${role}: its keepalive was not answered`);
    }
    const expected = line?.isUp ? 1 : 0;
    if (this.connections !== expected) world.fail(`${role}: ${this.connections} connections, not ${expected}`);
    this.checkThrottles();
  }

  checkThrottles() {
    for (const { name, count } of this.#throttles) {
      if (count !== 0) this.world.fail(`${this.role}: ${count} units of ${name} leaked`);
    }
  }

  /** Did anybody tell it that a session was lost? */
  get wasTold() {
    return [...this.#lines.values()].some((line) => line.toldLost > 0);
  }
}
