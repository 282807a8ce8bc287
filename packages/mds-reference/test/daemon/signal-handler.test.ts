import { describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { SignalHandler } from '../../src/daemon/signal-handler.js';

describe('the signal handler', () => {
  it('handles a signal in its own turn, on a thread of its name', async () => {
    const clock = new VirtualClock();
    const cct = new CephContext({ clock });
    const handler = new SignalHandler(cct);
    expect(cct.threads.list()).toMatchObject([{ name: 'signal_handler', kind: 'cooperative', state: 'waiting' }]);
    const got: string[] = [];
    handler.register('SIGHUP', (signal) => got.push(`${signal} on ${cct.currentThread}`));
    process.emit('SIGHUP', 'SIGHUP');
    expect(got).toEqual([]);
    await clock.settle();
    expect(got).toEqual(['SIGHUP on signal_handler']);
    handler.shutdown();
  });

  it('handles a one-shot signal once, and a second one does no harm', async () => {
    const clock = new VirtualClock();
    const handler = new SignalHandler(new CephContext({ clock }));
    let count = 0;
    handler.registerOneshot('SIGTERM', () => count++);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    await clock.settle();
    process.emit('SIGTERM', 'SIGTERM');
    await clock.settle();
    expect(count).toBe(1);
    handler.shutdown();
  });

  it('lets go of the process and the thread table when it ends', () => {
    const cct = new CephContext({ clock: new VirtualClock() });
    const before = process.listenerCount('SIGHUP');
    const handler = new SignalHandler(cct);
    handler.register('SIGHUP', () => undefined);
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    handler.shutdown();
    expect(process.listenerCount('SIGHUP')).toBe(before);
    expect(cct.threads.list()).toEqual([]);
  });
});
