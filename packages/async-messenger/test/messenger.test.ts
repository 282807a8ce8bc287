import { afterEach, describe, expect, it } from '@jest/globals';
import { CephContext, Throttle } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy } from '../src/index.js';
import type { Connection } from '../src/index.js';
import { MNote, noteRegistry } from './kit/messages.js';
import { Recorder, loggedContext, startClient, startServer } from './kit/pair.js';

describe('Messenger', () => {
  const open: Messenger[] = [];
  afterEach(async () => {
    for (const messenger of open.splice(0).reverse()) await messenger[Symbol.asyncDispose]();
  });

  async function pair(serverPolicy?: Policy, clientPolicy?: Policy) {
    const { cct } = loggedContext();
    const server = await startServer(cct, serverPolicy ? { policy: serverPolicy } : {});
    const client = startClient(cct, server.addrs, clientPolicy ? { policy: clientPolicy } : {});
    open.push(server.messenger, client.messenger);
    return { cct, server, client };
  }

  it('delivers messages of all sizes in order and the answers back', async () => {
    const { client } = await pair();
    const data = new Uint8Array(3_000_000).map((_, i) => i);
    for (let i = 0; i < 200; i++) client.con.sendMessage(MNote.of(i, i % 50 === 7 ? data : data.subarray(0, i * 100)));
    await client.recorder.count(200);
    expect(client.recorder.values).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(Buffer.compare(client.recorder.messages[7]!.data, data)).toBe(0);
    expect(client.recorder.messages[30]!.data.length).toBe(3000);
  });

  it('tells both ends who the other is and what both can do', async () => {
    const { client, server } = await pair();
    client.con.sendMessage(MNote.of(1));
    await client.recorder.count(1);
    expect(String(client.con.peerName)).toBe('mds.0');
    expect(String(server.recorder.con!.peerName)).toBe('client.4100');
    expect(server.recorder.con!.peerType).toBe(8);
    expect(server.recorder.con!.peerAuthName).toBe('client.admin');
    expect(client.con.features).toBe(server.recorder.con!.features);
    expect(client.recorder.events).toEqual(['connect']);
    expect(server.recorder.events).toEqual(['accept']);
    expect(String(client.messenger.myaddrs)).toMatch(/^127\.0\.0\.1:0\/\d+$/);
  });

  it('sends the highest priority first and keeps the order within one', async () => {
    const { client, server } = await pair();
    [127, 63, 196, 127, 255].forEach((priority, i) => {
      const m = MNote.of(i);
      m.priority = priority;
      client.con.sendMessage(m);
    });
    await server.recorder.count(5);
    expect(server.recorder.values).toEqual([4, 2, 0, 3, 1]);
  });

  it('gives the same connection for the same addresses, and the loopback one for its own', async () => {
    const { client, server } = await pair();
    expect(client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs)).toBe(client.con);
    expect(server.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs)).toBe(server.messenger.loopbackConnection);
  });

  it('gives a connection of its own, each time, where an anonymous one is asked for', async () => {
    const { client, server } = await pair(Policy.statelessServer(), Policy.lossyClient());
    const another = (): Connection => client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs, { anon: true });
    expect(new Set([client.con, another(), another()]).size).toBe(3);
    expect(client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs)).toBe(client.con);
  });

  it('hands messages to oneself over through ms_local, never on the caller’s stack', async () => {
    const { cct } = loggedContext();
    const { messenger, recorder } = await startServer(cct);
    open.push(messenger);
    const quiet = new Recorder();
    messenger.addDispatcherHead(quiet);
    const m = MNote.of(9);
    messenger.loopbackConnection.sendMessage(m);
    expect(quiet.values).toEqual([]);
    await quiet.count(1);
    expect(quiet.messages[0]).toBe(m);
    expect(m.connection).toBe(messenger.loopbackConnection);
    expect(recorder.values).toEqual([]);
  });

  it('reports a peer that nobody listens for as refused', async () => {
    const { cct } = loggedContext();
    const client = startClient(cct, EntityAddrVec.parse('v2:127.0.0.1:1/5')!, { policy: Policy.lossyClient() });
    open.push(client.messenger);
    await new Promise<void>((resolve) => {
      client.messenger.addDispatcherHead({
        msDispatch: () => false,
        msHandleRefused: () => {
          resolve();
          return true;
        },
      });
    });
    client.con.markDown();
    expect(client.messenger.connectionCount).toBe(0);
  });

  it('answers a keepalive with its stamp', async () => {
    const { client } = await pair();
    client.con.sendMessage(MNote.of(1));
    await client.recorder.count(1);
    const before = Date.now();
    client.con.sendKeepalive();
    client.con.sendMessage(MNote.of(2));
    await client.recorder.count(2);
    expect(client.con.lastKeepaliveAck).toBeGreaterThanOrEqual(before - 1);
  });

  it('drops a lossy connection and tells the dispatchers when the peer closes it', async () => {
    const { client, server } = await pair(Policy.statelessServer(), Policy.lossyClient());
    client.con.sendMessage(MNote.of(1));
    await client.recorder.count(1);
    const told = new Promise<void>((resolve) => {
      client.messenger.addDispatcherHead({
        msDispatch: () => false,
        msHandleReset: () => {
          resolve();
          return true;
        },
      });
    });
    server.messenger.markDown(server.recorder.con!);
    await told;
    expect(client.con.isConnected).toBe(false);
    expect(client.messenger.connectionCount).toBe(0);
  });

  it('takes no more than the policy throttle lets in, and pushes back on the socket', async () => {
    const { cct } = loggedContext();
    const throttle = new Throttle(cct, 'test', 1000);
    const held: MNote[] = [];
    const server = await startServer(cct, { policy: Policy.statefulServer().withThrottlers(throttle) });
    open.push(server.messenger);
    server.messenger.addDispatcherHead({
      msDispatch(m) {
        held.push(m.get() as MNote);
        return false;
      },
    });
    const client = startClient(cct, server.addrs);
    open.push(client.messenger);
    for (let i = 0; i < 50; i++) client.con.sendMessage(MNote.of(i, new Uint8Array(400)));
    await server.recorder.count(2);
    client.con.sendKeepalive();
    await new Promise((resolve) => setImmediate(resolve));
    expect(held.length).toBe(2);
    while (server.recorder.values.length < 50) {
      held.shift()?.put();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.recorder.values).toEqual(Array.from({ length: 50 }, (_, i) => i));
    for (const m of held) m.put();
    expect(throttle.count).toBe(0);
  });

  it('breaks with a message that does not decode, and delivers one of an unknown type', async () => {
    const { cct, lines } = loggedContext();
    const server = await startServer(cct, { policy: Policy.statelessServer() });
    const client = startClient(cct, server.addrs, { policy: Policy.lossyClient() });
    open.push(server.messenger, client.messenger);
    const odd = MNote.of(1);
    Object.defineProperty(odd, 'type', { value: 7777 });
    client.con.sendMessage(odd);
    await server.recorder.count(1);
    expect(server.recorder.messages[0]!.typeName).toBe('unknown(7777)');
    const broken = MNote.of(2);
    broken.encodePayload = (e) => e.u8(1);
    client.con.sendMessage(broken);
    await new Promise<void>((resolve) => {
      client.messenger.addDispatcherHead({ msDispatch: () => false, msHandleReset: () => (resolve(), true) });
    });
    expect(lines.join('\n')).toMatch(/decode message failed: note/);
  });

  it('refuses options it does not know', () => {
    const cct = new CephContext();
    const init = { name: EntityName.client(1), logicalName: 'x', registry: noteRegistry() };
    expect(() => new Messenger(cct, { ...init, stack: 'dpdk' as 'posix' })).toThrow(/Expected `stack`/);
    expect(() => new Messenger(cct, { ...init, sendHighWater: 0 })).toThrow(/sendHighWater/);
  });
});
