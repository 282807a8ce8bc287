// The demo's client, in an isolate of its own so that client and MDS each have a processor, as they would on two machines.
import { setTimeout as sleep } from 'node:timers/promises';
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
/** Where the work failed the MDS has so long, in ms, to confirm that the session is closed: a restarted one would wait for who stays away. */
const GOODBYE = 2000;

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

const target = 'conf' in where ? { conf: CephConf.load({ file: where.conf }) } : where;

/** Works with a client of its own, which ends whatever comes of it: the thread ends with it. */
async function asClient<T>(work: (client: CephFsClient) => Promise<T>): Promise<T> {
  const client = await CephFsClient.connect(target);
  try {
    const result = await work(client);
    await client.close();
    return result;
  } catch (error) {
    await Promise.race([client.close(), sleep(GOODBYE, undefined, { ref: false })]);
    client.destroy();
    throw error;
  }
}

async function main(): Promise<void> {
  const entries = await readLocalTree(dir, progressOf('scan', 0));
  tell({ kind: 'progress', phase: 'import', done: 0, total: entries.length });

  const importLatency = new LatencyBook();
  const importMs = await asClient(async (writer) => {
    const into = (await writer.resolve('/')).ino;
    const start = performance.now();
    await importTree(writer, entries, {
      into,
      name,
      inFlight,
      latency: importLatency,
      onProgress: progressOf('import', entries.length),
    });
    return performance.now() - start;
  });

  // another session, which knows nothing of the first
  const verifyLatency = new LatencyBook();
  const verified = await asClient(async (reader) => {
    const start = performance.now();
    const { compared, differences } = await verifyTree(reader, entries, {
      into: (await reader.resolve('/')).ino,
      name,
      latency: verifyLatency,
      onProgress: progressOf('verify', entries.length),
    });
    return { compared, differences, verifyMs: performance.now() - start };
  });

  tell({
    kind: 'done',
    entries: entries.length,
    ...verified,
    importMs,
    latencies: [...importLatency.summary(), ...verifyLatency.summary()],
  });
}

main().catch((error: unknown) =>
  tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
