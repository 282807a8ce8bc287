// A cluster whose pool `data` has every object on three OSDs, for tests that kill OSDs.
import { Cluster } from '@cephts/rados';
import { OsdCluster } from './osd-cluster.js';

/** A running cluster, and a client of it. */
export interface Trouble {
  ceph: OsdCluster;
  cluster: Cluster;
}

/** Starts both; all placement groups are clean then. @param conf further lines of ceph.conf */
export async function startTrouble(port: number, pgNum: number, conf = ''): Promise<Trouble> {
  const ceph = new OsdCluster({ port, store: 'bluestore', conf: `osd pool default size = 3\n${conf}` });
  try {
    await ceph.ready();
    ceph.ceph('osd', 'pool', 'create', 'data', String(pgNum));
    const cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    await cluster.waitForLatestOsdMap();
    await ceph.clean();
    return { ceph, cluster };
  } catch (error) {
    ceph.stop();
    throw error;
  }
}
