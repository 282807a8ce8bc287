import { availableParallelism } from 'node:os';

import type { CephContext, CephContextOptions, ConfigValue } from '@cephts/common';
import type { NetworkStack } from '@cephts/async-messenger';
import { EntityAddrVec } from '@cephts/encoding';
import { CephError, ERRNO } from '@cephts/common';
import { holdOpen } from '../daemon/hold-open.js';
import { commonInitFinish, globalInit, globalShutdown, main } from '../daemon/main.js';
import type { BootStage, Ending, MdsProcess } from '../daemon/main.js';
import type { MDSRankDispatcher } from '../rank/mds-rank-dispatcher.js';
import type { AdminSocket } from '../services/admin-socket.js';
import { LmdbObjectStore } from '../store/lmdb-object-store.js';
import { MemoryObjectStore } from '../store/memory-object-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { EmbeddedMonitor } from './embedded-monitor.js';
import { FileMonitorStore, MemoryMonitorStore } from './monitor-store.js';
import type { MonitorStore } from './monitor-store.js';

/** Options of {@link startEmbeddedMds}; all optional. */
export interface EmbeddedMdsOptions {
  /** Folder of the durable store; made when it is not there. @defaultValue none: everything is kept in memory */
  dataDir?: string;
  /** The object store to use instead; it is not closed with the MDS. */
  store?: ObjectStore;
  /** Where the monitor keeps its state, with `store`. @defaultValue in memory */
  monitorStore?: MonitorStore;
  /** IP address to listen on, with free ports; or `ip:port` for the monitor's. @defaultValue `'127.0.0.1'` */
  bind?: string;
  /** The network to work on, as a SimulatedNetwork gives them out. @defaultValue the machine's */
  stack?: NetworkStack;
  /** The daemon's name without its kind. @defaultValue `'a'` */
  name?: string;
  /** Unix socket for commands. @defaultValue none */
  adminSocket?: string;
  /** File for log lines. @defaultValue standard error */
  logFile?: string;
  /**
   * msgr-worker threads; 0 runs the event centers in this isolate. @defaultValue the option ms_async_op_threads where `conf` has it;
   * 3 as Ceph has them, but 0 with fewer than four processors, where the threads would only wait for each other
   */
  msgrWorkers?: number;
  /** Run the real threads `log`, `service` and `admin_socket`. @defaultValue true */
  services?: boolean;
  /** Handle SIGTERM, SIGINT and SIGHUP of this process. @defaultValue false */
  signals?: boolean;
  /** Option values by Ceph's names. */
  conf?: Readonly<Record<string, ConfigValue>>;
  /** Clock, randomness, log sink. */
  context?: Omit<CephContextOptions, 'name' | 'conf'>;
  /** Told of each stage of the boot. */
  onStage?: (stage: BootStage, cct: CephContext) => void;
}

/** A running embedded MDS. */
export interface EmbeddedMds {
  /** Where clients find the monitor, which tells them the rest. */
  readonly monAddr: string;
  readonly monAddrs: EntityAddrVec;
  readonly cct: CephContext;
  readonly rank: MDSRankDispatcher;
  readonly adminSocket: AdminSocket;
  readonly process: MdsProcess;
  /** Resolves at the end, whoever brought it about; everything is closed by then. */
  readonly ended: Promise<Ending>;
  /** An id for a client, which nobody had before. */
  allocateGlobalId(): number;
  /** Flushes the journal and ends everything, in order. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

function parseBind(text: string): { mon: EntityAddrVec; mds: EntityAddrVec } {
  const bracketed = text.includes(':') && !text.includes('.') && !text.startsWith('[') ? `[${text}]` : text;
  const [, host = '', port = '0'] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(bracketed) ?? [];
  const mon = EntityAddrVec.parse(`v2:${host}:${port}/0`);
  const mds = EntityAddrVec.parse(`v2:${host}:0/0`);
  if (!mon || !mds || Number(port) > 65_535) {
    throw new CephError('ERR_CEPH_INVALID_OPTION', `Expected \`bind\` to be an IP address or ip:port, got \`${text}\``, {
      errno: ERRNO.EINVAL,
    });
  }
  return { mon, mds };
}

/**
 * Boots a whole MDS in this process, with its monitor and its object store, and resolves when it is active.
 *
 * @throws CephError when the data folder is in use, damaged or of a newer version (it is left as it is), or an option is wrong
 */
export async function startEmbeddedMds(options: EmbeddedMdsOptions = {}): Promise<EmbeddedMds> {
  const bind = parseBind(options.bind ?? '127.0.0.1');
  const { dataDir, stack, services: realThreads = true } = options;
  const monitorStore = options.monitorStore ?? (dataDir === undefined ? new MemoryMonitorStore() : new FileMonitorStore(dataDir));
  // looks before anything in the folder is touched
  monitorStore.load();
  const undo: (() => void | Promise<void>)[] = [];
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const release = holdOpen();
  let ended: Promise<Ending> | undefined;
  try {
    const global = globalInit({
      services: realThreads,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      ...(options.context === undefined ? {} : { context: options.context }),
      ...(options.onStage === undefined ? {} : { onStage: options.onStage }),
      conf: {
        ...(dataDir === undefined ? {} : { mds_data: dataDir }),
        ...(options.adminSocket === undefined ? {} : { admin_socket: options.adminSocket }),
        ms_async_op_threads: options.msgrWorkers ?? (availableParallelism() < 4 ? 0 : 3),
        ...options.conf,
      },
    });
    const { cct } = global;
    undo.push(async () => {
      await global.log?.stop();
    });
    const objecter =
      options.store ??
      (dataDir === undefined ? new MemoryObjectStore({ clock: cct.clock }) : await LmdbObjectStore.open(cct, dataDir));
    if (!options.store) undo.push(() => objecter.close());
    const services = await commonInitFinish(global);
    undo.push(() => globalShutdown(global, services));
    const monitor = new EmbeddedMonitor(cct, { store: monitorStore, bind: bind.mon, ...(stack ? { stack } : {}) });
    await monitor.start();
    undo.push(() => monitor.shutdown());
    const process = await main({
      global,
      services,
      objecter,
      mon: { monAddrs: monitor.addrs, globalId: monitor.allocateGlobalId() },
      bind: bind.mds,
      signals: options.signals ?? false,
      ...(stack ? { stack } : {}),
    });
    const end = process.ended.then(async (ending) => {
      await unwind();
      release();
      return ending;
    });
    ended = end;
    await process.active;
    const close = async (): Promise<void> => {
      await process.shutdown('closed');
      await end;
    };
    return {
      monAddr: String(monitor.addrs),
      monAddrs: monitor.addrs,
      cct,
      rank: process.daemon.rank as MDSRankDispatcher,
      adminSocket: services.adminSocket,
      process,
      ended: end,
      allocateGlobalId: () => monitor.allocateGlobalId(),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    // what runs ends by itself, and takes all with it
    await ended;
    await unwind();
    release();
    throw error;
  }
}
