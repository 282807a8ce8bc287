// One seed, one history: messengers in virtual time on a simulated network that fails as the seed says. What must hold in every
// history is checked; see README.md, "Simulation".

const CLIENT_IP = '10.0.0.2';
const SERVER_IP = '10.0.0.1';
const PEER = 2;

/**
 * Runs one seed.
 *
 * @param {{ common, encoding, messenger }} lib the three packages, from sources or from a build
 * @param {number} seed
 * @param {{ keepHistory?: boolean }} [options]
 * @returns {Promise<{ seed: number, kind: string, problems: string[], history: string[], delivered: number }>}
 */
export async function simulate(lib, seed, { keepHistory = false } = {}) {
  const world = new World(lib, seed, keepHistory);
  await world.run();
  return { seed, kind: world.kind, problems: world.problems, history: world.history, delivered: world.delivered };
}

class World {
  constructor(lib, seed, keepHistory) {
    this.lib = lib;
    const { VirtualClock, seededRandom } = lib.common;
    this.clock = new VirtualClock();
    this.random = seededRandom(seed);
    this.net = new lib.messenger.SimulatedNetwork(this.clock, seededRandom(seed ^ 0x5bd1e995));
    this.keepHistory = keepHistory;
    this.history = [];
    this.problems = [];
    this.delivered = 0;
    this.kind = ['lossless client', 'lossless peers', 'lossy client'][seed % 3];
    this.servers = 0;
    this.ends = [];
    this.throttles = [];
    // msgs are defined once for each copy of the library
    const { Message, MessageRegistry } = lib.messenger;
    const Note = (this.Note = noteOf(Message));
    this.registry = new MessageRegistry([Note]);
  }

  say(text) {
    if (this.keepHistory) this.history.push(`${this.clock.monotonicNow().toFixed(3).padStart(12)} ${text}`);
  }

  fail(text) {
    this.say(`PROBLEM ${text}`);
    this.problems.push(text);
  }

  below(n) {
    return Math.floor(this.random.next() * n);
  }

  async run() {
    const { faults } = this.net;
    faults.maxDelay = 1 + this.below(30);
    faults.split = this.random.next() * 0.5;
    faults.cut = this.random.next() * 0.08;
    faults.refuse = this.random.next() * 0.2;
    faults.stall = this.random.next() * 0.02;
    await this.boot();
    const steps = 20 + this.below(60);
    for (let i = 0; i < steps; i++) await this.step();
    await this.rest();
    this.check();
    await this.teardown();
  }

  messenger(role, ip, name, nonce, policy) {
    const { CephContext, functionLog, nullLog, seededRandom } = this.lib.common;
    const { Messenger } = this.lib.messenger;
    const log = this.keepHistory ? functionLog((_s, level, line) => this.say(`${role} ${level} ${line}`), 5) : nullLog;
    const cct = new CephContext({
      clock: this.clock,
      random: seededRandom(this.random.u32()),
      log,
      onError: (error) => this.fail(`${role}: ${error.stack}`),
    });
    const throttle = new this.lib.common.Throttle(cct, `bytes-${role}`, 4000, false);
    this.throttles.push({ role, throttle });
    const messenger = new Messenger(cct, { name, logicalName: role, registry: this.registry, nonce, stack: this.net.stack(ip) });
    messenger.setDefaultPolicy(policy.withThrottlers(throttle));
    this.throttles.push({ role, throttle: messenger.dispatchQueue.dispatchThrottler });
    return messenger;
  }

  async boot() {
    const { EntityName, EntityAddrVec } = this.lib.encoding;
    this.serverAddrs = EntityAddrVec.parse(`v2:${SERVER_IP}:6800/77`);
    this.clientAddrs = EntityAddrVec.parse(`v2:${CLIENT_IP}:6800/88`);
    this.serverName = EntityName.mds(0);
    this.clientName = this.kind === 'lossless peers' ? EntityName.mds(1) : EntityName.client(4100);
    await this.startServer();
    await this.startClient();
  }

  policies() {
    const { Policy } = this.lib.messenger;
    if (this.kind === 'lossless peers') return [Policy.losslessPeerReuse(), Policy.losslessPeerReuse()];
    if (this.kind === 'lossy client') return [Policy.statelessServer(), Policy.lossyClient()];
    return [Policy.statefulServer(), Policy.losslessClient()];
  }

  async startServer() {
    this.servers++;
    this.say(`server ${this.servers} starts`);
    const messenger = this.messenger('server', SERVER_IP, this.serverName, 77, this.policies()[0]);
    await messenger.bindv(this.serverAddrs);
    messenger.start();
    this.server = new End(this, 'server', this.servers, messenger);
    this.ends.push(this.server);
  }

  async startClient() {
    const messenger = this.messenger('client', CLIENT_IP, this.clientName, 88, this.policies()[1]);
    if (this.kind === 'lossless peers') await messenger.bindv(this.clientAddrs);
    messenger.start();
    this.client = new End(this, 'client', 1, messenger);
    this.ends.push(this.client);
  }

  async advance(ms) {
    await this.clock.advanceAsync(ms);
  }

  async step() {
    const what = this.below(100);
    if (what < 50) this.client.send(1 + this.below(5));
    else if (what < 70) this.server.send(1 + this.below(5));
    else if (what < 74) this.net.cutAll();
    else if (what < 76) {
      this.net.partition(SERVER_IP, CLIENT_IP);
      await this.advance(this.below(8000));
      this.net.heal(SERVER_IP, CLIENT_IP);
    } else if (what < 79) await this.restartServer();
    else if (what < 82) this.client.con?.sendKeepalive();
    await this.advance(this.below(what % 2 === 0 ? 20 : 400));
  }

  async restartServer() {
    const old = this.server;
    this.say('server stops');
    old.down = true;
    const done = old.messenger.shutdown().then(() => old.messenger.wait());
    await this.advance(1);
    await done;
    await this.startServer();
  }

  /** No more faults: everything must come to rest with everything delivered. */
  async rest() {
    Object.assign(this.net.faults, { split: 0, cut: 0, refuse: 0, stall: 0 });
    this.say('the network is well again');
    // the server cannot begin by itself: something from the client brings both together
    for (let round = 0; round < 4; round++) {
      this.client.send(1);
      await this.advance(40_000);
    }
  }

  check() {
    if (this.kind !== 'lossy client') {
      this.client.checkAllDelivered(this.server);
      this.server.checkAllDelivered(this.client);
      this.checkRemoteReset();
    } else if (!this.client.lastArrived(this.server))
      this.fail('the last message of a lossy client did not arrive on a well network');
    for (const { role, throttle } of this.throttles) {
      if (throttle.count !== 0) this.fail(`${role}: ${throttle.count} units of ${throttle.name} leaked`);
    }
  }

  /** A client that had a session with a server that is no more was told so. */
  checkRemoteReset() {
    const { client } = this;
    if (client.connectedTo.size > 1 && client.resets === 0)
      this.fail('the server lost the session, and no remote reset was reported');
  }

  async teardown() {
    for (const end of [this.client, this.server]) {
      end.down = true;
      const done = end.messenger.shutdown().then(() => end.messenger.wait());
      await this.advance(1);
      await done;
      if (end.messenger.connectionCount !== 0) this.fail(`${end.role}: ${end.messenger.connectionCount} connections leaked`);
    }
    await this.advance(100);
    if (this.net.openSockets !== 0) this.fail(`${this.net.openSockets} sockets leaked`);
    if (this.clock.pending !== 0) this.fail(`${this.clock.pending} timers leaked`);
  }
}

/** One process: sends numbered notes, and checks the ones that come. */
class End {
  constructor(world, role, incarnation, messenger) {
    this.world = world;
    this.role = role;
    this.incarnation = incarnation;
    this.messenger = messenger;
    this.down = false;
    this.con = undefined;
    /** Counts up whenever the session was lost: what is sent from then on is a new sequence. */
    this.epoch = 0;
    this.next = 1;
    this.resets = 0;
    this.connectedTo = new Set();
    /** By sender and epoch: the last number that came. */
    this.last = new Map();
    messenger.addDispatcherTail(this);
    if (role === 'client') this.open();
  }

  get lossy() {
    return this.world.kind === 'lossy client';
  }

  open() {
    this.con = this.messenger.connectTo(PEER, this.world.serverAddrs);
  }

  send(count) {
    if (this.down) return;
    if (this.role === 'client' && !this.con) this.open();
    if (this.role === 'server' && this.world.kind === 'lossless peers' && !this.con) {
      this.con = this.messenger.connectTo(PEER, this.world.clientAddrs);
    }
    if (!this.con) return;
    for (let i = 0; i < count; i++) {
      const m = new this.world.Note();
      m.sender = this.role;
      m.incarnation = this.incarnation;
      m.epoch = this.epoch;
      m.value = this.next++;
      m.data = new Uint8Array(this.world.below(600));
      this.world.say(`${this.role} sends ${m.print()}`);
      this.con.sendMessage(m);
    }
  }

  msDispatch(m) {
    const { world } = this;
    world.delivered++;
    world.say(`${this.role} ${this.incarnation} got ${m.print()}`);
    if (this.down) return true;
    if (m.sender === 'server') this.connectedTo.add(m.incarnation);
    const key = `${m.sender} ${m.incarnation} ${m.epoch}`;
    const last = this.last.get(key);
    this.last.set(key, m.value);
    if (this.lossy) {
      if (last !== undefined && m.value <= last) world.fail(`${this.role} got ${m.print()} after number ${last}`);
      return true;
    }
    if (last !== undefined && m.value !== last + 1) world.fail(`${this.role} got ${m.print()} after number ${last}`);
    // only a receiver that was not there from the beginning may miss the beginning
    if (last === undefined && m.value !== 1 && this.incarnation === 1 && m.incarnation === 1 && m.epoch === 0) {
      world.fail(`${this.role} got ${m.print()} first`);
    }
    return true;
  }

  msHandleConnect(con) {
    if (this.down) return;
    this.con = con;
    if (this.role === 'client') this.connectedTo.add(this.world.servers);
  }

  msHandleAccept(con) {
    if (!this.down) this.con = con;
  }

  msHandleRemoteReset(con) {
    this.world.say(`${this.role} remote reset`);
    if (con !== this.con) return;
    this.resets++;
    this.epoch++;
    this.next = 1;
  }

  msHandleReset(con) {
    this.world.say(`${this.role} reset`);
    if (con !== this.con) return true;
    this.con = undefined;
    this.epoch++;
    this.next = 1;
    return true;
  }

  msHandleRefused() {
    return true;
  }

  /** What was sent last in the session that is up. */
  lastArrived(receiver) {
    return receiver.last.get(`${this.role} ${this.incarnation} ${this.epoch}`) === this.next - 1;
  }

  checkAllDelivered(receiver) {
    if (this.next === 1 || !this.con) return;
    if (!this.lastArrived(receiver)) {
      const last = receiver.last.get(`${this.role} ${this.incarnation} ${this.epoch}`);
      this.world.fail(`${this.role} sent ${this.next - 1} messages in epoch ${this.epoch}, the last that came is ${last}`);
    }
  }
}

function defineNote(Message) {
  return class SimNote extends Message {
    static TYPE = 9100;
    type = 9100;
    typeName = 'sim_note';
    sender = '';
    incarnation = 0;
    epoch = 0;
    value = 0;

    encodePayload(e) {
      e.string(this.sender).u32(this.incarnation).u32(this.epoch).u64(this.value);
    }

    decodePayload(d) {
      this.sender = d.string();
      this.incarnation = d.u32();
      this.epoch = d.u32();
      this.value = d.u64();
    }

    print() {
      return `${this.sender} ${this.incarnation}.${this.epoch} #${this.value}`;
    }
  };
}

const notes = new WeakMap();

/** The class of notes for one copy of the library. */
function noteOf(Message) {
  let Note = notes.get(Message);
  if (!Note) notes.set(Message, (Note = defineNote(Message)));
  return Note;
}
