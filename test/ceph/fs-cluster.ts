import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { CephConf } from '@cephts/rados';
import { CephFsClient } from '@cephts/mds-reference';
import { OsdCluster } from './osd-cluster.js';
import type { OsdClusterOptions } from './osd-cluster.js';

const CLI = path.join(import.meta.dirname, '..', '..', 'packages', 'mds-reference', 'dist', 'cli.js');

/** Quick to notice that an MDS is gone. */
const CONF = `osd pool default size = 1
mds beacon interval = 0.5
mds beacon grace = 4
mds beacon mon down grace = 0
mds tick interval = 1
mds reconnect timeout = 10
paxos propose interval = 0.1
paxos min wait = 0.01
mon tick interval = 1
`;

interface MdsInfo {
  gid: number;
  name: string;
  rank: number;
  state: string;
  addr: string;
}

const run = promisify(execFile);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A cluster with a file system, and MDSs of two kinds: `c…` are C++ ones, `t…` ours. */
export class FsCluster extends OsdCluster {
  readonly #mds = new Map<string, ChildProcess>();

  static override get isInstalled(): boolean {
    return OsdCluster.isInstalled && spawnSync('which', ['ceph-mds']).status === 0;
  }

  constructor(options: OsdClusterOptions) {
    super({ osds: 1, ...options, conf: `${CONF}${options.conf ?? ''}` });
  }

  override async ready(): Promise<void> {
    await super.ready();
    for (const pool of ['meta', 'data']) this.ceph('osd', 'pool', 'create', pool, '8');
    this.ceph('fs', 'new', 'cephfs', 'meta', 'data');
  }

  /** Runs one of Ceph's commands. @returns what it printed, with what it complained of */
  tool(command: string, ...args: string[]): string {
    const { stdout, stderr } = spawnSync(command, ['-c', this.conf, ...args], { encoding: 'utf8', timeout: 60_000 });
    return stdout + stderr;
  }

  /** Imports a directory by `cephts-mds demo`, as client.admin. */
  demo(dir: string): { status: number | null; out: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'demo', '-c', this.conf, '--dir', dir], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, out: stdout + stderr };
  }

  logOf(name: string): string {
    const file = path.join(this.dir, `mds.${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  startMds(name: string, ...args: string[]): void {
    const keyring = path.join(this.dir, 'keyring');
    if (!readFileSync(keyring, 'utf8').includes(`[mds.${name}]`)) {
      const caps = ['mon', 'profile mds', 'osd', 'allow *', 'mds', 'allow'];
      appendFileSync(keyring, this.ceph('auth', 'get-or-create', `mds.${name}`, ...caps));
    }
    const [command, script] = name.startsWith('c') ? ['ceph-mds', []] : [process.execPath, [CLI, 'run']];
    const child = spawn(command as string, [...(script as string[]), '-f', '-i', name, '-c', this.conf, ...args], {
      stdio: 'ignore',
    });
    this.#mds.set(name, child);
  }

  isRunning(name: string): boolean {
    const child = this.#mds.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  signalMds(name: string, signal: NodeJS.Signals): void {
    this.#mds.get(name)?.kill(signal);
  }

  async endMds(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#mds.get(name);
    this.#mds.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** All MDSs the monitors know. Clients of this process go on meanwhile. */
  async mdsInfos(): Promise<MdsInfo[]> {
    type Dump = { standbys: MdsInfo[]; filesystems: { mdsmap: { info: Record<string, MdsInfo> } }[] };
    const { stdout } = await run('ceph', ['-c', this.conf, 'fs', 'dump', '--format', 'json'], { maxBuffer: 1 << 26 });
    const { standbys, filesystems } = JSON.parse(stdout) as Dump;
    return [...standbys, ...filesystems.flatMap(({ mdsmap }) => Object.values(mdsmap.info))];
  }

  async infoOf(name: string): Promise<MdsInfo | undefined> {
    return (await this.mdsInfos()).find((info) => info.name === name);
  }

  async untilState(name: string, state: string, seconds = 60): Promise<void> {
    for (let last: string | undefined, end = Date.now() + seconds * 1000; ; await sleep(150)) {
      last = (await this.infoOf(name))?.state;
      if (last === state) return;
      if (Date.now() > end) throw new Error(`mds.${name} is ${String(last)}, not ${state}: ${this.ceph('mds', 'stat')}`);
    }
  }

  /** @param caps made for a name that has none yet */
  client(durable = false, name = 'client.admin', caps: readonly string[] = []): Promise<CephFsClient> {
    if (caps.length > 0) appendFileSync(path.join(this.dir, 'keyring'), this.ceph('auth', 'get-or-create', name, ...caps));
    return CephFsClient.connect({ conf: CephConf.load({ file: this.conf, name }), durable, timeout: 60_000 });
  }

  override stop(): void {
    for (const child of this.#mds.values()) child.kill('SIGKILL');
    super.stop();
  }
}
