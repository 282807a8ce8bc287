import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import FakeTimers from '@sinonjs/fake-timers';
import { Finisher } from '../src/index.js';

describe.each<[string, () => CephContext | undefined]>([
  ['of its own', () => undefined],
  ['of a CephContext', () => new CephContext()],
])("Finisher with a thread %s when sinon's fake timers come and go", (_whose, context) => {
  let fakes: ReturnType<typeof FakeTimers.install>;
  let finisher: Finisher;
  let log: string[];
  const note = (name: string) => (): void => void log.push(name);
  /** A turn of the real event loop. */
  const reallyRuns = (): Promise<void> => new Promise((resolve) => finisher.queue(() => resolve()));

  beforeEach(async () => {
    finisher = new Finisher(context());
    finisher.start();
    await reallyRuns();
    log = [];
    fakes = FakeTimers.install();
  });

  afterEach(() => fakes.uninstall());

  it('goes by them, and by the real ones after', async () => {
    finisher.queue(note('a'));
    expect(log).toEqual([]);
    fakes.runAll();
    expect(log).toEqual(['a']);
    fakes.uninstall();
    await reallyRuns();
    await finisher.close();
  });

  it('completes what waited when they were taken away, as soon as something is queued', async () => {
    finisher.queue(note('a'));
    finisher.queue(note('b'));
    fakes.uninstall();
    await reallyRuns();
    expect(log).toEqual(['a', 'b']);
    await finisher.close();
  });

  it('completes what waited when they were cleared, as soon as something is queued', () => {
    finisher.queue(note('a'));
    fakes.reset();
    finisher.queue(note('b'));
    fakes.runAll();
    expect(log).toEqual(['a', 'b']);
  });

  it('ends when it is closed after its turn was lost', async () => {
    finisher.queue(note('a'));
    fakes.uninstall();
    await finisher.close();
    expect(log).toEqual(['a']);
  });
});
