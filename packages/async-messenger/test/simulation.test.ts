import { afterEach, describe, expect, it, jest } from '@jest/globals';
import * as common from '@cephts/common';
import type { Fifo } from '@cephts/common';
import { DispatchQueue } from '@cephts/dispatch-queue';
import * as encoding from '@cephts/encoding';
import * as messenger from '../src/index.js';
import { OutQueue } from '../src/protocol/out-queue.js';
import { Session } from '../src/protocol/session.js';
import { simulate } from '../sim/simulate.mjs';

const lib = { common, encoding, messenger };

/** The problems of the first seed that shows any. */
async function firstProblems(seeds: number): Promise<string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { problems } = await simulate(lib, seed);
    if (problems.length > 0) return problems;
  }
  return [];
}

describe('the simulation', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('finds no history in which a session rule is broken', async () => {
    expect(await firstProblems(200)).toEqual([]);
  });

  it('gives the same history for the same seed', async () => {
    const first = await simulate(lib, 4, { keepHistory: true });
    const second = await simulate(lib, 4, { keepHistory: true });
    expect(first.history.length).toBeGreaterThan(100);
    expect(second.history).toEqual(first.history);
  });

  // the checker itself: each bug, planted, must be caught
  it('catches a messenger that forgets to requeue what it sent', async () => {
    jest.spyOn(Session.prototype, 'requeueSent').mockImplementation(function (this: Session) {
      this.sent.clear();
    });
    expect(await firstProblems(60)).not.toEqual([]);
  });

  it('catches an acknowledgement that comes too early', async () => {
    jest.spyOn(Session.prototype, 'acknowledge').mockImplementation(function (this: Session) {
      this.sent.clear();
    });
    expect(await firstProblems(60)).not.toEqual([]);
  });

  it('catches a messenger that skips the dedup on reconnect', async () => {
    jest.spyOn(OutQueue.prototype, 'discardRequeued').mockImplementation((count) => Math.max(0, count));
    expect(await firstProblems(60)).not.toEqual([]);
  });

  it('catches a queue that loses the order', async () => {
    jest.spyOn(OutQueue.prototype, 'requeue').mockImplementation(function (this: OutQueue, sent: Fifo<messenger.Message>) {
      for (const m of sent) this.push(m);
      sent.clear();
    });
    expect(await firstProblems(60)).not.toEqual([]);
  });

  it('catches throttle units that leak', async () => {
    jest.spyOn(messenger.Message.prototype, 'put').mockImplementation(() => undefined);
    expect(await firstProblems(10)).not.toEqual([]);
  });

  it('catches dispatch throttle units that leak', async () => {
    jest.spyOn(DispatchQueue.prototype, 'dispatchThrottleRelease').mockImplementation(() => undefined);
    expect(await firstProblems(10)).not.toEqual([]);
  });

  it('catches a session that is lost without a word', async () => {
    jest.spyOn(DispatchQueue.prototype, 'queueRemoteReset').mockImplementation(() => true);
    expect(await firstProblems(60)).not.toEqual([]);
  });
});
