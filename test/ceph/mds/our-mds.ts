import { expect } from '@jest/globals';

import { startEmbeddedMds } from '../../../packages/mds-reference/src/embedded/start-embedded-mds.js';
import type { EmbeddedMds } from '../../../packages/mds-reference/src/embedded/start-embedded-mds.js';
import { MemoryMonitorStore } from '../../../packages/mds-reference/src/embedded/monitor-store.js';
import { CephFsClient } from '../../../packages/mds-reference/src/client/ceph-fs-client.js';
import type { MemoryObjectStore } from '../../../packages/mds-reference/src/store/memory-object-store.js';

/** An entry as client.py tells it. */
export interface Entry {
  mode: number;
  owner: [number, number];
  nlink: number;
  size: number;
  mtime: string;
  target: string | null;
  xattrs: Record<string, number[]>;
}

/** By path. */
export type Tree = Record<string, Entry>;

const S_IFDIR = 0o040000;

/** What the log of an MDS said, from warnings up. */
export interface OurMds {
  mds: EmbeddedMds;
  complaints: string[];
}

/** Our MDS on a store: it replays what is there, or, where nothing was created yet, makes a file system. */
export async function startOurMds(store: MemoryObjectStore, created: boolean): Promise<OurMds> {
  const complaints: string[] = [];
  const monitorStore = new MemoryMonitorStore();
  if (created) {
    const fsid = '00000000-0000-0000-0000-000000000001';
    monitorStore.save({ format: 1, fsid, epoch: 1000, nextGlobalId: 1_000_000, created });
  }
  const mds = await startEmbeddedMds({
    store,
    monitorStore,
    services: false,
    // no client of the predecessor comes back
    conf: { mds_reconnect_timeout: 1, mds_tick_interval: 1, ms_bind_port_min: 15_700, ms_bind_port_max: 15_799 },
    context: {
      log: {
        shouldGather: (_subsys, level) => level <= 0,
        write: (subsys, level, text) => {
          const complaint = level < 0 || subsys === 'cluster';
          if (complaint && !text.includes('evicting unresponsive client')) complaints.push(`${subsys}: ${text}`);
        },
      },
      onError: (error) => complaints.push(String(error)),
    },
  });
  return { mds, complaints };
}

/** The tree below a directory, as client.py's `tree` tells it. */
export async function ourTree(client: CephFsClient, root: string): Promise<Tree> {
  const found: Tree = {};
  const walk = async (ino: number, path: string): Promise<void> => {
    for await (const { name, stat } of client.readdir(ino)) {
      const isDir = (stat.mode & 0o170000) === S_IFDIR;
      const at = `${path}/${name}`;
      found[at] = {
        mode: stat.mode,
        owner: [stat.uid, stat.gid],
        nlink: isDir ? 0 : stat.nlink,
        size: isDir ? 0 : stat.size,
        mtime: `${new Date(stat.mtime.sec * 1000).toISOString().slice(0, 19)}Z`,
        target: stat.symlink ?? null,
        xattrs: Object.fromEntries(
          [...stat.xattrs].filter(([key]) => key.startsWith('user.')).map(([key, value]) => [key, [...value]]),
        ),
      };
      if (isDir) await walk(stat.ino, at);
    }
  };
  await walk((await client.resolve(root)).ino, root === '/' ? '' : root);
  return found;
}

/** Ours takes over what a predecessor left in `store`, and shows `tree`; then it changes something, and shows the same after all of it was stored. */
export async function expectTakeover(store: MemoryObjectStore, tree: Tree): Promise<void> {
  const { mds, complaints } = await startOurMds(store, true);
  try {
    const ours = await CephFsClient.connect({ monAddr: mds.monAddr });
    const found = await ourTree(ours, '/');
    const dir = (await ours.mkdir(1, 'by ours', { mode: 0o755 })).ino;
    await ours.create(dir, 'file', { mode: 0o600 });
    await mds.adminSocket.command('flush journal');
    await ours.rename(dir, 'file', 1, 'moved');
    await ours.unlink(1, 'moved');
    await ours.rmdir(1, 'by ours');
    await ours.close();
    expect(found).toEqual(tree);
    expect(complaints).toEqual([]);
  } finally {
    await mds.close();
  }
  const again = await startOurMds(store, true);
  try {
    const ours = await CephFsClient.connect({ monAddr: again.mds.monAddr });
    const found = await ourTree(ours, '/');
    await ours.close();
    expect(found).toEqual(tree);
    expect(again.complaints).toEqual([]);
  } finally {
    await again.mds.close();
  }
}

export { CephFsClient };
