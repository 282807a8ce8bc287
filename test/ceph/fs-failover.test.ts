// Rank 0 of a real file system goes back and forth between a C++ ceph-mds and ours: each replays what the other has journaled.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import type { CephFsClient } from '@cephts/mds-reference';
import { importChains, stepsThere } from '../../packages/mds-reference/test/crash/chains.js';
import type { Chain } from '../../packages/mds-reference/test/crash/chains.js';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

/** Takeovers in the middle of an import; CEPHTS_LONG=1 for the long form. */
const CRASHES = process.env['CEPHTS_LONG'] ? 25 : 4;
const TURNS = process.env['CEPHTS_LONG'] ? 10 : 4;
const IDLE_TURNS = process.env['CEPHTS_LONG'] ? 10 : 2;

/** Paths of a tree with what is to be the same whoever serves it. */
async function treeOf(client: CephFsClient): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  const walk = async (ino: number, at: string): Promise<void> => {
    for await (const { name, stat } of client.readdir(ino)) {
      const where = `${at}/${name}`;
      const xattrs = [...stat.xattrs].map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`).sort();
      const time = ({ sec, nsec }: { sec: number; nsec: number }): string => `${sec}.${nsec}`;
      const what = [stat.ino, stat.mode, stat.nlink, stat.uid, stat.gid, stat.size, time(stat.mtime), time(stat.ctime)];
      tree.set(where, [...what, stat.symlink ?? '', ...xattrs].join(' '));
      if ((stat.mode & 0o170000) === 0o040000) await walk(stat.ino, where);
    }
  };
  await walk(1, '');
  return tree;
}

/** Something of every kind; the names say by whom. */
async function change(client: CephFsClient, turn: number): Promise<void> {
  const dir = (await client.mkdir(1, `turn${turn}`, { mode: 0o755 })).ino;
  const sub = (await client.mkdir(dir, 'sub', { mode: 0o700 })).ino;
  for (let i = 0; i < 20; i++) await client.create(dir, `file${i}`, { mode: 0o644 });
  const file = (await client.lookup(dir, 'file0')).ino;
  await client.setattr(file, { size: 1_000_000, mtime: { sec: 1_600_000_000 + turn, nsec: 123 } });
  await client.setxattr(file, 'user.turn', Uint8Array.of(turn, 1, 2));
  await client.link(file, sub, 'hard');
  await client.symlink(dir, 'soft', 'sub/hard');
  await client.rename(dir, 'file1', sub, 'moved');
  await client.unlink(dir, 'file2');
  await client.setattr((await client.lookup(dir, 'file3')).ino, { mode: 0o600, uid: 7, gid: 8 });
  if (turn > 0) {
    const before = (await client.lookup(1, `turn${turn - 1}`)).ino;
    await client.rename(before, 'file4', dir, 'file5');
    await client.unlink(before, 'file6');
    await client.mkdir(before, 'late', { mode: 0o755 });
    await client.rmdir(before, 'late');
  }
}

describeWithCeph('failover between a C++ ceph-mds and ours', () => {
  let cluster: FsCluster;
  let active = 't0';
  let next = 1;

  beforeAll(async () => {
    cluster = await FsCluster.start({ port: 19_100 });
    cluster.startMds(active);
    await cluster.untilState(active, 'up:active');
  }, 120_000);

  afterAll(() => cluster?.stop());

  /** Starts a standby of the other kind. */
  async function standby(): Promise<string> {
    const name = `${active.startsWith('t') ? 'c' : 't'}${next++}`;
    cluster.startMds(name);
    await cluster.untilState(name, 'up:standby');
    return name;
  }

  async function kill(): Promise<void> {
    await cluster.endMds(active, 'SIGKILL');
  }

  it(`keeps an idle file system over ${IDLE_TURNS} turns`, async () => {
    for (let turn = 0; turn < IDLE_TURNS; turn++) {
      const other = await standby();
      await kill();
      await cluster.untilState(other, 'up:active');
      active = other;
    }
    expect(cluster.ceph('health')).not.toContain('damaged');
  }, 600_000);

  it('is taken over from one that was killed long before its beacons are missed, and not from one that hangs', async () => {
    const grace = async (seconds: number): Promise<void> => {
      await cluster.untilState(active, 'up:active');
      cluster.ceph('tell', 'mon.*', 'config', 'set', 'mds_beacon_grace', String(seconds));
    };
    if (active.startsWith('t')) {
      const other = await standby();
      await kill();
      await cluster.untilState(other, 'up:active');
      active = other;
    }
    await grace(300);
    for (const follows of [false, true]) {
      cluster.ceph('fs', 'set', 'cephfs', 'allow_standby_replay', String(follows));
      const name = `t${next++}`;
      cluster.startMds(name);
      await cluster.untilState(name, follows ? 'up:standby-replay' : 'up:standby');
      // who was never reached may be behind a wall
      const watched = `watches mds.${String((await cluster.infoOf(active))?.gid)}`;
      await cluster.until(() => cluster.logOf(name).includes(watched), `mds.${name} does not watch mds.${active}`);
      cluster.signal(`mds.${active}`, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect((await cluster.infoOf(active))?.state).toBe('up:active');
      cluster.signal(`mds.${active}`, 'SIGCONT');
      await kill();
      await cluster.untilState(name, 'up:active', 30);
      active = name;
    }
    cluster.ceph('fs', 'set', 'cephfs', 'allow_standby_replay', 'false');
    await grace(4);
  }, 300_000);

  it(`keeps a tree over ${TURNS} turns, in each of which the one that is active changes it`, async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      const writer = await cluster.client();
      await change(writer, turn);
      await writer.sync();
      const before = await treeOf(writer);
      const other = await standby();
      await kill();
      await cluster.untilState(other, 'up:active');
      active = other;
      const reader = await cluster.client();
      expect(await treeOf(reader)).toEqual(before);
      expect(await treeOf(writer)).toEqual(before);
      await reader.close();
      await writer.close();
    }
    expect(cluster.ceph('health', 'detail')).not.toContain('damaged');
  }, 600_000);

  it(`has every operation with a safe reply after each of ${CRASHES} kills in the middle of an import`, async () => {
    const random = seededRandom(20_261_126);
    let safe = 0;
    for (let crash = 0; crash < CRASHES; crash++) {
      const other = await standby();
      const client = await cluster.client(true);
      const dir = (await client.mkdir(1, `run${crash}`, { mode: 0o755 })).ino;
      const chains = new Map<string, Chain>();
      let stopped = false;
      const settled = importChains(client, dir, random, chains, () => !stopped);
      await new Promise((resolve) => setTimeout(resolve, 100 + (random.u32() % 1500)));
      await kill();
      stopped = true;
      await cluster.untilState(other, 'up:active');
      active = other;
      const lanes = await settled;
      expect(lanes.filter(({ status }) => status === 'rejected')).toEqual([]);
      await client.close();
      const reader = await cluster.client();
      for (const [name, chain] of chains) {
        const steps = await stepsThere(reader, dir, name, chain);
        expect({ name, steps: steps >= chain.safe && steps <= chain.begun }).toEqual({ name, steps: true });
        safe += chain.safe;
      }
      await reader.close();
    }
    expect(safe).toBeGreaterThan(CRASHES * 5);
  }, 1_200_000);
});
