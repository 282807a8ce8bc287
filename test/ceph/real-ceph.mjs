// A real one-machine Ceph on loopback, for the interop tests and as a rival in benchmarks, where Debian's Ceph is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const hasCeph = ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-mds', 'ceph'].every(
  (name) => spawnSync('which', [name]).status === 0,
);

function configOf(dir, port, fsid, further) {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]
mon initial members = a
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
admin socket = ${dir}/run/$cluster-$name.asok
run dir = ${dir}/run
log file = ${dir}/$name.log
pid file = ${dir}/run/$name.pid
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data = ${dir}/mon
osd data = ${dir}/osd.0
mds data = ${dir}/mds
mgr data = ${dir}/mgr
${further}`;
}

/**
 * Starts a mon, and with `osd` a mgr, a memstore OSD and a file system, and with `mds` an MDS, which is active when this returns.
 * Authentication is off, so connections are in crc mode. `conf` is further lines of ceph.conf. `stop()` ends what was started and removes its
 * folder.
 */
export function startCeph({ port = 13700, osd = true, mds = true, conf: further = '' } = {}) {
  const dir = mkdtempSync(path.join(tmpdir(), 'cephts-bench-ceph-'));
  const conf = path.join(dir, 'ceph.conf');
  const fsid = randomUUID();
  for (const name of ['mon', 'osd.0', 'mds', 'mgr', 'run']) mkdirSync(path.join(dir, name));
  writeFileSync(conf, configOf(dir, port, fsid, further));
  const quiet = { stdio: 'ignore' };
  const ceph = (...args) => execFileSync('ceph', ['-c', conf, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  execFileSync(
    'monmaptool',
    ['--create', '--addv', 'a', `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]`, '--fsid', fsid, path.join(dir, 'monmap')],
    quiet,
  );
  execFileSync('ceph-mon', ['-i', 'a', '-c', conf, '--mkfs', '--monmap', path.join(dir, 'monmap')], quiet);
  execFileSync('ceph-mon', ['-i', 'a', '-c', conf], quiet);
  if (osd) startStorage();
  if (mds) startMds();

  function startStorage() {
    execFileSync('ceph-mgr', ['-i', 'x', '-c', conf], quiet);
    const uuid = randomUUID();
    ceph('osd', 'new', uuid);
    execFileSync('ceph-osd', ['-i', '0', '-c', conf, '--mkfs', '--osd-uuid', uuid], quiet);
    execFileSync('ceph-osd', ['-i', '0', '-c', conf], quiet);
    ceph('osd', 'pool', 'create', 'meta', '8');
    ceph('osd', 'pool', 'create', 'data', '8');
    ceph('fs', 'new', 'cephfs', 'meta', 'data');
  }

  function startMds() {
    execFileSync('ceph-mds', ['-i', 'a', '-c', conf], quiet);
    for (let i = 0; !ceph('mds', 'stat').includes('up:active'); i++) {
      if (i > 100) throw new Error('the ceph-mds did not become active');
      spawnSync('sleep', ['0.2']);
    }
  }

  function signal(name, signal) {
    process.kill(Number(readFileSync(path.join(dir, 'run', `${name}.pid`), 'utf8')), signal);
  }

  return {
    conf,
    dir,
    fsid,
    monAddrs: `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]`,
    ceph,
    signal,
    /** Ends one daemon, as in `'mon.a'`, and waits until it is gone. */
    async end(name) {
      signal(name, 'SIGTERM');
      for (;;) {
        try {
          signal(name, 0);
        } catch {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    startMon: () => execFileSync('ceph-mon', ['-i', 'a', '-c', conf], quiet),
    stop() {
      for (const name of readdirSync(path.join(dir, 'run')).filter((file) => file.endsWith('.pid'))) {
        try {
          // an MDS that is told to end first asks its monitor, which may be gone: it would ask for ever
          process.kill(Number(readFileSync(path.join(dir, 'run', name), 'utf8')), 'SIGKILL');
        } catch {
          // it is gone already
        }
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
