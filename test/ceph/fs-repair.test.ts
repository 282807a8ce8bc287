// Ceph's tools of last resort on what our MDS left: they find nothing to mend in what is whole, and bring back what was lost from data pool
// and backtraces.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

/** Writes files with content; prints the inode number of the directory they are in. */
const WRITE = `
import cephfs, os, sys
fs = cephfs.LibCephFS(conffile=sys.argv[1])
fs.mount()
fs.mkdir(b'/top', 0o755)
fs.mkdir(b'/top/dir', 0o755)
for i in range(20):
    fd = fs.open(b'/top/dir/file%d' % i, os.O_CREAT | os.O_RDWR, 0o644)
    fs.write(fd, b'%d ' % i * 1000, 0)
    fs.fsync(fd, False)
    fs.close(fd)
fs.link(b'/top/dir/file0', b'/top/hard')
fs.sync_fs()
print(fs.stat(b'/top/dir').st_ino)
fs.unmount()
fs.shutdown()
`;

/** Prints what is there: names, sizes, beginnings. */
const READ = `
import cephfs, os, sys
fs = cephfs.LibCephFS(conffile=sys.argv[1])
fs.mount()
def walk(at):
    handle = fs.opendir(at)
    names = []
    while entry := fs.readdir(handle):
        if entry.d_name not in (b'.', b'..'): names.append(entry.d_name)
    fs.closedir(handle)
    for name in sorted(names):
        path = at.rstrip(b'/') + b'/' + name
        stat = fs.stat(path)
        if stat.st_mode & 0o170000 == 0o040000:
            walk(path)
        else:
            fd = fs.open(path, os.O_RDONLY)
            print(path.decode(), stat.st_size, fs.read(fd, 0, 6).decode())
            fs.close(fd)
walk(b'/')
fs.unmount()
fs.shutdown()
`;

const FILES = Array.from({ length: 20 }, (_, i) => `/top/dir/file${i} ${`${i} `.length * 1000} ${`${i} `.repeat(6).slice(0, 6)}`);

describeWithCeph('tools of last resort', () => {
  let cluster: FsCluster;
  let dir = 0;

  beforeAll(async () => {
    cluster = await FsCluster.start({ port: 20_600 });
    cluster.startMds('t0');
    await cluster.untilState('t0', 'up:active');
    dir = Number(cluster.python(WRITE));
    cluster.ceph('tell', 'mds.t0', 'flush', 'journal');
    cluster.ceph('fs', 'fail', 'cephfs');
    await cluster.endMds('t0');
  }, 120_000);

  afterAll(() => cluster?.stop());

  /** What one of Ceph's commands printed, with what it complained of. */
  function said(command: string, ...args: string[]): string {
    const { stdout, stderr } = spawnSync(command, ['-c', cluster.conf, ...args], { encoding: 'utf8', timeout: 60_000 });
    return stdout + stderr;
  }

  const files = (): string[] =>
    cluster
      .python(READ)
      .split('\n')
      .filter((line) => line !== '')
      .sort();

  async function serveBy(name: string): Promise<void> {
    cluster.ceph('fs', 'set', 'cephfs', 'joinable', 'true');
    cluster.startMds(name);
    await cluster.untilState(name, 'up:active');
  }

  it('find nothing wrong with links', async () => {
    expect(said('cephfs-data-scan', 'scan_links', '--filesystem', 'cephfs')).not.toMatch(/bad|duplicate|error|remove/i);
    await serveBy('t1');
    expect(files()).toEqual([...FILES, '/top/hard 2000 0 0 0 '].sort());
    cluster.ceph('fs', 'fail', 'cephfs');
    await cluster.endMds('t1');
  }, 120_000);

  it('bring back a directory whose fragment is lost, by the backtraces of its files', async () => {
    cluster.rados('-p', 'meta', 'rm', `${dir.toString(16)}.00000000`);
    for (const args of [
      ['cephfs-journal-tool', '--rank', 'cephfs:0', 'journal', 'reset'],
      ['cephfs-table-tool', 'cephfs:0', 'reset', 'session'],
      ['cephfs-data-scan', 'scan_extents', '--filesystem', 'cephfs', 'data'],
      ['cephfs-data-scan', 'scan_inodes', '--filesystem', 'cephfs', 'data'],
      ['cephfs-data-scan', 'scan_links', '--filesystem', 'cephfs'],
    ] as [string, ...string[]][]) {
      expect(said(...args)).not.toMatch(/error|unhandled|terminate/i);
    }
    await serveBy('t2');
    expect(files().filter((line) => line.startsWith('/top/dir/'))).toEqual([...FILES].sort());
  }, 180_000);
});
