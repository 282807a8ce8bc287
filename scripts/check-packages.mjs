// `npm run check:packages`: packs every package, checks the tarballs (publint, attw, size), installs them into fresh consumers
// (ESM, CJS, TypeScript, jest; other runtimes; bundles; the projects of examples/) and runs those. What passes here is what
// `npm i @cephts/NAME` gives. CEPHTS_REQUIRE_RUNTIMES=1 fails where a runtime cannot be had, CEPHTS_KEEP=1 keeps the folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { checkBundles } from './packages/bundles.mjs';
import { checkConsumers, makeConsumer } from './packages/consumers.mjs';
import { checkExamples } from './packages/examples.mjs';
import { failed, report, run } from './packages/report.mjs';
import { pack, packages, root } from './packages/tarballs.mjs';
import './ensure-built.mjs';

/** Minified and gzipped bytes that `import { X }` may cost with all it depends on, as published: from dist, whatever tsconfig.json maps. */
const budgets = [
  ['@cephts/finisher', 'Finisher', 4096],
  ['@cephts/safe-timer', 'SafeTimer', 4096],
  ['@cephts/dispatch-queue', 'DispatchQueue', 7000],
];

/** Kilobytes (1024 bytes) that a package's tarball may have. */
const tarballBudgets = {
  '@cephts/common': 160,
  '@cephts/encoding': 140,
  '@cephts/finisher': 64,
  '@cephts/safe-timer': 56,
  '@cephts/dispatch-queue': 96,
  '@cephts/async-messenger': 400,
  '@cephts/rados': 900,
  '@cephts/mds-reference': 2400,
};

const scratch = mkdtempSync(path.join(tmpdir(), 'cephts-pack-'));
const tarballs = new Map();
for (const pkg of packages) {
  const { tarball, files, size } = pack(pkg, scratch);
  tarballs.set(pkg.name, tarball);
  const needed = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'];
  const missing = needed.filter((name) => !files.includes(name));
  const stray = files.filter((name) => !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/)/.test(name));
  report(
    missing.length === 0 && stray.length === 0,
    `${pkg.name} packs`,
    [...missing.map((name) => `lacks ${name}`), ...stray.map((name) => `holds ${name}`)].join(', '),
  );

  const budget = tarballBudgets[pkg.name] ?? 0;
  report(size <= budget * 1024, `${pkg.name} tarball`, `${Math.ceil(size / 1024)} of ${budget} KB`);
  const lacking = ['description', 'keywords', 'license', 'repository', 'engines', 'sideEffects', 'publishConfig'].filter(
    (key) => pkg[key] === undefined,
  );
  report(lacking.length === 0, `${pkg.name} manifest`, lacking.map((key) => `lacks ${key}`).join(', '));

  const { messages } = await publint({ pkgDir: pkg.dir, level: 'warning', pack: 'npm' });
  report(messages.length === 0, `${pkg.name} publint`, messages.map((message) => formatMessage(message, pkg)).join('; '));

  const attw = await run(
    process.execPath,
    [
      'node_modules/@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--profile',
      'node16',
      '--format',
      'table-flipped',
      '--no-color',
      '--no-emoji',
    ],
    { cwd: root },
  );
  report(attw.status === 0, `${pkg.name} attw`, attw.status === 0 ? '' : attw.output);
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
    tsconfigRaw: '{}',
    write: false,
  });
  const size = gzipSync(result.outputFiles[0].contents, { level: 9 }).length;
  report(size <= budget, `import { ${symbol} } from '${name}'`, `${size} of ${budget} bytes, minified and gzipped`);
}

const consumer = await makeConsumer(scratch, tarballs);
await checkConsumers(consumer);
await checkBundles(consumer);
await checkExamples(scratch, tarballs);

if (process.env.CEPHTS_KEEP === '1') console.log(`kept: ${scratch}`);
else rmSync(scratch, { recursive: true, force: true });
if (failed() > 0) {
  console.error(`${failed()} checks failed`);
  process.exit(1);
}
