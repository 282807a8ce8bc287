import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';

import { startEmbeddedMds } from '../embedded/start-embedded-mds.js';
import type { EmbeddedMds } from '../embedded/start-embedded-mds.js';
import type { DemoClientData, DemoClientReport } from '../demo/demo-messages.js';

import type { Dashboard } from '../dashboard/dashboard.js';
import { dashboardFromCli, startDashboard } from './dashboard.js';
import { integer } from './parse.js';
import { reportFailure } from './report-failure.js';
import { formatTable } from './table.js';
import { writeTrace } from './trace.js';

interface DemoOptions {
  conf?: string;
  dir: string;
  data?: string;
  inFlight: number;
  msgrWorkers: number;
  serve?: string | true;
  trace?: string;
}

type Done = Extract<DemoClientReport, { kind: 'done' }>;

const SHOWN_DIFFERENCES = 20;

const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** Runs the client in its own thread and shows its progress; resolves to its last word. */
function runClient(data: DemoClientData): Promise<Done> {
  const bar = new SingleBar({
    format: '{phase} [{bar}] {percentage}% | {value}/{total} entries | {duration_formatted}',
    hideCursor: true,
    noTTYOutput: false,
  });
  let phase = '';
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./demo-client.worker.js', import.meta.url), { name: 'demo-client', workerData: data });
    let settled = false;
    worker.on('message', (report: DemoClientReport) => {
      if (report.kind === 'progress') {
        if (report.phase === 'scan') return;
        if (report.phase !== phase) {
          if (phase) bar.stop();
          phase = report.phase;
          if (!process.stdout.isTTY) say(`${phase === 'import' ? 'importing' : 'verifying'} ${report.total} entries …`);
          bar.start(report.total, 0, { phase: phase.padEnd(6) });
        }
        bar.update(report.done);
        return;
      }
      settled = true;
      bar.stop();
      if (report.kind === 'done') resolve(report);
      else reject(new Error(report.message));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (!settled) reject(new Error(`the demo's client ended unasked (exit code ${code})`));
    });
  });
}

/** Keeps what was imported there to look at. */
async function untilInterrupted(): Promise<void> {
  say('the dashboard stays; Ctrl-C ends it');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function showResults(done: Done): void {
  say();
  say(
    `imported ${done.entries} entries in ${(done.importMs / 1000).toFixed(1)} s, verified ${done.compared} in ${(done.verifyMs / 1000).toFixed(1)} s`,
  );
  say();
  const ms = (value: number): string => value.toFixed(2);
  say(
    formatTable(
      ['operation', 'count', 'per second', 'p50 ms', 'p99 ms', 'max ms'],
      done.latencies.map((row) => [row.kind, row.count, Math.round(row.perSecond), ms(row.p50), ms(row.p99), ms(row.max)]),
    ),
  );
}

/** @returns is everything the same? */
function showDifferences(done: Done): boolean {
  say();
  for (const { path: where, what, expected, found } of done.differences.slice(0, SHOWN_DIFFERENCES))
    say(`DIFFERS ${where}: ${what} is ${found}, expected ${expected}`);
  if (done.differences.length > SHOWN_DIFFERENCES) say(`… and ${done.differences.length - SHOWN_DIFFERENCES} more`);
  const same = done.differences.length === 0 && done.compared === done.entries;
  say(
    same
      ? `all ${done.compared} entries are the same`
      : `${done.differences.length} differences, ${done.compared} of ${done.entries} entries compared`,
  );
  return same;
}

function showThreads(mds: EmbeddedMds): void {
  say();
  say(
    formatTable(
      ['thread', 'kind', 'owner', 'state', 'busy ms', 'wake-ups', 'items', 'longest ms'],
      mds.cct.threads
        .list()
        .map((row) => [
          row.name,
          row.kind,
          row.owner,
          row.state,
          Math.round(row.busyMs),
          row.wakeups,
          row.items,
          Number(row.maxSliceMs.toFixed(1)),
        ]),
    ),
  );
}

async function runDemo(options: DemoOptions): Promise<number> {
  const dir = path.resolve(options.dir);
  if (!(await stat(dir).catch(() => undefined))?.isDirectory()) {
    process.stderr.write(`error: --dir ${options.dir} is not a directory\n`);
    return 2;
  }
  const name = path.basename(dir) || 'import';
  if (options.conf !== undefined) {
    const done = await runClient({ dir, where: { conf: options.conf }, name, inFlight: options.inFlight });
    showResults(done);
    return showDifferences(done) ? 0 : 1;
  }
  const dashboardOptions = dashboardFromCli(options.serve === undefined ? {} : { dashboard: options.serve });
  const dataDir = options.data ?? (await mkdtemp(path.join(tmpdir(), 'cephts-demo-')));
  try {
    say('booting the MDS …');
    const mds = await startEmbeddedMds({ dataDir, msgrWorkers: options.msgrWorkers, logFile: `${dataDir}.log` });
    let dashboard: Dashboard | undefined;
    try {
      say(`active; monitor at ${mds.monAddr}, data in ${dataDir}`);
      dashboard = dashboardOptions && (await startDashboard(mds, dashboardOptions));
      if (options.trace !== undefined) await mds.adminSocket.command('trace start');
      const done = await runClient({ dir, where: { monAddr: mds.monAddr }, name, inFlight: options.inFlight });
      if (options.trace !== undefined) say(await writeTrace(options.trace, await mds.adminSocket.command('trace stop')));
      showResults(done);
      showThreads(mds);
      const same = showDifferences(done);
      if (dashboard) await untilInterrupted();
      return same ? 0 : 1;
    } finally {
      await dashboard?.close();
      await mds.close();
    }
  } finally {
    if (options.data === undefined)
      for (const file of [dataDir, `${dataDir}.log`]) await rm(file, { recursive: true, force: true });
  }
}

/** Adds `cephts-mds demo` to the command line. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('boot the MDS, import a directory over TCP, read it back, compare, show the threads at work')
    .option('-c, --conf <file>', 'import into the file system of the cluster with this configuration, as client.admin')
    .option('--dir <path>', 'directory to import', '.')
    .option('--data <dir>', 'data folder of the MDS, kept afterwards (default: a temporary one)')
    .option('--in-flight <n>', 'operations under way at once', integer(1, 4096), 64)
    .option('--msgr-workers <n>', 'real msgr-worker threads; 0 keeps sockets in the main isolate', integer(0, 24), 2)
    .option('--trace <file>', 'record what the threads do, as a Chrome trace for Perfetto')
    .option('--serve [addr]', 'serve the dashboard meanwhile, and afterwards until interrupted (see run --dashboard)')
    .action(async (options: DemoOptions) => {
      try {
        process.exitCode = await runDemo(options);
      } catch (error) {
        process.exitCode = reportFailure(error);
      }
    });
}
