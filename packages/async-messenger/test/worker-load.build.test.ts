import { afterEach, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import { Policy } from '@cephts/async-messenger';
import type { Connection, Messenger } from '@cephts/async-messenger';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';

const THREADS = 3;
const EACH = 4;
const open: Messenger[] = [];

afterEach(async () => {
  for (const messenger of open.splice(0).reverse()) await messenger[Symbol.asyncDispose]();
});

/** A client on threads of its own, and many connections of it to an inline server. */
async function connections(count: number) {
  const server = await startServer(loggedContext().cct, { stack: 'posix', policy: Policy.statelessServer() });
  const { cct } = loggedContext({ ms_async_op_threads: THREADS });
  const client = startClient(cct, server.addrs, { stack: 'workers', policy: Policy.lossyClient() });
  open.push(server.messenger, client.messenger);
  const another = (): Connection => client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs, { anon: true });
  const cons = [client.con, ...Array.from({ length: count - 1 }, another)];
  return { server, client, another, cons };
}

/** Connections by the thread that has their sockets. */
function load(cons: readonly Connection[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { threadName } of cons) counts[threadName] = (counts[threadName] ?? 0) + 1;
  return counts;
}

const EVEN = { 'msgr-worker-0': EACH, 'msgr-worker-1': EACH, 'msgr-worker-2': EACH };

it('connections are spread evenly over the msgr-worker threads, and all of them work', async () => {
  const { client, cons } = await connections(THREADS * EACH);
  expect(load(cons)).toEqual(EVEN);
  for (const [i, con] of cons.entries()) con.sendMessage(MNote.of(i));
  await client.recorder.count(cons.length);
  expect(client.recorder.values.toSorted((a, b) => a - b)).toEqual(cons.map((_, i) => i));
});

it('new ones go where the fewest are: to the thread whose connections were closed', async () => {
  const { client, another, cons } = await connections(THREADS * EACH);
  for (const [i, con] of cons.entries()) con.sendMessage(MNote.of(i));
  await client.recorder.count(cons.length);
  const [gone, stay] = [
    cons.filter((con) => con.threadName === 'msgr-worker-1'),
    cons.filter((con) => con.threadName !== 'msgr-worker-1'),
  ];
  for (const con of gone) con.markDown();
  const fresh = gone.map(another);
  expect(load(fresh)).toEqual({ 'msgr-worker-1': EACH });
  expect(load([...stay, ...fresh])).toEqual(EVEN);
});

it('those that a listener accepts stay with its thread, and count there: who connects takes another one', async () => {
  const { cct } = loggedContext({ ms_async_op_threads: THREADS });
  const server = await startServer(cct, { stack: 'workers', policy: Policy.statelessServer() });
  const client = startClient(cct, server.addrs, { stack: 'workers', policy: Policy.lossyClient() });
  open.push(server.messenger, client.messenger);
  const accepted: Connection[] = [];
  server.messenger.addDispatcherHead({ msDispatch: () => false, msHandleAccept: (con) => void accepted.push(con) });
  const cons = [client.con];
  for (let i = 1; i <= 6; i++) {
    cons.at(-1)!.sendMessage(MNote.of(i));
    await client.recorder.count(i);
    cons.push(client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, server.addrs, { anon: true }));
  }
  const [listens] = Object.keys(load(accepted));
  expect(load(accepted)).toEqual({ [listens!]: 6 });
  const connecting = load(cons);
  expect(connecting[listens!]).toBeUndefined();
  expect(Object.values(connecting).toSorted()).toEqual([3, 4]);
});
