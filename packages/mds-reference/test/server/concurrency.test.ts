import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import type { MClientRequest } from '../../src/messages/m-client-request.js';
import type { CInode } from '../../src/cache/cinode.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { fillCreate, isAnswered, targetOf, TestClient } from './client-kit.js';
import type { Call } from './client-kit.js';
import { TestRank } from './rank-kit.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const MAX_DIRS = 8;
const LOCKS = [
  'authlock',
  'linklock',
  'filelock',
  'xattrlock',
  'snaplock',
  'nestlock',
  'policylock',
  'flocklock',
  'dirfragtreelock',
] as const;

/** Kinds of requests, with how they are filled in; `below` gives random numbers. */
type Fill = (m: MClientRequest, below: (n: number) => number, other: FilePath) => void;
const withMask: Fill = (m) => (m.args.getattr.mask = 0x155);
const withOther: Fill = (m, _below, other) => (m.path2 = other);
const withXattr: Fill = (m, below) => {
  m.path2 = new FilePath(0, 'user.x');
  if (m.op === op.CEPH_MDS_OP_SETXATTR) m.data = Uint8Array.of(below(9));
};
const KINDS: readonly (readonly [number, Fill])[] = [
  [op.CEPH_MDS_OP_CREATE, (m) => fillCreate(m)],
  [op.CEPH_MDS_OP_CREATE, (m) => fillCreate(m)],
  [op.CEPH_MDS_OP_MKDIR, (m) => (m.args.mkdir.mode = 0o755)],
  [op.CEPH_MDS_OP_MKNOD, (m) => (m.args.mknod.mode = 0o100644)],
  [op.CEPH_MDS_OP_SYMLINK, (m) => (m.path2 = new FilePath(0, 'x'))],
  [op.CEPH_MDS_OP_UNLINK, () => undefined],
  [op.CEPH_MDS_OP_RMDIR, () => undefined],
  [op.CEPH_MDS_OP_RENAME, withOther],
  [op.CEPH_MDS_OP_RENAME, withOther],
  [op.CEPH_MDS_OP_LINK, withOther],
  [op.CEPH_MDS_OP_OPEN, (m, below) => (m.args.open.flags = [0, 1, 2, 0o1001][below(4)] as number)],
  [op.CEPH_MDS_OP_SETXATTR, withXattr],
  [op.CEPH_MDS_OP_RMXATTR, withXattr],
  [op.CEPH_MDS_OP_LOOKUP, withMask],
  [op.CEPH_MDS_OP_GETATTR, withMask],
  [op.CEPH_MDS_OP_READDIR, () => undefined],
  [op.CEPH_MDS_OP_LOOKUPINO, () => undefined],
  [op.CEPH_MDS_OP_LOOKUPNAME, (m, _below, other) => (m.path2 = new FilePath(other.ino, ''))],
  [
    op.CEPH_MDS_OP_SETATTR,
    (m, below) => Object.assign(m.args.setattr, { mask: 1 << [0, 1, 3, 5][below(4)]!, mode: 0o600, size: below(3) * 1000 }),
  ],
];
const WITHOUT_NAME = [op.CEPH_MDS_OP_GETATTR, op.CEPH_MDS_OP_READDIR, op.CEPH_MDS_OP_LOOKUPINO, op.CEPH_MDS_OP_LOOKUPNAME];

/** Everything below the root, a line each. */
async function listTree(client: TestClient): Promise<string[]> {
  const lines: string[] = [];
  const walk = async (ino: number, path: string): Promise<void> => {
    for (const [name, stat] of [...(await client.readdir(ino))].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const isDir = stat.mode >> 12 === 4;
      lines.push([path + name, stat.ino, stat.mode, stat.nlink, isDir ? 0 : stat.size, stat.symlink].join());
      if (isDir) await walk(stat.ino, `${path}${name}/`);
    }
  };
  await walk(1, '/');
  return lines;
}

function expectAtRest(inode: CInode): void {
  expect(inode.numAuthPins).toBe(0);
  expect(inode.isProjected()).toBe(false);
  for (const name of LOCKS) {
    const lock = inode[name];
    const state = [lock.isStable(), lock.isRdlocked(), lock.isWrlocked(), lock.isXlocked()];
    expect([lock.describe(), ...state]).toEqual([lock.describe(), true, false, false, false]);
  }
}

describe('many requests of three clients in flight', () => {
  it.each([1, 2, 3, 4, 197, 202])(
    'are all answered, and leave the same tree to everyone and after a restart, seed %i',
    async (seed) => {
      const random = seededRandom(seed);
      const below = (n: number): number => Math.floor(random.next() * n);
      const conf = seed % 2 === 1 ? { mds_log_events_per_segment: 32, mds_log_max_segments: 8 } : {};
      const rank = await TestRank.create({ seed, conf, latencyMs: 2 });
      const clients = [100, 200, 300].map((num) => new TestClient(rank, num));
      for (const client of clients) await client.open();
      const inos = [1];
      const pending = new Set<Call>();
      let left = 800;

      const send = (): void => {
        const [kind, fill] = KINDS[below(KINDS.length)] as (typeof KINDS)[number];
        const [dir, otherDir] = [inos[below(inos.length)] as number, inos[below(inos.length)] as number];
        const path = new FilePath(dir, WITHOUT_NAME.includes(kind) ? '' : (NAMES[below(NAMES.length)] as string));
        const other = new FilePath(otherDir, NAMES[below(NAMES.length)] as string);
        const client = clients[below(3)] as TestClient;
        pending.add(client.start(kind, path, (m) => fill(m, below, other)));
        left--;
      };
      const collect = (): void => {
        for (const call of pending) {
          if (!isAnswered(call)) continue;
          pending.delete(call);
          const [first, last] = call.replies;
          // an early answer is a promise
          if (last) expect([last.result, call.replies.length]).toEqual([first?.result, 2]);
          const made = call.request.op === op.CEPH_MDS_OP_MKDIR && first?.result === 0 && inos.length < MAX_DIRS;
          if (made) inos.push(targetOf(first).ino);
        }
      };
      const disturb = async (): Promise<void> => {
        if (below(300) === 0) rank.rank.mdcache.trimAll();
        if (below(200) === 0) await rank.clock.advanceAsync(5000);
        if (below(400) === 0) for (const ino of [...(clients[0] as TestClient).caps.keys()]) clients[0]?.release(ino);
        for (const client of clients) {
          if (below(2) === 0) client.answerHeld();
          client.hold = below(2) === 0;
        }
      };

      for (let turn = 0; left > 0 || pending.size > 0; turn++) {
        if (turn > 20_000) throw new Error(`stuck: ${[...pending].map(({ request }) => request.print()).join(', ')}`);
        if (left > 0 && below(3) > 0) send();
        const how = below(4);
        if (how === 0) rank.clock.runDeferred();
        else if (how === 1) rank.clock.step();
        else if (how === 2 && below(8) === 0) await rank.clock.advanceAsync(below(20));
        await disturb();
        rank.throwErrors();
        collect();
      }
      for (const client of clients) {
        client.hold = false;
        client.answerHeld();
      }
      await rank.clock.advanceAsync(20_000);
      expect(rank.rank.mdcache.requests.size).toBe(0);
      for (const inode of rank.rank.mdcache.inodes()) expectAtRest(inode);

      const [a, b, c] = clients as [TestClient, TestClient, TestClient];
      const tree = await listTree(a);
      expect(await listTree(b)).toEqual(tree);
      const next = await rank.restart({ seed, conf });
      await next.until(() => next.rank.isReconnect());
      for (const client of clients) client.comeBack(next);
      await next.until(() => next.rank.isActive());
      expect(await listTree(c)).toEqual(tree);
      expect([...rank.clog, ...next.clog]).toEqual([]);
    },
  );
});
