import { expect, it } from '@jest/globals';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

it('Connection.drained resolves when a reconnect shows that the peer has everything', async () => {
  let received = 0;
  // no answer, which would have something written again
  const first = { msDispatch: () => ++received > 0 };
  const { clock, net, con, end } = await virtualPair({ server: { first }, client: { sendHighWater: 10 } });
  con.sendMessage(MNote.of(0));
  clock.advance(100);
  for (let i = 1; i <= 100; i++) con.sendMessage(MNote.of(i));
  // received, but cut before anything comes back
  while (received < 101) clock.step();
  net.cutAll();
  while (con.isConnected) clock.step();
  expect(con.queued).toBeGreaterThan(10);
  let drained = false;
  void con.drained().then(() => (drained = true));
  await clock.advanceAsync(1000);
  expect([con.isConnected, con.queued, drained]).toEqual([true, 0, true]);
  expect(received).toBe(101);
  await end();
});
