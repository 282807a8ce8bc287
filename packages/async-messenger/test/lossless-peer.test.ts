import { describe, expect, it } from '@jest/globals';
import { CephContext, seededRandom } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy } from '../src/index.js';
import type { Connection } from '../src/index.js';
import { MNote, noteRegistry } from './kit/messages.js';
import { Recorder } from './kit/pair.js';
import { virtualPair } from './kit/virtual-pair.js';
import type { VirtualPair } from './kit/virtual-pair.js';

const HERE = '10.0.0.2';
const ADDRS = EntityAddrVec.parse(`v2:${HERE}:6800/77`)!;
const MINUTE = 60_000;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Neither answers; who sends is up to the test. */
const silent = () => {
  const recorder = new Recorder();
  return { first: recorder, recorder };
};

interface Peers extends VirtualPair {
  /** What came to the one that was connected to, and to the one that connected. */
  there: Recorder;
  here: Recorder;
  /** Sends from where was connected to. */
  back(value: number): void;
  /** Sockets that either made since the last time it was asked. */
  connects(): number;
}

/** Two equals, each of which listens; one connects to the other. */
async function peers(policy: Policy): Promise<Peers> {
  const there = silent();
  const here = silent();
  const pair = await virtualPair({ server: { policy, first: there.first }, client: { policy, first: here.first } });
  await pair.client.messenger.bindv(ADDRS);
  const { net, server } = pair;
  const connect = net.connect.bind(net);
  let count = 0;
  net.connect = (ip, to) => {
    count++;
    return connect(ip, to);
  };
  return {
    ...pair,
    there: there.recorder,
    here: here.recorder,
    back: (value) => server.messenger.connectTo(CEPH_ENTITY_TYPE_CLIENT, ADDRS).sendMessage(MNote.of(value)),
    connects: () => {
      const made = count;
      count = 0;
      return made;
    },
  };
}

const policies: [string, Policy][] = [
  ['losslessPeer', Policy.losslessPeer()],
  ['losslessPeerReuse', Policy.losslessPeerReuse()],
];

describe.each(policies)('%s', (_name, policy) => {
  it('an end with nothing to send waits in standby when its socket breaks, and goes on with the session once it has', async () => {
    const p = await peers(policy);
    p.con.sendMessage(MNote.of(0));
    p.clock.advance(1000);
    p.connects();
    for (const sendsNext of ['here', 'there'] as const) {
      p.net.cutAll();
      p.clock.advance(MINUTE);
      expect([p.connects(), p.con.isConnected, p.net.openSockets]).toEqual([0, false, 0]);
      if (sendsNext === 'here') p.con.sendMessage(MNote.of(1));
      else p.back(2);
      p.clock.advance(1000);
      expect([p.connects(), p.con.isConnected]).toEqual([1, true]);
    }
    expect(p.there.values).toEqual([0, 1]);
    expect(p.here.values).toEqual([2]);
    expect([...p.there.events, ...p.here.events]).not.toContain('remoteReset');
    expect([p.client.messenger.connectionCount, p.server.messenger.connectionCount]).toEqual([1, 1]);
    await p.end();
  });

  it('an end that has something to send comes back at once, whichever connected first', async () => {
    const p = await peers(policy);
    p.con.sendMessage(MNote.of(0));
    p.clock.advance(1000);
    p.connects();
    p.back(1);
    // on its way
    p.clock.advance(0);
    p.net.cutAll();
    p.clock.advance(100);
    expect([p.connects(), p.con.isConnected, p.here.values]).toEqual([1, true, [1]]);
    await p.end();
  });

  it('of two that connect to each other at the same time, the one of the lower address wins, first and when they come back', async () => {
    const p = await peers(policy);
    for (const value of [0, 1]) {
      p.con.sendMessage(MNote.of(value));
      p.back(value);
      p.clock.advance(1000);
      p.net.cutAll();
    }
    // lossless ones with nothing to send stay where they are
    p.clock.advance(MINUTE);
    expect([p.there.values, p.here.values]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const told = (recorder: Recorder): string[] => recorder.events.filter((event) => event !== 'reset');
    expect(told(p.there)).toEqual(['connect', 'connect']);
    expect(told(p.here)).toEqual(['accept', 'accept']);
    await p.end();
  });

  it('two that connect to each other at the same time, over and over, have one session, which loses nothing', async () => {
    const p = await peers(policy);
    for (const i of numbers(50)) {
      p.con.sendMessage(MNote.of(i));
      p.back(i);
      if (i % 5 === 4) p.net.cutAll();
      p.clock.advance(i % 3);
    }
    // who loses a race waits for as long as it backs off at most
    p.clock.advance(MINUTE);
    expect(p.there.values).toEqual(numbers(50));
    expect(p.here.values).toEqual(numbers(50));
    expect([p.client.messenger.connectionCount, p.server.messenger.connectionCount, p.net.openSockets]).toEqual([1, 1, 2]);
    expect(p.server.messenger.connectTo(CEPH_ENTITY_TYPE_CLIENT, ADDRS).isConnected).toBe(true);
    await p.end();
  });
});

it.each([
  ['losslessPeer: is not told that', Policy.losslessPeer(), [], [0, 1]],
  ['losslessPeerReuse: is told that', Policy.losslessPeerReuse(), ['remoteReset'], [1]],
])('%s a peer which comes back has begun anew', async (_what, policy, told, received) => {
  const p = await peers(policy);
  p.con.sendMessage(MNote.of(9));
  p.clock.advance(1000);
  const gone = p.client.messenger.shutdown();
  const wait = gone.then(() => p.client.messenger.wait());
  await p.clock.advanceAsync(10);
  await wait;
  // there is nobody to take it
  p.back(0);
  p.clock.advance(1000);
  const before = p.there.events.length;
  const cct = new CephContext({ clock: p.clock, random: seededRandom(3) });
  const again = new Messenger(cct, {
    name: EntityName.client(1),
    logicalName: 'again',
    registry: noteRegistry(),
    nonce: 77,
    stack: p.net.stack(HERE),
  });
  again.setDefaultPolicy(policy);
  const recorder = new Recorder();
  again.addDispatcherTail(recorder);
  await again.bindv(ADDRS);
  again.start();
  const con: Connection = again.connectTo(CEPH_ENTITY_TYPE_MDS, p.addrs);
  con.sendMessage(MNote.of(8));
  // before the other end tries again
  p.clock.advance(5);
  p.back(1);
  p.clock.advance(MINUTE);
  expect(p.there.values).toEqual([9, 8]);
  expect(recorder.values).toEqual(received);
  expect(p.there.events.slice(before).filter((event) => event === 'remoteReset')).toEqual(told);
  const done = again[Symbol.asyncDispose]();
  await p.clock.advanceAsync(10);
  await done;
  await p.end();
});
