import { errnoName } from '@cephts/common';
import type { Cluster } from '@cephts/rados';

import { ObjectOperation } from '../../../packages/mds-reference/src/store/object-store.js';
import type { ObjectStore } from '../../../packages/mds-reference/src/store/object-store.js';
import { MemoryObjectStore } from '../../../packages/mds-reference/src/store/memory-object-store.js';
import { RadosObjectStore } from '../../../packages/mds-reference/src/store/rados-object-store.js';

/** All that an object is. */
export interface ObjectContent {
  data: Uint8Array;
  xattrs: Map<string, Uint8Array>;
  omapHeader: Uint8Array;
  omap: Map<string, Uint8Array>;
}

function run(store: ObjectStore, oid: string, pool: number, op: ObjectOperation): Promise<void> {
  return new Promise((resolve, reject) =>
    store.operate(oid, { pool }, op, (r) => (r < 0 ? reject(new Error(`${oid}: ${errnoName(r)}`)) : resolve())),
  );
}

/** Reads a whole object. */
export async function readObject(store: ObjectStore, oid: string, pool: number): Promise<ObjectContent> {
  const op = new ObjectOperation();
  const data = op.read();
  const xattrs = op.getXattrs();
  const header = op.omapGetHeader();
  await run(store, oid, pool, op);
  const omap = new Map<string, Uint8Array>();
  for (let after = '', more = true; more;) {
    const page = new ObjectOperation();
    const vals = page.omapGetVals(after, '', 1000);
    await run(store, oid, pool, page);
    for (const [key, value] of vals.value?.vals ?? []) omap.set((after = key), value);
    more = vals.value?.more ?? false;
  }
  return { data: data.value!, xattrs: xattrs.value!, omapHeader: header.value!, omap };
}

async function writeObject(
  store: ObjectStore,
  oid: string,
  pool: number,
  { data, xattrs, omapHeader, omap }: ObjectContent,
): Promise<void> {
  const op = new ObjectOperation().create();
  if (data.length > 0) op.writeFull(data);
  for (const [name, bytes] of xattrs) op.setXattr(name, bytes);
  if (omapHeader.length > 0) op.omapSetHeader(omapHeader);
  if (omap.size > 0) op.omapSet(omap);
  await run(store, oid, pool, op);
}

/** Names of the objects in a pool of a cluster. */
export async function poolObjects(cluster: Cluster, pool: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { oid } of (await cluster.openIoctx(pool)).listObjects()) names.push(oid);
  return names.sort();
}

/** Copies of all objects of some pools, in memory; not of those that live on in a snapshot only. */
export async function fromCluster(cluster: Cluster, pools: readonly number[]): Promise<MemoryObjectStore> {
  const there = new RadosObjectStore(cluster.cct, cluster.objecter);
  const here = new MemoryObjectStore();
  for (const pool of pools)
    for (const oid of await poolObjects(cluster, pool)) {
      const content = await readObject(there, oid, pool).catch((error: unknown) => {
        if (error instanceof Error && error.message.endsWith(': ENOENT')) return undefined;
        throw error;
      });
      if (content) await writeObject(here, oid, pool, content);
    }
  return here;
}

/** Makes some pools of a cluster hold what the store holds in them, and nothing else. */
export async function toCluster(cluster: Cluster, pools: readonly number[], store: MemoryObjectStore): Promise<void> {
  const there = new RadosObjectStore(cluster.cct, cluster.objecter);
  for (const pool of pools) {
    for (const oid of await poolObjects(cluster, pool)) await run(there, oid, pool, new ObjectOperation().remove());
    for (const oid of store.list({ pool })) await writeObject(there, oid, pool, await readObject(store, oid, pool));
  }
}
