import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { realClock, seededRandom } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import { SimulatedNetwork } from '../src/index.js';
import type { MessengerInit } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';

/** Has this machine IPv6 at all? Where it has none there is nothing to test on real sockets. */
const hasLoopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One conversation with a server at that address, by any port. */
async function converse(ip: string, clientIp: string, stacks: { server: Partial<MessengerInit>; client: Partial<MessengerInit> }) {
  const { cct } = loggedContext();
  const server = await startServer(cct, { ...stacks.server, bind: EntityAddrVec.parse(`v2:[${ip}]:0/0`)! });
  const { addrs } = server;
  expect(String(addrs)).toMatch(new RegExp(`^v2:\\[${ip}\\]:\\d+/\\d+$`));
  const client = startClient(cct, addrs, stacks.client);
  for (const i of numbers(10)) client.con.sendMessage(MNote.of(i));
  await client.recorder.count(10);
  expect(client.recorder.values).toEqual(numbers(10));
  // learned from the server's HELLO, and told it in turn
  expect(String(client.messenger.myaddrs)).toBe(`[${clientIp}]:0/${client.messenger.nonce}`);
  expect(String(server.recorder.con!.peerAddrs)).toBe(String(client.messenger.myaddrs));
  expect(String(client.con.peerAddrs)).toBe(String(addrs));
  expect(server.messenger.connectTo(client.con.peerType, addrs)).toBe(server.messenger.loopbackConnection);
  for (const { messenger } of [client, server]) await messenger[Symbol.asyncDispose]();
}

describe('a messenger at an IPv6 address', () => {
  it('is connected to on a simulated network', async () => {
    const net = new SimulatedNetwork(realClock, seededRandom(1));
    await converse('fd00::1', 'fd00::2', { server: { stack: net.stack('fd00::1') }, client: { stack: net.stack('fd00::2') } });
  });

  const onLoopback = hasLoopback ? it : it.skip;
  onLoopback('is connected to on the loopback interface (skipped where that has no ::1)', async () => {
    await converse('::1', '::1', { server: {}, client: {} });
  });
});
