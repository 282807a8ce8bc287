// Journals of a time when the rank was not alone, or did what ours never begins: cut directories, prepared parts of others' requests, subtrees on their way.
import { describe, expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_CLIENT, DirFrag, Encoder, EntityName, IntervalSet } from '@cephts/encoding';
import type { CDir } from '../../src/cache/cdir.js';
import type { CInode } from '../../src/cache/cinode.js';
import { commitDir } from '../../src/cache/dir-commit.js';
import { adjustDirFragments } from '../../src/cache/dir-fragments.js';
import { addDir, addDirContext, addPrimaryDentry } from '../../src/cache/meta-blob.js';
import { ECommitted } from '../../src/journal/events/e-committed.js';
import { EExport } from '../../src/journal/events/e-export.js';
import { DIRLUMP_DIRTYDFT } from '../../src/journal/events/dir-lump.js';
import type { DirLump } from '../../src/journal/events/dir-lump.js';
import { EFragment, FRAGMENT_OP_COMMIT, FRAGMENT_OP_PREPARE } from '../../src/journal/events/e-fragment.js';
import { EImportFinish } from '../../src/journal/events/e-import-finish.js';
import { EImportStart } from '../../src/journal/events/e-import-start.js';
import {
  EPeerUpdate,
  PEERUPDATE_OP_COMMIT,
  PEERUPDATE_OP_PREPARE,
  PEERUPDATE_RENAME,
} from '../../src/journal/events/e-peer-update.js';
import { EUpdate } from '../../src/journal/events/e-update.js';
import { encodeDirfragRollback } from '../../src/journal/events/rollbacks.js';
import { objectName } from '../../src/journal/file-objects.js';
import type { LogEvent } from '../../src/journal/log-event.js';
import { MetaReqId } from '../../src/types/meta-req-id.js';
import * as ops from '../../src/types/op-names.js';
import { CacheKit, copyObjects, fillCreate } from './cache-kit.js';

const ROOT = 1;

function makeFiles(kit: CacheKit, dir: number, names: readonly string[]): void {
  for (const name of names) {
    expect(kit.ask(ops.CEPH_MDS_OP_CREATE, dir, name, fillCreate)).toBe(0);
  }
  kit.flush();
}

function makeDir(kit: CacheKit, name: string, dir = ROOT): CInode {
  expect(kit.ask(ops.CEPH_MDS_OP_MKDIR, dir, name, (req) => (req.args.mkdir.mode = 0o755))).toBe(0);
  kit.flush();
  return kit.cache.getInode(dir)?.getDirfrag(0)?.lookup(name)?.linkage.inode as CInode;
}

function journal(kit: CacheKit, event: LogEvent): void {
  kit.mdlog.startSubmitEntry(event);
  kit.flush();
}

/** What a crash leaves is replayed by another one. */
async function replayed(kit: CacheKit): Promise<CacheKit> {
  const next = new CacheKit({ objects: copyObjects(kit.objects) });
  expect(await next.replay()).toBe(0);
  return next;
}

/** It goes on, stores all, crashes, and another one shows the same tree. */
async function expectLasting(kit: CacheKit, tree: string[]): Promise<void> {
  kit.cache.finishReplayed();
  kit.recover();
  expect(await kit.tree()).toEqual(tree);
  const again = await replayed(kit);
  expect(again.cache.getUnresolved()).toBeUndefined();
  again.cache.finishReplayed();
  again.recover();
  expect(await again.tree()).toEqual(tree);
  await again.flushJournal();
  const last = await replayed(again);
  last.recover();
  expect(await last.tree()).toEqual(tree);
  expect(last.complaints).toEqual([]);
}

const exists = (kit: CacheKit, oid: string): boolean => [...kit.objects.keys()].some((key) => key.includes(oid));
const reqid = new MetaReqId(new EntityName(CEPH_ENTITY_TYPE_CLIENT, 4305), 77);

describe('a directory that was being cut', () => {
  const names = Array.from({ length: 12 }, (_, i) => `f${i}`);

  /** Cuts `/d` in two as far as the intention is journaled, and the new objects are written. */
  async function cut(): Promise<{ kit: CacheKit; d: CInode; parts: CDir[]; tree: string[] }> {
    const first = await new CacheKit().create();
    const { ino } = makeDir(first, 'd');
    makeFiles(first, ino, names.slice(0, 8));
    first.dropCaps();
    await first.flushJournal();
    // these are in the journal only
    makeFiles(first, ino, names.slice(8));
    // one that no request holds on to
    const kit = await replayed(first);
    kit.recover();
    const tree = await kit.tree();
    const d = kit.cache.getInode(ino) as CInode;
    const whole = d.getDirfrag(0) as CDir;
    const event = new EFragment(FRAGMENT_OP_PREPARE, whole.dirfrag, 1);
    const rollback = new Encoder();
    encodeDirfragRollback(rollback, whole.fnode);
    event.origFrags = [0];
    event.rollback = rollback.toBytes();
    const fnode = whole.fnode.clone();
    adjustDirFragments(d, 0, 1);
    const parts = d.dirfragtree.getLeaves().map((leaf) => d.getOrOpenDirfrag(leaf));
    kit.mdlog.startEntry(event);
    addDirContext(event.metablob, d.getParentDir() as CDir);
    addPrimaryDentry(event.metablob, d.getParentDn()!, d, true);
    for (const dir of parts) {
      dir.fnode = fnode.clone();
      dir.fnode.fragstat.nfiles = dir.fnode.accountedFragstat.nfiles = dir.items.size;
      dir.fnode.rstat.rfiles = dir.fnode.accountedRstat.rfiles = dir.items.size;
      addDir(event.metablob, dir, false);
      // as a C++ MDS journals it
      (event.metablob.lumps.at(-1) as DirLump).state |= DIRLUMP_DIRTYDFT;
      dir.markDirty(kit.mdlog.getCurrentSegment());
    }
    kit.mdlog.submitEntry(event);
    kit.flush();
    for (const dir of parts) commitDir(dir, true);
    kit.run();
    return { kit, d, parts, tree };
  }

  it('is put together again where the cut was not committed: the new objects may be there in part', async () => {
    const { kit, d, parts, tree } = await cut();
    // of one nothing was written, of the other less than all
    kit.objects.forEach((_image, key) => {
      if (key.includes(objectName(d.ino, (parts[0] as CDir).frag))) kit.objects.delete(key);
    });
    const next = await replayed(kit);
    next.cache.finishReplayed();
    next.recover();
    expect(await next.tree()).toEqual(tree);
    expect(next.cache.getInode(d.ino)?.dirfragtree.isEmpty()).toBe(true);
    for (const { frag } of parts) expect(exists(next, objectName(d.ino, frag))).toBe(false);
    expect(next.complaints).toEqual([]);
    await expectLasting(await replayed(next), tree);
  });

  it('stays cut where that was committed, and the old object goes', async () => {
    const { kit, d, parts, tree } = await cut();
    journal(kit, new EFragment(FRAGMENT_OP_COMMIT, new DirFrag(d.ino, 0), 1));
    const next = await replayed(kit);
    next.cache.finishReplayed();
    next.recover();
    expect((await next.tree()).sort()).toEqual([...tree].sort());
    expect(next.cache.getInode(d.ino)?.dirfragtree.getLeaves()).toEqual(parts.map(({ frag }) => frag));
    const old = [...next.objects].find(([key]) => key.includes(objectName(d.ino, 0)))?.[1];
    expect(old?.omap.size ?? 0).toBe(0);
    expect(next.complaints).toEqual([]);
    next.flush();
    const again = await replayed(next);
    expect([...again.mdlog.segments.values()].reduce((sum, segment) => sum + segment.uncommittedFragments.size, 0)).toBe(0);
    again.recover();
    expect((await again.tree()).sort()).toEqual([...tree].sort());
  });
});

describe('subtrees', () => {
  /** `/d/below`, with files, of which only the journal tells. */
  async function nested(): Promise<{ kit: CacheKit; d: CInode; below: CInode; tree: string[] }> {
    const kit = await new CacheKit().create();
    const d = makeDir(kit, 'd');
    const below = makeDir(kit, 'below', d.ino);
    makeFiles(kit, d.ino, ['a', 'b']);
    makeFiles(kit, below.ino, ['c']);
    kit.dropCaps();
    return { kit, d, below, tree: await kit.tree() };
  }

  /** `dir` goes to rank 1, which stores what is dirty of it. */
  async function exportTree(kit: CacheKit, dir: CDir): Promise<void> {
    await kit.flushJournal();
    const event = new EExport(dir.dirfrag, 1);
    kit.mdlog.startEntry(event);
    addDirContext(event.metablob, dir, true);
    addDir(event.metablob, dir, false);
    kit.mdlog.submitEntry(event);
    kit.flush();
  }

  function importTree(kit: CacheKit, dir: CDir): void {
    const event = new EImportStart(dir.dirfrag, [], 1);
    kit.mdlog.startEntry(event);
    addDirContext(event.metablob, dir, true);
    addDir(event.metablob, dir, false);
    kit.mdlog.submitEntry(event);
    kit.flush();
  }

  it('that went to another rank and did not come back are nothing that this one could serve', async () => {
    const { kit, d, below } = await nested();
    await exportTree(kit, d.getDirfrag(0) as CDir);
    const next = await replayed(kit);
    expect(next.cache.getUnresolved()).toMatch(/^subtree 0x[0-9a-f.*]+ \(\/d\) went to another rank, and has not come back$/);
    // what was known of it counts no more
    expect(next.cache.getInode(below.ino)).toBeUndefined();
    expect(next.cache.getInode(d.ino)?.getDirfrag(0)?.items.size).toBe(0);
  });

  it('that came back are served, with what the other rank made of them', async () => {
    const { kit, d, tree } = await nested();
    await exportTree(kit, d.getDirfrag(0) as CDir);
    importTree(kit, d.getDirfrag(0) as CDir);
    journal(kit, new EImportFinish(new DirFrag(d.ino, 0), true));
    const next = await replayed(kit);
    expect(next.cache.getUnresolved()).toBeUndefined();
    expect(next.cache.subtrees.size).toBe(2);
    expect(next.complaints).toEqual([]);
    await expectLasting(next, tree);
  });

  it("that did not come in the end are still the other one's", async () => {
    const { kit, d } = await nested();
    await exportTree(kit, d.getDirfrag(0) as CDir);
    importTree(kit, d.getDirfrag(0) as CDir);
    journal(kit, new EImportFinish(new DirFrag(d.ino, 0), false));
    expect((await replayed(kit)).cache.getUnresolved()).toContain('has not come back');
  });

  it('on their way when the rank went down are its own, where no other rank is left', async () => {
    const { kit, d, tree } = await nested();
    await exportTree(kit, d.getDirfrag(0) as CDir);
    importTree(kit, d.getDirfrag(0) as CDir);
    const next = await replayed(kit);
    expect(next.cache.getUnresolved()).toBeUndefined();
    await expectLasting(next, tree);
    expect(next.complaints).toEqual([expect.stringContaining('was coming from another rank, which is gone: it is ours')]);
  });

  it('that come from nowhere are a contradiction', async () => {
    const { kit, d } = await nested();
    journal(kit, new EImportFinish(new DirFrag(d.ino, 0), true));
    const next = await replayed(kit);
    expect(next.complaints).toEqual([
      expect.stringMatching(/^error: failure replaying journal at \d+: subtree .* was not coming from another rank$/),
      expect.stringContaining('damaged: '),
    ]);
  });
});

describe('a request of several ranks', () => {
  it('that another one leads keeps the rank from serving until it is known to be committed', async () => {
    const kit = await new CacheKit().create();
    makeDir(kit, 'd');
    const tree = await kit.tree();
    journal(kit, new EPeerUpdate('peer_rename_prepare', reqid, 1, PEERUPDATE_OP_PREPARE, PEERUPDATE_RENAME));
    const open = await replayed(kit);
    expect(open.cache.getUnresolved()).toBe(
      'request client.4305:77, led by mds.1, was prepared here, and only mds.1 knows whether it was committed',
    );
    journal(kit, new EPeerUpdate('peer_rename_commit', reqid, 1, PEERUPDATE_OP_COMMIT, PEERUPDATE_RENAME));
    const next = await replayed(kit);
    expect(next.cache.getUnresolved()).toBeUndefined();
    await expectLasting(next, tree);
  });

  it('that it leads is done, and is said to be: the others can only have gone with their parts done', async () => {
    const kit = await new CacheKit().create();
    const led = new EUpdate('rename');
    led.reqid = reqid;
    led.hadPeers = true;
    journal(kit, led);
    const uncommitted = (of: CacheKit): number =>
      [...of.mdlog.segments.values()].reduce((sum, segment) => sum + segment.uncommittedLeaders.size, 0);
    const next = await replayed(kit);
    expect(uncommitted(next)).toBe(1);
    next.cache.finishReplayed();
    next.recover();
    expect(uncommitted(next)).toBe(0);
    expect(uncommitted(await replayed(next))).toBe(0);
    journal(kit, new ECommitted(reqid));
    expect(uncommitted(await replayed(kit))).toBe(0);
  });
});

describe('a session map that is more than one step behind the journal', () => {
  it('takes the version that the journal says, and the cluster is told', async () => {
    const kit = await new CacheKit().create();
    makeDir(kit, 'd');
    const tree = await kit.tree();
    const event = new EUpdate('openc');
    event.metablob.sessionmapv = kit.sessionmap.version + 5;
    event.metablob.preallocatedInos = IntervalSet.of([0x200_0000_0000, 3]);
    journal(kit, event);
    const next = await replayed(kit);
    expect(next.sessionmap.version).toBe(event.metablob.sessionmapv);
    expect(next.complaints).toEqual([
      expect.stringMatching(/^error: EMetaBlob\.replay sessionmapv mismatch \d+ -> \d+, will force replay it\.$/),
    ]);
    next.recover();
    expect(await next.tree()).toEqual(tree);
  });
});
