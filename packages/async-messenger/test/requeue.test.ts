import { expect, it } from '@jest/globals';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

it.each([1, 127, 255, 256, 300, 65_535])(
  'what a broken socket may have lost goes before messages of priority %p, once each',
  async (priority) => {
    const { clock, net, server, client, con, end } = await virtualPair();
    con.sendMessage(MNote.of(0));
    clock.advance(100);
    for (const i of [1, 2, 3, 4]) con.sendMessage(MNote.of(i));
    // the server has some of them
    while (server.recorder.values.length < 3) clock.step();
    net.cutAll();
    while (con.isConnected) clock.step();
    for (const i of [5, 6]) con.sendMessage(Object.assign(MNote.of(i), { priority }));
    clock.advance(1000);
    expect(server.recorder.values).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(client.recorder.values).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await end();
  },
);
