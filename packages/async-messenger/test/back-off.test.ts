import { describe, expect, it } from '@jest/globals';
import { MessageRegistry } from '../src/index.js';
import { MNote, MReply } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';
import type { VirtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;

/** Counts the sockets a client makes. */
function countConnects({ net }: VirtualPair): { count: number } {
  const connects = { count: 0 };
  const connect = net.connect.bind(net);
  net.connect = (ip, to) => {
    connects.count++;
    return connect(ip, to);
  };
  return connects;
}

/** Registers a class of messages that cannot be read for as long as `state.broken`. */
function unreadable(Base: typeof MNote, state: { broken: boolean }): MessageRegistry {
  class Unreadable extends Base {
    override decodePayload(...args: Parameters<MNote['decodePayload']>): void {
      if (state.broken) throw new Error('not read');
      super.decodePayload(...args);
    }
  }
  return new MessageRegistry([Unreadable, Base === MNote ? MReply : MNote]);
}

describe('a lossless client', () => {
  it.each([
    ['the server', MNote],
    ['the client', MReply],
  ] as const)('backs off while %s cannot read what comes first, and goes on once it can', async (who, Base) => {
    const state = { broken: true };
    const registry = unreadable(Base, state);
    const pair = await virtualPair(who === 'the server' ? { server: { registry } } : { client: { registry } });
    const connects = countConnects(pair);
    for (const i of [1, 2]) pair.con.sendMessage(MNote.of(i));
    pair.clock.advance(10 * MINUTE);
    // at once, after 0.2 s, 0.4 s, … and from then on after 15 s
    expect(connects.count).toBeGreaterThan(40);
    expect(connects.count).toBeLessThan(50);
    state.broken = false;
    pair.clock.advance(MINUTE);
    expect(pair.server.recorder.values).toEqual([1, 2]);
    expect(pair.client.recorder.values).toEqual([1, 2]);
    await pair.end();
  });

  it('comes back at once each time a session that worked breaks', async () => {
    const pair = await virtualPair();
    for (const i of [1, 2, 3]) {
      pair.con.sendMessage(MNote.of(i));
      pair.clock.advance(100);
      pair.net.cutAll();
      pair.clock.advance(100);
      expect(pair.con.isConnected).toBe(true);
    }
    expect(pair.client.recorder.values).toEqual([1, 2, 3]);
    await pair.end();
  });

  it('comes back at once when a session breaks that stood long, though nothing was heard', async () => {
    const pair = await virtualPair();
    pair.con.sendMessage(MNote.of(1));
    pair.clock.advance(100);
    for (const _ of [1, 2, 3]) {
      pair.net.cutAll();
      pair.clock.advance(100);
      expect(pair.con.isConnected).toBe(true);
      pair.clock.advance(MINUTE);
    }
    await pair.end();
  });
});
