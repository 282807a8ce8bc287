import { describe, expect, it } from '@jest/globals';
import { DATA_POOL, METADATA_POOL } from '../../src/embedded/mds-monitor.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { isAnswered, targetOf, TestClient } from './client-kit.js';
import type { Call } from './client-kit.js';
import { TestRank } from './rank-kit.js';

const OPERATIONS = 10_000;
const IN_FLIGHT = 100;

describe('a rank that runs for long', () => {
  it(`keeps its journal within bounds over ${OPERATIONS} operations, and loses nothing`, async () => {
    // far less than the defaults, so that trimming has as much to do as in a hundred thousand operations
    const conf = { mds_log_events_per_segment: 128, mds_log_max_segments: 16, mds_tick_interval: 5 };
    const rank = await TestRank.create({ conf, latencyMs: 1 });
    const client = new TestClient(rank, 100);
    await client.open();
    const dir = targetOf(await client.mkdir('dir')).ino;
    const { mdlog } = rank.rank;
    let longest = 0;
    let objects = 0;
    /** A hundred at once. */
    const all = async (start: (name: FilePath) => Call, batch: number): Promise<void> => {
      const calls = Array.from({ length: IN_FLIGHT }, (_, i) => start(new FilePath(dir, `f${batch}.${i}`)));
      await rank.until(() => calls.every(isAnswered));
      expect(new Set(calls.map(({ replies }) => replies[0]?.result))).toEqual(new Set([0]));
      client.calls.clear();
      client.oldestTid = client.tid;
      longest = Math.max(longest, mdlog.writePos - mdlog.journaler.trimmedPos);
      objects = Math.max(objects, rank.store.list({ pool: METADATA_POOL }).filter((name) => name.startsWith('200.')).length);
    };
    for (let batch = 0; batch * 2 * IN_FLIGHT < OPERATIONS; batch++) {
      await all((path) => client.start(op.CEPH_MDS_OP_MKNOD, path, (m) => (m.args.mknod.mode = 0o100644)), batch);
      await all((path) => client.start(op.CEPH_MDS_OP_UNLINK, path), batch);
      // a tick now and then: that is when the journal is trimmed
      if (batch % 5 === 4) await rank.clock.advanceAsync(5000);
    }
    await rank.clock.advanceAsync(30_000);
    expect(mdlog.getNumSegments()).toBeLessThanOrEqual(17);
    expect(mdlog.writePos).toBeGreaterThan(16 * 1024 * 1024);
    // the segments that may be there, those on their way out, and the object that is not full yet
    expect(longest).toBeLessThan(12 * 1024 * 1024);
    expect(objects).toBeLessThan(5);
    const next = await rank.restart({ conf });
    await next.until(() => next.rank.isReconnect());
    client.comeBack(next);
    await next.until(() => next.rank.isActive());
    expect((await client.readdir(dir)).size).toBe(0);
    expect([...rank.clog, ...next.clog]).toEqual([]);
  }, 300_000);

  it('removes the data of files that nobody can reach any more, and no other', async () => {
    const rank = await TestRank.create();
    const client = new TestClient(rank, 100);
    await client.open();
    const names = (ino: number): string[] => [0, 1, 2].map((i) => `${ino.toString(16)}.${i.toString(16).padStart(8, '0')}`);
    const data = (): string[] => rank.store.list({ pool: DATA_POOL });
    const inos: number[] = [];
    for (const name of ['gone', 'linked', 'stays']) {
      const { ino } = targetOf(await client.create(name));
      inos.push(ino);
      await client.call(op.CEPH_MDS_OP_SETATTR, new FilePath(ino, ''), (m) =>
        Object.assign(m.args.setattr, { mask: 0x20, size: 9 << 20 }),
      );
      for (const oid of names(ino)) rank.store.apply(oid, { pool: DATA_POOL }, new ObjectOperation().writeFull(Uint8Array.of(1)));
    }
    const [gone, linked, stays] = inos as [number, number, number];
    await client.call(op.CEPH_MDS_OP_LINK, 'second', (m) => (m.path2 = new FilePath(linked, '')));
    for (const name of ['gone', 'linked']) expect(await client.result(op.CEPH_MDS_OP_UNLINK, name)).toBe(0);
    for (const ino of inos) if (client.caps.has(ino)) client.release(ino);
    await rank.clock.advanceAsync(60_000);
    expect(data()).toEqual([...names(linked), ...names(stays)].sort());
    expect(await client.result(op.CEPH_MDS_OP_UNLINK, 'second')).toBe(0);
    for (const ino of [gone, linked]) if (client.caps.has(ino)) client.release(ino);
    await rank.clock.advanceAsync(60_000);
    expect(data()).toEqual(names(stays));
    expect(rank.clog).toEqual([]);
  });
});
