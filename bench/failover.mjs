// Time from SIGKILL of the MDS that is active to up:active of its standby, on one real cluster: ours against a C++ ceph-mds, in turn.
//
// The monitor looks once a second for beacons that are older than `mds_beacon_grace`: every kill happens at the same time after such a look, so
// that noticing takes as long each time. A standby of ours doesn't wait for it: it sees that the process is gone, and tells the monitor. What follows,
// from up:replay to up:active, is the standby's own; the monitor publishes a map at once, instead of one a second, since otherwise it's the monitor
// that is measured.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { CephFsClient } from '@cephts/mds-reference';
import { CephConf, Cluster } from '@cephts/rados';

import { hasCeph, startCeph } from '../test/ceph/real-ceph.mjs';
import { check, median } from './measure.mjs';

const CLI = path.join(import.meta.dirname, '..', 'packages', 'mds-reference', 'dist', 'cli.js');
/** Takeovers by each. */
const ROUNDS = 5;
/** Files made since the journal was flushed: what is to be replayed. */
const FILES = 5_000;
const CONF = `mds beacon interval = 0.5
mds beacon grace = 2
mds tick interval = 1
mds beacon mon down grace = 0
mon tick interval = 1
paxos propose interval = 0.02
paxos min wait = 0.01
`;
/** From a look of the monitor to the kill, in ms. */
const PHASE = 500;
/** Time that a standby has stood by, in ms: ours rehearses from its fifth second on, which others need not be given. */
const STANDING_BY = { t: 8000, c: 1000 };

const run = promisify(execFile);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function start(conf, name) {
  const args = ['-f', '-i', name, '-c', conf];
  const [command, before] = name.startsWith('c') ? ['ceph-mds', []] : [process.execPath, [CLI, 'run']];
  return spawn(command, [...before, ...args], { stdio: 'ignore' });
}

/** Resolves with the time (`performance.now()`) at which the map of file systems first showed `name` in one of `states`. */
async function untilState(rados, name, ...states) {
  let last;
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(5)) {
    const { r, outbl } = await rados.monCommand({ prefix: 'fs dump', format: 'json' });
    if (r < 0) continue;
    const { standbys, filesystems } = JSON.parse(new TextDecoder().decode(outbl));
    const infos = [...standbys, ...filesystems.flatMap(({ mdsmap }) => Object.values(mdsmap.info))];
    last = infos.find((info) => info.name === name)?.state;
    if (states.includes(last)) return performance.now();
  }
  throw new Error(`mds.${name} did not come to ${states.join(' or ')}, it is ${last}`);
}

async function fill(client, dir) {
  for (let i = 0; i < FILES; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => client.create(dir, `f${i + k}`, { mode: 0o644 })));
  }
  await client.sync();
}

async function listed(client, dir) {
  let count = 0;
  for await (const _ of client.readdir(dir)) count++;
  return count;
}

/** Takeovers in turn by a C++ MDS and ours; `standbyReplay`: the standby follows the journal all along. */
async function takeovers(cluster, rados, standbyReplay) {
  let look = performance.now();
  const times = { c: { whole: [], own: [] }, t: { whole: [], own: [] } };
  const kind = standbyReplay ? 'r' : 's';
  let active = start(cluster.conf, `c${kind}0`);
  let activeName = `c${kind}0`;
  try {
    await untilState(rados, activeName, 'up:active');
    for (let round = -1; round <= 2 * ROUNDS; round++) {
      // a client that stays, and a journal of the same length whoever wrote it
      const client = await CephFsClient.connect({ conf: CephConf.load({ file: cluster.conf }) });
      const dir = (await client.mkdir(1, `${kind}${round + 2}`, { mode: 0o755 })).ino;
      await run('ceph', ['-c', cluster.conf, 'tell', `mds.${activeName}`, 'flush', 'journal']);
      await fill(client, dir);
      const next = `${round % 2 !== 0 ? 't' : 'c'}${kind}${round + 2}`;
      const standby = start(cluster.conf, next);
      await untilState(rados, next, standbyReplay ? 'up:standby-replay' : 'up:standby');
      // all is still, and what follows the journal has caught up
      await sleep(STANDING_BY[next[0]]);
      await sleep(1000 - ((performance.now() - look - PHASE) % 1000));
      const killed = performance.now();
      active.kill('SIGKILL');
      active = standby;
      activeName = next;
      const noticed = await untilState(rados, next, 'up:replay', 'up:reconnect', 'up:rejoin', 'up:active');
      // ours is told, not found
      if (next[0] === 'c') look = noticed;
      const done = await untilState(rados, next, 'up:active');
      // the first of each warms up
      const of = times[next[0]];
      if (round > 0) of.whole.push(done - killed);
      if (round > 0) of.own.push(done - noticed);
      check('files after the takeover', await listed(client, dir), FILES);
      await client.close();
      if (process.env.CEPHTS_BENCH_VERBOSE) {
        console.error(`${next}: ${((done - killed) / 1000).toFixed(3)} s, of them own ${((done - noticed) / 1000).toFixed(3)} s`);
      }
    }
    return times;
  } finally {
    active.kill('SIGKILL');
  }
}

export default async function failover() {
  if (!hasCeph) return [];
  const cluster = await startCeph({ port: 25_650, mds: false, conf: CONF });
  let rados;
  try {
    rados = await Cluster.connect({ conf: { file: cluster.conf } });
    const rows = [];
    const row = (name, ours, theirs) => {
      const [mine, peer] = [median(ours) / 1000, median(theirs) / 1000];
      rows.push({ name, unit: 's', ours: mine, peers: { 'ceph-mds': peer }, ratio: peer / mine, atLeast: 1 });
    };
    const cold = await takeovers(cluster, rados, false);
    row(`from SIGKILL to up:active of the standby, ${FILES} files in the journal`, cold.t.whole, cold.c.whole);
    row('of that, from up:replay on', cold.t.own, cold.c.own);
    cluster.ceph('fs', 'set', 'cephfs', 'allow_standby_replay', 'true');
    const warm = await takeovers(cluster, rados, true);
    row('the same with allow_standby_replay', warm.t.whole, warm.c.whole);
    row('of that, from the new map on', warm.t.own, warm.c.own);
    return rows;
  } finally {
    await rados?.shutdown();
    await cluster.stop();
  }
}
