// SafeTimer against Node's own timers.
import { SafeTimer } from '@cephts/safe-timer';
import { check, depthRow, interleave, median, rateRow } from './measure.mjs';

const N = 1_000_000;
const FIRED = 200_000;
const timer = new SafeTimer();
const nothing = () => undefined;
const spread = (i) => 100_000 + ((i * 7919) % 100_000);

const addAndCancel = {
  ours() {
    let cancelled = 0;
    for (let i = 0; i < N; i++) if (timer.cancelEvent(timer.addEventAfter(1000 + (i % 1000), nothing))) cancelled++;
    check('cancelled', cancelled, N);
    check('pending', timer.length, 0);
  },
  'setTimeout + clearTimeout'() {
    for (let i = 0; i < N; i++) clearTimeout(setTimeout(nothing, 1000 + (i % 1000)));
  },
};

/** ms for the adds alone; they are cancelled afterwards. */
const pendingAdds = {
  ours() {
    const begin = performance.now();
    for (let i = 0; i < N; i++) timer.addEventAfter(spread(i), nothing);
    const ms = performance.now() - begin;
    check('cancelled', timer.cancelAllEvents(), N);
    return ms;
  },
  setTimeout() {
    const timeouts = new Array(N);
    const begin = performance.now();
    for (let i = 0; i < N; i++) timeouts[i] = setTimeout(nothing, spread(i));
    const ms = performance.now() - begin;
    for (const timeout of timeouts) clearTimeout(timeout);
    return ms;
  },
};

/** Adds events over 50 ms and holds the loop up until all are due; ms for the adds, and from letting go until the last has run. */
function fire(add) {
  return new Promise((resolve) => {
    let fired = 0;
    let released = 0;
    let adding = 0;
    const callback = () => {
      if (++fired < FIRED) return;
      const ms = adding + performance.now() - released;
      // none may come after the last
      setImmediate(() => {
        check('fired', fired, FIRED);
        resolve(ms);
      });
    };
    const begin = performance.now();
    for (let i = 0; i < FIRED; i++) add(callback, i % 50);
    adding = performance.now() - begin;
    while (performance.now() - begin < adding + 60);
    released = performance.now();
  });
}

const firing = {
  ours: () => fire((callback, ms) => timer.addEventAfter(ms, callback)),
  setTimeout: () => fire((callback, ms) => setTimeout(callback, ms)),
};

function used() {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes a pending event, its callback (the same for all) left out. */
function memory() {
  const own = new SafeTimer();
  const before = used();
  const events = new Float64Array(N);
  for (let i = 0; i < N; i++) events[i] = own.addEventAfter(spread(i), nothing);
  const between = used();
  check('pending', own.length, N);
  own.shutdown();
  const timeouts = new Array(N);
  const beforeTimeouts = used();
  for (let i = 0; i < N; i++) timeouts[i] = setTimeout(nothing, spread(i));
  const after = used();
  for (const timeout of timeouts) clearTimeout(timeout);
  check('events', events.length, timeouts.length);
  return { ours: (between - before) / N, setTimeout: (after - beforeTimeouts) / N };
}

/** ns to add one more event and cancel it, with n pending. */
function costAt(n) {
  const own = new SafeTimer();
  for (let i = 0; i < n; i++) own.addEventAfter(spread(i), nothing);
  const samples = [];
  // the first rounds warm up, as they do in interleave()
  for (let round = -3; round < 9; round++) {
    const begin = performance.now();
    for (let i = 0; i < 100_000; i++) own.cancelEvent(own.addEventAfter(spread(i), nothing));
    if (round >= 0) samples.push(((performance.now() - begin) * 1e6) / 100_000);
  }
  check('pending', own.length, n);
  own.shutdown();
  return median(samples);
}

export default async function suite() {
  // a SafeTimer does not hold the process open unless it is asked to
  const alive = setInterval(nothing, 1_000_000);
  const rows = [
    rateRow('add + cancel', N, await interleave(addAndCancel, 9), { atLeast: 5 }),
    rateRow('1 M pending adds', N, await interleave(pendingAdds, 5), { atLeast: 8 }),
    rateRow('firing 200 k (adding them, and running them once due)', FIRED, await interleave(firing, 7), { atLeast: 4 }),
  ];
  const bytes = memory();
  rows.push({
    name: 'memory a pending event',
    unit: 'bytes',
    ours: bytes.ours,
    peers: { setTimeout: bytes.setTimeout },
    ratio: bytes.ours / bytes.setTimeout,
    atMost: 0.5,
  });
  rows.push(await depthRow('add + cancel with 10^3, 10^5, 10^7 pending', costAt, 2));
  timer.shutdown();
  clearInterval(alive);
  return rows;
}
