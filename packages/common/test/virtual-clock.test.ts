import { describe, expect, it } from '@jest/globals';
import type { LoopThread } from '../src/index.js';
import { CephContext, VirtualClock } from '../src/index.js';

const throwing = (): void => {
  throw new Error('boom');
};

describe('VirtualClock', () => {
  it('runs what is deferred in order, with what that defers, before time moves on', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.setTimeout(() => log.push(`timer@${clock.monotonicNow()}`), 10);
    clock.defer(() => {
      log.push('a');
      clock.defer(() => log.push('c'));
    });
    clock.defer(() => log.push('b'));
    clock.advance(10);
    expect(log).toEqual(['a', 'b', 'c', 'timer@10']);
  });

  it('keeps what is deferred behind a callback that throws for the next call', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.defer(throwing);
    clock.defer(() => log.push('second'));
    clock.setTimeout(throwing, 10);
    clock.setTimeout(() => log.push(`third@${clock.monotonicNow()}`), 10);
    expect(() => clock.advance(20)).toThrow('boom');
    expect([log, clock.pending]).toEqual([[], 3]);
    expect(() => clock.advance(20)).toThrow('boom');
    clock.advance(20);
    expect([log, clock.pending, clock.monotonicNow()]).toEqual([['second', 'third@10'], 0, 30]);
  });
});

describe('CephContext.reportError', () => {
  it('never throws: what onError throws is an uncaught exception', () => {
    const clock = new VirtualClock();
    const cct = new CephContext({ clock, onError: throwing });
    cct.reportError(new Error('first'), 'thread');
    expect(() => clock.advance(0)).toThrow('boom');
  });

  it('leaves a thread whose error it was its other turns', () => {
    const clock = new VirtualClock();
    const cct = new CephContext({ clock, onError: throwing });
    let turns = 0;
    const entry = (): boolean => ++turns === 1 && Boolean(throwing());
    const thread: LoopThread = cct.newThread({ name: 'loop', owner: 'Test', purpose: 'tests', entry });
    thread.startAsleep();
    thread.wake();
    expect(() => clock.advance(0)).toThrow('boom');
    clock.advance(0);
    expect(turns).toBe(2);
  });
});
