// Objects of a real cluster (one memstore OSD on loopback), one at a time and 64 in flight. Rival: librados through python3-rados, in the
// same run, in turns. Beside it: placement on a map of 1,000 OSDs, and the way from nothing to the first read against the `rados` command.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { Cluster, CrushBucket, CrushMap, CrushRule, OsdMap, PgPool } from '@cephts/rados';

import { hasCeph, startCeph } from '../test/ceph/real-ceph.mjs';
import { check, median } from './measure.mjs';

const PYTHON = '/usr/bin/python3';
/** Rounds of operations one at a time, and 64 in flight. The former hang on which processors the system has the threads run, for rounds on end. */
const [SINGLE_ROUNDS, FLIGHT_ROUNDS] = [21, 7];
/** Rounds until what a row runs is compiled: some 3,000 operations. */
const WARM_UP = 7;
/** Lower bounds of the ratio, by size: one at a time, 64 in flight. */
const SIZES = new Map([
  [64, { single: 1, flight: 0.7, count: 600 }],
  [4096, { single: 1, flight: 0.7, count: 600 }],
  [65536, { single: 1, flight: 0.9, count: 400 }],
]);
const FULLY_IN = 0x10000;

function straw2(id, type, items, weight) {
  const bucket = new CrushBucket();
  Object.assign(bucket, { id, type, alg: 5, weight: weight * items.length });
  bucket.items = Int32Array.from(items);
  bucket.itemWeights = new Uint32Array(items.length).fill(weight);
  return bucket;
}

/** 50 hosts of 20 OSDs each. */
function largeMap() {
  const crush = new CrushMap();
  crush.maxDevices = 1000;
  const hosts = Array.from({ length: 50 }, (_, h) =>
    straw2(
      -2 - h,
      1,
      Array.from({ length: 20 }, (_, i) => h * 20 + i),
      FULLY_IN,
    ),
  );
  const root = straw2(
    -1,
    2,
    hosts.map(({ id }) => id),
    20 * FULLY_IN,
  );
  crush.buckets = [root, ...hosts];
  const rule = new CrushRule();
  rule.steps = [
    { op: 1, arg1: -1, arg2: 0 },
    { op: 6, arg1: 0, arg2: 1 },
    { op: 4, arg1: 0, arg2: 0 },
  ];
  crush.rules = [rule];
  Object.assign(crush.tunables, {
    chooseTotalTries: 50,
    chooseLocalTries: 0,
    chooseLocalFallbackTries: 0,
    chooseleafDescendOnce: 1,
    chooseleafVaryR: 1,
    chooseleafStable: 1,
  });
  const map = new OsdMap();
  map.setMaxOsd(1000);
  map.crush = crush;
  map.osdState.fill(3);
  map.osdWeight.fill(FULLY_IN);
  map.pools.set(1, Object.assign(new PgPool(), { size: 3, minSize: 2, crushRule: 0, flags: 1, pgNum: 32768, pgpNum: 32768 }));
  return map;
}

function placementRows() {
  const map = largeMap();
  const names = Array.from({ length: 20_000 }, (_, i) => `rbd_data.1234567890.${i.toString(16).padStart(16, '0')}`);
  const time = () => {
    const start = performance.now();
    for (const name of names) check('OSDs of an object', map.placeObject(1, name).acting.length, 3);
    return ((performance.now() - start) / names.length) * 1000;
  };
  const uncached = [];
  const cached = [];
  for (let round = 0; round < 7; round++) {
    map.changed();
    const pgs = new Set(names.map((name) => map.pools.get(1).foldSeed(map.pools.get(1).hashKey(name))));
    const seeds = [...pgs];
    const start = performance.now();
    for (const seed of seeds) map.placePg(1, seed);
    uncached.push(((performance.now() - start) / seeds.length) * 1000);
    time();
    cached.push(time());
  }
  const row = (name, ours, atMost) => ({ name, unit: 'µs', ours, peers: {}, ratio: ours, atMost });
  return [
    row('placement of an object on 1,000 OSDs, cached', median(cached), 5),
    row('placement of an object on 1,000 OSDs, uncached', median(uncached), 100),
  ];
}

async function startPeer(conf, pool) {
  const child = spawn(PYTHON, [path.join(import.meta.dirname, 'peers', 'librados.py'), conf, pool], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async run(verb, size, depth, count) {
      child.stdin.write(`${verb} ${size} ${depth} ${count}\n`);
      return Number((await lines.next()).value);
    },
    stop: () => child.stdin.end(),
  };
}

async function runOurs(ioctx, verb, size, depth, count) {
  const data = new Uint8Array(size).fill(120);
  const names = Array.from({ length: 100 }, (_, i) => `${size}-${i}`);
  const operate = async (i) => {
    if (verb === 'write') await ioctx.writeFull(names[i % 100], data);
    else check('bytes read', (await ioctx.read(names[i % 100], { len: size })).length, size);
  };
  const start = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) await operate(next++);
  };
  await Promise.all(Array.from({ length: depth }, worker));
  return (performance.now() - start) / 1000;
}

async function objectRows(conf) {
  const cluster = await Cluster.connect({ conf: { file: conf } });
  const peer = await startPeer(conf, 'data');
  const rows = [];
  try {
    const ioctx = await cluster.openIoctx('data');
    for (const [size, { single, flight, count }] of SIZES) {
      for (const depth of [1, 64]) {
        for (const verb of ['write', 'read']) {
          const n = depth === 1 ? count : count * 4;
          const rounds = depth === 1 ? SINGLE_ROUNDS : FLIGHT_ROUNDS;
          const ours = [];
          const theirs = [];
          for (let round = -WARM_UP; round < rounds; round++) {
            const mine = await runOurs(ioctx, verb, size, depth, n);
            const other = await peer.run(verb, size, depth, n);
            if (round < 0) continue;
            ours.push(n / mine);
            theirs.push(n / other);
          }
          const [rate, rival] = [median(ours), median(theirs)];
          rows.push({
            name: `${verb === 'write' ? 'write_full' : 'read'} of ${size} B, ${depth === 1 ? 'one at a time' : '64 in flight'}`,
            unit: '/s',
            ours: rate,
            peers: { 'python3-rados': rival },
            ratio: rate / rival,
            atLeast: depth === 1 ? single : flight,
          });
        }
      }
    }
  } finally {
    peer.stop();
    await cluster.shutdown();
  }
  return rows;
}

async function connectRow(conf) {
  const ours = [];
  const theirs = [];
  for (let round = -2; round < 9; round++) {
    let start = performance.now();
    const cluster = await Cluster.connect({ conf: { file: conf } });
    const ioctx = await cluster.openIoctx('data');
    check('bytes of the first read', (await ioctx.read('64-0')).length, 64);
    const mine = performance.now() - start;
    await cluster.shutdown();
    start = performance.now();
    const bytes = execFileSync('rados', ['-c', conf, '-p', 'data', 'get', '64-0', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
    check('bytes that rados read', bytes.length, 64);
    if (round < 0) continue;
    ours.push(mine);
    theirs.push(performance.now() - start);
  }
  const [mine, other] = [median(ours), median(theirs)];
  return { name: 'connect to the first read', unit: 'ms', ours: mine, peers: { rados: other }, ratio: mine / other, atMost: 1.5 };
}

export default async function run() {
  const rows = placementRows();
  if (!hasCeph) {
    console.error('SKIPPED: no Ceph on this machine, so nothing to compare with');
    return rows;
  }
  const ceph = await startCeph({ port: 17050, mds: false });
  try {
    return [...rows, ...(await objectRows(ceph.conf)), await connectRow(ceph.conf)];
  } finally {
    await ceph.stop();
  }
}
