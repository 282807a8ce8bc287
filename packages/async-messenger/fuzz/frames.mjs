// Mutated handshakes and frames against a listening messenger on a simulated network: no crash, no hang, nothing left behind.
import { Message, MessageRegistry, Messenger, Policy, SimulatedNetwork } from '@cephts/async-messenger';
import { CephContext, VirtualClock, nullLog, seededRandom } from '@cephts/common';
import { EntityAddrVec, EntityName } from '@cephts/encoding';

class MBlob extends Message {
  static TYPE = 9200;
  type = 9200;
  typeName = 'blob';
  bytes = new Uint8Array(0);

  encodePayload(e) {
    e.blob(this.bytes);
  }

  decodePayload(d) {
    this.bytes = d.blob();
  }
}

const registry = new MessageRegistry([MBlob]);
const MESSAGES = 20;

/**
 * @param {number} seconds how long
 * @param {{ u32(): number }} rng
 * @returns {Promise<{ executions: number, findings: string[] }>}
 */
export async function fuzz(seconds, rng) {
  const random = seededRandom(rng.u32());
  const until = performance.now() + seconds * 1000;
  const good = await record(random);
  const findings = [];
  if ((await replay(good, random, false)) !== MESSAGES) findings.push('the recorded conversation does not work unchanged');
  const base = process.memoryUsage().rss;
  let executions = 0;
  while (performance.now() < until && findings.length < 10) {
    try {
      await replay(good, random, true);
    } catch (error) {
      findings.push(String(error.stack));
    }
    executions++;
    const grown = process.memoryUsage().rss - base;
    if (executions % 200 === 0 && grown > 512 * 1024 * 1024) findings.push(`memory grew by ${grown} bytes`);
  }
  return { executions, findings };
}

function world(rng) {
  const clock = new VirtualClock();
  const net = new SimulatedNetwork(clock, rng);
  const errors = [];
  const make = async (role, ip, name, nonce, policy) => {
    const cct = new CephContext({ clock, random: rng, log: nullLog, onError: (error) => errors.push(error) });
    const messenger = new Messenger(cct, { name, logicalName: role, registry, nonce, stack: net.stack(ip, 1024 * 1024) });
    messenger.setDefaultPolicy(policy);
    return messenger;
  };
  return { clock, net, errors, make };
}

const ADDRS = EntityAddrVec.parse('v2:10.0.0.1:6800/77');
const COLLECT = { onConnected() {}, onDrain() {}, onClose() {} };

async function end(clock, messenger) {
  const done = messenger.shutdown().then(() => messenger.wait());
  await clock.advanceAsync(100);
  await done;
  if (messenger.connectionCount !== 0) throw new Error('connections leaked');
}

/** What a well-behaved client writes, in pieces as it wrote them. */
async function record(rng) {
  const { clock, net, make } = world(rng);
  const server = await make('server', '10.0.0.1', EntityName.mds(0), 77, Policy.statefulServer());
  await server.bindv(ADDRS);
  server.start();
  server.addDispatcherTail({ msDispatch: () => true });
  const client = await make('client', '10.0.0.2', EntityName.client(1), 88, Policy.losslessClient());
  const pieces = [];
  const connect = net.connect.bind(net);
  net.connect = (ip, to) => {
    const socket = connect(ip, to);
    const write = socket.write.bind(socket);
    socket.write = (parts) => {
      pieces.push(new Uint8Array(Buffer.concat(parts)));
      write(parts);
    };
    return socket;
  };
  client.start();
  client.addDispatcherTail({ msDispatch: () => true });
  const con = client.connectTo(2, ADDRS);
  for (let i = 0; i < MESSAGES; i++) {
    const m = new MBlob();
    m.bytes = new Uint8Array(i * 17);
    m.data = new Uint8Array(i * 100);
    con.sendMessage(m);
    await clock.advanceAsync(10);
  }
  await end(clock, client);
  await end(clock, server);
  return pieces;
}

function mutate(bytes, rng) {
  const at = Math.floor(rng.next() * bytes.length);
  switch (Math.floor(rng.next() * 5)) {
    case 0:
      bytes = bytes.slice();
      bytes[at] ^= 1 << Math.floor(rng.next() * 8);
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return new Uint8Array(Buffer.concat([bytes.subarray(0, at), rng.bytes(1 + Math.floor(rng.next() * 8)), bytes.subarray(at)]));
    case 3:
      bytes = bytes.slice();
      bytes.set(rng.bytes(Math.min(4, bytes.length - at)), at);
      return bytes;
    default:
      return new Uint8Array(Buffer.concat([bytes, bytes]));
  }
}

/** Writes the recorded pieces, one or more of them changed, to a fresh server. Gives back how many messages it dispatched. */
async function replay(good, rng, changed) {
  const { clock, net, errors, make } = world(rng);
  const server = await make('server', '10.0.0.1', EntityName.mds(0), 77, Policy.statefulServer());
  await server.bindv(ADDRS);
  server.start();
  let dispatched = 0;
  server.addDispatcherTail({ msDispatch: () => ++dispatched > 0 });
  const socket = net.connect('10.0.0.2', ADDRS.front());
  let closed = false;
  socket.owner = { ...COLLECT, onData() {}, onClose: () => (closed = true) };
  await clock.advanceAsync(5);
  const victim = Math.floor(rng.next() * good.length);
  for (let i = 0; i < good.length && !closed; i++) {
    socket.write([changed && (i === victim || rng.next() < 0.02) ? mutate(good[i], rng) : good[i]]);
    await clock.advanceAsync(2);
  }
  socket.destroy();
  await clock.advanceAsync(20_000);
  await end(clock, server);
  if (errors.length > 0) throw errors[0];
  if (clock.pending > 0) throw new Error('timers leaked');
  return dispatched;
}
