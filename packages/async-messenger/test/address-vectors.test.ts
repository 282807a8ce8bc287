import { describe, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS, EntityAddr, EntityAddrVec } from '@cephts/encoding';
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
