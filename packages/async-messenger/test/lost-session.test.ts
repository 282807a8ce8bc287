import { describe, expect, it } from '@jest/globals';
import { CephContext, Throttle, VirtualClock, seededRandom } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy, SimulatedNetwork } from '../src/index.js';
import type { Message } from '../src/index.js';
import { MNote, noteRegistry } from './kit/messages.js';

const BYTES = new Uint8Array(100);

describe('a session that is lost', () => {
  it('takes along the message that waits for the throttle units of those that are discarded', async () => {
    const clock = new VirtualClock();
    const net = new SimulatedNetwork(clock, seededRandom(1));
    const cct = new CephContext({ clock, random: seededRandom(2) });
    const init = { registry: noteRegistry(), nonce: 7 };
    const server = new Messenger(cct, { ...init, name: EntityName.mds(0), logicalName: 'mds', stack: net.stack('10.0.0.1') });
    const throttle = new Throttle(cct, 'bytes', 150, false);
    server.setDefaultPolicy(Policy.statefulServer().withThrottlers(throttle));
    const addrs = await server.bindv(EntityAddrVec.parse('v2:10.0.0.1:6800/7')!);
    server.start();
    const dispatched: number[] = [];
    server.addDispatcherTail({ msDispatch: (m: Message) => dispatched.push((m as MNote).value) > 0 });
    server.dispatchQueue.pause();
    const client = new Messenger(cct, { ...init, name: EntityName.client(1), logicalName: 'client', stack: net.stack('10.0.0.2') });
    client.start();

    const before = client.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
    before.sendMessage(MNote.of(1, BYTES));
    before.sendMessage(MNote.of(2, BYTES));
    await clock.advanceAsync(1000);
    expect(throttle.waiting).toBe(1);
    // it begins anew before the server has heard of the end
    net.faults.stall = 1;
    before.markDown();
    net.faults.stall = 0;
    client.connectTo(CEPH_ENTITY_TYPE_MDS, addrs).sendMessage(MNote.of(3, BYTES));
    await clock.advanceAsync(1000);
    server.dispatchQueue.resume();
    await clock.advanceAsync(1000);

    expect(dispatched).toEqual([3]);
    const ends = Promise.all([client, server].map((one) => one[Symbol.asyncDispose]()));
    await clock.advanceAsync(1000);
    await ends;
    expect(throttle.count).toBe(0);
  });
});
