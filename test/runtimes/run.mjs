// `npm run test:runtimes`: portable.mjs in Node 20, 22 and 24, Bun, Deno, and a headless Chromium. A runtime that cannot be had is reported
// as skipped; CEPHTS_REQUIRE_RUNTIMES=1 makes that a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { bun, deno, launchChromium, Missing, node, version } from './runtimes.mjs';

const root = path.join(import.meta.dirname, '..', '..');
const script = path.join(import.meta.dirname, 'portable.mjs');
const TIMEOUT_MS = 120_000;
const required = process.env.CEPHTS_REQUIRE_RUNTIMES === '1';
const only = process.argv.slice(2);

function runCommand(command, args) {
  const { status, stdout, stderr, error, signal } = spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (signal) return `still running after ${TIMEOUT_MS / 1000} s: something holds the process open\n${stdout}${stderr}`;
  return status === 0 && /portable: ok/.test(stdout)
    ? stdout.trim()
    : `${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`;
}

// The page loads the same files, unbundled: an import map stands in for node_modules, and the headers isolate it, as SharedArrayBuffer needs.
function serve() {
  const packages = ['common', 'finisher', 'safe-timer', 'dispatch-queue'];
  const imports = Object.fromEntries(packages.map((name) => [`@cephts/${name}`, `/packages/${name}/dist/index.js`]));
  imports.tslib = '/node_modules/tslib/tslib.es6.mjs';
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>
    <script>addEventListener('error', (event) => (globalThis.portable ??= 'portable: ' + event.message));</script>
    <script type="module" src="/test/runtimes/portable.mjs"></script>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = path.join(root, path.normalize(pathname));
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html').end(page);
    } else if (/\.m?js$/.test(file) && file.startsWith(root) && existsSync(file)) {
      response.setHeader('Content-Type', 'text/javascript').end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function chromium() {
  const browser = await launchChromium();
  const server = await serve();
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const handle = await tab.waitForFunction(() => globalThis.portable, undefined, { timeout: TIMEOUT_MS });
    return { text: await handle.jsonValue(), version: browser.version() };
  } finally {
    server.close();
    await browser.close();
  }
}

const runtimes = {
  ...Object.fromEntries(
    [20, 22, 24].map((major) => [
      `node${major}`,
      () => {
        const command = node(major);
        return { version: version(command, '--version'), text: runCommand(command, [script]) };
      },
    ]),
  ),
  bun() {
    const command = bun();
    return { version: version(command, '--version'), text: runCommand(command, [script]) };
  },
  deno() {
    const command = deno();
    return {
      version: version(command, '--version'),
      text: runCommand(command, ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual', script]),
    };
  },
  chromium,
};

let failed = 0;
for (const [name, run] of Object.entries(runtimes)) {
  if (only.length > 0 && !only.includes(name)) continue;
  try {
    const { version: which, text } = await run();
    const ok = text.startsWith('portable: ok');
    if (!ok) failed++;
    console.log(`${ok ? 'ok     ' : 'FAILED '} ${name} (${which}): ${text}`);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    if (required) failed++;
    console.log(`${required ? 'FAILED ' : 'skipped'} ${name}: ${error.message}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
