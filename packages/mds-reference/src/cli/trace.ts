import { writeFile } from 'node:fs/promises';
import { CephError, ERRNO } from '@cephts/common';
import type { Command } from 'commander';
import { askAdminSocket } from './asok-client.js';
import { integer } from './parse.js';
import { reportFailure } from './report-failure.js';

interface TraceOptions {
  adminSocket: string;
  out: string;
  seconds: number;
}

/** Resolves after so long, or when interrupted: then what there is so far is kept. */
function recordFor(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      process.off('SIGINT', done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    process.once('SIGINT', done);
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CephError('ERR_CEPH_INVALID_OPTION', `cannot write the trace: ${(error as Error).message}`, {
      errno: ERRNO.EIO,
      cause: error,
    });
  }
}

async function trace({ adminSocket, out, seconds }: TraceOptions): Promise<void> {
  // a file that cannot be written is found out about before anything is recorded
  await write(out, '');
  await askAdminSocket(adminSocket, 'trace start');
  await recordFor(seconds);
  const text = await askAdminSocket(adminSocket, 'trace stop');
  await write(out, text);
  const { otherData } = JSON.parse(text) as { otherData: { operations: number; recorded_ms: number; truncated: boolean } };
  process.stdout.write(
    `${out}: ${(otherData.recorded_ms / 1000).toFixed(1)} s, ${otherData.operations} operations${otherData.truncated ? '; there was more than is kept' : ''}; open it in https://ui.perfetto.dev\n`,
  );
}

/** Adds `cephts-mds trace` to the command line. */
export function registerTrace(program: Command): void {
  program
    .command('trace')
    .description('record what the threads of a running MDS do, as a Chrome trace for Perfetto')
    .requiredOption('--admin-socket <file>', 'admin socket of the MDS')
    .requiredOption('--out <file>', 'where the trace goes')
    .option('--seconds <n>', 'how long to record; Ctrl-C ends it earlier', integer(1, 600), 5)
    .action(async (options: TraceOptions) => {
      try {
        await trace(options);
      } catch (error) {
        process.exitCode = reportFailure(error);
      }
    });
}
