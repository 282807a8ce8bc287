import { describe, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { AsyncConnection } from '../src/async-connection.js';
import { Policy } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const parse = (text: string): EntityAddrVec => EntityAddrVec.parse(text)!;
/** Where the pair's server listens. */
const SERVER = 'v2:10.0.0.1:6800/77';

/** The pair's server, by a client that also notes where it goes. */
async function begin() {
  const pair = await virtualPair();
  pair.con.markDown();
  const targets: string[] = [];
  const connect = pair.net.connect.bind(pair.net);
  pair.net.connect = (ip, to) => {
    targets.push(String(to));
    return connect(ip, to);
  };
  return { ...pair, targets };
}

describe('who connects to a peer of several addresses', () => {
  it.each([
    ['v1 first', `[v1:10.0.0.1:6801/77,${SERVER}]`],
    ['v2 first', `[${SERVER},v1:10.0.0.1:6801/77]`],
    ['another v2 behind it', `[${SERVER},v2:10.0.0.9:6800/77]`],
    ['v1 of another host first, and an IPv6 one last', `[v1:10.0.0.9:6789/0,${SERVER},v2:[fd00::1]:6800/77]`],
  ])('takes the first msgr2 one: %s', async (_name, text) => {
    const p = await begin();
    const con = p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(text));
    con.sendMessage(MNote.of(1));
    p.clock.advance(100);
    expect(p.targets).toEqual([SERVER]);
    expect(p.client.recorder.values).toEqual([1]);
    // by what the peer says of itself from then on
    expect(String(con.peerAddrs)).toBe(SERVER);
    await p.end();
  });

  it('gets nowhere where there is only an address of msgr1, which it does not speak', async () => {
    const p = await begin();
    const con = p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse('v1:10.0.0.1:6801/77'));
    con.sendMessage(MNote.of(1));
    p.clock.advance(60_000);
    expect([con.isConnected, p.client.recorder.values, con.queued]).toEqual([false, [], 1]);
    await p.end();
  });

  it('finds a connection again by all of the addresses it was made with, not by some', async () => {
    const p = await begin();
    const both = `[${SERVER},v1:10.0.0.1:6801/77]`;
    const con = p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(both));
    expect(p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(both))).toBe(con);
    expect(p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(SERVER))).not.toBe(con);
    await p.end();
  });

  it('is not deceived by a peer that identifies by other addresses than the one it was reached at', async () => {
    const p = await begin();
    // somebody who lived there before
    const con = p.client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse('v2:10.0.0.1:6800/76'));
    con.sendMessage(MNote.of(1));
    p.clock.advance(1000);
    expect([con.isConnected, p.server.recorder.values]).toEqual([false, []]);
    expect(p.server.lines.join('\n')).toContain(`peer is trying to reach v2:10.0.0.1:6800/76 which is not us (${SERVER})`);
    await p.end();
  });
});

describe('who connects to a peer that is at IPv4 and at IPv6', () => {
  const V4 = 'v2:10.0.0.1:6800/77';
  const V6 = 'v2:[fd00::1]:6800/77';
  const BOTH = [`[${V4},${V6}]`, `[${V6},${V4}]`] as const;

  it.each([
    ['listens nowhere, takes what is listed first', undefined, BOTH[0], V4],
    ['listens nowhere, takes what is listed first', undefined, BOTH[1], V6],
    ['listens at IPv4, takes that', 'v2:10.0.0.2:6800/0', BOTH[0], V4],
    ['listens at IPv4, takes that', 'v2:10.0.0.2:6800/0', BOTH[1], V4],
    ['listens at IPv6, takes that', 'v2:[fd00::2]:6800/0', BOTH[0], V6],
    ['listens at IPv6, takes that', 'v2:[fd00::2]:6800/0', BOTH[1], V6],
    ['listens at any IPv6 address, takes that', 'v2:[::]:6800/0', BOTH[0], V6],
    ['listens at both, takes what is listed first', '[v2:10.0.0.2:6800/0,v2:[fd00::2]:6800/0]', BOTH[0], V4],
    ['listens at both, takes what is listed first', '[v2:10.0.0.2:6800/0,v2:[fd00::2]:6800/0]', BOTH[1], V6],
    ['listens at IPv6, passes by msgr1', 'v2:[fd00::2]:6800/0', `[v1:[fd00::1]:6801/77,${V4},${V6}]`, V6],
    ['listens at IPv6, takes IPv4 where the rest is msgr1', 'v2:[fd00::2]:6800/0', `[v1:[fd00::1]:6801/77,${V4}]`, V4],
  ])('and %s: %s, %s', async (_name, bind, peer, target) => {
    const p = await begin();
    const { messenger } = p.client;
    if (bind !== undefined) await messenger.bindv(parse(bind));
    messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(peer));
    p.clock.advance(100);
    expect(p.targets[0]).toBe(target);
    await p.end();
  });

  it('and has learned its own address takes the family of that', async () => {
    const p = await begin();
    const { messenger } = p.client;
    messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse(SERVER));
    p.clock.advance(100);
    expect(String(messenger.myaddrs)).toBe('10.0.0.2:0/77');
    messenger.connectTo(CEPH_ENTITY_TYPE_MDS, parse('[v2:[fd00::3]:6800/77,v2:10.0.0.3:6800/77]'));
    p.clock.advance(100);
    expect(p.targets.slice(0, 2)).toEqual([SERVER, 'v2:10.0.0.3:6800/77']);
    await p.end();
  });

  it('and was connected to by it before takes the family of that socket', async () => {
    const policy = Policy.losslessPeer();
    const p = await virtualPair({ server: { policy }, client: { policy } });
    const { messenger } = p.client;
    const own = await messenger.bindv(parse('[v2:[fd00::2]:6800/0,v2:10.0.0.2:6800/0]'));
    p.con.sendMessage(MNote.of(1));
    p.clock.advance(100);
    const accepted = p.server.recorder.con as AsyncConnection;
    expect(String(accepted.peerAddrs)).toBe(String(own));
    expect(String(accepted.targetAddr)).toBe('v2:10.0.0.2:6800/77');
    p.net.cutAll();
    p.clock.advance(100);
    accepted.sendMessage(MNote.of(2));
    p.clock.advance(1000);
    // the first is the answer
    expect(p.client.recorder.values).toEqual([1, 2]);
    await p.end();
  });
});

describe('who listens at several addresses', () => {
  const MINE = '[v2:10.0.0.2:6800/77,v2:10.0.0.2:6900/77]';

  it('is reached at each, listens at no msgr1 address, and tells all it has', async () => {
    const p = await begin();
    p.client.messenger.setDefaultPolicy(Policy.statelessServer());
    const bound = await p.client.messenger.bindv(parse('[v2:10.0.0.2:6800/0,v1:10.0.0.2:6801/0,v2:10.0.0.2:6900/0]'));
    expect(String(bound)).toBe(MINE);
    expect(String(p.client.messenger.myaddrs)).toBe(MINE);
    const cons = bound.addrs.map((addr) => p.server.messenger.connectTo(CEPH_ENTITY_TYPE_CLIENT, new EntityAddrVec([addr])));
    for (const [i, con] of cons.entries()) con.sendMessage(MNote.of(i));
    p.clock.advance(100);
    expect(p.client.recorder.values.toSorted()).toEqual([0, 1]);
    expect(p.targets).toEqual(['v2:10.0.0.2:6800/77', 'v2:10.0.0.2:6900/77']);
    expect(cons.map((con) => String(con.peerAddrs))).toEqual([MINE, MINE]);
    const legacy = p.net.connect('10.0.0.1', EntityAddr.of(EntityAddr.TYPE_MSGR2, '10.0.0.2', 6801));
    const refused = new Promise((resolve) => {
      legacy.owner = {
        onConnected: () => resolve('connected'),
        onDrain: () => undefined,
        onData: () => false,
        onClose: (_reason, code) => resolve(code),
      };
    });
    p.clock.advance(100);
    expect(await refused).toBe('ECONNREFUSED');
    await p.end();
  });

  it('listens nowhere where one of them is taken', async () => {
    const p = await begin();
    const taken = parse('[v2:10.0.0.2:6800/0,v2:10.0.0.1:6800/0]');
    const bind = p.client.messenger.bindv(taken);
    await p.clock.advanceAsync(60_000);
    await expect(bind).rejects.toMatchObject({ code: 'ERR_CEPH_EADDRINUSE' });
    const free = await p.net.stack('10.0.0.2').listen(EntityAddr.parse('v2:10.0.0.2:6800/0')!, () => undefined);
    await free.close();
    await p.end();
  });
});
