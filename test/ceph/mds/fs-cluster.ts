import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

import { OsdCluster } from '../osd-cluster.js';

const CLI = path.join(import.meta.dirname, '../../../packages/mds-reference/dist/cli.js');

/** Pools of the file system; the embedded MDS has the same. */
export const METADATA_POOL = 1;
export const DATA_POOL = 2;

/** Segments end soon, folders fall into fragments soon: so that a short story has everything in its journal. */
const MDS_CONF = `[mds]
mds data = $run_dir
mds beacon grace = 30
mds reconnect timeout = 20
mds log events per segment = 64
mds bal split size = 40
mds bal merge size = 5
mds bal fragment interval = 1
mds bal interval = 2
`;

interface MdsInfo {
  name: string;
  rank: number;
  state: string;
}

interface FsDump {
  standbys: MdsInfo[];
  filesystems: { mdsmap: { info: Record<string, MdsInfo> } }[];
}

/** A real file system with C++ MDSs: one monitor, one manager, one OSD. */
export class FsCluster extends OsdCluster {
  static override get isInstalled(): boolean {
    const more = ['ceph-mds', 'cephfs-journal-tool', 'cephfs-table-tool'];
    const python = spawnSync('/usr/bin/python3', ['-c', 'import cephfs']).status === 0;
    return super.isInstalled && python && more.every((name) => spawnSync('which', [name]).status === 0);
  }

  constructor(port: number) {
    super({
      port,
      osds: 1,
      conf: `mgr disabled modules = devicehealth\nosd pool default size = 1\nosd pool default pg num = 8\n${MDS_CONF}`,
    });
  }

  /** Makes the pools and the file system; no MDS runs yet. */
  async createFs(): Promise<void> {
    // before the manager makes one of its own
    for (const pool of ['meta', 'data']) this.ceph('osd', 'pool', 'create', pool, '8');
    await this.ready();
    const pools = JSON.parse(this.ceph('osd', 'lspools', '--format', 'json')) as { poolnum: number; poolname: string }[];
    const found = Object.fromEntries(pools.map(({ poolname, poolnum }) => [poolname, poolnum]));
    if (found.meta !== METADATA_POOL || found.data !== DATA_POOL) throw new Error(`the pools are ${JSON.stringify(found)}`);
    this.ceph('fs', 'new', 'cephfs', 'meta', 'data');
  }

  /** Starts a C++ MDS; its key is made the first time. */
  startMds(name: string): void {
    const keyring = this.#keyring(name);
    execFileSync('ceph-mds', ['-i', name, '-c', this.conf, '--keyring', keyring], { stdio: 'pipe' });
  }

  #keyring(name: string): string {
    const key = this.ceph('auth', 'get-or-create', `mds.${name}`, 'mon', 'profile mds', 'osd', 'allow *', 'mds', 'allow');
    const keyring = path.join(this.dir, `mds.${name}.keyring`);
    execFileSync('/usr/bin/tee', [keyring], { input: key, stdio: ['pipe', 'ignore', 'inherit'] });
    return keyring;
  }

  /** Starts our MDS, as a daemon of the cluster; the build of it. */
  startOurs(name: string): ChildProcess {
    const keyring = this.#keyring(name);
    return spawn(process.execPath, [CLI, 'run', '-f', '-i', name, '-c', this.conf, '--keyring', keyring], { stdio: 'ignore' });
  }

  /** Kills an MDS, and has the monitors know it. */
  killMds(name: string): void {
    this.signal(`mds.${name}`, 'SIGKILL');
    this.ceph('mds', 'fail', name);
  }

  #dump(): FsDump {
    return JSON.parse(this.ceph('fs', 'dump', '--format', 'json')) as FsDump;
  }

  #ranks(): MdsInfo[] {
    return Object.values(this.#dump().filesystems[0]?.mdsmap.info ?? {})
      .filter(({ rank }) => rank >= 0)
      .sort((a, b) => a.rank - b.rank);
  }

  /** States of the ranks, in their order, as in `['up:active']`. */
  mdsStates(): string[] {
    return this.#ranks().map(({ state }) => state);
  }

  /** Name of the MDS that holds a rank. @throws Error where none does */
  holder(rank: number): string {
    const info = this.#ranks().find((one) => one.rank === rank);
    if (!info) throw new Error(`nobody holds rank ${rank}`);
    return info.name;
  }

  /** Names of all MDSs that the monitors know, with a rank or without. */
  mdsNames(): string[] {
    return [...this.#ranks(), ...this.#dump().standbys].map(({ name }) => name);
  }

  /** Resolves when so many ranks are active, and none is anything else. */
  async active(ranks = 1): Promise<void> {
    const wanted = Array.from({ length: ranks }, () => 'up:active').join();
    await this.until(() => this.mdsStates().join() === wanted, `the ranks did not become active: ${this.mdsStates().join()}`, 600);
  }

  /** Runs a tool of Ceph's, as in `cephfs-journal-tool`; its standard output. */
  tool(command: string, ...args: string[]): string {
    return execFileSync(command, ['-c', this.conf, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Kinds of events in the journal of rank 0, as in `'UPDATE'`. */
  eventTypes(): Set<string> {
    const lines = this.tool('cephfs-journal-tool', '--rank=cephfs:0', 'event', 'get', 'list').split('\n');
    return new Set(lines.flatMap((line) => / ([A-Z]+): /.exec(line)?.[1] ?? []));
  }

  /** A client in Python, with a session of its own. */
  startClient(): PythonClient {
    return new PythonClient(this.conf);
  }
}

/**
 * A client with libcephfs in a process of its own: it reads lines of Python, in which `fs` is the mounted file system, and tells what each
 * expression gives.
 */
export class PythonClient {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #text = '';

  constructor(conf: string) {
    this.#child = spawn('/usr/bin/python3', [path.join(import.meta.dirname, 'client.py'), conf], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += String(chunk);
      for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
        const answer = JSON.parse(this.#text.slice(0, end)) as { value?: unknown; error?: string };
        this.#text = this.#text.slice(end + 1);
        const waiter = this.#waiting.shift();
        if (answer.error === undefined) waiter?.resolve(answer.value);
        else waiter?.reject(new Error(answer.error));
      }
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the client ended'));
    });
  }

  /** Calls a function of client.py. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify([name, args])}\n`);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject }));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
