// DispatchQueue against what one would use instead. Each run checks its own result: everything delivered, once, highest priority first.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DispatchQueue } from '@cephts/dispatch-queue';
import async from 'async';
import PQueue from 'p-queue';
import { check, depthRow, interleave, median, rateRow } from './measure.mjs';

const PRIORITIES = 16;
const CLASSES = 64;
/** Sixteen priorities, all strict ones. */
const priorityOf = (i) => 64 + ((i * 7) % PRIORITIES) * 8;
const classOf = (i) => 1 + ((i * 13) % CLASSES);

/** One message for each priority and class, queued again and again: what a producer allocates is no cost of a queue's. */
const MESSAGES = Array.from({ length: PRIORITIES * CLASSES }, (_, i) => ({
  i,
  priority: priorityOf(i),
  cls: classOf(i >> 4),
  recvStamp: 0,
}));
const messageOf = (i) => MESSAGES[(i * 37) % MESSAGES.length];
const sumOf = (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += messageOf(i).i;
  return sum;
};

function fill(queue, n) {
  for (let i = 0; i < n; i++) {
    const m = messageOf(i);
    queue.enqueue(m, m.priority, m.cls);
  }
}

const now = () => performance.now();

/** One queue that is filled and drained again and again; `round(n)` gives the ms that n messages took. */
function ourQueue(options = {}) {
  const strict = options.policy !== 'weighted';
  let delivered = 0;
  let sum = 0;
  let last = Infinity;
  let ordered = true;
  const queue = DispatchQueue.of(
    {
      deliver(m) {
        delivered++;
        sum += m.i;
        if (m.priority > last) ordered = false;
        last = m.priority;
      },
    },
    options,
  );
  queue.start();
  return {
    async round(n) {
      delivered = sum = 0;
      last = Infinity;
      const begin = now();
      fill(queue, n);
      await queue.waitForEmpty();
      const ms = now() - begin;
      check('delivered', delivered, n);
      check('sum', sum, sumOf(n));
      if (strict) check('highest priority first', ordered, true);
      return ms;
    },
    close: () => queue.close(),
  };
}

/** The same for async.priorityQueue; lower numbers go first there. */
function asyncPriorityQueue() {
  let delivered = 0;
  const queue = async.priorityQueue((_message, done) => {
    delivered++;
    done();
  }, 1);
  return {
    async round(n) {
      delivered = 0;
      const begin = now();
      for (let i = 0; i < n; i++) queue.push(messageOf(i), -messageOf(i).priority);
      await queue.drain();
      check('async.priorityQueue', delivered, n);
      return now() - begin;
    },
  };
}

function pQueue() {
  const queue = new PQueue({ concurrency: 1 });
  return {
    async round(n) {
      let delivered = 0;
      const begin = now();
      for (let i = 0; i < n; i++) void queue.add(() => void delivered++, { priority: messageOf(i).priority });
      await queue.onIdle();
      check('p-queue', delivered, n);
      return now() - begin;
    },
  };
}

/** `sample(n)`: ns a message with n of them waiting all the time: each but the last n is queued again as it is delivered. */
function standingQueue() {
  let standing = 0;
  let left = 0;
  let delivered = 0;
  const queue = DispatchQueue.of({
    deliver(m) {
      delivered++;
      if (left-- > standing) queue.enqueue(m, m.priority, m.cls);
    },
  });
  queue.start();
  return {
    async sample(n) {
      const total = Math.max(2 * n, 1_000_000);
      standing = n;
      left = total;
      delivered = 0;
      const begin = now();
      fill(queue, n);
      await queue.waitForEmpty();
      const ms = now() - begin;
      check('delivered', delivered, total);
      return (ms * 1e6) / total;
    },
    close: () => queue.close(),
  };
}

export default async function suite() {
  const N = 1e5;
  const queue = ourQueue();
  const heap = asyncPriorityQueue();
  const row = rateRow(
    '16 priorities, 64 classes, enqueue + dispatch of 100 k',
    N,
    await interleave({ ours: () => queue.round(N), 'async.priorityQueue': () => heap.round(N) }, 25),
    { atLeast: 20 },
  );
  const fastest = row.peers['async.priorityQueue'];
  // seconds a round, far from the fastest
  row.peers['p-queue with priorities'] = N / (await pQueue().round(N)) / 1000;

  const standing = standingQueue();
  const depth = await depthRow('time for each message with 10^3, 10^5, 10^7 queued', standing.sample);
  await standing.close();
  await queue.close();

  const weightedQueue = ourQueue({ policy: 'weighted' });
  const { ours: weightedTimes } = await interleave({ ours: () => weightedQueue.round(N) }, 20);
  const weighted = N / median(weightedTimes) / 1000;
  await weightedQueue.close();

  const delay = monitorEventLoopDelay({ resolution: 1 });
  const flood = DispatchQueue.of({ deliver: () => undefined });
  for (let i = 0; i < 2e6; i++) flood.enqueue(i, priorityOf(i), classOf(i));
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.enable();
  flood.start();
  await flood.close();
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;

  return [
    row,
    { name: 'the same, weighted policy', unit: 'M/s', ours: weighted, peers: row.peers, ratio: weighted / fastest },
    depth,
    { name: 'event loop delay p99 while 2 M messages drain', unit: 'ms', ours: p99, peers: {}, ratio: p99, atMost: 15 },
  ];
}
