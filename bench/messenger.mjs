// The figures of the messenger: two processes over loopback, ratios to peers measured in the same run. All contenders of a figure are up at
// the same time and take turns, round by round; the median of the rounds counts, so that whatever disturbs the machine disturbs all.
//   npm run bench -- messenger
//   node bench/messenger.mjs [echo|secure|flood|many|memory …]
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { check, median } from './measure.mjs';
import { flooded, peers } from './peers/echo.mjs';

const IN_FLIGHT = 64;
const KIB = 1024;
const sizeName = (size) => (size < KIB ? `${size} B` : `${size / KIB} KiB`);

/** The other process: serves `kind`, answers questions. */
async function serve(kind) {
  process.on('message', (question) => {
    if (question === 'memory') void settled().then((usage) => process.send(usage));
    else {
      process.send({ flooded, main: mainMicros() });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send(await peers[kind].serve());
}

/** What the process holds when all garbage is gone, and what was freed with it went back. */
async function settled() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

/** CPU time of the main isolate so far, in µs; where the system does not tell, the time its event loop was busy. */
function mainMicros() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return performance.eventLoopUtilization().active * 1000;
  }
}

async function startServer(kind) {
  const child = fork(import.meta.filename, ['--server', kind], { execArgv: ['--expose-gc'] });
  const answer = () => new Promise((resolve) => child.once('message', resolve));
  const where = await answer();
  return {
    where,
    ask(question) {
      const answered = answer();
      child.send(question);
      return answered;
    },
    stop: () => child.disconnect(),
  };
}

/**
 * Sends `total` echoes, `inFlight` of them on their way, on so many connections: each echo is followed by the next on the same one, or, where
 * they `roam`, on the one whose turn it is. @returns echoes a second
 */
async function echoes(client, size, total, inFlight, connections = 1, roam = false) {
  const bytes = new Uint8Array(size);
  let sent = 0;
  let done = 0;
  const inTurn = () => client.connections?.[sent % connections];
  const begin = performance.now();
  await new Promise((resolve) => {
    client.onMessage = (echo, connection) => {
      if (echo.length !== size) check('bytes of an echo', echo.length, size);
      if (++done === total) resolve();
      else if (sent < total) {
        client.send(bytes, roam ? inTurn() : connection);
        sent++;
      }
    };
    for (; sent < inFlight; sent++) client.send(bytes, inTurn());
  });
  return (total * 1000) / (performance.now() - begin);
}

/** One echo at a time. @returns the median, in µs */
async function latency(client, size, rounds) {
  const bytes = new Uint8Array(size);
  const times = [];
  await new Promise((resolve) => {
    let begin = 0;
    const next = () => {
      begin = performance.now();
      client.send(bytes);
    };
    client.onMessage = () => {
      times.push(performance.now() - begin);
      if (times.length < rounds) next();
      else resolve();
    };
    next();
  });
  return median(times) * 1000;
}

/** Runs `measure` for each kind in turn, round by round. @returns the median of each */
async function contest(kinds, measure, rounds, warmUp = 3) {
  const ends = {};
  for (const kind of kinds) {
    const server = await startServer(kind);
    ends[kind] = { server, client: await peers[kind].connect(server.where) };
  }
  const samples = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const kind of kinds) {
      const figure = await measure(ends[kind].client, ends[kind].server);
      if (round >= 0) samples[kind].push(figure);
    }
  }
  for (const { server, client } of Object.values(ends)) {
    await client.close();
    server.stop();
  }
  return Object.fromEntries(kinds.map((kind) => [kind, median(samples[kind])]));
}

async function echoRows() {
  const rows = [];
  const p50 = await contest(['crc', 'net', 'ws', 'zeromq'], (client) => latency(client, 64, 3000), 5);
  rows.push(timeRow('echo, 64 B, p50', 'µs', p50, 'crc', 'net', 1.5));
  const bounds = { 64: [2, 2.5], 4096: [2, 1.2], 65536: [2, 1] };
  for (const [size, [ws, zeromq]] of Object.entries(bounds).map(([size, bound]) => [Number(size), bound])) {
    const total = size === 65536 ? 5000 : 40_000;
    const rates = await contest(['crc', 'ws', 'zeromq', 'net'], (client) => echoes(client, size, total, IN_FLIGHT), 5);
    for (const [peer, least] of [
      ['ws', ws],
      ['zeromq', zeromq],
    ])
      rows.push(rateRow(`echo, ${sizeName(size)}, 64 in flight, to ${peer}`, rates, 'crc', peer, least));
  }
  return rows;
}

async function secureRows() {
  const rows = [];
  for (const size of [64, 4096, 65536]) {
    const total = size === 65536 ? 3000 : 15_000;
    const rates = await contest(['secure', 'wss'], (client) => echoes(client, size, total, IN_FLIGHT), 5);
    rows.push(rateRow(`secure echo, ${sizeName(size)}, 64 in flight, to ws over TLS`, rates, 'secure', 'wss', 1.5));
  }
  return rows;
}

/** What a flood costs its receiver: the sender is the same, inline, for both. */
async function floodRows() {
  const total = 200_000;
  const ends = {};
  for (const kind of ['crc', 'crc workers']) {
    const server = await startServer(kind);
    ends[kind] = { server, client: await peers.crc.connect(server.where), rates: [], micros: [] };
  }
  for (let round = -2; round < 5; round++) {
    for (const { server, client, rates, micros } of Object.values(ends)) {
      const before = await server.ask('stats');
      const begin = performance.now();
      await client.flood(new Uint8Array(64), total);
      let after;
      do after = await server.ask('stats');
      while (after.flooded < before.flooded + total);
      if (round < 0) continue;
      rates.push((total * 1000) / (performance.now() - begin));
      micros.push((after.main - before.main) / total);
    }
  }
  for (const { server, client } of Object.values(ends)) {
    await client.close();
    server.stop();
  }
  const of = (key) => Object.fromEntries(Object.entries(ends).map(([kind, end]) => [kind, median(end[key])]));
  return [
    rateRow('flood, 64 B, workers = 2, dispatched a second', of('rates'), 'crc workers', 'crc', 1),
    timeRow('flood, 64 B, workers = 2, main isolate a message', 'µs', of('micros'), 'crc workers', 'crc', 0.6),
  ];
}

/**
 * 64 in flight on each of 1,000 connections, against as many in flight on one. Without an aim: as many that roam, so that what one read brought
 * leaves on many connections; and one in flight on each, which no rate of one socket compares to: every message is then a read and a write of its
 * own. What raw sockets do with the same stands beside all.
 */
async function manyRows() {
  const count = 1000;
  const rows = [];
  for (const [what, each, roam, least] of [
    ['64 in flight on each', 64, false, 0.7],
    ['64 in flight for each, roaming', 64, true, undefined],
    ['1 in flight on each', 1, false, undefined],
  ]) {
    const rates = {};
    for (const [name, kind, connections] of [
      ['1', 'crc', 1],
      ['1,000', 'crc', count],
      ['net, 1', 'net', 1],
      ['net, 1,000', 'net', count],
    ]) {
      const server = await startServer(kind);
      const client = await peers[kind].connect(server.where, connections);
      const total = 60_000 * (each === 1 ? 1 : 5);
      const samples = [];
      for (let round = -1; round < 3; round++) {
        const rate = await echoes(client, 64, total, count * each, connections, roam);
        if (round >= 0) samples.push(rate);
      }
      await client.close();
      server.stop();
      rates[name] = median(samples);
    }
    rows.push(rateRow(`1,000 connections, 64 B echo, ${what}`, rates, '1,000', '1', least));
  }
  return rows;
}

/**
 * By how much the acceptor's process grows with each connection that was used and is idle: the whole process as the system sees it, and what of
 * it is JavaScript's, its objects and their buffers. The former has the pages of the heap in it, full or not, and what the allocator keeps: it
 * differs by a tenth from process to process, so several are measured.
 */
async function memoryRows() {
  const [processes, count] = [3, 1200];
  const samples = { rss: { crc: [], ws: [] }, heap: { crc: [], ws: [] } };
  for (let i = 0; i < processes; i++) {
    for (const kind of ['crc', 'ws']) {
      const grown = await growth(kind, count);
      for (const measure of ['rss', 'heap']) samples[measure][kind].push(grown[measure] / count / KIB);
    }
  }
  return [
    ['rss', 'memory of an idle connection, at the acceptor'],
    ['heap', 'objects of an idle connection, at the acceptor'],
  ].map(([measure, name]) => {
    const bytes = Object.fromEntries(Object.entries(samples[measure]).map(([kind, list]) => [kind, median(list)]));
    return timeRow(name, 'KiB', bytes, 'crc', 'ws', 1.5);
  });
}

/** By how much a server grows with `count` connections. */
async function growth(kind, count) {
  const server = await startServer(kind);
  const open = async (n) => {
    if (kind === 'ws') {
      const clients = [];
      for (let i = 0; i < n; i++) clients.push(await peers.ws.connect(server.where));
      for (const client of clients) await one(client);
      return clients;
    }
    const client = await peers.crc.connect(server.where, n);
    await echoes(client, 64, n, 64, n, true);
    return [client];
  };
  // what the first ones load and compile is not what another connection costs, nor does one that finds room that garbage left cost nothing
  const first = await open(count);
  const before = await server.ask('memory');
  const rest = await open(count);
  const after = await server.ask('memory');
  for (const client of [...first, ...rest]) await client.close();
  server.stop();
  return { rss: after.rss - before.rss, heap: after.heap - before.heap };
}

const one = (client) => echoes(client, 64, 1, 1);

function rateRow(name, rates, ours, peer, atLeast) {
  const ratio = rates[ours] / rates[peer];
  const bounds = atLeast === undefined ? {} : { atLeast };
  return { name, unit: 'a second', ours: rates[ours], peers: others(rates, ours), ratio, ...bounds };
}

function timeRow(name, unit, times, ours, peer, atMost) {
  return { name, unit, ours: times[ours], peers: others(times, ours), ratio: times[ours] / times[peer], atMost };
}

const others = (figures, ours) => Object.fromEntries(Object.entries(figures).filter(([kind]) => kind !== String(ours)));

const suites = { echo: echoRows, secure: secureRows, flood: floodRows, many: manyRows, memory: memoryRows };

export default async function run(names = Object.keys(suites)) {
  const rows = [];
  for (const name of names) rows.push(...(await suites[name]()));
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === '--server') await serve(process.argv[3]);
  else {
    for (const row of await run(process.argv.length > 2 ? process.argv.slice(2) : undefined)) {
      const { name, ours, ratio, atLeast, atMost } = row;
      const figures = Object.entries(row.peers).map(([peer, figure]) => `${peer} ${figure.toFixed(1)}`);
      const bound = atLeast === undefined ? `${atMost === undefined ? '' : `at most ${atMost}`}` : `at least ${atLeast}`;
      console.log(
        `${name.padEnd(58)} ${ratio.toFixed(2).padStart(6)} ${bound.padEnd(13)} ${ours.toFixed(1)} (${figures.join(', ')})`,
      );
    }
    process.exit(0);
  }
}
