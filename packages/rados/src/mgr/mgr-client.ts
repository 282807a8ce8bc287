import { AbortedError, CephError, ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MGR, Encoder, Uuid, compareText } from '@cephts/encoding';
import { SafeTimer } from '@cephts/safe-timer';
import type { TimerEvent } from '@cephts/safe-timer';
import type { Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import { MgrMap } from '../maps/mgr-map.js';
import { MCommand, MCommandReply } from '../messages/m-command.js';
import { MMgrMap } from '../messages/m-maps.js';
import { MMgrClose, MMgrCommand, MMgrCommandReply, MMgrConfigure, MMgrOpen, MMgrReport } from '../messages/m-mgr.js';
import type { MonClient } from '../mon/mon-client.js';
import type { CommandOptions, CommandReply } from '../mon/mon-commands.js';
import { signals } from '../signals.js';
import { PerfReporter } from './perf-report.js';

/** Options of {@link MgrClient}. */
export interface MgrClientOptions {
  messenger: Messenger;
  monc: MonClient;
  /** The daemon's name without its kind. @defaultValue that of the monitor client's entity */
  daemonName?: string;
}

interface Session {
  con: Connection;
  reporter: PerfReporter;
}

interface Command {
  tid: number;
  cmd: string[];
  inbl: Uint8Array;
  /** For one certain manager: '' for the active one, undefined for a command of the cluster. */
  tell: string | undefined;
  settle: (outcome: CommandReply | Error) => void;
}

const NOTHING = new Uint8Array(0);
/** Longest time to wait, in ms, until the manager has taken leave of a service that only it knows. */
const UNREGISTER_TIMEOUT = 1000;

/** Numbers of the sources of option values. @see src/common/config.h (16.2.15) */
const LEVELS: Readonly<Record<string, number>> = { mon: 1, file: 2, env: 3, cmdline: 4, override: 5, final: 6 };

/**
 * The session with the active manager: a daemon's counters, metadata and status go to it, commands for its modules too. It follows the
 * MgrMap from one manager to the next; commands that wait go with it.
 *
 * @see src/mgr/MgrClient.cc (16.2.15)
 */
export class MgrClient implements Dispatcher {
  readonly name = 'MgrClient';
  readonly #cct: CephContext;
  readonly #messenger: Messenger;
  readonly #monc: MonClient;
  readonly #timer: SafeTimer;
  readonly #commands = new Map<number, Command>();
  #daemonName: string;
  #serviceName = '';
  #serviceMetadata: Map<string, string> | undefined;
  #daemonStatus: Map<string, string> | undefined;
  #taskStatus: Map<string, string> | undefined;
  #map = new MgrMap();
  #session: Session | undefined;
  #statsPeriod = 0;
  #statsThreshold = 0;
  #lastTid = 0;
  #lastConnect = -Infinity;
  #retry: TimerEvent = 0;
  #report: TimerEvent = 0;
  #onClosed: (() => void) | undefined;
  #initialized = false;
  #stopping = false;

  constructor(cct: CephContext, { messenger, monc, daemonName }: MgrClientOptions) {
    this.#cct = cct;
    this.#messenger = messenger;
    this.#monc = monc;
    this.#daemonName = daemonName ?? monc.entityName.id;
    this.#timer = new SafeTimer(cct, { owner: 'MgrClient::timer', purpose: 'reports to the manager, and tries to reach it' });
  }

  get map(): MgrMap {
    return this.#map;
  }

  /** Is there a session with a manager? */
  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Asks for the MgrMap, which tells where to go. The client must be one of the messenger's dispatchers. */
  init(): void {
    if (this.#initialized || this.#stopping) return;
    this.#initialized = true;
    this.#timer.init();
    this.#monc.subWant('mgrmap', this.#map.epoch === 0 ? 0 : this.#map.epoch + 1);
    this.#monc.renewSubs();
    if (this.#map.epoch > 0) this.#reconnect();
  }

  /** Takes leave of the manager and ends; commands that wait reject. */
  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const command of [...this.#commands.values()]) command.settle(new AbortedError('the manager client was shut down'));
    if (this.#serviceMetadata && this.#session) await this.#sayGoodbye(this.#session.con);
    await this.#timer.shutdown();
    this.#session?.con.markDown();
    this.#session = undefined;
  }

  /** Registers a service that only managers know, such as a gateway; shows in `ceph service dump`. */
  serviceDaemonRegister(service: string, name: string, metadata: ReadonlyMap<string, string>): void {
    this.#serviceName = service;
    this.#daemonName = name;
    this.#serviceMetadata = new Map(metadata);
    if (this.#session) this.#sendOpen();
  }

  /** What long tasks are doing: shows in `ceph -s`. */
  updateTaskStatus(status: ReadonlyMap<string, string>): void {
    this.#taskStatus = new Map(status);
  }

  updateDaemonStatus(status: ReadonlyMap<string, string>): void {
    this.#daemonStatus = new Map(status);
  }

  /** Runs a command of a manager's module. @throws AbortedError, CephError `ERR_CEPH_TIMEDOUT` */
  startCommand(cmd: object | string, inbl?: Uint8Array, options?: CommandOptions): Promise<CommandReply> {
    return this.#start(cmd, inbl, options, undefined);
  }

  /** Runs a command on a manager itself: `ceph tell mgr`. @param name '' for the active one */
  tellCommand(name: string, cmd: object | string, inbl?: Uint8Array, options?: CommandOptions): Promise<CommandReply> {
    return this.#start(cmd, inbl, options, name);
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (m instanceof MMgrMap) this.#handleMap(m);
    else if (m.connection !== this.#session?.con || !m.connection) return false;
    else if (m instanceof MMgrConfigure) this.#handleConfigure(m);
    else if (m instanceof MMgrClose) this.#onClosed?.();
    else if (m instanceof MCommandReply || m instanceof MMgrCommandReply) {
      this.#commands.get(m.tid)?.settle({ r: m.r, outs: m.rs, outbl: m.data });
    } else return false;
    return true;
  }

  msHandleReset(con: Connection): boolean {
    if (con !== this.#session?.con) return false;
    this.#dout(4, 'the connection to the manager broke');
    this.#reconnect();
    return true;
  }

  #handleMap({ map }: MMgrMap): void {
    if (map.epoch < this.#map.epoch) return;
    this.#map = map;
    this.#monc.subGot('mgrmap', map.epoch);
    this.#dout(4, () => `mgrmap e${map.epoch}: active ${map.activeName || 'none'}`);
    if (!this.#initialized) return;
    if (!this.#session?.con.peerAddrs.equals(map.activeAddrs)) this.#reconnect();
  }

  #handleConfigure({ statsPeriod, statsThreshold }: MMgrConfigure): void {
    this.#dout(4, () => `reports every ${statsPeriod} s, of counters with priority ${statsThreshold} or more`);
    const starting = this.#statsPeriod === 0 && statsPeriod !== 0;
    this.#statsPeriod = statsPeriod;
    this.#statsThreshold = statsThreshold;
    if (starting) this.#sendReport();
  }

  // ---- the session

  #reconnect(): void {
    this.#session?.con.markDown();
    this.#session = undefined;
    this.#statsPeriod = 0;
    this.#timer.cancelEvent(this.#report);
    if (this.#stopping || !this.#map.available) return;
    const wait = this.#lastConnect + this.#cct.conf.number('mgr_connect_retry_interval') * 1000 - this.#cct.clock.monotonicNow();
    if (wait > 0) {
      if (!this.#timer.hasEvent(this.#retry)) this.#retry = this.#timer.addEventAfter(wait, () => this.#reconnect());
      return;
    }
    this.#timer.cancelEvent(this.#retry);
    this.#lastConnect = this.#cct.clock.monotonicNow();
    this.#dout(4, () => `connecting to mgr.${this.#map.activeName} at ${String(this.#map.activeAddrs)}`);
    const con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MGR, this.#map.activeAddrs);
    this.#session = { con, reporter: new PerfReporter(this.#cct.perf) };
    // who only has commands to give does not report
    if (this.#messenger.myname.type !== CEPH_ENTITY_TYPE_CLIENT || this.#serviceMetadata) this.#sendOpen();
    for (const command of [...this.#commands.values()]) this.#send(command);
  }

  #sendOpen(): void {
    const m = new MMgrOpen();
    m.daemonName = this.#daemonName;
    m.serviceName = this.#serviceName;
    if (this.#serviceMetadata) {
      m.serviceDaemon = true;
      m.daemonMetadata = this.#serviceMetadata;
    }
    m.config = this.#encodeConfig();
    m.configDefaults = this.#encodeDefaults();
    this.#session?.con.sendMessage(m);
  }

  #sendReport(): void {
    const session = this.#session;
    if (!session || this.#statsPeriod === 0) return;
    const { declare, undeclare, packed } = session.reporter.report(this.#statsThreshold);
    const m = new MMgrReport();
    m.daemonName = this.#daemonName;
    m.serviceName = this.#serviceName;
    m.declareTypes = declare;
    m.undeclareTypes = undeclare;
    m.packed = packed;
    m.daemonStatus = this.#daemonStatus;
    m.taskStatus = this.#taskStatus;
    this.#daemonStatus = undefined;
    session.con.sendMessage(m);
    this.#report = this.#timer.addEventAfter(this.#statsPeriod * 1000, () => this.#sendReport());
  }

  async #sayGoodbye(con: Connection): Promise<void> {
    const { clock } = this.#cct;
    const m = new MMgrClose();
    m.daemonName = this.#daemonName;
    m.serviceName = this.#serviceName;
    con.sendMessage(m);
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, UNREGISTER_TIMEOUT);
      this.#onClosed = () => (clock.clearTimeout(timer), resolve());
    });
  }

  // ---- what `ceph config show` shows

  #encodeConfig(): Uint8Array {
    const { conf } = this.#cct;
    const changed = conf.names().filter((name) => conf.source(name) !== 'default' && name !== 'key');
    const e = new Encoder(1024).u32(changed.length);
    for (const name of changed.sort(compareText)) {
      e.string(name)
        .u32(1)
        .s32(LEVELS[conf.source(name)] ?? 5)
        .string(String(conf.get(name)));
    }
    // a manager of 16.2 aborts where the options that were ignored are missing
    return e.u32(0).toBytes();
  }

  #encodeDefaults(): Uint8Array {
    const { conf } = this.#cct;
    const names = conf.names().sort(compareText);
    const e = new Encoder(4096).u32(names.length);
    for (const name of names) e.string(name).string(String(conf.option(name).default));
    return e.toBytes();
  }

  // ---- commands

  #start(
    cmd: object | string,
    inbl: Uint8Array = NOTHING,
    { timeoutMs = 0, signal }: CommandOptions = {},
    tell: string | undefined,
  ): Promise<CommandReply> {
    if (this.#stopping) return Promise.reject(new AbortedError('the manager client was shut down'));
    this.init();
    const { clock } = this.#cct;
    return new Promise((resolve, reject) => {
      const tid = ++this.#lastTid;
      let unlisten: (() => void) | undefined;
      const onAbort = (): void => command.settle(new AbortedError('the command was aborted'));
      const late = (): void =>
        command.settle(
          new CephError('ERR_CEPH_TIMEDOUT', `no manager answered within ${timeoutMs / 1000} s`, { errno: ERRNO.ETIMEDOUT }),
        );
      const timer = timeoutMs > 0 ? clock.setTimeout(late, timeoutMs) : undefined;
      const command: Command = {
        tid,
        cmd: [typeof cmd === 'string' ? cmd : JSON.stringify(cmd)],
        inbl,
        tell,
        settle: (outcome) => {
          if (!this.#commands.delete(tid)) return;
          clock.clearTimeout(timer);
          unlisten?.();
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#commands.set(tid, command);
      if (signal?.aborted) {
        onAbort();
        return;
      }
      if (signal) unlisten = signals.add(signal, onAbort);
      if (this.#session) this.#send(command);
    });
  }

  #send(command: Command): void {
    const { tid, cmd, inbl, tell } = command;
    if (tell !== undefined && tell !== '' && tell !== this.#map.activeName) {
      command.settle({ r: -ERRNO.ENXIO, outs: `mgr.${tell} is not the active manager`, outbl: NOTHING });
      return;
    }
    // the fsid tells a command to the manager itself from one to its modules
    const m = tell === undefined ? new MMgrCommand(Uuid.ZERO, cmd) : new MCommand(this.#monc.fsid, cmd);
    m.tid = tid;
    m.data = inbl;
    this.#session?.con.sendMessage(m);
  }

  #dout(level: number, message: string | (() => string)): void {
    this.#cct.dout('mgrc', level, () => `mgrc ${typeof message === 'function' ? message() : message}`);
  }
}
