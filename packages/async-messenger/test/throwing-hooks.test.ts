import { expect, it } from '@jest/globals';
import type { Dispatcher } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

function thrower(hook: keyof Dispatcher): { first: Dispatcher; error: Error } {
  const error = new Error(`thrown in ${hook}`);
  const first: Dispatcher = {
    msDispatch: () => false,
    msCanFastDispatchAny: () => hook === 'msFastPreprocess' || hook === 'msCanFastDispatch',
    [hook]: () => {
      throw error;
    },
  };
  return { first, error };
}

const reported: [keyof Dispatcher, 'server' | 'client'][] = [
  ['msHandleConnect', 'client'],
  ['msHandleFastConnect', 'client'],
  ['msHandleAccept', 'server'],
  ['msHandleFastAccept', 'server'],
  ['msFastPreprocess', 'server'],
  ['msCanFastDispatch', 'server'],
];

it.each(reported)('what %s throws is reported, and the connection goes on', async (hook, where) => {
  const { first, error } = thrower(hook);
  const pair = await virtualPair({ [where]: { first } });
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(1000);
  expect(pair.client.recorder.values).toEqual([1]);
  expect(pair[where].errors).toEqual([error]);
  expect([...pair.server.lines, ...pair.client.lines].filter((line) => line.includes('fault'))).toEqual([]);
  await pair.end();
});

it('a peer whose authentication has msHandleAuthentication throw is refused, which is reported; its tries back off', async () => {
  const { first, error } = thrower('msHandleAuthentication');
  const pair = await virtualPair({ server: { first } });
  pair.con.sendMessage(MNote.of(1));
  pair.clock.advance(60_000);
  expect(pair.server.recorder.values).toEqual([]);
  expect(new Set(pair.server.errors)).toEqual(new Set([error]));
  expect(pair.server.errors.length).toBeLessThan(15);
  expect(pair.client.lines.join('\n')).toMatch(/was refused with -13/);
  await pair.end();
});
