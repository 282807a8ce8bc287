// `cephts rados` against `rados`: the same output, the same exit codes.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

const cli = fileURLToPath(new URL('../../packages/rados/dist/cli.js', import.meta.url));

/** Without the lines that librados logs. */
const withoutLog = (text: string): string => text.replace(/^\d{4}-\d\d-\d\dT.*\n\n?/gm, '');

/**
 * Without the report of a crash on the way out: `rados --striper` of 16.2 drops its pool while the reply to its unlock is still handled
 * on another thread, which then dies, in up to one of five runs on a busy machine. What was asked for is done by then, and the code is 0.
 */
const withoutLastCrash = (text: string): string => text.replace(/^(?:terminate called|\*\*\* Caught signal)[^]*/m, '');

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

describeWithCeph('cephts rados', () => {
  let ceph: RealCluster;
  let file: string;

  beforeAll(async () => {
    ceph = await RealCluster.start({ port: 17600, osds: 3 });
    ceph.ceph('osd', 'pool', 'create', 'data', '8');
    file = path.join(ceph.dir, 'input');
    writeFileSync(file, 'hello world');
    writeFileSync(path.join(ceph.dir, 'nothing'), '');
  }, 60_000);
  afterAll(() => ceph?.stop());

  const run = (command: string, args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = execFile(command, args, { env: { ...process.env, CEPH_CONF: ceph.conf } }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr: withoutLog(stderr) }),
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
      'watch o',
      'watch nope',
      'notify o hello',
      'notify nope hello',
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

  it('does what the other verbs of rados do, each on objects of its own', async () => {
    const commands = [
      'create SELF',
      'create SELF',
      'setxattr SELF a value',
      'setxattr SELF b x',
      'getxattr SELF a',
      'listxattr SELF',
      'rmxattr SELF b',
      'listxattr SELF',
      'setomapval SELF k1 v1',
      'setomapval SELF k2 a-longer-value-than-fits-in-one-line',
      'listomapkeys SELF',
      'listomapvals SELF',
      'getomapval SELF k2',
      'getomapval SELF none',
      'rmomapkey SELF k1',
      'listomapkeys SELF',
      'setomapheader SELF head',
      'getomapheader SELF',
      'clearomap SELF',
      'listomapvals SELF',
      'append SELF FILE',
      'append SELF FILE',
      'put SELF FILE --offset 4',
      'get SELF -',
      'truncate SELF 7',
      'truncate SELF -1',
      'get SELF -',
      'cp SELF SELF-copy',
      'get SELF-copy -',
      'getxattr SELF-copy a',
      'cp nope SELF-copy',
      'touch SELF 1600000000',
      'stat SELF',
      'mksnap SELF-snap',
      'truncate SELF 0',
      '-s SELF-snap get SELF -',
      'rollback SELF SELF-snap',
      'get SELF -',
      'rmsnap SELF-snap',
      'rmsnap SELF-snap',
      'rollback SELF SELF-snap',
      '-s SELF-snap get SELF -',
      'listwatchers SELF',
      'rm SELF SELF-copy',
      'rm SELF',
      'stat SELF',
      'listxattr SELF',
      'getxattr SELF a',
      'rmxattr SELF a',
      'listomapkeys SELF',
      'listomapvals SELF',
      'getomapval SELF k',
      'getomapheader SELF',
      'truncate SELF 3',
      'stat',
      'put SELF',
      '--striper put SELF FILE',
      '--striper stat SELF-none',
      '--striper get SELF -',
      '--striper truncate SELF 4',
      '--striper get SELF -',
      '--striper rm SELF',
      '--striper get SELF -',
      'put SELF FILE',
      'put SELF NOTHING',
      'stat SELF',
      'put SELF-hole NOTHING --offset 10',
      'stat SELF-hole',
      '--striper put SELF-striped NOTHING',
      '--striper stat SELF-striped',
      'put SELF FILE -b 0',
      'stat SELF',
      'put SELF FILE',
      'get SELF - -b 0',
      'get SELF /dev/full',
      'append SELF /no/such/file',
      'setomapval SELF k --input-file /no/such/file',
      'touch SELF abc',
      'clearomap SELF-none',
      'cp SELF',
      'cp SELF SELF',
      'setomapheader SELF',
      'ls extra',
      '--bogus ls',
      'put SELF FILE --offset x',
      'get SELF - -b x',
      'cleanup',
      '-p nopool df',
    ];
    const FILES: Record<string, string> = { FILE: file, NOTHING: path.join(ceph.dir, 'nothing') };
    const differing: object[] = [];
    for (const command of commands) {
      const both = { theirs, ours };
      const [expected, got] = await Promise.all(
        (['theirs', 'ours'] as const).map(async (who) => {
          const words = command.split(' ').map((word) => FILES[word] ?? word.replace('SELF', `its-${who}`));
          const outcome = await both[who]('-p', 'data', ...words);
          const { code, stdout } = outcome;
          const stderr = command.startsWith('--striper') ? withoutLastCrash(outcome.stderr) : outcome.stderr;
          const masked = (text: string): string =>
            text
              .replaceAll(`its-${who}`, 'SELF')
              .replace(/selected snap \d+/, 'selected snap N')
              .replace(/mtime (?!2020)\S+/, 'mtime');
          // usage is each command's own
          const at = stderr.indexOf('usage: ');
          if (at >= 0) return { code, stderr: stderr.slice(0, at) };
          return { code, stdout: masked(stdout), stderr: masked(stderr) };
        }),
      );
      if (JSON.stringify(expected) !== JSON.stringify(got)) differing.push({ command, expected, got });
    }
    expect(differing).toEqual([]);
  }, 480_000);

  it('writes whole stripes to an erasure-coded pool, whatever the block size', async () => {
    ceph.ceph('osd', 'erasure-code-profile', 'set', 'odd', 'k=2', 'm=1', 'stripe_unit=12288', 'crush-failure-domain=osd');
    ceph.ceph('osd', 'pool', 'create', 'ec', '8', '8', 'erasure', 'odd');
    await ceph.clean();
    const long = path.join(ceph.dir, 'long');
    writeFileSync(long, Buffer.alloc(9 * 1024 * 1024, 'abcdefg'));
    for (const words of [[], ['-b', '1000000']]) {
      const put = (who: string): string[] => ['-p', 'ec', 'put', who, long, ...words];
      expect(await ours(...put('ours'))).toEqual(await theirs(...put('theirs')));
      for (const who of ['ours', 'theirs']) {
        const back = path.join(ceph.dir, 'back');
        expect(await theirs('-p', 'ec', 'get', who, back)).toMatchObject({ code: 0 });
        expect(Buffer.compare(readFileSync(back), readFileSync(long))).toBe(0);
      }
    }
    await theirs('-p', 'data', 'put', 'long', long);
    expect(await ours('-p', 'data', 'cp', 'long', '--target-pool', 'ec')).toMatchObject({ code: 0, stderr: '' });
    expect((await theirs('-p', 'ec', 'stat', 'long')).stdout).toContain('size 9437184');
  }, 240_000);

  it('ends without a word where nobody reads on, as behind head', async () => {
    await theirs('-p', 'data', 'put', 'long', file);
    const script = (tool: string, words: string): string => `set -o pipefail; ${tool} -p data ${words} | true`;
    const tool = `'${process.execPath}' '${cli}' rados`;
    expect(await run('bash', ['-c', script(tool, 'ls')])).toMatchObject({ stderr: '' });
    const [expected, got] = [
      await run('bash', ['-c', script('rados', 'get long -')]),
      await run('bash', ['-c', script(tool, 'get long -')]),
    ];
    expect(got).toEqual(expected);
  }, 60_000);

  it('shows pools as rados df does', async () => {
    // both see the same statistics only while none come in
    for (let tries = 0; ; tries++) {
      const [before, got, after] = [await theirs('df'), await ours('df'), await theirs('df')];
      if (before.stdout !== after.stdout && tries < 10) continue;
      expect(got).toEqual(after);
      return;
    }
  }, 60_000);

  it('reads and cleans up what rados bench wrote', async () => {
    await theirs('-p', 'data', 'bench', '1', 'write', '-b', '4096', '-t', '4', '--no-cleanup');
    const seq = await ours('-p', 'data', 'bench', '1', 'seq', '-t', '4');
    expect(seq.stdout).toMatch(/Total reads made: +[1-9]/);
    const [, made] = /Total reads made: +(\d+)/.exec(seq.stdout) ?? [];
    expect((await ours('-p', 'data', 'cleanup')).stdout).toMatch(/^Removed \d+ objects\n$/);
    expect(Number(made)).toBeGreaterThan(0);
  }, 60_000);

  it('writes what rados bench reads and finds correct', async () => {
    for (const sizes of [
      ['-b', '4096'],
      ['-b', '4096', '-O', '16384'],
    ]) {
      await ours('-p', 'data', 'bench', '1', 'write', ...sizes, '-t', '4', '--no-cleanup');
      for (const way of ['seq', 'rand'])
        expect(await theirs('-p', 'data', 'bench', '1', way, '-t', '4')).toMatchObject({ code: 0, stderr: '' });
      expect(await ours('-p', 'data', 'bench', '1', 'rand', '-t', '4')).toMatchObject({ code: 0, stderr: '' });
      expect((await ours('-p', 'data', 'cleanup')).code).toBe(0);
    }
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

  it('watches and notifies as rados does, either against either', async () => {
    await theirs('-p', 'data', 'create', 'watched');
    const command = { theirs: 'rados', ours: process.execPath };
    const before = { theirs: [], ours: [cli, 'rados'] };
    /** Numbers that differ each time. */
    const masked = (text: string): string => text.replace(/(cookie|notify_id|from|client\.)( ?)\d+/g, '$1$2N');
    const heard = async (watcher: keyof typeof command, notifier: keyof typeof command): Promise<object> => {
      const args = [...before[watcher], '-p', 'data', 'watch', 'watched'];
      const child = spawn(command[watcher], args, {
        env: { ...process.env, CEPH_CONF: ceph.conf },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let watched = '';
      const ready = new Promise<void>((resolve) => {
        child.stdout.on('data', (piece: Buffer) => {
          watched += piece.toString();
          if (watched.includes('press enter')) resolve();
        });
      });
      const closed = once(child, 'close');
      try {
        await Promise.race([ready, closed]);
        const run = notifier === 'ours' ? ours : theirs;
        const told = [
          await run('-p', 'data', 'notify', 'watched', 'hello there'),
          await run('-p', 'data', 'notify', 'watched', 'x'),
        ];
        child.stdin.end('\n');
        await closed;
        return {
          code: child.exitCode,
          watched: masked(watched),
          told: told.map((one) => ({ ...one, stdout: masked(one.stdout) })),
        };
      } finally {
        child.kill();
      }
    };
    const expected = await heard('theirs', 'theirs');
    expect(expected).toMatchObject({ code: 0, watched: expect.stringContaining('hello there') });
    expect(await heard('ours', 'theirs')).toEqual(expected);
    expect(await heard('theirs', 'ours')).toEqual(expected);
    expect(await heard('ours', 'ours')).toEqual(expected);
  }, 120_000);

  it('says in one line what is wrong with a cluster that is not there', async () => {
    const got = await ours('-p', 'data', '-m', '127.0.0.1:1', '--client_mount_timeout=1', 'ls');
    expect(got.code).toBe(1);
    expect(got.stderr).toContain("couldn't connect to cluster");
  }, 30_000);
});
