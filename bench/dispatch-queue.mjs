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

async function best(times, run) {
  const samples = [];
  for (let i = 0; i < times; i++) {
    globalThis.gc?.();
    samples.push(await run());
  }
  return median(samples);
}

function check(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

/** Queues and dispatches `n` messages; ms for all of them. */
async function ours(n, options = {}) {
  let delivered = 0;
  let sum = 0;
  let last = Infinity;
  let ordered = true;
  const strict = options.policy !== 'weighted';
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
  const messages = Array.from({ length: n }, (_, i) => ({
    i,
    priority: priorityOf(i),
    cls: classOf(i),
    recvStamp: 1,
    cost: 0,
    dispatchThrottleSize: 0,
  }));
  const begin = now();
  for (const m of messages) queue.enqueue(m, m.priority, m.cls);
  queue.start();
  await queue.waitForEmpty();
  const ms = now() - begin;
  await queue.close();
  check('delivered', delivered, n);
  check('sum', sum, (n * (n - 1)) / 2);
  if (strict) check('highest priority first', ordered, true);
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

export default async function suite() {
  await ours(100_000);
  await asyncPriorityQueue(10_000);
  await pQueue(5_000);

  const strict = rate(1e6, await best(5, () => ours(1e6)));
  const weighted = rate(1e6, await best(3, () => ours(1e6, { policy: 'weighted' })));
  const peers = {
    'async.priorityQueue': rate(1e5, await best(3, () => asyncPriorityQueue(1e5))),
    'p-queue with priorities': rate(2e4, await best(3, () => pQueue(2e4))),
  };
  const fastest = Math.max(...Object.values(peers));

  const perItem = {};
  for (const [n, rounds] of [
    [1e3, 300],
    [1e5, 9],
    [1e7, 1],
  ]) {
    perItem[n] = ((await best(rounds, () => ours(n))) * 1e6) / n;
  }
  const costs = Object.values(perItem);

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await ours(2e6);
  delay.disable();

  return [
    {
      name: '16 priorities, 64 classes, enqueue + dispatch',
      unit: 'M/s',
      ours: strict,
      peers,
      ratio: strict / fastest,
      atLeast: 20,
    },
    { name: 'the same, weighted policy', unit: 'M/s', ours: weighted, peers, ratio: weighted / fastest },
    {
      name: 'time for each item at 10^3, 10^5, 10^7 queued',
      unit: 'ns',
      ours: costs.map((ns) => ns.toFixed(0)).join(' / '),
      peers: {},
      ratio: Math.max(...costs) / Math.min(...costs),
      atMost: 2,
    },
    {
      name: 'event loop delay p99 while 2 M messages drain',
      unit: 'ms',
      ours: delay.percentile(99) / 1e6,
      peers: {},
      ratio: delay.percentile(99) / 1e6,
      atMost: 15,
    },
  ];
}
