import { spawn } from 'node:child_process';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { CephError, ERRNO } from '@cephts/common';
import { parseCephArgs } from '@cephts/rados';
import type { CephArgs, CephConf } from '@cephts/rados';
import type { Command } from 'commander';
import { loadMdsConf, startClusterMds } from '../daemon/cluster-mds.js';
import { MDS_OPTIONS } from '../daemon/options.js';
import { DEFAULT_ADDRESS } from '../dashboard/address.js';
import type { DashboardOptions } from '../dashboard/dashboard.js';
import { startDashboard, takeDashboardArgs, TOKEN_VARIABLE } from './dashboard.js';
import { reportFailure } from './report-failure.js';

/** Least time, in ms, from one life of a daemon to the next. */
const RESPAWN_INTERVAL = 1000;

const HELP = `
In a cluster, as ceph-mds:
  -i, --id NAME          the daemon's name: mds.NAME
  -n, --name mds.NAME    the same in full
  -c, --conf FILE        the configuration file (default: CEPH_CONF, else /etc/ceph/ceph.conf)
  --cluster NAME         name of the cluster (default: ceph)
  -m, --mon-host ADDRS   monitors to begin with
  -k, --keyring FILE     the keyring (default: $mds_data/keyring)
  -f                     stay in the foreground
  -d                     stay in the foreground, with the log on standard error
  --setuser, --setgroup  user and group to run as
  --dashboard [ADDR]     serve a web page that shows the threads at work (default address: ${DEFAULT_ADDRESS})
  --dashboard-token-file FILE
                         the token of the dashboard; or set ${TOKEN_VARIABLE}
  --OPTION VALUE         any option of Ceph's that cephts-mds knows

By itself (--embedded --help tells more):
  --embedded --data DIR  with its own monitor and object store`;

/** The name without its kind, of `-i NAME` or `-n mds.NAME`. */
function daemonName({ name, id }: CephArgs): string {
  if (name !== undefined) return name.startsWith('mds.') ? name.slice(4) : '';
  return id ?? '';
}

/** The main group of a user, by name or number; undefined for one that is not listed. */
function mainGroup(user: string): number | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === user || uid === user) return Number(gid);
  }
  return undefined;
}

/** @throws CephError `ERR_CEPH_INVALID_OPTION` */
function becomeUser(conf: CephConf): void {
  const user = conf.get('setuser');
  const group = conf.get('setgroup') || (user ? mainGroup(user) : undefined);
  const byNumber = (name: string): string | number => (/^\d+$/.test(name) ? Number(name) : name);
  try {
    if (group !== undefined) process.setgid?.(typeof group === 'string' ? byNumber(group) : group);
    if (user) process.setuid?.(byNumber(user));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CephError('ERR_CEPH_INVALID_OPTION', `cannot run as user \`${user ?? ''}\`, group \`${group ?? ''}\`: ${why}`, {
      errno: ERRNO.EPERM,
    });
  }
}

/** Writes the pid file, and removes it when the process ends. */
function holdPidFile(conf: CephConf): void {
  const file = conf.get('pid_file');
  if (!file) return;
  writeFileSync(file, `${process.pid}\n`);
  process.once('exit', () => {
    try {
      unlinkSync(file);
    } catch {
      // somebody else did
    }
  });
}

/** Lives until it is told to end; a daemon that the monitors dropped comes back as another instance. */
async function live(conf: CephConf, debug: boolean, dashboardOptions: DashboardOptions | undefined): Promise<number> {
  becomeUser(conf);
  holdPidFile(conf);
  for (;;) {
    const begun = performance.now();
    const mds = await startClusterMds({ conf, debug, signals: true });
    // tells who started it in the background
    process.send?.('started');
    const dashboard = dashboardOptions && (await startDashboard(mds, dashboardOptions));
    const { code, why, respawn } = await mds.ended;
    await dashboard?.close();
    if (code !== 0) process.stderr.write(`cephts-mds: ${why}\n`);
    if (!respawn) return code;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + RESPAWN_INTERVAL - performance.now())));
  }
}

/** Starts the same once more in the background; returns when that one has joined, or has failed. */
function becomeDaemon(argv: readonly string[]): Promise<number> {
  const script = process.argv[1] as string;
  const child = spawn(process.execPath, [...process.execArgv, script, 'run', '-f', ...argv], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve) => {
    child.once('message', () => {
      child.disconnect();
      child.unref();
      resolve(0);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function run(argv: readonly string[], usage: (message: string) => never): Promise<number> {
  const { rest, dashboard } = takeDashboardArgs(argv);
  const args = parseCephArgs(rest, (name) => MDS_OPTIONS.some((option) => option.name === name));
  const stray = args.rest.find((arg) => arg !== '--');
  if (stray !== undefined) usage(`error: unknown option or argument '${stray}'`);
  const name = daemonName(args);
  if (name === '') usage("error: which daemon? give its name with '-i NAME', or --embedded for one without a cluster");
  if (/^\d/.test(name)) usage(`error: the name of an MDS cannot start with a digit, got '${name}'`);
  const conf = loadMdsConf(name, {
    overrides: args.overrides,
    ...(args.file === undefined ? {} : { file: args.file }),
    ...(args.cluster === undefined ? {} : { cluster: args.cluster }),
  });
  const stays = args.foreground || conf.get('daemonize') === 'false';
  return stays ? live(conf, args.debug, dashboard) : becomeDaemon(argv);
}

/** `cephts-mds run -i NAME`: options are Ceph's, so they are read as Ceph reads them. */
export function runInCluster(command: Command, argv: readonly string[]): void {
  command
    .usage('-i NAME [-c FILE] [-f | -d] [options] | --embedded --data DIR [options]')
    .argument('[options...]')
    .allowUnknownOption()
    .addHelpText('after', HELP)
    .action(async () => {
      const usage = (message: string): never => command.error(message, { exitCode: 2 });
      try {
        process.exitCode = await run(argv, usage);
      } catch (error) {
        if ((error as { code?: string }).code?.startsWith('commander.')) throw error;
        process.exitCode = reportFailure(error);
      }
    });
}
