import { expect, it } from '@jest/globals';
import type { AsyncConnection } from '../src/async-connection.js';
import type { Connection, NetworkStack } from '../src/index.js';
import type { Wire } from '../src/net/wire.js';
import { encodeSeq } from '../src/protocol/control-frames.js';
import { Tag } from '../src/protocol/tag.js';
import { MNote } from './kit/messages.js';
import { Recorder } from './kit/pair.js';
import { virtualPair } from './kit/virtual-pair.js';

const CLAIM = 1_000_000;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** What the liar's next frame of that kind says it has received. */
interface Lie {
  where: Tag | undefined;
}

/** Frames of the liar whose last eight bytes are the number of the last message it has received. */
function untrue(lie: Lie, tag: number, payload: Uint8Array): Uint8Array {
  if (tag !== lie.where) return payload;
  lie.where = undefined;
  const claimed = payload.slice();
  claimed.set(encodeSeq(CLAIM), claimed.length - 8);
  return claimed;
}

/** A stack whose sockets lie once when told to. */
function lying(lie: Lie): (stack: NetworkStack) => NetworkStack {
  const tamper = (wire: Wire): Wire => {
    const { control, message } = wire;
    wire.control = (tag, payload) => control.call(wire, tag, untrue(lie, tag, payload));
    wire.message = (header, ...segments) => {
      const lies = lie.where === Tag.MESSAGE;
      if (lies) lie.where = undefined;
      message.call(wire, lies ? { ...header, ackSeq: CLAIM } : header, ...segments);
    };
    return wire;
  };
  return (stack) => ({
    name: stack.name,
    connect: (addr, owner) => tamper(stack.connect(addr, owner)),
    listen: (addr, accept) => stack.listen(addr, (wire) => accept(tamper(wire))),
    retain: () => stack.retain(),
    release: () => stack.release(),
  });
}

const sessionOf = (con: Connection) => (con as AsyncConnection).protocol.session;

it.each([
  ['server', 'ACK', Tag.ACK],
  ['server', 'a message', Tag.MESSAGE],
  ['server', 'SESSION_RECONNECT_OK', Tag.SESSION_RECONNECT_OK],
  ['client', 'ACK', Tag.ACK],
  ['client', 'a message', Tag.MESSAGE],
  ['client', 'SESSION_RECONNECT', Tag.SESSION_RECONNECT],
] as const)(
  'a %s that claims in %s to have received what was never sent breaks the socket, and nothing is lost',
  async (liar, _frame, tag) => {
    const lie: Lie = { where: undefined };
    const heard = new Recorder();
    const { clock, net, server, client, con, end } = await virtualPair({
      // does not answer, so that it acknowledges by frames of their own, too
      server: { first: heard, ...(liar === 'server' && { wrap: lying(lie) }) },
      client: liar === 'client' ? { wrap: lying(lie) } : {},
    });
    con.sendMessage(MNote.of(0));
    clock.advance(100);
    const accepted = heard.con!;
    accepted.sendMessage(MNote.of(0));
    clock.advance(100);
    for (const part of [1, 2, 3]) {
      lie.where = tag;
      if (tag === Tag.SESSION_RECONNECT || tag === Tag.SESSION_RECONNECT_OK) net.cutAll();
      for (const one of [con, accepted]) {
        for (const i of numbers(5)) one.sendMessage(MNote.of(5 * part - 4 + i));
        clock.advance(60_000);
      }
      expect(lie.where).toBeUndefined();
    }
    const { lines } = liar === 'server' ? client : server;
    expect(lines.filter((line) => line.includes(`claims to have received up to ${CLAIM}`))).toHaveLength(3);
    expect(heard.values).toEqual(numbers(16));
    expect(client.recorder.values).toEqual(numbers(16));
    for (const { outSeq, inSeq, sent, out } of [con, accepted].map(sessionOf)) {
      expect([outSeq, inSeq, sent.length, out.length]).toEqual([16, 16, 0, 0]);
    }
    expect([con.isConnected, accepted.isConnected, server.messenger.connectionCount]).toEqual([true, true, 1]);
    await end();
  },
);
