import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CephFsClient, Dashboard, startEmbeddedMds } from '../../dist/index.js';
import type { EmbeddedMds } from '../../dist/index.js';

jest.setTimeout(60_000);

const TOKEN = 'a-token-of-some-length';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request, with headers that fetch would not let through. */
function ask(url: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

type StreamEvent = [event: string, data: Record<string, unknown>];

/** The events of the stream, up to the first with which it has come to its end. */
async function events(url: string, isEnd: (found: StreamEvent[]) => boolean): Promise<StreamEvent[]> {
  const abort = new AbortController();
  const response = await fetch(`${url}api/events`, { signal: abort.signal });
  const found: StreamEvent[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (event && data) found.push([event, JSON.parse(data)]);
    }
    if (isEnd(found)) break;
  }
  abort.abort();
  return found;
}

describe('the dashboard', () => {
  let mds: EmbeddedMds;
  let dashboard: Dashboard;

  beforeAll(async () => {
    mds = await startEmbeddedMds({ msgrWorkers: 1, context: {}, logFile: '/dev/null' });
    dashboard = await Dashboard.start(mds.process.daemon, { addr: '127.0.0.1:0', interval: 100 });
    const client = await CephFsClient.connect({ monAddr: mds.monAddr });
    const root = await client.resolve('/');
    const dir = await client.mkdir(root.ino, 'a', { mode: 0o755 });
    for (let i = 0; i < 20; i++) await client.create(dir.ino, `file-${i}`, { mode: 0o644 });
    await client.sync();
    await client.close();
  });

  afterAll(async () => {
    await dashboard?.close();
    await mds?.close();
  });

  const perfDump = async (): Promise<Record<string, Record<string, unknown>>> =>
    JSON.parse(await mds.adminSocket.command('perf dump')) as Record<string, Record<string, unknown>>;

  it('shows in one sample what perf dump, thread ls and the sessions say', async () => {
    const { status, headers, body } = await ask(`${dashboard.url}api/sample`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    const sample = JSON.parse(body);
    const dump = await perfDump();
    for (const logger of ['mds_server', 'mds_mem', 'mds_log', 'mds_sessions', 'finisher-MDSRank']) {
      expect(sample.perf[logger]).toEqual(dump[logger]);
    }
    const { threads } = JSON.parse(await mds.adminSocket.command('thread ls')) as { threads: { name: string; owner: string }[] };
    expect(sample.threads.map(({ name, owner }: { name: string; owner: string }) => `${name} ${owner}`)).toEqual(
      threads.map(({ name, owner }) => `${name} ${owner}`),
    );
    expect(sample.blockedMs).toBe(0);
    expect(sample.daemon).toMatchObject({ state: 'up:active', whoami: 0, numOps: 0 });
    const { journal } = sample.daemon;
    expect([journal.write, journal.expire]).toEqual([dump['mds_log']!['wrpos'], dump['mds_log']!['expos']]);
  });

  it('knows the way of an operation through the threads', async () => {
    const { daemon } = JSON.parse((await ask(`${dashboard.url}api/sample`)).body);
    const creates = daemon.latest.filter(({ description }: { description: string }) => description.includes(' create '));
    const ways = creates.map(({ marks }: { marks: number[] }) => {
      const way: string[] = [];
      for (let i = 0; i < marks.length; i += 3) {
        way.push(`${daemon.words[marks[i + 1]!]} on ${daemon.words[marks[i + 2]!]}`);
        if (i > 0) expect(marks[i]).toBeGreaterThanOrEqual(marks[i - 3]!);
      }
      return way;
    });
    // one or another may have had to wait for a lock of the folder, and goes on where that is released
    expect(ways).toContainEqual([
      'initiated on msgr-worker-0',
      'throttled on msgr-worker-0',
      'header_read on msgr-worker-0',
      'all_read on msgr-worker-0',
      'dispatched on ms_dispatch',
      'acquired locks on ms_dispatch',
      'early_replied on ms_dispatch',
      'submit entry: journal_and_reply on ms_dispatch',
      'journal: appended on md_submit',
      'journal: durable on main',
      'journal_committed:  on MR_Finisher',
      'replying on MR_Finisher',
      'cleaned up request on MR_Finisher',
    ]);
  });

  it('gives Prometheus the counters under the names of Ceph’s exporter', async () => {
    const { status, headers, body } = await ask(`${dashboard.url}metrics`);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const dump = await perfDump();
    const value = (name: string): number => Number(new RegExp(`^${name}\\{ceph_daemon="mds.a"\\} (\\S+)$`, 'm').exec(body)?.[1]);
    expect(value('ceph_mds_request')).toBe(dump['mds']!['request']);
    expect(value('ceph_mds_request')).toBeGreaterThan(20);
    expect(value('ceph_mds_mem_ino')).toBe(dump['mds_mem']!['ino']);
    expect(value('ceph_mds_sessions_session_add')).toBe(dump['mds_sessions']!['session_add']);
    expect(value('ceph_mds_reply_latency_count')).toBe((dump['mds']!['reply_latency'] as { avgcount: number }).avgcount);
    expect(body).toMatch(
      /^ceph_mds_metadata\{ceph_daemon="mds.a",fs_id="[^"]+",hostname="[^"]+",public_addr="v2:127[^"]+",rank="0"/m,
    );
    expect(body).toMatch(
      /^cephts_thread_busy_seconds_total\{.*thread="MR_Finisher",owner="MDSRank::finisher",kind="cooperative"\} /m,
    );
  });

  it('streams a greeting and then samples, and works only while somebody watches', async () => {
    const found = (await events(dashboard.url, (all) => all.length >= 4)).slice(0, 4);
    expect(found.map(([event]) => event)).toEqual(['hello', 'sample', 'sample', 'sample']);
    const [hello, first, second] = found.map(([, data]) => data);
    expect(hello).toMatchObject({ name: 'mds.a', interval: 100 });
    expect((hello?.['guide'] as unknown[]).length).toBeGreaterThan(15);
    expect(Number(second?.['at'])).toBeGreaterThan(Number(first?.['at']));
    const items = (): number => mds.cct.threads.list().find(({ name }) => name === 'dashboard')?.items ?? -1;
    // the stream's end is seen at the next write, each 100 ms
    let idle = -1;
    while (idle !== items()) {
      idle = items();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(items()).toBe(idle);
  });

  it('shows that the main isolate is stuck while it is', async () => {
    const blockedMs = ([event, sample]: StreamEvent): number => (event === 'sample' ? (sample['blockedMs'] as number) : 0);
    let blocked = false;
    const found = await events(dashboard.url, (all) => {
      if (!blocked) {
        blocked = true;
        const until = performance.now() + 700;
        while (performance.now() < until);
      }
      const times = all.map(blockedMs);
      return Math.max(...times) > 200 && times.at(-1)! < 200;
    });
    expect(Math.max(...found.map(blockedMs))).toBeGreaterThan(200);
    expect(blockedMs(found.at(-1)!)).toBeLessThan(200);
  });

  it('lets nothing run, load or frame it but itself', async () => {
    for (const path of ['', 'app.js', 'style.css', 'icon.svg', 'metrics', 'nothing']) {
      const { headers } = await ask(`${dashboard.url}${path}`);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
    }
    const { body } = await ask(dashboard.url);
    expect(body).not.toMatch(/https?:|<script(?![^>]* src="\/app\.js")|style=|\son\w+=/);
  });

  it('only reads, and only what is there', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(`${dashboard.url}api/sample`, { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    for (const path of ['nothing', '../package.json', '%2e%2e/package.json', 'login.html', 'index.html']) {
      expect((await ask(`${dashboard.url}${path}`)).status).toBe(404);
    }
    const { status, body, headers } = await ask(`${dashboard.url}metrics`, { method: 'HEAD' });
    expect([status, body]).toEqual([200, '']);
    expect(Number(headers['content-length'])).toBeGreaterThan(1000);
  });

  it('does not answer to the name of a page that was made to point here', async () => {
    expect((await ask(dashboard.url, { headers: { host: 'evil.example' } })).status).toBe(421);
  });

  it('refuses addresses that other machines reach without a token, and those that are taken', async () => {
    await expect(Dashboard.start(mds.process.daemon, { addr: '0.0.0.0:0' })).rejects.toMatchObject({
      code: 'ERR_CEPH_INVALID_OPTION',
      message: expect.stringContaining('needs a token'),
    });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await expect(Dashboard.start(mds.process.daemon, { addr: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'ERR_CEPH_DASHBOARD',
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
    other.close();
    expect(mds.cct.threads.list().filter(({ name }) => name === 'dashboard')).toHaveLength(1);
  });

  it('with a token lets in who shows it, and keeps it out of addresses and pages', async () => {
    const guarded = await Dashboard.start(mds.process.daemon, { addr: '0.0.0.0:0', token: TOKEN });
    try {
      const url = guarded.url.replace('0.0.0.0', '127.0.0.1');
      for (const path of ['', 'app.js', 'api/sample', 'api/events', 'metrics', '?token=wrong-wrong-wrong-wrong']) {
        expect([path, (await ask(`${url}${path}`)).status]).toEqual([path, 401]);
      }
      const login = await ask(url);
      expect(login.headers['www-authenticate']).toBe('Bearer realm="cephts-mds"');
      expect(login.body).toContain('<form');
      expect((await ask(`${url}style.css`)).status).toBe(200);
      expect((await ask(`${url}metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);

      const wrong = await ask(`${url}login`, { method: 'POST', body: 'token=nonsense' });
      expect([wrong.status, wrong.headers['set-cookie']]).toEqual([401, undefined]);
      expect((await ask(`${url}login`, { method: 'POST', body: 'x'.repeat(10_000) })).status).toBe(413);
      for (const answer of [
        await ask(`${url}login`, { method: 'POST', body: `token=${TOKEN}` }),
        await ask(`${url}?token=${TOKEN}`),
      ]) {
        expect([answer.status, answer.headers.location]).toEqual([303, '/']);
        const [cookie = ''] = answer.headers['set-cookie']?.[0]?.split(';') ?? [];
        expect(cookie).not.toContain(TOKEN);
        const page = await ask(url, { headers: { cookie } });
        expect([page.status, page.body.includes(TOKEN)]).toEqual([200, false]);
      }
    } finally {
      await guarded.close();
    }
  });
});
