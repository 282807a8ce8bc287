import { describe, expect, it } from '@jest/globals';
import { CON_MODE } from '../src/index.js';
import { interpose } from './kit/interpose.js';
import type { Between } from './kit/interpose.js';
import { MNote } from './kit/messages.js';
import { SharedSecret } from './kit/shared-secret.js';
import { virtualPair } from './kit/virtual-pair.js';

type Way = keyof Between;

/** Passes bytes on until so many have gone, then breaks the connection. */
function upTo(limit: number, broken: () => void): (chunk: Uint8Array) => Uint8Array {
  let left = limit;
  return (chunk) => {
    const passes = chunk.subarray(0, Math.max(0, left));
    left -= chunk.length;
    if (left < 0) broken();
    return passes;
  };
}

/** What a conversation is like. */
interface Mode {
  mode: number;
  messages: number;
  /** Bytes of the handshake that are the same in all modes: swept once. */
  from: number;
  /** Bytes that are swept at least. */
  to: number;
}

/** One conversation whose first connection breaks after `limit` bytes one way. Returns false once nothing was cut. */
async function converse({ mode, messages }: Mode, way: Way, limit: number): Promise<boolean> {
  const auth = new SharedSecret({ mode });
  const { clock, net, server, client, con, end } = await virtualPair({
    server: { authServer: auth },
    client: { authClient: auth },
  });
  let connections = 0;
  interpose(net, (connection) => {
    connections++;
    // what passed arrives before
    return connection === 0 ? { [way]: upTo(limit, () => clock.setTimeout(() => net.cutAll(), 2)) } : {};
  });
  // it comes back after 0.2 s
  clock.advance(200);
  for (let i = 0; i < messages; i++) {
    con.sendMessage(MNote.of(i, new Uint8Array(i * 10)));
    clock.advance(40);
  }
  clock.advance(30_000);
  const expected = Array.from({ length: messages }, (_, i) => i);
  expect({ way, limit, server: server.recorder.values, client: client.recorder.values }).toEqual({
    way,
    limit,
    server: expected,
    client: expected,
  });
  expect(client.recorder.events).not.toContain('remoteReset');
  await end();
  expect(clock.pending).toBe(0);
  return connections > 1;
}

const modes: [string, Mode][] = [
  ['crc', { mode: CON_MODE.CRC, messages: 4, from: 0, to: 700 }],
  ['secure', { mode: CON_MODE.SECURE, messages: 2, from: 150, to: 700 }],
];

describe.each(modes)('a session in %s mode', (_name, mode) => {
  it.each(['out', 'in'] as const)(
    'survives a cut after every single byte, %s, and delivers everything once',
    async (way) => {
      let limit = mode.from;
      while (await converse(mode, way, limit)) limit++;
      expect(limit).toBeGreaterThan(mode.to);
    },
    60_000,
  );
});
