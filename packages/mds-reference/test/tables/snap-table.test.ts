import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder, EntityName, UTime } from '@cephts/encoding';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MMDSTableRequest, TABLE_SNAP } from '../../src/messages/m-mds-table-request.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { fakeRank } from '../journal/fake-rank.js';
import type { FakeRank } from '../journal/fake-rank.js';
import { makeKit, result } from '../journal/journal-kit.js';
import type { Kit } from '../journal/journal-kit.js';

interface Pair extends FakeRank {
  kit: Kit;
  store: MemoryObjectStore;
  /** Delivers messages between client and server until there are none. */
  deliver(): void;
}

/** Client and server of one rank, as they are in a file system of one: messages go to itself. */
async function pair(): Promise<Pair> {
  const kit = makeKit();
  const store = new MemoryObjectStore({ clock: kit.clock });
  const rank = fakeRank(kit, store);
  rank.mdlog.create(() => undefined);
  rank.mdlog.prepareNewSegment();
  rank.mdlog.journalSegmentSubtreeMap();
  await kit.clock.advanceAsync(10);
  rank.snapserver.reset();
  const deliver = (): void => {
    // what nobody waits for is flushed after 5 ms
    for (let quiet = 0; quiet < 8; quiet++) {
      kit.clock.advance(1);
      for (const { message } of rank.sent.splice(0)) {
        quiet = 0;
        const m = message as MMDSTableRequest;
        m.src = new EntityName(2, 0);
        m.connection = {} as NonNullable<MMDSTableRequest['connection']>;
        if (m.op < 0) rank.snapclient.handleRequest(m);
        else rank.snapserver.handleRequest(m);
      }
    }
  };
  return Object.assign(rank, { kit, store, deliver });
}

function createSnap(ino: number, name: string): Uint8Array {
  const e = new Encoder().u32(0).u64(ino).string(name);
  new UTime(100, 0).encode(e);
  return e.toBytes();
}

describe('the snap table', () => {
  it('is empty on a new file system, byte for byte as Ceph writes it', async () => {
    const { snapserver, store, kit } = await pair();
    expect(result(kit, (done) => snapserver.save(done))).toBe(0);
    expect(store.list({ pool: 2 })).toContain('mds_snaptable');
    const e = new Encoder();
    snapserver.encode(e);
    const d = new Decoder(e.toBytes());
    expect(d.u64()).toBe(1);
    expect(e.length).toBe(70 + 0);
    const again = fakeRank(kit, store).snapserver;
    expect(result(kit, (done) => again.load(done))).toBe(0);
    expect([again.version, again.lastSnap, again.snaprealmV2Since]).toEqual([1, 1n, 2n]);
  });

  it('comes to the client when the server is ready, which may ask before', async () => {
    const rank = await pair();
    let synced = false;
    rank.snapclient.sync(() => (synced = true));
    expect(rank.snapclient.isSynced()).toBe(false);
    rank.snapserver.finishRecovery([0]);
    rank.deliver();
    expect(synced).toBe(true);
    expect(rank.snapclient.cachedVersion).toBe(1);
    expect(rank.snapclient.getLastSeq()).toBe(1n);
    expect(rank.complaints).toEqual([]);
  });

  it('prepares and commits a snapshot, journaled on both sides', async () => {
    const rank = await pair();
    rank.snapserver.finishRecovery([0]);
    rank.snapclient.sync();
    rank.deliver();
    let prepared: number | undefined;
    let snapid: bigint | undefined;
    rank.snapclient.prepare(createSnap(1, 's1'), (tid, reply) => {
      prepared = tid;
      snapid = new Decoder(reply).u64big();
    });
    rank.deliver();
    expect([prepared, snapid]).toEqual([2, 2n]);
    const segment = rank.mdlog.getCurrentSegment();
    rank.snapclient.commit(prepared as number, segment);
    expect(rank.snapclient.getSnaps().get(2n)?.name).toBe('s1');
    expect(rank.snapclient.hasCommitted(2)).toBe(false);
    let acked = false;
    rank.snapclient.waitForAck(2, () => (acked = true));
    rank.deliver();
    expect(acked).toBe(true);
    expect(rank.snapclient.hasCommitted(2)).toBe(true);
    expect(rank.snapserver.state.snaps.get(2n)).toMatchObject({ ino: 1, name: 's1' });
    expect(rank.snapserver.version).toBe(3);
    expect(segment.tablev.get(TABLE_SNAP)).toBe(3);
    // and away again
    const destroy = new Encoder().u32(2).u64(1).u64big(2n).toBytes();
    rank.snapclient.prepare(destroy, (tid) => rank.snapclient.commit(tid, segment));
    rank.deliver();
    expect(rank.snapserver.state.snaps.size).toBe(0);
    expect([...(rank.snapserver.state.needToPurge.get(3) ?? [])]).toEqual([2n, 3n]);
    expect(rank.complaints).toEqual([]);
  });

  it('rolls back what a restart has forgotten', async () => {
    const rank = await pair();
    rank.snapserver.finishRecovery([0]);
    rank.deliver();
    const prepare = new MMDSTableRequest(TABLE_SNAP, 3, 77, 0, createSnap(1, 'lost'));
    rank.sent.push({ message: prepare, rank: 0 });
    rank.deliver();
    expect(rank.snapserver.pendingForMds.size).toBe(0);
    expect(rank.snapserver.state.pendingUpdate.size).toBe(0);
    expect(rank.snapserver.state.snaps.size).toBe(0);
  });

  it('replays its events up to the version it was saved at', async () => {
    const rank = await pair();
    rank.snapserver.finishRecovery([0]);
    rank.snapclient.sync();
    rank.deliver();
    rank.snapclient.prepare(createSnap(1, 's1'), (tid) => rank.snapclient.commit(tid, rank.mdlog.getCurrentSegment()));
    rank.deliver();
    const again = fakeRank(rank.kit, rank.store.clone());
    again.snapserver.reset();
    again.mdlog.open(() => again.mdlog.replay(() => undefined));
    await rank.kit.clock.advanceAsync(20);
    for (const event of again.replayed) {
      if (event.typeName !== 'ETableServer') continue;
      expect(again.snapserver.replay(event as never)).toBe(true);
    }
    expect(again.snapserver.version).toBe(rank.snapserver.version);
    const [one, other] = [new Encoder(), new Encoder()];
    rank.snapserver.encode(one);
    again.snapserver.encode(other);
    expect(Buffer.compare(one.view(), other.view())).toBe(0);
  });

  it('logs and drops what it does not know', async () => {
    const rank = await pair();
    rank.snapserver.handleRequest(new MMDSTableRequest(TABLE_SNAP, 99));
    rank.snapclient.handleRequest(new MMDSTableRequest(TABLE_SNAP, -99));
    expect(rank.complaints.length).toBe(2);
  });

  const real = fileURLToPath(new URL('../../../../../shared/ceph-objects/mds_snaptable', import.meta.url));
  if (existsSync(real)) {
    it('reads a real one and writes the same bytes', async () => {
      const { snapserver } = await pair();
      const bytes = readFileSync(real);
      snapserver.decode(new Decoder(bytes));
      expect(snapserver.state.snaps.get(2n)?.name).toBe('s1');
      const e = new Encoder();
      snapserver.encode(e);
      expect(Buffer.compare(e.view(), bytes)).toBe(0);
    });
  }
});
