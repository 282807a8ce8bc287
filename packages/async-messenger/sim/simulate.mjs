// One seed, one history: messengers in virtual time on a simulated network that fails as the seed says. What must hold in every
// history is checked; see README.md, "Simulation".
import { Coverage } from './coverage.mjs';
import { kitOf } from './note.mjs';
import { Process } from './process.mjs';

const CLIENT_IP = '10.0.0.2';
const SERVER_IP = '10.0.0.1';
/** Messages are sent, and time passes, so often until everything is at rest, at the most. */
const MOST_ROUNDS = 60;
const ROUND = 20_000;

export { Coverage };

/**
 * Runs one seed.
 *
 * @param {{ common, encoding, messenger }} lib the three packages, from sources or from a build
 * @param {number} seed
 * @param {{ keepHistory?: boolean, coverage?: Coverage }} [options]
 * @returns {Promise<{ seed: number, kind: string, problems: string[], history: string[], delivered: number }>}
 */
export async function simulate(lib, seed, { keepHistory = false, coverage = new Coverage() } = {}) {
  const world = new World(lib, seed, keepHistory, coverage);
  await world.run();
  return { seed, kind: world.scene.kind, problems: world.problems, history: world.history, delivered: world.delivered };
}

/**
 * Who talks to whom. `moves`: a process that begins anew does so at another address, as daemons do, and its peer hears of that; where
 * nobody checks for resets, the address alone tells its lives apart.
 */
const KINDS = [
  { kind: 'lossless client', policies: ['statefulServer', 'losslessClient'], resetcheck: true },
  { kind: 'lossless peers that reuse', policies: ['losslessPeerReuse', 'losslessPeerReuse'], peers: true, resetcheck: true },
  { kind: 'lossless peers', policies: ['losslessPeer', 'losslessPeer'], peers: true, moves: true },
  { kind: 'lossy client', policies: ['statelessServer', 'lossyClient'], lossy: true },
  { kind: 'registered lossy client', policies: ['statelessRegisteredServer', 'lossyClient'], lossy: true },
];

class World {
  history = [];
  problems = [];
  delivered = 0;
  /** Has anybody forgotten a session? */
  #forgotten = false;

  constructor(lib, seed, keepHistory, coverage) {
    const { VirtualClock, seededRandom } = lib.common;
    this.lib = lib;
    this.kit = kitOf(lib);
    this.keepHistory = keepHistory;
    this.coverage = coverage;
    this.clock = new VirtualClock();
    this.random = seededRandom(seed);
    this.net = new lib.messenger.SimulatedNetwork(this.clock, seededRandom(seed ^ 0x5bd1e995));
    this.registry = new lib.messenger.MessageRegistry([this.kit.Note]);
    this.scene = this.#scene(KINDS[seed % KINDS.length]);
    this.processes = this.#cast();
  }

  get now() {
    return this.clock.monotonicNow();
  }

  say(text) {
    if (this.keepHistory) this.history.push(`${this.now.toFixed(3).padStart(12)} ${text}`);
  }

  fail(text) {
    this.say(`PROBLEM ${text}`);
    this.problems.push(text);
  }

  below(n) {
    return Math.floor(this.random.next() * n);
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  async advance(ms) {
    await this.clock.advanceAsync(ms);
  }

  peerOf(process) {
    const [server, client] = this.processes;
    return process === server ? client : server;
  }

  /** What stays the same for all of one history. */
  #scene(kind) {
    const { faults } = this.net;
    faults.maxDelay = 1 + this.below(30);
    faults.split = this.random.next() * 0.5;
    faults.cut = this.random.next() * 0.08;
    faults.refuse = this.random.next() * 0.2;
    faults.stall = this.random.next() * 0.02;
    faults.stallTime = this.pick([3000, 3000, 12_000]);
    return {
      ...kind,
      secure: this.below(4) === 0,
      fast: this.pick([[], [], ['server'], ['client'], ['server', 'client']]),
      throttleBytes: this.pick([1500, 4000, 100_000]),
      throttleMessages: this.pick([2, 10, 100]),
      dispatchBytes: this.pick([2000, 100_000]),
      idleTimeout: kind.lossy ? 900 : this.pick([900, 900, 12]),
    };
  }

  #cast() {
    const { EntityName } = this.lib.encoding;
    const { Policy } = this.lib.messenger;
    const [server, client] = this.scene.policies;
    const { peers = false } = this.scene;
    const cast = [
      { role: 'server', ip: SERVER_IP, name: EntityName.mds(0), policy: Policy[server](), bound: true },
      {
        role: 'client',
        ip: CLIENT_IP,
        name: peers ? EntityName.mds(1) : EntityName.client(4100),
        policy: Policy[client](),
        bound: peers,
      },
    ];
    return cast.map((plan) => new Process(this, plan));
  }

  async run() {
    for (const process of this.processes) await process.start();
    const steps = 20 + this.below(60);
    for (let i = 0; i < steps; i++) await this.#step();
    await this.#rest();
    this.#check();
    await this.#teardown();
  }

  async #step() {
    const what = this.below(100);
    const one = this.pick(this.processes);
    if (what < 60) one.send(1 + this.below(5));
    else if (what < 70) for (const process of this.processes) process.send(1 + this.below(3));
    else if (what < 74) this.net.cutAll();
    else if (what < 78) this.#part(this.below(8000));
    else if (what < 81) await this.#restart(one);
    else if (what < 83) await this.#hibernate(one);
    else if (what < 86) this.#markDown(one, this.below(2) === 0);
    else if (what < 88) this.#meet();
    else if (what < 92) one.doze(this.below(3000));
    else if (what < 95) one.sendKeepalive();
    await this.advance(this.below(what % 2 === 0 ? 20 : 400));
  }

  /** Keeps both apart for a while, in which they go on. */
  #part(ms) {
    this.net.partition(SERVER_IP, CLIENT_IP);
    this.clock.setTimeout(() => this.net.heal(SERVER_IP, CLIENT_IP), ms);
  }

  async #restart(process) {
    this.#forgotten = true;
    await process.die();
    await this.advance(this.below(2) === 0 ? 0 : this.below(3000));
    await process.start();
  }

  /** Whoever waits to be called can't come back with its session. */
  async #hibernate(process) {
    if (this.scene.lossy || !this.peerOf(process).plan.bound) return;
    this.net.partition(SERVER_IP, CLIENT_IP);
    if (!process.line?.isUp) this.#forgotten = true;
    await process.hibernate();
    this.net.heal(SERVER_IP, CLIENT_IP);
  }

  #markDown(process, told) {
    this.#forgotten = true;
    // what the peer has not dispatched yet is of the session that is lost
    if (this.below(3) === 0) this.peerOf(process).doze(this.below(3000));
    process.markDown(told);
  }

  /** Both begin anew, at once. */
  #meet() {
    for (const process of this.processes) {
      this.#markDown(process, false);
      if (this.below(3) === 0) process.dial();
      else process.send(1);
    }
  }

  /** No more faults: everything must come to rest with everything delivered. */
  async #rest() {
    Object.assign(this.net.faults, { split: 0, cut: 0, refuse: 0, stall: 0 });
    this.say('the network is well again');
    await this.advance(20_000);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await this.#round();
      if (round > 1 && this.processes.every((process) => process.isDone)) break;
    }
    for (const process of this.processes) process.sendKeepalive();
    await this.#round();
    // an answer takes the acknowledgement along: the last message and its answer must leave nothing behind, too
    const last = this.pick(this.processes);
    this.peerOf(last).answers = 1;
    last.send(1);
    await this.advance(ROUND);
  }

  async #round() {
    for (const process of this.processes) process.send(1);
    await this.advance(ROUND);
  }

  #check() {
    const [server, client] = this.processes;
    if (!client.line?.isUp || !server.line?.isUp) this.fail('the two are not connected on a well network');
    for (const process of this.processes) process.checkRest();
    if (!this.#forgotten && this.processes.some((process) => process.wasTold)) this.fail('a session was lost that nobody forgot');
  }

  async #teardown() {
    for (const process of this.processes) await process.die();
    await this.advance(100);
    if (this.net.openSockets !== 0) this.fail(`${this.net.openSockets} sockets leaked`);
    if (this.clock.pending !== 0) this.fail(`${this.clock.pending} timers leaked`);
  }
}
