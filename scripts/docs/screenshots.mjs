// `npm run docs:screenshots [-- FOLDER]`: pictures of the built site, light and dark, on a desk and on a phone, into docs/api/screenshots or
// FOLDER. To be looked at by a person.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { launchChromium } from '../../test/runtimes/runtimes.mjs';
import { serveSite, site } from './serve.mjs';

const folder = process.argv[2] ?? path.join(site, 'screenshots');
const PAGES = {
  start: 'index.html',
  'start-here': 'documents/Start_here.html',
  threads: 'documents/The_threads_of_ceph-mds.html',
  'threads-zh': 'documents/ceph-mds_的线程.html',
  create: 'documents/The_life_of_a_create.html',
  finisher: 'documents/Finisher.html',
  messenger: 'documents/AsyncMessenger.html',
  performance: 'documents/Performance.html',
  api: 'classes/_cephts_finisher.Finisher.html',
};

mkdirSync(folder, { recursive: true });
const server = await serveSite();
const browser = await launchChromium();
for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of [
    ['desk', { width: 1280, height: 900 }],
    ['phone', { width: 390, height: 844 }],
  ]) {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    for (const [name, where] of Object.entries(PAGES)) {
      await page.goto(server.url + encodeURI(where));
      await page.waitForLoadState('networkidle');
      const file = path.join(folder, `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage: device === 'desk' && name !== 'api' });
      console.log(file);
    }
    await context.close();
  }
}
await browser.close();
await server.close();
