import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { launchChromium, Missing } from '../../../../test/runtimes/runtimes.mjs';
import { CephFsClient, Dashboard, startEmbeddedMds } from '../../dist/index.js';
import type { EmbeddedMds } from '../../dist/index.js';
import { shortest, waitFor } from '../cli/kit.js';

jest.setTimeout(120_000);

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

/** A Chromium, or why there is none. */
const browser: Browser | string = await launchChromium({ download: false }).catch((error: Error) => {
  if (error instanceof Missing) return error.message;
  throw error;
});
if (typeof browser === 'string') console.warn(`skipped: the page of the dashboard needs a Chromium: ${browser}`);

/** What the process takes, which is never the same twice. */
const MEMORY = ['mds_mem.heap', 'mds_mem.rss'];

type Dump = Record<string, Record<string, number | { avgcount: number }>>;

function withoutMemory(dump: Dump): Dump {
  const rest = Object.entries(dump['mds_mem']!).filter(([counter]) => !MEMORY.includes(`mds_mem.${counter}`));
  return { ...dump, mds_mem: Object.fromEntries(rest) };
}

const describeInBrowser = typeof browser === 'string' ? describe.skip : describe;

describeInBrowser('the page of the dashboard', () => {
  let mds: EmbeddedMds;
  let dashboard: Dashboard;
  let client: CephFsClient;
  let dir: number;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  beforeAll(async () => {
    mds = await startEmbeddedMds({ msgrWorkers: 1, logFile: '/dev/null' });
    dashboard = await Dashboard.start(mds.process.daemon, { addr: '127.0.0.1:0' });
    client = await CephFsClient.connect({ monAddr: mds.monAddr });
    dir = (await client.mkdir((await client.resolve('/')).ino, 'a', { mode: 0o755 })).ino;
    for (let i = 0; i < 20; i++) await client.create(dir, `<b>${i}`, { mode: 0o644 });
    await client.sync();
    // counted by the upkeeper, once a second
    await waitFor(() => Number(mds.cct.perf.get('mds_mem')?.dump()['ino']) > 20, 5000);
  });

  afterAll(async () => {
    await client?.close();
    await dashboard?.close();
    await mds?.close();
    await (browser as Browser).close();
  });

  beforeEach(async () => {
    page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 900 } });
    requests = [];
    complaints = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(dashboard.url);
    await page.waitForSelector('#live[data-state=live]');
  });

  afterEach(() => page.close());

  const number = (text: string | null): number => Number((text ?? '').replaceAll(/[^\d.]/g, ''));
  const perfDump = async (): Promise<Dump> => JSON.parse(await mds.adminSocket.command('perf dump'));
  const tile = (name: string) => page.locator(`[data-tile="${name}"]`);

  it('shows the numbers of perf dump', async () => {
    await page.locator('#counters summary').click();
    await page.fill('#filter', 'mds_');
    const shown = (): Promise<{ counters: [string, string][]; tiles: string[]; journal: string[] }> =>
      page.evaluate(() => {
        const texts = (selector: string): string[] =>
          [...document.querySelectorAll(selector)].map((node) => node.textContent ?? '');
        return {
          counters: [...document.querySelectorAll<HTMLTableRowElement>('#counters tbody tr')].map((row) => [
            row.dataset['key'] ?? '',
            row.cells[2]?.textContent ?? '',
          ]),
          tiles: texts('[data-tile] strong, [data-tile="Requests per second"] .quiet'),
          journal: texts('#journal dd'),
        };
      });
    // the MDS may count something at any time: then it is looked at again
    for (let attempt = 0; ; attempt++) {
      const dump = withoutMemory(await perfDump());
      await page.waitForTimeout(1200);
      const { counters, tiles, journal } = await shown();
      if (JSON.stringify(withoutMemory(await perfDump())) !== JSON.stringify(dump) && attempt < 10) continue;
      const expected = ['mds_log', 'mds_mem', 'mds_server', 'mds_sessions'].flatMap((logger) =>
        Object.entries(dump[logger]!).map(([counter, value]) => [
          `${logger}.${counter}`,
          typeof value === 'number' ? value : value.avgcount,
        ]),
      );
      expect(expected.length).toBeGreaterThan(60);
      const found = counters.map(([key, text]) => [key, number(text)] as const).sort(([one], [other]) => (one < other ? -1 : 1));
      const memory = found.filter(([key]) => MEMORY.includes(key));
      expect(memory.map(([, kilobytes]) => kilobytes > 1000)).toEqual([true, true]);
      expect(found.filter(([key]) => !MEMORY.includes(key))).toEqual(expected.sort(([one], [other]) => (one! < other! ? -1 : 1)));
      expect(tiles).toEqual(
        expect.arrayContaining([
          `${dump['mds_server']!['handle_client_request']} so far`,
          String(dump['mds_mem']!['ino']),
          String(dump['mds_sessions']!['session_count']),
        ]),
      );
      const { expos, wrpos } = dump['mds_log']!;
      expect([number(journal[0]!), number(journal[2]!)]).toEqual([expos, wrpos]);
      break;
    }
  });

  it('shows what changes within a second', async () => {
    const so = tile('Requests per second').locator('.quiet');
    const ms = await shortest(1000, async () => {
      const before = number(await so.textContent());
      // the page notes the time itself: asking it takes a while
      const seen = so.evaluate(
        (element, wanted) =>
          new Promise<number>((resolve) => {
            const look = (): void => {
              if (Number(element.textContent?.replaceAll(/\D/g, '')) >= wanted) resolve(Date.now());
            };
            new MutationObserver(look).observe(element, { childList: true, characterData: true, subtree: true });
            look();
          }),
        before + 1,
      );
      await page.waitForTimeout(100);
      await client.create(dir, `new-${before}`, { mode: 0o644 });
      const done = Date.now();
      return (await seen) - done;
    });
    expect(ms).toBeLessThan(1000);
  });

  it('has every thread in its place, and tells of each when clicked', async () => {
    const threads = mds.cct.threads.list();
    await expect(page.locator('#topology button').count()).resolves.toBe(threads.length);
    for (const [place, inside] of [
      ['dispatch', true],
      ['submit', true],
      ['finisher', true],
      ['local', true],
      ['progress', true],
      ['msgr-worker-0', false],
      ['log', false],
      ['dashboard', false],
    ] as const) {
      const box = await page.locator(`[data-place="${place}"]`).boundingBox();
      const isolate = await page.locator('.isolate').boundingBox();
      expect([place, box!.y > isolate!.y && box!.y + box!.height < isolate!.y + isolate!.height]).toEqual([place, inside]);
    }
    await page.locator('[data-place="finisher"]').click();
    const dialog = page.getByRole('dialog', { name: 'MR_Finisher' });
    await expect(dialog.textContent()).resolves.toContain('Completes object store and journal I/O under mds_lock');
    await page.keyboard.press('Escape');
    await expect(dialog.count()).resolves.toBe(0);
  });

  it('shows the way of an operation through the threads, with times', async () => {
    await page.getByRole('tab', { name: 'Latest' }).click();
    await page
      .getByRole('button', { name: /^create / })
      .first()
      .click();
    const dialog = page.getByRole('dialog', { name: 'create' });
    await expect(dialog.locator('.lane-names li').allTextContents()).resolves.toEqual([
      'msgr-worker-0',
      'ms_dispatch',
      'md_submit',
      'object store',
      'MR_Finisher',
    ]);
    const times = (await dialog.locator('.marks tbody td:first-child').allTextContents()).map(number);
    expect(times).toHaveLength(13);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    await expect(dialog.locator('.hand-over').count()).resolves.toBe(4);
    // names of files are text, whatever is in them
    await expect(dialog.locator('b').count()).resolves.toBe(0);
  });

  it('gives every control a name, and every picture a description', async () => {
    await page.locator('#counters summary').click();
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, input, summary, [role=tab], [role=img]')]
        .filter((element) => {
          const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element.textContent;
          return !(element.getAttribute('aria-label') ?? label ?? '').trim();
        })
        .map(({ outerHTML }) => outerHTML),
    );
    expect(nameless).toEqual([]);
    const tree = await page.locator('body').ariaSnapshot();
    expect(tree).toMatch(/button "md_submit, MDLog::SubmitThread: \w+, \d+ % busy, \d+ queued; show details"/);
    expect(tree).toMatch(/button "Pause"/);
    expect(tree).toMatch(/img "Latency: reply/);
  });

  it('can be used with the keyboard alone', async () => {
    await page.locator('[role=tab][aria-selected=true]').focus();
    await page.keyboard.press('ArrowRight');
    await expect(page.locator('[role=tab][aria-selected=true]').textContent()).resolves.toBe('Latest');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog').count()).resolves.toBe(1);
  });

  it('stands still while paused', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await tile('Inodes in cache').locator('strong').textContent();
    await client.create(dir, `paused-${before}`, { mode: 0o644 });
    await page.waitForTimeout(1200);
    await expect(tile('Inodes in cache').locator('strong').textContent()).resolves.toBe(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForFunction(
      (old) => document.querySelector('[data-tile="Inodes in cache"] strong')?.textContent !== old,
      before,
    );
  });

  it.each([
    ['a phone', 390],
    ['a tablet', 900],
    ['a desktop', 1440],
  ])('fits on %s', async (_what, width) => {
    await page.setViewportSize({ width, height: 844 });
    await page.waitForTimeout(600);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  });

  it('is light or dark as the system is, or as chosen, and remembers the choice', async () => {
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    expect(light).not.toBe(dark);
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    expect(await background()).toBe(dark);
    await page.reload();
    expect(await background()).toBe(dark);
  });

  it('asks nobody but its own server, and complains of nothing', async () => {
    await page.locator('#thread-table summary').click();
    await page.locator('[data-place="dispatch"]').click();
    await page.waitForTimeout(1500);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.filter((url) => !url.startsWith(dashboard.url))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
