import { readFileSync } from 'node:fs';
import { CephError, ERRNO } from '@cephts/common';
import { requireToken } from '../dashboard/access.js';
import { DEFAULT_ADDRESS, parseListenAddress } from '../dashboard/address.js';
import { Dashboard } from '../dashboard/dashboard.js';
import type { DashboardOptions } from '../dashboard/dashboard.js';
import type { EmbeddedMds } from '../embedded/start-embedded-mds.js';

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

/** Starts the dashboard and says where it is. */
export async function startDashboard(mds: EmbeddedMds, options: DashboardOptions): Promise<Dashboard> {
  const dashboard = await Dashboard.start(mds.process.daemon, options);
  process.stdout.write(`dashboard at ${dashboard.url}${options.token === undefined ? '' : ', with its token'}\n`);
  return dashboard;
}
