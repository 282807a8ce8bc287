// `cephts rados` against `rados`: the same output, the same exit codes.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { OsdCluster } from './osd-cluster.js';

const hasCeph = OsdCluster.isInstalled;
if (!hasCeph) process.stderr.write('SKIPPED: no Ceph on this machine (ceph-mon, ceph-mgr, ceph-osd, ceph, rados)\n');
const cli = fileURLToPath(new URL('../../packages/rados/dist/cli.js', import.meta.url));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

(hasCeph ? describe : describe.skip)('cephts rados', () => {
  let ceph: OsdCluster;
  let file: string;

  beforeAll(async () => {
    ceph = new OsdCluster({ port: 17600, osds: 1, conf: 'osd pool default size = 1' });
    await ceph.ready();
    ceph.ceph('osd', 'pool', 'create', 'data', '8');
    file = path.join(ceph.dir, 'input');
    writeFileSync(file, 'hello world');
  }, 60_000);
  afterAll(() => ceph?.stop());

  const run = (command: string, args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = execFile(command, args, { env: { ...process.env, CEPH_CONF: ceph.conf } }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end();
    });
  const theirs = (...args: string[]): Promise<Outcome> => run('rados', args);
  const ours = (...args: string[]): Promise<Outcome> => run(process.execPath, [cli, 'rados', ...args]);

  it('prints what rados prints and ends with the same code, verb by verb', async () => {
    const commands = [
      'put o FILE',
      'get o -',
      'stat o',
      'get nope -',
      'setxattr o a b',
      'getxattr o none',
      'listxattr o',
      'setomapval o k value',
      'getomapval o k',
      'listomapvals o',
      'truncate o x',
      'append o FILE',
      'create o',
      '-N ns put spaced FILE',
      '--all ls',
      'ls --format json-pretty',
      'badverb',
      'put o /no/such/file',
    ];
    for (const command of commands) {
      const args = ['-p', 'data', ...command.split(' ').map((word) => (word === 'FILE' ? file : word))];
      const expected = await theirs(...args);
      const got = await ours(...args);
      expect({ command, ...got }).toEqual({ command, ...expected });
    }
    for (const args of [['lspools'], ['ls'], ['-p', 'nopool', 'ls'], []])
      expect(await ours(...args)).toEqual(await theirs(...args));
  }, 240_000);

  it('shows pools as rados df does', async () => {
    // both see the same statistics only while none come in
    for (let tries = 0; ; tries++) {
      const [before, got, after] = [await theirs('df'), await ours('df'), await theirs('df')];
      if (before.stdout !== after.stdout && tries < 10) continue;
      expect(got).toEqual(after);
      return;
    }
  }, 60_000);

  it('hears what rados notify says', async () => {
    const child = spawn(process.execPath, [cli, 'rados', '-p', 'data', 'watch', 'o'], {
      env: { ...process.env, CEPH_CONF: ceph.conf },
    });
    let said = '';
    const waitFor = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (said.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitFor('press enter to exit...\n');
    const { stdout } = await theirs('-p', 'data', 'notify', 'o', 'hey');
    expect(stdout).toMatch(/^reply client\.\d+ cookie \d+ : 7 bytes\n00000000 {2}03 00 00 00 68 65 79/);
    await waitFor('|....hey|');
    expect(said).toMatch(/NOTIFY cookie \d+ notify_id \d+ from \d+\n/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.write('\n');
    expect(await ended).toBe(0);
  }, 30_000);

  it('reads and cleans up what rados bench wrote, and the reverse', async () => {
    await theirs('-p', 'data', 'bench', '1', 'write', '-b', '4096', '-t', '4', '--no-cleanup');
    const seq = await ours('-p', 'data', 'bench', '1', 'seq', '-t', '4');
    expect(seq.stdout).toMatch(/Total reads made: +[1-9]/);
    const [, made] = /Total reads made: +(\d+)/.exec(seq.stdout) ?? [];
    expect((await ours('-p', 'data', 'cleanup')).stdout).toMatch(/^Removed \d+ objects\n$/);
    expect(Number(made)).toBeGreaterThan(0);
    const write = await ours('-p', 'data', 'bench', '1', 'write', '-b', '4096', '-t', '4', '--no-cleanup');
    expect(write.stdout).toContain('Maintaining 4 concurrent writes of 4096 bytes');
    expect((await theirs('-p', 'data', 'bench', '1', 'rand', '-t', '4')).code).toBe(0);
    expect((await theirs('-p', 'data', 'cleanup')).stdout).toMatch(/^Removed \d+ objects\n$/);
  }, 60_000);

  it('puts and gets files of many pieces, also striped', async () => {
    const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i & 0xff));
    writeFileSync(file, bytes);
    const back = path.join(ceph.dir, 'back');
    for (const flags of [[], ['--striper']]) {
      expect((await ours('-p', 'data', '-b', '7000', ...flags, 'put', 'big', file)).code).toBe(0);
      await theirs('-p', 'data', ...flags, 'get', 'big', back);
      expect(Buffer.compare(readFileSync(back), bytes)).toBe(0);
      expect((await ours('-p', 'data', '-b', '9000', ...flags, 'get', 'big', back)).code).toBe(0);
      expect(Buffer.compare(readFileSync(back), bytes)).toBe(0);
    }
  }, 60_000);

  it('says in one line what is wrong with a cluster that is not there', async () => {
    const got = await ours('-p', 'data', '-m', '127.0.0.1:1', '--client_mount_timeout=1', 'ls');
    expect(got.code).toBe(1);
    expect(got.stderr).toContain("couldn't connect to cluster");
  }, 30_000);
});
