import { beforeEach, describe, expect, it } from '@jest/globals';
import { UTime } from '@cephts/encoding';
import { cephfsFeaturesAll, cephfsMetricFeaturesAll } from '../../src/types/cephfs-features.js';
import { capString } from '../../src/types/caps.js';
import { CEPH_INO_ROOT } from '../../src/types/ceph-fs.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { isAnswered, targetOf, TestClient } from './client-kit.js';
import { TestRank } from './rank-kit.js';

const CEPH_CAP_FILE_WR = 0x1000;
const CEPH_CAP_FILE_EXCL = 0x0200;
/** Writing, buffering, and holding the file alone. */
const CEPH_CAP_ANY_FILE_WR = 0x3200;

let rank: TestRank;
let a: TestClient;
let b: TestClient;

beforeEach(async () => {
  rank = await TestRank.create();
  a = new TestClient(rank, 100);
  b = new TestClient(rank, 200);
  await a.open();
  await b.open();
});

describe('a session', () => {
  it('opens with all features and metrics of the MDS in the answer', () => {
    const [open] = a.sessionReplies;
    expect([open?.op, open?.headVersion]).toEqual([op.CEPH_SESSION_OPEN, 5]);
    expect(String(open?.supportedFeatures)).toBe(String(cephfsFeaturesAll()));
    expect(String(open?.metricSpec)).toBe(String(cephfsMetricFeaturesAll()));
  });

  it('is renewed, with the number the client sent', async () => {
    a.sendSession(op.CEPH_SESSION_REQUEST_RENEWCAPS, 17);
    await rank.clock.settle();
    const last = a.sessionReplies.at(-1);
    expect([last?.op, last?.sessionSeq]).toEqual([op.CEPH_SESSION_RENEWCAPS, 17]);
  });

  it('gets inode numbers with its first create, which is answered when they are safe', async () => {
    expect(a.session.freePreallocInos.size).toBe(0);
    await a.create('f');
    expect([...a.calls.values()].at(-1)?.replies.map(({ safe }) => safe)).toEqual([true]);
    expect(a.session.info.preallocInos.size).toBeGreaterThan(900);
    await a.create('g');
    expect([...a.calls.values()].at(-1)?.replies.map(({ safe }) => safe)).toEqual([false, true]);
  });

  it('closes when the client has seen all that was pushed to it, and gives back what it holds', async () => {
    await a.create('f');
    a.sendSession(op.CEPH_SESSION_REQUEST_CLOSE, a.pushSeq);
    await rank.until(() => a.sessionReplies.at(-1)?.op === op.CEPH_SESSION_CLOSE);
    expect(a.session.isClosed()).toBe(true);
    expect(a.session.caps.size).toBe(0);
    expect(rank.rank.sessionmap.getSessionByClient(100)).toBeUndefined();
    await b.create('f');
    expect(b.revokes).toBe(0);
  });

  it('stays open where a request to close crossed a push', async () => {
    await a.create('f');
    a.hold = true;
    const stat = b.start(op.CEPH_MDS_OP_LOOKUP, 'f', (m) => (m.args.getattr.mask = 0x155));
    a.sendSession(op.CEPH_SESSION_REQUEST_CLOSE, a.pushSeq);
    await rank.clock.advanceAsync(10);
    expect(a.session.isOpen()).toBe(true);
    a.sendSession(op.CEPH_SESSION_REQUEST_CLOSE, a.pushSeq);
    await rank.until(() => a.session.isClosed() && isAnswered(stat));
    expect(stat.replies[0]?.result).toBe(0);
  });

  it('is stored with the name that its client was let in by, and the fragments in which it holds something', async () => {
    const { openFileTable } = rank.rank.mdcache;
    expect(String(a.session.info.authName)).toBe('client.test');
    const dir = targetOf(await a.mkdir('d')).ino;
    await a.create(new FilePath(dir, 'f'));
    const frags = (ino: number): number[] => [...(openFileTable.anchorOf(ino)?.frags ?? [])];
    expect([frags(CEPH_INO_ROOT), frags(dir)]).toEqual([[0], [0]]);
    a.sendSession(op.CEPH_SESSION_REQUEST_CLOSE, a.pushSeq);
    await rank.until(() => a.session.isClosed());
    expect([frags(CEPH_INO_ROOT), frags(dir)]).toEqual([[], []]);
  });

  it('is opened once only', async () => {
    const before = a.sessionReplies.length;
    a.sendSession(op.CEPH_SESSION_REQUEST_OPEN);
    await rank.clock.advanceAsync(10);
    expect(a.sessionReplies.length).toBe(before);
  });
});

describe('caps', () => {
  let ino: number;

  beforeEach(async () => {
    await a.create('first');
    ino = targetOf(await a.create('f')).ino;
  });

  const inode = () => {
    const found = rank.rank.mdcache.getInode(ino);
    if (!found) throw new Error('not in the cache');
    return found;
  };

  it('of a new file are all there are, with room to write', () => {
    expect(capString(a.caps.get(ino)?.issued ?? 0)).toBe('pAsxLsXsxFsxcrwb');
    expect(inode().inode.getMaxSize()).toBe(4 << 20);
  });

  it('flushed with their size and times are acknowledged when that is safe', async () => {
    const mtime = UTime.fromMillis(1_800_000_000_000);
    a.update(ino, (m) => {
      Object.assign(m, { dirty: CEPH_CAP_FILE_WR | CEPH_CAP_FILE_EXCL, size: 1234, maxSize: 8 << 20, tid: 77 });
      Object.assign(m, { mtime, atime: mtime, ctime: mtime });
    });
    await rank.until(() => a.capMessages.some((m) => m.op === op.CEPH_CAP_OP_FLUSH_ACK));
    const ack = a.capMessages.find((m) => m.op === op.CEPH_CAP_OP_FLUSH_ACK);
    expect([ack?.tid, ack?.dirty]).toEqual([77, CEPH_CAP_FILE_WR | CEPH_CAP_FILE_EXCL]);
    expect(inode().inode.size).toBe(1234);
    expect(inode().inode.mtime.compare(mtime)).toBe(0);
    expect(inode().inode.getMaxSize()).toBeGreaterThanOrEqual(8 << 20);
  });

  it('are revoked for a reader, who waits for what is dirty', async () => {
    a.hold = true;
    const stat = b.start(op.CEPH_MDS_OP_GETATTR, new FilePath(ino, ''), (m) => (m.args.getattr.mask = 0x155));
    await rank.clock.advanceAsync(100);
    expect(stat.replies).toEqual([]);
    expect(a.held.length).toBeGreaterThan(0);
    for (const m of a.held.splice(0)) {
      a.answer(m, (ack) => Object.assign(ack, { dirty: CEPH_CAP_FILE_WR, size: 5000, tid: 78, wanted: a.caps.get(ino)?.wanted }));
    }
    a.hold = false;
    await rank.until(() => isAnswered(stat));
    expect(targetOf(stat.replies[0]!).size).toBe(5000);
  });

  it('that are wanted no more leave no room to write', async () => {
    a.update(ino, (m) => {
      m.wanted = 0;
      m.caps &= ~CEPH_CAP_ANY_FILE_WR;
    });
    await rank.clock.advanceAsync(100);
    expect(inode().inode.getMaxSize()).toBe(0);
  });

  it('given back are gone, and so are those of a session that ends', async () => {
    a.release(ino);
    await rank.clock.advanceAsync(100);
    expect(inode().clientCaps.size).toBe(0);
    await b.stat('f');
    expect(inode().clientCaps.size).toBe(1);
    rank.rank.server.killSession(b.session);
    await rank.clock.advanceAsync(100);
    expect(inode().clientCaps.size).toBe(0);
    rank.throwErrors();
  });

  it('come back with a request that releases them', async () => {
    const cap = a.caps.get(ino)!;
    const { RequestRelease } = await import('../../src/messages/m-client-request.js');
    const release = Object.assign(new RequestRelease(), { ino, capId: cap.capId, caps: 1, seq: cap.seq, issueSeq: cap.issueSeq });
    const before = a.revokes;
    expect(await a.result(op.CEPH_MDS_OP_UNLINK, 'f', (m) => (m.releases = [release]))).toBe(0);
    expect(a.revokes).toBe(before);
  });

  it('survive a restart: the client tells of them, and goes on with them', async () => {
    const issued = a.caps.get(ino)?.issued;
    const next = await rank.restart();
    await next.until(() => next.rank.isReconnect());
    a.comeBack(next);
    b.comeBack(next);
    await next.until(() => next.rank.isActive());
    rank = next;
    expect(inode().clientCaps.size).toBe(1);
    expect(capString(a.caps.get(ino)?.issued ?? 0)).toBe(capString(issued ?? 0));
    expect(typeof (await b.stat('f'))).toBe('object');
    expect(a.revokes).toBeGreaterThan(0);
  });
});

describe('after a restart', () => {
  it('a client that does not come back is ended after mds_reconnect_timeout, and the others go on', async () => {
    await a.create('f');
    const next = await rank.restart();
    await next.until(() => next.rank.isReconnect());
    a.comeBack(next);
    const begin = next.clock.monotonicNow();
    await next.until(() => next.rank.isActive());
    expect(next.clock.monotonicNow() - begin).toBeGreaterThanOrEqual(45_000);
    expect(next.rank.sessionmap.getSessionByClient(200)).toBeUndefined();
    expect([...(await a.readdir(1)).keys()]).toEqual(['f']);
    expect(next.clog).toEqual([expect.stringContaining('evicting unresponsive client host200')]);
  });
});

describe('an inode number that is in use although it looks free', () => {
  const inoOf = async (client: TestClient, name: string): Promise<number> => targetOf(await client.create(name)).ino;

  it('is not given out a second time, be it a session or the table that offers it', async () => {
    const { sessionmap, inotable } = rank.rank;
    const used = await inoOf(a, 'f');
    a.session.freePreallocInos.insert(used, 1);
    a.session.info.preallocInos.insert(used, 1);
    expect(await inoOf(a, 'g')).toBeGreaterThan(used);
    expect(a.session.info.preallocInos.contains(used)).toBe(false);
    // the first of a session comes from the table
    inotable.free.insert(used, 1);
    inotable.projectedFree.insert(used, 1);
    expect(await inoOf(b, 'h')).not.toBe(used);
    expect(inotable.isMarkedFree(used)).toBe(false);
    await rank.clock.advanceAsync(1000);
    expect([inotable.version, sessionmap.version]).toEqual([inotable.projectedVersion, sessionmap.projected]);
    const line = `error: inode number 0x${used.toString(16)} was free, but is in use: it is passed over`;
    expect(rank.clog.filter((text) => text.includes('inode number'))).toEqual([line, line]);

    const complaints = rank.clog.length;
    const next = await rank.restart();
    await next.until(() => next.rank.isActive());
    const again = new TestClient(next, 300);
    await again.open();
    const found = await again.readdir(CEPH_INO_ROOT);
    expect(new Set([...found.values()].map(({ ino }) => ino)).size).toBe(3);
    expect(next.clog.slice(complaints).filter((text) => text.includes('mismatch'))).toEqual([]);
  });
});
