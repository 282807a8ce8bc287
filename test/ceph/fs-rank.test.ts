// Our MDS holds rank 0 of a real file system: what the monitors, the manager and Ceph's own tools say of it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

/** What a program does with a file system, by python3-cephfs. */
const LIBCEPHFS = `
import cephfs, os, sys
fs = cephfs.LibCephFS(conffile=sys.argv[1])
fs.mount()
fs.mkdir(b'/lib', 0o755)
fd = fs.open(b'/lib/f', os.O_CREAT | os.O_RDWR, 0o644)
out = [fs.write(fd, b'hello world' * 1000, 0)]
fs.fsync(fd, False)
out.append(fs.read(fd, 0, 11))
fs.close(fd)
fs.rename(b'/lib/f', b'/lib/g')
fs.symlink(b'g', b'/lib/s')
fs.link(b'/lib/g', b'/lib/h')
handle = fs.opendir(b'/lib')
names = []
while entry := fs.readdir(handle): names.append(entry.d_name)
fs.closedir(handle)
out.append(sorted(names))
fs.truncate(b'/lib/g', 5)
out += [fs.stat(b'/lib/h').st_size, fs.stat(b'/lib/h').st_nlink]
fs.setxattr(b'/lib/g', 'user.x', b'1', 0)
out.append(fs.getxattr(b'/lib/g', 'user.x'))
fs.chmod(b'/lib/g', 0o600)
for name in (b'g', b'h', b's'): fs.unlink(b'/lib/' + name)
fs.rmdir(b'/lib')
fs.sync_fs()
fs.unmount()
fs.shutdown()
print(*out, 'done')
`;

describeWithCeph('rank 0 of a real file system', () => {
  let cluster: FsCluster;

  beforeAll(async () => {
    cluster = await FsCluster.start({ port: 19_300, conf: 'mds log max segments = 8\n' });
  }, 60_000);

  afterAll(() => cluster?.stop());

  const states = (name: string): string[] =>
    [...cluster.logOf(name).matchAll(/boot: state:(up:[a-z-]+)/g)].map((m) => m[1] as string);
  const perf = (name: string): Record<string, Record<string, number>> =>
    JSON.parse(cluster.ceph('tell', `mds.${name}`, 'perf', 'dump')) as Record<string, Record<string, number>>;

  it('creates the file system: up:creating, the objects of a fresh one, up:active', async () => {
    cluster.startMds('ta');
    await cluster.untilState('ta', 'up:active');
    await cluster.until(() => states('ta').length >= 2, 'its log does not end with up:active');
    expect(states('ta')).toEqual(['up:creating', 'up:active']);
    const strays = Array.from({ length: 10 }, (_, i) => `${(0x600 + i).toString(16)}.00000000`);
    const dirs = ['1.00000000', '1.00000000.inode', '100.00000000', '100.00000000.inode'];
    const logs = ['200.00000000', '200.00000001', '400.00000000', '500.00000000'];
    const objects = cluster.rados('-p', 'meta', 'ls').trim().split('\n');
    expect(objects).toEqual(
      expect.arrayContaining([...dirs, ...logs, ...strays, 'mds0_inotable', 'mds0_sessionmap', 'mds_snaptable']),
    );
  }, 60_000);

  it('is seen by mon and mgr', async () => {
    await cluster.until(() => /active\S*\s+ta/.test(cluster.ceph('fs', 'status')), 'ceph fs status does not show it');
    expect(cluster.ceph('mds', 'stat')).toContain('{0=ta=up:active}');
    expect(cluster.ceph('health', 'detail')).not.toContain('MDS');
    expect(cluster.ceph('-s')).toContain('mds: 1/1 daemons up');
    expect(cluster.ceph('mds', 'metadata', 'ta')).toContain('"ceph_release": "pacific"');
    expect(perf('ta')).toMatchObject({ mds: { inodes: expect.any(Number) }, mds_log: { evadd: expect.any(Number) } });
  }, 60_000);

  it("is read by Ceph's own tools", async () => {
    const client = await cluster.client();
    const dir = (await client.mkdir(1, 'dir', { mode: 0o755 })).ino;
    await client.create(dir, 'file', { mode: 0o644 });
    await client.sync();
    const journal = (...args: string[]): string => cluster.tool('cephfs-journal-tool', '--rank=cephfs:0', ...args);
    expect(journal('journal', 'inspect')).toContain('Overall journal integrity: OK');
    expect(journal('header', 'get')).toContain('"magic": "ceph fs volume v011"');
    const events = journal('event', 'get', 'list');
    for (const kind of ['SUBTREEMAP:', 'SESSION:', 'UPDATE:  (mkdir)', 'UPDATE:  (openc)']) expect(events).toContain(kind);
    expect(events).toMatch(/dir\/file/);
    cluster.ceph('tell', 'mds.ta', 'flush', 'journal');
    expect(cluster.tool('cephfs-table-tool', 'all', 'show', 'session')).toContain('"prealloc_inos"');
    expect(cluster.tool('cephfs-table-tool', 'all', 'show', 'snap')).toContain('"last_snap": 1');
    expect(cluster.tool('cephfs-table-tool', 'all', 'show', 'inode')).toContain('"inotable"');
    expect(cluster.rados('-p', 'meta', 'listomapkeys', `${dir.toString(16)}.00000000`)).toBe('file_head\n');
    await client.close();
  }, 60_000);

  it('serves a stock libcephfs', () => {
    expect(cluster.python(LIBCEPHFS)).toBe("11000 b'hello world' [b'.', b'..', b'g', b'h', b's'] 5 2 b'1' done\n");
  }, 60_000);

  it("takes the demo's import, by a client of its own with cephx", () => {
    const { status, out } = cluster.demo(path.join(import.meta.dirname, '..'));
    expect(out).toMatch(/[1-9]\d* entries/);
    expect({ status, out }).toMatchObject({ status: 0 });
    // what is there is left alone, and the command ends
    const again = cluster.demo(path.join(import.meta.dirname, '..'));
    expect(again.out).toContain('EEXIST');
    expect(again.status).toBe(1);
  }, 150_000);

  it('started anew it replays, takes its clients back and is active', async () => {
    const client = await cluster.client();
    await client.mkdir(1, 'kept', { mode: 0o755 });
    await client.sync();
    const before = states('ta').length;
    await cluster.endMds('ta', 'SIGTERM');
    // its last word was down:dne, and it has waited until they took it out of the map
    expect(await cluster.infoOf('ta')).toBeUndefined();
    cluster.startMds('ta');
    await cluster.untilState('ta', 'up:active');
    await cluster.until(() => states('ta').length >= before + 4, 'its log does not end with up:active');
    expect(states('ta').slice(before)).toEqual(['up:replay', 'up:reconnect', 'up:rejoin', 'up:active']);
    expect((await client.lookup(1, 'kept')).ino).toBeGreaterThan(0);
    await client.close();
  }, 150_000);

  it('follows a live journal as standby-replay, and takes over with what it has read', async () => {
    cluster.ceph('fs', 'set', 'cephfs', 'allow_standby_replay', 'true');
    cluster.startMds('tb');
    await cluster.untilState('tb', 'up:standby-replay');
    const client = await cluster.client();
    const dir = (await client.mkdir(1, 'followed', { mode: 0o755 })).ino;
    for (let i = 0; i < 200; i++) await client.create(dir, `f${i}`, { mode: 0o644 });
    await client.sync();
    await cluster.until(() => (perf('tb')['mds_log']?.['replayed'] ?? 0) > 200, 'the standby does not follow');
    await cluster.endMds('ta');
    await cluster.untilState('tb', 'up:active');
    let count = 0;
    for await (const { stat } of client.readdir(dir)) if (stat.ino > 0) count++;
    expect(count).toBe(200);
    await client.close();
    cluster.ceph('fs', 'set', 'cephfs', 'allow_standby_replay', 'false');
  }, 90_000);

  it('failed by the monitors, it comes back as another instance', async () => {
    const gid = (await cluster.infoOf('tb'))?.gid;
    cluster.ceph('mds', 'fail', 'tb');
    await cluster.untilState('tb', 'up:active');
    expect((await cluster.infoOf('tb'))?.gid).not.toBe(gid);
    expect(cluster.daemon('mds.tb')).toBeDefined();
  }, 150_000);

  it('blocklisted, it starts anew with another address', async () => {
    const addr = (await cluster.infoOf('tb'))?.addr ?? '';
    cluster.ceph('osd', 'blocklist', 'add', addr);
    // its next write is refused; who asked for it is not answered
    const tell = spawn('ceph', ['-c', cluster.conf, 'tell', 'mds.tb', 'flush', 'journal'], { stdio: 'ignore' });
    await cluster.until(async () => (await cluster.mdsInfos()).every((info) => info.addr !== addr), 'it does not start anew');
    tell.kill();
    await cluster.untilState('tb', 'up:active');
  }, 150_000);

  it('is damaged by a journal that makes no sense, and whole again when the rank is repaired', async () => {
    await cluster.endMds('tb', 'SIGTERM');
    const head = `${cluster.dir}/head`;
    const meta = (...args: string[]): string => cluster.rados('-p', 'meta', ...args);
    meta('get', '200.00000000', head);
    meta('truncate', '200.00000000', '20');
    cluster.startMds('tb');
    await cluster.until(
      () => cluster.ceph('health', 'detail').includes('MDS_DAMAGE') || cluster.ceph('mds', 'stat').includes('damaged'),
      'not damaged',
    );
    await cluster.untilState('tb', 'up:standby');
    meta('put', '200.00000000', head);
    cluster.ceph('mds', 'repaired', 'cephfs:0');
    await cluster.untilState('tb', 'up:active');
  }, 90_000);

  it('keeps a journal of bounded length over ten thousand operations, and purges the objects of files that are gone', async () => {
    const client = await cluster.client();
    const dir = (await client.mkdir(1, 'many', { mode: 0o755 })).ino;
    const first = await client.create(dir, 'data', { mode: 0o644 });
    const object = `${first.ino.toString(16)}.00000000`;
    cluster.rados('-p', 'data', 'put', object, cluster.conf);
    cluster.rados('-p', 'data', 'put', `${first.ino.toString(16)}.00000001`, cluster.conf);
    await client.setattr(first.ino, { size: 8 << 20 });
    for (let round = 0; round < 50; round++) {
      const names = Array.from({ length: 100 }, (_, i) => `f${round}.${i}`);
      await Promise.all(names.map((name) => client.create(dir, name, { mode: 0o644 })));
      await Promise.all(names.map((name) => client.unlink(dir, name)));
    }
    await client.unlink(dir, 'data');
    await client.sync();
    await client.close();
    await cluster.until(() => (perf('tb')['mds_log']?.['seg'] ?? 99) <= 12, 'segments are not trimmed');
    const journal = cluster
      .rados('-p', 'meta', 'ls')
      .split('\n')
      .filter((name) => /^200\./.test(name));
    expect(journal.length).toBeLessThan(12);
    await cluster.until(
      () => !cluster.rados('-p', 'data', 'ls').includes(object.slice(0, -9)),
      'the objects of the file are still there',
    );
  }, 240_000);
});
