// Memory of an MDS with 100,000 inodes cached, on a real cluster: ours against a C++ ceph-mds, after the same client wrote the same tree and
// the journal was flushed; and after a fresh MDS had only to read it in.
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { CephFsClient } from '@cephts/mds-reference';
import { CephConf } from '@cephts/rados';

import { hasCeph, startCeph } from '../test/ceph/real-ceph.mjs';
import { check } from './measure.mjs';

const CLI = path.join(import.meta.dirname, '..', 'packages', 'mds-reference', 'dist', 'cli.js');
const KINDS = { ours: [process.execPath, CLI, 'run'], theirs: ['ceph-mds'] };
const DIRS = 100;
const FILES = 1_000;
const IN_FLIGHT = 64;
const CONF = `mds cache memory limit = 17179869184
mds beacon interval = 0.5
mds beacon grace = 2
mds beacon mon down grace = 0
mon tick interval = 1
`;

const run = promisify(execFile);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resident memory of a process, in MB. */
const residentOf = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const connect = (cluster) => CephFsClient.connect({ conf: CephConf.load({ file: cluster.conf }) });

async function writeTree(cluster) {
  const client = await connect(cluster);
  const dirs = [];
  for (let i = 0; i < DIRS; i++) dirs.push((await client.mkdir(1, `dir${i}`, { mode: 0o755 })).ino);
  let next = 0;
  const lane = async () => {
    while (next < DIRS * FILES) {
      const i = next++;
      await client.create(dirs[Math.floor(i / FILES)], `file${i % FILES}`, { mode: 0o644 });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await client.sync();
  return client;
}

async function readTree(cluster) {
  const client = await connect(cluster);
  let count = 0;
  for await (const { stat } of client.readdir(1)) for await (const _ of client.readdir(stat.ino)) count++;
  check('files read', count, DIRS * FILES);
  return client;
}

/** Resident MB of a new MDS once a client has filled it. */
async function measure(cluster, kind, fill) {
  const name = `${kind}${performance.now().toFixed()}`;
  const tell = async (...words) => JSON.parse((await run('ceph', ['-c', cluster.conf, 'tell', `mds.${name}`, ...words])).stdout);
  const [command, ...args] = KINDS[kind];
  const child = spawn(command, [...args, '-f', '-i', name, '-c', cluster.conf], { stdio: 'ignore' });
  try {
    while (!cluster.ceph('mds', 'stat').includes(`0=${name}=up:active`)) await sleep(200);
    const client = await fill(cluster);
    await tell('flush', 'journal');
    let resident = Infinity;
    // until it does not fall any more
    for (let still = 0; still < 4; await sleep(1000)) {
      const now = residentOf(child.pid);
      still = now > resident - 1 ? still + 1 : 0;
      resident = Math.min(resident, now);
    }
    const { mds_mem: counted } = await tell('perf', 'dump', 'mds_mem');
    if (counted.ino < DIRS * FILES) throw new Error(`${counted.ino} inodes are cached, ${DIRS * FILES} were made`);
    await client.close();
    return resident;
  } finally {
    child.kill('SIGKILL');
  }
}

async function onCluster(port, use) {
  const cluster = await startCeph({ port, mds: false, conf: CONF });
  try {
    return await use(cluster);
  } finally {
    await cluster.stop();
  }
}

export default async function memory() {
  if (!hasCeph) return [];
  const written = { ours: await onCluster(25_660, (cluster) => measure(cluster, 'ours', writeTree)) };
  const read = {};
  await onCluster(25_670, async (cluster) => {
    written.theirs = await measure(cluster, 'theirs', writeTree);
    read.theirs = await measure(cluster, 'theirs', readTree);
    read.ours = await measure(cluster, 'ours', readTree);
  });
  const row = (name, { ours, theirs }) => ({
    name: `resident memory with ${DIRS * FILES} inodes cached, ${name}`,
    unit: 'MB',
    ours,
    peers: { 'ceph-mds': theirs },
    ratio: theirs / ours,
    atLeast: 1 / 1.2,
  });
  return [row('written by a client', written), row('read in by a fresh MDS', read)];
}
