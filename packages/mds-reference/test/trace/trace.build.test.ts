import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CephFsClient, startEmbeddedMds } from '../../dist/index.js';
import type { EmbeddedMds } from '../../dist/index.js';
import { checkTrace } from './check-trace.js';

jest.setTimeout(60_000);

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function cli(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args]);
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (out.stdout += chunk));
    child.stderr.on('data', (chunk) => (out.stderr += chunk));
    child.on('exit', (code) => resolve({ code, ...out }));
  });
}

describe('cephts-mds trace', () => {
  let dir: string;
  let mds: EmbeddedMds | undefined;
  const file = (name: string): string => path.join(dir, name);

  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-trace-'));
  });

  afterEach(async () => {
    await mds?.close();
    mds = undefined;
    rmSync(dir, { recursive: true });
  });

  it('records a running MDS: a track for each thread, arrows along the way of each request', async () => {
    mds = await startEmbeddedMds({ adminSocket: file('asok'), logFile: '/dev/null', msgrWorkers: 1, dataDir: file('data') });
    const client = await CephFsClient.connect({ monAddr: mds.monAddr });
    const parent = await client.mkdir((await client.resolve('/')).ino, 'a', { mode: 0o755 });
    const traced = cli('trace', '--admin-socket', file('asok'), '--out', file('trace.json'), '--seconds', '2');
    let over = false;
    void traced.then(() => (over = true));
    for (let i = 0; !over; i++) {
      await client.create(parent.ino, `file-${i}`, { mode: 0o644 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.close();
    const { code, stdout, stderr } = await traced;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/trace\.json: \d\.\d s, \d+ operations; open it in/);

    const { traceEvents, otherData } = JSON.parse(readFileSync(file('trace.json'), 'utf8'));
    expect(otherData.operations).toBeGreaterThan(5);
    checkTrace(traceEvents);
    const names = new Map<number, string>();
    for (const { ph, name, tid, args } of traceEvents)
      if (ph === 'M' && name === 'thread_name') names.set(tid, args.name.split(' ')[0]);
    expect([...names.values()].sort()).toEqual(
      mds.cct.threads
        .list()
        .map(({ name }) => name)
        .sort(),
    );
    const slices = traceEvents.filter(({ ph, cat }: { ph: string; cat: string }) => ph === 'X' && cat === 'thread');
    const worked = new Set(slices.map(({ tid }: { tid: number }) => names.get(tid)));
    for (const name of ['msgr-worker-0', 'ms_dispatch', 'md_submit', 'MR_Finisher', 'OpHistorySvc', 'service']) {
      expect([name, worked.has(name)]).toEqual([name, true]);
    }
    const ways = new Map<string, string[]>();
    for (const { ph, cat, name, id, tid } of traceEvents) {
      if (cat === 'request' && name === 'create' && 'stf'.includes(ph))
        ways.set(id, [...(ways.get(id) ?? []), names.get(tid) ?? '']);
    }
    expect([...ways.values()].map((way) => way.join(' '))).toContain('msgr-worker-0 ms_dispatch md_submit ceph-mds MR_Finisher');
  });

  it('says what is wrong where there is no MDS, or no room for the file', async () => {
    const missing = await cli('trace', '--admin-socket', file('none'), '--out', file('trace.json'));
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/^cephts-mds: cannot ask .*none: connect ENOENT/)]);
    const nowhere = await cli('trace', '--admin-socket', file('none'), '--out', file('no/such/folder'));
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/^cephts-mds: cannot write the trace: ENOENT[^\n]*\n$/),
    ]);
    expect((await cli('trace', '--out', 'x')).code).toBe(2);
  });

  it('records one at a time, and gives nothing where none was begun', async () => {
    mds = await startEmbeddedMds({ services: false, msgrWorkers: 0 });
    await expect(mds.adminSocket.command('trace stop')).rejects.toThrow(/no trace is being recorded/);
    await mds.adminSocket.command('trace start');
    await expect(mds.adminSocket.command('trace start')).rejects.toThrow(/already/);
    expect(JSON.parse(await mds.adminSocket.command('trace stop'))).toMatchObject({ name: 'mds.a', ops: [], truncated: false });
  });
});
