import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CON_MODE } from '@cephts/async-messenger';
import type { Messenger, MessengerInit } from '@cephts/async-messenger';
import type { CephContext } from '@cephts/common';
import type { EntityAddrVec } from '@cephts/encoding';
import { FaultProxy } from './kit/fault-proxy.js';
import type { Way } from './kit/fault-proxy.js';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';
import type { Recorder } from './kit/pair.js';
import { SharedSecret } from './kit/shared-secret.js';
import { through } from './kit/through.js';

const MESSAGES = 3;
/** Conversations at the same time. */
const LANES = 16;
const MIB = 1024 * 1024;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe.each<[string, string, NonNullable<MessengerInit['stack']>, number, number]>([
  ['inline', 'crc', 'posix', CON_MODE.CRC, 1],
  ['inline', 'secure', 'posix', CON_MODE.SECURE, 1],
  ['in threads', 'crc', 'workers', CON_MODE.CRC, 11],
  ['in threads', 'secure', 'workers', CON_MODE.SECURE, 11],
])('real sockets %s, in %s mode, through a proxy that does harm', (_name, _mode, stack, mode, step) => {
  const auth = new SharedSecret({ mode });
  let cct: CephContext;
  let server: Messenger;
  let addrs: EntityAddrVec;
  let recorder: Recorder;

  beforeAll(async () => {
    ({ cct } = loggedContext({ ms_async_op_threads: 2, ms_initial_backoff: 0.001, ms_connection_ready_timeout: 5 }));
    ({ messenger: server, addrs, recorder } = await startServer(cct, { stack, authServer: auth }));
  });

  afterAll(() => server[Symbol.asyncDispose]());

  const dial = (proxy: FaultProxy, conf?: CephContext) => {
    const client = startClient(conf ?? cct, addrs, { stack: through(server.stack, proxy.port), authClient: auth });
    return {
      ...client,
      send: (value: number, data?: Uint8Array) => client.con.sendMessage(MNote.of(value, data)),
      end: async () => {
        await client.messenger[Symbol.asyncDispose]();
        await proxy.close();
      },
    };
  };

  /** One conversation whose first connection is cut after so many bytes. @returns was there so much to cut? */
  async function converse(way: Way, after: number): Promise<boolean> {
    const proxy = await FaultProxy.to(addrs.front().port);
    proxy.faults = (connection) => (connection === 0 ? { cut: { way, after } } : {});
    const client = dial(proxy);
    for (const i of numbers(MESSAGES)) client.send(i, new Uint8Array(i * 10));
    await client.recorder.count(MESSAGES);
    expect({ way, after, values: client.recorder.values }).toEqual({ way, after, values: numbers(MESSAGES) });
    expect(client.recorder.events).not.toContain('remoteReset');
    const { connections } = proxy;
    await client.end();
    return connections > 1;
  }

  it.each(['out', 'in'] as const)(
    'survive a cut after every single byte of a handshake and an exchange, %s, and deliver everything once',
    async (way) => {
      let last = 0;
      // the first bytes are the same in all modes
      let next = mode === CON_MODE.CRC ? 0 : 150;
      let whole = false;
      const lane = async (): Promise<void> => {
        while (!whole) {
          const after = next;
          next += step;
          if (await converse(way, after)) last = Math.max(last, after);
          else whole = true;
        }
      };
      await Promise.all(numbers(LANES).map(lane));
      expect(last).toBeGreaterThan(600);
    },
    240_000,
  );

  it('take segments of one byte', async () => {
    const proxy = await FaultProxy.to(addrs.front().port);
    proxy.faults = () => ({ segment: 1 });
    const client = dial(proxy);
    for (const i of numbers(5)) client.send(i, new Uint8Array(500).fill(i));
    await client.recorder.count(5);
    expect(client.recorder.messages.map((m) => m.data.every((byte) => byte === (m as MNote).value))).toEqual(Array(5).fill(true));
    await client.end();
  });

  it('bring a message of 64 MiB whole over a connection that breaks in the middle of it', async () => {
    const proxy = await FaultProxy.to(addrs.front().port);
    proxy.faults = (connection) => (connection < 2 ? { cut: { way: connection === 0 ? 'out' : 'in', after: 30 * MIB } } : {});
    const client = dial(proxy);
    const data = new Uint8Array(64 * MIB);
    for (const i of numbers(64)) data.fill(i, i * MIB);
    client.send(1, data);
    await client.recorder.count(1);
    expect(proxy.connections).toBe(3);
    expect(Buffer.compare(client.recorder.messages[0]!.data, data)).toBe(0);
    await client.end();
  }, 60_000);

  it('give a half-open peer up when it has been silent for long, and lose nothing', async () => {
    const impatient = loggedContext({ ms_async_op_threads: 2, ms_initial_backoff: 0.001, ms_connection_idle_timeout: 1 });
    const proxy = await FaultProxy.to(addrs.front().port);
    const client = dial(proxy, impatient.cct);
    client.send(0);
    await client.recorder.count(1);
    proxy.silence();
    // both say something that is not heard; the server does not know of it until the client comes back
    recorder.con!.sendMessage(MNote.of(9));
    client.send(1);
    await client.recorder.count(3);
    expect(client.recorder.values).toEqual([0, 9, 1]);
    expect(proxy.connections).toBeGreaterThan(1);
    expect(impatient.lines.join('\n')).toContain('idle for more than 1 s');
    await client.end();
  });

  it('leave nothing behind at the server', () => {
    expect(recorder.events).not.toContain('refused');
    expect(server.dispatchQueue.dispatchThrottler!.count).toBe(0);
  });
});
