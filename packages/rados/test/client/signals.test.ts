// One signal for many calls, and what a call that is given up leaves behind: nothing.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { MPoolOpReply } from '../../src/messages/osd/m-pool-op.js';
import { outcome, settle, startPool } from './sim-pool.js';

const bytes = new TextEncoder().encode('abc');

describe('one signal of many calls', () => {
  it('has one listener, gives all up, and keeps none', async () => {
    const { cluster, objecter, io } = await startPool();
    for (const osd of cluster.osds) osd.frozen = true;
    const abort = new AbortController();
    const { signal } = abort;
    const calls = Array.from({ length: 50 }, (_, i) => outcome(io.append(`a${i}`, bytes, { signal })));
    for (let i = 0; i < 15; i++) {
      calls.push(outcome(io.watch('a', { signal })), outcome(io.notify('a', bytes, { signal })));
      calls.push(outcome(io.snapshots.createSelfManaged({ signal })), outcome(io.listObjects({ signal }).next()));
    }
    await settle(cluster);
    // Node warns of more than ten; its warnings do not come through to tests
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    abort.abort();
    await settle(cluster);
    expect(new Set(calls.map(({ what }) => what))).toEqual(new Set(['ERR_CEPH_ABORTED']));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(objecter.pools.size).toBe(0);
  });

  it('keeps no listener when they have ended by themselves', async () => {
    const { cluster, io } = await startPool();
    const { signal } = new AbortController();
    const calls = Array.from({ length: 50 }, (_, i) => outcome(io.append(`a${i}`, bytes, { signal })));
    await settle(cluster, 1000);
    expect(new Set(calls.map(({ what }) => what))).toEqual(new Set(['done']));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a request about a pool that its signal gives up', () => {
  it('leaves at once with its timer, and a late answer is ignored', async () => {
    const { cluster, objecter, io } = await startPool({ rados_mon_op_timeout: 5 });
    const abort = new AbortController();
    const call = outcome(io.snapshots.create('one', { signal: abort.signal }));
    await settle(cluster);
    expect(objecter.pools.size).toBe(1);
    abort.abort();
    await settle(cluster, 0);
    expect([objecter.pools.size, call.what]).toEqual([0, 'ERR_CEPH_ABORTED']);
    const late = Object.assign(new MPoolOpReply(), { tid: 1 });
    expect(objecter.pools.handleReply(late)).toBe(false);
  });
});
