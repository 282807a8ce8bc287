import { CephContext, Throttle, VirtualClock } from '@cephts/common';
import { DispatchQueue } from '../src/index.js';
import type { DispatchHandler, DispatchQueueOptions } from '../src/index.js';

/** A message as the messenger has them. */
export interface TestMessage {
  name: string;
  priority?: number;
  cost?: number;
  recvStamp?: number;
  dispatchThrottleSize?: number;
}

export interface Kit {
  clock: VirtualClock;
  cct: CephContext;
  throttle: Throttle;
  queue: DispatchQueue<TestMessage, string>;
  /** What happened, in order: `deliver a`, `fast b`, `discard c ERR_CEPH_ABORTED`, `connect con`. */
  log: string[];
  errors: { error: unknown; entry: unknown }[];
  /** Lets the threads run until they sleep. */
  run(): void;
}

/** A queue on a virtual clock whose handler writes down what happens. */
export function makeKit(
  options: DispatchQueueOptions<TestMessage> = {},
  handler: Partial<DispatchHandler<TestMessage, string>> = {},
): Kit {
  const clock = new VirtualClock();
  const errors: Kit['errors'] = [];
  const uncaught = (error: unknown): void => void errors.push({ error, entry: 'uncaught' });
  const cct = new CephContext({ clock, onError: uncaught });
  const log: string[] = [];
  const throttle = options.dispatchThrottler ?? new Throttle(cct, 'test', 100, false);
  const queue = new DispatchQueue<TestMessage, string>(
    cct,
    {
      deliver: (m) => void log.push(`deliver ${m.name}`),
      handleConnect: (con) => void log.push(`connect ${con}`),
      handleAccept: (con) => void log.push(`accept ${con}`),
      handleReset: (con) => void log.push(`reset ${con}`),
      handleRemoteReset: (con) => void log.push(`remote reset ${con}`),
      handleRefused: (con) => void log.push(`refused ${con}`),
      discard: (m, error) => void log.push(`discard ${m.name} ${error.code}`),
      ...handler,
    },
    { onError: (error, entry) => void errors.push({ error, entry }), dispatchThrottler: throttle, ...options },
  );
  return { clock, cct, throttle, queue, log, errors, run: () => void clock.runDeferred() };
}

export const message = (name: string, rest: Partial<TestMessage> = {}): TestMessage => ({ name, ...rest });

/** Takes the log so far. */
export const taken = (kit: Kit): string[] => kit.log.splice(0);
