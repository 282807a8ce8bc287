// The object store of the MDS in a real cluster: the same suite that the stores in memory and on disk pass.
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { Cluster } from '@cephts/rados';
import type { ObjectStore } from '../../packages/mds-reference/src/store/object-store.js';
import { RadosObjectStore } from '../../packages/mds-reference/src/store/rados-object-store.js';
import { objectStoreCompliance } from '../../packages/mds-reference/test/store/store-compliance.js';
import { OsdCluster } from './osd-cluster.js';

const hasCeph = OsdCluster.isInstalled;
if (!hasCeph) process.stderr.write('SKIPPED: no Ceph on this machine (ceph-mon, ceph-mgr, ceph-osd, ceph, rados)\n');

if (!hasCeph) {
  describe.skip('RadosObjectStore', () => {
    it('needs a Ceph', () => undefined);
  });
} else {
  let ceph: OsdCluster;
  let cluster: Cluster;

  beforeAll(async () => {
    ceph = new OsdCluster({ port: 17100 });
    await ceph.ready();
    ceph.ceph('osd', 'pool', 'create', 'one', '8');
    ceph.ceph('osd', 'pool', 'create', 'two', '8');
    cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    await cluster.waitForLatestOsdMap();
  }, 60_000);

  afterAll(async () => {
    await cluster.shutdown();
    ceph.stop();
  });

  /** The suite's pools 1 and 2, emptied. */
  const open = async (): Promise<ObjectStore> => {
    for (const pool of [1, 2]) {
      const ioctx = await cluster.openIoctx(pool);
      for await (const { oid, nspace } of ioctx.listObjects({ allNamespaces: true })) await ioctx.withNamespace(nspace).remove(oid);
    }
    return new RadosObjectStore(cluster.cct, cluster.objecter);
  };
  objectStoreCompliance('RadosObjectStore', open);
}
