import { describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock, seededRandom } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy, SimulatedNetwork } from '../src/index.js';
import type { ByteSocket } from '../src/net/byte-socket.js';
import { MNote, noteRegistry } from './kit/messages.js';
import { Recorder } from './kit/pair.js';

const ADDRS = EntityAddrVec.parse('v2:10.0.0.1:6800/77') as EntityAddrVec;
const MESSAGES = 4;

/** Passes bytes on until so many have gone one way, then breaks the connection. */
function cutAfter(net: SimulatedNetwork, socket: ByteSocket, way: 'out' | 'in', limit: number): ByteSocket {
  let left = limit;
  const pass = (bytes: Uint8Array, on: (bytes: Uint8Array) => void): void => {
    on(bytes.subarray(0, Math.max(0, left)));
    left -= bytes.length;
    if (left < 0) net.clock.setTimeout(() => net.cutAll(), 0);
  };
  return new Proxy(socket, {
    get(target, key) {
      if (key === 'write' && way === 'out') {
        return (pieces: readonly Uint8Array[]) => {
          pass(new Uint8Array(Buffer.concat(pieces)), (bytes) => target.write([bytes]));
          return true;
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, key, value) {
      if (key !== 'owner' || way === 'out') return Reflect.set(target, key, value, target);
      const owner = value as ByteSocket['owner'];
      target.owner = {
        onConnected: () => owner.onConnected(),
        onDrain: () => owner.onDrain(),
        onClose: (reason, code) => owner.onClose(reason, code),
        onData(chunk) {
          pass(chunk, (bytes) => owner.onData(bytes, bytes.length, false));
          return false;
        },
      };
      return true;
    },
  });
}

/** One conversation whose first connection breaks after `limit` bytes one way. Returns false once nothing was cut. */
async function converse(way: 'out' | 'in', limit: number): Promise<boolean> {
  const clock = new VirtualClock();
  const net = new SimulatedNetwork(clock, seededRandom(limit));
  const connect = net.connect.bind(net);
  let connections = 0;
  net.connect = (ip, to) => {
    const socket = connect(ip, to);
    return connections++ === 0 ? cutAfter(net, socket, way, limit) : socket;
  };
  const make = (name: EntityName, ip: string, policy: Policy): { messenger: Messenger; recorder: Recorder } => {
    const cct = new CephContext({ clock, random: seededRandom(limit + 1) });
    const messenger = new Messenger(cct, { name, logicalName: 'x', registry: noteRegistry(), nonce: 77, stack: net.stack(ip) });
    messenger.setDefaultPolicy(policy);
    return { messenger, recorder: new Recorder(name.isMds()) };
  };
  const server = make(EntityName.mds(0), '10.0.0.1', Policy.statefulServer());
  await server.messenger.bindv(ADDRS);
  const client = make(EntityName.client(1), '10.0.0.2', Policy.losslessClient());
  for (const { messenger, recorder } of [server, client]) {
    messenger.start();
    messenger.addDispatcherTail(recorder);
  }
  const con = client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, ADDRS);
  for (let i = 0; i < MESSAGES; i++) {
    con.sendMessage(MNote.of(i, new Uint8Array(i * 10)));
    clock.advance(40);
  }
  clock.advance(30_000);
  const expected = Array.from({ length: MESSAGES }, (_, i) => i);
  expect({ way, limit, server: server.recorder.values, client: client.recorder.values }).toEqual({
    way,
    limit,
    server: expected,
    client: expected,
  });
  expect(client.recorder.events).not.toContain('remoteReset');
  for (const { messenger } of [client, server]) {
    const done = messenger.shutdown().then(() => messenger.wait());
    await clock.advanceAsync(10);
    await done;
  }
  expect(clock.pending).toBe(0);
  return connections > 1;
}

describe('a session', () => {
  it.each(['out', 'in'] as const)('survives a cut after every single byte, %s, and delivers everything once', async (way) => {
    let limit = 0;
    while (await converse(way, limit)) limit++;
    expect(limit).toBeGreaterThan(700);
  });
});
