// Finisher against fastq, against the loop one would write by hand, and, across threads, against postMessage.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { Finisher } from '@cephts/finisher';
import fastq from 'fastq';
import { check, depthRow, interleave, rateRow } from './measure.mjs';

const N = 1_000_000;
/** Every second result is different from 0. */
const mixed = Int8Array.from({ length: N }, (_, i) => (i & 1 ? -(i % 40) - 1 : 0));
const sumOfMixed = mixed.reduce((sum, r) => sum + r, 0);

const finisher = new Finisher();
finisher.start();

/** A completion that counts and sums up, made once; `expect(n, sum)` gives the promise that n results have come, with that sum. */
function makeCounter(name) {
  let count = 0;
  let sum = 0;
  let left = 0;
  let settle;
  return {
    completion(r) {
      sum += r;
      count++;
      if (--left === 0) settle();
    },
    expect(n, expected) {
      count = sum = 0;
      left = n;
      return new Promise((resolve, reject) => {
        settle = () =>
          sum === expected && count === n ? resolve() : reject(new Error(`${name}: expected ${expected}, got ${sum}`));
      });
    },
  };
}

const counters = Object.fromEntries(['Finisher', 'fastq', 'bare loop'].map((name) => [name, makeCounter(name)]));
const { completion } = counters.Finisher;
const { completion: bareCompletion } = counters['bare loop'];
const { completion: fastqCompletion } = counters.fastq;
const fastqDone = (_error, r) => fastqCompletion(r);
const fastqWorker = (r, callback) => callback(null, r);

const zeros = {
  ours() {
    const done = counters.Finisher.expect(N, 0);
    for (let i = 0; i < N; i++) finisher.queue(completion, 0);
    return done;
  },
  fastq() {
    const done = counters.fastq.expect(N, 0);
    const queue = fastq(fastqWorker, 1);
    for (let i = 0; i < N; i++) queue.push(0, fastqDone);
    return done;
  },
  /** Pushes to an array; one turn later swaps it for an empty one and calls what is in it. */
  bare() {
    const done = counters['bare loop'].expect(N, 0);
    let queue = [];
    for (let i = 0; i < N; i++) queue.push(bareCompletion);
    setImmediate(() => {
      const batch = queue;
      queue = [];
      for (let i = 0; i < batch.length; i++) batch[i](0);
    });
    return done;
  },
};

const mixes = {
  ours() {
    const done = counters.Finisher.expect(N, sumOfMixed);
    for (let i = 0; i < N; i++) finisher.queue(completion, mixed[i]);
    return done;
  },
  fastq() {
    const done = counters.fastq.expect(N, sumOfMixed);
    const queue = fastq(fastqWorker, 1);
    for (let i = 0; i < N; i++) queue.push(mixed[i], fastqDone);
    return done;
  },
  bare() {
    const done = counters['bare loop'].expect(N, sumOfMixed);
    let queue = [];
    for (let i = 0; i < N; i++) queue.push({ completion: bareCompletion, r: mixed[i] });
    setImmediate(() => {
      const batch = queue;
      queue = [];
      for (let i = 0; i < batch.length; i++) batch[i].completion(batch[i].r);
    });
    return done;
  },
};

async function eventLoopDelay() {
  const n = 10_000_000;
  let count = 0;
  const context = () => {
    count++;
  };
  for (let i = 0; i < n; i++) finisher.queue(context);
  globalThis.gc?.();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await finisher.waitForEmpty();
  delay.disable();
  check('contexts of the flood', count, n);
  return delay.percentile(99) / 1e6;
}

/** ns a context with n of them waiting all the time: each but the last n queues itself again. */
async function timePerItem(n) {
  const total = Math.max(2 * n, 1_000_000);
  let left = total;
  let ran = 0;
  const again = () => {
    ran++;
    if (left-- > n) finisher.queue(again);
  };
  const begin = performance.now();
  for (let i = 0; i < n; i++) finisher.queue(again);
  await finisher.waitForEmpty();
  const ms = performance.now() - begin;
  check('contexts', ran, total);
  return (ms * 1e6) / total;
}

/** One worker completes n contexts here; ms from the word go until the last has run. */
async function acrossThreads(kind, n) {
  const remote = finisher.remote({ overflow: 'wait', capacity: 16_384 });
  let count = 0;
  let sum = 0;
  let done;
  const context = (r) => {
    sum += r;
    if (++count === n) done();
  };
  const token = remote.register(context, true);
  const worker = new Worker(new URL('./finisher.worker.mjs', import.meta.url), {
    workerData: { handle: remote.handle, token, kind, n },
  });
  await once(worker, 'message');
  if (kind === 'postMessage') worker.on('message', ({ r }) => context(r));
  const finished = new Promise((resolve) => (done = resolve));
  const begin = performance.now();
  worker.postMessage('go');
  await finished;
  const ms = performance.now() - begin;
  check(kind, sum, (n * (n - 1)) / 2);
  remote.unregister(token);
  await worker.terminate();
  return ms;
}

export default async function suite() {
  const ofZeros = await interleave(zeros, 9);
  const ofMixes = await interleave(mixes, 9);
  const p99 = await eventLoopDelay();
  const M = 300_000;
  const crossing = await interleave(
    { ours: () => acrossThreads('finisher', M), 'pipelined postMessage': () => acrossThreads('postMessage', M) },
    5,
  );
  const depth = await depthRow('time for each context with 10^3, 10^5, 10^7 queued', timePerItem);
  const fastqName = 'fastq, synchronous callback worker';
  const bareName = 'array, swapped and drained';
  return [
    rateRow('queue + complete, 1 M contexts, result 0', N, { ours: ofZeros.ours, [fastqName]: ofZeros.fastq }, { atLeast: 2.5 }),
    rateRow(
      'queue + complete, 1 M contexts, mixed results',
      N,
      { ours: ofMixes.ours, [fastqName]: ofMixes.fastq },
      { atLeast: 1.8 },
    ),
    rateRow('the same, result 0, to a bare loop', N, { ours: ofZeros.ours, [bareName]: ofZeros.bare }, { atLeast: 2 }),
    rateRow('the same, mixed results, to a bare loop', N, { ours: ofMixes.ours, [bareName]: ofMixes.bare }, { atLeast: 1.5 }),
    { name: 'event loop delay p99 while 10 M contexts drain', unit: 'ms', ours: p99, peers: {}, ratio: p99, atMost: 15 },
    rateRow('completions across threads', M, crossing, { atLeast: 8 }),
    depth,
  ];
}
