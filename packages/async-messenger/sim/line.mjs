// One connection of one process, as an observer sees it: by what the messenger logs of it, by what is sent and by what comes.

/** Times of Ceph's defaults, in ms. */
const INITIAL_BACKOFF = 200;
const MAX_BACKOFF = 15_000;
/** A peer that asks to retry says with what: to be asked again and again is to go round in circles. */
const MOST_RETRIES = 4;

export class Line {
  /** The application's; undefined for a socket that was accepted and never became anybody's. */
  con = undefined;
  /** Its application has marked it down, and hears nothing more of it. */
  markedDown = false;
  stopped = false;
  /** How often its session was lost, and how often its application was told. */
  lost = 0;
  toldLost = 0;
  /** How often its application was told of its end. */
  toldEnd = 0;
  /** A keepalive is a reason to connect, too. */
  keptAlive = false;
  /** By priority: how much was sent on the session there is now. */
  sent = new Map();
  /** By stream: what came. */
  got = new Map();
  #process;
  #id;
  /** The session the peer sends on, and how many losses had been told when it was first seen. */
  #peerSession = '';
  #toldThen = 0;
  #failures = 0;
  #mayConnectAt = 0;
  #retries = 0;
  /** By name: the number that was not enough. */
  #tooLow = new Map();
  /** Has it won a race? The peer has something for us, and waits. */
  #hasWon = false;

  constructor(process, id) {
    this.#process = process;
    this.#id = id;
  }

  get isUp() {
    return this.con !== undefined && !this.stopped;
  }

  /** Names what is sent on the session there is now. */
  stream(priority) {
    return `${this.#process.role}.${this.#process.lives}/${this.#id}.${this.lost}/${priority}`;
  }

  // ---- what the messenger logs

  onLog(text) {
    const { world } = this.#process;
    if (text === 'connect') this.#connects(world);
    else if (text.startsWith('ready ')) this.settle();
    else if (text.includes('going to standby')) this.#standsBy();
    else if (text.startsWith('fault: received WAIT')) this.#failures = Infinity;
    else if (text.startsWith('waiting ')) this.#backsOff(world);
    else if (text === 'stop') this.stopped = true;
    else if (text === 'reset_session') {
      this.lost++;
      this.sent.clear();
    } else if (text.startsWith('received session retry')) this.#mustRetry(text);
    else if (text.startsWith('reconnect to session')) this.#retriesWith(text);
  }

  /** Its peer was told to wait for it. */
  mustGetThrough() {
    this.keptAlive = true;
    this.#hasWon = true;
  }

  #standsBy() {
    if (this.#hasWon) this.#fail('stands by, and its peer waits for it');
    this.settle();
  }

  #mustRetry(text) {
    const [, name, number] = /(global_seq|connect_seq)=(\d+)/.exec(text);
    this.#tooLow.set(name === 'global_seq' ? 'gs' : 'cs', Number(number));
    if (++this.#retries > MOST_RETRIES) this.#fail(`was asked to retry ${this.#retries} times in a row`);
  }

  #retriesWith(text) {
    for (const [name, tooLow] of this.#tooLow) {
      const number = Number(new RegExp(` ${name}=(\\d+)`).exec(text)[1]);
      if (number <= tooLow) this.#fail(`retries with ${name}=${number}, not more than ${tooLow}`);
    }
    this.#tooLow.clear();
  }

  #connects(world) {
    this.#retries = 0;
    // who may stand by does not connect for nothing, unless it was told to wait
    const idle = this.con?.policy.standby && this.con.queued === 0 && !this.keptAlive;
    if (idle && this.#failures < Infinity) this.#fail('connects with nothing to send');
    const early = this.#mayConnectAt - world.now;
    if (early > 0.001) this.#fail(`connects again ${early} ms before its back-off is over`);
  }

  /** Whatever it tried, it does no more. */
  settle() {
    this.#failures = this.#mayConnectAt = this.#retries = 0;
    this.#hasWon = false;
  }

  #backsOff(world) {
    const wait = Math.min(MAX_BACKOFF, INITIAL_BACKOFF * 2 ** this.#failures);
    this.#failures++;
    this.#mayConnectAt = world.now + wait;
  }

  // ---- what comes

  onNote(m) {
    const { world } = this.#process;
    const cut = m.stream.lastIndexOf('/');
    this.#checkSession(m.stream.slice(0, cut), m, world);
    const last = this.got.get(m.stream);
    this.got.set(m.stream, m.value);
    if (last === undefined ? m.value !== 1 && !this.#mayMissTheBeginning() : m.value !== last + 1) {
      this.#fail(`got ${m.print()} ${last === undefined ? 'first' : `after #${last}`}`);
    }
  }

  /** What a peer still had for one that was there before goes to the next where nobody checks for resets. */
  #mayMissTheBeginning() {
    const { world, forgot } = this.#process;
    return forgot && !world.scene.resetcheck;
  }

  /**
   * Another session of the peer's: the application was told that the one before is lost, and hears no more of it. What is dispatched
   * fast overtakes what is told.
   */
  #checkSession(session, m, { scene }) {
    if (!scene.resetcheck || this.#process.fast) return;
    const told = this.toldLost > this.#toldThen;
    if (session === this.#peerSession) {
      if (told) this.#fail(`got ${m.print()} after it was told that its session is lost`);
      return;
    }
    if (this.got.has(m.stream)) this.#fail(`got ${m.print()} of a session that was lost`);
    if (this.#peerSession !== '' && !told) this.#fail(`got ${m.print()}, and was not told that the session before was lost`);
    this.#peerSession = session;
    this.#toldThen = this.toldLost;
  }

  // ---- what must be so in the end

  checkEnd() {
    if (this.con === undefined) return;
    const ends = this.markedDown ? 0 : 1;
    if (this.toldEnd !== ends) this.#fail(`its end was told ${this.toldEnd} times, not ${ends}`);
    if (this.toldLost !== this.lost) this.#fail(`${this.lost} sessions were lost, and ${this.toldLost} of these told`);
  }

  #fail(text) {
    this.#process.world.fail(`${this.#process.role}, connection ${this.#id}: ${text}`);
  }
}
