// An MDS is killed while it cuts a directory into fragments, after that was journaled (PREPARE) and before it was done (COMMIT): the next one takes it
// back (ROLLBACK), and a crash of that one leaves the rest to the one after it. Half of the objects lie on an OSD that stands still meanwhile, so
// that the new fragments cannot be stored.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

const NAMES = Array.from({ length: 80 }, (_, i) => `file${i}`).sort();
const OBJECT_SIZE = 4 << 20;

/** The object of the journal of rank 0 that holds what is at this place. */
const journalObject = (at: number): string =>
  `200.${Math.floor(at / OBJECT_SIZE)
    .toString(16)
    .padStart(8, '0')}`;

describeWithCeph('a directory whose MDS is killed while it is cut into fragments', () => {
  let cluster: FsCluster;

  beforeAll(async () => {
    // what is cut stays so: its fragments are small enough to be merged again at once
    const conf = 'debug mds = 10\nmds bal fragment interval = 1\nmds bal merge size = 0\n';
    cluster = await FsCluster.start({ port: 20_300, osds: 2, conf });
    cluster.startMds('c0');
    await cluster.untilState('c0', 'up:active');
  }, 120_000);

  afterAll(() => cluster?.stop());

  const osdOf = (oid: string): number =>
    (JSON.parse(cluster.ceph('osd', 'map', 'meta', oid, '--format', 'json')) as { acting_primary: number }).acting_primary;

  /** Where in the journal each event begins, and what it is. */
  const events = (): { at: number; type: string }[] =>
    [...cluster.tool('cephfs-journal-tool', '--rank=cephfs:0', 'event', 'get', 'list').matchAll(/ 0x([0-9a-f]+) ([A-Z]+):/g)].map(
      ([, at, type]) => ({ at: parseInt(at as string, 16), type: type as string }),
    );
  const fragmentEvents = (): number => events().filter(({ type }) => type === 'FRAGMENT').length;

  /** Keys in each object of a directory. */
  const keysOf = (ino: number): Record<string, string[]> => {
    const objects = cluster.rados('-p', 'meta', 'ls').split('\n');
    const mine = objects.filter((oid) => oid.startsWith(`${ino.toString(16)}.`));
    return Object.fromEntries(
      mine.map((oid) => [oid, cluster.rados('-p', 'meta', 'listomapkeys', oid).split('\n').filter(Boolean).sort()]),
    );
  };

  async function listed(ino: number): Promise<string[]> {
    const reader = await cluster.client();
    const names: string[] = [];
    for await (const { name, stat } of reader.readdir(ino)) if (stat.ino > 0) names.push(name);
    await reader.close();
    return names.sort();
  }

  /** A directory with all names in it, stored, served by a C++ MDS. */
  async function directory(mds: string, name: string): Promise<number> {
    const client = await cluster.client();
    const { ino } = await client.mkdir(1, name, { mode: 0o755 });
    await Promise.all(NAMES.map((file) => client.create(ino, file, { mode: 0o644 })));
    await client.sync();
    await client.close();
    cluster.ceph('tell', `mds.${mds}`, 'flush', 'journal');
    return ino;
  }

  /** A C++ MDS comes to want it cut. */
  async function cut(mds: string, ino: number): Promise<void> {
    cluster.ceph('tell', `mds.${mds}`, 'config', 'set', 'mds_bal_split_size', '60');
    // it looks at the size of what is asked for
    expect(await listed(ino)).toEqual(NAMES);
  }

  /** As {@link cut}, and killed in the middle of it; `next`, which stands by, takes over. */
  async function killedInTheMiddle(mds: string, ino: number, next: string): Promise<void> {
    const { at } = events().at(-1) as { at: number };
    const still = `osd.${1 - osdOf(journalObject(at))}`;
    cluster.ceph('osd', 'set', 'nodown');
    cluster.signal(still, 'SIGSTOP');
    try {
      await cut(mds, ino);
      const log = new RegExp(`fragment_logged 0x${ino.toString(16)}`);
      await cluster.until(() => log.test(cluster.logOf(mds)), 'it does not cut the directory');
      await cluster.endMds(mds);
    } finally {
      cluster.signal(still, 'SIGCONT');
    }
    cluster.ceph('osd', 'unset', 'nodown');
    expect(cluster.logOf(mds)).not.toContain('fragment_stored');
    await cluster.untilState(next, 'up:active');
  }

  async function standby(name: string): Promise<void> {
    cluster.startMds(name);
    await cluster.untilState(name, 'up:standby');
  }

  it('a C++ one: ours takes it back', async () => {
    const ino = await directory('c0', 'first');
    await standby('t1');
    await killedInTheMiddle('c0', ino, 't1');
    expect(cluster.logOf('t1')).toContain(`taking back that 0x${ino.toString(16)}`);
    expect(await listed(ino)).toEqual(NAMES);
    cluster.ceph('tell', 'mds.t1', 'flush', 'journal');
    expect(keysOf(ino)).toEqual({ [`${ino.toString(16)}.00000000`]: NAMES.map((name) => `${name}_head`).sort() });
    expect(await listed(ino)).toEqual(NAMES);
  }, 180_000);

  it('ours, which had taken it back: a C++ one goes on, and cuts it', async () => {
    await standby('c2');
    await cluster.endMds('t1');
    await cluster.untilState('c2', 'up:active');
    const ino = await directory('c2', 'second');
    await standby('t3');
    const before = fragmentEvents();
    await killedInTheMiddle('c2', ino, 't3');
    await cluster.until(() => fragmentEvents() >= before + 3, 'it is not taken back, or the journal does not say so');
    await cluster.endMds('t3');
    // as if the crash had come before the last of it, that the objects are gone, was durable
    const all = events();
    const finish = all.findLast(({ type }) => type === 'FRAGMENT')?.at as number;
    cluster.ceph('mds', 'fail', 't3');
    cluster.rados('-p', 'meta', 'truncate', journalObject(finish), String(finish % OBJECT_SIZE));
    expect(fragmentEvents()).toBe(before + 2);

    cluster.startMds('c4');
    await cluster.untilState('c4', 'up:active');
    expect(await listed(ino)).toEqual(NAMES);
    const frags = (): unknown[] => JSON.parse(cluster.ceph('tell', 'mds.c4', 'dirfrag', 'ls', '/second')) as unknown[];
    expect(frags()).toEqual([{ value: 0, bits: 0, str: '0/0' }]);

    const earlier = fragmentEvents();
    await cut('c4', ino);
    await cluster.until(() => frags().length > 1, 'it does not cut the directory');
    // PREPARE, COMMIT and FINISH are stored: without the second it would be taken back
    await cluster.until(() => fragmentEvents() >= earlier + 3, 'the cut is not made good');
    const { length } = frags();
    await standby('t5');
    await cluster.endMds('c4');
    await cluster.untilState('t5', 'up:active');
    expect(await listed(ino)).toEqual(NAMES);
    cluster.ceph('tell', 'mds.t5', 'flush', 'journal');
    const stored = Object.values(keysOf(ino)).filter((keys) => keys.length > 0);
    expect(stored).toHaveLength(length);
    expect(stored.flat().sort()).toEqual(NAMES.map((name) => `${name}_head`).sort());
    expect(cluster.ceph('health', 'detail')).not.toContain('damaged');
  }, 300_000);
});
