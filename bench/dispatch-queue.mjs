// DispatchQueue against what one would use instead. Each run checks its own result: everything delivered, once, highest priority first.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DispatchQueue } from '@cephts/dispatch-queue';
import async from 'async';
import PQueue from 'p-queue';

const PRIORITIES = 16;
const CLASSES = 64;
/** Sixteen priorities, all strict ones. */
const priorityOf = (i) => 64 + ((i * 7) % PRIORITIES) * 8;
const classOf = (i) => 1 + ((i * 13) % CLASSES);

const now = () => performance.now();
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function check(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

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
      for (let i = 0; i < n; i++) {
        const m = { i, priority: priorityOf(i), recvStamp: begin };
        queue.enqueue(m, m.priority, classOf(i));
      }
      await queue.waitForEmpty();
      const ms = now() - begin;
      check('delivered', delivered, n);
      check('sum', sum, (n * (n - 1)) / 2);
      if (strict) check('highest priority first', ordered, true);
      return ms;
    },
    close: () => queue.close(),
  };
}

/** As {@link ourQueue}, once, with a queue of its own, as the peers have. */
async function ours(n, options) {
  const queue = ourQueue(options);
  const ms = await queue.round(n);
  await queue.close();
  return ms;
}

async function asyncPriorityQueue(n) {
  let delivered = 0;
  const begin = now();
  await new Promise((resolve) => {
    const queue = async.priorityQueue((_message, done) => {
      delivered++;
      done();
    }, 1);
    queue.drain(resolve);
    for (let i = 0; i < n; i++) queue.push(i, -priorityOf(i));
  });
  check('async.priorityQueue', delivered, n);
  return now() - begin;
}

async function pQueue(n) {
  let delivered = 0;
  const begin = now();
  const queue = new PQueue({ concurrency: 1 });
  for (let i = 0; i < n; i++) void queue.add(() => void delivered++, { priority: priorityOf(i) });
  await queue.onIdle();
  check('p-queue', delivered, n);
  return now() - begin;
}

/** Thousands of items a second, as millions. */
const rate = (n, ms) => n / ms / 1000;

/** Million messages a second of each, medians of rounds that take turns, so that a busy moment of the machine hits all alike. */
async function race(rounds, runners) {
  const samples = Object.fromEntries(Object.keys(runners).map((name) => [name, []]));
  for (let round = 0; round < rounds + 1; round++) {
    for (const [name, { n, run }] of Object.entries(runners)) {
      const ms = await run(n);
      // the first round warms up
      if (round > 0) samples[name].push(n / ms / 1000);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, rates]) => [name, median(rates)]));
}

export default async function suite() {
  for (let i = 0; i < 5; i++) await ours(1e5);
  const { strict, weighted, ...peers } = await race(9, {
    strict: { n: 1e5, run: (n) => ours(n) },
    weighted: { n: 1e5, run: (n) => ours(n, { policy: 'weighted' }) },
    'async.priorityQueue': { n: 1e5, run: asyncPriorityQueue },
    'p-queue with priorities': { n: 1e4, run: pQueue },
  });
  const fastest = Math.max(...Object.values(peers));

  const queue = ourQueue();
  const costs = [];
  for (const [n, rounds] of [
    [1e3, 500],
    [1e5, 15],
    [1e7, 3],
  ]) {
    const samples = [];
    for (let round = 0; round < rounds; round++) samples.push(((await queue.round(n)) * 1e6) / n);
    costs.push(median(samples));
  }
  await queue.close();

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
    {
      name: '16 priorities, 64 classes, enqueue + dispatch of 100 k',
      unit: 'M/s',
      ours: strict,
      peers,
      ratio: strict / fastest,
      atLeast: 20,
    },
    { name: 'the same, weighted policy', unit: 'M/s', ours: weighted, peers, ratio: weighted / fastest },
    {
      name: `ns for each item at 10^3, 10^5, 10^7 queued: ${costs.map((ns) => ns.toFixed(0)).join(', ')}; worst to best`,
      unit: 'ns',
      ours: Math.max(...costs),
      peers: { best: Math.min(...costs) },
      ratio: Math.max(...costs) / Math.min(...costs),
      atMost: 2,
    },
    { name: 'event loop delay p99 while 2 M messages drain', unit: 'ms', ours: p99, peers: {}, ratio: p99, atMost: 15 },
  ];
}
