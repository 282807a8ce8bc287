import { expect, it, jest } from '@jest/globals';
import { UTime } from '@cephts/encoding';
import type { AsyncConnection } from '../src/async-connection.js';
import type { Connection } from '../src/index.js';
import type { Wire } from '../src/net/wire.js';
import { encodeStamp } from '../src/protocol/control-frames.js';
import { Tag } from '../src/protocol/tag.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const wireOf = (con: Connection): Wire => (con as AsyncConnection).protocol.wire!;

/** A server whose peer does not read: what it writes from now on is kept, by tag. */
async function congestedServer() {
  const pair = await virtualPair({ server: { first: { msDispatch: () => true } } });
  pair.con.sendMessage(MNote.of(0));
  pair.clock.advance(100);
  const wire = wireOf(pair.server.recorder.con!);
  const congested = jest.spyOn(wire, 'congested', 'get').mockReturnValue(true);
  const control = jest.spyOn(wire, 'control');
  const written = (): number[] => control.mock.calls.map(([tag]) => tag);
  const drain = (): void => {
    congested.mockReturnValue(false);
    wire.owner.onDrain();
    pair.clock.advance(100);
  };
  return { ...pair, written, drain };
}

it('a peer that does not read gets the answer to the last of its keepalives only, once it reads again', async () => {
  const { clock, con, written, drain, end } = await congestedServer();
  const peer = wireOf(con);
  for (let i = 1; i <= 1000; i++) {
    peer.control(Tag.KEEPALIVE2, encodeStamp(UTime.fromMillis(i * 1000)));
    peer.flush();
    if (i % 100 === 0) clock.advance(10);
  }
  expect(written()).toEqual([]);
  expect(con.lastKeepaliveAck).toBe(0);
  drain();
  expect(written()).toEqual([Tag.KEEPALIVE2_ACK]);
  expect(con.lastKeepaliveAck).toBe(1_000_000);
  await end();
});

it('a peer that does not read gets one acknowledgement and one keepalive once it reads again', async () => {
  const { clock, con, server, written, drain, end } = await congestedServer();
  for (let i = 1; i <= 20; i++) {
    con.sendMessage(MNote.of(i));
    server.recorder.con!.sendKeepalive();
    clock.advance(10);
  }
  expect(written()).toEqual([]);
  drain();
  expect(written()).toEqual([Tag.KEEPALIVE2, Tag.ACK]);
  await end();
});
