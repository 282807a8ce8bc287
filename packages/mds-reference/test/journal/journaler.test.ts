import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { Decoder, Encoder, FileLayout } from '@cephts/encoding';
import { JournalHeader } from '../../src/journal/journal-header.js';
import type { Journaler } from '../../src/journal/journaler.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { MAGIC, makeJournaler, makeKit, readAll, RecordingStore, result, SMALL } from './journal-kit.js';
import type { Kit } from './journal-kit.js';

const LOC = { pool: 2 };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function objectBytes(store: MemoryObjectStore, oid: string): Uint8Array | undefined {
  const op = new ObjectOperation();
  const data = op.read();
  return store.apply(oid, LOC, op) < 0 ? undefined : data.value;
}

function fresh(kit: Kit, store: MemoryObjectStore | RecordingStore, layout = SMALL, format = 1): Journaler {
  const journaler = makeJournaler(kit, store);
  journaler.setWriteable();
  journaler.create(layout, format);
  journaler.writeHead();
  kit.clock.advance(10);
  return journaler;
}

function recovered(kit: Kit, store: MemoryObjectStore): Journaler {
  const journaler = makeJournaler(kit, store);
  expect(result(kit, (done) => journaler.recover(done))).toBe(0);
  return journaler;
}

describe('Journaler', () => {
  it('writes the head and the entries byte for byte as Ceph lays them out', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store, FileLayout.default(2));
    const head = objectBytes(store, '200.00000000') as Uint8Array;
    expect(head.length).toBe(90);
    const header = JournalHeader.decode(new Decoder(head));
    expect(header).toMatchObject({ magic: MAGIC, trimmedPos: 0x400000, expirePos: 0x400000, writePos: 0x400000, streamFormat: 1 });
    const e = new Encoder();
    header.encode(e);
    expect(Buffer.compare(e.view(), head)).toBe(0);
    expect(journaler.appendEntry(text('hello'))).toBe(0x400000 + 25);
    expect(result(kit, (done) => journaler.flush(done))).toBe(0);
    const expected = new Encoder().u64big(0x3141592653589793n).blob(text('hello')).u64(0x400000).toBytes();
    expect(Buffer.compare(objectBytes(store, '200.00000001') as Uint8Array, expected)).toBe(0);
  });

  it('reads back what it wrote, over many objects, whatever the entries are long', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    const random = seededRandom(3);
    const entries = Array.from({ length: 300 }, () => random.bytes(random.u32() % 4000));
    for (const entry of entries) journaler.appendEntry(entry);
    expect(result(kit, (done) => journaler.flush(done))).toBe(0);
    expect(journaler.safePos).toBe(journaler.writePos);
    const read = readAll(kit, recovered(kit, store));
    expect(read.length).toBe(entries.length);
    expect(read.every((entry, i) => Buffer.compare(entry, entries[i] as Uint8Array) === 0)).toBe(true);
  });

  it('reads an entry that is longer than an object', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    const long = seededRandom(1).bytes(1_000_000);
    journaler.appendEntry(long);
    journaler.appendEntry(text('next'));
    expect(result(kit, (done) => journaler.flush(done))).toBe(0);
    const read = readAll(kit, recovered(kit, store));
    expect(read.map((entry) => entry.length)).toEqual([1_000_000, 4]);
    expect(Buffer.compare(read[0] as Uint8Array, long)).toBe(0);
  });

  it('completes waiters in order, when what they wait for is safe and not before', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 10 });
    const journaler = fresh(kit, store);
    journaler.trimTail();
    kit.clock.advance(100);
    const done: string[] = [];
    journaler.appendEntry(text('a'));
    journaler.waitForFlush(() => done.push('a'));
    kit.clock.advance(50);
    expect(done).toEqual([]);
    journaler.flush(() => done.push('flush a'));
    journaler.appendEntry(text('b'));
    journaler.waitForFlush(() => done.push('b'));
    kit.clock.advance(10);
    expect(done).toEqual(['a', 'flush a']);
    journaler.flush();
    kit.clock.advance(10);
    expect(done).toEqual(['a', 'flush a', 'b']);
    journaler.flush(() => done.push('nothing to flush'));
    expect(done.length).toBe(3);
    kit.run();
    expect(done[3]).toBe('nothing to flush');
  });

  it('has one flush in flight, and takes everything appended meanwhile in the next', () => {
    const kit = makeKit();
    const recording = new RecordingStore(kit.clock);
    const journaler = fresh(kit, recording);
    journaler.trimTail();
    kit.clock.advance(100);
    recording.writes.length = 0;
    for (let i = 0; i < 50; i++) {
      journaler.appendEntry(text(`entry ${i}`));
      journaler.flush();
    }
    expect(journaler.flushesInFlight).toBe(1);
    kit.clock.advance(10);
    expect(journaler.safePos).toBe(journaler.writePos);
    expect(recording.writes.filter(({ steps }) => steps[0]?.op === 'write').length).toBe(2);
  });

  it('keeps the first flush of a new journal back until the objects ahead are gone', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    // leftovers of an older, longer journal
    for (let i = 1; i < 8; i++) store.apply(`200.0000000${i}`, LOC, new ObjectOperation().writeFull(new Uint8Array(65536).fill(7)));
    const journaler = fresh(kit, store);
    journaler.appendEntry(text('first'));
    expect(result(kit, (done) => journaler.flush(done))).toBe(0);
    expect(objectBytes(store, '200.00000001')?.length).toBe(25);
    for (let i = 2; i < 7; i++) expect(objectBytes(store, `200.0000000${i}`)).toBeUndefined();
    expect(readAll(kit, recovered(kit, store)).map((entry) => Buffer.from(entry).toString())).toEqual(['first']);
  });

  it('writes a full object out by itself', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    const safe: number[] = [];
    for (let i = 0; i < 10; i++) {
      journaler.appendEntry(new Uint8Array(10_000));
      journaler.waitForFlush(() => safe.push(i));
    }
    kit.clock.advance(10);
    expect(objectBytes(store, '200.00000001')?.length).toBe(65536);
    expect(objectBytes(store, '200.00000002')).toBeUndefined();
    // six entries lie wholly in it; the seventh does not
    expect(safe).toEqual([0, 1, 2, 3, 4, 5]);
    expect(journaler.safePos).toBe(65536 + 6 * 10_020);
  });

  it('trims the objects before the expire position once the head that names it is stored', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    for (let i = 0; i < 40; i++) journaler.appendEntry(new Uint8Array(10_000).fill(i));
    expect(result(kit, (done) => journaler.flush(done))).toBe(0);
    const expire = 65536 + 20 * 10_020;
    journaler.setExpirePos(expire);
    journaler.trim();
    kit.clock.advance(10);
    expect(objectBytes(store, '200.00000001')).toBeDefined();
    expect(result(kit, (done) => journaler.writeHead(done))).toBe(0);
    kit.clock.advance(10);
    expect(objectBytes(store, '200.00000001')).toBeUndefined();
    expect(objectBytes(store, '200.00000004')).toBeDefined();
    expect(journaler.trimmedPos).toBe(4 * 65536);
    const again = recovered(kit, store);
    expect(again.expirePos).toBe(expire);
    expect(readAll(kit, again).map((entry) => entry[0])).toEqual(Array.from({ length: 20 }, (_, i) => i + 20));
  });

  it('reads its own tail while it is written, flushing what it wants to read', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 1 });
    const journaler = fresh(kit, store);
    kit.clock.advance(100);
    const seen: string[] = [];
    const consume = (): void => {
      for (; journaler.isReadable();) seen.push(Buffer.from(journaler.tryReadEntry() as Uint8Array).toString());
      if (!journaler.haveWaiter()) journaler.waitForReadable(consume);
    };
    for (let i = 0; i < 20; i++) {
      journaler.appendEntry(text(`item ${i}`));
      consume();
      if (i % 3 === 0) kit.clock.advance(1);
    }
    kit.clock.advance(20);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `item ${i}`));
  });

  it('answers -ENOENT without a head, and -EINVAL to one that makes no sense', () => {
    const kit = makeKit();
    const recover = (store: MemoryObjectStore): number => {
      const journaler = makeJournaler(kit, store);
      return result(kit, (done) => journaler.recover(done));
    };
    expect(recover(new MemoryObjectStore({ clock: kit.clock }))).toBe(-2);
    const cases: [string, (header: JournalHeader) => void][] = [
      ['magic', (header) => (header.magic = 'something else')],
      ['order', (header) => (header.expirePos = header.writePos + 1)],
      ['layout', (header) => (header.layout = new FileLayout(3, 1, 3, 2))],
    ];
    for (const [, damage] of cases) {
      const store = new MemoryObjectStore({ clock: kit.clock });
      fresh(kit, store);
      const header = JournalHeader.decode(new Decoder(objectBytes(store, '200.00000000') as Uint8Array));
      damage(header);
      const e = new Encoder();
      header.encode(e);
      store.apply('200.00000000', LOC, new ObjectOperation().writeFull(e.toBytes()));
      expect(recover(store)).toBe(-22);
    }
    const store = new MemoryObjectStore({ clock: kit.clock });
    fresh(kit, store);
    store.apply('200.00000000', LOC, new ObjectOperation().truncate(40));
    expect(recover(store)).toBe(-22);
  });

  it('answers -EINVAL where the head promises more than there is', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    journaler.appendEntry(new Uint8Array(1000));
    result(kit, (done) => journaler.flush(done));
    result(kit, (done) => journaler.writeHead(done));
    store.apply('200.00000001', LOC, new ObjectOperation().truncate(500));
    const again = makeJournaler(kit, store);
    expect(result(kit, (done) => again.recover(done))).toBe(-22);
  });

  it('stops with -EINVAL at a damaged entry', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    for (let i = 0; i < 3; i++) journaler.appendEntry(text(`entry ${i}`));
    result(kit, (done) => journaler.flush(done));
    store.apply('200.00000001', LOC, new ObjectOperation().write(27, Uint8Array.of(0)));
    const again = recovered(kit, store);
    expect(() => readAll(kit, again)).toThrow('-22');
  });

  it('reads and writes the legacy format, which has no sentinels', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store, SMALL, 0);
    journaler.appendEntry(text('old'));
    journaler.appendEntry(text('style'));
    result(kit, (done) => journaler.flush(done));
    expect(objectBytes(store, '200.00000001')?.length).toBe(4 + 3 + 4 + 5);
    const again = recovered(kit, store);
    expect(again.streamFormat).toBe(0);
    expect(readAll(kit, again).map((entry) => Buffer.from(entry).toString())).toEqual(['old', 'style']);
  });

  it('tells the handler, once, of a write that failed', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    const errors: number[] = [];
    const safe: number[] = [];
    journaler.setWriteErrorHandler((r) => errors.push(r));
    journaler.appendEntry(text('x'));
    journaler.waitForFlush((r) => safe.push(r));
    kit.clock.advance(10);
    void store.close();
    journaler.flush();
    kit.clock.advance(10);
    expect(errors).toEqual([-125]);
    expect(safe).toEqual([]);
  });

  it('turns everyone away when it shuts down', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const journaler = fresh(kit, store);
    kit.clock.advance(100);
    const results: number[] = [];
    journaler.appendEntry(text('x'));
    journaler.flush((r) => results.push(r));
    journaler.waitForReadable((r) => results.push(r));
    journaler.shutdown();
    journaler.flush((r) => results.push(r));
    journaler.waitForReadable((r) => results.push(r));
    kit.clock.advance(20);
    expect(results).toEqual([-11, -11, -11, -11]);
  });

  it('forgets an entry that was begun and given up', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    journaler.appendEntry(text('one'));
    journaler.beginEntry().raw(text('half'));
    journaler.abortEntry();
    journaler.appendEntry(text('two'));
    result(kit, (done) => journaler.flush(done));
    expect(readAll(kit, recovered(kit, store)).map((entry) => Buffer.from(entry).toString())).toEqual(['one', 'two']);
  });

  it('erases all its objects', () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const journaler = fresh(kit, store);
    for (let i = 0; i < 40; i++) journaler.appendEntry(new Uint8Array(10_000));
    result(kit, (done) => journaler.flush(done));
    expect(result(kit, (done) => journaler.erase(done))).toBe(0);
    expect(store.list(LOC)).toEqual([]);
  });
});

describe('a journal after a crash', () => {
  /** Appends, flushes, expires and trims at random; notes how many operations had been handed in when each entry was reported safe. */
  function workload(seed: number): {
    kit: Kit;
    recording: RecordingStore;
    entries: Uint8Array[];
    ends: number[];
    safeAt: number[];
  } {
    const kit = makeKit();
    const recording = new RecordingStore(kit.clock);
    const random = seededRandom(seed);
    const journaler = fresh(kit, recording);
    const entries: Uint8Array[] = [];
    const ends: number[] = [];
    const safeAt: number[] = [];
    for (let step = 0; step < 150; step++) {
      const kind = random.u32() % 10;
      if (kind < 6) {
        const entry = random.bytes(random.u32() % 6000);
        const index = entries.push(entry) - 1;
        ends.push(journaler.appendEntry(entry));
        journaler.waitForFlush(() => (safeAt[index] = recording.writes.length));
      } else if (kind < 8) journaler.flush();
      else if (kind === 8) kit.clock.advance(random.u32() % 4);
      else {
        const safe = ends.filter((end) => end <= journaler.safePos);
        const expire = safe[Math.floor(safe.length / 2)];
        if (expire !== undefined && expire > journaler.expirePos) journaler.setExpirePos(expire);
        journaler.writeHead();
      }
    }
    journaler.flush();
    kit.clock.advance(100);
    expect(journaler.safePos).toBe(journaler.writePos);
    return { kit, recording, entries, ends, safeAt };
  }

  it.each([1, 2, 3])('has every entry that was reported safe, wherever it was cut off (seed %i)', (seed) => {
    const { kit, recording, entries, ends, safeAt } = workload(seed);
    expect(kit.warnings).toEqual([]);
    let torn = 0;
    for (let cut = 0; cut <= recording.writes.length; cut++) {
      const journaler = makeJournaler(kit, recording.after(cut));
      const r = result(kit, (done) => journaler.recover(done));
      const safe = safeAt.filter((at) => at <= cut).length;
      if (r === -2) {
        expect(safe).toBe(0);
        continue;
      }
      expect(r).toBe(0);
      const first = ends.filter((end) => end <= journaler.expirePos).length;
      const end = journaler.writePos;
      const read = readAll(kit, journaler);
      if (journaler.writePos < end) torn++;
      // what is there is what was appended, in order, with nothing left out
      expect(read.every((entry, i) => Buffer.compare(entry, entries[first + i] as Uint8Array) === 0)).toBe(true);
      expect(first + read.length).toBeGreaterThanOrEqual(safe);
    }
    expect(torn).toBeGreaterThan(0);
    expect(kit.warnings).toEqual([]);
  });

  it.each([4, 5])('goes on behind the last whole entry, and half an entry never comes back (seed %i)', (seed) => {
    const { kit, recording, entries, ends } = workload(seed);
    for (let cut = 2; cut <= recording.writes.length; cut += 3) {
      const store = recording.after(cut);
      const journaler = makeJournaler(kit, store);
      if (result(kit, (done) => journaler.recover(done)) < 0) continue;
      const first = ends.filter((end) => end <= journaler.expirePos).length;
      const read = readAll(kit, journaler);
      journaler.setWriteable();
      journaler.trimTail();
      const added = [text('after the crash'), new Uint8Array(100_000).fill(1)];
      for (const entry of added) journaler.appendEntry(entry);
      expect(result(kit, (done) => journaler.flush(done))).toBe(0);
      kit.clock.advance(10);
      const again = recovered(kit, store);
      const expected = [...entries.slice(first, first + read.length), ...added];
      const got = readAll(kit, again);
      expect(got.map((entry) => entry.length)).toEqual(expected.map((entry) => entry.length));
      expect(got.every((entry, i) => Buffer.compare(entry, expected[i] as Uint8Array) === 0)).toBe(true);
    }
    expect(kit.warnings).toEqual([]);
  });
});
