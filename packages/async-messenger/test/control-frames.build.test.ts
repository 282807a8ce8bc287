import { expect, it } from '@jest/globals';
import type { Connection } from '@cephts/async-messenger';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';

const KEEPALIVE2 = 18;

interface Wire {
  control(tag: number, payload: Uint8Array): void;
  readonly congested: boolean;
}

it('control frames on their way to a msgr-worker hold a writer up, as messages do, until they have left', async () => {
  const { cct } = loggedContext({ ms_async_op_threads: 2 });
  const server = await startServer(cct, { stack: 'workers' });
  const { messenger, con, recorder } = startClient(cct, server.addrs, { stack: 'workers' });
  con.sendMessage(MNote.of(1));
  await recorder.count(1);
  const { wire } = (con as Connection & { protocol: { wire: Wire } }).protocol;
  expect(wire.congested).toBe(false);
  for (let i = 0; i < 30_000; i++) wire.control(KEEPALIVE2, new Uint8Array(8));
  expect(wire.congested).toBe(true);
  while (wire.congested) await new Promise((resolve) => setImmediate(resolve));
  con.sendMessage(MNote.of(2));
  await recorder.count(2);
  expect(recorder.values).toEqual([1, 2]);
  await messenger[Symbol.asyncDispose]();
  await server.messenger[Symbol.asyncDispose]();
});
