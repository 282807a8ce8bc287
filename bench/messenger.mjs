// The figures of the messenger: two processes over loopback, ratios against peers measured in the same run.
//   node bench/messenger.mjs [--quick]      (npm run bench -- messenger)
import { fork } from 'node:child_process';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { pathToFileURL } from 'node:url';
import { AuthNone, CON_MODE, Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { AuthEntityName, EntityAddrVec, EntityName } from '@cephts/encoding';

const SIZES = [64, 4096, 65536];
const IN_FLIGHT = 64;
const EMPTY = new Uint8Array(0);

class MEcho extends Message {
  static TYPE = 9300;
  type = 9300;
  typeName = 'echo';
  bytes = EMPTY;

  encodePayload(e) {
    e.raw(this.bytes);
  }

  decodePayload(d) {
    this.bytes = d.rest();
  }
}

/** Small payloads go in the front, large ones as data, as Ceph's own messages do. */
function echoOf(bytes) {
  const m = new MEcho();
  if (bytes.length > 1024) m.data = bytes;
  else m.bytes = bytes;
  return m;
}

class SharedSecret extends AuthNone {
  constructor() {
    super({ name: () => AuthEntityName.parse('client.x'), globalId: () => 1, modes: [CON_MODE.SECURE] });
  }
  handleAuthDone(_con, meta) {
    agree(meta);
    return 0;
  }
  handleAuthRequest(con, meta, more, method, payload) {
    agree(meta);
    return super.handleAuthRequest(con, meta, more, method, payload);
  }
}

function agree(meta) {
  meta.sessionKey = new Uint8Array(16).fill(3);
  meta.connectionSecret = new Uint8Array(40).fill(5);
}

function messenger(kind, name, policy) {
  const threads = kind.endsWith('workers') ? 2 : 0;
  const cct = new CephContext({ conf: { ms_async_op_threads: threads } });
  const auth = kind.startsWith('secure') ? new SharedSecret() : undefined;
  const it = new Messenger(cct, {
    name,
    logicalName: 'bench',
    registry: new MessageRegistry([MEcho]),
    stack: threads > 0 ? 'workers' : 'posix',
    ...(auth ? { authClient: auth, authServer: auth } : {}),
  });
  it.setDefaultPolicy(policy);
  return it;
}

// ---- peers: each gives a server (port, memory) and a client (send, onMessage)

const peers = {
  net: {
    async serve() {
      const server = net.createServer({ noDelay: true }, (socket) => frames(socket, (bytes) => writeFrame(socket, bytes)));
      return listen(server);
    },
    connect: (port) =>
      new Promise((resolve) => {
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(client));
        const client = { send: (bytes) => writeFrame(socket, bytes), onMessage: undefined, close: () => socket.destroy() };
        frames(socket, (bytes) => client.onMessage?.(bytes));
      }),
  },
  ws: {
    async serve() {
      const { WebSocketServer } = await import('ws');
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
      server.on('connection', (socket) => socket.on('message', (bytes) => socket.send(bytes)));
      await new Promise((resolve) => server.on('listening', resolve));
      return server.address().port;
    },
    async connect(port) {
      const { WebSocket } = await import('ws');
      return wsClient(new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }));
    },
  },
  wss: {
    async serve() {
      const { WebSocketServer } = await import('ws');
      const https = await import('node:https');
      const server = https.createServer(await selfSigned());
      new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) =>
        socket.on('message', (bytes) => socket.send(bytes)),
      );
      return listen(server);
    },
    async connect(port) {
      const { WebSocket } = await import('ws');
      return wsClient(new WebSocket(`wss://127.0.0.1:${port}`, { perMessageDeflate: false, rejectUnauthorized: false }));
    },
  },
  zeromq: {
    async serve() {
      const zmq = await import('zeromq');
      const socket = new zmq.Pair({ sendHighWaterMark: 0, receiveHighWaterMark: 0 });
      await socket.bind('tcp://127.0.0.1:*');
      void (async () => {
        for await (const [bytes] of socket) await socket.send(bytes);
      })();
      return Number(socket.lastEndpoint.split(':').pop());
    },
    async connect(port) {
      const zmq = await import('zeromq');
      const socket = new zmq.Pair({ sendHighWaterMark: 0, receiveHighWaterMark: 0 });
      socket.connect(`tcp://127.0.0.1:${port}`);
      const queue = [];
      let busy = false;
      const client = {
        onMessage: undefined,
        send(bytes) {
          queue.push(bytes);
          if (!busy) void drain();
        },
        close: () => socket.close(),
      };
      const drain = async () => {
        busy = true;
        while (queue.length > 0) await socket.send(queue.shift());
        busy = false;
      };
      void (async () => {
        for await (const [bytes] of socket) client.onMessage?.(bytes);
      })();
      return client;
    },
  },
  ...Object.fromEntries(['crc', 'crc workers', 'secure', 'secure workers'].map((kind) => [kind, ours(kind)])),
};

function ours(kind) {
  return {
    async serve() {
      const server = messenger(kind, EntityName.mds(0), Policy.statelessServer());
      const addrs = await server.bindv(EntityAddrVec.parse('v2:127.0.0.1:0/0'));
      server.start();
      server.addDispatcherTail({
        msDispatch(m) {
          if (m.tid === 1) flooded++;
          else m.connection.sendMessage(echoOf(m.data.length > 0 ? m.data : m.bytes));
          return true;
        },
      });
      return String(addrs);
    },
    async connect(addrs, count = 1) {
      const end = messenger(kind, EntityName.client(1), Policy.lossyClient());
      end.start();
      const client = {
        onMessage: undefined,
        send: (bytes) => con.sendMessage(echoOf(bytes)),
        sendOn: (i, bytes) => cons[i].sendMessage(echoOf(bytes)),
        async flood(bytes, n) {
          for (let i = 0; i < n; i++) {
            const m = echoOf(bytes);
            m.tid = 1;
            con.sendMessage(m);
            if (i % 4096 === 4095) await con.drained();
          }
        },
        close: () => end[Symbol.asyncDispose](),
      };
      end.addDispatcherTail({
        msDispatch(m) {
          client.onMessage?.(m.data.length > 0 ? m.data : m.bytes, m.connection);
          return true;
        },
      });
      const cons = Array.from({ length: count }, () => end.connectTo(2, EntityAddrVec.parse(addrs), { anon: true }));
      const con = cons[0];
      client.index = new Map(cons.map((one, i) => [one, i]));
      return client;
    },
  };
}

let flooded = 0;

function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

function wsClient(socket) {
  const client = { send: (bytes) => socket.send(bytes), onMessage: undefined, close: () => socket.terminate() };
  socket.on('message', (bytes) => client.onMessage?.(bytes));
  return new Promise((resolve) => socket.on('open', () => resolve(client)));
}

function frames(socket, onFrame) {
  let rest;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    let data = rest ? Buffer.concat([rest, chunk]) : chunk;
    rest = undefined;
    while (data.length >= 4) {
      const length = data.readUInt32LE();
      if (data.length - 4 < length) break;
      onFrame(data.subarray(4, 4 + length));
      data = data.subarray(4 + length);
    }
    if (data.length > 0) rest = data;
  });
}

function writeFrame(socket, bytes) {
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32LE(bytes.length);
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  socket.write(head);
  socket.write(bytes);
}

async function selfSigned() {
  const { execFileSync } = await import('node:child_process');
  const { mkdtempSync, readFileSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const path = await import('node:path');
  const dir = mkdtempSync(path.join(tmpdir(), 'cephts-bench-'));
  const files = ['key.pem', 'cert.pem'].map((name) => path.join(dir, name));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      files[0],
      '-out',
      files[1],
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ],
    { stdio: 'ignore' },
  );
  const [key, cert] = files.map((file) => readFileSync(file));
  rmSync(dir, { recursive: true });
  tls.createSecureContext({ key, cert });
  return { key, cert };
}

// ---- measuring

async function latency(client, size, rounds) {
  const bytes = new Uint8Array(size);
  const times = [];
  await new Promise((resolve) => {
    let begin = 0;
    client.onMessage = (echo) => {
      times.push(performance.now() - begin);
      if (echo.length !== size) throw new Error(`echo of ${echo.length} bytes`);
      if (times.length === rounds) {
        resolve();
        return;
      }
      begin = performance.now();
      client.send(bytes);
    };
    begin = performance.now();
    client.send(bytes);
  });
  return times.sort((a, b) => a - b)[rounds >> 1] * 1000;
}

async function rate(client, size, total) {
  const bytes = new Uint8Array(size);
  let sent = 0;
  let done = 0;
  const begin = performance.now();
  await new Promise((resolve) => {
    client.onMessage = (echo) => {
      if (echo.length !== size) throw new Error(`echo of ${echo.length} bytes`);
      if (++done === total) resolve();
      else if (sent < total) {
        sent++;
        client.send(bytes);
      }
    };
    for (; sent < IN_FLIGHT; sent++) client.send(bytes);
  });
  return total / ((performance.now() - begin) / 1000);
}

async function spread(client, count, total) {
  const bytes = new Uint8Array(64);
  let sent = 0;
  let done = 0;
  const begin = performance.now();
  await new Promise((resolve) => {
    client.onMessage = () => {
      if (++done === total) resolve();
      else if (sent < total) client.sendOn(sent++ % count, bytes);
    };
    for (; sent < Math.max(IN_FLIGHT, 0); sent++) client.sendOn(sent % count, bytes);
  });
  return total / ((performance.now() - begin) / 1000);
}

function startServer(kind) {
  const child = fork(process.argv[1], ['--server', kind], { execArgv: ['--expose-gc'] });
  const waiting = [];
  child.on('message', (message) => waiting.shift()?.(message));
  const next = () => new Promise((resolve) => waiting.push(resolve));
  return {
    ready: next(),
    ask(question) {
      child.send(question);
      return next();
    },
    stop: () => child.kill(),
  };
}

async function server(kind) {
  const where = await peers[kind].serve();
  process.on('message', (question) => {
    if (question === 'memory') {
      globalThis.gc();
      process.send(process.memoryUsage().rss);
    } else {
      const { user, system } = process.cpuUsage();
      const { utilization, active } = performance.eventLoopUtilization();
      process.send({ flooded, cpu: (user + system) / 1000, active, utilization, now: performance.now() });
    }
  });
  process.send(where);
}

async function echoFigures(kind, scale) {
  const remote = startServer(kind);
  const client = await peers[kind].connect(await remote.ready);
  await rate(client, 64, 4000 * scale);
  const figures = { p50: await latency(client, 64, 3000 * scale) };
  for (const size of SIZES) figures[size] = await rate(client, size, (size === 65536 ? 4000 : 30000) * scale);
  await client.close();
  remote.stop();
  console.log(
    `${kind.padEnd(15)} p50 ${figures.p50.toFixed(0).padStart(4)} µs   ${SIZES.map((size) => `${size} B ${figures[size].toFixed(0).padStart(7)}/s`).join('   ')}`,
  );
  return figures;
}

async function floodFigures(kind, total) {
  const remote = startServer(kind);
  const client = await peers[kind].connect(await remote.ready);
  await client.flood(new Uint8Array(64), total / 10);
  let before;
  do before = await remote.ask('stats');
  while (before.flooded < total / 10);
  const begin = performance.now();
  await client.flood(new Uint8Array(64), total);
  let after;
  do after = await remote.ask('stats');
  while (after.flooded < before.flooded + total);
  const perSecond = total / ((performance.now() - begin) / 1000);
  const mainMicros = ((after.active - before.active) * 1000) / total;
  await client.close();
  remote.stop();
  console.log(
    `flood ${kind.padEnd(15)} ${perSecond.toFixed(0).padStart(8)}/s   main isolate ${mainMicros.toFixed(2)} µs a message`,
  );
  return { perSecond, mainMicros };
}

async function memoryFigure(kind, count) {
  const remote = startServer(kind);
  const where = await remote.ready;
  const before = await remote.ask('memory');
  let clients;
  if (kind === 'crc') {
    clients = [await peers.crc.connect(where, count)];
    await spread(clients[0], count, count * 2);
  } else clients = await Promise.all(Array.from({ length: count }, () => peers[kind].connect(where)));
  const bytes = ((await remote.ask('memory')) - before) / count;
  for (const client of clients) await client.close();
  remote.stop();
  console.log(`memory ${kind.padEnd(6)} ${(bytes / 1024).toFixed(1)} KiB a connection, at the acceptor`);
  return bytes;
}

async function manyFigure(scale) {
  const remote = startServer('crc');
  const where = await remote.ready;
  const rates = [];
  for (const count of [1, 1000]) {
    const client = await peers.crc.connect(where, count);
    await spread(client, count, 4000);
    rates.push(await spread(client, count, 40000 * scale));
    await client.close();
  }
  remote.stop();
  console.log(`1 connection ${rates[0].toFixed(0)}/s, 1,000 connections ${rates[1].toFixed(0)}/s, the same in flight`);
  return rates;
}

export async function run({ quick = false } = {}) {
  const scale = quick ? 0.3 : 1;
  const f = {};
  for (const kind of Object.keys(peers)) f[kind] = await echoFigures(kind, scale);
  const inline = await floodFigures('crc', 400_000 * scale);
  const threads = await floodFigures('crc workers', 400_000 * scale);
  const many = await manyFigure(scale);
  const memory = [await memoryFigure('crc', 500), await memoryFigure('ws', 500)];
  const rows = [
    ['echo 64 B p50, crc, to raw net', f.crc.p50 / f.net.p50, 1.5, 'most'],
    ['echo 64 B, 64 in flight, to ws', f.crc[64] / f.ws[64], 2, 'least'],
    ['echo 64 B, 64 in flight, to zeromq', f.crc[64] / f.zeromq[64], 2.5, 'least'],
    ['echo 4 KiB, to ws', f.crc[4096] / f.ws[4096], 2, 'least'],
    ['echo 4 KiB, to zeromq', f.crc[4096] / f.zeromq[4096], 1.2, 'least'],
    ['echo 64 KiB, to ws', f.crc[65536] / f.ws[65536], 2, 'least'],
    ['echo 64 KiB, to zeromq', f.crc[65536] / f.zeromq[65536], 1, 'least'],
    ...SIZES.map((size) => [`secure echo ${size} B, to ws over TLS`, f.secure[size] / f.wss[size], 1.5, 'least']),
    ['flood, workers to inline, rate', threads.perSecond / inline.perSecond, 1, 'least'],
    ['flood, workers to inline, time of the main isolate', threads.mainMicros / inline.mainMicros, 0.6, 'most'],
    ['1,000 connections to 1', many[1] / many[0], 0.7, 'least'],
    ['memory of an idle connection, to ws', memory[0] / memory[1], 1.5, 'most'],
  ];
  console.log('');
  for (const [what, ratio, bound, sense] of rows) {
    const good = sense === 'least' ? ratio >= bound : ratio <= bound;
    console.log(`${good ? 'ok  ' : 'MISS'} ${what.padEnd(52)} ${ratio.toFixed(2).padStart(6)}   at ${sense} ${bound}`);
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === '--server') await server(process.argv[3]);
  else {
    await run({ quick: process.argv.includes('--quick') });
    process.exit(0);
  }
}
