import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import FakeTimers from '@sinonjs/fake-timers';
import { SafeTimer } from '../src/index.js';

interface Fakes {
  install: () => void;
  advance: (ms: number) => void;
  uninstall: () => void;
}

let sinon: ReturnType<typeof FakeTimers.install>;
const kinds: [name: string, fakes: Fakes][] = [
  [
    'jest',
    {
      install: () => void jest.useFakeTimers(),
      advance: (ms) => void jest.advanceTimersByTime(ms),
      uninstall: () => void jest.useRealTimers(),
    },
  ],
  [
    'sinon',
    {
      install: () => void (sinon = FakeTimers.install()),
      advance: (ms) => void sinon.tick(ms),
      uninstall: () => sinon.uninstall(),
    },
  ],
];

describe.each(kinds)("SafeTimer in the default context, under %s's fake timers", (_name, { install, advance, uninstall }) => {
  let timer: SafeTimer;
  let log: string[];
  const note = (name: string) => (): void => void log.push(`${name}@${performance.now() - begin}`);
  let begin: number;

  beforeEach(() => {
    install();
    begin = performance.now();
    timer = new SafeTimer();
    log = [];
  });

  afterEach(() => {
    timer.shutdown();
    uninstall();
  });

  it('runs nothing until time is advanced, then each event at its time', () => {
    timer.addEventAfter(20, note('b'));
    timer.addEventAfter(10, note('a'));
    timer.addEventAt(Date.now() + 30, note('c'));
    advance(9);
    expect(log).toEqual([]);
    advance(11);
    expect(log).toEqual(['a@10', 'b@20']);
    advance(10);
    expect(log).toEqual(['a@10', 'b@20', 'c@30']);
    expect(timer.length).toBe(0);
  });

  it('cancels, and keeps the beat of recurring events', () => {
    const cancelled = timer.addEventAfter(5, note('never'));
    const every = timer.addEventEvery(10, note('beat'));
    expect(timer.cancelEvent(cancelled)).toBe(true);
    advance(30);
    timer.cancelEvent(every);
    advance(30);
    expect(log).toEqual(['beat@10', 'beat@20', 'beat@30']);
  });

  it('takes a delay longer than a platform timer can', () => {
    timer.addEventAfter(2 ** 31 + 5, note('late'));
    advance(2 ** 31 + 4);
    expect(log).toEqual([]);
    advance(1);
    expect(log).toEqual([`late@${2 ** 31 + 5}`]);
  });
});

describe('SafeTimer made before the fakes were put in place', () => {
  it('goes by them, and by the real ones after', async () => {
    const timer = new SafeTimer();
    const log: string[] = [];
    jest.useFakeTimers();
    timer.addEventAfter(1000, () => log.push('fake'));
    jest.advanceTimersByTime(1000);
    expect(log).toEqual(['fake']);
    jest.useRealTimers();
    await new Promise((resolve) => timer.addEventAfter(1, resolve));
    timer.shutdown();
  });
});
