import { beforeEach, describe, expect, it } from '@jest/globals';
import { ERRNO } from '@cephts/common';
import type { EUpdate } from '../../src/journal/events/e-update.js';
import type { MClientRequest } from '../../src/messages/m-client-request.js';
import { decodeReplyTrace } from '../../src/messages/reply-trace.js';
import { MDSAuthCaps } from '../../src/server/mds-auth-caps.js';
import { flushJournal } from '../../src/rank/flush-journal.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { fillCreate, isAnswered, targetOf, TestClient } from './client-kit.js';
import type { Call } from './client-kit.js';
import { TestRank } from './rank-kit.js';

let rank: TestRank;
let client: TestClient;
/** What was journaled, by name: of updates their type. */
let journal: string[];

beforeEach(async () => {
  rank = await TestRank.create();
  client = new TestClient(rank, 100);
  await client.open();
  // the first create fetches inode numbers for the session, and isn't answered early
  await client.create('first');
  journal = [];
  const { mdlog } = rank.rank;
  const submit = mdlog.submitEntry.bind(mdlog);
  mdlog.submitEntry = (event, onSafe) => {
    journal.push((event as EUpdate).updateType ?? event.typeName);
    submit(event, onSafe);
  };
});

const results = ({ replies }: Call): [number, boolean][] => replies.map((reply) => [reply.result, reply.safe]);

describe('journal events', () => {
  const path = (name: string): FilePath => new FilePath(0, name);

  it.each<[string, number, string, string, (m: MClientRequest) => unknown]>([
    ['openc', op.CEPH_MDS_OP_CREATE, 'new', 'openc', (m) => fillCreate(m)],
    ['mknod', op.CEPH_MDS_OP_MKNOD, 'new', 'mknod', (m) => (m.args.mknod.mode = 0o100644)],
    ['mkdir', op.CEPH_MDS_OP_MKDIR, 'new', 'mkdir', (m) => (m.args.mkdir.mode = 0o755)],
    ['symlink', op.CEPH_MDS_OP_SYMLINK, 'new', 'symlink', (m) => (m.path2 = path('x'))],
    ['link', op.CEPH_MDS_OP_LINK, 'new', 'link_local', (m) => (m.path2 = new FilePath(1, 'first'))],
    ['unlink', op.CEPH_MDS_OP_UNLINK, 'first', 'unlink_local', () => undefined],
    ['rename', op.CEPH_MDS_OP_RENAME, 'new', 'rename', (m) => (m.path2 = new FilePath(1, 'first'))],
    ['setattr', op.CEPH_MDS_OP_SETATTR, 'first', 'setattr', (m) => Object.assign(m.args.setattr, { mask: 1, mode: 0o600 })],
    [
      'setxattr',
      op.CEPH_MDS_OP_SETXATTR,
      'first',
      'setxattr',
      (m) => Object.assign(m, { path2: path('user.a'), data: Uint8Array.of(1) }),
    ],
    ['open with O_TRUNC', op.CEPH_MDS_OP_OPEN, 'first', 'open_truncate', (m) => (m.args.open.flags = 0o1002)],
  ])('%s is journaled once, answered early, then safe', async (_title, kind, name, event, fill) => {
    const call = client.start(kind, name, (m) => void fill(m));
    await rank.until(() => isAnswered(call));
    expect(results(call)).toEqual([
      [0, false],
      [0, true],
    ]);
    expect(journal.filter((what) => what === event)).toEqual([event]);
  });

  it.each([
    ['who has no f is refused', 'allow rw', -ERRNO.ENOSPC],
    ['who has it adds', 'allow rwf', 0],
  ])('in a full metadata pool %s, and everybody frees room', async (_title, caps, result) => {
    client.session.authCaps = MDSAuthCaps.parse(caps);
    rank.rank.server.isFull = true;
    const created = client.start(op.CEPH_MDS_OP_CREATE, 'new', (m) => void fillCreate(m));
    await rank.until(() => isAnswered(created));
    expect(created.replies[0]?.result).toBe(result);
    const removed = client.start(op.CEPH_MDS_OP_UNLINK, 'first', () => undefined);
    await rank.until(() => isAnswered(removed));
    expect(removed.replies[0]?.result).toBe(0);
    rank.rank.server.isFull = false;
    const later = client.start(op.CEPH_MDS_OP_CREATE, 'later', (m) => void fillCreate(m));
    await rank.until(() => isAnswered(later));
    expect(later.replies[0]?.result).toBe(0);
  });

  it('questions and refusals are answered once, and journal no update', async () => {
    for (const [kind, name, result] of [
      [op.CEPH_MDS_OP_LOOKUP, 'first', 0],
      [op.CEPH_MDS_OP_READDIR, '', 0],
      [op.CEPH_MDS_OP_UNLINK, 'missing', -ERRNO.ENOENT],
      [op.CEPH_MDS_OP_RMDIR, 'first', -ERRNO.ENOTDIR],
      [op.CEPH_MDS_OP_MKDIR, 'first', -ERRNO.EEXIST],
      [op.CEPH_MDS_OP_LOOKUP, 'first/below', -ERRNO.ENOTDIR],
      [op.CEPH_MDS_OP_CREATE, 'x'.repeat(256), -ERRNO.ENAMETOOLONG],
      [op.CEPH_MDS_OP_MKSNAP, 'first', -ERRNO.EOPNOTSUPP],
      [op.CEPH_MDS_OP_SETFILELOCK, 'first', -ERRNO.EOPNOTSUPP],
      [0x7777, 'first', -ERRNO.EOPNOTSUPP],
    ] as const) {
      const call = client.start(kind, name);
      await rank.until(() => isAnswered(call));
      expect([op.mdsOpName(kind), ...results(call)]).toEqual([op.mdsOpName(kind), [result, true]]);
    }
    expect(journal.filter((what) => what !== 'scatter_writebehind')).toEqual([]);
  });

  it('a size is for files only', async () => {
    await client.mkdir('d');
    const setSize = (name: string): Promise<number> =>
      client.result(op.CEPH_MDS_OP_SETATTR, name, (m) => Object.assign(m.args.setattr, { mask: 0x20, size: 1000 }));
    expect(await setSize('d')).toBe(-ERRNO.EISDIR);
    await client.call(op.CEPH_MDS_OP_SYMLINK, 'l', (m) => (m.path2 = path('x')));
    expect(await setSize('l')).toBe(-ERRNO.EINVAL);
    expect(await setSize('first')).toBe(0);
  });
});

describe('a request that is sent again', () => {
  const mkdir = (tid: number, numRetry: number): Call => {
    return client.start(
      op.CEPH_MDS_OP_MKDIR,
      'd',
      (m) => {
        m.args.mkdir.mode = 0o755;
        m.numRetry = numRetry;
      },
      tid,
    );
  };

  it('is only answered once more where it was completed', async () => {
    const first = mkdir(50, 0);
    await rank.until(() => isAnswered(first));
    const before = journal.length;
    const again = mkdir(50, 1);
    await rank.until(() => isAnswered(again));
    expect(results(again)).toEqual([[0, true]]);
    expect(again.replies[0]?.trace.length).toBe(0);
    expect(journal.length).toBe(before);
  });

  it('is remembered across a restart', async () => {
    const first = mkdir(50, 0);
    await rank.until(() => isAnswered(first));
    const next = await rank.restart();
    await next.until(() => next.rank.isReconnect());
    client.comeBack(next);
    await next.until(() => next.rank.isActive());
    rank = next;
    const again = mkdir(50, 1);
    await rank.until(() => isAnswered(again));
    expect(results(again)).toEqual([[0, true]]);
  });

  it('is a new one where the client had said that it will not come back to it', async () => {
    const first = mkdir(50, 0);
    await rank.until(() => isAnswered(first));
    client.oldestTid = 51;
    await client.stat('d');
    const again = mkdir(50, 1);
    await rank.until(() => isAnswered(again));
    expect(results(again)).toEqual([[-ERRNO.EEXIST, true]]);
  });

  it('is taken for the one under way while that runs', async () => {
    mkdir(50, 0);
    const again = mkdir(50, 1);
    await rank.until(() => isAnswered(again));
    expect(results(again).map(([result]) => result)).toEqual([0, 0]);
    expect(journal.filter((what) => what === 'mkdir')).toHaveLength(1);
  });
});

describe('a connection that drops', () => {
  it('in the middle of a request costs nothing: the answer comes with the next connection', async () => {
    const slow = await TestRank.create({ latencyMs: 10 });
    const other = new TestClient(slow, 7);
    await other.open();
    const call = other.start(op.CEPH_MDS_OP_MKDIR, 'd', (m) => (m.args.mkdir.mode = 0o755));
    other.drop();
    await slow.clock.advanceAsync(100);
    expect(call.replies).toEqual([]);
    other.reconnect();
    call.request.numRetry = 1;
    other.send(call.request);
    await slow.until(() => isAnswered(call));
    expect(results(call)).toEqual([[0, true]]);
    expect([...(await other.readdir(1)).keys()]).toEqual(['d']);
    slow.throwErrors();
  });

  it('and whose session is ended then leaves no lock and no entry half made', async () => {
    const other = new TestClient(rank, 200);
    await other.open();
    const { ino } = targetOf(await client.create('shared'));
    client.hold = true;
    const chmod = other.start(op.CEPH_MDS_OP_SETATTR, new FilePath(ino, ''), (m) => {
      Object.assign(m.args.setattr, { mask: 1, mode: 0o640 });
    });
    const waiting = client.start(op.CEPH_MDS_OP_SETATTR, new FilePath(ino, ''), (m) => {
      Object.assign(m.args.setattr, { mask: 1, mode: 0o600 });
    });
    await rank.clock.advanceAsync(10);
    client.drop();
    rank.rank.server.killSession(client.session);
    await rank.until(() => isAnswered(chmod));
    expect(results(chmod)[0]?.[0]).toBe(0);
    expect(results(waiting)).toEqual([]);
    expect(rank.rank.sessionmap.getSessionByClient(100)).toBeUndefined();
    expect(rank.rank.mdcache.requests.size).toBe(0);
    expect(journal.filter((what) => what.toLowerCase() === 'esession')).toHaveLength(2);
    expect((await other.readdir(1)).get('shared')?.mode).toBe(0o100640);
  });
});

describe('lookups by number', () => {
  let dir: number;
  let file: number;

  beforeEach(async () => {
    dir = targetOf(await client.mkdir('d')).ino;
    file = targetOf(await client.create('d/f')).ino;
  });

  const check = async (): Promise<void> => {
    const byIno = await client.call(op.CEPH_MDS_OP_LOOKUPINO, new FilePath(file, ''));
    expect([byIno.result, targetOf(byIno).ino]).toEqual([0, file]);
    const parent = await client.call(op.CEPH_MDS_OP_LOOKUPPARENT, new FilePath(file, ''));
    expect([parent.result, targetOf(parent).ino]).toEqual([0, dir]);
    const name = await client.call(op.CEPH_MDS_OP_LOOKUPNAME, new FilePath(file, ''), (m) => (m.path2 = new FilePath(dir, '')));
    expect([name.result, decodeReplyTrace(name).dentry?.dname]).toEqual([0, 'f']);
  };

  it('find what is in the cache', check);

  it('find what was trimmed, by its backtrace', async () => {
    for (const ino of [...client.caps.keys()]) client.release(ino);
    let flushed: number | undefined;
    flushJournal(rank.rank, (r: number) => (flushed = r));
    await rank.until(() => flushed === 0);
    rank.rank.mdcache.trimAll();
    expect(rank.rank.mdcache.haveInode(file)).toBe(false);
    await check();
  });

  it('find what a predecessor made', async () => {
    const next = await rank.restart();
    await next.until(() => next.rank.isReconnect());
    client.comeBack(next);
    await next.until(() => next.rank.isActive());
    rank = next;
    await check();
  });

  it('say ESTALE for a number that nothing has', async () => {
    expect(await client.result(op.CEPH_MDS_OP_LOOKUPINO, new FilePath(0x10099999999, ''))).toBe(-ERRNO.ESTALE);
  });
});
