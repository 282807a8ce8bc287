// Real worker threads complete contexts of this one, through the built package.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { ERRNO } from '@cephts/common';
import { Finisher, FinisherProducer } from '@cephts/finisher';

const PRELUDE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { FinisherProducer } = require('@cephts/finisher');
`;

function work(source: string, data: object): Worker {
  return new Worker(PRELUDE + source, { eval: true, workerData: data });
}

describe('Finisher.remote', () => {
  it('completes a context registered here with the result another thread gives, once', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote();
    const results: number[] = [];
    const token = remote.register((r) => results.push(r));
    const worker = work(
      'const p = new FinisherProducer(workerData.handle); p.queue(workerData.token, -2); p.queue(workerData.token, 7);',
      {
        handle: remote.handle,
        token,
      },
    );
    await once(worker, 'exit');
    await finisher.close();
    expect(results).toEqual([-2]);
  });

  it('wakes a finisher that sleeps', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote();
    await finisher.waitForEmpty();
    await new Promise((resolve) => setImmediate(resolve));
    const done = new Promise<number>((resolve) => {
      const token = remote.register(resolve);
      // the worker stays, so that it is not its end that wakes us
      const worker = work('new FinisherProducer(workerData.handle).queue(workerData.token, 5); setInterval(() => {}, 1000);', {
        handle: remote.handle,
        token,
      });
      void finisher.waitForEmpty().then(() => worker);
      workers.push(worker);
    });
    expect(await done).toBe(5);
    await finisher.close();
    await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  });

  it('keeps the order of each of many producers, and loses nothing', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote({ capacity: 64, overflow: 'wait' });
    const producers = 4;
    const count = 20_000;
    const next = new Array<number>(producers).fill(0);
    let disorder = 0;
    const tokens = next.map((_, i) =>
      remote.register((r) => {
        if (r !== next[i]!++) disorder++;
      }, true),
    );
    const exits = tokens.map((token) => {
      const worker = work(
        'const p = new FinisherProducer(workerData.handle); for (let i = 0; i < workerData.count; i++) p.queue(workerData.token, i); p.close();',
        { handle: remote.handle, token, count },
      );
      return once(worker, 'exit');
    });
    await Promise.all(exits);
    await finisher.waitForEmpty();
    await new Promise((resolve) => setImmediate(resolve));
    await finisher.close();
    expect(next).toEqual(new Array(producers).fill(count));
    expect(disorder).toBe(0);
  });

  it('goes on after a producer that died, and gives its place to another', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote({ producers: 1 });
    const results: number[] = [];
    const token = remote.register((r) => results.push(r), true);
    const worker = work(
      'const p = new FinisherProducer(workerData.handle); p.queue(workerData.token, 1); parentPort.postMessage(p.id); for (;;) p.queue === null;',
      { handle: remote.handle, token },
    );
    const [id] = (await once(worker, 'message')) as [number];
    await worker.terminate();
    expect(() => new FinisherProducer(remote.handle)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
    FinisherProducer.release(remote.handle, id);
    new FinisherProducer(remote.handle).queue(token, 2);
    await finisher.close();
    expect(results).toEqual([1, 2]);
  });

  it('loses and repeats nothing when a producer is killed amid its writes', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote({ producers: 1, capacity: 64, overflow: 'wait' });
    let next = 0;
    let disorder = 0;
    let enough: (() => void) | undefined;
    const token = remote.register((r) => {
      if (r !== next++) disorder++;
      if (next % 1000 === 0) enough?.();
    }, true);
    for (let round = 0; round < 5; round++) {
      const first = next;
      const worker = work(
        'const p = new FinisherProducer(workerData.handle); parentPort.postMessage(p.id); for (let i = workerData.first; ; i++) p.queue(workerData.token, i);',
        { handle: remote.handle, token, first },
      );
      const [[id]] = await Promise.all([
        once(worker, 'message') as Promise<[number]>,
        new Promise<void>((resolve) => (enough = resolve)),
      ]);
      await worker.terminate();
      FinisherProducer.release(remote.handle, id);
      // what it had written runs before the next one begins
      finisher.resume();
      await new Promise((resolve) => setImmediate(resolve));
      await finisher.waitForEmpty();
      expect(next).toBeGreaterThan(first);
    }
    await finisher.close();
    expect(disorder).toBe(0);
  });

  it('lets a worker end whose drops the finisher has not told yet', async () => {
    const finisher = new Finisher();
    const remote = finisher.remote({ capacity: 2, overflow: 'drop-oldest' });
    const told: string[] = [];
    const tokens = ['a', 'b', 'c', 'd'].map((name) => remote.register((r) => told.push(`${name}:${r}`)));
    const worker = work(
      'const p = new FinisherProducer(workerData.handle); for (const token of workerData.tokens) p.queue(token); p.close();',
      { handle: remote.handle, tokens },
    );
    await once(worker, 'exit');
    await finisher.close();
    expect(told).toEqual([`a:-${ERRNO.EAGAIN}`, `b:-${ERRNO.EAGAIN}`, 'c:0', 'd:0']);
  });

  it('applies the overflow policy to a ring that is full', async () => {
    const results: Record<string, number[]> = {};
    for (const overflow of ['throw', 'drop-newest', 'drop-oldest'] as const) {
      const finisher = new Finisher();
      const remote = finisher.remote({ capacity: 2, overflow });
      const told: number[] = (results[overflow] = []);
      const tokens = [10, 20, 30].map((base) => remote.register((r) => told.push(base + r)));
      const producer = new FinisherProducer(remote.handle);
      expect(producer.queue(tokens[0]!, 1)).toBe(true);
      expect(producer.queue(tokens[1]!, 1)).toBe(true);
      if (overflow === 'throw') {
        expect(() => producer.queue(tokens[2]!, 1)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_FULL' }));
      } else {
        expect(producer.queue(tokens[2]!, 1)).toBe(overflow === 'drop-oldest');
      }
      await finisher.close();
    }
    const { ECANCELED, EAGAIN } = ERRNO;
    expect(results).toEqual({
      throw: [11, 21, 30 - ECANCELED],
      'drop-newest': [11, 21, 30 - ECANCELED],
      'drop-oldest': [10 - EAGAIN, 21, 31],
    });
  });

  it('refuses producers of a finisher that has closed, and tells contexts that nobody completed', async () => {
    const finisher = new Finisher();
    finisher.start();
    const remote = finisher.remote();
    const results: number[] = [];
    const token = remote.register((r) => results.push(r));
    const producer = new FinisherProducer(remote.handle);
    await finisher.close();
    expect(results).toEqual([-ERRNO.ECANCELED]);
    expect(() => producer.queue(token)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_CLOSED' }));
    expect(() => new FinisherProducer(remote.handle)).toThrow(expect.objectContaining({ code: 'ERR_CEPH_CLOSED' }));
  });

  it('does not hold the process open', async () => {
    const source = `
      import { Finisher } from '@cephts/finisher';
      const finisher = new Finisher();
      finisher.start();
      finisher.remote();
      finisher.queue(() => undefined);
      await finisher.waitForEmpty();
    `;
    const { spawnSync } = await import('node:child_process');
    const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      timeout: 10_000,
      cwd: process.cwd(),
    });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});

const workers: Worker[] = [];
