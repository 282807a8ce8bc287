// What a C++ ceph-mds has left in its pools loads here: our MDS replays its journal, becomes active, and shows the same tree.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithCephFs } from '../with-ceph.js';
import { JournalCluster } from './journal-cluster.js';
import type { PythonClient } from './python-client.js';
import { expectTakeover } from './our-mds.js';
import type { Tree } from './our-mds.js';

describeWithCephFs()('what a C++ MDS wrote', () => {
  let ceph: JournalCluster;
  let client: PythonClient;

  beforeAll(async () => {
    ceph = await JournalCluster.serve(15_600, 'a');
    client = ceph.startClient();
  }, 120_000);

  afterAll(() => ceph?.stop());

  /** The MDSs are killed as they are; ours takes over from a copy of their pools, and shows `tree`. */
  async function takeOver(tree: Tree): Promise<void> {
    if ((await ceph.ranks()).length > 0) await ceph.failMds('a');
    await expectTakeover(await ceph.copy(), tree);
  }

  it('loads: a bit of everything, snapshots, a folder in fragments; from its journal', async () => {
    await client.call('mkdir', '/story');
    await client.call('story', '/story');
    const tree = await client.call<Tree>('tree', '/');
    await takeOver(tree);
    const types = ceph.eventTypes();
    for (const type of ['UPDATE', 'SUBTREEMAP', 'SESSION', 'TABLESERVER', 'FRAGMENT']) expect(types).toContain(type);
  }, 120_000);

  it('loads: files that are open, deleted or not, after a restart with its client; partly from its objects', async () => {
    ceph.startMds('a');
    await ceph.untilActive();
    for (const name of ['/held', '/held and gone']) await client.call('hold', name, 0o102);
    await client.call('make', '/story/a', 'more', 200);
    await client.call('unlink', '/held and gone');
    ceph.ceph('tell', 'mds.a', 'flush', 'journal');
    await ceph.failMds('a');
    ceph.startMds('a');
    await ceph.untilActive();
    await client.call('rename', '/story/many', '/story/a/many');
    await client.call('hold', '/story/snapped/new', 2);
    await client.call('make', '/story/a/b', 'even more', 60);
    const tree = await client.call<Tree>('tree', '/');
    await takeOver(tree);
    expect(ceph.eventTypes()).toContain('SESSIONS');
  }, 120_000);

  it('loads: a journal that was reset', async () => {
    ceph.startMds('a');
    await ceph.untilActive();
    const tree = await client.call<Tree>('tree', '/');
    ceph.ceph('tell', 'mds.a', 'flush', 'journal');
    ceph.ceph('fs', 'fail', 'cephfs');
    ceph.signal('mds.a', 'SIGKILL');
    ceph.tool('cephfs-journal-tool', '--rank=cephfs:0', 'journal', 'reset', '--force');
    expect(ceph.eventTypes()).toContain('RESETJOURNAL');
    await takeOver(tree);
  }, 120_000);
});
