// `npm run test:docs`: the built site, in a headless Chromium: every guide opens without an error and without a request that leaves the site,
// has its drawing, reads well in light and dark and on a phone; search and navigation find what they should; and all links lead somewhere.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkLinks } from '../../scripts/docs/check-links.mjs';
import { pictures } from '../../scripts/docs/make.mjs';
import { serveSite, site } from '../../scripts/docs/serve.mjs';
import { launchChromium } from '../runtimes/runtimes.mjs';

const root = path.join(import.meta.dirname, '..', '..');
const guides = readdirSync(path.join(site, 'documents')).filter((file) => file.endsWith('.html'));

let server;
let browser;
before(async () => {
  server = await serveSite();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** A page, and what went wrong on it. */
async function open(where, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on(
    'request',
    (request) =>
      request.url().startsWith(server.url) || request.url().startsWith('data:') || problems.push(`asks for ${request.url()}`),
  );
  page.on('response', (response) => response.status() >= 400 && problems.push(`${response.status()} for ${response.url()}`));
  await page.goto(server.url + encodeURI(where));
  await page.waitForLoadState('networkidle');
  return { page, problems, close: () => context.close() };
}

/** Contrast of two CSS colours as WCAG reckons it. */
function contrast(one, other) {
  const luminance = (color) => {
    const [r, g, b] = color
      .match(/[\d.]+/g)
      .map(Number)
      .map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('every link leads somewhere', () => {
  const { pages, links, broken } = checkLinks();
  assert.deepEqual(broken, []);
  assert.ok(pages > 100 && links > 1000, `${pages} pages, ${links} links`);
});

test('the pictures in docs/ are those that the scripts draw', () => {
  for (const [name, svg] of pictures()) {
    const file = path.join(root, 'docs', name);
    assert.ok(existsSync(file) && readFileSync(file, 'utf8') === svg, `${name}: npm run docs:drawings renews it`);
  }
});

describe('every guide', () => {
  for (const guide of guides) {
    test(`${decodeURIComponent(guide)} opens without an error, and nothing is wider than a phone`, async () => {
      const { page, problems, close } = await open(`documents/${guide}`, { viewport: { width: 390, height: 844 } });
      assert.notEqual(await page.locator('h1').first().textContent(), '');
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wider <= 0, `${wider} px too wide`);
      assert.deepEqual(problems, []);
      await close();
    });
  }
});

for (const colorScheme of ['light', 'dark']) {
  test(`drawings and text can be read, ${colorScheme}`, async () => {
    const { page, problems, close } = await open('documents/The_threads_of_ceph-mds.html', { colorScheme });
    const drawing = page.getByRole('img', { name: /The threads of the MDS/ });
    assert.ok(await drawing.isVisible());
    const { paper, ink, text } = await page.evaluate(() => ({
      paper: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.querySelector('svg.drawing text[font-weight="600"]')).fill,
      text: getComputedStyle(document.querySelector('.tsd-typography p')).color,
    }));
    assert.ok(contrast(paper, ink) > 4.5, `drawing: ${paper}, ${ink}`);
    assert.ok(contrast(paper, text) > 4.5, `text: ${paper}, ${text}`);
    assert.equal(contrast(paper, 'rgb(0,0,0)') > 4.5, colorScheme === 'light');
    assert.deepEqual(problems, []);
    await close();
  });
}

test('a reader who chooses dark gets dark drawings, whatever the system says', async () => {
  const { page, close } = await open('documents/Finisher.html', { colorScheme: 'light' });
  await page.evaluate(() => localStorage.setItem('tsd-theme', 'dark'));
  await page.reload();
  const fills = await page.evaluate(() => ({
    paper: getComputedStyle(document.body).backgroundColor,
    drawn: getComputedStyle(document.querySelector('svg.drawing > rect')).fill,
  }));
  assert.equal(fills.drawn, fills.paper);
  assert.ok(contrast(fills.paper, 'rgb(255,255,255)') > 4.5, fills.paper);
  await close();
});

test('from the start page one gets to the guides and to every package', async () => {
  const { page, problems, close } = await open('index.html');
  const navigation = page.locator('nav.tsd-navigation');
  for (const where of ['documents/Start_here', 'documents/Security', 'modules/_cephts_finisher', 'modules/_cephts_mds-reference']) {
    assert.equal(await navigation.locator(`a[href$="${where}.html"]`).count(), 1, where);
  }
  await navigation.getByText('Guides', { exact: true }).click();
  await navigation.getByText('Start here', { exact: true }).click();
  await page.getByRole('heading', { name: 'Which one do you need?' }).waitFor();
  await page.getByRole('main').or(page.locator('.col-content')).getByRole('link', { name: '@cephts/finisher' }).first().click();
  await page.getByRole('heading', { name: 'What is guaranteed' }).waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('search finds a class', async () => {
  const { page, problems, close } = await open('index.html');
  await page.locator('#tsd-search-trigger').click();
  await page.locator('#tsd-search-input').fill('SafeTimer');
  await page.locator('#tsd-search-results a', { hasText: 'SafeTimer' }).first().click();
  await page
    .getByRole('heading', { name: /SafeTimer/ })
    .first()
    .waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('the threads are explained in English and in Chinese, and both pages know each other', async () => {
  const { page, close } = await open('documents/The_threads_of_ceph-mds.html');
  await page.locator('.tsd-typography').getByRole('link', { name: '中文' }).first().click();
  await page.getByRole('heading', { name: 'ms_dispatch 做什么' }).waitFor();
  const text = await page.locator('.col-content').textContent();
  for (const name of ['ms_local', 'fn_anonymous', 'msgr-worker', 'recovery_thread', 'pg_finisher', 'mds_rank_progr', 'md_submit']) {
    assert.ok(text.includes(name), name);
  }
  await page.locator('.tsd-typography').getByRole('link', { name: 'English' }).first().click();
  await page.getByRole('heading', { name: 'What ms_dispatch does' }).waitFor();
  await close();
});
