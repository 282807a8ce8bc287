import { expect, it } from '@jest/globals';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';

const withPriority = (value: number, priority: number): MNote => Object.assign(MNote.of(value), { priority });

it.each([-1, 1.5, NaN, 65_536, '5' as unknown as number])(
  'a message of priority %p is refused, and what follows goes out',
  async (priority) => {
    const { cct } = loggedContext();
    const { messenger: server, addrs } = await startServer(cct);
    const { messenger, con, recorder } = startClient(cct, addrs);
    for (const to of [con, messenger.loopbackConnection]) {
      expect(() => to.sendMessage(withPriority(1, priority))).toThrow(
        expect.objectContaining({
          code: 'ERR_CEPH_INVALID_ARGUMENT',
          message: `Expected \`priority\` of note to be an integer from 0 to 65535, got \`${String(priority)}\``,
        }),
      );
    }
    con.sendMessage(MNote.of(2));
    await recorder.count(1);
    expect(recorder.values).toEqual([2]);
    await messenger[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  },
);

it('takes a message to oneself of a priority above those that the dispatch queue tells apart', async () => {
  const { cct } = loggedContext();
  const { messenger, recorder } = await startServer(cct);
  messenger.loopbackConnection.sendMessage(withPriority(7, 65_535));
  await recorder.count(1);
  expect(recorder.values[0]).toBe(7);
  await messenger[Symbol.asyncDispose]();
});
