import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export interface OsdClusterOptions {
  /** Port of the monitor; OSDs take those from 100 on. All are moved by the environment's `CEPHTS_PORT_SHIFT`. */
  port: number;
  /** @defaultValue 3 */
  osds?: number;
  /** @defaultValue `'memstore'` */
  store?: 'memstore' | 'bluestore';
  /** Further lines of ceph.conf. */
  conf?: string;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A real Ceph on loopback with cephx: a monitor, a manager, and OSDs that can be killed, stopped and started one by one. */
export class OsdCluster {
  readonly dir: string;
  readonly conf: string;
  readonly fsid = randomUUID();
  readonly #osds: number;

  static get isInstalled(): boolean {
    return ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph', 'rados'].every((name) => spawnSync('which', [name]).status === 0);
  }

  constructor({ port: unshifted, osds = 3, store = 'memstore', conf = '' }: OsdClusterOptions) {
    const port = unshifted + Number(process.env['CEPHTS_PORT_SHIFT'] ?? 0);
    this.dir = mkdtempSync(path.join(tmpdir(), 'cephts-osds-'));
    this.conf = path.join(this.dir, 'ceph.conf');
    this.#osds = osds;
    const { dir, fsid } = this;
    for (const name of ['mon', 'mgr', 'run']) mkdirSync(path.join(dir, name));
    writeFileSync(
      this.conf,
      `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]
mon initial members = a
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = ${dir}/keyring
admin socket = ${dir}/run/$cluster-$name.asok
run dir = ${dir}/run
log file = ${dir}/$name.log
pid file = ${dir}/run/$name.pid
ms bind port min = ${port + 100}
ms bind port max = ${port + 199}
osd pool default size = 2
osd pool default min size = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = ${store}
osd heartbeat grace = 5
osd heartbeat interval = 1
mon osd min down reporters = 1
mon osd adjust heartbeat grace = false
mon osd down out interval = 600
memstore device bytes = 2147483648
bluestore block size = 10737418240
bluestore fsck on mount = false
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon data avail warn = 1
mon data = ${dir}/mon
osd data = ${dir}/osd.$id
mgr data = ${dir}/mgr
${conf}
`,
    );
    const keyring = path.join(dir, 'keyring');
    const key = (...args: string[]): void => this.#run('ceph-authtool', keyring, '--gen-key', ...args);
    this.#run('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    key('-n', 'client.admin', ...['mon', 'osd', 'mds', 'mgr'].flatMap((cap) => ['--cap', cap, 'allow *']));
    key('-n', 'mgr.x', '--cap', 'mon', 'allow profile mgr', '--cap', 'osd', 'allow *');
    for (let i = 0; i < osds; i++) key('-n', `osd.${i}`, '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
    const monmap = path.join(dir, 'monmap');
    const addrs = `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]`;
    this.#run('monmaptool', '--create', '--addv', 'a', addrs, '--fsid', fsid, monmap);
    this.#run('ceph-mon', '-i', 'a', '-c', this.conf, '--mkfs', '--monmap', monmap, '--keyring', keyring);
    this.#run('ceph-mon', '-i', 'a', '-c', this.conf);
    this.#run('ceph-mgr', '-i', 'x', '-c', this.conf);
    for (let i = 0; i < osds; i++) {
      mkdirSync(path.join(dir, `osd.${i}`));
      const uuid = randomUUID();
      this.ceph('osd', 'new', uuid, String(i));
      this.#run('ceph-osd', '-i', String(i), '-c', this.conf, '--mkfs', '--osd-uuid', uuid);
      this.startOsd(i);
    }
  }

  /** Resolves when every OSD is up. */
  async ready(): Promise<void> {
    await this.until(() => this.#countUp() === this.#osds, 'the OSDs did not come up');
  }

  #countUp(): number {
    return (JSON.parse(this.ceph('osd', 'stat', '--format', 'json')) as { num_up_osds: number }).num_up_osds;
  }

  async until(done: () => boolean, problem: string, tries = 300): Promise<void> {
    for (let i = 0; i < tries; i++) {
      if (done()) return;
      await sleep(100);
    }
    throw new Error(problem);
  }

  /** Runs `ceph`. */
  ceph(...args: string[]): string {
    return execFileSync('ceph', ['-c', this.conf, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Runs `rados`. */
  rados(...args: string[]): string {
    return execFileSync('rados', ['-c', this.conf, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** As {@link rados}, while this process goes on. */
  async radosMeanwhile(...args: string[]): Promise<string> {
    return (await promisify(execFile)('rados', ['-c', this.conf, ...args])).stdout;
  }

  /** As {@link ceph}, while this process goes on. */
  async cephMeanwhile(...args: string[]): Promise<string> {
    return (await promisify(execFile)('ceph', ['-c', this.conf, ...args])).stdout;
  }

  /** As {@link startOsd}, while this process goes on. */
  async startOsdMeanwhile(osd: number): Promise<void> {
    await promisify(execFile)('ceph-osd', ['-i', String(osd), '-c', this.conf]);
  }

  /** Resolves when every placement group is active and clean. */
  async clean(): Promise<void> {
    for (let i = 0; i < 600; i++) {
      const { num_pg_by_state: states } = (
        JSON.parse(await this.cephMeanwhile('pg', 'stat', '--format', 'json')) as {
          pg_summary: { num_pg_by_state: { name: string }[] };
        }
      ).pg_summary;
      if (states.length > 0 && states.every(({ name }) => name === 'active+clean')) return;
      await sleep(300);
    }
    throw new Error('the placement groups did not become clean');
  }

  /** Runs a script with python3-rados; `conf` is the first argument. */
  python(script: string, ...args: string[]): string {
    return execFileSync('/usr/bin/python3', ['-c', script, this.conf, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  startOsd(osd: number): void {
    this.#run('ceph-osd', '-i', String(osd), '-c', this.conf);
  }

  /** Ends or stops one daemon, as in `'osd.0'`. */
  signal(name: string, signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(path.join(this.dir, 'run', `${name}.pid`), 'utf8')), signal);
  }

  stop(): void {
    for (const name of readdirSync(path.join(this.dir, 'run')).filter((file) => file.endsWith('.pid'))) {
      for (const signal of ['SIGCONT', 'SIGKILL'] as const) {
        try {
          this.signal(name.slice(0, -4), signal);
        } catch {
          // it is gone already
        }
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  #run(command: string, ...args: string[]): void {
    execFileSync(command, args, { stdio: 'pipe', env: { ...process.env, CEPH_CONF: this.conf } });
  }
}
