// `npm run test:runtimes`: portable.mjs in Node 20, 22 and 24, Bun, Deno, and a headless Chromium. Runtimes come from npm, into a folder of
// node_modules/.cache, without their install scripts: their platform packages hold the binary. Chromium: CHROMIUM, /usr/bin/chromium, one
// on PATH, or on Linux one from npm. A runtime that cannot be had is reported as skipped; CEPHTS_REQUIRE_RUNTIMES=1 makes that a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.join(import.meta.dirname, '..', '..');
const cache = path.join(root, 'node_modules', '.cache', 'runtimes');
const script = path.join(import.meta.dirname, 'portable.mjs');
const TIMEOUT_MS = 120_000;
const required = process.env.CEPHTS_REQUIRE_RUNTIMES === '1';
const only = process.argv.slice(2);

class Missing extends Error {}

/** Installs one package into a folder of its own; returns the folder of the package. */
function install(name, version) {
  const dir = path.join(cache, `${name.replace(/[@/]/g, '_')}-${version}`);
  const installed = path.join(dir, 'node_modules', name);
  if (existsSync(path.join(installed, 'package.json'))) return installed;
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, stderr, error } = spawnSync(
    npm,
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', `${name}@${version}`],
    {
      cwd: dir,
      encoding: 'utf8',
      timeout: 300_000,
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0 || !existsSync(installed)) {
    throw new Missing(`npm has no ${name}@${version} for us: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`);
  }
  return installed;
}

function binary(...candidates) {
  const found = candidates.find((file) => existsSync(file));
  if (!found) throw new Missing(`expected one of ${candidates.join(', ')}`);
  return found;
}

const { platform, arch } = process;
const os = platform === 'win32' ? 'win' : platform;
const exe = platform === 'win32' ? '.exe' : '';

/** The version number is that of the npm package, which is that of Node. */
function node(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const dir = install(`node-${os}-${arch}`, String(major));
  return binary(path.join(dir, 'bin', `node${exe}`), path.join(dir, `node${exe}`));
}

function bun() {
  const dir = install(`@oven/bun-${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}`, 'latest');
  return binary(path.join(dir, 'bin', `bun${exe}`));
}

function deno() {
  const dir = install(`@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`, 'latest');
  return binary(path.join(dir, `deno${exe}`), path.join(dir, 'bin', `deno${exe}`));
}

function runCommand(command, args) {
  const { status, stdout, stderr, error, signal } = spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (signal) return `still running after ${TIMEOUT_MS / 1000} s: something holds the process open\n${stdout}${stderr}`;
  return status === 0 && /portable: ok/.test(stdout)
    ? stdout.trim()
    : `${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`;
}

const version = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim().split('\n')[0] ?? '';

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

/** playwright-core of this repository, or one from npm. */
async function playwright() {
  try {
    return createRequire(import.meta.url)('playwright-core');
  } catch {
    const dir = install('playwright-core', 'latest');
    return (await import(pathToFileURL(path.join(dir, 'index.mjs')).href)).default;
  }
}

/** A build of Chromium for Linux on x64 that needs next to nothing of the system. */
async function chromiumFromNpm() {
  if (platform !== 'linux' || arch !== 'x64')
    throw new Missing('no Chromium at /usr/bin/chromium nor on PATH; CHROMIUM may name one');
  const dir = install('@sparticuz/chromium', 'latest');
  const { main, exports } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  const entry = main ?? exports['.']?.import?.default ?? exports['.']?.import ?? 'build/index.js';
  return (await import(pathToFileURL(path.join(dir, entry)).href)).default.executablePath();
}

async function chromium() {
  const onPath = (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((dir) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(dir, name)));
  const executablePath =
    [process.env.CHROMIUM ?? '/usr/bin/chromium', ...onPath].find((file) => existsSync(file)) ?? (await chromiumFromNpm());
  const browser = await (await playwright()).chromium.launch({ executablePath, args: ['--no-sandbox'] });
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
