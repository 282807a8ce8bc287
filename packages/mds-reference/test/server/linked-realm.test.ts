import { describe, expect, it } from '@jest/globals';
import type { CInode } from '../../src/cache/cinode.js';
import { FilePath } from '../../src/types/file-path.js';
import * as ops from '../../src/types/op-names.js';
import { CacheKit, copyObjects, fillCreate } from '../cache/cache-kit.js';

const ROOT = 1;

async function withFile(): Promise<{ kit: CacheKit; file: CInode }> {
  const kit = await new CacheKit().create();
  make(kit, 'f');
  return { kit, file: kit.cache.getInode(ROOT)?.getDirfrag(0)?.lookup('f')?.linkage.inode as CInode };
}

function make(kit: CacheKit, name: string): void {
  expect(kit.ask(ops.CEPH_MDS_OP_CREATE, ROOT, name, fillCreate)).toBe(0);
  kit.flush();
}

function link(kit: CacheKit, file: CInode, name: string): void {
  expect(kit.ask(ops.CEPH_MDS_OP_LINK, ROOT, name, (req) => (req.path2 = new FilePath(file.ino)))).toBe(0);
  kit.flush();
}

function unlink(kit: CacheKit, name: string): void {
  expect(kit.ask(ops.CEPH_MDS_OP_UNLINK, ROOT, name)).toBe(0);
  kit.flush();
}

const hex = (inode: CInode): string => Buffer.from(inode.encodeSnapBlob()).toString('hex');

/** As a C++ ceph-mds of 16.2.15 stored it for the same operations. */
const LINKED =
  '060438000000' + '0100000000000000'.repeat(2) + '0'.repeat(16) + '0200000000000000'.repeat(2) + '0'.repeat(24) + '01000000';
const NO_LONGER = '060438000000' + '0100000000000000'.repeat(2) + '0'.repeat(32) + '0200000000000000' + '0'.repeat(32);

describe('a file with several names', () => {
  it('has a realm of its own below the one of all, stored as Ceph stores it, and after a crash as well', async () => {
    const { kit, file } = await withFile();
    expect(file.snaprealm).toBeUndefined();
    link(kit, file, 'g');
    expect(hex(file)).toBe(LINKED);
    expect(file.findSnaprealm().parent?.isGlobal()).toBe(true);
    const next = new CacheKit({ objects: copyObjects(kit.objects) });
    expect(await next.replay()).toBe(0);
    expect(hex(next.cache.getInode(file.ino) as CInode)).toBe(LINKED);
  });

  it('keeps it as long as it has two, and the one that is left hangs where it hung before', async () => {
    const { kit, file } = await withFile();
    link(kit, file, 'g');
    link(kit, file, 'h');
    unlink(kit, 'g');
    expect(hex(file)).toBe(LINKED);
    unlink(kit, 'h');
    expect(hex(file)).toBe(NO_LONGER);
    expect(file.findSnaprealm().parent?.ino).toBe(ROOT);
  });

  it('loses it when its second name is written over', async () => {
    const { kit, file } = await withFile();
    link(kit, file, 'g');
    make(kit, 'new');
    expect(kit.ask(ops.CEPH_MDS_OP_RENAME, ROOT, 'g', (req) => (req.path2 = new FilePath(ROOT, 'new')))).toBe(0);
    kit.flush();
    expect(hex(file)).toBe(NO_LONGER);
  });

  it('loses it when it moves from a stray directory to the only name it has left', async () => {
    const { kit, file } = await withFile();
    link(kit, file, 'g');
    kit.dropCaps();
    unlink(kit, 'f');
    expect(kit.ask(ops.CEPH_MDS_OP_LOOKUP, ROOT, 'g')).toBe(0);
    for (let i = 0; i < 5; i++) {
      kit.flush();
      kit.pass(1100);
    }
    expect(file.getParentDn()?.name).toBe('g');
    expect(hex(file)).toBe(NO_LONGER);
  });
});
