// Time from SIGKILL of the MDS that is active to up:active of its standby, on one real cluster: ours against a C++ ceph-mds. The monitors
// notice after `mds_beacon_grace`, which is the same for both.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import path from 'node:path';

import { CephFsClient } from '@cephts/mds-reference';
import { CephConf } from '@cephts/rados';

import { hasCeph, startCeph } from '../test/ceph/real-ceph.mjs';
import { median } from './measure.mjs';

const CLI = path.join(import.meta.dirname, '..', 'packages', 'mds-reference', 'dist', 'cli.js');
const ROUNDS = 5;
const FILES = 2_000;
const GRACE = 2;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function start(conf, name) {
  const args = ['-f', '-i', name, '-c', conf];
  const [command, before] = name.startsWith('c') ? ['ceph-mds', []] : [process.execPath, [CLI, 'run']];
  return spawn(command, [...before, ...args], { stdio: 'ignore' });
}

/** Resolves when the file system's map shows `name` in `state`. */
async function untilState(cluster, name, state) {
  for (let tries = 0; tries < 600; tries++) {
    const { standbys, filesystems } = JSON.parse(cluster.ceph('fs', 'dump', '--format', 'json'));
    const infos = [...standbys, ...Object.values(filesystems[0].mdsmap.info)];
    if (infos.some((info) => info.name === name && info.state === state)) return;
    await sleep(20);
  }
  throw new Error(`mds.${name} did not come to ${state}`);
}

export default async function failover() {
  if (!hasCeph) return [];
  const cluster = startCeph({ port: 19_050, mds: false });
  const times = { ours: [], theirs: [] };
  let active;
  try {
    appendFileSync(cluster.conf, `mds beacon interval = 0.5\nmds beacon grace = ${GRACE}\nmds tick interval = 1\n`);
    cluster.ceph('config', 'set', 'global', 'mds_beacon_grace', String(GRACE));
    active = start(cluster.conf, 'c0');
    await untilState(cluster, 'c0', 'up:active');
    for (let round = 1; round <= 2 * ROUNDS; round++) {
      // the journal has something to replay, the same for both
      const client = await CephFsClient.connect({ conf: CephConf.load({ file: cluster.conf }) });
      const dir = (await client.mkdir(1, `round${round}`, { mode: 0o755 })).ino;
      for (let i = 0; i < FILES; i += 100)
        await Promise.all(Array.from({ length: 100 }, (_, k) => client.create(dir, `f${i + k}`, { mode: 0o644 })));
      await client.sync();
      await client.close();
      const next = `${round % 2 === 1 ? 't' : 'c'}${round}`;
      const standby = start(cluster.conf, next);
      await untilState(cluster, next, 'up:standby');
      const since = performance.now();
      active.kill('SIGKILL');
      await untilState(cluster, next, 'up:active');
      times[next.startsWith('t') ? 'ours' : 'theirs'].push(performance.now() - since);
      active = standby;
    }
    const [ours, theirs] = [median(times.ours) / 1000, median(times.theirs) / 1000];
    return [
      {
        name: 'from SIGKILL to up:active of the standby',
        unit: 's',
        ours,
        peers: { 'ceph-mds': theirs },
        ratio: theirs / ours,
        atLeast: 1,
      },
    ];
  } finally {
    active?.kill('SIGKILL');
    cluster.stop();
  }
}
