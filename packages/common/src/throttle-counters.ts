import type { PerfCountersCollection, PerfCounterSpec } from './perf-counters.js';
import type { ThrottleCounters } from './primitive-context.js';

const counter = (key: string, description: string): PerfCounterSpec => ({ key, type: 'counter', description });

/** Made when they are asked for: a call that runs as the file is loaded would stay in every bundle. */
const specs = (): readonly PerfCounterSpec[] => [
  { key: 'val', type: 'gauge', description: 'Units in use' },
  { key: 'max', type: 'gauge', description: 'Most units in use at once; 0 for no bound' },
  counter('get_started', 'Gets asked for, granted or not'),
  counter('get', 'Gets granted'),
  counter('get_sum', 'Units got'),
  counter('get_or_fail_fail', 'Gets refused where they would have waited'),
  counter('get_or_fail_success', 'Gets granted that would have been refused rather than wait'),
  counter('take', 'Takes that ask for no room'),
  counter('take_sum', 'Units taken so'),
  counter('put', 'Puts'),
  counter('put_sum', 'Units put back'),
  { key: 'wait', type: 'timeavg', description: 'How long a get waited' },
];

const VAL = 0;
const MAX = 1;
const GET_STARTED = 2;
const GET = 3;
const OR_FAIL = 5;
const TAKE = 7;
const PUT = 9;
const WAIT = 11;

/** Registers the counters of a throttle, `throttle-NAME`. */
export function createThrottleCounters(perf: PerfCountersCollection, name: string): ThrottleCounters {
  const counters = perf.create(`throttle-${name}`, specs());
  /** A number of times, and next to it the units moved. */
  const moved = (times: number, amount: number, inUse: number): void => {
    counters.inc(times);
    counters.inc(times + 1, amount);
    counters.set(VAL, inUse);
  };
  return {
    max: (max) => counters.set(MAX, max),
    started: () => counters.inc(GET_STARTED),
    got: (amount, inUse) => moved(GET, amount, inUse),
    orFail: (granted) => counters.inc(granted ? OR_FAIL + 1 : OR_FAIL),
    took: (amount, inUse) => moved(TAKE, amount, inUse),
    put: (amount, inUse) => moved(PUT, amount, inUse),
    reset: () => counters.set(VAL, 0),
    waited: (ms) => counters.tinc(WAIT, ms),
    remove: () => perf.remove(counters),
  };
}
