import { describe, expect, it } from '@jest/globals';
import { CON_MODE } from '../src/index.js';
import { first, interpose } from './kit/interpose.js';
import { MNote } from './kit/messages.js';
import { SharedSecret } from './kit/shared-secret.js';
import { virtualPair } from './kit/virtual-pair.js';
import type { VirtualPair } from './kit/virtual-pair.js';

/** Where a banner has features that nobody knows: behind its prefix, its length, and the byte of those that are known. */
const UNKNOWN_FEATURES = 8 + 2 + 1;
const MISMATCH = 'pre-auth signature mismatch';
const MINUTE = 60_000;

/** Changes the banner of one end: it supports a feature more than it said. Everything else is as it was. */
function tamper(banner: Uint8Array): Uint8Array {
  const bytes = banner.slice();
  bytes[UNKNOWN_FEATURES]! ^= 1;
  return bytes;
}

/** Which ends noticed it. */
function noticed({ client, server }: VirtualPair): string[] {
  return Object.entries({ client, server }).flatMap(([name, { lines }]) => (lines.join('\n').includes(MISMATCH) ? [name] : []));
}

describe.each([
  ['crc', CON_MODE.CRC],
  ['secure', CON_MODE.SECURE],
])('AUTH_SIGNATURE in %s mode', (_name, mode) => {
  const auth = new SharedSecret({ mode });

  it.each([
    ['out', 'client'],
    ['in', 'server'],
  ] as const)('shows that a banner was changed on its way %s, before anything else is said', async (way, who) => {
    const pair = await virtualPair({ client: { authClient: auth }, server: { authServer: auth } });
    interpose(pair.net, (connection) => (connection === 0 ? { [way]: first(tamper) } : {}));
    pair.con.sendMessage(MNote.of(1));
    // the second try, after 0.2 s
    pair.clock.advance(300);
    expect(noticed(pair)).toEqual([who]);
    expect([...pair.server.recorder.events, ...pair.client.recorder.events].filter((event) => event !== 'reset')).toEqual([]);
    // nobody is in between any more
    pair.clock.advance(MINUTE);
    expect(pair.client.recorder.values).toEqual([1]);
    await pair.end();
  });

  it('does not fit where the session keys differ, and nobody is let in', async () => {
    const other = new SharedSecret({ mode, key: new Uint8Array(16).fill(9) });
    const pair = await virtualPair({ client: { authClient: other }, server: { authServer: auth } });
    pair.con.sendMessage(MNote.of(1));
    pair.clock.advance(MINUTE);
    expect(noticed(pair)).toEqual(['client', 'server']);
    expect([pair.server.recorder.values, pair.server.messenger.connectionCount, pair.con.queued]).toEqual([[], 0, 1]);
    expect(pair.client.recorder.events).toEqual([]);
    await pair.end();
  });
});

it('without a session key nothing is signed: a changed banner goes unnoticed', async () => {
  const auth = new SharedSecret({ key: new Uint8Array(0) });
  const pair = await virtualPair({ client: { authClient: auth }, server: { authServer: auth } });
  interpose(pair.net, () => ({ out: first(tamper) }));
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(MINUTE);
  expect(pair.client.recorder.values).toEqual([1]);
  expect(noticed(pair)).toEqual([]);
  await pair.end();
});

it('ends whose connection secrets differ understand nothing of each other', async () => {
  const pair = await virtualPair({
    client: { authClient: new SharedSecret({ secret: new Uint8Array(40) }) },
    server: { authServer: new SharedSecret() },
  });
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(MINUTE);
  expect(pair.server.lines.join('\n')).toContain('bad auth tag');
  expect(pair.server.recorder.values).toEqual([]);
  await pair.end();
});
