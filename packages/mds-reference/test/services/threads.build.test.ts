import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { asokCommand, waitFor } from '../cli/kit.js';

const DIST = pathToFileURL(path.resolve(import.meta.dirname, '../../dist/index.js')).href;

jest.setTimeout(60_000);

/** An MDS in a process of its own, which blocks its main isolate for 5 s when it is told to. */
const HOST = `
  import { startEmbeddedMds } from ${JSON.stringify(DIST)};
  const [adminSocket, logFile] = process.argv.slice(1);
  const mds = await startEmbeddedMds({ adminSocket, logFile, msgrWorkers: 3, conf: { debug_mds: '1/5' } });
  process.stdin.on('data', (text) => {
    const word = text.toString().trim();
    if (word === 'block') {
      process.stdout.write('blocking\\n');
      const end = performance.now() + 5000;
      while (performance.now() < end);
      process.stdout.write('blocked\\n');
    } else if (word === 'flood') {
      for (let i = 0; i < 20000; i++) mds.cct.dout('mds', 1, 'flood ' + i);
      process.exit(0);
    }
  });
  process.stdout.write('active\\n');
`;

describe('the real threads of an MDS', () => {
  let dir: string;
  let child: ChildProcess;
  let out: string;
  const file = (name: string): string => path.join(dir, name);

  beforeEach(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-threads-'));
    out = '';
    child = spawn(process.execPath, ['--input-type=module', '-e', HOST, file('asok'), file('log')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
    await waitFor(() => out.includes('active') || child.exitCode !== null, 30_000);
  });

  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(dir, { recursive: true });
  });

  const lines = (): { thread: string; prio: number; subsys: string; msg: string }[] =>
    readFileSync(file('log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { thread: string; prio: number; subsys: string; msg: string });

  it('are in the table as real ones, beside those that take turns in the isolate', async () => {
    const { threads } = JSON.parse(await asokCommand(file('asok'), { prefix: 'thread ls' })) as {
      threads: { name: string; kind: string }[];
    };
    const real = threads.filter(({ kind }) => kind === 'real').map(({ name }) => name);
    expect(real).toEqual(['ceph-mds', 'log', 'service', 'admin_socket', 'msgr-worker-0', 'msgr-worker-1', 'msgr-worker-2']);
    expect(threads.length).toBeGreaterThan(20);
  });

  it('answer thread ls and perf dump within 100 ms while the main isolate is blocked, and service reports the block', async () => {
    child.stdin?.write('block\n');
    await waitFor(() => out.includes('blocking'), 5000);
    const times: number[] = [];
    let unhealthy = 0;
    while (!out.includes('blocked')) {
      for (const prefix of ['thread ls', 'perf dump']) {
        const begin = performance.now();
        const answer = await asokCommand(file('asok'), { prefix });
        times.push(performance.now() - begin);
        if (prefix === 'perf dump') {
          const { cct } = JSON.parse(answer) as { cct: { unhealthy_workers: number } };
          unhealthy = Math.max(unhealthy, cct.unhealthy_workers);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // most of them: a busy machine holds up one or the other
    expect(times.length).toBeGreaterThan(10);
    expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(100);
    expect(unhealthy).toBe(1);
    await waitFor(() => lines().some(({ msg }) => msg.includes('runs again')), 5000);
    const reports = lines().filter(({ thread }) => thread === 'service');
    expect(reports.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^the main isolate has been blocked for [12]\.\d+ s/),
      expect.stringMatching(/^the main isolate runs again, after 5\.\d+ s$/),
    ]);
  });

  it('hand a command over in order while the main isolate is blocked, and answer it afterwards', async () => {
    child.stdin?.write('block\n');
    await waitFor(() => out.includes('blocking'), 5000);
    const answers: string[] = [];
    await Promise.all([
      asokCommand(file('asok'), { prefix: 'config set', var: 'mds_tick_interval', val: ['3'] }).then(() => answers.push('set')),
      asokCommand(file('asok'), { prefix: 'config get', var: 'mds_tick_interval' }).then((text) => answers.push(text)),
    ]);
    expect(out).toContain('blocked');
    expect(answers[0]).toBe('set');
    expect(JSON.parse(answers[1] ?? '')).toEqual({ mds_tick_interval: '3' });
  });

  it('write every line there was, however many, before the process is gone', async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.write('flood\n');
    expect(await gone).toBe(0);
    expect(lines().filter(({ msg }) => msg.startsWith('flood ')).length).toBe(20_000);
  });

  it('write lines with stamp, thread, level and subsystem', async () => {
    const found = (): unknown => lines().find(({ msg }) => msg.includes('boot: state:up:active'));
    // the thread that writes is not the one that says it is active
    await waitFor(() => found() !== undefined, 5000);
    const line = found();
    expect(line).toMatchObject({
      stamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      thread: expect.any(String),
      prio: 1,
      subsys: 'mds',
    });
  });
});
