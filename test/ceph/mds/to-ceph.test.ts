// What our MDS has written loads in Ceph: its tools find nothing wrong with the objects, and a C++ ceph-mds replays the journal and shows
// the same tree.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { encodeText } from '@cephts/encoding';

import { MemoryObjectStore } from '../../../packages/mds-reference/src/store/memory-object-store.js';
import { describeWithCephFs } from '../with-ceph.js';
import { JournalCluster, METADATA_POOL } from './journal-cluster.js';
import { CephFsClient, ourTree, startOurMds } from './our-mds.js';
import type { Entry } from './our-mds.js';
import { readObject } from './pool-copy.js';

/** Something of everything that our client can do, but for what libcephfs would have made in another way. */
async function story(client: CephFsClient): Promise<void> {
  const dir = async (parent: number, name: string): Promise<number> => (await client.mkdir(parent, name, { mode: 0o755 })).ino;
  const root = await dir(1, 'ours');
  const a = await dir(root, 'a');
  const b = await dir(a, 'b');
  const many = await dir(root, 'many');
  for (let i = 0; i < 150; i++) await client.create(many, `file${i}`, { mode: 0o600 + (i % 64) });
  for (let i = 0; i < 150; i += 7) await client.unlink(many, `file${i}`);
  const text = (await client.create(a, 'text', { mode: 0o644 })).ino;
  await client.setxattr(text, 'user.colour', encodeText('blue'));
  await client.setxattr(text, 'user.gone', encodeText('x'));
  await client.removexattr(text, 'user.gone');
  await client.setattr(text, { mode: 0o640, uid: 1000, gid: 1001, mtime: { sec: 1_700_000_000, nsec: 5 } });
  await client.setxattr(
    a,
    'user.of-a-directory',
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  await client.symlink(b, 'link', '../text');
  await client.link(text, b, 'second name');
  await client.mknod(a, 'pipe', { mode: 0o010644 });
  await client.create(a, 'ümläut', { mode: 0o600 });
  for (let i = 0; i < 20; i++) await client.create(b, `f${i}`, { mode: 0o644 });
  for (let i = 0; i < 20; i += 2) await client.rename(b, `f${i}`, a, `g${i}`);
  await client.rename(b, 'f1', a, 'g2');
  await client.rename(a, 'b', root, 'moved');
  await dir(root, 'gone');
  await client.rmdir(root, 'gone');
}

describeWithCephFs()('what our MDS wrote', () => {
  let ceph: JournalCluster;
  let fresh: MemoryObjectStore;

  beforeAll(async () => {
    ceph = await JournalCluster.serve(15_800, 'a');
    ceph.ceph('tell', 'mds.a', 'flush', 'journal');
    await ceph.failMds('a');
    fresh = await ceph.copy();
  }, 120_000);

  afterAll(() => ceph?.stop());

  /** Our MDS makes a file system, with a tree in it; what it leaves when it is killed, and the tree. */
  async function written(flush: boolean): Promise<{ store: MemoryObjectStore; tree: Record<string, Entry> }> {
    const store = new MemoryObjectStore();
    const { mds, complaints } = await startOurMds(store, false);
    const client = await CephFsClient.connect({ monAddr: mds.monAddr });
    await story(client);
    await client.sync();
    const tree = await ourTree(client, '/');
    if (flush) await mds.adminSocket.command('flush journal');
    const copy = store.clone();
    await client.close();
    await mds.close();
    expect(complaints).toEqual([]);
    return { store: copy, tree };
  }

  it('right after it was made has the objects of a C++ MDS: names, xattrs, keys and sizes', async () => {
    const store = new MemoryObjectStore();
    const { mds } = await startOurMds(store, false);
    await mds.adminSocket.command('flush journal');
    await mds.close();
    const shape = async (of: MemoryObjectStore): Promise<Record<string, unknown>> => {
      const shapes: Record<string, unknown> = {};
      for (const oid of of.list({ pool: METADATA_POOL })) {
        const { data, xattrs, omapHeader, omap } = await readObject(of, oid, METADATA_POOL);
        const sizes = (map: ReadonlyMap<string, Uint8Array>): unknown => [...map].map(([key, value]) => [key, value.length]).sort();
        // the journal and the table of open files tell of what happened meanwhile
        const told = /^200\.0*[1-9]|openfiles/.test(oid);
        shapes[oid] = told || { size: data.length, xattrs: sizes(xattrs), header: omapHeader.length, omap: sizes(omap) };
      }
      return shapes;
    };
    expect(await shape(store)).toEqual(await shape(fresh));
  }, 60_000);

  it.each([
    ['in the journal', false],
    ['flushed to the objects', true],
  ])(
    'passes the tools of Ceph, and a C++ MDS shows the same tree: %s',
    async (_title, flush) => {
      const { store, tree } = await written(flush);
      await ceph.restore(store);
      expect(ceph.tool('cephfs-journal-tool', '--rank=cephfs:0', 'journal', 'inspect')).toContain('Overall journal integrity: OK');
      expect(JSON.parse(ceph.tool('cephfs-journal-tool', '--rank=cephfs:0', 'header', 'get'))).toMatchObject({
        magic: 'ceph fs volume v011',
      });
      const events = ceph.tool('cephfs-journal-tool', '--rank=cephfs:0', 'event', 'get', 'list');
      expect(events).toContain('SUBTREEMAP');
      if (!flush)
        for (const what of ['UPDATE:  (openc)', 'UPDATE:  (rename)', 'UPDATE:  (setxattr)', 'SESSION:  ()'])
          expect(events).toContain(what);
      for (const table of ['session', 'snap', 'inode']) {
        const shown = JSON.parse(ceph.tool('cephfs-table-tool', 'all', 'show', table)) as {
          result?: number;
          '0'?: { result: number };
        };
        expect((shown['0'] ?? shown).result).toBe(0);
      }
      ceph.startMds('a');
      await ceph.untilActive();
      const client = ceph.startClient();
      try {
        expect(await client.call('tree', '/')).toEqual(tree);
        await client.call('mkdir', '/theirs');
        expect(JSON.parse(ceph.ceph('tell', 'mds.a', 'damage', 'ls'))).toEqual([]);
      } finally {
        client.kill();
        await ceph.failMds('a');
      }
    },
    120_000,
  );
});
