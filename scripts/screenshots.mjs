// `npm run screenshots [-- --out DIR] [--port N]`: pictures of the dashboard while the demo imports this repository's node_modules: light and
// dark, on a desktop and on a phone, and an operation seen closely. For people to look at.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from '../test/runtimes/runtimes.mjs';

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.join(root, 'node_modules', '.cache', 'screenshots') },
    dir: { type: 'string', default: path.join(root, 'node_modules') },
    port: { type: 'string', default: '0' },
  },
});
const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
/** The charts need something to show, in ms. */
const WARM_UP = 12_000;

/** Starts the demo; resolves with where its dashboard is. */
function startDemo() {
  const cli = path.join(root, 'packages', 'mds-reference', 'dist', 'cli.js');
  const demo = spawn(process.execPath, [cli, 'demo', '--dir', values.dir, '--serve', `127.0.0.1:${values.port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    demo.stdout.on('data', (chunk) => {
      output += chunk;
      const [, url] = /dashboard at (\S+)/.exec(output) ?? [];
      if (url) resolve({ demo, url });
    });
    demo.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${output}`)));
  });
}

mkdirSync(values.out, { recursive: true });
const { demo, url } = await startDemo();
const browser = await launchChromium();
try {
  const shots = await Promise.all(
    Object.entries(SCREENS).flatMap(([screen, options]) =>
      ['light', 'dark'].map(async (colorScheme) => {
        const page = await browser.newPage({ ...options, colorScheme });
        await page.goto(url);
        return { page, name: `dashboard-${screen}-${colorScheme}` };
      }),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, WARM_UP));
  for (const { page, name } of shots) {
    await page.screenshot({ path: path.join(values.out, `${name}.png`), fullPage: true });
    await page.locator('.op').nth(1).click();
    await page.screenshot({ path: path.join(values.out, `${name}-operation.png`) });
    await page.close();
    console.log(path.join(values.out, `${name}.png`));
  }
} finally {
  await browser.close();
  demo.removeAllListeners('exit');
  demo.kill('SIGTERM');
}
