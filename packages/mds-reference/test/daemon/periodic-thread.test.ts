import { describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { PeriodicThread } from '../../src/daemon/periodic-thread.js';

function make(round: () => number | undefined): { cct: CephContext; clock: VirtualClock; thread: PeriodicThread } {
  const clock = new VirtualClock();
  const cct = new CephContext({ clock });
  return { cct, clock, thread: new PeriodicThread(cct, { name: 'ms_dispatch', owner: 'X::loop', purpose: 'goes round', round }) };
}

describe('a periodic thread', () => {
  it('does a round at once and then after each sleep it asked for', () => {
    const at: number[] = [];
    const { clock, thread } = make(() => (at.push(clock.monotonicNow()), 1000));
    thread.start();
    clock.advance(3500);
    expect(at).toEqual([0, 1000, 2000, 3000]);
  });

  it('may begin with a sleep', () => {
    const at: number[] = [];
    const { clock, thread } = make(() => (at.push(clock.monotonicNow()), 1000));
    thread.start(700);
    clock.advance(2000);
    expect(at).toEqual([700, 1700]);
  });

  it('does a round when it is woken, and sleeps anew from there', () => {
    const at: number[] = [];
    const { clock, thread } = make(() => (at.push(clock.monotonicNow()), 1000));
    thread.start();
    clock.advance(400);
    thread.wake();
    clock.advance(1500);
    expect(at).toEqual([0, 400, 1400]);
  });

  it('ends at once, in the middle of a sleep, and leaves the thread table and the clock empty', () => {
    const { cct, clock, thread } = make(() => 60_000);
    thread.start();
    clock.advance(10);
    expect(cct.threads.list().map(({ owner }) => owner)).toEqual(['X::loop']);
    thread.stop();
    expect(cct.threads.list()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('sleeps until woken when no time was given', () => {
    let rounds = 0;
    const { clock, thread } = make(() => void rounds++);
    thread.start();
    clock.advance(100_000);
    expect(rounds).toBe(1);
    thread.wake();
    clock.advance(1);
    expect(rounds).toBe(2);
  });
});
