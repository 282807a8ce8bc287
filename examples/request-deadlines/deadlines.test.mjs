import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { CephContext, VirtualClock } from '@cephts/common';
import { DeadlineError, Deadlines, HEADER } from './deadlines.mjs';

const turn = () => new Promise(setImmediate);

function virtual() {
  const clock = new VirtualClock();
  return { clock, deadlines: new Deadlines(new CephContext({ clock })) };
}

test('work that takes too long is ended at its deadline, to the millisecond', async () => {
  const { clock, deadlines } = virtual();
  let aborted;
  const outcome = deadlines.run(250, (signal) => {
    signal.addEventListener('abort', () => (aborted = signal.reason));
    return new Promise(() => undefined);
  });
  let error;
  outcome.catch((caught) => (error = caught));
  await turn();
  clock.advance(249);
  await turn();
  assert.equal(error, undefined);
  clock.advance(1);
  await turn();
  assert.ok(error instanceof DeadlineError);
  assert.equal(aborted, error);
  assert.equal(deadlines.open, 0);
});

test('a deadline of work that is done never fires', async () => {
  const { clock, deadlines } = virtual();
  assert.equal(await deadlines.run(100, async () => 'answer'), 'answer');
  await assert.rejects(
    deadlines.run(100, async () => Promise.reject(new Error('its own'))),
    /its own/,
  );
  assert.equal(deadlines.open, 0);
  clock.advance(1000);
});

test('a hundred thousand open requests end in the order of their deadlines', async () => {
  const { clock, deadlines } = virtual();
  const ended = [];
  for (let i = 0; i < 100_000; i++) {
    const ms = 1 + ((i * 7919) % 1000);
    deadlines.run(ms, () => new Promise(() => undefined)).catch(() => ended.push(ms));
  }
  await turn();
  assert.equal(deadlines.open, 100_000);
  for (let i = 0; i < 1000; i++) {
    clock.advance(1);
    await undefined;
  }
  await turn();
  assert.equal(ended.length, 100_000);
  assert.deepEqual(
    ended,
    ended.toSorted((a, b) => a - b),
  );
});

test('over HTTP: a slow service answers 504, and hears of the deadline of its caller', async (t) => {
  const deadlines = new Deadlines();
  const heard = [];
  const server = createServer(
    deadlines.handler(5000, async (request, signal) => {
      heard.push(request.headers[HEADER]);
      if (request.url === '/fast') return 'fast';
      await once(signal, 'abort');
      return 'too late';
    }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    deadlines.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  assert.deepEqual(await deadlines.fetch(`${url}/fast`, 4000), { status: 200, text: 'fast' });
  const response = await fetch(`${url}/slow`, { headers: { [HEADER]: '20' } });
  assert.equal(response.status, 504);
  assert.equal(await response.text(), 'no answer within 20 ms\n');
  assert.deepEqual(heard, ['4000', '20']);
  await assert.rejects(deadlines.fetch(`${url}/slow`, 40), DeadlineError);
});
