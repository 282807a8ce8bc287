import { PerformanceObserver, constants } from 'node:perf_hooks';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { bodyMemory } from '../src/protocol/body-memory.js';

it('has V8 look for young objects that are done with after some MiB of bodies, and leaves its flags as they were', async () => {
  const collected = new Promise<void>((resolve) => {
    const observer = new PerformanceObserver((list) => {
      const forced = list
        .getEntries()
        .map((entry) => (entry as unknown as { detail: { kind: number; flags: number } }).detail)
        .some(
          ({ kind, flags }) => kind === constants.NODE_PERFORMANCE_GC_MINOR && flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED,
        );
      if (!forced) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
  });
  for (let i = 0; i < 100; i++) expect(bodyMemory(64 * 1024)).toHaveLength(64 * 1024);
  await collected;
  expect(runInNewContext('typeof gc')).toBe('undefined');
});
