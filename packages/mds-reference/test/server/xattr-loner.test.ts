import { beforeEach, describe, expect, it } from '@jest/globals';
import { CEPH_CAP_ANY_FILE_WR, CEPH_CAP_AUTH_EXCL, CEPH_CAP_FILE_EXCL, CEPH_CAP_XATTR_EXCL } from '../../src/types/caps.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { isAnswered, targetOf, TestClient } from './client-kit.js';
import { TestRank } from './rank-kit.js';

/** What libcephfs wants of a file that is open for writing. */
const WANTED = CEPH_CAP_ANY_FILE_WR | CEPH_CAP_FILE_EXCL | CEPH_CAP_AUTH_EXCL | CEPH_CAP_XATTR_EXCL;

describe('a file that one client has open for writing, and with it wants all caps of', () => {
  let rank: TestRank;
  let writer: TestClient;
  let other: TestClient;
  let ino: number;

  beforeEach(async () => {
    rank = await TestRank.create({ latencyMs: 1 });
    writer = new TestClient(rank, 100);
    other = new TestClient(rank, 200);
    for (const client of [writer, other]) await client.open();
    ino = targetOf(await writer.create('file')).ino;
    writer.update(ino, (m) => (m.wanted |= WANTED));
    await rank.until(() => ((writer.caps.get(ino)?.issued ?? 0) & CEPH_CAP_XATTR_EXCL) !== 0);
  });

  it.each(['writer', 'other'] as const)(
    'takes xattrs and modes from the %s, though the writer still wants to keep them',
    async (who) => {
      const client = who === 'writer' ? writer : other;
      const path = new FilePath(ino, '');
      for (let i = 0; i < 3; i++) {
        const call = client.start(op.CEPH_MDS_OP_SETXATTR, path, (m) => {
          m.path2 = new FilePath(0, 'user.x');
          m.data = Uint8Array.of(i);
        });
        // a few revokes: nothing more goes to and fro
        await rank.until(() => isAnswered(call), 1000);
        expect(call.replies[0]?.result).toBe(0);
        expect(
          await client.result(op.CEPH_MDS_OP_SETATTR, path, (m) => Object.assign(m.args.setattr, { mask: 1, mode: 0o600 + i })),
        ).toBe(0);
        expect(
          await client.result(op.CEPH_MDS_OP_SETATTR, path, (m) => Object.assign(m.args.setattr, { mask: 0x20, size: i * 10 })),
        ).toBe(0);
        expect(writer.revokes).toBeLessThan(12 * (i + 1));
      }
      expect(rank.clog).toEqual([]);
    },
  );

  it('takes many changes at once from two that both want all', async () => {
    const path = new FilePath(ino, '');
    await other.call(op.CEPH_MDS_OP_OPEN, path, (m) => (m.args.open.flags = 2));
    other.update(ino, (m) => (m.wanted |= WANTED));
    const calls = Array.from({ length: 60 }, (_, i) => {
      const client = i % 2 === 0 ? writer : other;
      if (i % 3 === 0)
        return client.start(op.CEPH_MDS_OP_SETATTR, path, (m) =>
          Object.assign(m.args.setattr, { mask: 0x21, mode: 0o600, size: i }),
        );
      return client.start(op.CEPH_MDS_OP_SETXATTR, path, (m) => {
        m.path2 = new FilePath(0, 'user.x');
        m.data = Uint8Array.of(i);
      });
    });
    await rank.until(() => calls.every(isAnswered), 5000);
    expect(new Set(calls.map(({ replies }) => replies[0]?.result))).toEqual(new Set([0]));
    expect(rank.clog).toEqual([]);
  });
});
