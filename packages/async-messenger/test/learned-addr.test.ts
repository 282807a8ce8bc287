import { expect, it } from '@jest/globals';
import { EntityAddr } from '@cephts/encoding';
import type { NetworkStack } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

/** A stack whose acceptors see every peer at `ip`, as behind address translation. */
const translated =
  (ip: string) =>
  (stack: NetworkStack): NetworkStack => ({
    name: stack.name,
    connect: (addr, owner) => stack.connect(addr, owner),
    listen: (addr, accept) =>
      stack.listen(addr, (wire) =>
        accept(Object.defineProperty(wire, 'peer', { value: EntityAddr.of(EntityAddr.TYPE_MSGR2, ip, 4000) })),
      ),
    retain: () => stack.retain(),
    release: () => stack.release(),
  });

it.each([
  [true, '192.0.2.7', 'what its peer says'],
  [false, '10.0.0.2', 'what its socket says'],
])('with ms_learn_addr_from_peer %p a client without an address is at %s, %s', async (learn, ip) => {
  const pair = await virtualPair({
    server: { wrap: translated('192.0.2.7') },
    client: { conf: { ms_learn_addr_from_peer: learn } },
  });
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(100);
  expect(pair.client.recorder.values).toEqual([1]);
  const { myaddrs } = pair.client.messenger;
  expect(String(myaddrs)).toBe(`${ip}:0/77`);
  expect(String(pair.server.recorder.con!.peerAddrs)).toBe(String(myaddrs));
  await pair.end();
});
