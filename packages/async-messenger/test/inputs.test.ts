import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_MDS, EntityAddr, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy } from '../src/index.js';
import type { MessengerInit } from '../src/index.js';
import { noteRegistry } from './kit/messages.js';
import { ANY_PORT, loggedContext } from './kit/pair.js';

const { cct } = loggedContext();
const make = (init: Partial<MessengerInit> = {}): Messenger =>
  new Messenger(cct, { name: EntityName.client(1), logicalName: 'client', registry: noteRegistry(), ...init });

describe('a messenger', () => {
  let messenger: Messenger;

  beforeAll(() => {
    messenger = make();
  });
  afterAll(() => messenger[Symbol.asyncDispose]());

  it.each<[Partial<MessengerInit>, string]>([
    [{ nonce: -1 }, 'Expected `nonce` to be an integer from 0 to 4294967295, got `-1` (number)'],
    [{ nonce: 2 ** 32 }, 'Expected `nonce` to be an integer from 0 to 4294967295, got `4294967296` (number)'],
    [{ sendHighWater: 10, sendLowWater: 11 }, 'Expected `sendLowWater` to be at most `sendHighWater`, 10, got `11` (number)'],
    [{ sendLowWater: 1025 }, 'Expected `sendLowWater` to be at most `sendHighWater`, 1024, got `1025` (number)'],
  ])('is not made with %j', (init, message) => {
    expect(() => make(init)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_INVALID_OPTION', message }));
  });

  it.each([
    EntityAddrVec.EMPTY,
    new EntityAddrVec([EntityAddr.BLANK]),
    EntityAddrVec.parse('v2:127.0.0.1:0/7')!,
    EntityAddrVec.parse('v2:0.0.0.0:6800/7')!,
    EntityAddrVec.parse('[v2:0.0.0.0:0/7,v1:127.0.0.1:6801/7]')!,
  ])("refuses to connect to '%s', where nobody can be", (addrs) => {
    const refusal = expect.objectContaining({
      code: 'ERR_CEPH_INVALID_ARGUMENT',
      message: `there is nobody to connect to at '${String(addrs)}'`,
    });
    expect(() => messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs)).toThrow(refusal);
    expect(() => messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs, { anon: true })).toThrow(refusal);
    expect(messenger.connectionCount).toBe(0);
  });

  it.each([
    ['losslessClient', Policy.losslessClient()],
    ['losslessPeer', Policy.losslessPeer()],
    ['statefulServer', Policy.statefulServer()],
  ])('refuses an anonymous connection by the policy %s, whose session another one would take', (_name, policy) => {
    messenger.setPolicy(CEPH_ENTITY_TYPE_MDS, policy);
    const addrs = EntityAddrVec.parse('v2:127.0.0.1:6800/7')!;
    expect(() => messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs, { anon: true })).toThrow(
      expect.objectContaining({
        code: 'ERR_CEPH_INVALID_ARGUMENT',
        message: 'an anonymous connection needs a lossy policy: another one of this messenger would take its session at the peer',
      }),
    );
    expect(messenger.connectionCount).toBe(0);
  });

  it.each([EntityAddrVec.EMPTY, new EntityAddrVec([EntityAddr.BLANK]), EntityAddrVec.parse('v1:127.0.0.1:0/0')!])(
    "does not bind to '%s', where there is no msgr2 address, and may bind to another",
    async (addrs) => {
      const server = make();
      await expect(server.bindv(addrs)).rejects.toMatchObject({
        code: 'ERR_CEPH_INVALID_ARGUMENT',
        message: `there is no msgr2 address in '${String(addrs)}'`,
      });
      expect((await server.bindv(ANY_PORT)).length).toBe(1);
      await server[Symbol.asyncDispose]();
    },
  );
});
