import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEmbeddedMds } from '../../src/embedded/start-embedded-mds.js';
import type { EmbeddedMds } from '../../src/embedded/start-embedded-mds.js';

const INLINE = { services: false, msgrWorkers: 0 };

describe('an embedded MDS', () => {
  let mds: EmbeddedMds | undefined;
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-mds-'));
  });

  afterEach(async () => {
    await mds?.close();
    mds = undefined;
    rmSync(dir, { recursive: true });
  });

  const json = async (prefix: string, args?: Record<string, unknown>): Promise<unknown> =>
    JSON.parse((await mds?.adminSocket.command(prefix, args)) ?? '');

  it('is active when it has started, and says so', async () => {
    mds = await startEmbeddedMds(INLINE);
    expect(await json('status')).toMatchObject({ whoami: 0, state: 'up:active', want_state: 'up:active' });
    expect(mds.monAddr).toMatch(/^v2:127\.0\.0\.1:\d+\//);
  });

  it('answers the commands of an MDS', async () => {
    mds = await startEmbeddedMds(INLINE);
    expect(await json('ops')).toEqual({ ops: [], num_ops: 0 });
    expect(await json('dump_ops_in_flight')).toEqual({ ops: [], num_ops: 0 });
    expect(await json('dump_historic_ops')).toMatchObject({ size: 20, duration: 600 });
    expect(await json('session ls')).toEqual([]);
    expect(await json('objecter_requests')).toMatchObject({ ops: expect.any(Array), linger_ops: [] });
    expect(await json('cache status')).toBeInstanceOf(Object);
    expect(await json('get subtrees')).toBeInstanceOf(Array);
    expect(await json('dump tree', { root: '/' })).toBeInstanceOf(Object);
    expect(await json('flush journal')).toMatchObject({ return_code: 0 });
    expect(await json('perf dump', { logger: 'mds' })).toMatchObject({ mds: { request: 0 } });
  });

  it('changes its options while it runs', async () => {
    mds = await startEmbeddedMds(INLINE);
    expect(await json('config set', { var: 'mds_tick_interval', val: ['2'] })).toEqual({ success: '' });
    expect(await json('config get', { var: 'mds_tick_interval' })).toEqual({ mds_tick_interval: '2' });
    await expect(json('config set', { var: 'mds_tick_interval', val: ['soon'] })).rejects.toThrow('Expected `mds_tick_interval`');
  });

  it('keeps its cluster id over a restart on the same folder', async () => {
    mds = await startEmbeddedMds({ ...INLINE, dataDir: dir });
    const { cluster_fsid: fsid } = (await json('status')) as { cluster_fsid: string };
    await mds.close();
    mds = await startEmbeddedMds({ ...INLINE, dataDir: dir });
    expect(await json('status')).toMatchObject({ cluster_fsid: fsid, state: 'up:active' });
  });

  it('lets nobody else use its folder', async () => {
    mds = await startEmbeddedMds({ ...INLINE, dataDir: dir });
    await expect(startEmbeddedMds({ ...INLINE, dataDir: dir })).rejects.toMatchObject({ code: 'ERR_CEPH_STORE_BUSY' });
  });

  it('refuses a folder of a newer version and leaves it as it is', async () => {
    const file = path.join(dir, 'monitor.json');
    writeFileSync(file, '{"format":9}');
    await expect(startEmbeddedMds({ ...INLINE, dataDir: dir })).rejects.toThrow(/newer version/);
    expect(readFileSync(file, 'utf8')).toBe('{"format":9}');
  });

  it('names an address it cannot listen on', async () => {
    await expect(startEmbeddedMds({ ...INLINE, bind: 'somewhere:else' })).rejects.toThrow('Expected `bind`');
  });

  it('closes twice as well as once', async () => {
    mds = await startEmbeddedMds(INLINE);
    await Promise.all([mds.close(), mds.close()]);
    expect(await mds.ended).toEqual({ code: 0, why: 'closed', respawn: false });
  });
});
