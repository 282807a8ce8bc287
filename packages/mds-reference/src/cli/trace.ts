import { writeFile } from 'node:fs/promises';
import { CephError, ERRNO } from '@cephts/common';
import type { Command } from 'commander';
import { chromeTrace } from '../trace/chrome-trace.js';
import type { Recording } from '../trace/trace-recorder.js';
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

/** Writes what `trace stop` gave as a Chrome trace; resolves with what to say of it. */
export async function writeTrace(file: string, answer: string): Promise<string> {
  const { name, ...recording } = JSON.parse(answer) as Recording & { name: string };
  await write(file, JSON.stringify(chromeTrace(recording, name)));
  const { begin, end, ops, truncated } = recording;
  return `${file}: ${((end - begin) / 1000).toFixed(1)} s, ${ops.length} operations${truncated ? '; there was more than is kept' : ''}`;
}

async function trace({ adminSocket, out, seconds }: TraceOptions): Promise<void> {
  // a file that cannot be written is found out about before anything is recorded
  await write(out, '');
  await askAdminSocket(adminSocket, 'trace start');
  await recordFor(seconds);
  const said = await writeTrace(out, await askAdminSocket(adminSocket, 'trace stop'));
  process.stdout.write(`${said}; open it in https://ui.perfetto.dev\n`);
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
