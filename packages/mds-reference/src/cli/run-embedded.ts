import type { ConfigValue } from '@cephts/common';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { startEmbeddedMds } from '../embedded/start-embedded-mds.js';
import { MDS_OPTIONS } from '../daemon/options.js';
import { DEFAULT_ADDRESS } from '../dashboard/address.js';
import { dashboardFromCli, startDashboard, TOKEN_VARIABLE } from './dashboard.js';
import { reportFailure } from './report-failure.js';

interface RunOptions {
  embedded: true;
  data: string;
  bind: string;
  adminSocket?: string;
  log?: string;
  msgrWorkers?: number;
  conf: Record<string, ConfigValue>;
  dashboard?: string | true;
  dashboardTokenFile?: string;
}

function parseConf(pair: string, before: Record<string, ConfigValue>): Record<string, ConfigValue> {
  const equals = pair.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('Expected option=value, as in mds_tick_interval=1.');
  const name = pair.slice(0, equals).trim().replaceAll(' ', '_').replaceAll('-', '_');
  if (!MDS_OPTIONS.some((option) => option.name === name)) throw new InvalidArgumentError(`There is no option '${name}'.`);
  return { ...before, [name]: pair.slice(equals + 1).trim() };
}

function parseWorkers(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 24) throw new InvalidArgumentError('Expected a number from 0 to 24.');
  return count;
}

async function run(options: RunOptions): Promise<number> {
  // what is wrong with it is told before anything is booted
  const dashboardOptions = dashboardFromCli(options);
  const mds = await startEmbeddedMds({
    dataDir: options.data,
    bind: options.bind,
    conf: options.conf,
    signals: true,
    ...(options.adminSocket === undefined ? {} : { adminSocket: options.adminSocket }),
    ...(options.log === undefined ? {} : { logFile: options.log }),
    ...(options.msgrWorkers === undefined ? {} : { msgrWorkers: options.msgrWorkers }),
  });
  process.stdout.write(`mds.0 is active; connect to ${mds.monAddr}\n`);
  const dashboard = dashboardOptions && (await startDashboard(mds, dashboardOptions));
  const { code, why } = await mds.ended;
  await dashboard?.close();
  if (code !== 0) process.stderr.write(`cephts-mds: ${why}\n`);
  return code;
}

/** `cephts-mds run --embedded`: options and action. */
export function runEmbedded(command: Command): void {
  command
    .requiredOption('--embedded', 'with its own monitor and object store')
    .requiredOption('--data <dir>', 'folder of the object store; made when it is not there')
    .option('--bind <addr>', 'IP address to listen on, or ip:port for the monitor', '127.0.0.1')
    .option('--admin-socket <file>', 'unix socket for `ceph --admin-daemon FILE COMMAND`')
    .option('--log <file>', 'file for log lines (default: standard error)')
    .option(
      '--msgr-workers <n>',
      'threads for sockets; 0: none of their own (default: 3; 0 with fewer than four processors)',
      parseWorkers,
    )
    .option('--dashboard [addr]', `serve a web page that shows the threads at work (default address: ${DEFAULT_ADDRESS})`)
    .option('--dashboard-token-file <file>', `file with the token of the dashboard; or set ${TOKEN_VARIABLE}`)
    .option('--conf <option=value>', 'set an option by Ceph’s name; may be given often', parseConf, {})
    .action(async (options: RunOptions) => {
      try {
        process.exitCode = await run(options);
      } catch (error) {
        process.exitCode = reportFailure(error);
      }
    });
}
