import { expect, it } from '@jest/globals';
import type { Connection, Dispatcher } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;

it('msHandleAuthentication is asked before a peer is let in, with who it is, and again each time it comes back', async () => {
  const history: string[] = [];
  const who = (con: Connection): string =>
    `${con.peerAuthName} ${con.peerGlobalId} of type ${con.peerType}, connected ${String(con.isConnected)}`;
  const first: Dispatcher = {
    msDispatch: () => false,
    msHandleAuthentication: (con) => history.push(who(con)) > 0,
    msHandleFastAccept: () => void history.push('accept'),
  };
  const { clock, net, server, con, end } = await virtualPair({ server: { first } });
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  const once = ['client.admin 1 of type 8, connected false', 'accept'];
  expect(history).toEqual(once);
  net.cutAll();
  clock.advance(100);
  expect(history).toEqual([...once, ...once]);
  expect(server.recorder.values).toEqual([1]);
  await end();
});

it('a peer that any dispatcher refuses by it is not let in and has nothing delivered, until none does', async () => {
  let refuses = true;
  const asked: string[] = [];
  const ask = (name: string, answer: () => boolean): Dispatcher => ({
    msDispatch: () => false,
    msHandleAuthentication: () => {
      asked.push(name);
      return answer();
    },
  });
  const { clock, server, client, con, end } = await virtualPair({ server: { first: ask('b', () => !refuses) } });
  server.messenger.addDispatcherHead(ask('a', () => true));
  server.messenger.addDispatcherTail(ask('c', () => true));
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(asked).toEqual(['a', 'b']);
  clock.advance(MINUTE);
  expect([server.recorder.values, server.messenger.connectionCount]).toEqual([[], 0]);
  expect(server.recorder.events).not.toContain('accept');
  expect(client.recorder.events).toEqual([]);
  expect(client.lines.join('\n')).toMatch(/auth method 1 was refused with -13/);
  refuses = false;
  asked.length = 0;
  clock.advance(MINUTE);
  expect(asked).toEqual(['a', 'b', 'c']);
  expect(client.recorder.values).toEqual([1]);
  await end();
});
