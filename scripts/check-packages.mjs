// `npm run check:packages`: packs every package, checks the tarballs (publint, attw, size), installs them into fresh consumers
// (ESM, CJS, TypeScript) and runs those. What passes here is what `npm i @cephts/NAME` gives.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import './ensure-built.mjs';

const root = path.dirname(import.meta.dirname);
const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const packages = workspaces.map((dir) => ({
  dir: path.join(root, dir),
  ...JSON.parse(readFileSync(path.join(root, dir, 'package.json'), 'utf8')),
}));

/** Minified and gzipped bytes that `import { X }` may cost with all it depends on. */
const budgets = [
  ['@cephts/finisher', 'Finisher', 5120],
  ['@cephts/safe-timer', 'SafeTimer', 5120],
  ['@cephts/dispatch-queue', 'DispatchQueue', 7168],
];

let failures = 0;
function report(ok, what, detail = '') {
  if (!ok) failures++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${detail ? `: ${detail}` : ''}`);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'cephts-pack-'));
const tarballs = new Map();
for (const pkg of packages) {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: pkg.dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parsed = JSON.parse(output);
  const packed = Array.isArray(parsed) ? parsed[0] : Object.values(parsed)[0];
  tarballs.set(pkg.name, path.join(scratch, packed.filename));
  const names = packed.files.map((file) => file.path);
  const needed = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'];
  const missing = needed.filter((name) => !names.includes(name));
  const stray = names.filter((name) => !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/)/.test(name));
  report(
    missing.length === 0 && stray.length === 0,
    `${pkg.name} packs`,
    [...missing.map((name) => `lacks ${name}`), ...stray.map((name) => `holds ${name}`)].join(', '),
  );

  const { messages } = await publint({ pkgDir: pkg.dir, level: 'warning', pack: 'npm' });
  report(messages.length === 0, `${pkg.name} publint`, messages.map((message) => formatMessage(message, pkg)).join('; '));

  const attw = spawnSync(
    'npx',
    ['attw', tarballs.get(pkg.name), '--profile', 'node16', '--format', 'table-flipped', '--no-color', '--no-emoji'],
    { cwd: root, encoding: 'utf8' },
  );
  report(attw.status === 0, `${pkg.name} attw`, attw.status === 0 ? '' : attw.stdout + attw.stderr);
}

for (const [name, symbol, budget] of budgets) {
  const result = await build({
    stdin: { contents: `export { ${symbol} } from '${name}';`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    write: false,
  });
  const size = gzipSync(result.outputFiles[0].contents, { level: 9 }).length;
  report(size <= budget, `import { ${symbol} } from '${name}'`, `${size} of ${budget} bytes, minified and gzipped`);
}

// Fresh consumers: nothing of this checkout is on their path.
const consumer = path.join(scratch, 'consumer');
mkdirSync(consumer);
writeFileSync(path.join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
const typescript = JSON.parse(readFileSync(path.join(root, 'node_modules/typescript/package.json'), 'utf8')).version;
execFileSync(
  'npm',
  ['install', '--no-audit', '--no-fund', '--silent', ...tarballs.values(), `typescript@${typescript}`, '@types/node@20'],
  { cwd: consumer, stdio: 'inherit' },
);

function run(what, file, source, command = [process.execPath, file]) {
  writeFileSync(path.join(consumer, file), source);
  const result = spawnSync(command[0], command.slice(1), { cwd: consumer, encoding: 'utf8', timeout: 120_000 });
  report(result.status === 0, what, result.status === 0 ? '' : `${result.stdout}${result.stderr}`);
}

const names = packages.map((pkg) => pkg.name);
const useFinisher = `
const finisher = new Finisher(undefined, { name: 'consumer' });
finisher.start();
const seen = [];
for (let i = 0; i < 10; i++) finisher.queue((r) => seen.push(r), i);
finisher.waitForEmpty().then(() => {
  if (seen.join() !== '0,1,2,3,4,5,6,7,8,9') throw new Error('out of order: ' + seen);
  return finisher.close();
});
`;
run(
  'ESM consumer imports every package',
  'esm.mjs',
  `${names.map((name) => `await import('${name}');`).join('\n')}\nimport { Finisher } from '@cephts/finisher';\n${useFinisher}`,
);
run(
  'CJS consumer requires every package',
  'cjs.cjs',
  `${names.map((name) => `require('${name}');`).join('\n')}\nconst { Finisher } = require('@cephts/finisher');\n${useFinisher}`,
);
for (const [module, resolution] of [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
]) {
  const source = `${names.map((name, i) => `import * as m${i} from '${name}';`).join('\n')}\nimport { Finisher } from '@cephts/finisher';\nconst finisher: Finisher = new Finisher();\nvoid finisher;\nvoid [${names.map((_, i) => `m${i}`).join(', ')}];\n`;
  run(`TypeScript consumer (${resolution}) type-checks`, `types-${resolution}.mts`, source, [
    process.execPath,
    'node_modules/typescript/bin/tsc',
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
    '--module',
    module,
    '--moduleResolution',
    resolution,
    '--types',
    'node',
    `types-${resolution}.mts`,
  ]);
}
run('the installed command prints its help', 'help.mjs', '', [path.join(consumer, 'node_modules/.bin/cephts-mds'), '--help']);

if (existsSync(scratch)) rmSync(scratch, { recursive: true, force: true });
if (failures > 0) {
  console.error(`${failures} checks failed`);
  process.exit(1);
}
