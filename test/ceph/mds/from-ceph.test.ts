// What a C++ ceph-mds has left in its pools loads here: our MDS replays its journal, becomes active, and shows the same tree.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster } from '@cephts/rados';

import { DATA_POOL, FsCluster, METADATA_POOL } from './fs-cluster.js';
import type { PythonClient } from './fs-cluster.js';
import { expectTakeover } from './our-mds.js';
import type { Tree } from './our-mds.js';
import { fromCluster } from './pool-copy.js';

const POOLS = [METADATA_POOL, DATA_POOL];
const hasCeph = FsCluster.isInstalled;
if (!hasCeph) process.stderr.write('SKIPPED: no Ceph with CephFS on this machine (ceph-mds, its tools, python3-cephfs)\n');

(hasCeph ? describe : describe.skip)('what a C++ MDS wrote', () => {
  let ceph: FsCluster;
  let cluster: Cluster | undefined;
  let client: PythonClient | undefined;

  beforeAll(async () => {
    ceph = new FsCluster(15_600);
    await ceph.createFs();
    ceph.startMds('a');
    await ceph.active();
    cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    client = ceph.startClient();
  }, 120_000);

  afterAll(async () => {
    client?.kill();
    await cluster?.shutdown();
    ceph.stop();
  });

  /** The MDSs are killed as they are; ours takes over from a copy of their pools, and shows `tree`. */
  async function takeOver(tree: Tree): Promise<void> {
    if (ceph.mdsStates().length > 0) ceph.killMds('a');
    await expectTakeover(await fromCluster(cluster!, POOLS), tree);
  }

  it('loads: a bit of everything, snapshots, a folder in fragments; from its journal', async () => {
    await client!.call('mkdir', '/story');
    await client!.call('story', '/story');
    const tree = await client!.call<Tree>('tree', '/');
    await takeOver(tree);
    const types = ceph.eventTypes();
    for (const type of ['UPDATE', 'SUBTREEMAP', 'SESSION', 'TABLESERVER', 'FRAGMENT']) expect(types).toContain(type);
  }, 120_000);

  it('loads: files that are open, deleted or not, after a restart with its client; partly from its objects', async () => {
    ceph.startMds('a');
    await ceph.active();
    for (const name of ['/held', '/held and gone']) await client!.call('hold', name, 0o102);
    await client!.call('make', '/story/a', 'more', 200);
    await client!.call('unlink', '/held and gone');
    ceph.tool('ceph', 'tell', 'mds.a', 'flush', 'journal');
    ceph.killMds('a');
    ceph.startMds('a');
    await ceph.active();
    await client!.call('rename', '/story/many', '/story/a/many');
    await client!.call('hold', '/story/snapped/new', 2);
    await client!.call('make', '/story/a/b', 'even more', 60);
    const tree = await client!.call<Tree>('tree', '/');
    await takeOver(tree);
    expect(ceph.eventTypes()).toContain('SESSIONS');
  }, 120_000);

  it('loads: a journal that was reset', async () => {
    ceph.startMds('a');
    await ceph.active();
    const tree = await client!.call<Tree>('tree', '/');
    ceph.tool('ceph', 'tell', 'mds.a', 'flush', 'journal');
    ceph.tool('ceph', 'fs', 'fail', 'cephfs');
    ceph.signal('mds.a', 'SIGKILL');
    ceph.tool('cephfs-journal-tool', '--rank=cephfs:0', 'journal', 'reset', '--force');
    expect(ceph.eventTypes()).toContain('RESETJOURNAL');
    await takeOver(tree);
  }, 120_000);
});
