// What the figures of the messenger are measured on: an echo over loopback by raw net, ws, ws over TLS, zeromq, and the messenger. Each peer
// has a server (its address) and a client (send, onMessage, close); where it can have several connections, it sends on one of them, and says on which
// one a message came.
import net from 'node:net';
import tls from 'node:tls';
import { AuthNone, CON_MODE, Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { AuthEntityName, EntityAddrVec, EntityName } from '@cephts/encoding';
import { defineSharedSecret } from '../../packages/async-messenger/sim/shared-secret.mjs';

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

const SharedSecret = defineSharedSecret({ AuthNone, CON_MODE }, { AuthEntityName });
const AGREED = { sessionKey: new Uint8Array(16).fill(3), connectionSecret: new Uint8Array(40).fill(5) };

function messenger(kind, name, policy) {
  const threads = kind.endsWith('workers') ? 2 : 0;
  const cct = new CephContext({ conf: { ms_async_op_threads: threads } });
  const auth = kind.startsWith('secure') ? new SharedSecret(AGREED) : undefined;
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

export const peers = {
  net: {
    async serve() {
      const server = net.createServer({ noDelay: true }, (socket) => frames(socket, (bytes) => writeFrame(socket, bytes)));
      return listen(server);
    },
    async connect(port, count = 1) {
      const sockets = [];
      const client = {
        connections: sockets,
        onMessage: undefined,
        send: (bytes, socket = sockets[0]) => writeFrame(socket, bytes),
        close: () => sockets.forEach((socket) => socket.destroy()),
      };
      while (sockets.length < count) {
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
        await new Promise((resolve) => socket.on('connect', resolve));
        frames(socket, (bytes) => client.onMessage?.(bytes, socket));
        sockets.push(socket);
      }
      return client;
    },
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
      const cons = [];
      const client = {
        connections: cons,
        onMessage: undefined,
        send: (bytes, con = cons[0]) => con.sendMessage(echoOf(bytes)),
        async flood(bytes, n) {
          const [con] = cons;
          for (let i = 0; i < n; i++) {
            const m = echoOf(bytes);
            m.tid = 1;
            con.sendMessage(m);
            if (i % 4096 === 4095) await con.drained();
          }
        },
        close: () => end[Symbol.asyncDispose](),
      };
      let connected;
      end.addDispatcherTail({
        msDispatch(m) {
          client.onMessage?.(m.data.length > 0 ? m.data : m.bytes, m.connection);
          return true;
        },
        msHandleConnect: () => connected(),
      });
      const peer = EntityAddrVec.parse(addrs);
      while (cons.length < count) {
        const up = new Promise((resolve) => (connected = resolve));
        cons.push(end.connectTo(2, peer, { anon: true }));
        await up;
      }
      return client;
    },
  };
}

/** Messages of a flood that were dispatched here. */
export let flooded = 0;

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
