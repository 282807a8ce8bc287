import { readFileSync } from 'node:fs';
import { CephError, ERRNO } from '@cephts/common';
import type { MdsProcess } from '../daemon/main.js';
import { requireToken } from '../dashboard/access.js';
import { DEFAULT_ADDRESS, parseListenAddress } from '../dashboard/address.js';
import { Dashboard } from '../dashboard/dashboard.js';
import type { DashboardOptions } from '../dashboard/dashboard.js';

/** Environment variable that may hold the token: unlike an argument, other users do not see it. */
export const TOKEN_VARIABLE = 'CEPHTS_DASHBOARD_TOKEN';

function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return process.env[TOKEN_VARIABLE];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CephError('ERR_CEPH_INVALID_OPTION', `cannot read the dashboard's token: ${(error as Error).message}`, {
      errno: ERRNO.EINVAL,
      cause: error,
    });
  }
}

/**
 * Options of the dashboard from those of a command; undefined where none was asked for.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function dashboardFromCli({
  dashboard,
  dashboardTokenFile,
}: {
  dashboard?: string | true;
  dashboardTokenFile?: string;
}): DashboardOptions | undefined {
  if (dashboard === undefined) return undefined;
  const addr = dashboard === true ? DEFAULT_ADDRESS : dashboard;
  const token = readToken(dashboardTokenFile);
  requireToken(parseListenAddress(addr).loopback, token);
  return { addr, ...(token === undefined ? {} : { token }) };
}

/**
 * Takes `--dashboard [ADDR]` and `--dashboard-token-file FILE` out of arguments that are otherwise Ceph's.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function takeDashboardArgs(argv: readonly string[]): { rest: string[]; dashboard: DashboardOptions | undefined } {
  const rest: string[] = [];
  const found: { dashboard?: string | true; dashboardTokenFile?: string } = {};
  for (let i = 0; i < argv.length; i++) {
    const [, name, equal] = /^--(dashboard|dashboard-token-file)(?:=(.*))?$/.exec(argv[i] as string) ?? [];
    if (name === undefined) {
      rest.push(argv[i] as string);
      continue;
    }
    const next = argv[i + 1];
    const value = equal ?? (next === undefined || next.startsWith('-') ? undefined : argv[++i]);
    if (name === 'dashboard') found.dashboard = value ?? true;
    else found.dashboardTokenFile = value ?? '';
  }
  return { rest, dashboard: dashboardFromCli(found) };
}

/** Starts the dashboard and says where it is. */
export async function startDashboard(mds: { process: MdsProcess }, options: DashboardOptions): Promise<Dashboard> {
  const dashboard = await Dashboard.start(mds.process.daemon, options);
  process.stdout.write(`dashboard at ${dashboard.url}${options.token === undefined ? '' : ', with its token'}\n`);
  return dashboard;
}
