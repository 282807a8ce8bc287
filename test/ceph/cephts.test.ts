// The `cephts` command beside `ceph`, in the same cluster.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { CephConf, connectCluster } from '@cephts/rados';
import { realClock } from '@cephts/common';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

const CLI = path.resolve(import.meta.dirname, '../../packages/rados/dist/cli.js');
interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

describeWithCeph('cephts', () => {
  let cluster: FsCluster;

  beforeAll(async () => {
    cluster = await FsCluster.start({ port: 16_920 });
    cluster.startMds('a');
    await cluster.untilState('a', 'up:active');
  }, 180_000);
  afterAll(() => cluster?.stop(), 60_000);

  const run = (command: string, args: string[]): Outcome => spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  const cephts = (...args: string[]): Outcome => run(process.execPath, [CLI, '-c', cluster.conf, ...args]);
  const ceph = (...args: string[]): Outcome => run('ceph', ['-c', cluster.conf, ...args]);

  it.each([
    ['health'],
    ['health detail --format json-pretty'],
    ['mon dump'],
    ['mon dump --format json'],
    ['mds stat'],
    ['fs dump --format json'],
    ['osd tree'],
    ['osd pool get meta size'],
    ['osd pool get meta all -f json'],
    ['fs status'],
    ['fs get cephfs'],
    ['config set mds mds_beacon_interval 4'],
    ['config get mds.a mds_beacon_interval'],
    ['config rm mds mds_beacon_interval'],
    ['config-key set some/key some-value'],
    ['config-key get some/key'],
    ['config-key rm some/other'],
    ['osd set noout'],
    ['osd unset noout'],
    ['auth get client.admin'],
    ['auth get client.nobody'],
    ['tell osd.0 version'],
    ['tell mgr version'],
    ['tell mds.a version'],
    ['tell mon.a version'],
  ])(
    '%s: says what ceph says, with the same exit code',
    (line) => {
      const words = line.split(' ');
      expect(cephts(...words)).toMatchObject({ stdout: ceph(...words).stdout, status: ceph(...words).status });
    },
    120_000,
  );

  it('status has the same lines', () => {
    // ages differ from one second to the next
    const lines = ({ stdout }: Outcome): string =>
      stdout.replaceAll(/\((age|since|active, since) [^)]*\)|since \d+\w+|\d+ [KMGT]?i?B/g, '');
    expect(lines(cephts('-s'))).toBe(lines(ceph('-s')));
  }, 60_000);

  it.each<[what: string, args: string[], status: number, message: RegExp]>([
    ['an unknown command', ['nonsense'], 22, /no valid command found/],
    ['a parameter that is missing', ['osd', 'pool', 'get', 'meta'], 22, /missing required parameter var/],
    ['a number that is none', ['mon', 'dump', 'many'], 22, /invalid command/],
    ['a target that is none', ['tell', 'mds.zz', 'status'], 2, /no mds\.zz/],
    ['a wrong key', ['--key', 'AQCJ0wJoAAAAABAAwwwwwwwwwwwwwwwwwwwwww==', 'status'], 13, /wrong key/],
    ['no key', ['--id', 'nobody', 'status'], 2, /no key for client\.nobody/],
    ['another cluster', ['--fsid', '00000000-0000-4000-8000-000000000001', 'status'], 1, /are of cluster/],
    ['no monitor', ['-m', '127.0.0.1:16999', '--connect-timeout', '2', 'status'], 110, /no monitor could be reached within 2 s/],
    ['no configuration', ['-c', '/nowhere/ceph.conf', 'status'], 2, /no configuration file/],
  ])(
    '%s: an error and an exit code of its own',
    (_what, args, status, message) => {
      const outcome = cephts(...args);
      expect(outcome.stderr).toMatch(message);
      expect(outcome.stderr).not.toMatch(/AQ[A-Za-z0-9+/]{20}/);
      expect(outcome.status).toBe(status);
    },
    60_000,
  );

  it('a clock that is wrong is told from all else', async () => {
    const ahead = { ...realClock, now: () => Date.now() + 3600_000 };
    await expect(
      connectCluster(CephConf.load({ file: cluster.conf, env: {} }), {
        context: { clock: ahead },
        timeoutMs: 10_000,
        maxClockSkewMs: 300_000,
      }),
    ).rejects.toMatchObject({ code: 'ERR_CEPH_CLOCK_SKEW', errno: 62, message: expect.stringMatching(/3600 s ahead/) });
  }, 30_000);
});
