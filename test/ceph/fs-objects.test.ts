// What our MDS leaves in the metadata pool next to what a C++ ceph-mds leaves after the same operations: the same objects, the same keys, the
// same encodings; the fields that differ are the ones docs/differences.md names.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Decoder } from '@cephts/encoding';
import { Cluster } from '@cephts/rados';
import type { IoCtx } from '@cephts/rados';
import { Fnode, InodeBacktrace, readDentryValue } from '../../packages/mds-reference/src/types/index.js';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

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

/** A table as `cephfs-table-tool` shows it, but for what names the client, which is the cluster's to give, and the time for which the tool has had it. */
function tableOf(cluster: FsCluster, table: string): unknown {
  const free = ['id', 'num', 'nonce', 'inst', 'uptime'];
  return JSON.parse(cluster.tool('cephfs-table-tool', 'all', 'show', table), (key, value: unknown) =>
    free.includes(key) ? key : value,
  );
}

/** The same for the bytes of a session: a client's id stands there in eight bytes, its nonce in four behind the type of its address. */
function withoutIds(key: string, value: Uint8Array): string {
  const id = Buffer.alloc(8);
  id.writeBigUInt64LE(BigInt(key.replace(/.*client\./, '')));
  const hex = Buffer.from(value).toString('hex').replaceAll(id.toString('hex'), 'id');
  return hex.replace(/(0101011c00000003000000)[0-9a-f]{8}/g, '$1nonce');
}

/**
 * The same for the header of the table of open files: how often it was saved, and whether that was the first time, which is saved by way of a journal,
 * is a matter of time. They stand around the number of its objects.
 */
function withoutSaves(value: Uint8Array): string {
  const hex = Buffer.from(value).toString('hex');
  return hex.replace(/(01010d000000)[0-9a-f]{16}([0-9a-f]{8})0[0-2]$/, '$1version$2state');
}

/** What `name` holds, decoded; undefined where only its bytes count. */
function decoded(name: string, bytes: Uint8Array): unknown {
  const d = new Decoder(bytes, name);
  if (/^[0-9a-f]+\.[0-9a-f]+ omap .*_head$/.test(name)) return readDentryValue(d);
  if (/^[0-9a-f]+\.[0-9a-f]+ header$/.test(name)) return Fnode.decode(d);
  if (name.endsWith(' xattr parent')) return InodeBacktrace.decode(d);
  return undefined;
}

/** What one of the clusters stores, and the number of its data pool. */
interface Stored {
  parts: Parts;
  tables: Map<string, unknown>;
  pool: string;
}

function flatten(value: unknown, at: string, into: Map<string, string>): Map<string, string> {
  if (value instanceof Map || value instanceof Set) return flatten([...value], at, into);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return into.set(at, String(value));
  // a time is one field
  if ('sec' in value && 'nsec' in value) return into.set(at, `${String(value.sec)}.${String(value.nsec)}`);
  for (const [key, part] of Object.entries(value)) flatten(part, at === '' ? key : `${at}.${key}`, into);
  return into;
}

describeWithCeph('objects of ours and of a C++ ceph-mds', () => {
  const clusters: FsCluster[] = [];
  let ours: Stored;
  let theirs: Stored;

  /** The same operations on a fresh file system, stored. */
  async function objectsOf(name: string, port: number): Promise<Stored> {
    // how far sums go up must not hang on the time between two operations
    const cluster = await FsCluster.start({ port, conf: 'mds dirstat min interval = 0\n' });
    clusters.push(cluster);
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
      // a manager that makes a pool of its own meanwhile takes a number
      const pool = String(rados.osdmap.poolByName('data'));
      return { parts, tables, pool };
    } finally {
      await rados.shutdown();
      await stays.close();
      await cluster.endMds(name);
    }
  }

  beforeAll(async () => {
    theirs = await objectsOf('ca', 19_700);
    ours = await objectsOf('tb', 19_710);
  }, 180_000);

  afterAll(() => Promise.all(clusters.map((cluster) => cluster.stop())));

  it('have the same names, keys and xattrs', () => {
    const names = (parts: Parts): string[] => [...parts.keys()].filter((name) => !name.includes('omap client.')).sort();
    expect(names(ours.parts)).toEqual(names(theirs.parts));
  });

  it('hold the same tables, as cephfs-table-tool shows them and byte for byte', () => {
    expect(ours.tables).toEqual(theirs.tables);
    expect(JSON.stringify(ours.tables.get('session'))).toMatch(/"created_ino":"0x[0-9a-f]+".*"prealloc_inos":\[\{/);
    const bytesOf = (parts: Parts): Record<string, string> => {
      const bytes: Record<string, string> = {};
      for (const [name, value] of parts) {
        if (!/^mds(0_inotable|_snaptable|0_sessionmap|0_openfiles)/.test(name)) continue;
        if (name.includes('client.')) bytes.session = withoutIds(name, value);
        else bytes[name] = name.endsWith('openfiles.0 header') ? withoutSaves(value) : Buffer.from(value).toString('hex');
      }
      return bytes;
    };
    expect(bytesOf(ours.parts)).toEqual(bytesOf(theirs.parts));
  });

  it('differ in times alone', () => {
    const differing = new Set<string>();
    for (const [name, bytes] of theirs.parts) {
      const mine = ours.parts.get(name);
      if (!mine) continue;
      const [a, b] = [decoded(name, bytes), decoded(name, mine)];
      if (a === undefined) continue;
      const [left, right] = [flatten(a, '', new Map()), flatten(b, '', new Map())];
      expect([...right.keys()]).toEqual([...left.keys()]);
      for (const [field, value] of left) {
        const other = right.get(field);
        const isPool = /(^|\.)pool(Id)?$/.test(field) && value === theirs.pool && other === ours.pool;
        if (other === value || isPool) continue;
        differing.add(field.split('.').at(-1) as string);
      }
    }
    const allowed = ['atime', 'btime', 'ctime', 'mtime', 'rctime'];
    expect([...differing].filter((field) => !allowed.includes(field))).toEqual([]);
  });
});
