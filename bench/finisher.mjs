// Finisher against fastq, against the loop one would write by hand, and, across threads, against postMessage.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { Finisher } from '@cephts/finisher';
import fastq from 'fastq';
import { check, interleave, median, rateRow } from './measure.mjs';

const N = 1_000_000;
/** Results: all 0, or every second one different from 0. */
const zero = () => 0;
const mixed = (i) => (i & 1 ? -(i % 40) - 1 : 0);

function sumOf(resultOf, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += resultOf(i);
  return sum;
}

const finisher = new Finisher();
finisher.start();

/** Queues n contexts, one by one, and waits until all are complete. */
function withFinisher(resultOf, n = N) {
  return new Promise((resolve) => {
    let count = 0;
    let sum = 0;
    const context = (r) => {
      sum += r;
      if (++count < n) return;
      check('Finisher', sum, sumOf(resultOf, n));
      resolve();
    };
    for (let i = 0; i < n; i++) finisher.queue(context, resultOf(i));
  });
}

function withFastq(resultOf) {
  return new Promise((resolve) => {
    let count = 0;
    let sum = 0;
    const queue = fastq((r, done) => done(null, r), 1);
    const context = (_error, r) => {
      sum += r;
      if (++count < N) return;
      check('fastq', sum, sumOf(resultOf, N));
      resolve();
    };
    for (let i = 0; i < N; i++) queue.push(resultOf(i), context);
  });
}

/** Pushes to an array; one turn later swaps it for an empty one and calls what is in it. */
function bareLoopOfZeros() {
  return new Promise((resolve) => {
    let queue = [];
    let count = 0;
    let sum = 0;
    const context = (r) => {
      sum += r;
      count++;
    };
    for (let i = 0; i < N; i++) queue.push(context);
    setImmediate(() => {
      const batch = queue;
      queue = [];
      for (let i = 0; i < batch.length; i++) batch[i](0);
      check('bare loop', count, N);
      check('bare loop', sum, 0);
      resolve();
    });
  });
}

function bareLoopOfPairs(resultOf) {
  return new Promise((resolve) => {
    let queue = [];
    let sum = 0;
    const context = (r) => {
      sum += r;
    };
    for (let i = 0; i < N; i++) queue.push({ context, r: resultOf(i) });
    setImmediate(() => {
      const batch = queue;
      queue = [];
      for (let i = 0; i < batch.length; i++) batch[i].context(batch[i].r);
      check('bare loop', sum, sumOf(resultOf, N));
      resolve();
    });
  });
}

async function eventLoopDelay() {
  const n = 10_000_000;
  let count = 0;
  const context = () => {
    count++;
  };
  for (let i = 0; i < n; i++) finisher.queue(context);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await finisher.waitForEmpty();
  delay.disable();
  check('contexts of the flood', count, n);
  return delay.percentile(99) / 1e6;
}

async function timePerItem(n, rounds) {
  const samples = [];
  for (let i = 0; i < rounds; i++) {
    const begin = performance.now();
    await withFinisher(zero, n);
    samples.push(((performance.now() - begin) * 1e6) / n);
  }
  return median(samples);
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
  const zeros = await interleave({ ours: () => withFinisher(zero), fastq: () => withFastq(zero), bare: bareLoopOfZeros }, 9);
  const pairs = await interleave(
    { ours: () => withFinisher(mixed), fastq: () => withFastq(mixed), bare: () => bareLoopOfPairs(mixed) },
    9,
  );
  const p99 = await eventLoopDelay();
  const M = 300_000;
  const crossing = await interleave(
    { ours: () => acrossThreads('finisher', M), 'pipelined postMessage': () => acrossThreads('postMessage', M) },
    5,
  );
  const costs = [await timePerItem(1e3, 501), await timePerItem(1e5, 21), await timePerItem(1e7, 3)];
  const fastqName = 'fastq, synchronous callback worker';
  const bareName = 'array, swapped and drained';
  return [
    rateRow('queue + complete, 1 M contexts, result 0', N, { ours: zeros.ours, [fastqName]: zeros.fastq }, { atLeast: 2.5 }),
    rateRow('queue + complete, 1 M contexts, mixed results', N, { ours: pairs.ours, [fastqName]: pairs.fastq }, { atLeast: 1.8 }),
    rateRow('the same, result 0, to a bare loop', N, { ours: zeros.ours, [bareName]: zeros.bare }, { atLeast: 2 }),
    rateRow('the same, mixed results, to a bare loop', N, { ours: pairs.ours, [bareName]: pairs.bare }, { atLeast: 1.5 }),
    { name: 'event loop delay p99 while 10 M contexts drain', unit: 'ms', ours: p99, peers: {}, ratio: p99, atMost: 15 },
    rateRow('completions across threads', M, crossing, { atLeast: 8 }),
    {
      name: 'time for each context at 10^3, 10^5, 10^7 queued',
      unit: 'ns',
      ours: costs.map((ns) => ns.toFixed(1)).join(' / '),
      peers: {},
      ratio: Math.max(...costs) / Math.min(...costs),
      atMost: 2,
    },
  ];
}
