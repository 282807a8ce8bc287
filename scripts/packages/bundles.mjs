// Bundles made by esbuild, webpack and vite out of the installed tarballs: one for a page, run in Chromium, and one for Node, run here.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';
import { launchChromium, Missing } from '../../test/runtimes/runtimes.mjs';
import { check, report } from './report.mjs';

/** Native code stays outside of a bundle; the messenger does without where it is not found. */
const external = ['@node-rs/crc32'];

const bundlers = {
  esbuild: (dir, entry, out, node) =>
    esbuild.build({
      absWorkingDir: dir,
      entryPoints: [entry],
      outdir: out,
      bundle: true,
      format: 'esm',
      platform: node ? 'node' : 'browser',
      logLevel: 'error',
      external: node ? external : [],
    }),
  webpack: (dir, entry, out, node) =>
    new Promise((resolve, reject) => {
      const config = {
        context: dir,
        entry: `./${entry}`,
        mode: 'production',
        target: node ? 'node20' : 'web',
        experiments: { outputModule: true },
        output: { path: out, filename: entry.replace('.mjs', '.js'), module: true, chunkFormat: 'module' },
        externals: node ? external : [],
        performance: { hints: false },
      };
      webpack(config, (error, stats) => {
        const problems = stats?.toJson({ all: false, errors: true, warnings: true });
        const messages = [...(problems?.errors ?? []), ...(problems?.warnings ?? [])].map(({ message }) => message);
        if (error ?? messages.length > 0) reject(error ?? new Error(messages.join('\n')));
        else resolve();
      });
    }),
  vite: (dir, entry, out, node) =>
    viteBuild({
      root: dir,
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: true, external },
      build: {
        outDir: out,
        target: 'es2022',
        ...(node ? { ssr: entry } : {}),
        rollupOptions: {
          input: path.join(dir, entry),
          output: { format: 'es', entryFileNames: entry.replace('.mjs', '.js') },
          ...(node ? { external } : {}),
        },
      },
    }),
};

function serve(dir) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = path.join(dir, path.normalize(pathname));
    if (pathname === '/')
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><script type="module" src="/portable.js"></script>');
    else if (existsSync(file)) response.setHeader('Content-Type', 'text/javascript').end(readFileSync(file));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function runInPage(browser, what, out) {
  const server = await serve(out);
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const said = await page
    .waitForFunction(() => globalThis.consumer, undefined, { timeout: 30_000 })
    .then((handle) => handle.jsonValue())
    .catch((error) => `${error.message} ${errors.join(' ')}`);
  report(said === 'consumer: ok' && errors.length === 0, what, said === 'consumer: ok' ? errors.join(' ') : said);
  await page.close();
  server.close();
}

async function chromiumOrNothing() {
  try {
    return await launchChromium();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    if (process.env.CEPHTS_REQUIRE_RUNTIMES === '1') report(false, error.message);
    else console.log(`skip ${error.message}`);
    return undefined;
  }
}

/** Bundles test/consumers' portable.mjs and messenger.mjs in the consumer's folder and runs them. */
export async function checkBundles(consumer) {
  const browser = await chromiumOrNothing();
  for (const [name, bundle] of Object.entries(bundlers)) {
    for (const [entry, node] of [
      ['portable.mjs', false],
      ['messenger.mjs', true],
    ]) {
      const out = path.join(consumer, 'bundles', name, node ? 'node' : 'page');
      const what = `${name} bundle for ${node ? 'Node' : 'a page'}`;
      try {
        await bundle(consumer, entry, out, node);
      } catch (error) {
        report(false, what, error.message);
        continue;
      }
      const kept = readdirSync(out).join(', ');
      if (node)
        await check(
          `${what} (${kept}) runs`,
          process.execPath,
          ['--input-type=module', '-e', `import ${JSON.stringify(path.join(out, 'messenger.js'))}`],
          { cwd: consumer, says: 'consumer: ok' },
        );
      else if (browser) await runInPage(browser, `${what} (${kept}) runs in Chromium`, out);
    }
  }
  await browser?.close();
}
