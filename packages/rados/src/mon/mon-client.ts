import { AbortedError, CephError, ERRNO, errnoName } from '@cephts/common';
import type { CephContext, Completion, TimerHandle } from '@cephts/common';
import { AUTH_METHOD } from '@cephts/async-messenger';
import type { AuthClient, AuthServer, Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import {
  AuthEntityName,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MGR,
  CEPH_ENTITY_TYPE_MON,
  CEPH_ENTITY_TYPE_OSD,
  Decoder,
  EntityAddrVec,
  Uuid,
} from '@cephts/encoding';
import { Finisher } from '@cephts/finisher';
import { SafeTimer } from '@cephts/safe-timer';
import { AuthRegistry } from '../auth/auth-registry.js';
import { needsRotatingKeys } from '../auth/auth-types.js';
import { CephxClientHandler } from '../auth/cephx-client.js';
import type { ClientHandler } from '../auth/client-handler.js';
import { NoneClientHandler } from '../auth/none-client.js';
import { RotatingKeyRing } from '../auth/rotating-keyring.js';
import { Keyring } from '../conf/keyring.js';
import { RADOS_OPTIONS } from '../conf/options.js';
import { MonMap } from '../maps/mon-map.js';
import { MAuth, MAuthReply } from '../messages/m-auth.js';
import { MCommandReply } from '../messages/m-command.js';
import { MConfig } from '../messages/m-config.js';
import { MLogAck } from '../messages/m-log.js';
import { MMonCommandAck } from '../messages/m-mon-command.js';
import { MMonGetVersion, MMonGetVersionReply, MMonMap, MMonSubscribe, MMonSubscribeAck } from '../messages/m-mon.js';
import { MPing } from '../messages/m-ping.js';
import { monMapOf } from './initial-monmap.js';
import { LogClient } from './log-client.js';
import type { ClogLevel } from './log-client.js';
import { MonAuthClient, MonAuthServer } from './mon-auth.js';
import { MonCommands } from './mon-commands.js';
import type { CommandOptions, CommandReply } from './mon-commands.js';
import { MonConnection } from './mon-connection.js';
import type { MonConnectionHost } from './mon-connection.js';
import { MonPicker } from './mon-picker.js';
import { MonSub } from './mon-sub.js';

/** Options of {@link MonClient}. */
export interface MonClientOptions {
  /** Its policy for monitors must be lossy. */
  messenger: Messenger;
  /** The monitors to try first; see `buildInitialMonMap`. */
  monmap?: MonMap;
  /** Or where they are. */
  monAddrs?: EntityAddrVec | readonly EntityAddrVec[];
  /** Who one is. @defaultValue the context's name */
  entityName?: AuthEntityName;
  /** Keys; an empty one leaves cephx out. @defaultValue none: nobody is authenticated, this end included */
  keyring?: Keyring;
  /** The id to ask for. @defaultValue 0: the monitors give one */
  globalId?: number;
  /** Kinds of service to get tickets for: a mask of entity types. @defaultValue mon, osd, mds and mgr */
  wantKeys?: number;
  /** Told when the monitors give another id than before, since the old ticket counts no more. */
  onGlobalIdChanged?: (before: number, after: number) => void;
  /** Told of options that the monitors keep for this entity. */
  onConfig?: (config: ReadonlyMap<string, string>) => void;
}

/** Sessions that last less, in ms, do not follow each other at once. */
const SHORT_SESSION = 1000;
const ALL_SERVICES = CEPH_ENTITY_TYPE_MON | CEPH_ENTITY_TYPE_OSD | CEPH_ENTITY_TYPE_MDS | CEPH_ENTITY_TYPE_MGR;

interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
}

interface VersionRequest {
  what: string;
  resolve: (versions: { newest: number; oldest: number }) => void;
  reject: (error: Error) => void;
}

/**
 * The session with the monitors: finds one, authenticates, keeps it up, and goes to another when it fails. What one has subscribed to,
 * commands and lines of the cluster log go on with the next session; other messages that wait for it are dropped with the old one, since
 * their senders repeat them.
 *
 * Unlike upstream, a refused authentication is tried again for as long as somebody wants a session, and requests for versions are not lost.
 *
 * @see src/mon/MonClient.cc (16.2.15)
 */
export class MonClient implements Dispatcher {
  readonly name = 'MonClient';
  /** For the messenger: lets it in wherever it connects. {@link init} hands it over. */
  readonly authClient: AuthClient;
  /** For the messenger of a daemon: lets others in. */
  readonly authServer: AuthServer;
  readonly rotating: RotatingKeyRing;
  readonly entityName: AuthEntityName;
  readonly #cct: CephContext;
  readonly #options: MonClientOptions;
  readonly #messenger: Messenger;
  readonly #keyring: Keyring;
  readonly #registry: AuthRegistry;
  readonly #connectionHost: MonConnectionHost;
  readonly #commands: MonCommands;
  readonly #log: LogClient;
  readonly #picker: MonPicker;
  readonly #sub = new MonSub();
  readonly #timer: SafeTimer;
  readonly #finisher: Finisher;
  #monmap: MonMap;
  #active: MonConnection | undefined;
  #pending: MonConnection[] = [];
  #handler: ClientHandler | undefined;
  #globalId: number;
  /** The id to come back as. */
  #claimedId: number;
  #wantSession = false;
  #hadSession = false;
  #multiplier = 1;
  #lastKeepalive = 0;
  #sessionSince = 0;
  #shortSessions = 0;
  #lastLog = 0;
  #lastRotatingRequest = -Infinity;
  /** Messages for the session that is to come. */
  #waiting: Message[] = [];
  #authWaiters: Waiter[] = [];
  #rotatingWaiters: (() => void)[] = [];
  #versions = new Map<number, VersionRequest>();
  #lastHandle = 0;
  #stopping = false;

  constructor(cct: CephContext, options: MonClientOptions) {
    cct.conf.define(RADOS_OPTIONS);
    this.#cct = cct;
    this.#options = options;
    this.#messenger = options.messenger;
    this.entityName = options.entityName ?? AuthEntityName.parse(cct.name) ?? new AuthEntityName();
    this.#keyring = options.keyring ?? new Keyring();
    this.#globalId = this.#claimedId = options.globalId ?? 0;
    const { monAddrs = [] } = options;
    const configured = Uuid.parse(cct.conf.str('fsid')) ?? Uuid.ZERO;
    this.#monmap = options.monmap ?? monMapOf(monAddrs instanceof EntityAddrVec ? [monAddrs] : monAddrs, configured);
    this.rotating = new RotatingKeyRing(this.entityName.type);
    const trusting = options.keyring === undefined;
    const registry = new AuthRegistry(cct, this.entityName.type, () => (trusting ? 'none' : this.#haveKey()));
    this.#registry = registry;
    this.#connectionHost = { cct, entityName: this.entityName, registry, createHandler: (method) => this.#createHandler(method) };
    this.authClient = new MonAuthClient(this.#authHost());
    this.authServer = new MonAuthServer({ cct, registry, rotating: this.rotating });
    this.#commands = new MonCommands(this.#commandsHost());
    this.#log = new LogClient(cct, this.entityName);
    this.#picker = new MonPicker(cct.random);
    this.#timer = new SafeTimer(cct, {
      owner: 'MonClient::timer',
      purpose: 'ticks of the monitor client: keepalives, hunting, tickets, the cluster log',
    });
    this.#finisher = new Finisher(cct, { owner: 'MonClient::finisher', purpose: 'runs callbacks of the monitor client' });
  }

  /** The id one goes by in the cluster; 0 before the first session. */
  get globalId(): number {
    return this.#globalId;
  }

  /** The cluster's id; zero until a monitor has told it, where it is not configured. */
  get fsid(): Uuid {
    return this.#monmap.fsid;
  }

  get monmap(): MonMap {
    return this.#monmap;
  }

  /** The connection to the monitor in use. */
  get connection(): Connection | undefined {
    return this.#active?.con;
  }

  /** How far this machine's clock was ahead of the monitors' when they let it in, in ms; 0 where they did not tell. */
  get clockSkewMs(): number {
    return this.#handler?.clockSkewMs ?? 0;
  }

  get isConnected(): boolean {
    return this.#active !== undefined;
  }

  /** Starts timer and finisher, takes messages, and authenticates the messenger's connections from now on; nothing is sent yet. */
  init(): void {
    this.#messenger.setAuthClient(this.authClient);
    this.#messenger.setAuthServer(this.authServer);
    this.#messenger.addDispatcherHead(this);
    this.#timer.init();
    this.#finisher.start();
    this.#scheduleTick();
  }

  /**
   * Opens a session; resolves when one is up and the MonMap is there.
   *
   * @throws CephError `ERR_CEPH_AUTH` where every monitor refuses, `ERR_CEPH_TIMEDOUT` where none answers in time, `ERR_CEPH_FSID` where
   *   they are of another cluster than is configured; AbortedError after shutdown
   */
  authenticate({ timeoutMs = this.#cct.conf.number('client_mount_timeout') * 1000 }: { timeoutMs?: number } = {}): Promise<void> {
    if (this.#active && this.#monmap.epoch > 0) return Promise.resolve();
    this.#sub.want('monmap', this.#monmap.epoch > 0 ? this.#monmap.epoch + 1 : 0);
    this.#sub.want('config', 0);
    return new Promise((resolve, reject) => {
      const { clock } = this.#cct;
      let timer: TimerHandle;
      const waiter: Waiter = {
        resolve: () => (clock.clearTimeout(timer), resolve()),
        reject: (error) => (clock.clearTimeout(timer), reject(error)),
      };
      this.#authWaiters.push(waiter);
      if (timeoutMs > 0) timer = clock.setTimeout(() => this.#authTimedOut(waiter, timeoutMs), timeoutMs);
      this.#wantSession = true;
      if (this.#stopping) this.#finishAuth(new AbortedError('the monitor client was shut down'));
      else if (!this.#active && this.#pending.length === 0) this.#reopenSession();
    });
  }

  /** Resolves when the rotating secrets are there with which a daemon verifies tickets. @throws CephError `ERR_CEPH_CLOCK_SKEW` */
  waitAuthRotating(timeoutMs: number): Promise<void> {
    if (!this.#needsRotating() || !this.#rotatingDue()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const { clock } = this.#cct;
      const done = (): void => (clock.clearTimeout(timer), resolve());
      const timer = clock.setTimeout(() => {
        this.#rotatingWaiters.splice(this.#rotatingWaiters.indexOf(done), 1);
        const why = this.rotating.isEmpty
          ? 'the monitors give no rotating secrets'
          : 'the rotating secrets have expired already: do the clocks differ?';
        reject(new CephError(this.rotating.isEmpty ? 'ERR_CEPH_TIMEDOUT' : 'ERR_CEPH_CLOCK_SKEW', why, { errno: ERRNO.ETIMEDOUT }));
      }, timeoutMs);
      this.#rotatingWaiters.push(done);
    });
  }

  /** Asks for maps of a kind from `start` on; {@link renewSubs} tells the monitor. @returns false where that is asked for already */
  subWant(what: string, start: number, onetime = false): boolean {
    return this.#sub.want(what, start, onetime);
  }

  /** As {@link subWant}, unless a later epoch is asked for already. */
  subIncWant(what: string, start: number, onetime = false): boolean {
    return this.#sub.incWant(what, start, onetime);
  }

  subUnwant(what: string): void {
    this.#sub.unwant(what);
  }

  /** A map of that epoch has come. */
  subGot(what: string, epoch: number): void {
    this.#sub.got(what, epoch);
  }

  renewSubs(): void {
    if (!this.#sub.haveNew || !this.#active) return;
    const m = new MMonSubscribe();
    m.what = this.#sub.take();
    m.hostname = this.#cct.conf.str('host');
    this.sendMonMessage(m);
  }

  /** Sends, or keeps it for the session that is to come; dropped where that one fails too. */
  sendMonMessage(m: Message): void {
    if (this.#active) this.#active.con.sendMessage(m);
    else if (!this.#stopping) this.#waiting.push(m);
  }

  /**
   * Runs a command on the monitors. It survives the failure of the one that has it.
   *
   * @param cmd as an object with its `prefix`, or as JSON
   * @throws AbortedError, CephError `ERR_CEPH_TIMEDOUT`; what the monitors answer is in the result, errors included
   */
  monCommand(cmd: object | string, inbl?: Uint8Array, options?: CommandOptions): Promise<CommandReply> {
    if (this.#stopping) return Promise.reject(new AbortedError('the monitor client was shut down'));
    return this.#commands.start(cmd, inbl, options);
  }

  /** Runs a command on one monitor, by name or rank: `ceph tell mon.a`. */
  monTell(mon: string, cmd: object | string, inbl?: Uint8Array, options?: CommandOptions): Promise<CommandReply> {
    if (this.#stopping) return Promise.reject(new AbortedError('the monitor client was shut down'));
    return this.#commands.start(cmd, inbl, options, mon);
  }

  /** How new the monitors' map of a kind is (`'osdmap'`, `'mdsmap'`, …), and how far back they have it. */
  getVersion(map: string): Promise<{ newest: number; oldest: number }> {
    if (this.#stopping) return Promise.reject(new AbortedError('the monitor client was shut down'));
    return new Promise((resolve, reject) => {
      const handle = ++this.#lastHandle;
      this.#versions.set(handle, { what: map, resolve, reject });
      if (this.#active) this.sendMonMessage(new MMonGetVersion(map, handle));
    });
  }

  /** Runs `done` on the client's finisher. */
  defer(done: Completion, r = 0): void {
    this.#finisher.queue(done, r);
  }

  /** A line for the cluster's log; it is kept until the monitors have it. */
  clusterLog(level: ClogLevel, text: string): void {
    this.#cct.dout('monc', 1, () => `cluster log: [${level}] ${text}`);
    this.#log.queue(level, text, this.#messenger.myname, this.#messenger.myaddrs);
  }

  /**
   * Sends the lines for the cluster's log that were not sent yet, which otherwise leave every `mon_client_log_interval` seconds. The monitor has
   * them before whatever is sent to it after this; to wait for an answer to that is to wait for them. Without a session they are kept.
   */
  flushLog(): void {
    if (this.#active) this.#sendLog();
  }

  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.flushLog();
    this.#stopping = true;
    const aborted = new AbortedError('the monitor client was shut down');
    this.#finishAuth(aborted);
    this.#commands.abort(aborted.message);
    for (const { reject } of this.#versions.values()) reject(aborted);
    this.#versions.clear();
    for (const done of this.#rotatingWaiters.splice(0)) done();
    this.#waiting = [];
    await this.#timer.shutdown();
    await this.#finisher.stop();
    this.#closeAll();
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    const con = m.connection;
    if (!con || con.peerType !== CEPH_ENTITY_TYPE_MON) return false;
    if (m instanceof MCommandReply) {
      this.#commands.handleReply(m.tid, { r: m.r, outs: m.rs, outbl: m.data });
      return true;
    }
    if (!this.#handles(m)) return false;
    // what comes of a session that is over, or of one for a single command, is not for us
    const ours = this.#active ? this.#active.con === con : this.#pending.some((mon) => mon.con === con);
    if (ours) this.#handle(m);
    return true;
  }

  msHandleReset(con: Connection): boolean {
    if (con.peerType !== CEPH_ENTITY_TYPE_MON) return false;
    if (this.#commands.handleReset(con)) return true;
    if (con !== this.#active?.con) return false;
    this.#dout(0, () => `the connection to ${this.#monName(con)} broke`);
    const short = this.#cct.clock.monotonicNow() - this.#sessionSince < SHORT_SESSION;
    this.#shortSessions = short ? this.#shortSessions + 1 : 0;
    if (this.#shortSessions < 2) this.#reopenSession();
    else this.#huntLater();
    return false;
  }

  msHandleRemoteReset(con: Connection): void {
    this.msHandleReset(con);
  }

  #handles(m: Message): boolean {
    return (
      m instanceof MMonMap ||
      m instanceof MMonSubscribeAck ||
      m instanceof MMonCommandAck ||
      m instanceof MMonGetVersionReply ||
      m instanceof MAuthReply ||
      m instanceof MLogAck ||
      m instanceof MConfig ||
      m instanceof MPing
    );
  }

  #handle(m: Message): void {
    if (m instanceof MMonMap) this.#handleMonMap(m);
    else if (m instanceof MMonCommandAck) this.#commands.handleReply(m.tid, { r: m.r, outs: m.rs, outbl: m.data });
    else if (m instanceof MMonGetVersionReply) this.#handleVersion(m);
    else if (m instanceof MAuthReply) this.#handleAuthReply(m);
    else if (m instanceof MConfig) this.#options.onConfig?.(m.config);
    else if (m instanceof MLogAck) {
      this.#log.handleAck(m);
      if (this.#log.hasMore) this.#sendLog();
    }
  }

  #handleMonMap(m: MMonMap): void {
    const monmap = MonMap.decode(new Decoder(m.monmapbl, 'MonMap'));
    const configured = Uuid.parse(this.#cct.conf.str('fsid'));
    if (configured && !configured.equals(monmap.fsid)) {
      this.#finishAuth(
        new CephError('ERR_CEPH_FSID', `the monitors are of cluster ${String(monmap.fsid)}, not of ${String(configured)}`, {
          errno: ERRNO.EPERM,
        }),
      );
      return;
    }
    if (monmap.epoch !== this.#monmap.epoch) this.#picker.reset();
    this.#monmap = monmap;
    this.#dout(10, () => `monmap e${monmap.epoch}: ${monmap.ranks.join()}`);
    this.#sub.got('monmap', monmap.epoch);
    if (!this.#active) return;
    if (this.#monNameAt(this.#active.con.peerAddrs) === undefined) {
      this.#dout(1, () => `the monitor at ${String(m.connection?.peerAddrs)} left the map`);
      this.#reopenSession();
      return;
    }
    this.#finishAuth();
  }

  #handleVersion({ handle, version, oldestVersion }: MMonGetVersionReply): void {
    const request = this.#versions.get(handle);
    this.#versions.delete(handle);
    request?.resolve({ newest: version, oldest: oldestVersion });
  }

  #handleAuthReply({ result, payload }: MAuthReply): void {
    const outcome = this.#handler?.handleResponse(result, payload);
    if (!outcome) return;
    if (outcome.r < 0 && outcome.r !== -ERRNO.EAGAIN) this.#dout(0, () => `renewing tickets failed: ${errnoName(outcome.r)}`);
    if (outcome.r === -ERRNO.EAGAIN) this.#sendAuth();
    if (this.#rotatingDue()) this.#checkRotating();
    else for (const done of this.#rotatingWaiters.splice(0)) done();
  }

  // ---- hunting

  /** Sessions that break as soon as they are up, one after the other, would go on doing so: waits for the next tick. */
  #huntLater(): void {
    this.#closeAll();
    this.#scheduleTick();
  }

  /** Gives up what there is and tries other monitors. */
  #reopenSession(): void {
    if (this.#stopping) return;
    this.#closeAll();
    if (this.#hadSession) {
      const { conf } = this.#cct;
      this.#multiplier = Math.min(
        this.#multiplier * conf.number('mon_client_hunt_interval_backoff'),
        conf.number('mon_client_hunt_interval_max_multiple'),
      );
    }
    this.#waiting = [];
    for (const name of this.#picker.pick(this.#monmap, this.#cct.conf.number('mon_client_hunt_parallel'))) {
      const addrs = this.#monmap.monInfo.get(name)?.publicAddrs ?? EntityAddrVec.EMPTY;
      const con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MON, addrs);
      this.#pending.push(new MonConnection(this.#connectionHost, con, this.#claimedId, this.#handler?.clone()));
      this.#dout(10, () => `trying mon.${name} at ${String(addrs)}`);
    }
    for (const mon of [...this.#pending]) mon.start();
    this.#scheduleTick();
  }

  #closeAll(): void {
    const gone = [...this.#pending, ...(this.#active ? [this.#active] : [])];
    this.#pending = [];
    this.#active = undefined;
    for (const mon of gone) mon.close();
  }

  #monAuthenticated(mon: MonConnection, r: number): void {
    const at = this.#pending.indexOf(mon);
    if (at < 0) {
      if (r < 0) this.#commands.authFailed(mon, r);
      return;
    }
    this.#pending.splice(at, 1);
    if (r < 0) this.#monRefused(mon, r);
    else this.#foundMon(mon);
  }

  #monRefused(mon: MonConnection, r: number): void {
    this.#dout(0, () => `mon at ${String(mon.con.peerAddrs)} refuses ${String(this.entityName)}: ${errnoName(r)}`);
    // not in this call: it comes from the very connection
    this.#cct.clock.defer(() => mon.close());
    if (this.#pending.length > 0) return;
    this.#hadSession = true;
    // the ticket that shows who one was may count no more: one comes as somebody new
    this.#handler = undefined;
    this.#claimedId = 0;
    if (this.#options.keyring && !this.#haveKey()) {
      this.#finishAuth(
        new CephError('ERR_CEPH_NO_KEYRING', `there is no key for ${String(this.entityName)}`, { errno: ERRNO.ENOENT }),
      );
      return;
    }
    const why = r === -ERRNO.EACCES ? 'wrong key, or no such entity' : errnoName(r);
    this.#finishAuth(new CephError('ERR_CEPH_AUTH', `the monitors refuse ${String(this.entityName)}: ${why}`, { errno: -r }));
  }

  #foundMon(mon: MonConnection): void {
    const others = this.#pending;
    this.#pending = [];
    this.#active = mon;
    for (const other of others) other.close();
    this.#dout(1, () => `found ${this.#monName(mon.con)}, global id ${mon.globalId}`);
    this.#hadSession = true;
    this.#unBackoff();
    this.#lastRotatingRequest = -Infinity;
    this.#sessionSince = this.#lastKeepalive = this.#cct.clock.monotonicNow();
    this.#handler = mon.handler;
    const before = this.#globalId;
    this.#globalId = this.#claimedId = mon.globalId;
    for (const m of this.#waiting.splice(0)) this.sendMonMessage(m);
    this.#sub.reload();
    this.renewSubs();
    this.#commands.resend();
    for (const [handle, { what }] of this.#versions) this.sendMonMessage(new MMonGetVersion(what, handle));
    this.#sendLog(true);
    this.#checkTickets();
    this.#scheduleTick();
    if (before !== 0 && before !== mon.globalId) this.#options.onGlobalIdChanged?.(before, mon.globalId);
    if (this.#monmap.epoch > 0) this.#finishAuth();
  }

  #finishAuth(error?: Error): void {
    for (const { resolve, reject } of this.#authWaiters.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  }

  #authTimedOut(waiter: Waiter, timeoutMs: number): void {
    this.#authWaiters.splice(this.#authWaiters.indexOf(waiter), 1);
    const mons = [...this.#monmap.monInfo.values()].map(({ publicAddrs }) => String(publicAddrs)).join(', ');
    waiter.reject(
      new CephError('ERR_CEPH_TIMEDOUT', `no monitor could be reached within ${timeoutMs / 1000} s; tried ${mons || 'none'}`, {
        errno: ERRNO.ETIMEDOUT,
      }),
    );
  }

  #unBackoff(): void {
    const { conf } = this.#cct;
    this.#multiplier = Math.max(
      conf.number('mon_client_hunt_interval_min_multiple'),
      this.#multiplier / conf.number('mon_client_hunt_interval_backoff'),
    );
  }

  // ---- time

  #scheduleTick(): void {
    if (this.#stopping) return;
    const { conf } = this.#cct;
    this.#timer.cancelAllEvents();
    const seconds = this.#active
      ? Math.min(conf.number('mon_client_ping_interval'), conf.number('mon_client_log_interval'))
      : conf.number('mon_client_hunt_interval') * this.#multiplier;
    this.#timer.addEventAfter(seconds * 1000, () => this.#tick());
  }

  #tick(): void {
    if (this.#stopping) return;
    const { clock, conf } = this.#cct;
    this.#commands.tick();
    if (!this.#active) {
      if (this.#wantSession) this.#reopenSession();
      else this.#scheduleTick();
      return;
    }
    const now = clock.monotonicNow();
    const { con } = this.#active;
    this.#checkTickets();
    if (now >= this.#lastKeepalive + conf.number('mon_client_ping_interval') * 1000) {
      con.sendKeepalive();
      this.#lastKeepalive = now;
      const limit = conf.number('mon_client_ping_timeout') * 1000;
      if (limit > 0 && clock.now() - con.lastKeepaliveAck > limit) {
        this.#dout(1, () => `no sign of life from ${this.#monName(con)}`);
        this.#reopenSession();
        return;
      }
      this.#unBackoff();
    }
    if (now >= this.#lastLog + conf.number('mon_client_log_interval') * 1000) {
      this.#lastLog = now;
      this.#sendLog();
    }
    this.#scheduleTick();
  }

  #sendLog(again = false): void {
    const m = this.#log.message(this.fsid, again);
    if (m) this.sendMonMessage(m);
  }

  // ---- tickets

  #haveKey(): boolean {
    return this.#keyring.getSecret(this.entityName)?.isEmpty === false;
  }

  #createHandler(method: number): ClientHandler | undefined {
    if (method === AUTH_METHOD.NONE) return new NoneClientHandler(this.entityName);
    if (method !== AUTH_METHOD.CEPHX) return undefined;
    return new CephxClientHandler(this.#cct, {
      name: this.entityName,
      keys: this.#keyring,
      want: this.#options.wantKeys ?? ALL_SERVICES,
      rotating: this.rotating,
    });
  }

  #checkTickets(): void {
    if (!this.#active || !this.#handler) return;
    if (this.#handler.needTickets()) this.#sendAuth();
    this.#checkRotating();
  }

  #sendAuth(): void {
    if (!this.#handler) return;
    this.sendMonMessage(new MAuth(this.#handler.method, this.#handler.buildRequest()));
  }

  #needsRotating(): boolean {
    return needsRotatingKeys(this.entityName.type) && this.#handler?.buildRotatingRequest !== undefined;
  }

  #rotatingDue(): boolean {
    const { clock, conf } = this.#cct;
    return (
      this.#needsRotating() &&
      this.rotating.needNewSecrets(clock.now() - Math.min(30, conf.number('auth_service_ticket_ttl') / 4) * 1000)
    );
  }

  #checkRotating(): void {
    const now = this.#cct.clock.monotonicNow();
    if (!this.#handler || !this.#rotatingDue() || now - this.#lastRotatingRequest < 1000) return;
    const request = this.#handler.buildRotatingRequest?.();
    if (!request) return;
    this.#lastRotatingRequest = now;
    this.sendMonMessage(new MAuth(this.#handler.method, request));
  }

  // ---- for the parts

  #authHost(): ConstructorParameters<typeof MonAuthClient>[0] {
    const handler = (): ClientHandler | undefined => this.#handler;
    return {
      cct: this.#cct,
      registry: this.#registry,
      get handler() {
        return handler();
      },
      findMonConnection: (con) =>
        this.#pending.find((mon) => mon.con === con) ??
        (this.#active?.con === con ? this.#active : undefined) ??
        this.#commands.sessionOf(con),
      renewTickets: () => this.#checkTickets(),
      monAuthenticated: (mon, r) => this.#monAuthenticated(mon, r),
    };
  }

  #commandsHost(): ConstructorParameters<typeof MonCommands>[0] {
    const monmap = (): MonMap => this.#monmap;
    return {
      cct: this.#cct,
      get monmap() {
        return monmap();
      },
      // while there is no session it is sent with the next one
      send: (m) => this.#active?.con.sendMessage(m),
      openTo: (mon) => {
        const addrs = this.#monmap.monInfo.get(mon)?.publicAddrs ?? EntityAddrVec.EMPTY;
        return new MonConnection(this.#connectionHost, this.#messenger.connectTo(CEPH_ENTITY_TYPE_MON, addrs, { anon: true }), 0);
      },
    };
  }

  #monNameAt(addrs: EntityAddrVec): string | undefined {
    for (const { name, publicAddrs } of this.#monmap.monInfo.values()) {
      if (publicAddrs.addrs.some((addr) => addrs.contains(addr))) return name;
    }
    return undefined;
  }

  #monName(con: Connection): string {
    return `mon.${this.#monNameAt(con.peerAddrs) ?? String(con.peerAddrs)}`;
  }

  #dout(level: number, message: string | (() => string)): void {
    this.#cct.dout(
      'monc',
      level,
      () => `monclient${this.#active ? '' : '(hunting)'}: ${typeof message === 'function' ? message() : message}`,
    );
  }
}
