import { describe, expect, it } from '@jest/globals';
import type { CInode } from '../../src/cache/cinode.js';
import { FilePath } from '../../src/types/file-path.js';
import { CEPH_SETATTR_SIZE } from '../../src/types/ceph-fs.js';
import * as ops from '../../src/types/op-names.js';
import type { MClientRequest } from '../../src/messages/m-client-request.js';
import { CacheKit, copyObjects, fillCreate } from './cache-kit.js';

const ROOT = 1;

function ino(kit: CacheKit, dir: number, name: string): number {
  return kit.cache.getInode(dir)?.getDirfrag(0)?.lookup(name)?.getProjectedLinkage().inode?.ino ?? 0;
}

function makeFile(kit: CacheKit, name: string, dir = ROOT): number {
  expect(kit.ask(ops.CEPH_MDS_OP_CREATE, dir, name, fillCreate)).toBe(0);
  kit.flush();
  return ino(kit, dir, name);
}

function makeDir(kit: CacheKit, name: string, dir = ROOT): number {
  expect(kit.ask(ops.CEPH_MDS_OP_MKDIR, dir, name, (req) => (req.args.mkdir.mode = 0o755))).toBe(0);
  kit.flush();
  return ino(kit, dir, name);
}

/** Lets upkeep, purge queue and journal come to rest. */
function settle(kit: CacheKit): void {
  for (let i = 0; i < 5; i++) {
    kit.flush();
    kit.pass(1100);
  }
}

const strays = (kit: CacheKit): string[] =>
  [...kit.cache.inodes()]
    .filter((inode) => inode.getParentDn()?.dir.inode.isStray() === true)
    .map((inode) => inode.ino.toString(16));

describe('an unlinked file', () => {
  it('is purged when its client lets go of it, objects and all', async () => {
    const kit = await new CacheKit().create();
    const file = makeFile(kit, 'f');
    await kit.flushJournal();
    const backtrace = [...kit.objects.keys()].filter((key) => key.includes(file.toString(16)));
    expect(backtrace).toHaveLength(1);
    expect(kit.ask(ops.CEPH_MDS_OP_UNLINK, ROOT, 'f')).toBe(0);
    settle(kit);
    expect(strays(kit)).toEqual([file.toString(16)]);
    kit.dropCaps();
    settle(kit);
    expect(kit.cache.getInode(file)).toBeUndefined();
    expect(strays(kit)).toEqual([]);
    expect([...kit.objects.keys()].filter((key) => key.includes(file.toString(16)))).toEqual([]);
    expect(kit.complaints).toEqual([]);
  });

  it('is purged after a restart that nobody comes back from', async () => {
    const kit = await new CacheKit().create();
    const file = makeFile(kit, 'f');
    expect(kit.ask(ops.CEPH_MDS_OP_UNLINK, ROOT, 'f')).toBe(0);
    settle(kit);
    expect(strays(kit)).toEqual([file.toString(16)]);
    const again = new CacheKit({ objects: copyObjects(kit.objects) });
    expect(await again.replay()).toBe(0);
    again.recover();
    settle(again);
    expect(again.cache.getInode(file)).toBeUndefined();
    expect(await again.tree()).toEqual([]);
    expect(again.complaints).toEqual([]);
  });

  it('moves to another name it has, and stays', async () => {
    const kit = await new CacheKit().create();
    const file = makeFile(kit, 'f');
    expect(kit.ask(ops.CEPH_MDS_OP_LINK, ROOT, 'g', (req) => (req.path2 = new FilePath(file)))).toBe(0);
    kit.flush();
    expect(kit.ask(ops.CEPH_MDS_OP_UNLINK, ROOT, 'f')).toBe(0);
    settle(kit);
    const dn = kit.cache.root?.getDirfrag(0)?.lookup('g');
    expect(dn?.linkage.isPrimary()).toBe(true);
    expect(strays(kit)).toEqual([]);
    expect(await kit.tree()).toEqual(['/g f n1 s0 644']);
    expect(kit.complaints).toEqual([]);
  });
});

describe('a removed directory', () => {
  it('is purged, with its object', async () => {
    const kit = await new CacheKit().create();
    const dir = makeDir(kit, 'd');
    await kit.flushJournal();
    expect([...kit.objects.keys()].some((key) => key.includes(`${dir.toString(16)}.00000000`))).toBe(true);
    expect(kit.ask(ops.CEPH_MDS_OP_RMDIR, ROOT, 'd')).toBe(0);
    settle(kit);
    kit.dropCaps();
    settle(kit);
    expect(kit.cache.getInode(dir)).toBeUndefined();
    expect([...kit.objects.keys()].some((key) => key.includes(`${dir.toString(16)}.00000000`))).toBe(false);
    expect(kit.complaints).toEqual([]);
  });
});

describe('a truncated file', () => {
  it('has its objects cut, also when a crash comes between', async () => {
    const kit = await new CacheKit().create();
    const file = makeFile(kit, 'f');
    const setSize = (size: number) => (req: MClientRequest) => {
      req.args.setattr.mask = CEPH_SETATTR_SIZE;
      req.args.setattr.size = size;
    };
    expect(kit.ask(ops.CEPH_MDS_OP_SETATTR, ROOT, 'f', setSize(10_000_000))).toBe(0);
    settle(kit);
    expect(kit.ask(ops.CEPH_MDS_OP_SETATTR, ROOT, 'f', setSize(5))).toBe(0);
    kit.mdlog.flush();
    const before = copyObjects(kit.objects);
    settle(kit);
    const { truncatePending, truncateSeq, size } = kit.cache.getInode(file)?.inode ?? {};
    expect({ truncatePending, truncateSeq, size }).toEqual({ truncatePending: 0, truncateSeq: 2, size: 5 });
    const again = new CacheKit({ objects: before });
    expect(await again.replay()).toBe(0);
    again.recover();
    settle(again);
    expect((again.cache.getInode(file) as CInode).inode.truncatePending).toBe(0);
    expect(again.complaints).toEqual([]);
  });
});

describe('an inode that is only known by number', () => {
  it('is found where its backtrace says, through directories that are not in the cache', async () => {
    const kit = await new CacheKit().create();
    const a = makeDir(kit, 'a');
    const b = makeDir(kit, 'b', a);
    const file = makeFile(kit, 'f', b);
    await kit.flushJournal();
    const again = new CacheKit({ objects: copyObjects(kit.objects) });
    expect(await again.replay()).toBe(0);
    again.recover();
    again.dropCaps();
    again.cache.trimAll();
    expect(again.cache.getInode(file)).toBeUndefined();
    expect(await again.result((done) => again.cache.openIno(file, done))).toBe(0);
    expect(again.cache.getInode(file)?.makePathString()).toBe('/a/b/f');
  });

  it('is not found when it does not exist', async () => {
    const kit = await new CacheKit().create();
    expect(await kit.result((done) => kit.cache.openIno(0x123456789, done))).toBeLessThan(0);
  });
});

describe('trimming', () => {
  it('forgets what nobody uses and is stored, and reads it again', async () => {
    const kit = await new CacheKit().create();
    const a = makeDir(kit, 'a');
    for (let i = 0; i < 20; i++) makeFile(kit, `f${i}`, a);
    const before = await kit.tree();
    kit.dropCaps();
    expect(kit.cache.trimAll()).toBe(0);
    await kit.flushJournal();
    expect(kit.mdlog.getNumSegments()).toBeLessThan(3);
    expect(kit.cache.trimAll()).toBeGreaterThan(20);
    expect(kit.cache.getInode(a)).toBeUndefined();
    expect(await kit.tree()).toEqual(before);
    expect(kit.complaints).toEqual([]);
  });

  it('keeps what a client has caps of', async () => {
    const kit = await new CacheKit().create();
    const file = makeFile(kit, 'f');
    await kit.flushJournal();
    kit.cache.trimAll();
    expect(kit.cache.getInode(file)).toBeDefined();
  });
});
