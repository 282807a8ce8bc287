// cephts-mds as a standby beside a C++ MDS, in a cluster of three monitors.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

/** Without a rehearsal, which leaves its own mark on the memory. */
const CONF = 'mon lease = 2\ncephts_standby_rehearsal = false';
/** Seconds of the run with monitors that restart; the whole run is 600, with a restart every 60. */
const STANDBY_SECONDS = Number(process.env['CEPHTS_STANDBY_SECONDS'] ?? 45);
const RESTART_SECONDS = STANDBY_SECONDS >= 600 ? 60 : 12;

const CLI = path.resolve(import.meta.dirname, '../../packages/mds-reference/dist/cli.js');
const MIB = 1024 * 1024;

interface StandbyInfo {
  gid: number;
  name: string;
  state: string;
  laggy_since?: string;
}

describeWithCeph.each(['crc', 'secure'] as const)('cephts-mds as a standby, %s mode', (mode) => {
  let cluster: RealCluster;

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: mode === 'crc' ? 16_500 : 16_650, mons: 3, mode, osds: 1, fs: true, conf: CONF });
    cluster.startMds('a');
    await cluster.until(() => cluster.ceph('mds', 'stat').includes('up:active'), 'the ceph-mds did not become active');
    cluster.addMdsKey('ts');
  }, 180_000);
  afterAll(() => cluster?.stop(), 60_000);

  const standbys = (): StandbyInfo[] => (cluster.json('fs', 'dump') as { standbys: StandbyInfo[] }).standbys;
  const ours = (): StandbyInfo | undefined => standbys().find(({ name }) => name === 'ts');
  const start = async (): Promise<void> => {
    cluster.spawn('mds.ts', process.execPath, CLI, 'run', '-i', 'ts', '-c', cluster.conf, '-f');
    await cluster.until(() => ours() !== undefined, 'mds.ts did not become a standby');
  };
  const residentMiB = (): number => {
    const { pid } = cluster.daemon('mds.ts') as { pid: number };
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / MIB;
  };

  it('appears in fs dump and in -s, beside the active C++ MDS', async () => {
    await start();
    expect(ours()).toMatchObject({ name: 'ts', state: 'up:standby' });
    expect(cluster.ceph('-s')).toMatch(/mds: 1\/1 daemons up, 1 standby/);
    expect(cluster.ceph('mds', 'stat')).toContain('1 up:standby');
  }, 90_000);

  it('is described by mds metadata, and reports its counters and its configuration to the manager', async () => {
    const metadata = cluster.json('mds', 'metadata', 'ts') as Record<string, string>;
    expect(metadata).toMatchObject({ ceph_version_short: '16.2.15', ceph_release: 'pacific' });
    expect(metadata['addr']).toMatch(/^v2:127\.0\.0\.1:\d+\/\d+$/);
    // the manager knows its configuration by what it reported
    await cluster.until(
      () => cluster.ceph('config', 'show', 'mds.ts').includes('mon_host'),
      'the manager does not show its configuration',
      20,
    );
  }, 60_000);

  it('answers ceph tell and ceph daemon alike', () => {
    const told = cluster.json('tell', 'mds.ts', 'status') as Record<string, unknown>;
    const asked = cluster.json('daemon', 'mds.ts', 'status') as Record<string, unknown>;
    expect(told).toMatchObject({ cluster_fsid: cluster.fsid, state: 'up:standby', whoami: -1 });
    expect({ ...asked, uptime: 0 }).toEqual({ ...told, uptime: 0 });
    expect(cluster.json('tell', 'mds.ts', 'thread', 'ls')).toHaveProperty('threads');
  }, 60_000);

  it('takes options from the monitors while it runs', async () => {
    const shown = (): unknown =>
      (cluster.json('daemon', 'mds.ts', 'config', 'get', 'mds_beacon_interval') as Record<string, unknown>)['mds_beacon_interval'];
    expect(shown()).toBe('4');
    cluster.ceph('config', 'set', 'mds', 'mds_beacon_interval', '3');
    await cluster.until(() => shown() === '3', 'the option did not arrive', 20);
    cluster.ceph('config', 'rm', 'mds', 'mds_beacon_interval');
    await cluster.until(() => shown() === '4', 'the option did not go back', 20);
  }, 60_000);

  it(
    `stays there for ${STANDBY_SECONDS} s while a monitor restarts every ${RESTART_SECONDS} s, never laggy, growing by less than 20 MiB (shortened unless CEPHTS_STANDBY_SECONDS=600)`,
    async () => {
      const { gid } = ours() as StandbyInfo;
      const before = residentMiB();
      let restarted = Date.now();
      let round = 0;
      for (const end = Date.now() + STANDBY_SECONDS * 1000; Date.now() < end;) {
        if (Date.now() - restarted >= RESTART_SECONDS * 1000) {
          restarted = Date.now();
          const mon = cluster.mons[round++ % cluster.mons.length] as string;
          await cluster.end(`mon.${mon}`, round % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
          await cluster.startMon(mon);
        }
        const now = ours();
        expect(now).toMatchObject({ gid, state: 'up:standby' });
        expect(now).not.toHaveProperty('laggy_since');
        await sleep(1000);
      }
      expect(round).toBeGreaterThan(1);
      expect(residentMiB() - before).toBeLessThan(20);
    },
    (STANDBY_SECONDS + 120) * 1000,
  );

  it('comes back as a standby when the monitors are told to fail it', async () => {
    const { gid } = ours() as StandbyInfo;
    cluster.ceph('mds', 'fail', 'ts');
    await cluster.until(() => (ours()?.gid ?? gid) !== gid, 'it did not come back');
  }, 60_000);

  it('leaves at SIGTERM in under a second', async () => {
    const times: number[] = [];
    // the monitors take it out of the map up to a second after what they committed last
    do {
      if (times.length > 0) await start();
      const begun = performance.now();
      const child = cluster.daemon('mds.ts');
      await cluster.end('mds.ts', 'SIGTERM');
      times.push(performance.now() - begun);
      expect(child?.exitCode).toBe(0);
      await cluster.until(() => ours() === undefined, 'it is still in the map', 5);
    } while (Math.min(...times) > 1000 && times.length < 5);
    expect(Math.min(...times)).toBeLessThan(1000);
  }, 120_000);

  it('is dropped by the monitors after a SIGKILL', async () => {
    await start();
    await cluster.end('mds.ts', 'SIGKILL');
    await cluster.until(() => ours() === undefined, 'it is still in the map', 90);
  }, 180_000);

  it('is dropped while it stands still, and joins anew when it goes on', async () => {
    await start();
    cluster.daemon('mds.ts')?.kill('SIGSTOP');
    await cluster.until(() => ours() === undefined, 'it is still in the map', 40);
    cluster.daemon('mds.ts')?.kill('SIGCONT');
    // it learns that it is out of the map, and joins anew
    await cluster.until(() => ours() !== undefined, 'it did not join again', 40);
    await cluster.end('mds.ts', 'SIGTERM');
  }, 180_000);
});
