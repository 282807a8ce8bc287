import { describe, expect, it } from '@jest/globals';
import { Encoder } from '@cephts/encoding';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CInode } from '../../src/cache/cinode.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { encodeOpenFilesHeader } from '../../src/tables/open-file-table-load.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { fakeRank } from '../journal/fake-rank.js';
import { makeKit } from '../journal/journal-kit.js';

const LOC = { pool: 2 };

/** An inode, as much of it as the table looks at. */
function node(ino: number, parent?: CInode, name = `n${ino}`, mode = 0o100644): CInode {
  const dn = parent && { dir: { inode: parent }, name };
  return { ino, inode: { mode }, lastJournaled: 0, getParentDn: () => dn } as unknown as CInode;
}

function setup(): ReturnType<typeof fakeRank> & { store: MemoryObjectStore; kit: ReturnType<typeof makeKit> } {
  const kit = makeKit();
  const store = new MemoryObjectStore({ clock: kit.clock });
  return Object.assign(fakeRank(kit, store), { store, kit });
}

function stored(store: MemoryObjectStore): { header: string; keys: string[]; vals: Map<string, Uint8Array> } {
  const op = new ObjectOperation();
  const header = op.omapGetHeader();
  const page = op.omapGetVals();
  store.apply('mds0_openfiles.0', LOC, op);
  const vals = page.value?.vals ?? new Map<string, Uint8Array>();
  return { header: Buffer.from(header.value ?? []).toString('hex'), keys: [...vals.keys()], vals };
}

const root = node(1, undefined, '', 0o040755);
const dir = node(0x10000000000, root, 'd', 0o040755);
const file = node(0x10000000001, dir, 'held');
const other = node(0x10000000002, dir, 'other');

describe('OpenFileTable', () => {
  it('keeps an open file with the way to it, and drops the way with the last file', () => {
    const { openFileTable, store, kit } = setup();
    openFileTable.addInode(file);
    openFileTable.addInode(other);
    expect([root, dir, file].every(({ ino }) => openFileTable.isTracked(ino))).toBe(true);
    let done = false;
    openFileTable.commit(() => (done = true), 5);
    expect(openFileTable.isAnyCommitting()).toBe(true);
    kit.run();
    expect(done).toBe(true);
    expect(openFileTable.getCommittedLogSeq()).toBe(5);
    expect(stored(store).keys).toEqual(['1', '10000000000', '10000000001', '10000000002']);
    openFileTable.removeInode(file);
    openFileTable.commit(undefined, 6);
    kit.run();
    expect(stored(store).keys).toEqual(['1', '10000000000', '10000000002']);
    openFileTable.removeInode(other);
    openFileTable.commit(undefined, 7);
    kit.run();
    expect(stored(store).keys).toEqual([]);
    expect(openFileTable.isTracked(1)).toBe(false);
  });

  it('writes nothing for a file that was open for a moment', () => {
    const { openFileTable, store, kit } = setup();
    openFileTable.addInode(file);
    openFileTable.removeInode(file);
    expect(openFileTable.isAnyDirty()).toBe(false);
    openFileTable.commit(undefined, 1);
    kit.run();
    expect(stored(store).keys).toEqual([]);
  });

  it('has a file that is closed and opened again between two commits', () => {
    const { openFileTable, store, kit } = setup();
    openFileTable.addInode(file);
    openFileTable.commit(undefined, 1);
    kit.run();
    openFileTable.removeInode(file);
    openFileTable.addInode(file);
    openFileTable.commit(undefined, 2);
    kit.run();
    expect(stored(store).keys).toEqual(['1', '10000000000', '10000000001']);
  });

  it('is read after a restart; what is not opened again goes with the first commit', () => {
    const { openFileTable, store, kit } = setup();
    openFileTable.addInode(file);
    openFileTable.addInode(other);
    openFileTable.commit(undefined, 1);
    kit.run();
    const again = fakeRank(kit, store).openFileTable;
    let loaded = false;
    again.load(() => (loaded = true));
    expect(again.isLoaded()).toBe(false);
    kit.run();
    expect(loaded).toBe(true);
    expect([...again.loadedAnchors.keys()]).toEqual([1, dir.ino, file.ino, other.ino]);
    expect(again.getAncestors(file.ino)).toEqual([
      { dirino: dir.ino, dName: 'held', dType: 8 },
      { dirino: 1, dName: 'd', dType: 4 },
    ]);
    again.addInode(other);
    again.commit(undefined, 2);
    kit.run();
    expect(stored(store).keys).toEqual(['1', '10000000000', '10000000002']);
    again.removeInode(other);
    again.commit(undefined, 3);
    kit.run();
    expect(stored(store).keys).toEqual([]);
  });

  it('counts as empty where it is missing or makes no sense', () => {
    const { openFileTable, store, kit } = setup();
    let loaded = 0;
    openFileTable.load(() => loaded++);
    kit.run();
    expect(loaded).toBe(1);
    store.apply(
      'mds0_openfiles.0',
      LOC,
      new ObjectOperation().omapSetHeader(Uint8Array.of(9)).omapSet(new Map([['zz', Uint8Array.of(1)]])),
    );
    const again = fakeRank(kit, store);
    again.openFileTable.load(() => loaded++);
    kit.run();
    expect(loaded).toBe(2);
    expect(again.complaints.length).toBe(1);
    again.openFileTable.addInode(file);
    again.openFileTable.commit(undefined, 1);
    kit.run();
    expect(stored(store).keys).toEqual(['1', '10000000000', '10000000001']);
  });

  it.each([
    ['applies a whole journal that Ceph left of it, and removes it', 2, 7, ['1', '10000000000', '10000000001'], [0x10000000001]],
    ['drops the journal of a commit that is over', 2, 6, ['1', '10000000000', '10000000002'], [0x10000000002]],
    ['drops a journal that was not finished', 1, 7, ['1', '10000000000', '10000000002'], [0x10000000002]],
  ])('%s', (_title, state, version, keys, files) => {
    const { openFileTable, store, kit } = setup();
    openFileTable.addInode(file);
    openFileTable.commit(undefined, 1);
    kit.run();
    const value = stored(store).vals.get(file.ino.toString(16)) as Uint8Array;
    openFileTable.removeInode(file);
    openFileTable.addInode(other);
    openFileTable.commit(undefined, 2);
    kit.run();
    const journal = new Encoder(256).u64(version);
    journal.map(
      new Map([[file.ino.toString(16), value]]),
      (e, key) => e.string(key),
      (e, bytes) => e.blob(bytes),
    );
    journal.list([other.ino.toString(16)], (e, key) => e.string(key));
    const op = new ObjectOperation().omapSet(new Map([['_journal.0', journal.toBytes()]]));
    store.apply('mds0_openfiles.0', LOC, op.omapSetHeader(encodeOpenFilesHeader(7, 1, state)));
    const again = fakeRank(kit, store);
    again.openFileTable.load();
    kit.run();
    expect(again.complaints).toEqual([]);
    expect(stored(store).keys).toEqual(keys);
    expect([...again.openFileTable.loadedAnchors.keys()].filter((ino) => ino > dir.ino)).toEqual(files);
  });

  it('writes many files in several operations', () => {
    const { openFileTable, store, kit } = setup();
    for (let i = 0; i < 3000; i++) openFileTable.addInode(node(0x20000000000 + i, dir));
    openFileTable.commit(undefined, 1);
    kit.run();
    expect(stored(store).vals.size).toBe(3002);
  });

  const folder = fileURLToPath(new URL('../../../../../shared/ceph-objects/', import.meta.url));
  if (existsSync(`${folder}ofv`)) {
    it('writes header and values as a real daemon does', () => {
      const { openFileTable, store, kit } = setup();
      const held = node(0x10000000004, node(0x10000000002, undefined), 'held');
      openFileTable.addInode(held);
      for (let seq = 1; seq <= 8; seq++) {
        openFileTable.commit(undefined, seq);
        kit.run();
      }
      const { header, vals } = stored(store);
      expect(header).toBe(readFileSync(`${folder}ofth`).toString('hex'));
      expect(Buffer.from(vals.get('10000000004') as Uint8Array).toString('hex')).toBe(readFileSync(`${folder}ofv`).toString('hex'));
    });
  }
});
