// What our MDS leaves in the metadata pool next to what a C++ ceph-mds leaves after the same operations: the same objects, the same keys, the
// same encodings; the fields that differ are the ones docs/differences.md names.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Decoder } from '@cephts/encoding';
import { Cluster } from '@cephts/rados';
import type { IoCtx } from '@cephts/rados';
import { Fnode, InodeBacktrace, readDentryValue } from '../../packages/mds-reference/src/types/index.js';
import { FsCluster } from './fs-cluster.js';

const hasCeph = FsCluster.isInstalled;
if (!hasCeph) process.stderr.write('SKIPPED: no Ceph on this machine (ceph-mon, ceph-mgr, ceph-osd, ceph-mds, ceph, rados)\n');

/** Bytes of a part of an object, by where it is: `OID omap KEY`, `OID xattr NAME`, `OID header`. */
type Parts = Map<string, Uint8Array>;

async function partsOf(ioctx: IoCtx): Promise<Parts> {
  const parts: Parts = new Map();
  for await (const { oid } of ioctx.listObjects()) {
    // where the journals end is another matter
    if (/^(200|500)\.0*[1-9]/.test(oid)) continue;
    parts.set(oid, await ioctx.read(oid));
    const header = await ioctx.omapGetHeader(oid);
    if (header.length > 0) parts.set(`${oid} header`, header);
    for (const [name, value] of await ioctx.getXattrs(oid)) parts.set(`${oid} xattr ${name}`, value);
    for (const [key, value] of (await ioctx.omapGetVals(oid)).vals) parts.set(`${oid} omap ${key}`, value);
  }
  return parts;
}

const TABLES = ['inode', 'session', 'snap'];

/** A table as `cephfs-table-tool` shows it, but for what names the client: its id and its address are the cluster's to give. */
function tableOf(cluster: FsCluster, table: string): unknown {
  const ids = ['id', 'num', 'nonce', 'inst'];
  return JSON.parse(cluster.tool('cephfs-table-tool', 'all', 'show', table), (key, value: unknown) =>
    ids.includes(key) ? key : value,
  );
}

/** The same for the bytes of a session: a client's id stands there in eight bytes, its nonce in four behind the type of its address. */
function withoutIds(key: string, value: Uint8Array): string {
  const id = Buffer.alloc(8);
  id.writeBigUInt64LE(BigInt(key.replace(/.*client\./, '')));
  const hex = Buffer.from(value).toString('hex').replaceAll(id.toString('hex'), 'id');
  return hex.replace(/(0101011c00000003000000)[0-9a-f]{8}/g, '$1nonce');
}

/** What `name` holds, decoded; undefined where only its bytes count. */
function decoded(name: string, bytes: Uint8Array): unknown {
  const d = new Decoder(bytes, name);
  if (/^[0-9a-f]+\.[0-9a-f]+ omap .*_head$/.test(name)) return readDentryValue(d);
  if (/^[0-9a-f]+\.[0-9a-f]+ header$/.test(name)) return Fnode.decode(d);
  if (name.endsWith(' xattr parent')) return InodeBacktrace.decode(d);
  return undefined;
}

function flatten(value: unknown, at: string, into: Map<string, string>): Map<string, string> {
  if (value instanceof Map || value instanceof Set) return flatten([...value], at, into);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return into.set(at, String(value));
  // a time is one field
  if ('sec' in value && 'nsec' in value) return into.set(at, `${String(value.sec)}.${String(value.nsec)}`);
  for (const [key, part] of Object.entries(value)) flatten(part, at === '' ? key : `${at}.${key}`, into);
  return into;
}

if (!hasCeph) {
  describe.skip('objects of ours and of a C++ ceph-mds', () => {
    it('needs a Ceph', () => undefined);
  });
} else {
  describe('objects of ours and of a C++ ceph-mds', () => {
    const clusters: FsCluster[] = [];
    let ours: Parts;
    let theirs: Parts;
    let ourTables: Map<string, unknown>;
    let theirTables: Map<string, unknown>;

    /** The same operations on a fresh file system, stored. */
    async function objectsOf(name: string, port: number): Promise<{ parts: Parts; tables: Map<string, unknown> }> {
      const cluster = new FsCluster({ port });
      clusters.push(cluster);
      await cluster.ready();
      cluster.startMds(name);
      await cluster.untilState(name, 'up:active');
      const client = await cluster.client();
      const dir = (await client.mkdir(1, 'dir', { mode: 0o755 })).ino;
      const sub = (await client.mkdir(dir, 'sub', { mode: 0o700 })).ino;
      for (let i = 0; i < 5; i++) await client.create(dir, `file${i}`, { mode: 0o644 });
      const file = (await client.lookup(dir, 'file0')).ino;
      await client.setattr(file, { size: 1_000_000, mtime: { sec: 1_600_000_000, nsec: 123 } });
      await client.setxattr(file, 'user.x', Uint8Array.of(1, 2));
      await client.link(file, sub, 'hard');
      await client.symlink(dir, 'soft', 'sub/hard');
      await client.rename(dir, 'file1', sub, 'moved');
      await client.setattr((await client.lookup(dir, 'file3')).ino, { mode: 0o600, uid: 7, gid: 8 });
      await client.unlink(dir, 'file4');
      await client.sync();
      // one session stays, with inode numbers of its own; those of the one that ends go back
      const stays = await cluster.client();
      for (let i = 0; i < 3; i++) await stays.create(sub, `more${i}`, { mode: 0o644 });
      await stays.sync();
      await client.close();
      cluster.ceph('tell', `mds.${name}`, 'flush', 'journal');
      const rados = await Cluster.connect({ conf: { file: cluster.conf } });
      try {
        const parts = await partsOf(await rados.openIoctx('meta'));
        const tables = new Map(TABLES.map((table) => [table, tableOf(cluster, table)]));
        return { parts, tables };
      } finally {
        await rados.shutdown();
        await stays.close();
        await cluster.endMds(name);
      }
    }

    beforeAll(async () => {
      ({ parts: theirs, tables: theirTables } = await objectsOf('ca', 19_700));
      ({ parts: ours, tables: ourTables } = await objectsOf('tb', 19_710));
    }, 180_000);

    afterAll(() => clusters.forEach((cluster) => cluster.stop()));

    it('have the same names, keys and xattrs', () => {
      const names = (parts: Parts): string[] => [...parts.keys()].filter((name) => !name.includes('omap client.')).sort();
      expect(names(ours)).toEqual(names(theirs));
    });

    it('hold the same tables, as cephfs-table-tool shows them and byte for byte', () => {
      expect(ourTables).toEqual(theirTables);
      expect(JSON.stringify(ourTables.get('session'))).toMatch(/"created_ino":"0x[0-9a-f]+".*"prealloc_inos":\[\{/);
      const bytesOf = (parts: Parts): Record<string, string> => {
        const bytes: Record<string, string> = {};
        for (const [name, value] of parts) {
          if (!/^mds(0_inotable|_snaptable|0_sessionmap|0_openfiles)/.test(name)) continue;
          const session = name.includes('client.');
          bytes[session ? 'session' : name] = session ? withoutIds(name, value) : Buffer.from(value).toString('hex');
        }
        return bytes;
      };
      expect(bytesOf(ours)).toEqual(bytesOf(theirs));
    });

    it('differ in times alone', () => {
      const differing = new Set<string>();
      for (const [name, bytes] of theirs) {
        const mine = ours.get(name);
        if (!mine) continue;
        const [a, b] = [decoded(name, bytes), decoded(name, mine)];
        if (a === undefined) continue;
        const [left, right] = [flatten(a, '', new Map()), flatten(b, '', new Map())];
        expect([...right.keys()]).toEqual([...left.keys()]);
        for (const [field, value] of left) {
          if (right.get(field) === value) continue;
          differing.add(field.split('.').at(-1) as string);
        }
      }
      const allowed = ['atime', 'btime', 'ctime', 'mtime', 'rctime'];
      expect([...differing].filter((field) => !allowed.includes(field))).toEqual([]);
    });
  });
}
