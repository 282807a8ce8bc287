import { expect, it } from '@jest/globals';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;

async function connected() {
  const pair = await virtualPair();
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(100);
  return pair;
}

it('a disposable connection goes on, and ends with the first fault: its dispatchers are told, what was queued is gone', async () => {
  const { clock, net, server, client, con, end } = await connected();
  con.markDisposable();
  con.sendMessage(MNote.of(2));
  clock.advance(100);
  expect(client.recorder.values).toEqual([1, 2]);
  con.sendMessage(MNote.of(3));
  net.cutAll();
  clock.advance(MINUTE);
  expect(client.recorder.events).toEqual(['connect', 'reset']);
  expect([con.isConnected, con.queued, client.messenger.connectionCount, net.openSockets]).toEqual([false, 0, 0, 0]);
  expect(server.recorder.values).toEqual([1, 2]);
  // the other end keeps the session, for somebody who will not come
  expect(server.recorder.events).toEqual(['accept']);
  expect(server.messenger.connectionCount).toBe(1);
  await end();
});

it('an accepted connection that is disposable takes its session with it: who comes back is told that it is lost', async () => {
  const { clock, net, server, client, con, end } = await connected();
  server.recorder.con!.markDisposable();
  net.cutAll();
  // told at once, before anybody comes back
  clock.step();
  expect(server.recorder.events).toEqual(['accept', 'reset']);
  clock.advance(100);
  con.sendMessage(MNote.of(2));
  clock.advance(MINUTE);
  expect(client.recorder.events).toEqual(['connect', 'remoteReset', 'connect']);
  expect(client.recorder.values).toEqual([1, 2]);
  await end();
});

it('a connection that is not comes back', async () => {
  const { clock, net, client, con, end } = await connected();
  con.sendMessage(MNote.of(2));
  net.cutAll();
  clock.advance(MINUTE);
  expect(client.recorder.events).toEqual(['connect', 'connect']);
  expect(client.recorder.values).toEqual([1, 2]);
  await end();
});
