import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { asokCommand, hasCeph, shortest, waitFor } from './kit.js';

jest.setTimeout(60_000);

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

const cli = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', timeout: 20_000 });

describe('cephts-mds', () => {
  it.each([[[]], [['run']], [['threads']], [['demo']], [['shell']]])('%j --help exits 0', (words) => {
    const { status, stdout } = cli(...words, '--help');
    expect(stdout).toContain('Usage: cephts-mds');
    expect(status).toBe(0);
  });

  it('threads explains the threads', () => {
    expect(cli('threads').stdout).toContain('ms_local');
  });

  it.each([
    ['an unknown command', ['swim'], /unknown command/],
    ['an unknown option', ['run', '--embedded', '--data', 'x', '--wings'], /unknown option/],
    ['a folder that is missing', ['run', '--embedded'], /--data/],
    ['a number that is none', ['run', '--embedded', '--data', 'x', '--msgr-workers', 'many'], /Expected a number from 0 to 24/],
    ['an option that does not exist', ['run', '--embedded', '--data', 'x', '--conf', 'mds_nonsense=1'], /no option 'mds_nonsense'/],
    [
      'a value of the wrong kind',
      ['run', '--embedded', '--data', 'x', '--conf', 'mds_tick_interval=soon'],
      /Expected `mds_tick_interval`/,
    ],
    [
      'a dashboard for other machines without a token',
      ['run', '--embedded', '--data', 'x', '--dashboard', '0.0.0.0'],
      /needs a token/,
    ],
    ['an address that is none', ['run', '--embedded', '--data', 'x', '--bind', 'nowhere:x'], /Expected `bind`/],
  ])('exits 2 on %s and says what was expected', (_what, args, message) => {
    const { status, stderr } = cli(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('cephts-mds run', () => {
  let dir: string;
  let child: ChildProcess | undefined;
  const file = (name: string): string => path.join(dir, name);

  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-run-'));
  });

  afterEach(async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exitOf(child);
    }
    child = undefined;
    rmSync(dir, { recursive: true });
  });

  const exitOf = (process: ChildProcess): Promise<number | null> =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve(process.exitCode)
      : new Promise((resolve) => process.once('exit', resolve));

  const run = async (...more: string[]): Promise<string> => {
    child = spawn(process.execPath, [
      CLI,
      'run',
      '--embedded',
      '--data',
      file('data'),
      '--admin-socket',
      file('asok'),
      '--log',
      file('log'),
      ...more,
    ]);
    let out = '';
    let err = '';
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    await waitFor(() => out.includes('\n') || child?.exitCode !== null, 30_000);
    if (!out.includes('\n')) throw new Error(`it did not start: ${err}`);
    return out;
  };

  it('says when it is active and where to connect', async () => {
    expect(await run()).toMatch(/^mds\.0 is active; connect to v2:127\.0\.0\.1:\d+\/\d+\n$/);
  });

  it('ends within a second of SIGTERM, with exit code 0 and the socket gone', async () => {
    const ms = await shortest(1000, async () => {
      await run();
      const begin = performance.now();
      child?.kill('SIGTERM');
      expect(await exitOf(child as ChildProcess)).toBe(0);
      return performance.now() - begin;
    });
    expect(ms).toBeLessThan(1000);
    expect(existsSync(file('asok'))).toBe(false);
    expect(existsSync(file('data/object-store.lock'))).toBe(false);
  });

  it('takes a second SIGTERM as no more than a repetition', async () => {
    await run();
    child?.kill('SIGTERM');
    child?.kill('SIGTERM');
    child?.kill('SIGINT');
    expect(await exitOf(child as ChildProcess)).toBe(0);
  });

  it('opens its log anew on SIGHUP', async () => {
    await run();
    renameSync(file('log'), file('log.1'));
    child?.kill('SIGHUP');
    await waitFor(() => existsSync(file('log')), 5000);
    await asokCommand(file('asok'), { prefix: 'log dump' });
    expect(readFileSync(file('log'), 'utf8')).toContain('recent lines');
    expect(readFileSync(file('log.1'), 'utf8')).toContain('boot: state:up:active');
  });

  it('goes through replay on a folder that was used before, even after SIGKILL', async () => {
    await run();
    child?.kill('SIGKILL');
    await exitOf(child as ChildProcess);
    await run();
    expect(readFileSync(file('log'), 'utf8')).toContain('boot: state:up:replay');
  });

  it('refuses a damaged data folder, exits non-zero and leaves it as it is', async () => {
    await run();
    child?.kill('SIGTERM');
    await exitOf(child as ChildProcess);
    writeFileSync(file('data/monitor.json'), 'half a fi');
    const { status, stderr } = cli('run', '--embedded', '--data', file('data'));
    expect(stderr).toContain('damaged');
    expect(status).toBe(1);
    expect(readFileSync(file('data/monitor.json'), 'utf8')).toBe('half a fi');
  });

  const COMMANDS: [words: string, args: Record<string, unknown>][] = [
    ['help', {}],
    ['version', {}],
    ['status', {}],
    ['config show', {}],
    ['config get mds_tick_interval', { var: 'mds_tick_interval' }],
    ['config set mds_tick_interval 4', { var: 'mds_tick_interval', val: ['4'] }],
    ['perf dump', {}],
    ['perf schema', {}],
    ['session ls', {}],
    ['ops', {}],
    ['dump_ops_in_flight', {}],
    ['dump_historic_ops', {}],
    ['dump tree /', { root: '/' }],
    ['get subtrees', {}],
    ['cache status', {}],
    ['flush journal', {}],
    ['objecter_requests', {}],
    ['log flush', {}],
    ['log dump', {}],
    ['log reopen', {}],
    ['thread ls', {}],
    ['get_command_descriptions', {}],
  ];

  it('answers every command on a plain socket', async () => {
    await run();
    for (const [words, args] of COMMANDS) {
      const prefix =
        Object.keys(args).length === 0
          ? words
          : words
              .split(' ')
              .slice(0, words.startsWith('config') || words.startsWith('dump tree') ? 2 : undefined)
              .join(' ');
      const answer = await asokCommand(file('asok'), { prefix, ...args });
      expect(`${words}: ${answer}`).not.toContain('ERROR');
      expect(() => JSON.parse(answer) as unknown).not.toThrow();
    }
  });

  (hasCeph() ? it : it.skip)('answers every command of `ceph --admin-daemon` (needs the ceph command)', async () => {
    await run();
    for (const [words] of COMMANDS) {
      const { status, stdout, stderr } = spawnSync('ceph', ['--admin-daemon', file('asok'), ...words.split(' ')], {
        encoding: 'utf8',
      });
      expect(`${words}: ${stderr}`).toBe(`${words}: `);
      expect(status).toBe(0);
      expect(stdout).not.toContain('ERROR');
    }
  });
});
