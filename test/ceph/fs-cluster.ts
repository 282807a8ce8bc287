import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CephConf } from '@cephts/rados';
import { CephFsClient } from '@cephts/mds-reference';
import { RealCluster } from './real-cluster.mjs';
import type { RealClusterOptions } from './real-cluster.mjs';

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

/** A cluster with a file system, and MDSs of two kinds: those whose names begin with `t` are ours, all others C++ ones. */
export class FsCluster extends RealCluster {
  constructor({ conf = '', ...options }: RealClusterOptions) {
    super({ osds: 1, fs: true, ...options, conf: `${CONF}${conf}` });
  }

  override startMds(name: string, ...args: string[]): ChildProcess {
    if (!name.startsWith('t')) return super.startMds(name, ...args);
    this.addMdsKey(name);
    return this.spawn(`mds.${name}`, process.execPath, CLI, 'run', '-f', '-i', name, '-c', this.conf, ...args);
  }

  /** Ends an MDS, whose beacons the monitors then miss. */
  endMds(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.end(`mds.${name}`, signal);
  }

  /** Kills an MDS, and has the monitors know it. */
  async failMds(name: string): Promise<void> {
    await this.endMds(name);
    this.ceph('mds', 'fail', name);
  }

  /** All MDSs the monitors know. Clients of this process go on meanwhile. */
  async mdsInfos(): Promise<MdsInfo[]> {
    type Dump = { standbys: MdsInfo[]; filesystems: { mdsmap: { info: Record<string, MdsInfo> } }[] };
    const { standbys, filesystems } = JSON.parse(await this.cephMeanwhile('fs', 'dump', '--format', 'json')) as Dump;
    return [...standbys, ...filesystems.flatMap(({ mdsmap }) => Object.values(mdsmap.info))];
  }

  /** Those that hold ranks, by rank. */
  async ranks(): Promise<MdsInfo[]> {
    return (await this.mdsInfos()).filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  }

  async infoOf(name: string): Promise<MdsInfo | undefined> {
    return (await this.mdsInfos()).find((info) => info.name === name);
  }

  async untilState(name: string, state: string, seconds = 60): Promise<void> {
    let last: string | undefined;
    await this.until(
      async () => (last = (await this.infoOf(name))?.state) === state,
      () => `mds.${name} is ${String(last)}, not ${state}: ${this.ceph('mds', 'stat')}\n${this.logOf(name).slice(-4000)}`,
      seconds,
    );
  }

  /** Resolves when so many ranks are active, and none is anything else. */
  async untilActive(ranks = 1): Promise<void> {
    const wanted = Array.from({ length: ranks }, () => 'up:active').join();
    let last = '';
    await this.until(
      async () => (last = (await this.ranks()).map(({ state }) => state).join()) === wanted,
      () => `the ranks did not become active: ${last}`,
      120,
    );
  }

  logOf(name: string): string {
    const file = path.join(this.dir, `mds.${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Imports a directory by `cephts-mds demo`, as client.admin. */
  demo(dir: string): { status: number | null; out: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'demo', '-c', this.conf, '--dir', dir], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, out: stdout + stderr };
  }

  /** @param caps made for a name that has none yet */
  client(durable = false, name = 'client.admin', caps: readonly string[] = []): Promise<CephFsClient> {
    this.addKey(name, ...caps);
    return CephFsClient.connect({ conf: CephConf.load({ file: this.conf, name }), durable, timeout: 60_000 });
  }
}
