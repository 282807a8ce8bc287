// Runtimes other than the Node that runs this: other versions of it, Bun, Deno, Chromium. They come from npm, into a folder of
// node_modules/.cache, without their install scripts: their platform packages hold the binary. Chromium: CHROMIUM, /usr/bin/chromium, one
// on PATH, or on Linux one from npm. What cannot be had throws Missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const cache = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'runtimes');

export class Missing extends Error {}

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
export function node(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const dir = install(`node-${os}-${arch}`, String(major));
  return binary(path.join(dir, 'bin', `node${exe}`), path.join(dir, `node${exe}`));
}

/** @returns {string} its command */
export function bun() {
  const dir = install(`@oven/bun-${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}`, 'latest');
  return binary(path.join(dir, 'bin', `bun${exe}`));
}

/** @returns {string} its command */
export function deno() {
  const dir = install(`@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`, 'latest');
  return binary(path.join(dir, `deno${exe}`), path.join(dir, 'bin', `deno${exe}`));
}

/** What a command calls its version. */
export const version = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim().split('\n')[0] ?? '';

/** A build of Chromium for Linux on x64 that needs next to nothing of the system. */
async function chromiumFromNpm() {
  if (platform !== 'linux' || arch !== 'x64')
    throw new Missing('no Chromium at /usr/bin/chromium nor on PATH; CHROMIUM may name one');
  const dir = install('@sparticuz/chromium', 'latest');
  const { main, exports } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  const entry = main ?? exports['.']?.import?.default ?? exports['.']?.import ?? 'build/index.js';
  return (await import(pathToFileURL(path.join(dir, entry)).href)).default.executablePath();
}

/**
 * Starts a headless Chromium, with a new profile, that looks nothing up.
 * @param {{ download?: boolean }} options download: may it come from npm, where the system has none?
 */
export async function launchChromium({ download = true } = {}) {
  const onPath = (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((dir) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(dir, name)));
  const installed = [process.env.CHROMIUM ?? '/usr/bin/chromium', ...onPath].find((file) => existsSync(file));
  if (!installed && !download) throw new Missing('no Chromium at /usr/bin/chromium nor on PATH; CHROMIUM may name one');
  const executablePath = installed ?? (await chromiumFromNpm());
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
