import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import type { CInode } from '../../src/cache/cinode.js';
import { FilePath } from '../../src/types/file-path.js';
import { CacheKit, copyObjects } from './cache-kit.js';
import { Model } from './model.js';

/** Small segments, so that a test crosses many. */
const CONF = { mds_log_events_per_segment: 7 };

/** Makes a random step happen, in the cache and in the model. @returns its tid; undefined where there was none */
function step(kit: CacheKit, model: Model): number | undefined {
  const next = model.next();
  if (!next) return undefined;
  const tid = kit.send(next.op, new FilePath(next.dir.ino, next.name), next.fill);
  expect(kit.answer(tid)).toBe(0);
  const dir = kit.cache.getInode(next.dir.ino) as CInode;
  const linkage = dir.getDirfrag(0)?.lookup(next.name)?.getProjectedLinkage();
  next.apply(linkage?.inode?.ino ?? 0);
  return tid;
}

/** Sums of every directory in the cache are those of what is in it. */
function checkSums(kit: CacheKit): void {
  for (const inode of kit.cache.inodes()) {
    for (const dir of inode.getDirfrags()) {
      if (!dir.isComplete() || inode.isMdsdir()) continue;
      let files = 0;
      let subdirs = 0;
      for (const dn of dir.items.values()) {
        const linkage = dn.getProjectedLinkage();
        if (linkage.isNull()) continue;
        if (linkage.inode?.isDir() === true) subdirs++;
        else files++;
      }
      const { fragstat } = dir.getProjectedFnode();
      expect([dir.dirfrag.toString(), fragstat.nfiles, fragstat.nsubdirs]).toEqual([dir.dirfrag.toString(), files, subdirs]);
    }
  }
}

/** `mds_mem` tells what the cache holds, and how many came and went. */
function checkPopulation(kit: CacheKit): void {
  const held = { ino: 0, dir: 0, dn: 0, cap: 0 };
  for (const inode of kit.cache.inodes()) {
    held.ino++;
    held.cap += inode.clientCaps.size;
    for (const dir of inode.getDirfrags()) {
      held.dir++;
      held.dn += dir.items.size + (dir.snapItems?.size ?? 0);
    }
  }
  const mem = kit.cct.perf.get('mds_mem')?.dump() as Record<string, number>;
  for (const [key, count] of Object.entries(held)) {
    expect([key, mem[key]]).toEqual([key, count]);
    expect([key, (mem[`${key}+`] as number) - (mem[`${key}-`] as number)]).toEqual([key, count]);
  }
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('random changes, seed %d', (seed) => {
  it('are all there after a crash up to the last that was safe, and none in part', async () => {
    const random = seededRandom(seed);
    const chance = (): number => random.next();
    let kit = await new CacheKit({ conf: CONF }).create();
    let model = new Model(chance);
    for (let life = 0; life < 4; life++) {
      const history: { tid: number; tree: string[] }[] = [{ tid: 0, tree: model.tree() }];
      const steps = 20 + Math.floor(chance() * 60);
      for (let i = 0; i < steps; i++) {
        const tid = step(kit, model);
        if (tid !== undefined) history.push({ tid, tree: model.tree() });
        if (chance() < 0.1) kit.flush();
        if (chance() < 0.05) await kit.flushJournal();
        if (chance() < 0.05) kit.dropCaps();
        if (chance() < 0.05) kit.pass(2000);
      }
      checkSums(kit);
      checkPopulation(kit);
      expect(await kit.tree()).toEqual(model.tree());
      const safe = history.reduce((last, { tid }, i) => (tid === 0 || kit.isSafe(tid) ? i : last), 0);
      const next = new CacheKit({ conf: CONF, objects: copyObjects(kit.objects) });
      expect(await next.replay()).toBe(0);
      next.recover();
      const tree = await next.tree();
      const possible = history.slice(safe).map((one) => one.tree);
      expect(possible).toContainEqual(tree);
      expect(next.complaints).toEqual([]);
      expect(kit.complaints).toEqual([]);
      checkSums(next);
      checkPopulation(next);
      // go on with a model of what survived
      model = await rebuild(next, chance);
      expect(model.tree()).toEqual(tree);
      kit = next;
    }
  });
});

/** A model of what is in the cache. */
async function rebuild(kit: CacheKit, chance: () => number): Promise<Model> {
  const model = new Model(chance);
  const known = new Map<number, Model['root']>();
  const walk = async (inode: CInode, at: Model['root']): Promise<void> => {
    const dir = await kit.open(inode.getOrOpenDirfrag(0));
    for (const dn of dir.items.values()) {
      const { linkage } = dn;
      if (linkage.isNull()) continue;
      const child = linkage.inode ?? (kit.cache.getInode(linkage.remoteIno) as CInode);
      const bare = child.inode;
      const node = known.get(child.ino) ?? {
        ino: child.ino,
        kind: child.isDir() ? 'd' : child.isSymlink() ? 'l' : 'f',
        mode: bare.mode & 0o7777,
        size: bare.size,
        nlink: bare.nlink,
        target: child.symlink,
        xattrs: new Map([...child.xattrs].map(([key, value]) => [key, value.join('.')])),
        children: new Map(),
        parent: at,
      };
      known.set(child.ino, node);
      at.children.set(dn.name, node);
      if (child.isDir()) await walk(child, node);
    }
  };
  await walk(kit.cache.root as CInode, model.root);
  return model;
}
