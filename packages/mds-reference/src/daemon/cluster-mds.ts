import { existsSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { CephError, ERRNO } from '@cephts/common';
import type { CephContext, CephContextOptions, TimerHandle } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import { CephConf, buildInitialMonMap, loadKeyring } from '@cephts/rados';
import type { CephConfOptions } from '@cephts/rados';
import type { ObjectStore } from '../store/object-store.js';
import { Rehearsal } from '../embedded/rehearsal.js';
import { holdOpen } from './hold-open.js';
import { commonInitFinish, globalInit, globalShutdown, main } from './main.js';
import type { BootStage, Ending, MdsProcess } from './main.js';

/** Time in ms that a daemon has stood by before it rehearses: who has just begun may be told to stop, or be needed, at once. */
const REHEARSAL_DELAY = 5000;

/** Defaults that an MDS has of its own. @see src/ceph_mds.cc (16.2.15) */
const DEFAULTS: Readonly<Record<string, string>> = {
  mds_data: '/var/lib/ceph/mds/$cluster-$id',
  keyring: '$mds_data/keyring',
  run_dir: '/var/run/ceph',
  admin_socket: '$run_dir/$cluster-$name.asok',
  log_file: '/var/log/ceph/$cluster-$name.log',
};

/**
 * The configuration of a daemon `mds.NAME`.
 *
 * @throws CephError `ERR_CEPH_CONF`
 */
export function loadMdsConf(name: string, options: Omit<CephConfOptions, 'name' | 'defaults'> = {}): CephConf {
  return CephConf.load({ ...options, name: `mds.${name}`, defaults: DEFAULTS });
}

/** Options of {@link startClusterMds}. */
export interface ClusterMdsOptions {
  conf: CephConf;
  /** Log lines go to standard error, wherever the configuration sends them. @defaultValue false */
  debug?: boolean;
  /** Where a rank keeps its objects. @defaultValue in the pools of the cluster */
  objecter?: ObjectStore;
  /** Handle SIGTERM, SIGINT and SIGHUP of this process. @defaultValue false */
  signals?: boolean;
  /** Run the real threads `log`, `service` and `admin_socket`. @defaultValue true */
  services?: boolean;
  /** Clock, randomness, log sink. */
  context?: Omit<CephContextOptions, 'name' | 'conf'>;
  /** Told of each stage of the boot. */
  onStage?: (stage: BootStage, cct: CephContext) => void;
}

/** An MDS of a cluster. */
export interface ClusterMds {
  readonly cct: CephContext;
  readonly process: MdsProcess;
  /** Resolves at the end, whoever brought it about; everything is closed by then. */
  readonly ended: Promise<Ending>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Is the address in the network `a.b.c.d/n`, or the IPv6 one? */
function inNetwork(ip: string, network: string): boolean {
  const [base = '', prefix = ''] = network.split('/');
  const family = isIP(base);
  const bits = Number(prefix);
  if (family === 0 || family !== isIP(ip) || !(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const net = new BlockList();
  net.addSubnet(base, bits, type);
  return net.check(ip, type);
}

/**
 * Where to listen: `public_addr`, else this machine's address in `public_network`, else anywhere, the monitor telling at which address it
 * sees us. A free port unless one is given.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 * @see pick_addresses in src/common/pick_address.cc (16.2.15)
 */
export function pickAddress({ conf }: CephContext): EntityAddrVec {
  const wrong = (option: string, expected: string): CephError =>
    new CephError('ERR_CEPH_INVALID_OPTION', `Expected \`${option}\` to be ${expected}, got \`${conf.str(option)}\``, {
      errno: ERRNO.EINVAL,
    });
  const given = conf.str('public_addr');
  const networks = conf
    .str('public_network')
    .split(/[\s,;]+/)
    .filter((word) => word !== '');
  let host = conf.bool('ms_bind_ipv6') && !conf.bool('ms_bind_ipv4') ? '[::]' : '0.0.0.0';
  if (given !== '') host = given;
  else if (networks.length > 0) {
    const ips = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
    const found = networks.flatMap((network) => ips.filter((ip) => inNetwork(ip, network)))[0];
    if (found === undefined) throw wrong('public_network', 'a network that this machine has an address in');
    host = found.includes(':') ? `[${found}]` : found;
  }
  const addrs = EntityAddrVec.parse(host);
  if (!addrs) throw wrong('public_addr', 'a numeric address');
  return new EntityAddrVec(addrs.addrs.filter((addr) => !addr.isLegacy()));
}

/** The socket's folder must be there where it is configured; the default one may be missing, as on a machine without Ceph. */
function adminSocketOf(conf: CephConf): string {
  const socket = conf.get('admin_socket') ?? '';
  return conf.source('admin_socket') === 'default' && !existsSync(path.dirname(socket)) ? '' : socket;
}

function logFileOf(conf: CephConf, debug: boolean): string {
  const file = conf.get('log_file') ?? '';
  return debug || (conf.source('log_file') === 'default' && !existsSync(path.dirname(file))) ? '' : file;
}

/**
 * Starts an MDS that joins a cluster; resolves when the monitors have let it in. What follows is up to them: at first it stands by.
 *
 * @throws CephError as of `connectCluster`, and for a configuration that makes no sense
 */
export async function startClusterMds(options: ClusterMdsOptions): Promise<ClusterMds> {
  const { conf, debug = false, services: realThreads = true } = options;
  const keyring = loadKeyring(conf);
  const monmap = await buildInitialMonMap(conf);
  // none of the threads holds the process open, and their ends are awaited
  const release = holdOpen();
  const global = globalInit({
    name: conf.name.id,
    cephConf: conf,
    services: realThreads,
    logFile: logFileOf(conf, debug),
    conf: { admin_socket: adminSocketOf(conf) },
    ...(options.context ? { context: options.context } : {}),
    ...(options.onStage ? { onStage: options.onStage } : {}),
  });
  const { cct } = global;
  let services: Awaited<ReturnType<typeof commonInitFinish>>;
  try {
    services = await commonInitFinish(global);
  } catch (error) {
    await global.log?.stop();
    release();
    throw error;
  }
  const rehearsal = new Rehearsal(cct);
  let curtain: TimerHandle;
  const endRehearsal = (): Promise<void> => {
    cct.clock.clearTimeout(curtain);
    return rehearsal.stop();
  };
  const finish = async (): Promise<void> => {
    await endRehearsal();
    await globalShutdown(global, services);
    release();
  };
  try {
    const process = await main({
      global,
      services,
      mon: {
        monmap,
        keyring,
        entityName: conf.name,
        onConfig: (values) => {
          const ignored = cct.conf.replaceSource(values, 'mon');
          if (ignored.length > 0)
            cct.dout('mds', 5, () => `options of the monitors that change nothing here: ${ignored.join(', ')}`);
        },
      },
      bind: pickAddress(cct),
      signals: options.signals ?? false,
      ...(options.objecter ? { objecter: options.objecter } : {}),
      onStandby: () => {
        if (!cct.conf.bool('cephts_standby_rehearsal')) return;
        cct.clock.clearTimeout(curtain);
        curtain = cct.clock.setTimeout(() => void rehearsal.start(), REHEARSAL_DELAY);
        cct.clock.unref(curtain);
      },
      onRank: () => void endRehearsal(),
    });
    const ended = process.ended.then(async (ending) => {
      await finish();
      return ending;
    });
    const close = async (): Promise<void> => {
      await process.shutdown('closed');
      await ended;
    };
    return { cct, process, ended, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await finish();
    throw error;
  }
}
