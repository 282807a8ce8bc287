// What rank 0 of several C++ MDSs has in its journal loads here once it is alone again: subtrees that went and came, requests led by one and done by both.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithCephFs } from '../with-ceph.js';
import { JournalCluster } from './journal-cluster.js';
import type { PythonClient } from './python-client.js';
import { expectTakeover, startOurMds } from './our-mds.js';
import type { Tree } from './our-mds.js';

describeWithCephFs()('what rank 0 of two C++ MDSs wrote', () => {
  let ceph: JournalCluster;
  let client: PythonClient;

  beforeAll(async () => {
    ceph = await JournalCluster.serve(16_000, 'a', 'b');
    client = ceph.startClient();
  }, 120_000);

  afterAll(() => ceph?.stop());

  /** Paths of the subtrees that rank 1 has. */
  function held(): string[] {
    const subtrees = JSON.parse(ceph.ceph('tell', 'mds.cephfs:1', 'get', 'subtrees')) as {
      auth_first: number;
      dir: { path: string };
    }[];
    return subtrees.filter((subtree) => subtree.auth_first === 1).map(({ dir }) => dir.path);
  }

  /** Both ranks take part in each kind of change; what one has is the other's at times. */
  async function story(): Promise<void> {
    const call = client.call.bind(client);
    for (const dir of ['/here', '/away', '/away/below', '/away/below/back', '/away/gone']) await call('mkdir', dir);
    await call('make', '/away', 'before', 10);
    await call('make', '/away/below/back', 'deep', 3);
    await call('setxattr', '/away', 'ceph.dir.pin', '1');
    await call('setxattr', '/away/below/back', 'ceph.dir.pin', '0');
    await ceph.until(() => held().includes('/away'), 'the folder was not exported', 600);
    await call('make', '/away', 'there', 70);
    await call('make', '/here', 'here', 20);
    for (let i = 0; i < 5; i++) {
      await call('rename', `/away/there${i}`, `/here/from-there${i}`);
      await call('rename', `/here/here${i}`, `/away/from-here${i}`);
      await call('link', `/away/there${i + 10}`, `/here/linked${i}`);
      await call('link', `/here/here${i + 10}`, `/away/linked${i}`);
    }
    await call('rename', '/here/here6', '/away/there20');
    await call('unlink', '/here/linked0');
    await call('unlink', '/away/there11');
    await call('unlink', '/away/linked2');
    await call('rmdir', '/away/gone');
    await call('mkdir', '/here/sub');
    await call('make', '/here/sub', 'in', 3);
    await call('rename', '/here/sub', '/away/sub');
    await call('mkdir', '/away/other');
    await call('make', '/away/other', 'in', 3);
    await call('rename', '/away/other', '/here/other');
    await call('make', '/away/below/back', 'later', 3);
  }

  it("is turned down with a reason while something of it is another rank's", async () => {
    await story();
    for (const name of ['a', 'b']) ceph.signal(`mds.${name}`, 'SIGSTOP');
    const store = await ceph.copy();
    for (const name of ['a', 'b']) ceph.signal(`mds.${name}`, 'SIGCONT');
    expect([...ceph.eventTypes()]).toEqual(expect.arrayContaining(['EXPORT', 'PEERUPDATE', 'COMMITTED']));
    await expect(startOurMds(store, true)).rejects.toThrow(/went to another rank, and has not come back/);
  }, 240_000);

  it('is left as it is, for a ceph-mds to take', async () => {
    const ours = ceph.startMds('ts');
    try {
      await ceph.until(() => ceph.ceph('mds', 'stat').includes('1 up:standby'), 'ours does not stand by');
      await ceph.failMds((await ceph.ranks())[0]!.name);
      const log = (): string => ceph.ceph('log', 'last', '100', 'debug', 'cluster');
      await ceph.until(
        () => log().includes('rank 0 of a file system with 2 ranks is not for this MDS, which serves alone'),
        'ours does not refuse',
      );
      await ceph.until(() => ours.exitCode !== null, 'ours has not ended');
      ceph.startMds('c');
      await ceph.untilActive(2);
      expect((await ceph.ranks())[0]?.name).not.toBe('ts');
    } finally {
      await ceph.endMds('ts');
    }
  }, 240_000);

  it('loads once all of it has come back', async () => {
    ceph.ceph('fs', 'set', 'cephfs', 'max_mds', '1');
    await ceph.untilActive(1);
    const tree = await client.call<Tree>('tree', '/');
    const types = ceph.eventTypes();
    for (const { name } of await ceph.mdsInfos()) await ceph.endMds(name);
    expect([...types]).toEqual(expect.arrayContaining(['EXPORT', 'PEERUPDATE', 'COMMITTED', 'IMPORTSTART', 'IMPORTFINISH']));
    await expectTakeover(await ceph.copy(), tree);
  }, 240_000);
});
