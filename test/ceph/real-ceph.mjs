// The Ceph that benchmarks are run against.
import { RealCluster } from './real-cluster.mjs';

export { hasCeph } from './real-cluster.mjs';

/**
 * A monitor, a manager, an OSD in memory and a file system, and with `mds` an MDS, which is active when this resolves. Authentication is off,
 * so connections are in crc mode; the rest is as Ceph has it. `conf` is further lines of ceph.conf. `stop()` ends all of it.
 */
export async function startCeph({ port = 13700, mds = true, conf = '' } = {}) {
  const own = 'osd pool default pg autoscale mode = on';
  const cluster = await RealCluster.start({ port, osds: 1, fs: true, auth: 'none', conf: `${own}\n${conf}` });
  if (!mds) return cluster;
  cluster.startMds('a');
  await cluster.until(() => cluster.ceph('mds', 'stat').includes('up:active'), 'the ceph-mds did not become active');
  return cluster;
}
