import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { createGateway } from './gateway.mjs';

/** A gateway whose work is done when the test says so, and a way to call it. */
async function setUp(options) {
  const order = [];
  const running = [];
  const gateway = createGateway({
    concurrency: 1,
    ...options,
    handle: (request) =>
      new Promise((resolve) => {
        order.push(request.headers['x-name']);
        running.push(() => resolve(`done ${request.headers['x-name']}`));
      }),
  });
  await once(gateway.server, 'listening');
  const agent = new Agent({ keepAlive: false });
  const call = async (key, name, headers = {}) => {
    const { port } = gateway.server.address();
    const request = get({ port, host: '127.0.0.1', agent, headers: { 'x-api-key': key, 'x-name': name, ...headers } });
    const answer = new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve(`${response.statusCode} ${text.trim()}`));
      });
    });
    answer.catch(() => undefined);
    await once(gateway.server, 'request');
    return { answer, hangUp: () => request.destroy() };
  };
  const finishAll = async () => {
    let free = false;
    const closed = gateway.close().then(() => (free = true));
    while (!free) {
      running.shift()?.();
      await new Promise(setImmediate);
    }
    await closed;
  };
  return { gateway, order, call, finishAll };
}

test('a caller who sends much waits for itself; others get their turn', async () => {
  const { order, call, finishAll } = await setUp();
  for (let i = 0; i < 6; i++) await call('greedy', `greedy ${i}`);
  const modest = await call('modest', 'modest');
  await finishAll();
  // one is in work and one waits for its slot before the modest one comes
  assert.ok(order.indexOf('modest') <= 3, order.join(', '));
  assert.equal(await modest.answer, '200 done modest');
  assert.equal(order.length, 7);
});

test('what is urgent goes before all that waits', async () => {
  const { order, call, finishAll } = await setUp();
  for (let i = 0; i < 5; i++) await call('a', `normal ${i}`);
  await call('b', 'urgent', { 'x-urgent': 'yes' });
  await finishAll();
  assert.ok(order.indexOf('urgent') <= 2, order.join(', '));
});

test('who hangs up leaves the queue, and no work is done for him', async () => {
  const { gateway, order, call, finishAll } = await setUp();
  for (let i = 0; i < 3; i++) await call('a', `a ${i}`);
  const gone = await call('b', 'gone');
  const waiting = gateway.queue.length;
  gone.hangUp();
  while (gateway.queue.length === waiting) await new Promise(setImmediate);
  await finishAll();
  assert.deepEqual(order, ['a 0', 'a 1', 'a 2']);
});

test('what does not fit is refused at once', async () => {
  const { call, finishAll } = await setUp({ capacity: 2 });
  const calls = [];
  for (let i = 0; i < 6; i++) calls.push(await call('a', `a ${i}`));
  assert.equal(await calls.at(-1).answer, '503 ERR_CEPH_FULL');
  await finishAll();
});
