import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CephContext } from '@cephts/common';
import FakeTimers from '@sinonjs/fake-timers';
import { SafeTimer } from '../src/index.js';

interface Fakes {
  install: () => void;
  installWithoutPerformance: () => void;
  clear: () => void;
  advance: (ms: number) => void;
  uninstall: () => void;
}

let sinon: ReturnType<typeof FakeTimers.install>;
const kinds: [name: string, fakes: Fakes][] = [
  [
    'jest',
    {
      install: () => void jest.useFakeTimers(),
      installWithoutPerformance: () => void jest.useFakeTimers({ doNotFake: ['performance'] }),
      clear: () => void jest.clearAllTimers(),
      advance: (ms) => void jest.advanceTimersByTime(ms),
      uninstall: () => void jest.useRealTimers(),
    },
  ],
  [
    'sinon',
    {
      install: () => void (sinon = FakeTimers.install()),
      installWithoutPerformance: () => void (sinon = FakeTimers.install({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })),
      clear: () => void sinon.reset(),
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

describe.each(kinds)("SafeTimer when %s's fake timers come and go", (_name, fakes) => {
  let timer: SafeTimer;
  let log: string[];
  const note = (name: string) => (): void => void log.push(name);
  /** A turn of the real event loop, by the real clock. */
  const reallyRuns = (): Promise<void> =>
    new Promise<void>((resolve) => timer.addEventAfter(1, () => resolve())).then(() => void log.push('really'));

  beforeEach(() => {
    timer = new SafeTimer(undefined, { ref: true });
    log = [];
  });

  afterEach(() => {
    fakes.uninstall();
    timer.shutdown();
  });

  it('goes by them where it was made before, and by the real ones after', async () => {
    fakes.install();
    timer.addEventAfter(1000, note('fake'));
    fakes.advance(1000);
    expect(log).toEqual(['fake']);
    fakes.uninstall();
    await reallyRuns();
  });

  it('keeps the order of time where it has run events before', async () => {
    await reallyRuns();
    fakes.install();
    timer.addEventAfter(20, note('b'));
    timer.addEventAfter(10, note('a'));
    fakes.advance(10);
    expect(log).toEqual(['really', 'a']);
    fakes.advance(10);
    expect(log).toEqual(['really', 'a', 'b']);
  });

  it('runs what was pending before they came after them', async () => {
    const ran = reallyRuns();
    fakes.install();
    timer.addEventAfter(20, note('b'));
    timer.addEventAfter(10, note('a'));
    fakes.advance(20);
    expect(log).toEqual(['a', 'b']);
    fakes.uninstall();
    await reallyRuns();
    await ran;
    expect(log).toEqual(['a', 'b', 'really', 'really']);
  });

  it('runs what was pending when they were taken away, as soon as an event is added', async () => {
    fakes.install();
    timer.addEventAfter(10, note('a'));
    fakes.uninstall();
    await reallyRuns();
    expect(log).toEqual(['a', 'really']);
  });

  it('runs what was pending when they were cleared, as soon as an event is added', () => {
    fakes.install();
    timer.addEventAfter(10, note('a'));
    fakes.advance(5);
    fakes.clear();
    timer.addEventAfter(20, note('b'));
    fakes.advance(20);
    expect(log).toEqual(['a', 'b']);
  });

  it('has turns by a context, too, after they were taken away', async () => {
    const cct = new CephContext();
    const inContext = new SafeTimer(cct, { ref: true });
    fakes.install();
    inContext.addEventAfter(10, note('a'));
    inContext.pause();
    inContext.resume();
    fakes.uninstall();
    await new Promise<void>((resolve) => inContext.addEventAfter(1, () => resolve()));
    inContext.shutdown();
    expect(log).toEqual(['a']);
  });

  it('takes its turns after those were lost that it was to have under them', async () => {
    fakes.install();
    timer.pause();
    timer.addEventAfter(0, note('a'));
    timer.resume();
    fakes.uninstall();
    timer.resume();
    await timer.waitForEmpty();
    expect(log).toEqual(['a']);
  });

  it('goes by the time of their setTimeout where they leave performance alone', () => {
    fakes.installWithoutPerformance();
    timer.addEventAfter(1000, note('a'));
    fakes.advance(999);
    expect(log).toEqual([]);
    fakes.advance(1);
    expect(log).toEqual(['a']);
  });
});
