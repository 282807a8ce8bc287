import { isCephError } from '@cephts/common';

/** Codes of errors that the command line or the configuration is to blame for. */
const USAGE = new Set(['ERR_CEPH_INVALID_OPTION', 'ERR_CEPH_CONF']);

/** Says on standard error why the daemon did not start, and returns the exit code: 2 where what was asked for is wrong, else 1. */
export function reportFailure(error: unknown): number {
  process.stderr.write(`cephts-mds: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!isCephError(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return isCephError(error) && USAGE.has(error.code) ? 2 : 1;
}
