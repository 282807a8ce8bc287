// Builds only when a source is newer than the last build, so that `npm start` and `npm test` just work after a clone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const stamp = path.join(root, 'node_modules', '.cache', 'cephts-built');
const packages = readdirSync(path.join(root, 'packages'));

function newestSource() {
  let newest = Math.max(
    ...['rollup.config.mjs', 'tsconfig.base.json', 'package-lock.json'].map((file) => mtimeOf(path.join(root, file))),
  );
  for (const name of packages) {
    newest = Math.max(newest, mtimeOf(path.join(root, 'packages', name, 'package.json')));
    const src = path.join(root, 'packages', name, 'src');
    for (const file of readdirSync(src, { recursive: true })) newest = Math.max(newest, mtimeOf(path.join(src, file)));
  }
  return newest;
}

const mtimeOf = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
const complete = packages.every((name) => existsSync(path.join(root, 'packages', name, 'dist', 'index.js')));

if (!complete || mtimeOf(stamp) < newestSource()) {
  const started = Date.now();
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, new Date(started).toISOString());
  utimesSync(stamp, started / 1000, started / 1000);
}
