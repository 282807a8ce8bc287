import { describe, expect, it } from '@jest/globals';
import { Throttle, VirtualClock, CephContext } from '@cephts/common';
import { Policy } from '../src/index.js';
import type { Dispatcher, Message } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

/** Notes what it is asked, in order; takes numbers of 100 and more fast, and the others where it is to. */
function observer(name: string, history: string[], takes = true): Dispatcher {
  const say = (what: string, m: Message): void => void history.push(`${name} ${what} ${(m as MNote).value}`);
  return {
    msDispatch: (m) => (say('dispatch', m), takes),
    msCanFastDispatchAny: () => true,
    msCanFastDispatch: (m) => (m as MNote).value >= 100,
    msFastDispatch: (m) => say('fast', m),
    msFastPreprocess: (m) => say('preprocess', m),
  };
}

describe('a messenger whose dispatcher fast dispatches some messages', () => {
  it('hands those over as they come, past what waits for dispatch, and shows it every message before', async () => {
    const history: string[] = [];
    const { clock, server, con, end } = await virtualPair({ server: { first: observer('a', history) } });
    const { dispatchQueue } = server.messenger;
    dispatchQueue.pause();
    for (const i of [1, 100, 2, 101]) con.sendMessage(MNote.of(i));
    clock.advance(100);
    expect(history).toEqual([
      'a preprocess 1',
      'a preprocess 100',
      'a fast 100',
      'a preprocess 2',
      'a preprocess 101',
      'a fast 101',
    ]);
    history.length = 0;
    dispatchQueue.resume();
    clock.advance(100);
    expect(history).toEqual(['a dispatch 1', 'a dispatch 2']);
    await end();
  });

  it('gives the throttle units of such messages back once they were dispatched', async () => {
    const cct = new CephContext({ clock: new VirtualClock() });
    const bytes = new Throttle(cct, 'bytes', 10_000, false);
    const messages = new Throttle(cct, 'messages', 10, false);
    const counts: number[][] = [];
    const count = (): number[] => [
      messages.count,
      Number(bytes.count > 0),
      Number(server.messenger.dispatchQueue.dispatchThrottler!.count > 0),
    ];
    const first: Dispatcher = {
      msDispatch: () => true,
      msCanFastDispatchAny: () => true,
      msCanFastDispatch: () => true,
      msFastDispatch: () => void counts.push(count()),
    };
    const { clock, server, con, end } = await virtualPair({
      server: { first, policy: Policy.statefulServer().withThrottlers(bytes, messages) },
    });
    for (const i of [1, 2, 3]) con.sendMessage(MNote.of(i, new Uint8Array(100)));
    clock.advance(100);
    // the dispatch queue's units are taken while it is dispatched, as Ceph has it
    expect(counts).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(count()).toEqual([0, 0, 0]);
    await end();
  });

  it('acknowledges them and delivers each once, whatever breaks', async () => {
    const history: string[] = [];
    const { clock, net, client, con, end } = await virtualPair({ server: { first: observer('a', history) } });
    for (let i = 0; i < 20; i++) {
      con.sendMessage(MNote.of(100 + i));
      if (i % 3 === 2) net.cutAll();
      clock.advance(i % 4);
    }
    clock.advance(60_000);
    expect(history.filter((line) => line.startsWith('a fast'))).toEqual(Array.from({ length: 20 }, (_, i) => `a fast ${100 + i}`));
    expect([con.isConnected, con.queued, client.recorder.events.includes('remoteReset')]).toEqual([true, 0, false]);
    await end();
  });

  it('asks the head first, of several, and the first one that can takes a message; all preprocess it', async () => {
    const history: string[] = [];
    const { clock, server, con, end } = await virtualPair({ server: { first: observer('b', history) } });
    server.messenger.addDispatcherHead(observer('a', history, false));
    server.messenger.addDispatcherTail(observer('c', history));
    con.sendMessage(MNote.of(100));
    con.sendMessage(MNote.of(1));
    clock.advance(100);
    expect(history).toEqual([
      'a preprocess 100',
      'b preprocess 100',
      'c preprocess 100',
      'a fast 100',
      'a preprocess 1',
      'b preprocess 1',
      'c preprocess 1',
      'a dispatch 1',
      'b dispatch 1',
    ]);
    await end();
  });

  it('does the same with what it sends to itself', async () => {
    const history: string[] = [];
    const { clock, server, end } = await virtualPair({ server: { first: observer('a', history) } });
    for (const i of [100, 1]) server.messenger.loopbackConnection.sendMessage(MNote.of(i));
    expect(history).toEqual([]);
    clock.advance(100);
    expect(history).toEqual(['a preprocess 100', 'a fast 100', 'a preprocess 1', 'a dispatch 1']);
    await end();
  });
});

it('a dispatcher that says it never fast dispatches is not asked again, and preprocesses nothing', async () => {
  const history: string[] = [];
  const first: Dispatcher = { ...observer('a', history), msCanFastDispatchAny: () => false };
  const { clock, con, end } = await virtualPair({ server: { first } });
  con.sendMessage(MNote.of(100));
  clock.advance(100);
  expect(history).toEqual(['a dispatch 100']);
  await end();
});
