import { CephContext, CephError, ERRNO } from '@cephts/common';
import type { CephContextOptions, ConfigValue, ThreadEntry } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, CEPH_ENTITY_TYPE_MON, CEPH_FEATURE, EntityName } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import type { CephConf, MonClientOptions } from '@cephts/rados';
import { Messenger, Policy } from '@cephts/async-messenger';
import type { NetworkStack } from '@cephts/async-messenger';
import { MDS_STATE_ACTIVE, MDS_STATE_CREATING, MDS_STATE_REPLAY, MonClient, mdsStateName } from '@cephts/rados';
import { mdsMessageRegistry } from '../messages/index.js';
import { AdminSocket } from '../services/admin-socket.js';
import { Log } from '../services/log.js';
import { Service } from '../services/service.js';
import type { ObjectStore } from '../store/object-store.js';
import { registerTraceCommands } from '../trace/trace-commands.js';
import { registerCommonCommands, registerDaemonCommands } from './asok-commands.js';
import { MDSDaemon } from './mds-daemon.js';
import { MDS_OPTIONS } from './options.js';
import { SignalHandler } from './signal-handler.js';
import { CEPH_VERSION, CEPHTS_VERSION } from './version.js';

/** What main goes through, in order. */
export type BootStage =
  | 'globalInit'
  | 'commonInitFinish'
  | 'messengerCreate'
  | 'bindv'
  | 'signalHandler'
  | 'monClientBuild'
  | 'newMDSDaemon'
  | 'mdsInit'
  | 'handleMdsMap'
  | 'rankInit'
  | 'bootCreate'
  | 'bootStart'
  | `state:${string}`;

/** Options of {@link globalInit}. */
export interface GlobalInitOptions {
  /** The daemon's name without its kind. @defaultValue `'a'` */
  name?: string;
  /** Option values by Ceph's names. */
  conf?: Readonly<Record<string, ConfigValue>>;
  /** The configuration of a cluster; `conf` counts more. */
  cephConf?: CephConf;
  /** File for log lines; '' is standard error. Without a log thread: none. */
  logFile?: string;
  /** Run the real threads `log`, `service` and `admin_socket`. @defaultValue true */
  services?: boolean;
  /** Clock, randomness, log sink: for tests. */
  context?: Omit<CephContextOptions, 'name' | 'conf'>;
  /** Told of each stage once it is reached. */
  onStage?: (stage: BootStage, cct: CephContext) => void;
}

/** A process that has its context, its log, and the way to its end. */
export interface GlobalContext {
  cct: CephContext;
  name: string;
  log: Log | undefined;
  /** The row of the main thread. */
  main: ThreadEntry;
  onStage: (stage: BootStage) => void;
}

/**
 * The context of a daemon: configuration, thread table, and the `log` thread.
 *
 * @see src/global/global_init.cc (16.2.15)
 */
export function globalInit(options: GlobalInitOptions = {}): GlobalContext {
  const { name = 'a', services = true } = options;
  const cct = new CephContext({
    ...options.context,
    name: `mds.${name}`,
    conf: { name: `mds.${name}`, ...options.conf, ...(options.logFile === undefined ? {} : { log_file: options.logFile }) },
  });
  for (const [source, values] of options.cephConf?.layers() ?? []) cct.conf.load(values, source);
  cct.conf.define(MDS_OPTIONS);
  const main = cct.threads.add({
    name: 'ceph-mds',
    owner: 'main',
    kind: 'real',
    purpose: 'boots the daemon; all cooperative threads take their turns in it',
  });
  main.state = 'running';
  const log = services ? new Log(cct) : undefined;
  if (log) cct.log = log;
  const onStage = (stage: BootStage): void => {
    cct.dout('mds', 1, `boot: ${stage}`);
    options.onStage?.(stage, cct);
  };
  cct.dout('mds', 0, `cephts-mds ${CEPHTS_VERSION}, of Ceph ${CEPH_VERSION.version}, process ${process.pid}`);
  onStage('globalInit');
  return { cct, name, log, main, onStage };
}

/** The admin socket with the commands of any daemon, and the `service` thread. */
export interface CommonServices {
  adminSocket: AdminSocket;
  service: Service | undefined;
}

/**
 * Starts the `service` and `admin_socket` threads.
 *
 * @see src/global/global_init.cc, CephContext::start_service_thread in src/common/ceph_context.cc (16.2.15)
 */
export async function commonInitFinish({ cct, log, onStage }: GlobalContext): Promise<CommonServices> {
  const adminSocket = new AdminSocket(cct, CEPH_VERSION);
  registerCommonCommands(adminSocket, cct, log);
  const service = log ? new Service(cct, { log }) : undefined;
  const path = cct.conf.str('admin_socket');
  if (path !== '') await adminSocket.init({ path, ...(log ? { log } : {}) });
  onStage('commonInitFinish');
  return { adminSocket, service };
}

/** Options of {@link main}. */
export interface MainOptions {
  global: GlobalContext;
  services: CommonServices;
  /** Where a rank keeps its objects. @defaultValue in the pools of the cluster */
  objecter?: ObjectStore;
  /** Where the monitors are, and how to be let in. */
  mon: Omit<MonClientOptions, 'messenger' | 'onGlobalIdChanged'>;
  /** Address to listen on; port 0 takes a free one. */
  bind: EntityAddrVec;
  /** The network to work on. @defaultValue the machine's */
  stack?: NetworkStack;
  /** Told when the monitors made the daemon a standby. */
  onStandby?: () => void;
  /** Told when the daemon has got a rank, before anything else. */
  onRank?: () => void;
  /** Listen to SIGTERM, SIGINT and SIGHUP. @defaultValue false */
  signals?: boolean;
}

/** How a daemon came to its end. */
export interface Ending {
  /** 0 when it was told to end. */
  code: number;
  why: string;
  /** Should it start anew, as another instance: the monitors dropped it, or gave it another rank? */
  respawn: boolean;
}

/** A running daemon. */
export interface MdsProcess {
  readonly daemon: MDSDaemon;
  readonly messenger: Messenger;
  /** Ends the daemon; the services and the store are the caller's. */
  shutdown(why?: string, code?: number): Promise<void>;
  /** Resolves at the end, whoever brought it about. */
  readonly ended: Promise<Ending>;
  /** Resolves when the rank is active; rejects when the daemon ends before. */
  readonly active: Promise<void>;
}

function createMessenger({ cct }: GlobalContext, stack: NetworkStack | undefined): Messenger {
  const messenger = new Messenger(cct, {
    name: EntityName.mds(-1),
    logicalName: 'mds',
    registry: mdsMessageRegistry(),
    ...(stack ? { stack } : {}),
  });
  const { OSDREPLYMUX, UID, PGID64 } = CEPH_FEATURE;
  messenger.setDefaultPolicy(Policy.lossyClient(OSDREPLYMUX));
  messenger.setPolicy(CEPH_ENTITY_TYPE_MON, Policy.lossyClient(UID | PGID64));
  messenger.setPolicy(CEPH_ENTITY_TYPE_MDS, Policy.losslessPeer(UID));
  messenger.setPolicy(CEPH_ENTITY_TYPE_CLIENT, Policy.statefulServer(0n));
  return messenger;
}

/**
 * Boots a daemon: messenger, signal handler, monitor client, MDSDaemon. What follows is the monitor's to say, by its maps.
 *
 * @see src/ceph_mds.cc (16.2.15)
 */
export async function main(options: MainOptions): Promise<MdsProcess> {
  const { global, services, objecter, mon, bind } = options;
  const { cct, name, onStage } = global;

  const messenger = createMessenger(global, options.stack);
  onStage('messengerCreate');
  try {
    await messenger.bindv(bind);
  } catch (error) {
    await messenger.shutdown();
    throw error;
  }
  onStage('bindv');

  const signals = new SignalHandler(cct);
  onStage('signalHandler');

  const monc = new MonClient(cct, {
    ...mon,
    messenger,
    onGlobalIdChanged: () => respawn('the monitors know this daemon no more'),
  });
  onStage('monClientBuild');
  messenger.start();

  let end: ((ending: Ending) => void) | undefined;
  const ended = new Promise<Ending>((resolve) => (end = resolve));
  let becameActive: (() => void) | undefined;
  let neverActive: ((error: Error) => void) | undefined;
  const active = new Promise<void>((resolve, reject) => {
    becameActive = resolve;
    neverActive = reject;
  });
  active.catch(() => undefined);

  let ending: Promise<void> | undefined;
  const shutdown = (why = 'shutdown', code = 0, again = false): Promise<void> => {
    ending ??= (async (): Promise<void> => {
      cct.dout('mds', code === 0 ? 0 : -1, `ending: ${why}`);
      await (again ? daemon.abandon() : daemon.suicide());
      await messenger.wait();
      signals.shutdown();
      neverActive?.(new CephError('ERR_CEPH_BOOT', `the MDS ended before it was active: ${why}`, { errno: ERRNO.EIO }));
      end?.({ code, why, respawn: again });
    })();
    return ending;
  };
  const fatal = (why: string): void => void shutdown(why, 1);
  const respawn = (why: string): void => void shutdown(why, 1, true);

  let mapped = false;
  const daemon = new MDSDaemon(cct, {
    name,
    messenger,
    monc,
    ...(objecter ? { objecter } : {}),
    adminSocket: services.adminSocket,
    onRespawn: respawn,
    onSuicide: fatal,
    onMap: () => {
      if (!mapped) onStage('handleMdsMap');
      mapped = true;
    },
    ...(options.onStandby ? { onStandby: options.onStandby } : {}),
    onRankInit: () => {
      options.onRank?.();
      onStage('rankInit');
    },
    onState: (state) => {
      if (state === MDS_STATE_CREATING) onStage('bootCreate');
      if (state === MDS_STATE_REPLAY) onStage('bootStart');
      onStage(`state:${mdsStateName(state)}`);
      if (state === MDS_STATE_ACTIVE) becameActive?.();
    },
  });
  onStage('newMDSDaemon');
  registerTraceCommands(services.adminSocket, daemon);
  registerDaemonCommands(services.adminSocket, daemon, () => void shutdown('asked to exit'));

  if (options.signals) {
    signals.register('SIGHUP', () => (services.service ? services.service.reopenLogs() : global.log?.reopen()));
    signals.registerOneshot('SIGINT', (signal) => void shutdown(`got ${signal}`));
    signals.registerOneshot('SIGTERM', (signal) => void shutdown(`got ${signal}`));
  }
  try {
    await daemon.init();
  } catch (error) {
    await shutdown(`it could not join: ${error instanceof Error ? error.message : String(error)}`, 1);
    throw error;
  }
  onStage('mdsInit');
  return { daemon, messenger, shutdown, ended, active };
}

/** Ends what {@link commonInitFinish} and {@link globalInit} started. */
export async function globalShutdown({ cct, log, main: row }: GlobalContext, services: CommonServices): Promise<void> {
  await services.adminSocket.shutdown();
  await services.service?.stop();
  cct.threads.remove(row);
  await log?.stop();
}
