// A cluster whose pool `data` has every object on three OSDs, for tests that kill OSDs.
import { Cluster } from '@cephts/rados';
import { RealCluster } from './real-cluster.mjs';

/** A running cluster, and a client of it. */
export interface Trouble {
  ceph: RealCluster;
  cluster: Cluster;
}

/** Starts both; all placement groups are clean then. @param conf further lines of ceph.conf */
export async function startTrouble(port: number, pgNum: number, conf = ''): Promise<Trouble> {
  const ceph = await RealCluster.start({ port, osds: 3, store: 'bluestore', conf: `osd pool default size = 3\n${conf}` });
  try {
    ceph.ceph('osd', 'pool', 'create', 'data', String(pgNum));
    const cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    await cluster.waitForLatestOsdMap();
    await ceph.clean();
    return { ceph, cluster };
  } catch (error) {
    await ceph.stop();
    throw error;
  }
}
