import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import FakeTimers from '@sinonjs/fake-timers';
import { DispatchQueue } from '../src/index.js';

describe.each<[string, () => CephContext | undefined]>([
  ['of its own', () => undefined],
  ['of a CephContext', () => new CephContext()],
])("DispatchQueue with threads %s when sinon's fake timers come and go", (_whose, context) => {
  let fakes: ReturnType<typeof FakeTimers.install>;
  let queue: DispatchQueue<string | (() => void)>;
  let log: string[];
  /** A turn of the real event loop. */
  const reallyRuns = (): Promise<void> => new Promise((resolve) => queue.enqueue(resolve));

  beforeEach(async () => {
    log = [];
    queue = new DispatchQueue(context(), { deliver: (m) => void (typeof m === 'string' ? log.push(m) : m()) });
    queue.start();
    // both threads have had their first turn then
    await reallyRuns();
    await new Promise((resolve) => setImmediate(resolve));
    fakes = FakeTimers.install();
  });

  afterEach(() => fakes.uninstall());

  it('goes by them, and by the real ones after', async () => {
    queue.enqueue('a');
    queue.localDelivery('b');
    expect(log).toEqual([]);
    fakes.runAll();
    expect(log).toEqual(['a', 'b']);
    fakes.uninstall();
    await reallyRuns();
    await queue.close();
  });

  it('delivers what waited when they were taken away, as soon as something is queued', async () => {
    queue.enqueue('a');
    queue.localDelivery('b');
    fakes.uninstall();
    queue.enqueue('c');
    await queue.waitForEmpty();
    expect(log).toEqual(['a', 'c', 'b']);
    await queue.close();
  });

  it('delivers what waited when they were cleared, as soon as something is queued', async () => {
    queue.enqueue('a');
    queue.localDelivery('b');
    fakes.reset();
    queue.localDelivery('c');
    fakes.runAll();
    expect(log).toEqual(['a', 'b', 'c']);
    fakes.uninstall();
    await queue.close();
  });

  it('ends when it is closed after its turn was lost', async () => {
    queue.enqueue('a');
    fakes.uninstall();
    await queue.close();
    expect(log).toEqual(['a']);
  });
});
