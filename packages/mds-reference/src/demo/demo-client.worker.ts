// The demo's client, in an isolate of its own so that client and MDS each have a processor, as they would on two machines.
import { parentPort, workerData } from 'node:worker_threads';

import { CephConf } from '@cephts/rados';

import { CephFsClient } from '../client/ceph-fs-client.js';

import { LatencyBook } from './latency.js';
import type { DemoClientData, DemoClientReport } from './demo-messages.js';
import { readLocalTree } from './local-tree.js';
import { importTree } from './tree-import.js';
import { verifyTree } from './tree-verify.js';

/** Progress is told at most this often, in ms. */
const PROGRESS_EVERY = 50;

const { dir, where, name, inFlight } = workerData as DemoClientData;

function tell(report: DemoClientReport): void {
  parentPort?.postMessage(report);
}

function progressOf(phase: 'scan' | 'import' | 'verify', total: number): (done: number) => void {
  let last = 0;
  return (done) => {
    const now = performance.now();
    if (now - last < PROGRESS_EVERY && done !== total) return;
    last = now;
    tell({ kind: 'progress', phase, done, total });
  };
}

async function main(): Promise<void> {
  const entries = await readLocalTree(dir, progressOf('scan', 0));
  tell({ kind: 'progress', phase: 'import', done: 0, total: entries.length });

  const importLatency = new LatencyBook();
  const target = 'conf' in where ? { conf: CephConf.load({ file: where.conf }) } : where;
  const writer = await CephFsClient.connect(target);
  const root = (await writer.resolve('/')).ino;
  const importStart = performance.now();
  await importTree(writer, entries, {
    into: root,
    name,
    inFlight,
    latency: importLatency,
    onProgress: progressOf('import', entries.length),
  });
  const importMs = performance.now() - importStart;
  await writer.close();

  // another session, which knows nothing of the first
  const verifyLatency = new LatencyBook();
  const reader = await CephFsClient.connect(target);
  const verifyStart = performance.now();
  const { compared, differences } = await verifyTree(reader, entries, {
    into: (await reader.resolve('/')).ino,
    name,
    latency: verifyLatency,
    onProgress: progressOf('verify', entries.length),
  });
  const verifyMs = performance.now() - verifyStart;
  await reader.close();

  tell({
    kind: 'done',
    entries: entries.length,
    compared,
    differences,
    importMs,
    verifyMs,
    latencies: [...importLatency.summary(), ...verifyLatency.summary()],
  });
}

main().catch((error: unknown) =>
  tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
