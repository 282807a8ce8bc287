import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MonClusterOptions {
  /** Ports are taken from here on: two for each monitor, then 100 for the others. */
  port: number;
  /** @defaultValue 1 */
  mons?: number;
  /** Mode of every connection. @defaultValue as Ceph's: secure to monitors, crc elsewhere */
  mode?: 'crc' | 'secure';
  /** Seconds that tickets count. @defaultValue Ceph's */
  ticketTtl?: number;
  /** Start a manager, an OSD in memory and a file system too. @defaultValue false */
  storage?: boolean;
  /** Further lines of ceph.conf. */
  conf?: string;
}

const MODES = ['cluster', 'service', 'client', 'mon cluster', 'mon service', 'mon client'];

/**
 * A real Ceph on loopback with cephx: monitors that can be killed and started one by one, and on request what a file system needs. Every
 * daemon runs in the foreground of this process, and is ended by {@link MonCluster.stop}.
 */
export class MonCluster {
  readonly dir: string;
  readonly conf: string;
  readonly keyring: string;
  readonly fsid = randomUUID();
  readonly mons: readonly string[];
  readonly #port: number;
  readonly #daemons = new Map<string, ChildProcess>();
  readonly #storage: boolean;

  static get isInstalled(): boolean {
    return ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-mds', 'ceph'].every((name) => spawnSync('which', [name]).status === 0);
  }

  constructor({ port, mons = 1, mode, ticketTtl, storage = false, conf = '' }: MonClusterOptions) {
    this.#port = port;
    this.#storage = storage;
    this.mons = ['a', 'b', 'c', 'd', 'e'].slice(0, mons);
    this.dir = mkdtempSync(path.join(tmpdir(), 'cephts-mons-'));
    this.conf = path.join(this.dir, 'ceph.conf');
    this.keyring = path.join(this.dir, 'keyring');
    const { dir, fsid } = this;
    mkdirSync(path.join(dir, 'run'));
    const first = port + 2 * mons;
    writeFileSync(
      this.conf,
      `[global]
fsid = ${fsid}
mon host = ${this.mons.map((mon) => this.addrsOf(mon)).join(',')}
mon initial members = ${this.mons.join(',')}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = ${this.keyring}
admin socket = ${dir}/run/$cluster-$name.asok
run dir = ${dir}/run
log file = ${dir}/$name.log
public addr = 127.0.0.1
ms bind port min = ${first}
ms bind port max = ${first + 99}
mon data = ${dir}/mon.$id
mgr data = ${dir}/mgr
osd data = ${dir}/osd.$id
mds data = ${dir}/mds
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail warn = 1
${mode === undefined ? '' : MODES.map((kind) => `ms ${kind} mode = ${mode}`).join('\n')}
${ticketTtl === undefined ? '' : `auth service ticket ttl = ${ticketTtl}\nauth mon ticket ttl = ${ticketTtl}`}
${conf}
`,
    );
  }

  addrsOf(mon: string): string {
    const port = this.#port + 2 * this.mons.indexOf(mon);
    return `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]`;
  }

  /** Makes stores and keys, and starts everything; resolves when the monitors have a quorum. */
  async start(): Promise<void> {
    const { dir, keyring } = this;
    const all = ['mon', 'osd', 'mds', 'mgr'].flatMap((service) => ['--cap', service, 'allow *']);
    this.#run('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    this.#run('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin', ...all);
    this.#run('ceph-authtool', keyring, '--gen-key', '-n', 'mgr.x', '--cap', 'mon', 'allow profile mgr', ...all.slice(3));
    this.#run('ceph-authtool', keyring, '--gen-key', '-n', 'osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
    for (const mds of ['mds.a', 'mds.ts']) {
      const caps = [
        '--cap',
        'mon',
        'allow profile mds',
        '--cap',
        'osd',
        'allow *',
        '--cap',
        'mds',
        'allow',
        '--cap',
        'mgr',
        'allow profile mds',
      ];
      this.#run('ceph-authtool', keyring, '--gen-key', '-n', mds, ...caps);
    }
    const monmap = path.join(dir, 'monmap');
    const members = this.mons.flatMap((mon) => ['--addv', mon, this.addrsOf(mon)]);
    this.#run('monmaptool', '--create', ...members, '--fsid', this.fsid, monmap);
    for (const mon of this.mons) {
      this.#run('ceph-mon', '-i', mon, '-c', this.conf, '--mkfs', '--monmap', monmap, '--keyring', keyring);
      await this.startMon(mon);
    }
    // answers once there is a quorum
    this.ceph('mon', 'stat');
    if (this.#storage) await this.#startStorage();
  }

  async #startStorage(): Promise<void> {
    for (const folder of ['mgr', 'osd.0', 'mds']) mkdirSync(path.join(this.dir, folder));
    this.spawn('mgr.x', 'ceph-mgr', '-f', '-i', 'x', '-c', this.conf);
    const uuid = randomUUID();
    this.ceph('osd', 'new', uuid);
    this.#run('ceph-osd', '-i', '0', '-c', this.conf, '--mkfs', '--osd-uuid', uuid);
    this.spawn('osd.0', 'ceph-osd', '-f', '-i', '0', '-c', this.conf);
    for (const pool of ['meta', 'data']) this.ceph('osd', 'pool', 'create', pool, '8');
    this.ceph('fs', 'new', 'cephfs', 'meta', 'data');
    await this.until(() => (this.json('mgr', 'dump') as { available: boolean }).available, 'the manager did not become active');
  }

  /** Starts the C++ MDS; resolves when it is active. */
  async startMds(name = 'a'): Promise<void> {
    this.spawn(`mds.${name}`, 'ceph-mds', '-f', '-i', name, '-c', this.conf);
    await this.until(() => this.ceph('mds', 'stat').includes('up:active'), 'the ceph-mds did not become active');
  }

  /** Starts a monitor; resolves when it listens. */
  async startMon(mon: string): Promise<void> {
    this.spawn(`mon.${mon}`, 'ceph-mon', '-f', '-i', mon, '-c', this.conf);
    const port = this.#port + 2 * this.mons.indexOf(mon);
    await this.until(() => listens(port), `mon.${mon} does not listen`);
  }

  /** Starts a process that is ended with the cluster. */
  spawn(name: string, command: string, ...args: string[]): ChildProcess {
    const child = spawn(command, args, { stdio: 'ignore' });
    this.#daemons.set(name, child);
    return child;
  }

  /** The running process of a daemon, as in `'mon.a'`. */
  daemon(name: string): ChildProcess | undefined {
    return this.#daemons.get(name);
  }

  /** Ends a daemon; resolves when it is gone. */
  async end(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#daemons.get(name);
    this.#daemons.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** Runs `ceph`; returns what it prints. */
  ceph(...args: string[]): string {
    return execFileSync('ceph', ['-c', this.conf, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
  }

  json(...args: string[]): unknown {
    return JSON.parse(this.ceph(...args, '--format', 'json'));
  }

  /** Runs a script with Ceph's python bindings; ceph.conf is its first argument. */
  python(script: string, ...args: string[]): string {
    return execFileSync('/usr/bin/python3', ['-c', script, this.conf, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
  }

  async until(done: () => boolean | Promise<boolean>, problem: string, seconds = 60): Promise<void> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      if (await done()) return;
      await sleep(100);
    }
    throw new Error(problem);
  }

  /** Ends what was started and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all([...this.#daemons.keys()].map((name) => this.end(name, name.startsWith('mon') ? 'SIGTERM' : 'SIGKILL')));
    rmSync(this.dir, { recursive: true, force: true });
  }

  #run(command: string, ...args: string[]): void {
    execFileSync(command, args, { stdio: 'pipe', env: { ...process.env, CEPH_CONF: this.conf } });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
