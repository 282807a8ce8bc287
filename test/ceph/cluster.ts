import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';

/** A monitor of a real Ceph on loopback, in the foreground of this process: it ends with {@link CephCluster.stop}. */
export class CephCluster {
  readonly dir: string;
  readonly conf: string;
  readonly port: number;
  readonly fsid: string;
  #mon: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
    this.dir = mkdtempSync(path.join(tmpdir(), 'cephts-cluster-'));
    this.conf = path.join(this.dir, 'ceph.conf');
    this.fsid = randomUUID();
  }

  /** Is Ceph installed? */
  static get isInstalled(): boolean {
    try {
      execFileSync('ceph-mon', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  get monAddrs(): string {
    return `[v2:127.0.0.1:${this.port}/0,v1:127.0.0.1:${this.port + 1}/0]`;
  }

  /** Makes the monitor's store and starts it. */
  async start(): Promise<void> {
    const { dir, conf, fsid } = this;
    for (const folder of ['mon', 'run']) mkdirSync(path.join(dir, folder));
    writeFileSync(
      conf,
      `[global]
fsid = ${fsid}
mon host = ${this.monAddrs}
mon initial members = a
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms mon client mode = crc
admin socket = ${dir}/run/$cluster-$name.asok
run dir = ${dir}/run
log file = ${dir}/$name.log
mon data = ${dir}/mon
mon data avail warn = 1
`,
    );
    this.#run('ceph-authtool', '--create-keyring', path.join(dir, 'keyring'), '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    this.#run('monmaptool', '--create', '--addv', 'a', this.monAddrs, '--fsid', fsid, path.join(dir, 'monmap'));
    this.#run(
      'ceph-mon',
      '-i',
      'a',
      '-c',
      conf,
      '--mkfs',
      '--monmap',
      path.join(dir, 'monmap'),
      '--keyring',
      path.join(dir, 'keyring'),
    );
    await this.startMon();
  }

  /** Starts the monitor; resolves when it answers. */
  async startMon(): Promise<void> {
    this.#mon = spawn('ceph-mon', ['-f', '-i', 'a', '-c', this.conf], { stdio: 'ignore' });
    await this.#listening();
  }

  signalMon(signal: NodeJS.Signals): void {
    this.#mon?.kill(signal);
  }

  /** Ends the monitor and waits for it. */
  async stopMon(): Promise<void> {
    const mon = this.#mon;
    this.#mon = undefined;
    if (!mon || mon.exitCode !== null) return;
    const ended = new Promise((resolve) => mon.once('exit', resolve));
    mon.kill('SIGCONT');
    mon.kill('SIGTERM');
    await ended;
  }

  /** Ends what was started and removes the folder. */
  async stop(): Promise<void> {
    await this.stopMon();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #run(command: string, ...args: string[]): void {
    execFileSync(command, args, { stdio: 'pipe', env: { ...process.env, CEPH_CONF: this.conf } });
  }

  async #listening(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const up = await new Promise<boolean>((resolve) => {
        const socket = connect(this.port, '127.0.0.1', () => resolve(true));
        socket.on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
      });
      if (up) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('ceph-mon does not listen');
  }
}
