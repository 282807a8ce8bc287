import { Cluster } from '@cephts/rados';

import type { MemoryObjectStore } from '../../../packages/mds-reference/src/store/memory-object-store.js';
import { FsCluster } from '../fs-cluster.js';
import { fromCluster, toCluster } from './pool-copy.js';
import { PythonClient } from './python-client.js';

/** Pools of the file system; the embedded MDS has the same. */
export const METADATA_POOL = 1;
export const DATA_POOL = 2;
const POOLS = [METADATA_POOL, DATA_POOL];

/** Segments end soon, folders fall into fragments soon: so that a short story has everything in its journal. */
const CONF = `mgr disabled modules = devicehealth
osd pool default pg num = 8
mds beacon grace = 30
mds reconnect timeout = 20
mds log events per segment = 64
mds bal split size = 40
mds bal merge size = 5
mds bal fragment interval = 1
mds bal interval = 2
`;

/** A file system whose journal is looked into, and whose pools are copied. */
export class JournalCluster extends FsCluster {
  readonly #clients: PythonClient[] = [];
  #rados!: Cluster;

  /** Starts a cluster with so many ranks, held by these C++ MDSs. */
  static async serve(port: number, ...names: string[]): Promise<JournalCluster> {
    const cluster = await JournalCluster.start({ port, conf: CONF });
    try {
      await cluster.#serve(names);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async #serve(names: readonly string[]): Promise<void> {
    this.#rados = await Cluster.connect({ conf: { file: this.conf } });
    await this.#rados.waitForLatestOsdMap();
    const { osdmap } = this.#rados;
    if (osdmap.poolByName('meta') !== METADATA_POOL || osdmap.poolByName('data') !== DATA_POOL)
      throw new Error('the pools have other numbers');
    for (const name of names) this.startMds(name);
    this.ceph('fs', 'set', 'cephfs', 'max_mds', String(names.length));
    await this.untilActive(names.length);
  }

  /** A copy of what is in the pools. */
  copy(): Promise<MemoryObjectStore> {
    return fromCluster(this.#rados, POOLS);
  }

  /** Puts a copy in place of what is in the pools. */
  restore(store: MemoryObjectStore): Promise<void> {
    return toCluster(this.#rados, POOLS, store);
  }

  /** A client in Python, with a session of its own. */
  startClient(): PythonClient {
    const client = new PythonClient(this.conf);
    this.#clients.push(client);
    return client;
  }

  /** Kinds of events in the journal of rank 0, as in `'UPDATE'`. */
  eventTypes(): Set<string> {
    const lines = this.tool('cephfs-journal-tool', '--rank=cephfs:0', 'event', 'get', 'list').split('\n');
    return new Set(lines.flatMap((line) => / ([A-Z]+): /.exec(line)?.[1] ?? []));
  }

  override async stop(): Promise<void> {
    for (const client of this.#clients) client.kill();
    await (this.#rados as Cluster | undefined)?.shutdown();
    await super.stop();
  }
}
