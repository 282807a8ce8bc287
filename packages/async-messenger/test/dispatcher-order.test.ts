import { expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec } from '@cephts/encoding';
import type { Dispatcher } from '../src/index.js';
import { Policy } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

/** Notes what it is told; `ends` says which of these it ends the round with. */
function observer(name: string, history: string[], ends: string[] = []): Dispatcher {
  const hook = (what: string) => (): boolean => {
    history.push(`${name} ${what}`);
    return ends.includes(what);
  };
  return {
    msDispatch: hook('dispatch'),
    msHandleConnect: hook('connect'),
    msHandleFastConnect: hook('fastConnect'),
    msHandleAccept: hook('accept'),
    msHandleFastAccept: hook('fastAccept'),
    msHandleReset: hook('reset'),
    msHandleRemoteReset: hook('remoteReset'),
    msHandleRefused: hook('refused'),
  };
}

const NOBODY = EntityAddrVec.parse('v2:10.0.0.9:6800/5')!;
const lossy = { policy: Policy.lossyClient() };

it('dispatchers are asked from head to tail, each head before those before it, until one takes the message', async () => {
  const history: string[] = [];
  const { clock, server, con, end } = await virtualPair({ server: { first: observer('b', history) } });
  server.messenger.addDispatcherTail(observer('z', history));
  server.messenger.addDispatcherHead(observer('a', history));
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  // the pair's own recorder, between b and z, takes it
  expect(history.filter((line) => line.endsWith('dispatch'))).toEqual(['a dispatch', 'b dispatch']);
  expect(server.recorder.values).toEqual([1]);
  await end();
});

it('a message that no dispatcher takes is dropped and logged', async () => {
  const { clock, server, con, end } = await virtualPair();
  server.recorder.msDispatch = () => false;
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(server.lines.filter((line) => line.includes('ms_deliver_dispatch: unhandled message note(1) from client.1'))).toHaveLength(
    1,
  );
  await end();
});

it('every dispatcher is told that a connection is up, by the fast hooks before anything is queued', async () => {
  const history: string[] = [];
  const { clock, server, client, con, end } = await virtualPair();
  for (const { messenger } of [server, client]) {
    messenger.dispatchQueue.pause();
    const who = messenger === server.messenger ? 'server' : 'client';
    messenger.addDispatcherHead(observer(`${who} a`, history, ['connect', 'accept']));
    messenger.addDispatcherTail(observer(`${who} z`, history));
  }
  con.sendKeepalive();
  clock.advance(100);
  expect(con.isConnected).toBe(true);
  expect(history).toEqual(['server a fastAccept', 'server z fastAccept', 'client a fastConnect', 'client z fastConnect']);
  history.length = 0;
  for (const { messenger } of [server, client]) messenger.dispatchQueue.resume();
  clock.advance(100);
  expect(history.toSorted()).toEqual(['client a connect', 'client z connect', 'server a accept', 'server z accept']);
  await end();
});

it.each(['reset', 'refused'])(
  'the first dispatcher that says so ends the round of those that are told of what is %s',
  async (what) => {
    const history: string[] = [];
    const { clock, net, client, con, end } = await virtualPair({ client: lossy, server: { policy: Policy.statelessServer() } });
    client.messenger.addDispatcherHead(observer('b', history, [what]));
    client.messenger.addDispatcherHead(observer('a', history));
    client.messenger.addDispatcherTail(observer('z', history));
    con.sendMessage(MNote.of(1));
    client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, NOBODY);
    clock.advance(100);
    net.cutAll();
    clock.advance(10);
    expect(history.filter((line) => line.endsWith(what))).toEqual([`a ${what}`, `b ${what}`]);
    await end();
  },
);

it('all dispatchers are told that the peer has lost the session', async () => {
  const history: string[] = [];
  const { clock, net, server, client, con, end } = await virtualPair();
  client.messenger.addDispatcherHead(observer('a', history, ['remoteReset']));
  client.messenger.addDispatcherTail(observer('z', history));
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  server.recorder.con!.markDown();
  clock.advance(100);
  con.sendMessage(MNote.of(2));
  clock.advance(60_000);
  expect(history.filter((line) => line.endsWith('remoteReset'))).toEqual(['a remoteReset', 'z remoteReset']);
  expect(net.openSockets).toBe(2);
  await end();
});
