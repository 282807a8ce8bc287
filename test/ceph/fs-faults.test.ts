// OSDs fail while an import runs: what was asked for waits and is done in the end, nothing is lost, and health says why it takes so long.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { importChains, STEPS, stepsThere } from '../../packages/mds-reference/test/crash/chains.js';
import type { Chain } from '../../packages/mds-reference/test/crash/chains.js';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

/** How long OSDs stand still, in s; CEPHTS_LONG=1 for the long form. */
const PAUSE = process.env['CEPHTS_LONG'] ? 30 : 8;

describeWithCeph('faults of OSDs under an import', () => {
  let cluster: FsCluster;

  beforeAll(async () => {
    const conf = 'osd pool default size = 2\nmds op complaint time = 2\n';
    cluster = await FsCluster.start({ port: 19_500, osds: 2, conf });
    cluster.startMds('ta');
    await cluster.untilState('ta', 'up:active');
  }, 120_000);

  afterAll(() => cluster?.stop());

  /** Imports while `faults` happen, then reads back what must be there. */
  async function importDuring(run: string, faults: () => Promise<void>): Promise<void> {
    const client = await cluster.client(true);
    const dir = (await client.mkdir(1, run, { mode: 0o755 })).ino;
    const chains = new Map<string, Chain>();
    let stopped = false;
    const settled = importChains(client, dir, seededRandom(7), chains, () => !stopped);
    await sleep(500);
    await faults();
    const done = (): boolean => [...chains.values()].some(({ safe }) => safe === STEPS);
    for (const end = Date.now() + 30_000; !done() && Date.now() < end;) await sleep(100);
    stopped = true;
    const lanes = await settled;
    expect(lanes.filter(({ status }) => status === 'rejected')).toEqual([]);
    await client.close();
    const reader = await cluster.client();
    let whole = 0;
    for (const [name, chain] of chains) {
      expect(chain.safe).toBe(chain.begun);
      expect(await stepsThere(reader, dir, name, chain)).toBe(chain.safe);
      if (chain.safe === STEPS) whole++;
    }
    expect(whole).toBeGreaterThan(0);
    await reader.close();
  }

  it('goes on when an OSD is started anew', async () => {
    await importDuring('restart', async () => {
      cluster.signal('osd.0', 'SIGTERM');
      await sleep(2000);
      await cluster.startOsd(0);
    });
  }, 120_000);

  it(`waits while no OSD answers for ${PAUSE} s, and says so`, async () => {
    await importDuring('pause', async () => {
      for (const osd of ['osd.0', 'osd.1']) cluster.signal(osd, 'SIGSTOP');
      try {
        const since = Date.now();
        await cluster.until(() => cluster.ceph('health', 'detail').includes('MDS_SLOW_REQUEST'), 'health says nothing');
        await sleep(Math.max(0, since + PAUSE * 1000 - Date.now()));
      } finally {
        for (const osd of ['osd.0', 'osd.1']) cluster.signal(osd, 'SIGCONT');
      }
    });
    await cluster.until(() => !cluster.ceph('health', 'detail').includes('MDS_SLOW_REQUEST'), 'health still complains');
  }, 180_000);

  it(`goes on with an OSD that answers a tenth of the time, for ${PAUSE} s`, async () => {
    await importDuring('laggy', async () => {
      for (const end = Date.now() + PAUSE * 1000; Date.now() < end;) {
        cluster.signal('osd.1', 'SIGSTOP');
        await sleep(900);
        cluster.signal('osd.1', 'SIGCONT');
        await sleep(100);
      }
    });
    expect(cluster.ceph('osd', 'stat')).toContain('2 up');
  }, 180_000);

  it('goes on in full pools for who may, and tells others', async () => {
    const limited = await cluster.client(false, 'client.rw', ['mon', 'allow r', 'mds', 'allow rw', 'osd', 'allow rw']);
    await limited.create(1, 'before', { mode: 0o644 });
    const refusals: unknown[] = [];
    await importDuring('full', async () => {
      const since = Date.now();
      for (const ratio of ['nearfull', 'backfillfull', 'full']) cluster.ceph('osd', `set-${ratio}-ratio`, '0.0001');
      try {
        for (let i = 0; refusals.length === 0 && i < 300; i++) {
          await limited.create(1, `while${i}`, { mode: 0o644 }).catch((error: unknown) => refusals.push(error));
          await sleep(100);
        }
        // what frees room goes on
        await limited.unlink(1, 'before');
        await sleep(Math.max(0, since + PAUSE * 1000 - Date.now()));
        expect(cluster.ceph('health', 'detail')).toContain('POOL_FULL');
      } finally {
        for (const [ratio, value] of Object.entries({ full: '0.95', backfillfull: '0.9', nearfull: '0.85' }))
          cluster.ceph('osd', `set-${ratio}-ratio`, value);
      }
    });
    expect(refusals).toEqual([expect.objectContaining({ code: 'ERR_CEPH_ENOSPC' })]);
    await cluster.until(() => !cluster.ceph('health', 'detail').includes('POOL_FULL'), 'the pools stay full');
    await expect(limited.lookup(1, 'before')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
    for (let i = 0; ; i++) {
      const made = await limited.create(1, `after${i}`, { mode: 0o644 }).catch((error: unknown) => String(error));
      if (typeof made !== 'string') break;
      if (i === 100) throw new Error(made);
      await sleep(100);
    }
    await limited.close();
  }, 180_000);
});
