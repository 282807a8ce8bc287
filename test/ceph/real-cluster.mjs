// Not TypeScript, because the benchmarks run it as it is.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const areInstalled = (...commands) => commands.every((name) => spawnSync('which', [name]).status === 0);

export const hasCeph = areInstalled('ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-mds', 'ceph', 'rados');

const MODES = ['cluster', 'service', 'client', 'mon cluster', 'mon service', 'mon client'];
const MDS_CAPS = ['mon', 'allow profile mds', 'osd', 'allow *', 'mds', 'allow', 'mgr', 'allow profile mds'];
/** A command that takes longer hangs. */
const OPTIONS = { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 120_000 };

function addrsAt(port) {
  return `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${port + 1}/0]`;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

export class RealCluster {
  fsid = randomUUID();
  dir = mkdtempSync(path.join(tmpdir(), 'cephts-ceph-'));
  conf = path.join(this.dir, 'ceph.conf');
  keyring = path.join(this.dir, 'keyring');
  #port;
  #osds;
  #fs;
  #daemons = new Map();

  static async start(options) {
    const cluster = new this(options);
    try {
      await cluster.start();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  constructor({ port, mons = 1, osds = 0, store = 'memstore', fs = false, auth = 'cephx', mode, conf = '' }) {
    this.#port = port + Number(process.env.CEPHTS_PORT_SHIFT ?? 0);
    this.#osds = Array.from({ length: osds }, (_, i) => i);
    this.#fs = fs;
    this.mons = ['a', 'b', 'c', 'd', 'e'].slice(0, mons);
    const { dir, fsid } = this;
    for (const name of ['mgr', 'mds', 'run']) mkdirSync(path.join(dir, name));
    writeFileSync(
      this.conf,
      `[global]
fsid = ${fsid}
mon host = ${this.monAddrs}
mon initial members = ${this.mons.join(',')}
public addr = 127.0.0.1
ms bind port min = ${this.#port + 100}
ms bind port max = ${this.#port + 199}
auth cluster required = ${auth}
auth service required = ${auth}
auth client required = ${auth}
auth allow insecure global id reclaim = false
keyring = ${this.keyring}
admin socket = ${dir}/run/$cluster-$name.asok
run dir = ${dir}/run
log file = ${dir}/$name.log
mon data = ${dir}/mon.$id
mgr data = ${dir}/mgr
osd data = ${dir}/osd.$id
mds data = ${dir}/mds
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon data avail warn = 1
mon osd min down reporters = 1
mon osd adjust heartbeat grace = false
mon osd down out interval = 600
osd heartbeat grace = 5
osd heartbeat interval = 1
osd pool default size = ${osds > 1 ? 2 : 1}
osd pool default min size = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = ${store}
memstore device bytes = 2147483648
bluestore block size = 10737418240
bluestore fsck on mount = false
${mode === undefined ? '' : MODES.map((kind) => `ms ${kind} mode = ${mode}`).join('\n')}
${conf}
`,
    );
  }

  get monAddrs() {
    return this.mons.map((mon) => addrsAt(this.#portOf(mon))).join(',');
  }

  #portOf(mon) {
    return this.#port + 2 * this.mons.indexOf(mon);
  }

  async start() {
    this.#makeKeys();
    const monmap = path.join(this.dir, 'monmap');
    const members = this.mons.flatMap((mon) => ['--addv', mon, addrsAt(this.#portOf(mon))]);
    this.#run('monmaptool', '--create', ...members, '--fsid', this.fsid, monmap);
    for (const mon of this.mons) {
      this.#run('ceph-mon', '-i', mon, '-c', this.conf, '--mkfs', '--monmap', monmap, '--keyring', this.keyring);
      await this.startMon(mon);
    }
    // answers once there is a quorum
    this.ceph('mon', 'stat');
    if (this.#osds.length > 0) await this.#startStorage();
  }

  #makeKeys() {
    const key = (name, ...caps) => {
      const options = caps.flatMap((cap, i) => (i % 2 === 0 ? ['--cap', cap] : [cap]));
      this.#run('ceph-authtool', this.keyring, '--gen-key', '-n', name, ...options);
    };
    this.#run('ceph-authtool', '--create-keyring', this.keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    key('client.admin', 'mon', 'allow *', 'osd', 'allow *', 'mds', 'allow *', 'mgr', 'allow *');
    key('mgr.x', 'mon', 'allow profile mgr', 'osd', 'allow *', 'mds', 'allow *');
    for (const osd of this.#osds) key(`osd.${osd}`, 'mon', 'allow profile osd', 'osd', 'allow *');
  }

  async #startStorage() {
    this.spawn('mgr.x', 'ceph-mgr', '-f', '-i', 'x', '-c', this.conf);
    const started = this.#osds.map((osd) => {
      mkdirSync(path.join(this.dir, `osd.${osd}`));
      const uuid = randomUUID();
      this.ceph('osd', 'new', uuid, String(osd));
      this.#run('ceph-osd', '-i', String(osd), '-c', this.conf, '--mkfs', '--osd-uuid', uuid);
      return this.startOsd(osd);
    });
    await Promise.all(started);
    await this.until(() => this.json('mgr', 'dump').available, 'the manager did not become active');
    if (!this.#fs) return;
    // not before: a manager that finds a file system at its start is a client of it from then on
    for (const pool of ['meta', 'data']) this.ceph('osd', 'pool', 'create', pool, '8');
    this.ceph('fs', 'new', 'cephfs', 'meta', 'data');
  }

  async startMon(mon) {
    this.spawn(`mon.${mon}`, 'ceph-mon', '-f', '-i', mon, '-c', this.conf);
    await this.until(() => listens(this.#portOf(mon)), `mon.${mon} does not listen`);
  }

  async startOsd(osd) {
    const name = `osd.${osd}`;
    // one that was told to end may still have the store
    await this.#gone(name);
    this.spawn(name, 'ceph-osd', '-f', '-i', String(osd), '-c', this.conf);
    const state = () => this.cephMeanwhile('daemon', name, 'status').then(JSON.parse, () => undefined);
    await this.until(async () => (await state())?.state === 'active', `${name} did not come up`);
  }

  startMds(name, ...args) {
    this.addMdsKey(name);
    return this.spawn(`mds.${name}`, 'ceph-mds', '-f', '-i', name, '-c', this.conf, ...args);
  }

  addMdsKey(name) {
    this.addKey(`mds.${name}`, ...MDS_CAPS);
  }

  addKey(name, ...caps) {
    if (readFileSync(this.keyring, 'utf8').includes(`[${name}]`)) return;
    appendFileSync(this.keyring, this.ceph('auth', 'get-or-create', name, ...caps));
  }

  spawn(name, command, ...args) {
    // in a session of its own, as a daemon is: the scheduler shares the processors out among those
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    this.#daemons.set(name, child);
    return child;
  }

  daemon(name) {
    const child = this.#daemons.get(name);
    return child?.exitCode === null && child.signalCode === null ? child : undefined;
  }

  signal(name, signal) {
    const child = this.daemon(name);
    if (!child) throw new Error(`${name} does not run`);
    child.kill(signal);
  }

  async end(name, signal = 'SIGTERM') {
    const gone = this.#gone(name);
    this.daemon(name)?.kill(signal);
    await gone;
  }

  #gone(name) {
    const child = this.daemon(name);
    return new Promise((resolve) => (child ? child.once('exit', resolve) : resolve()));
  }

  ceph(...args) {
    return this.tool('ceph', ...args);
  }

  json(...args) {
    return JSON.parse(this.ceph(...args, '--format', 'json'));
  }

  async cephMeanwhile(...args) {
    return this.toolMeanwhile('ceph', ...args);
  }

  rados(...args) {
    return this.tool('rados', ...args);
  }

  tool(command, ...args) {
    return execFileSync(command, ['-c', this.conf, ...args], { ...OPTIONS, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async toolMeanwhile(command, ...args) {
    return (await promisify(execFile)(command, ['-c', this.conf, ...args], OPTIONS)).stdout;
  }

  python(script, ...args) {
    return execFileSync('/usr/bin/python3', ['-c', script, this.conf, ...args], { ...OPTIONS, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async until(done, problem, seconds = 60) {
    for (const end = Date.now() + seconds * 1000; !(await done()); await sleep(100))
      if (Date.now() > end) throw new Error(typeof problem === 'string' ? problem : problem());
  }

  async clean() {
    const isClean = async () => {
      const { pg_summary } = JSON.parse(await this.cephMeanwhile('pg', 'stat', '--format', 'json'));
      const states = pg_summary.num_pg_by_state;
      return states.length > 0 && states.every(({ name }) => name === 'active+clean');
    };
    await this.until(isClean, 'the placement groups did not become clean', 300);
  }

  async stop() {
    // one that is told to end first asks its monitor, which may be gone: it would ask for ever
    await Promise.all([...this.#daemons.keys()].map((name) => this.end(name, 'SIGKILL')));
    rmSync(this.dir, { recursive: true, force: true });
  }

  #run(command, ...args) {
    execFileSync(command, args, { stdio: 'pipe', env: { ...process.env, CEPH_CONF: this.conf } });
  }
}
