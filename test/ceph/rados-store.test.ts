// The object store of the MDS in a real cluster: the same suite that the stores in memory and on disk pass.
import { afterAll, beforeAll } from '@jest/globals';
import { Cluster } from '@cephts/rados';
import type { ObjectStore } from '../../packages/mds-reference/src/store/object-store.js';
import { RadosObjectStore } from '../../packages/mds-reference/src/store/rados-object-store.js';
import { objectStoreCompliance } from '../../packages/mds-reference/test/store/store-compliance.js';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

describeWithCeph('the object store of the MDS', () => {
  let ceph: RealCluster;
  let cluster: Cluster;

  beforeAll(async () => {
    // whose pool would have a number that the suite's are to have
    const conf = 'mgr disabled modules = devicehealth';
    ceph = await RealCluster.start({ osds: 3, port: 17100, conf });
    ceph.ceph('osd', 'pool', 'create', 'one', '8');
    ceph.ceph('osd', 'pool', 'create', 'two', '8');
    cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    await cluster.waitForLatestOsdMap();
  }, 60_000);

  afterAll(async () => {
    await cluster?.shutdown();
    await ceph?.stop();
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
});
