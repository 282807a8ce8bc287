import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder, IntervalSet } from '@cephts/encoding';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { fakeRank } from '../journal/fake-rank.js';
import { makeKit, result } from '../journal/journal-kit.js';

const FIRST = 2 ** 40;

describe('InoTable', () => {
  it('begins with all numbers of its rank', () => {
    const kit = makeKit();
    const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    expect([...inotable.free]).toEqual([[FIRST, FIRST]]);
    const e = new Encoder();
    inotable.encode(e);
    expect(e.length).toBe(34);
  });

  it('takes numbers when they are journaled, and again when that is safe', () => {
    const kit = makeKit();
    const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    const ino = inotable.projectAllocId();
    expect(ino).toBe(FIRST);
    const ids = new IntervalSet();
    inotable.projectAllocIds(ids, 1000);
    expect([...ids]).toEqual([[FIRST + 1, 1000]]);
    expect([inotable.projectedVersion, inotable.version]).toEqual([2, 0]);
    expect(inotable.isMarkedFree(ino)).toBe(true);
    inotable.applyAllocId(ino);
    inotable.applyAllocIds(ids);
    expect(inotable.version).toBe(2);
    expect(inotable.isMarkedFree(ino)).toBe(false);
    expect(inotable.intersectsFree(ids)).toBe(false);
    inotable.projectReleaseIds(ids);
    inotable.applyReleaseIds(ids);
    expect(inotable.intersectsFree(ids)).toBe(true);
    expect(inotable.version).toBe(inotable.projectedVersion);
  });

  it('takes from several ranges where the first is too short', () => {
    const kit = makeKit();
    const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    inotable.free.clear();
    inotable.free.insert(10, 3);
    inotable.free.insert(20, 100);
    inotable.projectedFree.assign(inotable.free);
    const ids = new IntervalSet();
    inotable.projectAllocIds(ids, 50);
    expect([...ids]).toEqual([
      [10, 3],
      [20, 47],
    ]);
  });

  it('replays allocations, and complains of those that cannot be', () => {
    const kit = makeKit();
    const { inotable, complaints } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    inotable.replayAllocIds(IntervalSet.of([FIRST, 10]));
    inotable.replayAllocId(FIRST + 10);
    expect([inotable.version, inotable.projectedVersion]).toEqual([2, 2]);
    expect(complaints).toEqual([]);
    inotable.replayAllocId(FIRST);
    expect(inotable.version).toBe(3);
    expect(complaints.length).toBe(1);
  });

  it('passes over ten million numbers when the journal was thrown away: some of them may be those of files', () => {
    const kit = makeKit();
    const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    inotable.replayAllocIds(IntervalSet.of([FIRST, 1500]));
    inotable.replayReset();
    expect([...inotable.free]).toEqual([[FIRST + 10_001_500, FIRST - 10_001_500]]);
    expect(inotable.projectedFree.equals(inotable.free)).toBe(true);
    expect([inotable.version, inotable.projectedVersion]).toEqual([3, 3]);
  });

  it('passes over as many numbers as it is told, those that are not free among them', () => {
    const kit = makeKit();
    const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
    inotable.reset();
    inotable.replayAllocIds(IntervalSet.of([FIRST + 10, 10]));
    inotable.skipInos(25);
    expect(inotable.projectAllocId()).toBe(FIRST + 25);
    inotable.free.clear();
    inotable.skipInos(1);
    expect(inotable.free.isEmpty()).toBe(true);
  });

  it('is saved and loaded again; who waits for a version that is on its way causes no second write', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const { inotable } = fakeRank(kit, store);
    inotable.reset();
    inotable.projectAllocId();
    inotable.applyAllocId(FIRST);
    const done: number[] = [];
    inotable.save(() => done.push(1));
    inotable.save(() => done.push(2), 1);
    expect(store.inFlight().length).toBe(1);
    kit.clock.advance(10);
    expect(done).toEqual([1, 2]);
    expect(inotable.committedVersion).toBe(1);
    const again = fakeRank(kit, store).inotable;
    let loaded = 1;
    again.load((r: number) => (loaded = r));
    kit.clock.advance(10);
    expect(loaded).toBe(0);
    expect([...again.free]).toEqual([[FIRST + 1, FIRST - 1]]);
    expect(again.version).toBe(1);
    expect(again.isActive()).toBe(true);
  });

  it('answers -ENOENT where it is not stored, and -EINVAL where it makes no sense', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const { inotable } = fakeRank(kit, store);
    expect(result(kit, (done) => inotable.load(done))).toBe(-2);
    store.apply('mds0_inotable', { pool: 2 }, new ObjectOperation().writeFull(new Uint8Array(20)));
    expect(result(kit, (done) => inotable.load(done))).toBe(-22);
  });

  const real = fileURLToPath(new URL('../../../../../shared/ceph-objects/mds0_inotable', import.meta.url));
  if (existsSync(real)) {
    it('reads a real one and writes the same bytes', () => {
      const kit = makeKit();
      const { inotable } = fakeRank(kit, new MemoryObjectStore({ clock: kit.clock }));
      const bytes = readFileSync(real);
      inotable.decode(new Decoder(bytes));
      expect(inotable.version).toBe(11);
      const e = new Encoder();
      inotable.encode(e);
      expect(Buffer.compare(e.view(), bytes)).toBe(0);
    });
  }
});
