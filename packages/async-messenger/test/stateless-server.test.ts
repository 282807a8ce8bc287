import { describe, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import { Policy } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';
import type { VirtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;

/** A lossy client whose first connection is up, and a second one from the same address. */
async function twice(policy: Policy) {
  const pair = await virtualPair({ server: { policy }, client: { policy: Policy.lossyClient() } });
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(100);
  const first = pair.server.recorder.con!;
  const second = pair.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, pair.addrs, { anon: true });
  second.sendMessage(MNote.of(2));
  pair.clock.advance(100);
  return { ...pair, first, second };
}

describe('a statelessRegisteredServer', () => {
  const policy = Policy.statelessRegisteredServer();

  it('has one connection an address: a new one ends the one before, and both ends are told', async () => {
    const { server, client, con, first, second, end } = await twice(policy);
    expect(server.recorder.values).toEqual([1, 2]);
    expect(server.messenger.connectionCount).toBe(1);
    expect(server.recorder.con).not.toBe(first);
    expect(server.recorder.events).toEqual(['accept', 'reset', 'accept']);
    expect([con.isConnected, second.isConnected]).toEqual([false, true]);
    expect(client.recorder.events).toEqual(['connect', 'connect', 'reset']);
    await end();
  });

  it('finds the connection of a client by its address', async () => {
    const { server, client, clock, end } = await twice(policy);
    const found = server.messenger.connectTo(CEPH_ENTITY_TYPE_CLIENT, client.messenger.myaddrs);
    expect(found).toBe(server.recorder.con);
    found.sendMessage(MNote.of(3));
    clock.advance(100);
    expect(client.recorder.values).toEqual([1, 2, 3]);
    await end();
  });
});

it('a statelessServer has as many connections of an address as there are', async () => {
  const { server, client, clock, con, second, end } = await twice(Policy.statelessServer());
  expect(server.messenger.connectionCount).toBe(2);
  con.sendMessage(MNote.of(3));
  second.sendMessage(MNote.of(4));
  clock.advance(100);
  expect(server.recorder.values.toSorted()).toEqual([1, 2, 3, 4]);
  expect(server.recorder.events).toEqual(['accept', 'accept']);
  expect(client.recorder.events).toEqual(['connect', 'connect']);
  await end();
});

it.each([
  ['statelessServer', Policy.statelessServer()],
  ['statelessRegisteredServer', Policy.statelessRegisteredServer()],
])('a %s forgets a client whose connection breaks, with what was to be sent, and has it lossy, too', async (_name, policy) => {
  // the client would keep its session: the server has the last word
  const pair: VirtualPair = await virtualPair({ server: { policy }, client: { policy: Policy.losslessClient() } });
  const { clock, net, server, client, con, end } = pair;
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(con.policy.lossy).toBe(true);
  const accepted = server.recorder.con!;
  accepted.sendMessage(MNote.of(2));
  net.cutAll();
  clock.advance(MINUTE);
  expect([accepted.queued, accepted.isConnected]).toEqual([0, false]);
  expect(server.recorder.events).toEqual(['accept', 'reset']);
  expect(client.recorder.events).toEqual(['connect', 'reset']);
  expect([server.messenger.connectionCount, client.messenger.connectionCount, net.openSockets]).toEqual([0, 0, 0]);
  expect(client.recorder.values).toEqual([1]);
  await end();
});
