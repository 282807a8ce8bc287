// The packages of this repository, and their tarballs as `npm publish` would make them.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '..', '..');

const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** The manifest of each package, and `dir`, its folder. */
export const packages = workspaces.map((dir) => ({
  dir: path.join(root, dir),
  ...JSON.parse(readFileSync(path.join(root, dir, 'package.json'), 'utf8')),
}));

/** @returns {{ tarball: string, files: string[], size: number }} the tarball in `folder`, what it holds, its size in bytes */
export function pack(pkg, folder) {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: pkg.dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parsed = JSON.parse(output);
  const packed = Array.isArray(parsed) ? parsed[0] : Object.values(parsed)[0];
  return { tarball: path.join(folder, packed.filename), files: packed.files.map((file) => file.path), size: packed.size };
}

/**
 * The `dependencies` and `overrides` with which npm takes every @cephts package from its tarball, also where another one of them asks for it.
 *
 * @param {Map<string, string>} tarballs
 */
export function fromTarballs(tarballs, names = [...tarballs.keys()]) {
  const entries = [...tarballs].map(([name, file]) => [name, `file:${file}`]);
  return {
    dependencies: Object.fromEntries(entries.filter(([name]) => names.includes(name))),
    overrides: Object.fromEntries(entries),
  };
}
