import { expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec } from '@cephts/encoding';
import type { EntityName } from '@cephts/encoding';
import type { AsyncConnection } from '../src/async-connection.js';
import { Messenger, Policy } from '../src/index.js';
import type { NetworkStack } from '../src/index.js';
import type { Wire } from '../src/net/wire.js';
import { encodeSeq } from '../src/protocol/control-frames.js';
import { Tag } from '../src/protocol/tag.js';
import { MNote, noteRegistry } from './kit/messages.js';
import { Recorder } from './kit/pair.js';
import { virtualPair } from './kit/virtual-pair.js';

const OTHER = '10.0.0.3';

/** A stack whose acceptors answer every reconnect with `frame` instead, as often as `state.left` says. */
function lying(stack: NetworkStack, state: { left: number }, tag: Tag, payload: Uint8Array): NetworkStack {
  return {
    name: stack.name,
    connect: (addr, owner) => stack.connect(addr, owner),
    listen: (addr, accept) =>
      stack.listen(addr, (wire: Wire) => {
        const { control } = wire;
        wire.control = (answered, own) => {
          const lies = answered === Tag.SESSION_RECONNECT_OK && state.left-- > 0;
          control.call(wire, lies ? tag : answered, lies ? payload : own);
        };
        return accept(wire);
      }),
    retain: () => stack.retain(),
    release: () => stack.release(),
  };
}

it.each([
  ['SESSION_RETRY_GLOBAL', 2 ** 53 - 2],
  ['SESSION_RETRY', 2 ** 53 - 2],
  ['SESSION_RETRY_GLOBAL', 2 ** 48],
] as const)('a peer that answers %s(%d) harms no other connection', async (frame, number) => {
  const { clock, net, client, server, con, end } = await virtualPair();
  const state = { left: 0 };
  const liar = new Messenger(server.messenger.cct, {
    name: server.messenger.myname as EntityName,
    logicalName: 'liar',
    registry: noteRegistry(),
    stack: lying(net.stack(OTHER), state, Tag[frame], encodeSeq(number)),
  });
  liar.setDefaultPolicy(Policy.statefulServer());
  liar.start();
  const recorder = new Recorder();
  liar.addDispatcherTail(recorder);
  const addrs = await liar.bindv(EntityAddrVec.parse(`v2:${OTHER}:6800/0`)!);
  const bad = client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs) as AsyncConnection;
  for (const one of [bad, con]) one.sendMessage(MNote.of(1));
  clock.advance(100);
  // the liar lies while both come back, and for some time
  for (const i of [2, 3, 4]) {
    state.left = 3;
    net.cutAll();
    for (const one of [bad, con]) one.sendMessage(MNote.of(i));
    clock.advance(20_000);
  }
  expect(server.recorder.values).toEqual([1, 2, 3, 4]);
  expect(client.recorder.values).toEqual([1, 2, 3, 4]);
  expect(recorder.values).toEqual([1, 2, 3, 4]);
  expect(bad.protocol.session.globalSeq).toBeLessThan(2 ** 49);
  expect(bad.protocol.session.connectSeq).toBeLessThan(2 ** 49);
  const done = liar[Symbol.asyncDispose]();
  await clock.advanceAsync(10);
  await done;
  await end();
});
