// The embedded MDS with its durable journal, a process of its own, and one client over loopback TCP. Rival: a C++ ceph-mds on a memstore
// OSD with libcephfs, where Debian's Ceph is installed; it serves one operation at a time, as a libcephfs client does.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CephFsClient } from '@cephts/mds-reference';

import { hasCeph, startCeph } from '../test/ceph/real-ceph.mjs';

const CLI = path.join(import.meta.dirname, '..', 'packages', 'mds-reference', 'dist', 'cli.js');
const PYTHON = '/usr/bin/python3';
const IMPORT_COUNT = 20_000;
const SERIAL_COUNT = 3_000;
const IN_FLIGHT = 64;

function startDaemon(dataDir) {
  const child = spawn(process.execPath, [CLI, 'run', '--embedded', '--data', dataDir, '--log', path.join(dataDir, 'mds.log')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`cephts-mds run ended with ${code}: ${text}`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = /connect to (\S+)\n/.exec(text);
      if (match) resolve({ child, monAddr: match[1] });
    });
  });
}

/** Runs `operation(i)` for each i below `count`, so many at once; operations a second. */
async function rate(count, inFlight, operation) {
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < count) await operation(next++);
    }),
  );
  return count / ((performance.now() - start) / 1000);
}

async function listed(client, ino) {
  let count = 0;
  for await (const _ of client.readdir(ino)) count++;
  return count;
}

async function measureOurs() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'cephts-bench-'));
  const { child, monAddr } = await startDaemon(dataDir);
  try {
    const client = await CephFsClient.connect({ monAddr });
    const root = (await client.resolve('/')).ino;
    const ours = {};

    const bulk = (await client.mkdir(root, 'bulk', { mode: 0o755 })).ino;
    await rate(2_000, IN_FLIGHT, (i) => client.create(bulk, `warm${i}`, { mode: 0o644 }));
    const start = performance.now();
    await rate(IMPORT_COUNT, IN_FLIGHT, (i) => client.create(bulk, `f${i}`, { mode: 0o644 }));
    await client.sync();
    ours.import = IMPORT_COUNT / ((performance.now() - start) / 1000);
    const found = await listed(client, bulk);
    if (found !== IMPORT_COUNT + 2_000) throw new Error(`${found} entries found, ${IMPORT_COUNT + 2_000} made`);

    const dir = (await client.mkdir(root, 'serial', { mode: 0o755 })).ino;
    const inos = [];
    for (let i = 0; i < SERIAL_COUNT; i++) await client.create(dir, `warm${i}`, { mode: 0o644 });
    for (let i = 0; i < SERIAL_COUNT; i++) await client.unlink(dir, `warm${i}`);
    ours.mkdir = await rate(SERIAL_COUNT, 1, (i) => client.mkdir(dir, `d${i}`, { mode: 0o755 }));
    ours.create = await rate(SERIAL_COUNT, 1, async (i) => (inos[i] = (await client.create(dir, `f${i}`, { mode: 0o644 })).ino));
    ours.chmod = await rate(SERIAL_COUNT, 1, (i) => client.setattr(inos[i], { mode: 0o600 }));
    ours.rename = await rate(SERIAL_COUNT, 1, (i) => client.rename(dir, `f${i}`, dir, `g${i}`));
    ours.unlink = await rate(SERIAL_COUNT, 1, (i) => client.unlink(dir, `g${i}`));
    ours.rmdir = await rate(SERIAL_COUNT, 1, (i) => client.rmdir(dir, `d${i}`));
    if ((await listed(client, dir)) !== 0) throw new Error('entries are left over');
    await client.close();
    return ours;
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureCeph() {
  const cluster = await startCeph();
  try {
    return JSON.parse(
      execFileSync(
        PYTHON,
        [path.join(import.meta.dirname, 'peers', 'libcephfs.py'), cluster.conf, String(SERIAL_COUNT), '/bench'],
        { encoding: 'utf8' },
      ),
    );
  } finally {
    await cluster.stop();
  }
}

export default async function mds() {
  const ours = await measureOurs();
  const peer = hasCeph ? await measureCeph() : undefined;
  if (!peer) console.error('no Ceph on this machine: no rival to compare with');
  const row = (name, value, rival) => ({
    name,
    unit: 'operations/s',
    ours: Math.round(value),
    peers: rival === undefined ? {} : { 'ceph-mds 16.2.15 on memstore, libcephfs': Math.round(rival) },
    ratio: rival === undefined ? null : Number((value / rival).toFixed(2)),
  });
  return [
    row(`import: create, ${IN_FLIGHT} in flight, until all is safe`, ours.import, peer?.create),
    ...['mkdir', 'create', 'chmod', 'rename', 'unlink', 'rmdir'].map((name) =>
      row(`${name}, one at a time`, ours[name], peer?.[name]),
    ),
  ];
}
