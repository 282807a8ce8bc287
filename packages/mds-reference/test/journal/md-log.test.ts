import { describe, expect, it } from '@jest/globals';
import { EntityInst, EntityName, IntervalSet } from '@cephts/encoding';
import { EMetaBlob } from '../../src/journal/events/e-meta-blob.js';
import { ESession } from '../../src/journal/events/e-session.js';
import { EUpdate } from '../../src/journal/events/e-update.js';
import type { LogSegment } from '../../src/journal/log-segment.js';
import { MDSLogContextWrapper } from '../../src/rank/mds-context.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { fakeRank } from './fake-rank.js';
import type { FakeRank } from './fake-rank.js';
import { makeJournaler, makeKit, RecordingStore, result } from './journal-kit.js';
import type { Kit } from './journal-kit.js';

async function created(kit: Kit, store: MemoryObjectStore | RecordingStore): Promise<FakeRank> {
  const rank = fakeRank(kit, store);
  const { mdlog } = rank;
  let made: number | undefined;
  mdlog.create((r: number) => (made = r));
  mdlog.prepareNewSegment();
  mdlog.journalSegmentSubtreeMap();
  mdlog.flush();
  await kit.clock.advanceAsync(50);
  expect(made).toBe(0);
  rank.inotable.reset();
  return rank;
}

async function reopened(kit: Kit, store: MemoryObjectStore): Promise<FakeRank & { opened: number; played: number }> {
  const rank = fakeRank(kit, store);
  let opened = 1;
  let played = 1;
  rank.mdlog.open((r: number) => (opened = r));
  await kit.clock.advanceAsync(50);
  if (opened === 0) {
    rank.mdlog.replay((r: number) => (played = r));
    await kit.clock.advanceAsync(50);
  }
  return Object.assign(rank, { opened, played });
}

function submit(rank: FakeRank, what: string, onSafe?: () => void): EUpdate {
  const event = new EUpdate(what);
  rank.mdlog.startEntry(event);
  rank.mdlog.submitEntry(event, onSafe && new MDSLogContextWrapper(rank.mds, onSafe));
  return event;
}

describe('MDLog', () => {
  it('makes head, pointer and first segment, byte for byte where Ceph has them', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    expect(store.list({ pool: 2 })).toEqual(['200.00000000', '200.00000001', '400.00000000']);
    const op = new ObjectOperation();
    const pointer = op.read();
    store.apply('400.00000000', { pool: 2 }, op);
    expect(Buffer.from(pointer.value as Uint8Array).toString('hex')).toBe('01011000000000020000000000000000000000000000');
    expect(rank.mdlog.getNumSegments()).toBe(1);
    expect(rank.mdlog.getLastSegmentSeq()).toBe(1);
    expect(rank.mdlog.getCurrentSegment().offset).toBe(65536);
  });

  it('appends on md_submit, in order, and completes when the entry is durable', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 2 });
    const rank = await created(kit, store);
    const safe: string[] = [];
    const before = rank.mdlog.writePos;
    const first = submit(rank, 'first', () => safe.push('first'));
    submit(rank, 'second', () => safe.push('second'));
    expect(rank.mdlog.writePos).toBe(before);
    expect(kit.cct.threads.list().find(({ name }) => name === 'md_submit')).toMatchObject({
      owner: 'MDLog::SubmitThread',
      state: 'runnable',
    });
    kit.run();
    expect(rank.mdlog.writePos).toBeGreaterThan(before);
    expect(first.startOff).toBe(before);
    expect(safe).toEqual([]);
    kit.clock.advance(10);
    expect(safe).toEqual(['first', 'second']);
    expect(rank.mdlog.safePos).toBe(rank.mdlog.writePos);
    expect(rank.complaints).toEqual([]);
  });

  it('waits mds_log_flush_delay for more to come, unless someone asks for the flush', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    kit.cct.conf.set('mds_log_flush_delay', 2);
    const safe: string[] = [];
    submit(rank, 'a', () => safe.push('a'));
    rank.mdlog.waitForSafe(() => safe.push('all'));
    kit.clock.advance(1000);
    expect(safe).toEqual([]);
    rank.mdlog.flush();
    kit.clock.advance(1);
    expect(safe).toEqual(['a', 'all']);
    rank.mdlog.waitForSafe(() => safe.push('at once'));
    kit.clock.advance(1);
    expect(safe).toEqual(['a', 'all', 'at once']);
    kit.clock.advance(2000);
    submit(rank, 'b', () => safe.push('b'));
    kit.clock.advance(1500);
    submit(rank, 'c', () => safe.push('c'));
    kit.clock.advance(499);
    expect(safe).toEqual(['a', 'all', 'at once']);
    kit.clock.advance(2);
    expect(safe).toEqual(['a', 'all', 'at once', 'b', 'c']);
  });

  it('stands still while mds_log_pause is set', async () => {
    const kit = makeKit();
    const rank = await created(kit, new MemoryObjectStore({ clock: kit.clock }));
    kit.cct.conf.set('mds_log_pause', true);
    const before = rank.mdlog.writePos;
    submit(rank, 'a');
    kit.clock.advance(10);
    expect(rank.mdlog.writePos).toBe(before);
    kit.cct.conf.set('mds_log_pause', false);
    rank.mdlog.kickSubmitter();
    kit.clock.advance(10);
    expect(rank.mdlog.writePos).toBeGreaterThan(before);
  });

  it('insists that an event is begun before it is submitted, and one at a time', async () => {
    const kit = makeKit();
    const { mdlog } = await created(kit, new MemoryObjectStore({ clock: kit.clock }));
    const event = new EUpdate('a');
    expect(() => mdlog.submitEntry(event)).toThrow('not begun');
    mdlog.startEntry(event);
    expect(event.metablob.eventSeq).toBe(mdlog.eventSeq);
    expect(event.metablob.lastSubtreeMap).toBe(1);
    expect(() => mdlog.startEntry(new EUpdate('b'))).toThrow('begun');
    mdlog.cancelEntry(event);
    mdlog.startSubmitEntry(new EUpdate('c'));
  });

  it('begins a new segment after so many events, and where an object of the journal is full', async () => {
    const kit = makeKit();
    const rank = await created(kit, new MemoryObjectStore({ clock: kit.clock }));
    kit.cct.conf.set('mds_log_events_per_segment', 10);
    for (let i = 0; i < 9; i++) submit(rank, `${i}`);
    expect(rank.mdlog.getNumSegments()).toBe(2);
    expect(rank.mdlog.getLastSegmentSeq()).toBe(11);
    kit.cct.conf.set('mds_log_events_per_segment', 100_000);
    const big = submit(rank, 'x'.repeat(60_000));
    kit.clock.advance(10);
    expect(rank.mdlog.getNumSegments()).toBe(2);
    expect(big.segment).toBe(rank.mdlog.getCurrentSegment());
    submit(rank, 'x'.repeat(20_000));
    kit.clock.advance(10);
    submit(rank, 'next');
    expect(rank.mdlog.getNumSegments()).toBe(3);
  });

  it('replays after a restart what was submitted, in its segments', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    kit.cct.conf.set('mds_log_events_per_segment', 5);
    for (let i = 0; i < 12; i++) submit(rank, `update ${i}`);
    const session = new ESession({ clientInst: new EntityInst(new EntityName(8, 4305)), open: true, cmapv: 1 });
    rank.mdlog.startSubmitEntry(session);
    kit.clock.advance(10);
    const again = await reopened(makeKit(kit.clock), store.clone());
    expect([again.opened, again.played]).toEqual([0, 0]);
    expect(again.replayed.filter((event) => event instanceof EUpdate).map((event) => (event as EUpdate).updateType)).toEqual(
      Array.from({ length: 12 }, (_, i) => `update ${i}`),
    );
    expect(again.replayed[again.replayed.length - 1]).toMatchObject({ open: true, cmapv: 1 });
    expect([...again.mdlog.segments.keys()]).toEqual([...rank.mdlog.segments.keys()]);
    expect([...again.mdlog.segments.values()].map(({ offset, end }) => [offset, end])).toEqual(
      [...rank.mdlog.segments.values()].map(({ offset, end }) => [offset, end]),
    );
    expect(again.mdlog.eventSeq).toBe(rank.mdlog.eventSeq);
    expect(again.mdlog.numEvents).toBe(rank.mdlog.numEvents);
    expect(again.mdlog.safePos).toBe(rank.mdlog.safePos);
    expect(again.complaints).toEqual([]);
  });

  it('shows its transient threads in the table only while they run', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const rank = await created(kit, store);
    submit(rank, 'a');
    kit.clock.advance(100);
    const names = (): string[] => kit.cct.threads.list().map(({ name }) => name);
    const again = fakeRank(kit, store.clone());
    let played = false;
    again.mdlog.open(() => again.mdlog.replay(() => (played = true)));
    expect(names()).toContain('md_recov_open');
    const seen = new Set<string>();
    for (let i = 0; i < 100 && !played; i++) {
      await kit.clock.advanceAsync(1);
      for (const name of names()) seen.add(name);
    }
    expect(seen).toContain('md_log_replay');
    await kit.clock.advanceAsync(10);
    expect(names()).not.toContain('md_recov_open');
    expect(names()).not.toContain('md_log_replay');
  });

  it('expires the oldest segments, forgets them, and moves the expire position past them', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    const { mdlog } = rank;
    kit.cct.conf.set('mds_log_events_per_segment', 4);
    kit.cct.conf.set('mds_log_max_segments', 8);
    for (let i = 0; i < 100; i++) submit(rank, `${i}`);
    kit.clock.advance(10);
    const before = mdlog.getNumSegments();
    expect(before).toBeGreaterThan(20);
    for (let i = 0; i < 10; i++) {
      mdlog.trim();
      kit.clock.advance(100);
    }
    expect(mdlog.getNumSegments()).toBeLessThanOrEqual(9);
    const oldest = mdlog.getOldestSegment() as LogSegment;
    expect(mdlog.journaler.expirePos).toBe(oldest.offset);
    // the open file table is at least as new as every segment that went
    expect(rank.openFileTable.getCommittedLogSeq()).toBeGreaterThanOrEqual(oldest.seq - 1);
    kit.clock.advance(100);
    const again = await reopened(makeKit(kit.clock), store.clone());
    expect(again.played).toBe(0);
    expect(again.replayed[0]).toMatchObject({ typeName: 'ESubtreeMap', eventSeq: oldest.seq });
    expect(again.complaints).toEqual([]);
  });

  it('keeps a segment until the tables are stored that it changed', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 10 });
    const rank = await created(kit, store);
    const { mdlog, inotable, sessionmap } = rank;
    kit.clock.advance(100);
    const session = sessionmap.getOrAddSession(new EntityInst(new EntityName(8, 1)));
    sessionmap.setState(session, 2);
    const ids = new IntervalSet();
    inotable.projectAllocIds(ids, 10);
    const cmapv = sessionmap.markProjected(session);
    const event = new EUpdate('alloc');
    mdlog.startEntry(event);
    event.metablob = new EMetaBlob();
    event.metablob.setInoAlloc(0, 0, ids, session.info.inst.name, cmapv, inotable.projectedVersion);
    mdlog.submitEntry(
      event,
      new MDSLogContextWrapper(rank.mds, () => {
        inotable.applyAllocIds(ids);
        sessionmap.markDirty(session);
      }),
    );
    mdlog.startNewSegment();
    kit.clock.advance(100);
    const first = mdlog.getOldestSegment() as LogSegment;
    expect(first.inotablev).toBe(1);
    expect(mdlog.trimAll()).toBe(0);
    expect(mdlog.getExpiringSegments()).toEqual([first]);
    let expired = false;
    first.waitForExpiry(() => (expired = true));
    kit.clock.advance(100);
    expect(expired).toBe(true);
    expect(inotable.committedVersion).toBe(1);
    expect(sessionmap.committed).toBe(1);
    mdlog.trimAll();
    kit.clock.advance(100);
    expect(mdlog.getNumSegments()).toBe(1);
    expect(store.list({ pool: 2 })).toEqual(expect.arrayContaining(['mds0_inotable', 'mds0_openfiles.0', 'mds0_sessionmap']));
  });

  it('gives the rank up when the journal cannot be written', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    void store.close();
    submit(rank, 'a');
    kit.clock.advance(10);
    expect(rank.complaints).toEqual(['damaged: writing the journal failed with -125']);
  });

  it('makes the pointer where there is none, and cleans up after a change of format that was broken off', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    await created(kit, store);
    store.apply('400.00000000', { pool: 2 }, new ObjectOperation().remove());
    const without = await reopened(makeKit(kit.clock), store.clone());
    expect(without.opened).toBe(0);
    // half a journal at 0x300
    const half = store.clone();
    half.apply(
      '400.00000000',
      { pool: 2 },
      new ObjectOperation().writeFull(Buffer.from('01011000000000020000000000000003000000000000', 'hex')),
    );
    half.apply('300.00000001', { pool: 2 }, new ObjectOperation().writeFull(Uint8Array.of(1)));
    const again = await reopened(makeKit(kit.clock), half);
    expect(again.opened).toBe(0);
    const op = new ObjectOperation();
    const pointer = op.read();
    half.apply('400.00000000', { pool: 2 }, op);
    expect(Buffer.from(pointer.value as Uint8Array).toString('hex')).toBe('01011000000000020000000000000000000000000000');
  });

  it('copies a journal of the old format to the other inode, entries unchanged', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    kit.cct.conf.set('mds_journal_format', 0);
    const rank = await created(kit, store);
    for (let i = 0; i < 5; i++) submit(rank, `old ${i}`);
    kit.clock.advance(10);
    expect(rank.mdlog.journaler.streamFormat).toBe(0);
    const other = makeKit(kit.clock);
    const copy = store.clone();
    const again = await reopened(other, copy);
    expect([again.opened, again.played]).toEqual([0, 0]);
    expect(again.mdlog.journaler.ino).toBe(0x300);
    expect(again.mdlog.journaler.streamFormat).toBe(1);
    expect(again.replayed.length).toBe(6);
    expect(copy.list({ pool: 2 }).filter((name) => name.startsWith('200.'))).toEqual([]);
  });

  it('reports a damaged journal and does not replay it', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    submit(rank, 'a');
    kit.clock.advance(10);
    const broken = store.clone();
    broken.apply('200.00000000', { pool: 2 }, new ObjectOperation().truncate(10));
    expect((await reopened(makeKit(kit.clock), broken)).opened).toBe(-22);
    // an event of a type nobody knows
    const odd = store.clone();
    const journaler = makeJournaler(kit, odd);
    result(kit, (done) => journaler.recover(done));
    journaler.setWriteable();
    journaler.setReadPos(journaler.writePos);
    journaler.appendEntry(Uint8Array.of(0, 0, 0, 0, 1, 1, 4, 0, 0, 0, 0x7f, 0, 0, 0));
    result(kit, (done) => journaler.flush(done));
    const again = await reopened(makeKit(kit.clock), odd);
    expect(again.played).toBe(-22);
    expect(again.complaints.join()).toContain('corrupt journal event');
    expect(again.complaints.join()).toContain('unknown event type 127');
  });

  it('ends its threads, and what nobody was told is safe may be gone', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock, latencyMs: 5 });
    const rank = await created(kit, store);
    let safe = 0;
    submit(rank, 'a', () => safe++);
    rank.stopping = true;
    await rank.mdlog.shutdown();
    kit.clock.advance(50);
    expect(safe).toBe(0);
    expect(kit.cct.threads.list().some(({ name }) => name === 'md_submit')).toBe(false);
  });

  it('keeps up with many events: encoded once, with no promise for each', async () => {
    const kit = makeKit();
    const store = new MemoryObjectStore({ clock: kit.clock });
    const rank = await created(kit, store);
    let safe = 0;
    for (let i = 0; i < 5000; i++) submit(rank, 'openc', () => safe++);
    kit.clock.advance(10);
    expect(safe).toBe(5000);
    expect(rank.mdlog.logger.dump()).toMatchObject({ evadd: 5000 + rank.mdlog.getNumSegments() });
  });
});

describe('the journal of a crashed rank', () => {
  it('replays every event that was reported safe, at every cut point, without a complaint', async () => {
    const kit = makeKit();
    const recording = new RecordingStore(kit.clock);
    const rank = await created(kit, recording);
    kit.cct.conf.set('mds_log_events_per_segment', 7);
    kit.cct.conf.set('mds_log_max_segments', 8);
    const safeAt: number[] = [];
    for (let i = 0; i < 120; i++) {
      submit(rank, `${i}`.padEnd(i % 5 === 0 ? 9000 : 100, '.'), () => (safeAt[i] = recording.writes.length));
      if (i % 4 === 0) kit.clock.advance(1);
      if (i % 20 === 0) rank.mdlog.trim();
    }
    kit.clock.advance(50);
    expect(safeAt.length).toBe(120);
    for (let cut = 4; cut <= recording.writes.length; cut++) {
      const other = makeKit(kit.clock);
      const again = await reopened(other, recording.after(cut));
      const safe = safeAt.filter((at) => at <= cut).length;
      if (again.opened !== 0) {
        // the journal itself was not made yet
        expect(safe).toBe(0);
        continue;
      }
      expect(again.played).toBe(0);
      expect(again.complaints).toEqual([]);
      expect(other.warnings).toEqual([]);
      const numbers = again.replayed
        .filter((event) => event instanceof EUpdate)
        .map((event) => Number.parseInt((event as EUpdate).updateType, 10));
      // no gap, and up to the last one that was safe
      expect(numbers).toEqual(numbers.map((_, k) => (numbers[0] as number) + k));
      if (safe > 0) expect(numbers[numbers.length - 1]).toBeGreaterThanOrEqual(safe - 1);
    }
  });
});
