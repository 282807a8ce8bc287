import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { Coordinator } from './coordinator.mjs';

async function startWorker() {
  const child = fork(path.join(import.meta.dirname, 'worker.mjs'));
  const [{ addr }] = await once(child, 'message');
  return {
    addr,
    async count() {
      child.send('count');
      const [{ done }] = await once(child, 'message');
      return done;
    },
    async end() {
      const exit = once(child, 'exit');
      child.send('end');
      await exit;
    },
  };
}

/** Breaks every socket that this process has opened: Node tells of each on a diagnostics channel. */
function badLine(t) {
  const sockets = new Set();
  const keep = ({ socket }) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  subscribe('net.client.socket', keep);
  t.after(() => unsubscribe('net.client.socket', keep));
  return { cut: () => sockets.forEach((socket) => socket.destroy()) };
}

async function setUp(t) {
  const worker = await startWorker();
  const link = new Coordinator(worker.addr);
  t.after(async () => {
    await link.close();
    await worker.end();
  });
  return { worker, link };
}

test('jobs and results cross', async (t) => {
  const { link } = await setUp(t);
  assert.equal(await link.run('hello'), 'HELLO');
});

test('a socket that breaks loses no job, and none is done twice', async (t) => {
  const line = badLine(t);
  const { worker, link } = await setUp(t);
  const results = [];
  const order = [];
  for (let i = 0; i < 500; i++) {
    const result = link.run(`job ${i}`);
    result.then(() => order.push(i));
    results.push(result);
    if (i % 100 === 50) {
      await result; // so that the line is up, and much is under way
      for (let j = 0; j < 20; j++) results.push(link.run(`more ${j}`));
      setImmediate(line.cut);
      await once(link, 'connect');
    }
  }
  const texts = await Promise.all(results);
  assert.deepEqual(
    order,
    Array.from({ length: 500 }, (_, i) => i),
  );
  assert.equal(texts.at(-1), 'JOB 499');
  assert.equal(link.connects, 6);
  assert.equal(await worker.count(), results.length);
});
