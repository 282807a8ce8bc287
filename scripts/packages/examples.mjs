// Each folder of examples/ as its reader has it: copied to an empty place, its dependencies installed from the tarballs, its tests run.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check, report } from './report.mjs';
import { fromTarballs, root } from './tarballs.mjs';

/** @param {string} scratch @param {Map<string, string>} tarballs @param {readonly string[]} [only] */
export async function checkExamples(scratch, tarballs, only = []) {
  const names = readdirSync(path.join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (only.length === 0 || only.includes(entry.name)))
    .map(({ name }) => name);
  for (const name of names) {
    const dir = path.join(scratch, 'examples', name);
    cpSync(path.join(root, 'examples', name), dir, {
      recursive: true,
      filter: (file) => !/[\\/]node_modules$/.test(file),
    });
    const file = path.join(dir, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const wanted = Object.keys(manifest.dependencies);
    const missing = wanted.filter((dependency) => dependency.startsWith('@cephts/') && !tarballs.has(dependency));
    if (missing.length > 0) {
      report(false, `examples/${name}`, `there is no ${missing.join(', ')}`);
      continue;
    }
    const { dependencies, overrides } = fromTarballs(tarballs, wanted);
    writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...dependencies }, overrides }));
    const installed = await check(`examples/${name} installs`, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: dir,
    });
    if (installed) await check(`examples/${name} passes its tests`, 'npm', ['test'], { cwd: dir, says: '# fail 0' });
  }
}
