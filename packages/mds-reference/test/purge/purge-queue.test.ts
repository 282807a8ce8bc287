import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder, FileLayout, fragMake } from '@cephts/encoding';
import { JournalHeader } from '../../src/journal/journal-header.js';
import { PURGE_DIR, PURGE_FILE, PurgeItem, TRUNCATE_FILE } from '../../src/purge/purge-item.js';
import { PurgeQueue } from '../../src/purge/purge-queue.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { makeKit, RecordingStore, result } from '../journal/journal-kit.js';
import type { Kit } from '../journal/journal-kit.js';

const META = { pool: 2 };
const DATA = { pool: 3 };
const put = (store: MemoryObjectStore, oid: string, loc: { pool: number; namespace?: string } = DATA): void => {
  store.apply(oid, loc, new ObjectOperation().writeFull(Uint8Array.of(1, 2, 3)));
};

function file(ino: number, size: number, layout = FileLayout.default(3)): PurgeItem {
  const item = new PurgeItem();
  item.action = PURGE_FILE;
  item.ino = ino;
  item.size = size;
  item.layout = layout;
  return item;
}

function make(kit: Kit, store: ObjectStore): PurgeQueue & { errors: number[] } {
  const errors: number[] = [];
  const queue = new PurgeQueue(kit.cct, 0, 2, store, (r) => errors.push(r));
  queue.init();
  return Object.assign(queue, { errors });
}

function created(kit: Kit, store: ObjectStore): PurgeQueue & { errors: number[] } {
  const queue = make(kit, store);
  expect(result(kit, (done) => (queue.create(done), kit.clock.advance(50)))).toBe(0);
  return queue;
}

describe('PurgeItem', () => {
  it('knows how many objects a striped file has', () => {
    const count = (size: number, layout: FileLayout): number => file(1, size, layout).numObjects;
    const plain = FileLayout.default(3);
    expect([0, 1, 1 << 22, (1 << 22) + 1].map((size) => count(size, plain))).toEqual([0, 1, 1, 2]);
    const striped = new FileLayout(65536, 3, 131072, 3);
    expect([1, 65536, 65537, 196608, 196609, 393216, 393217].map((size) => count(size, striped))).toEqual([1, 1, 2, 3, 3, 3, 4]);
  });

  it('keeps padding that a tool has put in', () => {
    const item = file(1, 2);
    item.padSize = 5;
    const e = new Encoder();
    item.encode(e);
    const again = PurgeItem.decode(new Decoder(e.view()));
    expect(again.padSize).toBe(5);
    const f = new Encoder();
    again.encode(f);
    expect(Buffer.compare(e.view(), f.view())).toBe(0);
  });
});

describe('PurgeQueue', () => {
  it('has its own finisher, timer and journal', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    created(kit, store);
    const threads = kit.cct.threads.list();
    expect(threads.find(({ name }) => name === 'PQ_Finisher')?.owner).toBe('PurgeQueue::finisher');
    expect(threads.find(({ owner }) => owner === 'PurgeQueue::timer')?.name).toBe('safe_timer');
    expect(kit.cct.perf.get('finisher-PurgeQueue')).toBeDefined();
    expect(store.list(META)).toEqual(['500.00000000']);
  });

  it('deletes the objects of a file, and remembers that it has', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const queue = created(kit, store);
    for (let i = 0; i < 3; i++) put(store, `10000000000.0000000${i}`);
    put(store, '10000000001.00000000');
    let safe = 1;
    queue.push(file(0x10000000000, 3 << 22), (r: number) => (safe = r));
    kit.clock.advance(10);
    expect(safe).toBe(0);
    expect(store.list(DATA)).toEqual(['10000000001.00000000']);
    expect(queue.isIdle()).toBe(true);
    const op = new ObjectOperation();
    const head = op.read();
    store.apply('500.00000000', META, op);
    const header = JournalHeader.decode(new Decoder(head.value as Uint8Array));
    expect(header.expirePos).toBe(queue.journaler.writePos);
    expect(kit.cct.perf.get('purge_queue')?.dump()).toMatchObject({ pq_executed: 1, pq_executing: 0, pq_item_in_journal: 0 });
  });

  it('deletes the backtrace of an empty file, and those in old pools and outside of a namespace', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const queue = created(kit, store);
    put(store, 'a.00000000');
    put(store, 'a.00000000', { pool: 9 });
    const empty = file(0xa, 0);
    empty.oldPools = [9];
    queue.push(empty, () => undefined);
    put(store, 'b.00000000', { pool: 3, namespace: 'n' });
    put(store, 'b.00000000');
    queue.push(file(0xb, 10, new FileLayout(1 << 22, 1, 1 << 22, 3, 'n')), () => undefined);
    kit.clock.advance(20);
    expect([store.list(DATA), store.list({ pool: 9 }), store.list({ pool: 3, namespace: 'n' })]).toEqual([[], [], []]);
  });

  it('cuts a file down to its empty first object, which keeps its backtrace', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const queue = created(kit, store);
    for (let i = 0; i < 3; i++) put(store, `c.0000000${i}`);
    store.apply('c.00000000', DATA, new ObjectOperation().setXattr('parent', Uint8Array.of(7)));
    const item = file(0xc, 3 << 22);
    item.action = TRUNCATE_FILE;
    queue.push(item, () => undefined);
    kit.clock.advance(20);
    expect(store.list(DATA)).toEqual(['c.00000000']);
    const op = new ObjectOperation();
    const stat = op.stat();
    const parent = op.getXattr('parent');
    expect(store.apply('c.00000000', DATA, op)).toBe(0);
    expect(stat.value?.size).toBe(0);
    expect([...(parent.value as Uint8Array)]).toEqual([7]);
  });

  it('deletes every fragment of a folder', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const queue = created(kit, store);
    const item = new PurgeItem();
    item.action = PURGE_DIR;
    item.ino = 0xd;
    item.fragtree.split(0, 1);
    for (const frag of [0, fragMake(1, 0), fragMake(1, 0x800000)]) put(store, `d.${frag.toString(16).padStart(8, '0')}`, META);
    queue.push(item, () => undefined);
    kit.clock.advance(20);
    expect(store.list(META).filter((name) => name.startsWith('d.'))).toEqual([]);
  });

  it('works on a bounded number of files at a time, and pauses at none', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const queue = created(kit, store);
    kit.cct.conf.set('mds_max_purge_files', 0);
    const safe: number[] = [];
    for (let i = 0; i < 20; i++) queue.push(file(0x100 + i, 1), () => safe.push(i));
    kit.clock.advance(500);
    // nobody reads, so nothing flushes either, until the timer does
    expect(safe).toEqual([]);
    kit.clock.advance(600);
    expect(safe.length).toBe(20);
    expect(queue.isIdle()).toBe(false);
    kit.cct.conf.set('mds_max_purge_files', 4);
    let most = 0;
    for (let i = 0; i < 300 && !queue.isIdle(); i++) {
      kit.clock.advance(1);
      most = Math.max(most, store.inFlight().filter(({ pool }) => pool === 3).length);
    }
    expect(queue.isIdle()).toBe(true);
    expect(most).toBe(4);
  });

  it('tells how far it is when it is to be emptied', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const queue = created(kit, store);
    expect(queue.drain()).toBeUndefined();
    for (let i = 0; i < 200; i++) queue.push(file(0x100 + i, 1), () => undefined);
    const first = queue.drain();
    expect(first?.progress).toBe(0);
    kit.clock.advance(60);
    for (let i = 0; i < 1000 && queue.drain() !== undefined; i++) kit.clock.advance(5);
    expect(queue.drain()).toBeUndefined();
  });

  it('finishes after a crash what it was told for good, wherever it was cut off', () => {
    const kit = makeKit();
    const recording = new RecordingStore(kit.clock);
    const queue = created(kit, recording);
    const safeAt: number[] = [];
    for (let i = 0; i < 30; i++) {
      for (let k = 0; k < 2; k++) {
        recording.operate(
          `${(0x100 + i).toString(16)}.0000000${k}`,
          DATA,
          new ObjectOperation().writeFull(Uint8Array.of(1)),
          () => undefined,
        );
      }
      queue.push(file(0x100 + i, 2 << 22), () => (safeAt[i] = recording.writes.length));
      if (i % 3 === 0) kit.clock.advance(1);
    }
    kit.clock.advance(200);
    expect(queue.isIdle()).toBe(true);
    for (let cut = 1; cut <= recording.writes.length; cut += 2) {
      const other = makeKit(kit.clock);
      const store = recording.after(cut);
      const again = make(other, store);
      let opened = 1;
      again.open((r: number) => (opened = r));
      other.clock.advance(100);
      expect(opened).toBe(0);
      const left = store.list(DATA);
      safeAt.forEach((at, i) => {
        if (at <= cut) expect(left.filter((name) => name.startsWith(`${(0x100 + i).toString(16)}.`))).toEqual([]);
      });
      expect(other.warnings).toEqual([]);
      expect(again.errors).toEqual([]);
      // and takes more
      let safe = 1;
      again.push(file(0x999, 1), (r: number) => (safe = r));
      other.clock.advance(100);
      expect(safe).toBe(0);
      void again.shutdown();
    }
  });

  it('is made where an older rank had none', () => {
    const kit = makeKit();
    const queue = make(kit, new MemoryObjectStore({ clock: kit.clock }));
    let opened = 1;
    queue.open((r: number) => (opened = r));
    expect(queue.isRecovered()).toBe(false);
    queue.waitForRecovery((r: number) => (opened += r));
    kit.clock.advance(10);
    expect(opened).toBe(0);
    expect(queue.isRecovered()).toBe(true);
  });

  it('goes read-only, and says so once, when its journal makes no sense or cannot be written', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const first = created(kit, store);
    void store.close();
    first.push(file(1, 1), () => undefined);
    kit.clock.advance(10);
    expect(first.errors).toEqual([-125]);
    let refused = 0;
    first.push(file(1, 1), (r: number) => (refused = r));
    kit.clock.advance(10);
    expect(refused).toBe(-30);
    expect(first.errors.length).toBe(1);
    const damaged = store.clone();
    damaged.apply('500.00000000', META, new ObjectOperation().truncate(8));
    const second = make(makeKit(kit.clock), damaged);
    let opened = 1;
    second.open((r: number) => (opened = r));
    kit.clock.advance(10);
    expect([opened, second.errors]).toEqual([-22, [-22]]);
  });

  it('ends at once', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const queue = created(kit, store);
    queue.push(file(1, 1), () => undefined);
    const ended = queue.shutdown();
    await kit.clock.advanceAsync(50);
    await ended;
    expect(kit.cct.threads.list().some(({ name }) => name === 'PQ_Finisher')).toBe(false);
  });
});
